"""Where the rebuilt contracts keep things is where the compiler puts them; for the market, the
router and tokens see test_audit_market_layout."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.layouts import fields, slots
from tests.support.shows import shows
from wellhead.audit.replay import Log
from wellhead.audit.replays import (
    authority,
    clusters,
    compliance,
    contests,
    exchange,
    oracle,
    registry,
)
from wellhead.model.terms import Pricing, Service, Split

#: Of an EIP-712 domain: both are too short to be kept there.
TEXTS = ("_nameFallback", "_versionFallback")
#: The slot of each variable, as the replays have it.
SLOTS: dict[str, dict[str, int]] = {
    "Authority": {
        "_targets": authority._TARGETS,
        "_roles": authority._ROLES,
        "_schedules": authority._SCHEDULES,
    },
    "Vault": {"claimOf": 0},
    "CapacityRegistry": {
        "_authority": 0,
        "clusterCount": registry._COUNT,
        "_clock": registry._CLOCK,
        "_clusters": registry._CLUSTERS,
    },
    "MetricsOracle": {
        "_authority": 0,
        "_signerSet": oracle._SET,
        "_announcement": oracle._ANNOUNCEMENT,
        "_ring": oracle._RINGS,
    },
    "Compliance": {
        "_authority": 0,
        "_accredited": compliance._ACCREDITED,
        "_accreditations": compliance._COUNT,
        "_numberOf": compliance._NUMBERS,
        "_issuers": compliance._ISSUERS,
        "_holders": compliance._HOLDERS,
        "_rules": compliance._RULES,
    },
    "Contests": {"_contests": contests._CONTESTS},
    "LeaseExchange": {"_listings": exchange._LISTINGS},
    "LeaseMetadata": {},
    "CapacityMetadata": {},
    "CapacityTokenFactory": {},
}
#: Set while a call runs: nothing of it is left.
PASSING = "_executionId"


@shows("AUD-4")
@pytest.mark.parametrize("contract", SLOTS)
def test_every_variable_is_where_it_is_looked_for(contract: str) -> None:
    declared = {n: at for n, at in slots(contract).items() if n not in (*TEXTS, PASSING)}
    assert declared == SLOTS[contract]


@shows("AUD-4")
def test_a_clusters_entry_is_packed_as_solc_packs_it() -> None:
    """Every field has a value of its own, which must stand where solc says."""
    filled = clusters.Cluster(
        attested=1,
        sellable=2,
        genesis=3,
        operator=4,
        token=5,
        attestations=6,
        kind=7,
        power=8,
        policy=9,
        sku=10,
        region=11,
        pricing=Pricing(*range(12, 25)),
        service=Service(25, 26, 27),
        split=Split(28, 29, 30),
        registration=Log(0, "ClusterRegistered", {}, 0, 0, 0),
    )
    words = clusters.words(filled)
    assert _values("CapacityRegistry.Entry", words, 0) == list(range(1, 31))
    assert len(words) == len(clusters.WORDS)


def _values(struct: str, words: tuple[int, ...], slot: int) -> list[int]:
    """A struct's values in order, from where solc puts them."""
    inner: dict[str, Any] = {
        "terms": "ICapacityRegistry.Terms",
        "pricing": "ICapacityRegistry.Pricing",
        "service": "ICapacityRegistry.Service",
        "split": "ICapacityRegistry.Split",
    }
    values = []
    for name, at, low, bits in fields("CapacityRegistry", struct):
        if name in inner:
            values += _values(inner[name], words, slot + at)
        else:
            values.append(words[slot + at] >> low & ((1 << bits) - 1))
    return values


@shows("AUD-4")
@pytest.mark.parametrize(
    ("contract", "struct", "layout"),
    [
        ("Authority", "AccessManager.Access", {"since": (0, 48), "delay": (48, 112)}),
        (
            "Authority",
            "AccessManager.Role",
            {"admin": (0, 64), "guardian": (64, 64), "grantDelay": (128, 112)},
        ),
        ("Authority", "AccessManager.Schedule", {"timepoint": (0, 48), "nonce": (48, 32)}),
        ("Authority", "AccessManager.TargetConfig", {"adminDelay": (0, 112), "closed": (112, 8)}),
        (
            "MetricsOracle",
            "MetricsOracle.SignerSet",
            {"pointer": (0, 160), "threshold": (160, 8), "count": (168, 8)},
        ),
        ("Compliance", "Compliance.Accreditation", {"issuer": (0, 160), "since": (160, 40)}),
        (
            "Contests",
            "IContests.Contest",
            {
                "tenant": (0, 160),
                "closableAt": (160, 64),
                "deposit": (0, 64),
                "available": (64, 64),
            },
        ),
        (
            "LeaseExchange",
            "ILeaseExchange.Listing",
            {
                "seller": (0, 160),
                "startPrice": (160, 96),
                "endPrice": (0, 96),
                "opens": (96, 64),
                "closes": (160, 64),
                "transfers": (224, 32),
            },
        ),
        (
            "CapacityRegistry",
            "MarketClock.Clock",
            {"latestAt": (0, 64), "latestClock": (64, 64), "stopped": (128, 8)},
        ),
        ("CapacityRegistry", "MarketClock.Change", {"at": (0, 64), "clock": (64, 64)}),
    ],
)
def test_other_structs_are_packed_as_the_replays_pack_them(
    contract: str, struct: str, layout: dict[str, tuple[int, int]]
) -> None:
    found = {name: (low, bits) for name, _, low, bits in fields(contract, struct)}
    assert {name: found[name] for name in layout} == layout
