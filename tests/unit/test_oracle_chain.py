"""What was booked in an hour and from when on, read from a market and its logs."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from tests.support.bonds import declare, go_down
from tests.support.lagging import Lagging
from tests.support.lifecycle import cancel, extend
from tests.support.rent import FLAT, open_lease
from tests.support.shows import shows
from tests.support.stage import HOUR, Stage
from wellhead.chain import Deployment, Rpc, RpcError
from wellhead.chain.blocks import BlockGone, first_from, time_of
from wellhead.oracle.bookings import Bookings
from wellhead.oracle.chain import DAY, ChainView, portions

UNITS = 100


class Asked(Rpc):
    """Counts what it is asked alone, and can forget blocks and the leases' logs."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.counts: Counter[str] = Counter()
        self.spans: list[int] = []
        self.has_no_blocks = self.has_no_logs = False

    def __call__(self, method: str, *params: Any) -> Any:
        self.counts[method] += 1
        if method == "eth_getLogs":
            self.spans.append(int(params[0]["toBlock"], 16) - int(params[0]["fromBlock"], 16) + 1)
            if self.has_no_logs:
                return []
        if method == "eth_getBlockByNumber" and self.has_no_blocks:
            return None
        return super().__call__(method, *params)


@pytest.fixture
def rpc(stage: Stage) -> Asked:
    return Asked(stage.anvil.rpc.url)


@pytest.fixture
def view(stage: Stage, rpc: Asked) -> ChainView:
    return ChainView(Deployment(rpc, stage.deployment.record))


@pytest.fixture
def cluster(stage: Stage) -> int:
    return stage.cluster(UNITS, FLAT)


def one(view: ChainView, cluster: int, hour: int) -> Bookings:
    (found,) = view.sure_bookings(cluster, [hour])
    assert [found.booked] == view.booked(cluster, [hour])
    assert [found.covered] == view.covered(cluster, [hour])
    return found


@shows("ACC-11")
@pytest.mark.parametrize(
    ("second", "late"), [(0, ()), (1, ((1, 7),)), (1800, ((1800, 7),)), (3599, ((3599, 7),))]
)
def test_a_booking_counts_from_its_second_on(
    stage: Stage, view: ChainView, cluster: int, second: int, late: tuple[tuple[int, int], ...]
) -> None:
    hour = stage.hour() + 1
    open_lease(stage, cluster, 5, hour, 2)
    open_lease(stage, cluster, 7, hour, 3, at=hour * HOUR + second)
    stage.to_hour(hour + 3)
    found = view.bookings(cluster, range(hour - 1, hour + 3))
    whole = [Bookings(units) for units in (0, 12, 7)]
    assert found == [whole[0], Bookings(12, late), *whole[1:]]


def test_several_bookings_and_what_became_of_the_leases(
    stage: Stage, view: ChainView, cluster: int
) -> None:
    """Splits, sales and extensions change nothing of an hour; other clusters and other hours have
    bookings of their own."""
    other, hour = stage.cluster(UNITS, FLAT), stage.hour() + 1
    begin = hour * HOUR
    first = open_lease(stage, cluster, 4, hour, 5, at=begin + 60)
    open_lease(stage, other, 9, hour, 5, at=begin + 90)
    open_lease(stage, cluster, 30, hour + 1, 5, at=begin + 120)
    second = open_lease(stage, cluster, 8, hour, 1, stage.tenants[1], at=begin + 2000)
    extend(stage, second, 2, at=begin + 2100)
    stage.market.send("splitUnits", first.id, 1, sender=first.tenant)
    stage.market.send("splitHours", first.id, hour + 2, sender=first.tenant)
    cancel(stage, first.id, hour + 1)
    to = stage.tenants[2].address
    stage.market.send("transferFrom", second.tenant.address, to, second.id, sender=second.tenant)
    open_lease(stage, cluster, 3, hour + 1, 5, at=begin + HOUR + 5)
    stage.to_hour(hour + 2)
    assert one(view, cluster, hour) == Bookings(12, ((60, 4), (2000, 8)))
    assert one(view, other, hour) == Bookings(9, ((90, 9),))
    assert one(view, cluster, hour + 1) == Bookings(1 + 30 + 8 + 3, ((5, 3),))


def test_bookings_of_one_second_are_one(stage: Stage, view: ChainView, cluster: int) -> None:
    hour = stage.hour() + 1
    for units in (2, 3):
        open_lease(stage, cluster, units, hour, 1, at=hour * HOUR + 700)
    stage.to_hour(hour + 1)
    assert one(view, cluster, hour) == Bookings(5, ((700, 5),))


