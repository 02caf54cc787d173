"""A quorum: exactly the threshold's number of the reporters' signatures, in their order."""

from __future__ import annotations

from itertools import combinations, permutations

import pytest

from tests.support.records import NO_RECORD, record
from tests.support.shows import shows
from tests.support.signatures import ORDER, Compact, compact, malleable, recovered
from tests.support.stage import EVIDENCE, Stage
from tests.support.state import refused
from wellhead.chain import KeyAccount
from wellhead.chain.signing import quorum, report_digest
from wellhead.model.samples import Sample

DIGEST = bytes(range(32))


def signed(stage: Stage, *indices: int, digest: bytes = DIGEST) -> list[Compact]:
    """Signatures by these reporters, in this order."""
    return [stage.reporters[i].sign_digest(digest) for i in indices]


def ask(stage: Stage, signatures: list[Compact], digest: bytes = DIGEST) -> int:
    return int(stage.oracle.call("requireQuorum", digest, signatures))


def between(stage: Stage, position: int) -> KeyAccount:
    """Somebody who is no reporter and whose address lies before the reporter of this position."""
    edges = [0, *(int(reporter.address, 16) for reporter in stage.reporters), 2**160]
    strangers = (KeyAccount(key.to_bytes(32, "big")) for key in range(1000, 3000))
    low, high = edges[position], edges[position + 1]
    return next(s for s in strangers if low < int(s.address, 16) < high)


@shows("SIG-1")
@pytest.mark.parametrize("indices", combinations(range(5), 3))
def test_any_three_of_five_are_a_quorum(stage: Stage, indices: tuple[int, ...]) -> None:
    assert ask(stage, signed(stage, *indices)) == sum(1 << i for i in indices)


@shows("SIG-1")
@pytest.mark.parametrize("number", [0, 1, 2, 4, 5])
def test_fewer_or_more_signatures_are_none(stage: Stage, number: int) -> None:
    with refused(stage, "MetricsOracle_SignatureCount", 3, number):
        ask(stage, signed(stage, *range(number)))


@shows("SIG-2")
@pytest.mark.parametrize("order", [p for p in permutations((0, 2, 3)) if p != (0, 2, 3)])
def test_signatures_come_in_the_order_of_their_signers(
    stage: Stage, order: tuple[int, ...]
) -> None:
    wrong = next(i for i in range(1, 3) if order[i] < order[i - 1])
    signer = stage.reporters[order[wrong]].address
    with refused(stage, "MetricsOracle_SignerOrder", wrong, signer):
        ask(stage, signed(stage, *order))


@shows("SIG-2")
@pytest.mark.parametrize(
    ("order", "repeated"), [((0, 0, 1), 1), ((0, 1, 1), 2), ((3, 3, 3), 1), ((4, 4, 0), 1)]
)
def test_nobody_signs_twice(stage: Stage, order: tuple[int, ...], repeated: int) -> None:
    signer = stage.reporters[order[repeated]].address
    with refused(stage, "MetricsOracle_RepeatedSigner", repeated, signer):
        ask(stage, signed(stage, *order))


@shows("SIG-2")
def test_a_repeated_signer_out_of_order_is_refused_too(stage: Stage) -> None:
    signer = stage.reporters[1].address
    with refused(stage, "MetricsOracle_SignerOrder", 2, signer):
        ask(stage, signed(stage, 1, 2, 1))


@shows("SIG-1")
@pytest.mark.parametrize("position", range(6))
def test_a_stranger_counts_nowhere_among_the_reporters(stage: Stage, position: int) -> None:
    stranger = between(stage, position)
    indices = [i for i in (0, 4) if i < position] + [i for i in (0, 4) if i >= position]
    signers = [stage.reporters[i] for i in indices]
    place = sum(i < position for i in indices)
    signers.insert(place, stranger)
    signatures = [signer.sign_digest(DIGEST) for signer in signers]
    with refused(stage, "MetricsOracle_UnknownSigner", place, stranger.address):
        ask(stage, signatures)


@pytest.mark.parametrize("place", range(3))
def test_a_stranger_is_unknown_at_any_place(stage: Stage, place: int) -> None:
    stranger = between(stage, 2)
    signatures = signed(stage, 1, 3)
    signatures.insert(place, stranger.sign_digest(DIGEST))
    with refused(stage, "MetricsOracle_UnknownSigner", place, stranger.address):
        ask(stage, signatures)


def test_a_repeated_stranger_is_a_stranger(stage: Stage) -> None:
    stranger = between(stage, 0)
    with refused(stage, "MetricsOracle_UnknownSigner", 0, stranger.address):
        ask(stage, [stranger.sign_digest(DIGEST)] * 2 + signed(stage, 0))


