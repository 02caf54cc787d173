"""Hourly reports: what was measured, signed by a quorum."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from wellhead.actions.errors import BadInput, Refusal
from wellhead.actions.quorum import Signature, in_order, sign_locally
from wellhead.chain import Account, Deployment, Receipt
from wellhead.chain.signing import report_digest
from wellhead.model.samples import Sample
from wellhead.oracle.bookings import available_of
from wellhead.oracle.chain import ChainView

HOUR = 3600
Q = 1_000_000
THOUSANDTHS = 1000

#: IMetricsOracle.Skip, in its order.
SKIPS = (
    "UnknownCluster",
    "BeforeGenesis",
    "Unfinished",
    "Ancient",
    "Reported",
    "Malformed",
)


@dataclass(frozen=True)
class Batch:
    """Samples and the Merkle root of the raw data behind them."""

    samples: Sequence[Sample]
    evidence: bytes

    def words(self) -> list[int]:
        try:
            return [sample.encode() for sample in self.samples]
        except ValueError as error:
            raise BadInput(str(error)) from error


@dataclass(frozen=True)
class Skipped:
    """A sample that had no effect, and why."""

    cluster: int
    hour: int
    reason: str


@dataclass(frozen=True)
class Report:
    """A batch that was recorded, or would be; without a receipt it was not."""

    batch: Batch
    digest: bytes
    recorded: int
    skipped: Sequence[Skipped]
    final_at: int | None = None
    receipt: Receipt | None = None


def digest_of(deployment: Deployment, batch: Batch) -> bytes:
    """What the reporters sign."""
    oracle = deployment.oracle.address
    return report_digest(deployment.chain_id, oracle, batch.words(), batch.evidence)


def measure(
    deployment: Deployment,
    cluster: int,
    hours: Iterable[int],
    working: int,
    available: int | None = None,
    measured: int | None = None,
    energy: int = 0,
    work: int = 0,
) -> list[Sample]:
    """One sample an hour with the same values, units in thousandths. Left out, `available` is as
    much as was booked and worked at any moment, if `working` did all the time, and `measured` is
    all that was available."""
    attested = int(deployment.registry.call("clusterOf", cluster)["attested"])
    listed = list(hours)
    if available is None:
        bookings = ChainView(deployment).sure_bookings(cluster, listed)
        usables = [available_of(booked, [working]) for booked in bookings]
    else:
        usables = [available] * len(listed)
    samples = []
    for hour, usable in zip(listed, usables, strict=True):
        share = usable * Q // (attested * THOUSANDTHS) if attested else 0
        samples.append(
            Sample(
                cluster=cluster,
                hour=hour,
                working=working,
                available=usable,
                measured=share if measured is None else measured,
                energy=energy,
                work=work,
            )
        )
    return samples


def report(
    deployment: Deployment,
    batch: Batch,
    signatures: Sequence[Signature] | None,
    sender: Account,
    *,
    dry: bool,
) -> Report:
    """Submit a batch; without signatures the dev reporters of a local chain sign it.

    A batch of which nothing would be recorded is refused with the first sample's reason.
    """
    oracle, digest, words = deployment.oracle, digest_of(deployment, batch), batch.words()
    if signatures is None:
        signed = sign_locally(deployment, digest)
    else:
        signed = in_order(digest, signatures)
    recorded = int(oracle.call("report", words, batch.evidence, signed, sender=sender.address))
    if dry or not recorded:
        skipped = foresee(deployment, batch.samples)
        if not recorded and skipped:
            first = skipped[0]
            name = f"SampleSkipped_{first.reason}"
            raise Refusal(name, clusterId=first.cluster, hour=first.hour)
        return Report(batch, digest, recorded, skipped)
    receipt = oracle.send("report", words, batch.evidence, signed, sender=sender, gas=None)
    skipped = [
        Skipped(int(e["clusterId"]), int(e["hour"]), SKIPS[int(e["reason"])])
        for e in receipt.all("SampleSkipped")
    ]
    return Report(
        batch=batch,
        digest=digest,
        recorded=len(words) - len(skipped),
        skipped=skipped,
        final_at=final_time(deployment),
        receipt=receipt,
    )


def final_time(deployment: Deployment) -> int | None:
    """Unix time from which what was reported in the latest block is final, if nothing pauses."""
    if deployment.registry.call("paused"):
        return None
    return deployment.rpc.now() + int(deployment.oracle.call("finality"))


def foresee(deployment: Deployment, samples: Sequence[Sample]) -> list[Skipped]:
    """Which samples would be skipped in the latest block, in the oracle's order of checks."""
    oracle = deployment.oracle
    current, ring = deployment.rpc.now() // HOUR, int(oracle.call("RING"))
    genesis = {cluster: _genesis(deployment, cluster) for cluster in {s.cluster for s in samples}}
    taken: set[tuple[int, int]] = set()
    skipped = []
    for sample in samples:
        key = (sample.cluster, sample.hour)
        reported = key in taken or oracle.call("recordOf", *key)["reported"]
        checks = (
            genesis[sample.cluster] == 0,
            sample.hour < genesis[sample.cluster],
            sample.hour >= current,
            sample.hour + ring <= current,
            reported,
            sample.available > sample.working or sample.measured > Q,
        )
        if any(checks):
            skipped.append(Skipped(*key, SKIPS[checks.index(True)]))
        else:
            taken.add(key)
    return skipped


def _genesis(deployment: Deployment, cluster: int) -> int:
    """First hour of a cluster's record; 0 when there is no such cluster."""
    count = int(deployment.registry.call("clusterCount"))
    if not 1 <= cluster <= count:
        return 0
    return int(deployment.registry.call("clusterOf", cluster)["genesis"])
