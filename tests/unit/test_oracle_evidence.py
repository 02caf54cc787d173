"""Evidence: the digests that reporters sign, and proofs that a raw sample stands behind a batch."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from eth_utils.crypto import keccak

from tests.support.shows import shows
from tests.support.stage import MAX, Q, Stage
from wellhead.chain import RpcError, dev_account
from wellhead.chain.signing import measurement_digest
from wellhead.model.samples import Sample
from wellhead.oracle.measurements import (
    Domain,
    Measurement,
    Signed,
    evidence_tree,
    raw_path,
    root_of,
    sign,
)
from wellhead.oracle.merkle import Tree, leaf_of

SIZES = range(1, 10)
MOST = 2**32 - 1


def domain(stage: Stage) -> Domain:
    return Domain(stage.deployment.chain_id, stage.oracle.address, stage.contests.address)


def lines(count: int, of: str = "a") -> list[bytes]:
    """Raw samples of one reporter."""
    return [
        f"{of}: look {number}, device GPU-{number % 3}, 700 W".encode() for number in range(count)
    ]


def measured(stage: Stage, count: int, raw: int = 3) -> list[Signed]:
    """Measurements of `count` reporters, each with `raw` lines of its own."""
    return [
        sign(
            domain(stage),
            Measurement(
                Sample(1, 490_900, 9_000 + number, 8_000, 400_000, 70, 90),
                root_of(lines(raw, str(number))),
                moments=60 + number,
                gap=61,
                canaries=number,
                heartbeats=2,
            ),
            dev_account(20 + number),
        )
        for number in range(count)
    ]


def given(measurement: Measurement) -> tuple[Any, ...]:
    """As IMetricsOracle.Measurement."""
    return (
        measurement.sample.encode(),
        measurement.root,
        measurement.moments,
        measurement.gap,
        measurement.canaries,
        measurement.heartbeats,
    )


def proves(
    stage: Stage,
    evidence: bytes,
    reporter: str,
    measurement: Measurement,
    path: list[bytes],
    raw: bytes,
    raw_way: list[bytes],
) -> bool:
    asked = (evidence, reporter, given(measurement), path, raw, raw_way)
    return bool(stage.oracle.call("proves", *asked))


class Proof:
    """A true proof of the last line of the last reporter, to be spoilt."""

    def __init__(self, stage: Stage, count: int = 4, raw: int = 5) -> None:
        self.stage, self.signed = stage, measured(stage, count, raw)
        self.tree = evidence_tree(domain(stage), self.signed)
        last = self.signed[-1]
        self.lines = lines(raw, str(count - 1))
        self.arguments: dict[str, Any] = {
            "evidence": self.tree.root,
            "reporter": last.reporter,
            "measurement": last.measurement,
            "path": self.tree.path(last.leaf(domain(stage))),
            "raw": self.lines[-1],
            "raw_way": raw_path(self.lines, self.lines[-1]),
        }

    def but(self, **changes: Any) -> bool:
        return proves(self.stage, **{**self.arguments, **changes})


@pytest.mark.parametrize("word", [0, 1, Sample(3, 490_900, 5, 4, Q, 2**44 - 1, 2).encode(), MAX])
@pytest.mark.parametrize(
    ("root", "numbers"),
    [(bytes(32), (0, 0, 0, 0)), (bytes(range(32)), (1, 2, 3, 4)), (b"\xff" * 32, (MOST,) * 4)],
)
def test_the_digest_of_a_measurement_is_what_reporters_sign(
    stage: Stage, word: int, root: bytes, numbers: tuple[int, int, int, int]
) -> None:
    told = stage.oracle.call("measurementDigest", (word, root, *numbers))
    here = (stage.deployment.chain_id, stage.oracle.address)
    assert told == measurement_digest(*here, word, root, *numbers)


@shows("SIG-14")
def test_no_two_measurements_share_a_digest(stage: Stage) -> None:
    whole = (7, bytes(range(32)), 1, 2, 3, 4)
    others = [
        (*whole[:i], value, *whole[i + 1 :]) for i, value in enumerate((8, bytes(32), 5, 5, 5, 5))
    ]
    swapped = [(7, whole[1], 2, 1, 3, 4), (7, whole[1], 1, 2, 4, 3), (7, whole[1], 3, 2, 1, 4)]
    asked = [("measurementDigest", [value]) for value in (whole, *others, *swapped)]
    assert len(set(stage.oracle.call_many(asked))) == len(asked)


def test_a_measurements_digest_is_no_reports_and_no_recounts(stage: Stage) -> None:
    word, root = Sample(1, 490_900, 9_000, 8_000).encode(), bytes(range(32))
    digests = {
        stage.oracle.call("measurementDigest", (word, root, 0, 0, 0, 0)),
        stage.oracle.call("reportDigest", [word], root),
        stage.contests.call("recountDigest", word, root),
    }
    assert len(digests) == 3


@shows("REP-8")
@pytest.mark.parametrize("count", SIZES)
def test_every_raw_sample_of_every_reporter_is_proven(stage: Stage, count: int) -> None:
    """In trees of `count` measurements, the last of them of as many raw samples."""
    signed = measured(stage, count, raw=count)
    tree = evidence_tree(domain(stage), signed)
    for number, one in enumerate(signed):
        own = lines(count, str(number))
        path = tree.path(one.leaf(domain(stage)))
        for line in own if number == count - 1 else own[:1]:
            asked = (tree.root, one.reporter, one.measurement, path, line, raw_path(own, line))
            assert proves(stage, *asked) is True


@shows("REP-8")
@pytest.mark.parametrize(("count", "raw"), [(1, 1), (1, 2), (2, 1), (5, 9), (9, 5)])
def test_nothing_else_is_proven(stage: Stage, count: int, raw: int) -> None:
    proof = Proof(stage, count, raw)
    line: bytes = proof.arguments["raw"]
    assert proof.but() is True
    for other in (b"", line + b"\0", line[:-1], lines(1, "stranger")[0]):
        assert proof.but(raw=other) is False


def test_a_proof_is_of_one_reporter_measurement_and_batch(stage: Stage) -> None:
    proof = Proof(stage)
    other = proof.signed[0]
    assert proof.but() is True
    assert proof.but(reporter=other.reporter) is False
    assert proof.but(measurement=other.measurement) is False
    assert proof.but(evidence=bytes(32)) is False
    assert proof.but(evidence=evidence_tree(domain(stage), proof.signed[1:]).root) is False
    assert proof.but(path=proof.tree.path(other.leaf(domain(stage)))) is False
    assert proof.but(raw=lines(5, "0")[-1]) is False


@pytest.mark.parametrize("field", ["sample", "root", "moments", "gap", "canaries", "heartbeats"])
def test_every_field_of_a_measurement_counts(stage: Stage, field: str) -> None:
    proof = Proof(stage)
    measurement: Measurement = proof.arguments["measurement"]
    changes: dict[str, Any] = {
        "sample": replace(measurement.sample, available=1),
        "root": bytes(32),
        "moments": measurement.moments + 1,
        "gap": measurement.gap + 1,
        "canaries": measurement.canaries + 1,
        "heartbeats": measurement.heartbeats + 1,
    }
    assert proof.but(measurement=replace(measurement, **{field: changes[field]})) is False


@shows("REP-8")
@pytest.mark.parametrize("name", ["path", "raw_way"])
def test_a_path_is_whole(stage: Stage, name: str) -> None:
    proof = Proof(stage)
    way: list[bytes] = proof.arguments[name]
    assert len(way) >= 2
    spoilt = [way[:-1], way[1:], [*way, bytes(32)], [bytes(32), *way], way[::-1], []]
    for other in spoilt:
        assert proof.but(**{name: other}) is False


@shows("REP-8")
def test_an_inner_node_is_no_leaf(stage: Stage) -> None:
    """A node is the hash of 64 bytes, a leaf of 32: those 64 bytes are no raw sample."""
    proof = Proof(stage, raw=4)
    leaves = sorted(leaf_of(line) for line in proof.lines)
    pairs = [leaves[0] + leaves[1], leaves[2] + leaves[3]]
    for pair, sibling in zip(pairs, pairs[::-1], strict=True):
        short = [keccak(sibling)]
        assert proof.but(raw=pair, raw_way=short) is False
        assert proof.but(raw=keccak(pair), raw_way=short) is False
    root = proof.arguments["measurement"].root
    nodes = sorted(keccak(pair) for pair in pairs)
    assert keccak(nodes[0] + nodes[1]) == root
    for raw in (nodes[0] + nodes[1], root):
        assert proof.but(raw=raw, raw_way=[]) is False


def test_the_evidence_is_no_root_of_raw_samples(stage: Stage) -> None:
    """A measurement can not stand for the raw samples that it is of, nor they for it."""
    proof = Proof(stage)
    last = proof.signed[-1]
    assert proof.but(raw=last.measurement.root) is False
    assert proof.but(evidence=last.measurement.root) is False
    leaf = last.leaf(domain(stage))
    own = replace(last.measurement, root=proof.tree.root)
    assert proof.but(measurement=own, raw=leaf, raw_way=proof.arguments["path"]) is False


def test_a_measurement_alone_is_its_batchs_evidence(stage: Stage) -> None:
    (one,) = measured(stage, 1, raw=1)
    line = lines(1, "0")[0]
    leaf = one.leaf(domain(stage))
    assert one.measurement.root == leaf_of(line)
    assert evidence_tree(domain(stage), [one]).root == leaf == Tree([leaf]).root
    assert proves(stage, leaf, one.reporter, one.measurement, [], line, []) is True


@shows("REP-8")
def test_what_was_measured_for_another_oracle_proves_nothing_here(stage: Stage) -> None:
    here = domain(stage)
    for there in (replace(here, chain_id=1), replace(here, oracle=here.contests)):
        (one,) = measured(stage, 1, raw=1)
        tree = evidence_tree(there, [one])
        line = lines(1, "0")[0]
        assert proves(stage, tree.root, one.reporter, one.measurement, [], line, []) is False


def test_numbers_that_do_not_fit_are_refused(stage: Stage) -> None:
    """What would be another measurement when it is cut to size."""
    selector = stage.oracle.functions["measurementDigest"].selector
    for place in range(4):
        numbers = [1, 2, 3, 4]
        numbers[place] += 2**32
        words = [selector, *(n.to_bytes(32, "big") for n in (7, 9, *numbers))]
        body = {"to": stage.oracle.address, "data": "0x" + b"".join(words).hex()}
        with pytest.raises(RpcError, match="revert"):
            stage.anvil.rpc("eth_call", body, "latest")