def test_what_a_default_made_void_does_not_count(
    stage: Stage, view: ChainView, cluster: int
) -> None:
    start = stage.hour() + 1
    open_lease(stage, cluster, 6, start, 200)
    go_down(stage, cluster, start)
    hour = stage.hour() + 1
    begin = hour * HOUR
    open_lease(stage, cluster, 10, hour, 3, at=begin + 100)
    stage.anvil.next_block_at(begin + 500)
    declare(stage, cluster)
    open_lease(stage, cluster, 20, hour, 3, at=begin + 500)
    open_lease(stage, cluster, 30, hour, 3, at=begin + 900)
    open_lease(stage, cluster, 5, hour + 1, 3)
    open_lease(stage, cluster, 2, hour + 1, 3, at=begin + HOUR + 30)
    stage.to_hour(hour + 3)
    found = view.bookings(cluster, [hour - 1, hour, hour + 1, hour + 2])
    assert found == [
        Bookings(6),
        Bookings(50, ((500, 20), (900, 30))),
        Bookings(57, ((30, 2),)),
        Bookings(57),
    ]


def test_a_default_of_a_later_hour_leaves_it_as_it_was(
    stage: Stage, view: ChainView, cluster: int
) -> None:
    start = stage.hour() + 1
    open_lease(stage, cluster, 6, start, 200)
    go_down(stage, cluster, start)
    hour = stage.hour() + 1
    open_lease(stage, cluster, 10, hour, 3, at=hour * HOUR + 100)
    stage.to_hour(hour + 1, 5)
    declare(stage, cluster)
    stage.to_hour(hour + 2)
    assert view.bookings(cluster, [hour, hour + 1]) == [Bookings(16, ((100, 10),)), Bookings(0)]


def test_no_logs_are_read_where_nothing_came_late(
    stage: Stage, rpc: Asked, view: ChainView, cluster: int
) -> None:
    hour = stage.hour() + 1
    open_lease(stage, cluster, 6, hour, 50)
    stage.to_hour(hour + 40)
    assert view.bookings(cluster, range(hour, hour + 40)) == [Bookings(6)] * 40
    assert not rpc.counts["eth_getLogs"]
    assert rpc.counts["eth_getBlockByNumber"] == 1  # the latest


def test_logs_are_read_of_the_hours_blocks_only(
    stage: Stage, rpc: Asked, view: ChainView, cluster: int
) -> None:
    """Two late hours of a day, and one a day after, in any order."""
    hours = [stage.hour() + 1 + n for n in (0, DAY - 1, DAY)]
    for units, hour in enumerate(hours, 1):
        for second in range(0, HOUR, 600):
            stage.to_hour(hour, second)
        open_lease(stage, cluster, units, hour, 1, at=hour * HOUR + 3400)
    for hour in range(hours[-1] + 1, hours[-1] + 100):
        stage.to_hour(hour)
    expected = [Bookings(units, ((3400, units),)) for units in (1, 2, 3)]
    assert view.bookings(cluster, hours[::-1]) == expected[::-1]
    # 14 blocks of a day, and 7 of the next hour; they are asked for defaults and for leases.
    assert rpc.spans == [14, 14, 7, 7]


def test_logs_that_disagree_with_the_state(
    stage: Stage, rpc: Asked, view: ChainView, cluster: int
) -> None:
    hour = stage.hour() + 1
    open_lease(stage, cluster, 6, hour, 2)
    open_lease(stage, cluster, 2, hour, 2, at=hour * HOUR + 600)
    stage.to_hour(hour + 2)
    assert view.bookings(cluster, [hour]) == [Bookings(8, ((600, 2),))]
    rpc.has_no_logs = True
    assert view.bookings(cluster, [hour, hour + 1]) == [None, Bookings(8)]
    assert view.sure_bookings(cluster, [hour + 1]) == [Bookings(8)]
    said = f"hour {hour} of cluster {cluster}: the node's logs disagree with its state"
    with pytest.raises(RpcError, match=said):
        view.sure_bookings(cluster, [hour, hour + 1])


def test_more_in_logs_than_is_booked(stage: Stage, view: ChainView, cluster: int) -> None:
    """The market's word of the hour says a unit less than the logs."""
    hour = stage.hour() + 1
    open_lease(stage, cluster, 2, hour, 1, at=hour * HOUR + 600)
    stage.to_hour(hour + 1)
    view.booked = lambda cluster, hours, *_: [1]  # type: ignore[method-assign]
    assert view.bookings(cluster, [hour]) == [None]


@pytest.fixture
def pool(stage: Stage) -> Lagging:
    return Lagging(stage.anvil.rpc.url)


