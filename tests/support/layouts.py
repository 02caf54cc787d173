"""Where the compiler itself puts a contract's state."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from tests.support.rehearsal import solc
from wellhead import toolchain
from wellhead.chain import compiler
from wellhead.chain.plan import ORDER

#: Every contract with storage of ours, tokens included.
CONTRACTS = (*ORDER, "CapacityToken")


def slots(contract: str) -> dict[str, int]:
    """Slots of a contract's variables by name; what shares a slot with an earlier one is left
    out."""
    return {v["label"]: int(v["slot"]) for v in _layout(contract)["storage"] if v["offset"] == 0}


def fields(contract: str, struct: str) -> list[tuple[str, int, int, int]]:
    """Fields of a struct: name, slot within it, and lowest bit and number of bits there."""
    types: Mapping[str, Any] = _layout(contract)["types"]
    (found,) = (t for t in types.values() if t["label"] == f"struct {struct}")
    return [
        (m["label"], int(m["slot"]), 8 * m["offset"], 8 * int(types[m["type"]]["numberOfBytes"]))
        for m in found["members"]
    ]


def unpacked(word: int, contract: str, struct: str, slot: int = 0) -> dict[str, int]:
    """The fields of a struct in one of its words."""
    return {
        name: word >> low & ((1 << bits) - 1)
        for name, at, low, bits in fields(contract, struct)
        if at == slot
    }


def _layout(contract: str) -> Mapping[str, Any]:
    return _layouts()[contract]


@lru_cache(maxsize=1)
def _layouts() -> dict[str, Mapping[str, Any]]:
    built = toolchain.artifacts()
    asked = compiler.standard_input(CONTRACTS)
    asked["settings"]["outputSelection"] = {
        built[name]["source"]: {name: ["storageLayout"]} for name in CONTRACTS
    }
    answer = json.loads(solc(json.dumps(asked)))["contracts"]
    return {name: answer[built[name]["source"]][name]["storageLayout"] for name in CONTRACTS}
