"""The probe that is compiled into the contracts, and how what it touched is read."""

from __future__ import annotations

from collections.abc import Iterable

#: The probes' addresses: this prefix and a number of ten digits.
PREFIX = 0xC0FFEE << 136
NAME = "CoverageProbe"
SOURCE = f"{NAME}.sol"

#: More code than any account has. Nobody's code size is above it, but the compiler can not know.
_NEVER = 1 << 32

#: Called from functions of every kind, pure ones too: hence the detour over a function type.
SOLIDITY = f"""// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

library {NAME} {{
    function hit(uint256 id) internal pure {{
        _pure(_touch)(id);
    }}

    function test(bool condition, uint256 id) internal pure returns (bool) {{
        _pure(_touch)(condition ? id : id + 1);
        return condition;
    }}

    function _touch(uint256 id) private view {{
        assembly ("memory-safe") {{
            if gt(extcodesize(add({PREFIX:#x}, id)), {_NEVER}) {{ invalid() }}
        }}
    }}

    function _pure(function(uint256) internal view given)
        private
        pure
        returns (function(uint256) internal pure same)
    {{
        assembly {{
            same := given
        }}
    }}
}}
"""
IMPORT = f' import {{{NAME}}} from "{SOURCE}";'


def hit(number: int) -> str:
    """A statement that tells that it ran."""
    return f"{NAME}.hit({number});"


def around(number: int) -> tuple[str, str]:
    """What stands before and after a condition: `number` tells of true, the next one of false."""
    return f"{NAME}.test(", f", {number})"


def hit_in_assembly(number: int) -> str:
    return f"if gt(extcodesize({PREFIX + number:#x}), {_NEVER}) {{ invalid() }}"


def numbers_of(touched: Iterable[str]) -> set[int]:
    """The probes among these addresses."""
    found = (int(address, 16) - PREFIX for address in touched)
    return {number for number in found if 0 < number < 1 << 40}