@pytest.fixture
def through(stage: Stage, pool: Lagging) -> ChainView:
    """The view through the pool."""
    return ChainView(Deployment(pool, stage.deployment.record))


def test_a_state_of_before_an_hours_end_is_not_taken_for_its_own(
    stage: Stage, pool: Lagging, through: ChainView, cluster: int
) -> None:
    """A lease is booked late in an hour, and a node that has not seen that yet agrees with
    itself."""
    hour = stage.hour() + 1
    open_lease(stage, cluster, 5, hour, 2)
    stage.to_hour(hour, 2700)
    pool.last = stage.anvil.rpc.integer("eth_blockNumber")
    open_lease(stage, cluster, 50, hour, 2, at=hour * HOUR + 2760)
    stage.to_hour(hour + 1, 60)
    for late in ({"eth_call"}, {"eth_call", "eth_getLogs"}):
        pool.late = late
        with pytest.raises(RpcError, match="header not found"):
            through.bookings(cluster, [hour - 1, hour])
    pool.late = {"eth_call", "eth_getLogs", "eth_getBlockByNumber"}
    with pytest.raises(RpcError, match="is 900 s too old to read this at"):
        through.settled((hour + 1) * HOUR)
    pool.late = {"eth_getLogs"}
    assert through.bookings(cluster, [hour]) == [None]
    pool.late = set()
    assert through.bookings(cluster, [hour]) == [Bookings(55, ((2760, 50),))]


def test_what_is_read_at_a_block_is_of_that_block(
    stage: Stage, view: ChainView, cluster: int
) -> None:
    hour = stage.hour() + 1
    open_lease(stage, cluster, 5, hour, 2, at=hour * HOUR + 600)
    before = stage.anvil.rpc.integer("eth_blockNumber")
    open_lease(stage, cluster, 50, hour, 2, at=hour * HOUR + 2760)
    stage.mint(cluster, 20)
    stage.to_hour(hour + 1, 60)
    block = view.settled((hour + 1) * HOUR + 60)
    assert block == stage.anvil.rpc.integer("eth_blockNumber")
    for at, late, units in ((before, ((600, 5),), UNITS), (block, ((600, 5), (2760, 50)), 120)):
        booked = sum(count for _, count in late)
        assert view.bookings(cluster, [hour], at) == [Bookings(booked, late)]
        assert view.attested(cluster, [hour], at) == [units]
    with pytest.raises(RpcError, match=f"latest block, {block}, is 1 s too old to read this at"):
        view.settled((hour + 1) * HOUR + 61)
    assert view.bookings(cluster, []) == []


def test_logs_of_attestations_that_lag_behind_the_state(
    stage: Stage, pool: Lagging, through: ChainView, cluster: int
) -> None:
    hour = stage.hour() + 1
    stage.to_hour(hour)
    pool.last = stage.anvil.rpc.integer("eth_blockNumber")
    stage.mint(cluster, 20)
    stage.to_hour(hour + 1)
    pool.late = {"eth_getLogs"}
    with pytest.raises(RpcError, match=f"cluster {cluster}: the node's logs of attestations"):
        through.attested(cluster, [hour])
    pool.late = {"eth_call"}
    with pytest.raises(RpcError, match="header not found"):
        through.attested(cluster, [hour])
    pool.late = set()
    assert through.attested(cluster, [hour - 1, hour]) == [UNITS, UNITS + 20]


def test_a_block_of_an_attestation_that_is_gone(
    rpc: Asked, view: ChainView, cluster: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rpc, "batch", lambda calls: [None for _ in calls])
    with pytest.raises(BlockGone, match=r"there is no block \d+ any more"):
        view.attested(cluster, [0])


def test_portions_of_hours() -> None:
    assert portions([3, 4, 26, 27, 28, 90], 24) == [[3, 4, 26], [27, 28], [90]]
    assert portions([], 24) == []


def test_blocks_by_time(stage: Stage, rpc: Asked) -> None:
    head = rpc.integer("eth_blockNumber")
    start = stage.now()
    for ahead in (5, 6, 6, 900):
        stage.to_time(start + ahead)
    times = [time_of(rpc, number) for number in range(head + 5)]
    for time_s in {time + shift for time in times for shift in (-1, 0, 1)}:
        exact = next((n for n, time in enumerate(times) if time >= time_s), head + 5)
        assert first_from(rpc, time_s, 0, head + 5) == exact
        assert first_from(rpc, time_s, 3, head + 5) == max(exact, 3)
    assert first_from(rpc, 0, 7, 7) == 7
    rpc.has_no_blocks = True
    with pytest.raises(BlockGone, match="there is no block 3 any more"):
        first_from(rpc, 0, 2, 4)
