"""What a token has earned in the last days, by the token's own memory of a month."""

from __future__ import annotations

import pytest

from tests.support.bench import Bench, set_up
from tests.support.reverts import expect_revert
from tests.support.shows import shows
from tests.support.stage import UNIT, Stage

DAY = 24 * 3600
LATE = DAY * 1_000


@pytest.fixture
def bench(stage: Stage) -> Bench:
    """Four tokens."""
    made = set_up(stage)
    made.mint(made.holders[0], 4 * UNIT)
    return made


def at(bench: Bench, moment: int) -> None:
    bench.stage.anvil.mine_at(moment)


def trailing(bench: Bench, days: int) -> tuple[int, int]:
    found: tuple[int, int] = bench.token.call("trailingRevenue", days)
    return found


@shows("REV-18")
def test_what_a_token_earned_in_the_last_days(bench: Bench) -> None:
    noon = (bench.stage.now() // DAY + 1) * DAY + DAY // 2
    for day, (cash, reserve) in enumerate([(400, 40), (0, 0), (4_000, 0), (40_000, 4)]):
        at(bench, noon + day * DAY)
        bench.revenue(cash, reserve)
    # A token is a quarter of it; of a step of the index that is not full a unit may be short.
    for days, whole in ((1, 11_000), (2, 11_000), (3, 11_100), (4, 11_100), (31, 11_100)):
        assert trailing(bench, days)[0] in (whole - 1, whole)
    for days, whole in ((1, 1), (2, 1), (3, 11), (31, 11)):
        assert trailing(bench, days)[1] in (whole - 1, whole)
    at(bench, noon + 6 * DAY)
    assert trailing(bench, 2) == (0, 0)
    assert trailing(bench, 3)[0] in (9_999, 10_000)
    at(bench, noon + 33 * DAY)
    assert trailing(bench, 31)[0] in (10_999, 11_000)
    at(bench, noon + 40 * DAY)
    assert trailing(bench, 31) == (0, 0)


@shows("REV-18")
def test_a_day_counts_from_its_beginning(bench: Bench) -> None:
    midnight = (bench.stage.now() // DAY + 1) * DAY
    at(bench, midnight - 2 * 3600)
    bench.revenue(400)
    at(bench, midnight + 2 * 3600)
    bench.revenue(4_000)
    bench.revenue(4_000)
    assert trailing(bench, 1)[0] in (2_099, 2_100)
    at(bench, midnight + DAY)
    assert trailing(bench, 1)[0] in (1_999, 2_000)
    assert trailing(bench, 2)[0] in (2_099, 2_100)


@shows("REV-18")
def test_a_backlog_counts_as_it_vests(bench: Bench) -> None:
    midnight = (bench.stage.now() // DAY + 1) * DAY
    at(bench, midnight + 100)
    bench.add(0, LATE, LATE)
    begin = bench.stage.now()
    at(bench, begin + DAY // 2)
    assert trailing(bench, 1)[0] in (LATE // 8 - 1, LATE // 8)
    at(bench, midnight + DAY + DAY // 2)
    assert trailing(bench, 1)[0] in (LATE // 4 - 1, LATE // 4)
    # From a day's first revenue on: what vested that day before is left out.
    bench.revenue(4)
    at(bench, midnight + 2 * DAY)
    assert trailing(bench, 1)[0] in (0, 1)


@shows("REV-18")
@pytest.mark.parametrize("days", [0, 32, 2**256 - 1])
def test_only_the_last_days_are_remembered(bench: Bench, days: int) -> None:
    with expect_revert("CapacityToken_InvalidPeriod", days, 31):
        trailing(bench, days)


@shows("REV-18")
def test_nothing_is_left_out_where_nothing_is_rounded(stage: Stage) -> None:
    bench = set_up(stage)
    bench.mint(bench.holders[0], UNIT)
    amount = 5**18  # with a power of two, whole steps of the index of 10^18 smallest parts
    bench.revenue(amount, amount)
    assert trailing(bench, 1) == (amount, amount)
