"""Units, scales and the few types that every part of the model shares.

Amounts are whole numbers of a coin's smallest unit, times are unix seconds, and an hour is
`unix time // 3600`. Nothing in the model is a floating-point number.
"""

from __future__ import annotations

from .errors import Revert

Address = str
"""An account, "0x" and 40 hexadecimal digits; one account must always be spelled the same way."""

ZERO: Address = "0x" + "0" * 40
"""The account that nobody has."""

Q = 10**6
"""One whole, in millionths: a fully served hour, a full share, a utilization of one."""

HOUR = 3600
"""Seconds in an hour."""

WAD = 10**18
"""One stablecoin unit per unit-hour, in the unit of a base price."""

UNIT = 10**18
"""Tokens of one attested unit of capacity."""

RATE_SCALE = 2**32
"""Steps of a rate in one stablecoin unit per hour."""

LEDGER_SCALE = RATE_SCALE * Q
"""Steps of a ledger in one stablecoin unit: rent is a rate times a served fraction."""

TWO_YEARS_HOURS = 17_520
"""The longest time that anything spans."""

MAX_UINT256 = 2**256 - 1
"""Largest value of a word; as an allowance it never runs out."""


def to_uint(value: int, bits: int) -> int:
    """`value` where it fits into `bits` binary digits; reverts like OpenZeppelin's SafeCast."""
    if value >= 1 << bits:
        raise Revert("SafeCastOverflowedUintDowncast", bits, value)
    return value


def to_sum(total: int, more: int, bits: int) -> int:
    """`total + more` where it fits into `bits` binary digits; reverts like Solidity's addition."""
    if total + more >= 1 << bits:
        raise Revert("Panic", 0x11)
    return total + more


def numeric(account: Address) -> int:
    """An account as the number by which accounts are ordered."""
    return int(account, 16)
