"""mint, quote, lease: what they do on chain, and what they refuse."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.cli import Command, block_number, purse
from tests.support.stage import EVIDENCE, GENESIS, HOUR, Stage, Terms

NOW = GENESIS // HOUR


@pytest.fixture
def cluster(stage: Stage) -> int:
    """A cluster of 64 units."""
    return stage.cluster(64)


def order(cluster: int, units: int = 8, hours: int = 24, start: object = "now") -> list[object]:
    return ["--cluster", cluster, "--units", units, "--hours", hours, "--start", start]


# mint


def test_mint_with_dev_signatures(wellhead: Command, stage: Stage) -> None:
    stage.register()
    document = wellhead.json("mint", "--cluster", 1, "--units", 64, "--yes")
    assert document["schema"] == "wellhead.mint/1"
    assert (document["attested"], document["sellable"], document["number"]) == ("64", "64", "0")
    assert stage.registry.call("clusterOf", 1)["attested"] == 64
    balance = stage.token(1).call("balanceOf", stage.operator.address)
    assert balance == 64 * 10**18
    assert wellhead.json("mint", "--cluster", 1, "--units", 6, "--yes")["attested"] == "70"


@pytest.mark.parametrize("form", ["object", "64 bytes", "65 bytes"])
def test_mint_with_an_attestation_file(
    wellhead: Command, stage: Stage, tmp_path: Path, form: str
) -> None:
    cluster = stage.register()
    signatures: list[object] = []
    for r, vs in reversed(stage.attest(cluster, 64, 0)):  # the order in the file does not matter
        s = int.from_bytes(vs, "big") & (2**255 - 1)
        v = 27 + (vs[0] >> 7)
        signatures.append(
            {
                "object": {"r": "0x" + r.hex(), "vs": "0x" + vs.hex()},
                "64 bytes": "0x" + (r + vs).hex(),
                "65 bytes": "0x" + (r + s.to_bytes(32, "big") + bytes([v])).hex(),
            }[form]
        )
    path = tmp_path / "attestation.json"
    body = {"cluster": cluster, "units": "64", "number": 0, "evidence": "0x" + EVIDENCE.hex()}
    path.write_text(json.dumps({**body, "signatures": signatures}))
    document = wellhead.json("mint", "--attestation", path, "--yes")
    assert document["evidence"] == body["evidence"]
    assert stage.registry.call("clusterOf", cluster)["attested"] == 64
    said = wellhead.refused(1, "mint", "--attestation", path, "--yes")
    assert "has number 0, but the cluster's next one is number 1" in said
    said = wellhead.refused(5, "mint", "--attestation", path, "--units", 65, "--yes")
    assert "units is 64, not 65" in said
    path.write_text(json.dumps({**body, "number": 1, "signatures": signatures}))
    assert "is no reporter" in wellhead.refused(1, "mint", "--attestation", path, "--yes")
    path.write_text(json.dumps({**body, "number": 1, "signatures": signatures[:2]}))
    said = wellhead.refused(1, "mint", "--attestation", path, "--yes")
    assert "Exactly 3 signatures are needed, 2 were given" in said


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("nonsense", "line 1, column 1: not JSON"),
        ("{}", "cluster is missing"),
        ('{"cluster": 1, "units": 1, "number": 0, "evidence": "0x1"}', "no 32-byte word"),
        (
            '{"cluster": 1, "units": 1, "number": 0, "evidence": "0x' + "00" * 32 + '"}',
            "list of signatures",
        ),
        (
            '{"cluster": 1, "units": 1, "number": 0, "evidence": "0x'
            + "00" * 32
            + '", "signatures": ["0x12"]}',
            "signature 1: neither 64 bytes",
        ),
    ],
)
def test_a_malformed_attestation_is_exit_code_5(
    wellhead: Command, tmp_path: Path, body: str, said: str
) -> None:
    path = tmp_path / "attestation.json"
    path.write_text(body)
    assert said in wellhead.refused(5, "mint", "--attestation", path, "--yes")


def test_mint_that_the_registry_refuses(wellhead: Command, stage: Stage) -> None:
    cluster = stage.register()
    mint = ["mint", "--cluster", cluster, "--yes", "--units"]
    assert "0 units is not possible" in wellhead.refused(1, *mint, 0)
    assert "is not possible: between 1 and" in wellhead.refused(1, *mint, 2**31)
    assert "Only the operator" in wellhead.refused(1, *mint, 1, "--account", 3)
    assert "no cluster 9" in wellhead.refused(1, "mint", "--cluster", 9, "--units", 1, "--yes")
    assert stage.registry.call("clusterOf", cluster)["attested"] == 0
    wellhead.json(*mint, 64, "--dry-run")
    assert stage.registry.call("clusterOf", cluster)["attested"] == 0


# quote and lease


def test_quote_is_the_markets(wellhead: Command, stage: Stage, cluster: int) -> None:
    stage.to_hour(NOW + 1, 1800)
    document = wellhead.json("quote", *order(cluster))
    priced = stage.market.call("quote", cluster, 8, NOW + 1, 24)
    assert document["schema"] == "wellhead.quote/1"
    assert int(document["cost"]) == priced["cost"]
    assert int(document["rate"]) == priced["rate"]
    assert int(document["first_seconds"]) == priced["firstSeconds"] == 1800
    assert int(document["start"]) == NOW + 1
    people = wellhead("quote", *order(cluster))
    assert "2026-01-01 01:30 UTC" in people.stdout
    assert "(24 hours, 30 minutes of the first)" in people.stdout
    assert people.stderr == ""


def test_start_by_time_and_by_number(wellhead: Command, cluster: int) -> None:
    by_time = wellhead.json("quote", *order(cluster, start="2026-01-02T00:00Z"))
    by_number = wellhead.json("quote", *order(cluster, start=NOW + 24))
    by_distance = wellhead.json("quote", *order(cluster, start="now+24"))
    assert by_time == by_number == by_distance
    assert by_time["start"] == str(NOW + 24)


def test_lease_leaves_a_large_allowance_alone(
    wellhead: Command, stage: Stage, cluster: int
) -> None:
    before = block_number(stage)
    document = wellhead.json("lease", *order(cluster), "--yes")
    assert document["approved"] == "0"
    assert document["tenant"] == stage.tenants[0].address
    assert block_number(stage) == before + 1


def test_a_dry_lease_sends_nothing(wellhead: Command, stage: Stage, cluster: int) -> None:
    before = block_number(stage)
    document = wellhead.json("lease", *order(cluster), "--dry-run")
    assert document["dry_run"] is True
    assert document["needs_approval"] is False
    assert block_number(stage) == before
    shown = wellhead("lease", *order(cluster), "--dry-run")
    assert "Lease, not sent" in shown.stdout


def test_lease_asks_first(wellhead: Command, stage: Stage, cluster: int) -> None:
    before = block_number(stage)
    for answer in ("n\n", ""):
        outcome = wellhead("lease", *order(cluster), answer=answer)
        assert outcome.code == 2
        assert "Lease 8 units for 24 hours" in outcome.stderr
        assert "nothing was sent" in outcome.stderr
        assert outcome.stdout == ""
    assert block_number(stage) == before
    assert wellhead("lease", *order(cluster), answer="y\n").code == 0
    assert block_number(stage) == before + 1


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"units": 0}, "at least one unit"),
        ({"units": 65}, "65 units wanted, but in the fullest hour 0 of 64 are booked"),
        ({"start": NOW - 1}, "2025-12-31 23:00 UTC is over"),
        ({"start": NOW + 17_500}, "would end after"),
        ({"start": 999_999_999}, "would end after"),
        ({"hours": 0}, "A lease of 0 hours is not possible here: between 1 and 8,760 are."),
        ({"hours": 8761}, "A lease of 8,761 hours is not possible"),
        ({"cluster": 2}, "There is no cluster 2."),
        ({"cluster": 0}, "There is no cluster 0."),
    ],
)
def test_orders_that_the_market_refuses(
    wellhead: Command, stage: Stage, cluster: int, change: dict[str, int], said: str
) -> None:
    before = block_number(stage), purse(stage, stage.tenants[0])
    wanted = order(**{"cluster": cluster, **change})
    assert said in wellhead.refused(1, "quote", *wanted)
    assert said in wellhead.refused(1, "lease", *wanted, "--yes")
    assert said in wellhead.refused(1, "lease", *wanted, "--dry-run")
    assert (block_number(stage), purse(stage, stage.tenants[0])) == before


def test_lease_above_the_limit_or_the_purse(wellhead: Command, stage: Stage, cluster: int) -> None:
    before = block_number(stage)
    said = wellhead.refused(1, "lease", *order(cluster), "--max-cost", "12.34", "--yes")
    assert said.startswith("The lease costs $")
    assert "more than the limit of $12.34" in said
    said = wellhead.refused(1, "lease", *order(cluster), "--account", 9, "--yes")
    assert f"{stage.holders[0].address} has $0.00, and $" in said
    assert block_number(stage) == before


def test_a_pause_is_said(wellhead: Command, stage: Stage, cluster: int) -> None:
    stage.registry.send("pause", sender=stage.guardian)
    assert "New leases are paused." in wellhead.refused(1, "quote", *order(cluster))
    assert "paused" in wellhead.refused(1, "register", "--yes")


def test_other_terms_are_shown(wellhead: Command, stage: Stage) -> None:
    cluster = stage.cluster(64, Terms(min_hours=5))
    assert "between 5 and 8,760" in wellhead.refused(1, "quote", *order(cluster, hours=4))
