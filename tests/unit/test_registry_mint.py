"""Minting: what a quorum attested, once, and never a part of revenue that is already earned."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from tests.support.shows import shows
from tests.support.signatures import Compact, recovered
from tests.support.stage import EVIDENCE, FINALITY, HOUR, MAX, UNIT, Stage
from tests.support.state import refused
from wellhead.chain import KeyAccount, Receipt
from wellhead.chain.signing import attestation_digest, quorum
from wellhead.model.samples import Sample

OTHER = bytes(31) + b"\x02"
MAX_UNITS = 2**26 - 1


def digest(stage: Stage, cluster_id: int, units: int, number: int) -> bytes:
    registry = stage.registry.address
    return attestation_digest(
        stage.deployment.chain_id, registry, cluster_id, units, number, EVIDENCE
    )


def mint(
    stage: Stage, cluster_id: int, units: int, number: int, signatures: Sequence[Compact]
) -> Receipt:
    return stage.registry.send(
        "mint", cluster_id, units, number, EVIDENCE, signatures, sender=stage.operator
    )


def supply_of(stage: Stage, cluster_id: int) -> int:
    return int(stage.token(cluster_id).call("totalSupply"))


def book(stage: Stage, cluster_id: int, units: int = 10) -> int:
    """Lease the next hour, and say which it is."""
    hour = stage.hour() + 1
    stage.lease(cluster_id, units, hour, 1)
    return hour


@shows("SIG-6")
def test_a_mint_announces_what_was_attested_and_by_whom(stage: Stage) -> None:
    cluster_id = stage.cluster(100)
    signers = [stage.reporters[i] for i in (0, 2, 4)]
    receipt = mint(stage, cluster_id, 7, 1, stage.attest(cluster_id, 7, 1, signers))
    assert receipt.event("Attested").arguments == {
        "clusterId": cluster_id,
        "units": 7,
        "attested": 107,
        "sellable": 107,
        "evidence": EVIDENCE,
        "signers": 0b10101,
    }
    minted = receipt.event("Transfer")
    assert minted.address == stage.token(cluster_id).address
    assert (minted["to"], minted["value"]) == (stage.operator.address, 7 * UNIT)
    assert int(minted["from"], 16) == 0


@shows("REG-1")
def test_the_supply_is_what_was_attested(stage: Stage) -> None:
    cluster_id = stage.register()
    attested = 0
    for number, units in enumerate((1, 999, 12_345)):
        stage.mint(cluster_id, units)
        attested += units
        cluster = stage.registry.call("clusterOf", cluster_id)
        assert (cluster["attested"], cluster["attestations"]) == (attested, number + 1)
        assert supply_of(stage, cluster_id) == attested * UNIT
        assert stage.token(cluster_id).call("balanceOf", stage.operator.address) == attested * UNIT


@shows("REG-2")
def test_new_units_are_opened_on_top_of_what_is_sellable(stage: Stage) -> None:
    cluster_id = stage.cluster(100)
    stage.registry.send("setSellable", cluster_id, 30, sender=stage.operator)
    receipt = stage.mint(cluster_id, 5)
    assert (receipt.event("Attested")["attested"], receipt.event("Attested")["sellable"]) == (
        105,
        35,
    )
    assert stage.registry.call("clusterOf", cluster_id)["sellable"] == 35


@shows("REG-6")
@pytest.mark.parametrize(("before", "units"), [(0, MAX_UNITS), (1000, MAX_UNITS - 1000)])
def test_a_cluster_can_be_filled_to_the_last_unit(stage: Stage, before: int, units: int) -> None:
    cluster_id = stage.cluster(before) if before else stage.register()
    stage.mint(cluster_id, units)
    assert stage.registry.call("clusterOf", cluster_id)["attested"] == MAX_UNITS
    assert supply_of(stage, cluster_id) == MAX_UNITS * UNIT


@shows("REG-6")
@pytest.mark.parametrize("before", [0, 1000])
@pytest.mark.parametrize("beyond", [None, 1, 2**32, MAX])
def test_no_units_or_too_many_are_refused(stage: Stage, before: int, beyond: int | None) -> None:
    cluster_id = stage.cluster(before) if before else stage.register()
    limit = MAX_UNITS - before
    units = 0 if beyond is None else min(limit + beyond, MAX)
    with refused(stage, "CapacityRegistry_InvalidUnits", units, limit):
        stage.mint(cluster_id, units)


@shows("REG-3")
def test_an_attestation_is_good_for_one_mint(stage: Stage) -> None:
    cluster_id = stage.register()
    signatures = stage.attest(cluster_id, 10, 0)
    mint(stage, cluster_id, 10, 0, signatures)
    with refused(stage, "CapacityRegistry_AttestationNumber", 1, 0):
        mint(stage, cluster_id, 10, 0, signatures)
    signer = recovered(digest(stage, cluster_id, 10, 1), signatures[0])
    with refused(stage, "MetricsOracle_UnknownSigner", 0, signer):
        mint(stage, cluster_id, 10, 1, signatures)
    assert supply_of(stage, cluster_id) == 10 * UNIT


@shows("REG-3")
@pytest.mark.parametrize("number", [0, 2, 3, 2**32 + 1, MAX])
def test_only_the_next_attestation_counts(stage: Stage, number: int) -> None:
    cluster_id = stage.cluster(10)
    with refused(stage, "CapacityRegistry_AttestationNumber", 1, number):
        mint(stage, cluster_id, 10, number, stage.attest(cluster_id, 10, number))


@shows("REG-3")
@pytest.mark.parametrize(
    "signed",
    [
        {"cluster_id": 2},
        {"units": 11},
        {"number": 1},
        {"evidence": OTHER},
        {"chain_id": 1},
        {"registry": "oracle"},
    ],
    ids=lambda signed: next(iter(signed)),
)
def test_an_attestation_of_something_else_is_refused(stage: Stage, signed: dict[str, Any]) -> None:
    stage.register()
    stage.register()
    asked: dict[str, Any] = {
        "chain_id": stage.deployment.chain_id,
        "registry": stage.registry.address,
        "cluster_id": 1,
        "units": 10,
        "number": 0,
        "evidence": EVIDENCE,
    }
    other = {**asked, **signed}
    if signed.get("registry"):
        other["registry"] = stage.oracle.address
    signatures = quorum(attestation_digest(**other), stage.reporters[:3])
    signer = recovered(attestation_digest(**asked), signatures[0])
    with refused(stage, "MetricsOracle_UnknownSigner", 0, signer):
        mint(stage, 1, 10, 0, signatures)


@shows("REG-3")
@pytest.mark.parametrize("number", [0, 1, 2, 4, 5])
def test_an_attestation_needs_exactly_a_quorum(stage: Stage, number: int) -> None:
    cluster_id = stage.register()
    signatures = stage.attest(cluster_id, 10, 0, stage.reporters)[:number]
    with refused(stage, "MetricsOracle_SignatureCount", 3, number):
        mint(stage, cluster_id, 10, 0, signatures)


@shows("REG-3")
def test_an_operator_can_not_attest(stage: Stage) -> None:
    cluster_id = stage.register()
    stranger = KeyAccount(bytes(31) + b"\x07")
    signers = sorted([*stage.reporters[:2], stranger], key=lambda s: int(s.address, 16))
    index = signers.index(stranger)
    with refused(stage, "MetricsOracle_UnknownSigner", index, stranger.address):
        mint(stage, cluster_id, 10, 0, stage.attest(cluster_id, 10, 0, signers))


@pytest.mark.parametrize("values", [(1, 10, 0), (7, 1, 0), (2**32, MAX, 12), (0, 0, MAX)])
def test_the_digest_is_what_reporters_sign(stage: Stage, values: tuple[int, int, int]) -> None:
    told = stage.registry.call("attestationDigest", *values, EVIDENCE)
    assert told == digest(stage, *values)


@shows("PAUSE-1")
def test_no_mint_while_paused(stage: Stage) -> None:
    cluster_id = stage.register()
    stage.registry.send("pause", sender=stage.guardian)
    with refused(stage, "CapacityRegistry_Paused"):
        stage.mint(cluster_id, 10)
    stage.registry.send("unpause", sender=stage.guardian)
    stage.mint(cluster_id, 10)


@shows("REG-5")
def test_a_cluster_that_nobody_booked_needs_no_reports(stage: Stage) -> None:
    cluster_id = stage.cluster(10)
    stage.to_hour(stage.hour() + 5000)
    stage.mint(cluster_id, 10)
    assert supply_of(stage, cluster_id) == 20 * UNIT


@shows("REG-5")
def test_a_booked_hour_without_a_report_stops_mints_a_finality_and_an_hour_after_it(
    stage: Stage,
) -> None:
    cluster_id = stage.cluster(100)
    hour = book(stage, cluster_id)
    limit = (hour + 2) * HOUR + FINALITY
    with stage.scratch():
        stage.anvil.next_block_at(limit - 1)
        stage.mint(cluster_id, 10)
    stage.anvil.next_block_at(limit)
    with refused(stage, "CapacityRegistry_RecordNotCurrent", cluster_id, hour, hour + 1):
        stage.mint(cluster_id, 10)
    stage.to_hour(hour + 100)
    due = hour + 100 - FINALITY // HOUR - 1
    with refused(stage, "CapacityRegistry_RecordNotCurrent", cluster_id, hour, due):
        stage.mint(cluster_id, 10)


@shows("REG-5")
def test_a_report_within_an_hour_never_stops_a_mint(stage: Stage) -> None:
    cluster_id = stage.cluster(100)
    hour = book(stage, cluster_id)
    sample = Sample(cluster_id, hour, 100_000, 10_000)
    limit = (hour + 2) * HOUR
    with stage.scratch():
        stage.anvil.next_block_at(limit)
        stage.report([sample])
        stage.anvil.next_block_at(limit + FINALITY)
        stage.mint(cluster_id, 10)
    stage.anvil.next_block_at(limit + 1)
    stage.report([sample])
    stage.anvil.next_block_at(limit + FINALITY)
    with refused(stage, "CapacityRegistry_RecordNotCurrent", cluster_id, hour, hour + 1):
        stage.mint(cluster_id, 10)
    stage.anvil.next_block_at(limit + FINALITY + 1)
    stage.mint(cluster_id, 10)


@shows("PAUSE-8")
def test_after_a_pause_a_mint_waits_until_the_record_is_current(stage: Stage) -> None:
    cluster_id = stage.cluster(100)
    hour = book(stage, cluster_id)
    reported, pause = (hour + 1) * HOUR, 240 * HOUR
    stage.anvil.next_block_at(reported)
    stage.report([Sample(cluster_id, hour, 100_000, 10_000)])
    for function, at in (("pause", reported + 1), ("unpause", reported + 1 + pause)):
        stage.anvil.next_block_at(at)
        stage.registry.send(function, sender=stage.guardian)
    final = reported + FINALITY + pause
    due = (final - 1 - FINALITY) // HOUR - 1
    stage.anvil.next_block_at(final - 1)
    with refused(stage, "CapacityRegistry_RecordNotCurrent", cluster_id, hour, due):
        stage.mint(cluster_id, 10)
    stage.anvil.next_block_at(final)
    stage.mint(cluster_id, 10)


@shows("REG-5")
def test_a_long_record_must_be_accrued_first(stage: Stage) -> None:
    cluster_id = stage.cluster(100)
    start, steps = stage.hour() + 1, stage.market.call("MAX_STEPS")
    end = start + steps + 30
    stage.lease(cluster_id, 10, start, end - start)
    stage.to_hour(end)
    samples = [Sample(cluster_id, hour, 100_000, 10_000) for hour in range(start, end)]
    for first in range(0, len(samples), 250):
        stage.report(samples[first : first + 250])
    stage.to_hour(end + 30)
    due = end + 30 - FINALITY // HOUR - 1
    stage.afford_mints()
    # The walk's first step jumps from genesis to the lease.
    with refused(stage, "CapacityRegistry_RecordNotCurrent", cluster_id, start + steps - 1, due):
        stage.mint(cluster_id, 10)
    stage.market.send("accrue", cluster_id, sender=stage.stranger)
    stage.mint(cluster_id, 10)


@shows("REG-4")
def test_new_units_take_no_part_of_old_revenue(stage: Stage) -> None:
    cluster_id = stage.cluster(100)
    token, holder = stage.token(cluster_id), stage.holders[0]
    token.send("transfer", holder.address, 40 * UNIT, sender=stage.operator)
    hour = book(stage, cluster_id, 100)
    stage.to_hour(hour + 1)
    stage.report_hours(cluster_id, hour, hour + 1)
    stage.finalize()

    def earned() -> list[Any]:
        people = (stage.operator, holder)
        return token.call_many([("owedLedgerOf", [who.address]) for who in people])

    with stage.scratch():
        stage.router.send("accrueAndDistribute", cluster_id, sender=stage.stranger)
        expected = earned()
    assert 0 < expected[1][0] < expected[0][0]
    receipt = stage.mint(cluster_id, 900)
    assert earned() == expected
    names = [event.name for event in receipt.events]
    assert names.index("Distributed") < names.index("ToppedUp") < names.index("Attested")
    assert "BaseUpdated" in names
