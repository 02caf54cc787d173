"""Reports, contests and reporters."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256

from tests.gas.table import operation
from tests.support.contests import SILENCE, Case, reported
from tests.support.reporters import SIGNER_DELAY, announce, enact, made_up, pay_in, remove
from tests.support.stage import Stage, build_stage
from wellhead.chain import Anvil, Receipt
from wellhead.model.oracle import RING
from wellhead.model.samples import Sample

CLUSTERS = 100
#: As random as a Merkle root is.
ROOT = sha256(b"evidence").digest()


def grown(anvil: Anvil) -> tuple[Stage, int]:
    """A hundred clusters, seven reporters of whom five sign, and the ring's first turn over."""
    stage = build_stage(anvil, reporters=7, threshold=5)
    for _ in range(CLUSTERS):
        stage.register()
    hour = stage.hour()
    stage.to_hour(hour + 1)
    _report_clusters(stage, CLUSTERS)
    stage.to_hour(hour + RING + 1)
    return stage, 1


@operation("report one hour, 3 of 5 signatures")
def report(stage: Stage, cluster: int) -> Iterator[Receipt]:
    """One hour of one cluster, signed by 3 of 5."""
    hour = stage.hour()
    stage.to_hour(hour + 2)
    stage.report([stage.sample(cluster, hour)])
    yield stage.report([stage.sample(cluster, hour + 1)])


@operation("report 24 hours in one batch")
def report_24(stage: Stage, cluster: int) -> Iterator[Receipt]:
    """A batch of 24 hours of one cluster, signed by 3 of 5."""
    hour = stage.hour()
    stage.to_hour(hour + 25)
    yield stage.report([stage.sample(cluster, h) for h in range(hour, hour + 24)])


@operation("report 1 cluster, 5 of 7 signatures, the ring grown", limit=70_000, place=grown)
def report_1_cluster(stage: Stage, cluster: int) -> Iterator[Receipt]:
    """One hour of one cluster in the place of the hour two years before."""
    yield _report_clusters(stage, 1)


@operation("report 100 clusters, 5 of 7 signatures, the ring grown", limit=900_000, place=grown)
def report_100_clusters(stage: Stage, cluster: int) -> Iterator[Receipt]:
    """The same hour of a hundred clusters in one batch."""
    yield _report_clusters(stage, CLUSTERS)


@operation("close an hour that nobody reported")
def close_silent(stage: Stage, cluster: int) -> Iterator[Receipt]:
    hour = stage.hour()
    stage.to_hour(hour + 1 + 7 * 24)
    yield stage.oracle.send("closeSilent", cluster, hour, sender=stage.relay)


@operation("contest an hour, paid by allowance")
def contest(stage: Stage, cluster: int) -> Iterator[Receipt]:
    yield reported(stage).contest()


@operation("decide a contest by a recount, 4 of 5 signatures")
def recount(stage: Stage, cluster: int) -> Iterator[Receipt]:
    """Upheld, and rejected: the deposit goes to a new claim, the tenant's or the oracle's."""
    case = _contested(stage)
    for available in (5_000, 10_000):
        with stage.scratch():
            yield case.recount(available)


@operation("close a contested hour that nobody counted again")
def close_contest(stage: Stage, cluster: int) -> Iterator[Receipt]:
    case = _contested(stage)
    stage.skip(SILENCE)
    yield case.close()


@operation("flag an hour in which more was measured than booked")
def flag_off_book(stage: Stage, cluster: int) -> Iterator[Receipt]:
    hour = stage.hour() + 1
    stage.lease(cluster, 64, hour, 24)
    stage.to_hour(hour + 1)
    stage.report([Sample(cluster, hour, 10**6, 64_000, 500_000)])
    yield stage.registry.send("flagOffBook", cluster, hour, sender=stage.relay)


@operation("enact 5 other reporters, the present ones paid")
def enact_signers(stage: Stage, cluster: int) -> Iterator[Receipt]:
    """Nobody had a claim before."""
    announce(stage, made_up(5), 3)
    pay_in(stage, 10**6)
    stage.skip(SIGNER_DELAY)
    yield enact(stage, made_up(5), 3)


@operation("remove one of 5 reporters, all of them paid")
def remove_signer(stage: Stage, cluster: int) -> Iterator[Receipt]:
    """With an announcement that it voids."""
    announce(stage, made_up(5), 3)
    pay_in(stage, 10**6)
    yield remove(stage, stage.reporters[2].address)


def _contested(stage: Stage) -> Case:
    case = reported(stage)
    case.contest()
    return case


def _report_clusters(stage: Stage, count: int) -> Receipt:
    """The last hour of so many clusters, as it would be measured, signed by five."""
    hour = stage.hour() - 1
    samples = [
        Sample(cluster, hour, 64_000, 16_000, 250_000, 160_000_000, 10**12)
        for cluster in range(1, count + 1)
    ]
    return stage.report(samples, stage.reporters[:5], ROOT)
