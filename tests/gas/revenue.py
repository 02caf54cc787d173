"""What leases earned on its way to everybody who has a part in it."""

from __future__ import annotations

from collections.abc import Iterator

from tests.gas import earning
from tests.gas.earning import DAY
from tests.gas.table import operation
from tests.support.stage import FINALITY, HOUR, Stage
from wellhead.chain import Receipt


@operation("distribute an accrued hour", limit=85_000)
def distribute(stage: Stage, cluster: int) -> Iterator[Receipt]:
    """Split what an hour has earned, neither for the first time nor for the first time of a day,
    while nothing vests."""
    earning.after_a_distribution(stage, cluster)
    yield _distribute_accrued(stage, cluster)


@operation("the same for the first time of a day")
def distribute_first_of_day(stage: Stage, cluster: int) -> Iterator[Receipt]:
    """The token keeps how its indices stood, in a slot that no day before has used."""
    wait = DAY - HOUR
    earning.after_a_distribution(stage, cluster, wait=wait)
    assert (stage.now() - wait) // DAY == stage.now() // DAY - 1
    yield _distribute_accrued(stage, cluster)


@operation("distribute three accrued hours, of which two vest")
def distribute_backlog(stage: Stage, cluster: int) -> Iterator[Receipt]:
    earning.after_a_distribution(stage, cluster, hours=3)
    receipt = _distribute_accrued(stage, cluster)
    assert receipt.event("CashAdded")["backlog"] > 0
    yield receipt


@operation("accrue an hour and distribute it")
def accrue_and_distribute(stage: Stage, cluster: int) -> Iterator[Receipt]:
    earning.after_a_distribution(stage, cluster)
    yield earning.distribute_all(stage, cluster)


@operation("release the operator's and the reporters' parts")
def release(stage: Stage, cluster: int) -> Iterator[Receipt]:
    """Not for the first time: both have claims."""
    earning.after_a_distribution(stage, cluster)
    stage.router.send("release", cluster, sender=stage.stranger)
    earning.distribute_all(stage, cluster)
    receipt = stage.router.send("release", cluster, sender=stage.stranger)
    paid = receipt.event("Released")
    assert paid["operatorAmount"]
    assert paid["reporterAmount"]
    yield receipt


@operation("pay the reporters")
def pay_reporters(stage: Stage, cluster: int) -> Iterator[Receipt]:
    earning.earn(stage, cluster, 3)
    for _ in range(2):
        earning.distribute_all(stage, cluster)
        stage.router.send("release", cluster, sender=stage.stranger)
        receipt = stage.oracle.send("payReporters", sender=stage.stranger)
        assert receipt.event("ReportersPaid")["each"]
        earning.earn_more(stage, cluster)
    yield receipt


@operation("buy bitcoin for an hour's part on Uniswap v3")
def sweep(stage: Stage, cluster: int) -> Iterator[Receipt]:
    """Neither for the first time nor for the first time of a day; the pool's price stays between
    two ticks."""
    earning.open_venue(stage)
    earning.after_a_distribution(stage, cluster, sweeps=True)
    earning.distribute_all(stage, cluster)
    yield earning.sweep(stage, cluster)


@operation("pay bitcoin in for the holders, by allowance")
def pay_in(stage: Stage, cluster: int) -> Iterator[Receipt]:
    """Twice a day, so the first is still vesting."""
    earning.pay_in(stage, cluster)
    stage.to_time((stage.now() // DAY + 1) * DAY)
    earning.pay_in(stage, cluster)
    stage.skip(FINALITY // 2)
    yield earning.pay_in(stage, cluster)


def _distribute_accrued(stage: Stage, cluster: int) -> Receipt:
    stage.market.send("accrue", cluster, sender=stage.stranger)
    receipt = stage.router.send("distribute", cluster, sender=stage.stranger)
    assert receipt.event("Distributed")["cash"]
    assert earning.fraction(stage, cluster)
    return receipt
