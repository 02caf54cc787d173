"""The page names every property and counts the answers; what harnesses repeat is the same."""

from __future__ import annotations

import re
import tomllib

import pytest

from tests.proofs.project import HERE
from tests.proofs.properties import declared
from tests.proofs.selftest import FAULTS, Fault
from wellhead.toolchain import project_root

ROOT = project_root()
PAGE = (ROOT / "docs" / "proofs.md").read_text("utf-8")


def test_the_page_has_every_property_and_no_other() -> None:
    named = re.findall(r"^\| `(\w+)\.(\w+)` \|", PAGE, re.MULTILINE)
    assert sorted(named) == sorted(declared(ROOT / HERE))
    assert len(named) == len(set(named))


def test_the_page_counts_the_answers_by_detector() -> None:
    counted: dict[str, int] = {}
    for entry in tomllib.loads((ROOT / HERE / "slither.toml").read_text("utf-8"))["answer"]:
        assert len(entry["why"].split()) > 3
        counted[entry["detector"]] = counted.get(entry["detector"], 0) + len(entry["where"])
    named = re.findall(r"^\| ([a-z0-9-]+) \| (\d+) \|", PAGE, re.MULTILINE)
    assert {detector: int(places) for detector, places in named} == counted


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("LeaseMarket.sol", "priced.rate = (priced.cost * RATE_SCALE * HOUR / time).toUint96();"),
        ("LeaseMarket.sol", "priced.cost * RATE_SCALE - term.rent()"),
        ("LeaseChanges.sol", "uint256 rate = part.rate * units / whole / HOUR * HOUR;"),
        (
            "libraries/SweepPrice.sol",
            "price * 10 ** IERC20Metadata(cash).decimals() * (Q + venue.slippage);\n"
            "        bounds.denominator = 10 ** decimals * Q;",
        ),
        ("CapacityRegistry.sol", "uint256(p.discount) * p.high > (Q - p.discount) * p.low"),
    ],
)
def test_what_the_harnesses_repeat_stands_in_the_contracts(file: str, text: str) -> None:
    assert text in (ROOT / "contracts" / file).read_text("utf-8")


@pytest.mark.parametrize("fault", FAULTS, ids=[fault.library for fault in FAULTS])
def test_a_fault_can_be_made(fault: Fault) -> None:
    library = (ROOT / "contracts" / "libraries" / f"{fault.library}.sol").read_text("utf-8")
    assert library.count(fault.old) == 1
    assert tuple(fault.proof.split(".")) in declared(ROOT / HERE)
