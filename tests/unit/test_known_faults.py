"""What should hold and does not yet: each test fails today, and says so. Whoever mends one removes
its mark; a mark that is no longer true fails the suite. SECURITY.md says the same in words."""

from __future__ import annotations

import pytest

from tests.support.lifecycle import cancel
from tests.support.raw import in_one_block
from tests.support.rent import Opened, deliver, open_lease
from tests.support.stage import EVIDENCE, HOUR, UNIT, Q, Stage, Terms
from tests.support.sweeps import earn
from wellhead.chain import UnlockedAccount
from wellhead.model.samples import Sample

FLAT = Terms(speed=0, base_start=1_999_999, discount=0, cancel_fee=0)

weighs_seconds = pytest.mark.xfail(
    strict=True, reason="units booked for an hour's last second count like units of a whole hour"
)
marks_cancelled = pytest.mark.xfail(
    strict=True, reason="the hours of a cancellation count, however little it earns"
)
vests_at_mint = pytest.mark.xfail(
    strict=True, reason="a mint makes all that vests, and what waits to be swept, come at once"
)


def last_second(stage: Stage, cluster: int, units: int, hour: int, who: UnlockedAccount) -> Opened:
    """Lease what is left of an hour when a second of it is left."""
    return open_lease(stage, cluster, units, hour, 1, who, at=hour * HOUR + 3599)


@weighs_seconds
def test_demand_is_not_faked_for_a_second_of_rent(stage: Stage) -> None:
    """24 hours of full demand, for a second each, leave the base where it was."""
    cluster = stage.cluster(100, Terms(discount=0, speed=100_000, target=500_000))
    before, hour = stage.market.call("baseOf", cluster), stage.hour() + 1
    for n in range(24):
        last_second(stage, cluster, 100, hour + n, stage.tenants[0])
    stage.to_hour(hour + 24)
    assert stage.market.call("baseOf", cluster) <= before


@weighs_seconds
def test_a_second_of_rent_does_not_silence_the_off_book_alarm(stage: Stage) -> None:
    """An operator that uses its units itself books them for the hour's last second."""
    cluster, hour = stage.cluster(100, FLAT), stage.hour() + 1
    stage.fund(stage.operator)
    last_second(stage, cluster, 100, hour, stage.operator)
    stage.to_hour(hour + 1)
    stage.report([Sample(cluster, hour, 100_000, 100_000, Q)])
    stage.registry.send("flagOffBook", cluster, hour, sender=stage.stranger)


@weighs_seconds
def test_an_hour_that_was_served_is_paid(stage: Stage) -> None:
    """Fifty units are leased and served for all of an hour; at its end another forty, of which
    thirty do not work, are booked for a second. Of the rent no more is lost than that second's."""
    cluster, hour = stage.cluster(100, FLAT), stage.hour() + 1
    lease = open_lease(stage, cluster, 50, hour, 1)
    late = last_second(stage, cluster, 40, hour, stage.tenants[1])
    # The units that worked, at most those booked, moment by moment: 50 until then, 60 at last.
    deliver(stage, cluster, {hour: (50_000 * 3599 + 60_000) // 3600})
    settled = stage.market.send("settle", lease.id, sender=stage.stranger)
    assert sum(event["amount"] for event in settled.all("Settled")) <= late.cost


def _cancel_a_decoy(stage: Stage, cluster: int) -> int:
    """Lease one unit for 700 hours and cancel it at once; returns what that cost."""
    decoy = open_lease(stage, cluster, 1, stage.hour() + 1, 700, stage.tenants[2])
    receipt = cancel(stage, decoy.id, decoy.start, stage.tenants[2])
    return decoy.cost - int(receipt.event("LeaseCancelled")["refund"])


@marks_cancelled
def test_what_a_cancellation_earns_puts_off_no_more_than_itself(stage: Stage) -> None:
    cluster = stage.cluster(1000, FLAT)
    lease = open_lease(stage, cluster, 500, stage.hour() + 1, 1)
    deliver(stage, cluster, {lease.start: 500_000})
    lost = _cancel_a_decoy(stage, cluster)
    receipt = stage.router.send("accrueAndDistribute", cluster, sender=stage.stranger)
    assert receipt.event("CashAdded")["backlog"] <= lost


@vests_at_mint
def test_holding_within_the_block_of_a_mint_gains_nothing(stage: Stage) -> None:
    """An operator without tokens borrows nearly all of them, mints a unit, and gives them back."""
    cluster = stage.cluster(100, Terms(operator_share=0, reporter_share=0, bitcoin_share=500_000))
    token, holder, operator = stage.token(cluster), stage.holders[0], stage.operator
    token.send("transfer", holder.address, 100 * UNIT, sender=operator)
    for _ in range(3):
        earn(stage, cluster, 10**9, 30)
        stage.router.send("distribute", cluster, sender=stage.stranger)
    before = token.call("claimable", operator.address)[0]
    number = stage.registry.call("clusterOf", cluster)["attestations"]
    mint = (cluster, 1, number, EVIDENCE, stage.attest(cluster, 1, number))
    in_one_block(
        stage,
        [
            (token, "transfer", (operator.address, 99 * UNIT), holder),
            (stage.registry, "mint", mint, operator),
            (token, "transfer", (holder.address, 99 * UNIT), operator),
        ],
    )
    assert token.call("claimable", operator.address)[0] == before