@shows("SIG-3")
@pytest.mark.parametrize(
    "signature",
    [
        (bytes(32), bytes(32)),
        compact(0, 1, 0),
        compact(1, 0, 0),
        compact(5, 1, 0),  # no point of the curve has this x
        compact(5, 1, 1),
        compact(ORDER, 1, 0),
        compact(2**256 - 1, 1, 1),
    ],
)
@pytest.mark.parametrize("place", range(3))
def test_what_recovers_to_nobody_is_invalid(stage: Stage, place: int, signature: Compact) -> None:
    signatures = signed(stage, 0, 1, 2)
    signatures[place] = signature
    with refused(stage, "MetricsOracle_InvalidSignature", place):
        ask(stage, signatures)


@shows("SIG-3")
@pytest.mark.parametrize("place", range(3))
def test_a_signature_with_a_high_s_is_invalid(stage: Stage, place: int) -> None:
    twins = malleable(stage.reporters[place])
    others = [i for i in range(3) if i != place]
    signatures = signed(stage, *others, digest=twins.digest)
    assert recovered(twins.digest, twins.high) == stage.reporters[place].address
    with_low = [*signatures[:place], twins.low, *signatures[place:]]
    assert ask(stage, with_low, twins.digest) == 0b111
    with_high = [*signatures[:place], twins.high, *signatures[place:]]
    with refused(stage, "MetricsOracle_InvalidSignature", place):
        ask(stage, with_high, twins.digest)


@shows("SIG-3")
@pytest.mark.parametrize("place", range(3))
def test_the_parity_is_part_of_the_signature(stage: Stage, place: int) -> None:
    signatures = signed(stage, 0, 1, 2)
    r, vs = signatures[place]
    signatures[place] = (r, bytes([vs[0] ^ 0x80]) + vs[1:])
    somebody = recovered(DIGEST, signatures[place])
    with refused(stage, "MetricsOracle_UnknownSigner", place, somebody):
        ask(stage, signatures)


@shows("SIG-1")
def test_signatures_of_another_digest_are_nobodys(stage: Stage) -> None:
    signatures = signed(stage, 0, 1, 2, digest=bytes(32))
    somebody = recovered(DIGEST, signatures[0])
    with refused(stage, "MetricsOracle_UnknownSigner", 0, somebody):
        ask(stage, signatures)


def reportable(stage: Stage) -> tuple[int, int, list[int]]:
    """A cluster, an hour of it that is over, and a batch that reports it."""
    cluster_id = stage.cluster(10)
    hour = stage.hour()
    stage.to_hour(hour + 1)
    return cluster_id, hour, [Sample(cluster_id, hour, 9000, 8000).encode()]


@shows("SIG-6")
@pytest.mark.parametrize("indices", combinations(range(5), 3))
def test_a_batch_says_who_signed(stage: Stage, indices: tuple[int, ...]) -> None:
    _, _, words = reportable(stage)
    receipt = stage.report(words, [stage.reporters[i] for i in indices])
    assert receipt.event("Reported")["signers"] == sum(1 << i for i in indices)


@shows("SIG-1")
@pytest.mark.parametrize("number", [0, 1, 2, 4, 5])
def test_a_batch_without_a_quorum_records_nothing(stage: Stage, number: int) -> None:
    cluster_id, hour, words = reportable(stage)
    digest = report_digest(stage.deployment.chain_id, stage.oracle.address, words, EVIDENCE)
    signatures = quorum(digest, stage.reporters[:number])
    with refused(stage, "MetricsOracle_SignatureCount", 3, number):
        stage.oracle.send("report", words, EVIDENCE, signatures, sender=stage.relay)
    assert record(stage, cluster_id, hour) == NO_RECORD


@shows("SIG-4")
@pytest.mark.parametrize(("chain_id", "contract"), [(1, "oracle"), (31337, "registry")])
def test_a_batch_for_another_oracle_records_nothing(
    stage: Stage, chain_id: int, contract: str
) -> None:
    cluster_id, hour, words = reportable(stage)
    address = getattr(stage, contract).address
    elsewhere = report_digest(chain_id, address, words, EVIDENCE)
    here = report_digest(stage.deployment.chain_id, stage.oracle.address, words, EVIDENCE)
    signatures = quorum(elsewhere, stage.reporters[:3])
    with refused(stage, "MetricsOracle_UnknownSigner", 0, recovered(here, signatures[0])):
        stage.oracle.send("report", words, EVIDENCE, signatures, sender=stage.relay)
    assert record(stage, cluster_id, hour) == NO_RECORD


@shows("SIG-4")
def test_an_attestations_signatures_are_no_report(stage: Stage) -> None:
    cluster_id, hour, words = reportable(stage)
    signatures = stage.attest(cluster_id, 10, 1)
    here = report_digest(stage.deployment.chain_id, stage.oracle.address, words, EVIDENCE)
    with refused(stage, "MetricsOracle_UnknownSigner", 0, recovered(here, signatures[0])):
        stage.oracle.send("report", words, EVIDENCE, signatures, sender=stage.relay)
    assert record(stage, cluster_id, hour) == NO_RECORD
