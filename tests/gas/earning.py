"""Clusters that earn: the days and hours of distributions, and where bitcoin is bought."""

from __future__ import annotations

from tests.support.raw import deploy
from tests.support.stage import FINALITY, HOUR, MAX, Stage
from wellhead.chain import Receipt
from wellhead.chain.uniswap import deploy_venue

DAY = 24 * HOUR
#: Bitcoin units that somebody pays in: more than tokens can share without a remainder.
PAID_IN = 123_456_789


def lease(stage: Stage, cluster: int) -> int:
    """Lease so much for so long that no hour's rent is whole units: distributions leave fractions
    in the ledgers, and no slot becomes zero. The first hour."""
    start = stage.hour() + 1
    stage.lease(cluster, 637, start, 701)
    return start


def earn(stage: Stage, cluster: int, hours: int) -> None:
    """Lease, and let the first hours become final."""
    start = lease(stage, cluster)
    stage.to_hour(start + hours)
    stage.report_hours(cluster, start, start + hours)
    stage.finalize()


def earn_more(stage: Stage, cluster: int, hours: int = 1) -> None:
    """Let more hours become final."""
    report_next(stage, cluster, hours)
    stage.finalize()


def distribute_all(stage: Stage, cluster: int) -> Receipt:
    receipt = stage.router.send("accrueAndDistribute", cluster, sender=stage.stranger)
    assert fraction(stage, cluster)
    return receipt


def fraction(stage: Stage, cluster: int) -> int:
    """Ledger that the last distribution left."""
    return int(stage.market.call("booksOf", cluster)["earned"])


def after_a_distribution(
    stage: Stage, cluster: int, hours: int = 1, wait: int = HOUR, sweeps: bool = False
) -> None:
    """The first distributions are over and all of them has vested; one more was the first of its
    day. `wait` seconds later so many more hours are final, and not accrued yet. With `sweeps`
    bitcoin was bought at once each time, so none of it vests any more."""
    earn(stage, cluster, 3)
    distribute_all(stage, cluster)
    if sweeps:
        sweep(stage, cluster, vests=True)
    stage.to_time((stage.now() // DAY + 1) * DAY + HOUR)
    report_next(stage, cluster, 1)
    stage.skip(wait)
    report_next(stage, cluster, hours, skipped=1)
    stage.skip(FINALITY - wait)
    distribute_all(stage, cluster)
    if sweeps:
        sweep(stage, cluster)
    stage.skip(wait)


def report_next(stage: Stage, cluster: int, hours: int, skipped: int = 0) -> None:
    """Report the hours that come next in the books, without the first few."""
    start = stage.market.call("booksOf", cluster)["cursor"] + skipped
    stage.report_hours(cluster, start, start + hours)


def open_venue(stage: Stage) -> None:
    """Let bitcoin be bought on a deep pool."""
    venue = deploy_venue(stage.anvil.rpc, stage.stranger, stage.cash, stage.reserve)
    stage.router.send("setVenue", venue.encoded(), sender=stage.governor)


def sweep(stage: Stage, cluster: int, vests: bool = False) -> Receipt:
    """All that waits, for no more than a day."""
    receipt = stage.router.send("sweep", cluster, MAX, sender=stage.stranger)
    assert (receipt.event("ReserveAdded")["backlog"] > 0) is vests
    return receipt


def make_coins_plain(stage: Stage) -> None:
    """Take the pause and the blocklist away from both coins: from now on they are OpenZeppelin's
    ERC-20, which keeps balances where they were."""
    plain = deploy(stage, "TestPlainCoin", 0)
    code = stage.anvil.rpc("eth_getCode", plain.address, "latest")
    for coin in (stage.cash, stage.reserve):
        stage.anvil.rpc("anvil_setCode", coin.address, code)


def pay_in(stage: Stage, cluster: int) -> Receipt:
    """By allowance, out of a wallet that keeps some."""
    payer = stage.relay
    stage.reserve.send("mint", payer.address, 2 * PAID_IN, sender=payer)
    stage.reserve.send("approve", stage.vault.address, MAX, sender=payer)
    return stage.router.send("payIn", cluster, PAID_IN, sender=payer)
