"""Proofs that a raw sample stands behind a record: made, checked by the contract, and tampered
with."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.support.evidence import NOW, STEP, Market, look_at, opened
from tests.support.stage import HOUR, Stage
from wellhead.actions.errors import BadInput, EvidenceMissing, Refusal
from wellhead.oracle import wire
from wellhead.oracle.audit import proofs, proving
from wellhead.oracle.audit.proving import Proof, Wanted
from wellhead.oracle.measurements import Proposal, root_of, sign
from wellhead.oracle.readings import Canary

SILENCE = 7 * 24 * HOUR
#: When the reporters look for the second time in hour 2.
TIME = (NOW + 2) * HOUR + 10 + STEP


@pytest.fixture
def market(stage: Stage) -> Market:
    return opened(stage).with_reports()


def prove(market: Market, wanted: Wanted, hour: int = 2) -> Proof:
    return proving.prove(market.stage.deployment, market.shelf, *market.key(hour), wanted)


def failed(market: Market, proof: Proof) -> list[str]:
    """Names of the checks that do not hold."""
    checks = proving.check(market.stage.deployment, proof)
    return [checked.check for checked in checks if not checked.holds]


def body_of(proof: Proof) -> dict[str, Any]:
    found = json.loads(proof.line)
    assert isinstance(found, dict)
    return found


def test_a_device_was_seen(market: Market) -> None:
    proof = prove(market, Wanted("GPU-2"))
    kind = {"kind": "device", "device": "GPU-2"}
    assert kind.items() <= body_of(proof).items()
    event = market.stage.oracle.events("Reported")[0]
    assert proof.evidence == event["evidence"]
    receipt = market.stage.anvil.rpc("eth_getTransactionReceipt", proof.transaction)
    assert int(receipt["blockNumber"], 16) == event.block
    assert failed(market, proof) == []
    made = proof.signed.measurement
    measurement = (
        *(made.sample.encode(), made.root, made.moments, made.gap),
        *(made.canaries, made.heartbeats),
    )
    paths = (list(proof.path), proof.line, list(proof.raw_path))
    oracle, reporter = market.stage.oracle, proof.signed.reporter
    assert oracle.call("proves", proof.evidence, reporter, measurement, *paths)


def test_what_a_device_showed_at_a_time(market: Market) -> None:
    who = market.address(3)
    proof = prove(market, Wanted("GPU-1", TIME, who))
    assert (proof.signed.reporter, failed(market, proof)) == (who, [])
    found = body_of(proof)
    assert (found["kind"], found["device"], found["time_s"]) == ("reading", "GPU-1", TIME)
    assert found["power_mw"] == 503_000


def test_any_cluster_and_hour_of_a_batch(market: Market) -> None:
    for cluster, hour in ((market.first, NOW + 4), (market.second, NOW + 1)):
        proof = proving.prove(market.stage.deployment, market.shelf, cluster, hour, Wanted("GPU-0"))
        assert (proof.cluster, proof.hour, failed(market, proof)) == (cluster, hour, [])


def flipped(word: bytes) -> bytes:
    return word[:-1] + bytes([word[-1] ^ 1])


def measured(proof: Proof, **changes: Any) -> Proof:
    made = replace(proof.signed.measurement, **changes)
    return replace(proof, signed=replace(proof.signed, measurement=made))


TAMPERED: dict[str, tuple[Callable[[Proof], Proof], list[str]]] = {
    "evidence": (lambda p: replace(p, evidence=flipped(p.evidence)), ["proves", "event"]),
    "line": (lambda p: replace(p, line=p.line.replace(b"GPU-1", b"GPU-9")), ["proves"]),
    "line's end": (lambda p: replace(p, line=p.line + b" "), ["proves"]),
    "path": (lambda p: replace(p, path=p.path[1:]), ["proves"]),
    "other path": (lambda p: replace(p, path=(flipped(p.path[0]), *p.path[1:])), ["proves"]),
    "raw path": (lambda p: replace(p, raw_path=p.raw_path[:-1]), ["proves"]),
    "raw path's order": (lambda p: replace(p, raw_path=p.raw_path[::-1]), ["proves"]),
    "root": (
        lambda p: measured(p, root=flipped(p.signed.measurement.root)),
        ["proves", "signature"],
    ),
    "canaries": (lambda p: measured(p, canaries=1), ["proves", "signature"]),
    "signature": (
        lambda p: replace(p, signed=replace(p.signed, signature=bytes(64))),
        ["signature"],
    ),
    "hour": (lambda p: replace(p, hour=p.hour + 1), ["hour"]),
    "cluster": (lambda p: replace(p, cluster=2), ["hour"]),
    "hour without a record": (lambda p: replace(p, hour=p.hour + 3), ["hour", "event"]),
    "transaction": (lambda p: replace(p, transaction="0x" + "77" * 32), ["event"]),
    "block": (lambda p: replace(p, block=p.block + 1), ["event"]),
    "block to come": (lambda p: replace(p, block=p.block + 1000), ["event"]),
    "chain": (lambda p: replace(p, chain_id=1), ["deployment"]),
    "oracle": (lambda p: replace(p, oracle="0x" + "44" * 20), ["deployment"]),
}


@pytest.mark.parametrize("name", TAMPERED)
def test_what_was_tampered_with_does_not_hold(market: Market, name: str) -> None:
    tamper, expected = TAMPERED[name]
    proof = prove(market, Wanted("GPU-1", TIME))
    changed = tamper(proof)
    assert changed != proof
    assert failed(market, changed) == expected


def test_another_reporters_name(market: Market) -> None:
    proof = prove(market, Wanted("GPU-1", TIME, market.address(0)))
    other = replace(proof, signed=replace(proof.signed, reporter=market.address(1)))
    assert failed(market, other) == ["proves", "signature"]


def test_the_transaction_of_another_hour(market: Market) -> None:
    fourth = prove(market, Wanted("GPU-1"), hour=4)
    proof = replace(
        prove(market, Wanted("GPU-1")), block=fourth.block, transaction=fourth.transaction
    )
    (checked,) = (c for c in proving.check(market.stage.deployment, proof) if not c.holds)
    assert checked.detail == (
        f"transaction {fourth.transaction} did not record hour {NOW + 2} of cluster {market.first}"
        f", or it is not in block {fourth.block}: the chain may have been reorganised"
    )


def test_a_batch_that_skipped_the_hour_proves_nothing(market: Market) -> None:
    """The same measurements in a second batch, which came too late."""
    late = market.report(market.propose([market.key(2)], range(4)))
    proof = prove(market, Wanted("GPU-1"))
    assert proof.transaction != late.hash
    assert failed(market, replace(proof, block=late.block, transaction=late.hash)) == ["event"]


def test_whoever_was_a_reporter_then(market: Market) -> None:
    """A removal later changes nothing; in evidence after it the removed one is a stranger."""
    key = market.key(5)
    reporters = market.stage.reporters
    signed = [market.measure(key, n) for n in range(4)]
    market.report(Proposal.of(signed))
    proof = prove(market, Wanted("GPU-1", reporter=market.address(3)), hour=5)
    assert failed(market, proof) == []
    with_three = [account for account in reporters if account.address != market.address(3)]
    stage = market.stage
    stage.oracle.send("removeSigner", market.address(3), sender=stage.guardian)
    assert failed(market, proof) == []
    stage.skip(HOUR)
    later = stage.hour() - 1
    signed = [market.measure((market.first, later), n) for n in range(4)]
    market.report(Proposal.of(signed), with_three[:3])
    wanted = Wanted("GPU-1", reporter=market.address(3))
    proof = proving.prove(stage.deployment, market.shelf, market.first, later, wanted)
    assert failed(market, proof) == ["event"]


def test_a_recount_takes_the_place_of_the_report(market: Market) -> None:
    before = prove(market, Wanted("GPU-1"))
    assert failed(market, before) == []
    stage = market.stage
    stage.contests.send("contest", market.lease, NOW + 2, sender=stage.tenants[0])
    assert failed(market, before) == []
    key = market.key(2)
    recount = Proposal.of(market.measure(key, n, look_at(key[1], 4, n, 3)) for n in range(4))
    market.recount(recount)
    (checked,) = (c for c in proving.check(stage.deployment, before) if not c.holds)
    assert "a report of hour" in checked.detail
    assert "which a contest replaced since" in checked.detail
    after = prove(market, Wanted("GPU-3", TIME))
    assert (after.evidence, body_of(after)["healthy"]) == (recount.evidence(market.domain), False)
    assert failed(market, after) == []


def test_hours_without_evidence(market: Market) -> None:
    stage = market.stage
    with pytest.raises(Refusal) as raised:
        prove(market, Wanted("GPU-1"), hour=5)
    assert raised.value.name == "CapacityRegistry_NotReported"
    stage.contests.send("contest", market.lease, NOW + 2, sender=stage.tenants[0])
    stage.skip(SILENCE + HOUR)
    stage.oracle.send("closeSilent", *market.key(5), sender=stage.stranger)
    stage.contests.send("close", *market.key(2), sender=stage.stranger)
    for hour in (2, 5):
        with pytest.raises(Refusal) as raised:
            prove(market, Wanted("GPU-1"), hour=hour)
        assert raised.value.name == "ClosedAsZero"


def test_evidence_that_is_not_at_hand(market: Market) -> None:
    with pytest.raises(EvidenceMissing, match=r"^no raw sample of GPU-9 is in what reporters have"):
        prove(market, Wanted("GPU-9"))
    said = rf"at unix time {TIME + 200}; the nearest one is of {TIME + STEP}$"
    with pytest.raises(EvidenceMissing, match=said):
        prove(market, Wanted("GPU-1", TIME + 200))
    del market.shelf.raws[market.key(2)][market.address(4)]
    with pytest.raises(EvidenceMissing, match=f"is in what {market.address(4)} has at hand"):
        prove(market, Wanted("GPU-1", reporter=market.address(4)))
    del market.shelf.kept[market.key(2)]
    with pytest.raises(EvidenceMissing, match=r"^no batch with the evidence 0x[0-9a-f]{64} is at"):
        prove(market, Wanted("GPU-1"))


def test_raw_samples_that_were_not_signed_are_passed_over(market: Market) -> None:
    key = market.key(2)
    for who in range(4):
        lines = market.shelf.raws[key][market.address(who)].lines
        market.shelf.change_raw(key, market.address(who), lines=lines[:-1])
    assert prove(market, Wanted("GPU-1")).signed.reporter == market.address(4)


def test_lines_that_are_no_json_are_passed_over(market: Market) -> None:
    """A reporter may have signed whatever it liked."""
    key = market.key(5)
    signed = [market.measure(key, n) for n in range(4)]
    device = market.shelf.raws[key][market.address(3)].lines[-1]
    lines = ["{", "[]", device]
    made = replace(signed[3].measurement, root=root_of(line.encode() for line in lines))
    odd = sign(market.domain, made, market.reporters[3])
    body = wire.MeasurementBody.of(odd)
    market.shelf.change_raw(key, odd.reporter, measurement=body, lines=lines)
    market.report(Proposal.of([*signed[:3], odd]))
    proof = prove(market, Wanted("GPU-3", reporter=odd.reporter), hour=5)
    assert (proof.line.decode(), failed(market, proof)) == (device, [])


def test_a_canary_on_a_device_is_not_its_identity(market: Market) -> None:
    """Lines of other kinds name devices, too."""
    key = market.key(5)
    canary = Canary(key[1] * HOUR + 5, "GPU-1", "matmul", True)
    samples = replace(look_at(key[1], 4), canaries=(canary,))
    market.report(Proposal.of(market.measure(key, n, samples) for n in range(3)))
    assert body_of(prove(market, Wanted("GPU-1"), hour=5))["kind"] == "device"
    reading = prove(market, Wanted("GPU-1", key[1] * HOUR + 10), hour=5)
    assert body_of(reading)["kind"] == "reading"


# Documents


def written(path: Path, proof: Proof, /, **changes: Any) -> Path:
    body = {"schema": proofs.SCHEMA, **proofs.document(proof, []), **changes}
    path.write_text(json.dumps(body, default=lambda value: "0x" + value.hex()))
    return path


def test_a_proof_comes_back_from_its_document(market: Market, tmp_path: Path) -> None:
    proof = prove(market, Wanted("GPU-1", TIME))
    path = written(tmp_path / "proof.json", proof)
    assert proofs.read(path) == proof
    small = written(path, proof, reporter=proof.signed.reporter.lower(), more=1)
    assert proofs.read(small) == proof


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("schema", "wellhead.report/1", "schema: "),
        ("evidence", "0x12", "evidence: "),
        ("hour", -1, "hour: "),
        ("hour", 2**24, "hour: "),
        ("raw", "0x1", "raw: "),
        ("path", ["0x00"], "path.0: "),
        ("path", ["0x" + "00" * 32] * 65, "path: "),
        ("measurement", {}, "measurement.sample: "),
        ("reporter", "me", "reporter: "),
    ],
)
def test_documents_that_are_no_proofs(
    market: Market, tmp_path: Path, name: str, value: Any, said: str
) -> None:
    path = written(tmp_path / "proof.json", prove(market, Wanted("GPU-1")), **{name: value})
    with pytest.raises(BadInput) as raised:
        proofs.read(path)
    assert str(raised.value).startswith(f"{path} is no proof: {said}")


def test_files_that_are_no_documents(tmp_path: Path) -> None:
    path = tmp_path / "proof.json"
    with pytest.raises(BadInput, match="No such file"):
        proofs.read(path)
    for content in (b"{", b"\xff", b"[" * 100_000):
        path.write_bytes(content)
        with pytest.raises(BadInput, match="is no JSON"):
            proofs.read(path)
