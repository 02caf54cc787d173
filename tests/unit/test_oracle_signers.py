"""The reporters: who they are, and what they are paid."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.reporters import (
    announce,
    change,
    claims,
    made_up,
    pay_in,
    team,
)
from tests.support.reverts import expect_revert
from tests.support.shows import shows
from tests.support.stage import EVIDENCE, FINALITY, HOUR, Stage
from tests.support.state import refused, unchanged
from wellhead.chain import Contract
from wellhead.chain.contract import deploy_contract
from wellhead.chain.signing import quorum, report_digest
from wellhead.model.samples import Sample

ZERO = "0x" + "00" * 20


def test_the_reporters_are_those_of_the_deployment(stage: Stage) -> None:
    addresses = [reporter.address for reporter in stage.reporters]
    assert stage.oracle.call("signers") == (addresses, 3)
    (event,) = stage.oracle.events("SignersSet")
    assert event.arguments == {"signers": addresses, "threshold": 3}


@shows("SIG-7")
@pytest.mark.parametrize(
    ("count", "threshold"),
    [(1, 1), (2, 2), (3, 2), (3, 3), (4, 3), (5, 3), (5, 5), (31, 16), (32, 17), (32, 32)],
)
def test_more_than_half_of_up_to_32_reporters_are_a_threshold(
    stage: Stage, count: int, threshold: int
) -> None:
    signers = [signer.address for signer in team(count)]
    receipt = change(stage, signers, threshold)
    assert [event.name for event in receipt.events] == ["SignersSet"]
    expected = {"signers": signers, "threshold": threshold}
    assert receipt.event("SignersSet").arguments == expected
    assert stage.oracle.call("signers") == (signers, threshold)


INVALID: list[tuple[list[str], int]] = [
    ([], 0),
    ([], 1),
    (made_up(1), 0),
    (made_up(1), 2),
    (made_up(2), 1),
    (made_up(3), 1),
    (made_up(3), 4),
    (made_up(4), 2),
    (made_up(32), 16),
    (made_up(32), 33),
    (made_up(33), 17),
    (made_up(33), 33),
    (made_up(5), 2**255),
    (made_up(5), 2**8 + 3),
    (made_up(5), 2**255 - 1),
    ([ZERO], 1),
    ([ZERO, *made_up(2)], 2),
    (made_up(3)[::-1], 2),
    ([*made_up(2), *made_up(1)], 2),
    ([*made_up(1), *made_up(1)], 2),
    ([*made_up(1), *made_up(2, 2), *made_up(1, 3)], 3),
]


@shows("SIG-7")
@pytest.mark.parametrize(("signers", "threshold"), INVALID)
def test_other_sets_are_not_even_announced(
    stage: Stage, signers: list[str], threshold: int
) -> None:
    with refused(stage, "MetricsOracle_InvalidSigners", len(signers), threshold):
        announce(stage, signers, threshold)


def test_a_new_set_signs_and_the_old_one_does_not(stage: Stage) -> None:
    cluster_id = stage.cluster(10)
    hour = stage.hour()
    stage.to_hour(hour + 2)
    new = team(32)
    change(stage, [signer.address for signer in new], 17)
    words = [Sample(cluster_id, hour, 9000, 8000).encode()]
    digest = report_digest(stage.deployment.chain_id, stage.oracle.address, words, EVIDENCE)
    with refused(stage, "MetricsOracle_SignatureCount", 17, 3):
        stage.report(words, stage.reporters[:3])
    signers = new[1::2] + new[30:31]  # sixteen of the odd places, and one more
    receipt = stage.oracle.send(
        "report", words, EVIDENCE, quorum(digest, signers), sender=stage.relay
    )
    bits = sum(1 << place for place in (*range(1, 32, 2), 30))
    assert receipt.event("Reported")["signers"] == bits


@shows("SIG-10")
def test_a_reporter_that_left_is_unknown(stage: Stage) -> None:
    gone, *left = stage.reporters
    change(stage, [reporter.address for reporter in left], 3)
    cluster_id = stage.register()
    hour = stage.hour()
    stage.to_hour(hour + 1)
    with refused(stage, "MetricsOracle_UnknownSigner", 0, gone.address):
        stage.report([Sample(cluster_id, hour, 0, 0)], [gone, *left[:2]])
    receipt = stage.report([Sample(cluster_id, hour, 0, 0)], left[1:])
    assert receipt.event("Reported")["signers"] == 0b1110


@shows("SIG-11")
def test_records_survive_a_change_of_reporters(stage: Stage) -> None:
    cluster_id = stage.cluster(10)
    hour = stage.hour()
    stage.to_hour(hour + 1)
    stage.report([Sample(cluster_id, hour, 9000, 8000)])
    change(stage, made_up(3), 2)
    stage.finalize()
    assert stage.oracle.call("finalAvailable", cluster_id, hour) == (True, 8000)


@shows("SIG-12")
def test_reporters_are_paid_in_equal_parts(stage: Stage) -> None:
    pay_in(stage, 1000)
    assert stage.oracle.call("payReporters") == 200
    receipt = stage.oracle.send("payReporters", sender=stage.stranger)
    assert receipt.event("ReportersPaid").arguments == {"each": 200, "reporters": 5}
    moved = [(event["to"], event["amount"]) for event in receipt.all("Moved")]
    assert moved == [(reporter.address, 200) for reporter in stage.reporters]
    assert claims(stage) == [200] * 5
    assert stage.claim_of(stage.oracle) == 0


@shows("SIG-12")
def test_dust_waits_for_the_next_time(stage: Stage) -> None:
    pay_in(stage, 1004)
    stage.oracle.send("payReporters", sender=stage.stranger)
    assert (claims(stage), stage.claim_of(stage.oracle)) == ([200] * 5, 4)
    with unchanged(stage):
        assert stage.oracle.call("payReporters") == 0
        assert stage.oracle.send("payReporters", sender=stage.stranger).events == ()
    pay_in(stage, 1)
    receipt = stage.oracle.send("payReporters", sender=stage.stranger)
    assert receipt.event("ReportersPaid").arguments == {"each": 1, "reporters": 5}
    assert (claims(stage), stage.claim_of(stage.oracle)) == ([201] * 5, 0)


def test_without_revenue_nobody_is_paid(stage: Stage) -> None:
    assert stage.oracle.call("payReporters") == 0
    with unchanged(stage, stage.oracle):
        assert stage.oracle.send("payReporters", sender=stage.stranger).events == ()
    assert claims(stage) == [0] * 5


@shows("SIG-12")
def test_new_reporters_begin_after_the_present_ones_are_paid(stage: Stage) -> None:
    pay_in(stage, 1003)
    receipt = change(stage, made_up(2), 2)
    assert [event.name for event in receipt.events if event.name != "Moved"] == [
        "ReportersPaid",
        "SignersSet",
    ]
    assert receipt.event("ReportersPaid").arguments == {"each": 200, "reporters": 5}
    assert (claims(stage), stage.claim_of(stage.oracle)) == ([200] * 5, 3)
    stage.oracle.send("payReporters", sender=stage.stranger)
    new = [stage.vault.call("claimOf", stage.cash.address, who) for who in made_up(2)]
    assert (new, claims(stage), stage.claim_of(stage.oracle)) == ([1, 1], [200] * 5, 1)


def test_an_invalid_set_pays_nobody(stage: Stage) -> None:
    pay_in(stage, 1000)
    with refused(stage, "MetricsOracle_InvalidSigners", 2, 1):
        announce(stage, made_up(2), 1)
    assert (claims(stage), stage.claim_of(stage.oracle)) == ([0] * 5, 1000)


def deploy_oracle(stage: Stage, finality: int, signers: list[str], threshold: int) -> Contract:
    at = stage.deployment.addresses
    names = ("Authority", "CapacityRegistry", "Vault", "Contests", "cash")
    given: list[Any] = [*(at[name] for name in names), finality, signers, threshold]
    contract, _ = deploy_contract(stage.anvil.rpc, "MetricsOracle", given, stage.stranger)
    return contract


@pytest.mark.parametrize("finality", [HOUR, HOUR + 1, FINALITY, 30 * 24 * HOUR])
def test_finality_is_an_hour_to_thirty_days(stage: Stage, finality: int) -> None:
    oracle = deploy_oracle(stage, finality, made_up(3), 2)
    assert oracle.call("finality") == finality
    assert oracle.call("signers") == (made_up(3), 2)


@pytest.mark.parametrize("finality", [0, HOUR - 1, 30 * 24 * HOUR + 1, 2**256 - 1])
def test_no_other_finality_is_deployed(stage: Stage, finality: int) -> None:
    with expect_revert("MetricsOracle_InvalidFinality", finality):
        deploy_oracle(stage, finality, made_up(3), 2)


@shows("SIG-7")
@pytest.mark.parametrize(("signers", "threshold"), INVALID)
def test_an_oracle_is_not_deployed_with_an_invalid_set(
    stage: Stage, signers: list[str], threshold: int
) -> None:
    with expect_revert("MetricsOracle_InvalidSigners", len(signers), threshold):
        deploy_oracle(stage, FINALITY, signers, threshold)
