"""A backlog vests second by second over a day: nobody can buy it, put it off, or dilute it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.bench import ADD, Bench, set_up
from tests.support.raw import in_one_block
from tests.support.shows import shows
from tests.support.stage import UNIT, Stage
from wellhead.chain import UnlockedAccount

DAY = 24 * 3600
#: Smallest units that a second brings of the backlog that most tests add.
EACH = 1_000
LATE = DAY * EACH


@pytest.fixture
def bench(stage: Stage) -> Bench:
    """Four tokens: three of the first holder's, one of the second's."""
    made = set_up(stage)
    made.mint(made.holders[0], 3 * UNIT)
    made.mint(made.holders[1], UNIT)
    return made


def late(bench: Bench, number: int = 0, amount: int = LATE) -> int:
    """Revenue that is all backlog; returns when it came."""
    bench.add(number, amount, amount)
    return bench.stage.now()


def at(bench: Bench, moment: int) -> None:
    bench.stage.anvil.mine_at(moment)


def state(bench: Bench, number: int = 0) -> dict[str, Any]:
    return bench.revenues()[number]


def earned(bench: Bench, account: UnlockedAccount, number: int = 0) -> int:
    """Smallest units owed, rounded to the nearest: a step of the index may be short of a unit."""
    shift: int = state(bench, number)["shift"]
    return (bench.owed(account)[number] + (1 << shift - 1)) >> shift


@shows("REV-9")
@pytest.mark.parametrize("number", [0, 1])
def test_a_backlog_is_earned_second_by_second(bench: Bench, number: int) -> None:
    first, second, _ = bench.holders
    begin = late(bench, number)
    shift = state(bench, number)["shift"]
    for passed in (0, 1, 7, 3600, DAY // 2, DAY - 1, DAY, DAY + 1, 3 * DAY):
        if passed:
            at(bench, begin + passed)
        vested = min(passed, DAY) * EACH
        found = state(bench, number)
        assert found["unvested"] == (LATE - vested) << shift
        assert found["vestedAt"] == begin + DAY
        assert found["index"] == (vested << shift) // (4 * UNIT)
        assert found["carried"] == (vested << shift) % (4 * UNIT)
        assert bench.owed(first)[number] == 3 * UNIT * found["index"]
        assert bench.owed(second)[number] == UNIT * found["index"]
        assert bench.owed(first)[1 - number] == 0
        bench.assert_conserved(bench.holders)


@shows("REV-9")
@pytest.mark.parametrize("number", [0, 1])
def test_only_the_backlog_waits(bench: Bench, number: int) -> None:
    bench.add(number, LATE + 4_000, LATE)
    assert bench.owed(bench.holders[1])[number] == UNIT * state(bench, number)["index"]
    assert earned(bench, bench.holders[1], number) == 1_000
    (event,) = bench.token.events(("CashAdded", "ReserveAdded")[number])
    assert event.arguments == {"amount": LATE + 4_000, "backlog": LATE}


@shows("REV-9")
def test_the_currencies_vest_on_their_own(bench: Bench) -> None:
    begin = late(bench, 0)
    at(bench, begin + DAY // 2)
    other = late(bench, 1)
    at(bench, begin + DAY)
    assert (state(bench, 0)["unvested"], state(bench, 0)["vestedAt"]) == (0, begin + DAY)
    assert state(bench, 1)["vestedAt"] == other + DAY
    assert earned(bench, bench.holders[0], 1) == 3 * (begin + DAY - other) * EACH // 4


@shows("REV-10")
def test_a_second_backlog_ends_at_the_mean_of_their_ends(bench: Bench) -> None:
    begin = late(bench)
    at(bench, begin + DAY // 2)
    second = late(bench, amount=3 * LATE)
    left = LATE - (second - begin) * EACH
    # Weighted by amount and rounded down: what is left of the first, and three times as much anew.
    seconds = (left * (begin + DAY - second) + 3 * LATE * DAY) // (left + 3 * LATE)
    assert state(bench)["vestedAt"] == second + seconds
    assert state(bench)["unvested"] == (left + 3 * LATE) << state(bench)["shift"]
    at(bench, second + seconds)
    assert state(bench)["unvested"] == 0
    bench.assert_conserved(bench.holders)


@shows("REV-10")
def test_dust_postpones_nothing(bench: Bench) -> None:
    """A hundred backlogs of one unit do not move the end of a large one by a second."""
    begin = late(bench)
    for hour in range(1, 21):
        at(bench, begin + hour * 3600)
        dust = [(bench.token, ADD[0], (1, 1), bench.router)] * 5
        bench.cash.send("mint", bench.router.address, 5, sender=bench.router)
        deposit = (bench.cash.address, bench.token.address, 5)
        bench.vault.send("deposit", *deposit, sender=bench.router)
        in_one_block(bench.stage, dust, gas=200_000)
    assert state(bench)["vestedAt"] == begin + DAY
    at(bench, begin + DAY)
    assert state(bench)["unvested"] == 0
    assert earned(bench, bench.holders[1]) == (LATE + 100) // 4


@shows("REV-10")
@pytest.mark.parametrize("backlog", [0, 1])
def test_what_vested_is_kept_when_more_comes(bench: Bench, backlog: int) -> None:
    begin = late(bench)
    at(bench, begin + 5_000)
    before = bench.owed(bench.holders[0])[0]
    bench.add(0, 8, 8 * backlog)
    passed = bench.stage.now() - begin
    shift = state(bench)["shift"]
    assert bench.owed(bench.holders[0])[0] > before
    arrived = passed * EACH + 8 * (1 - backlog)
    assert state(bench)["index"] == (arrived << shift) // (4 * UNIT)
    at(bench, begin + 2 * DAY)
    assert state(bench)["index"] == ((LATE + 8) << shift) // (4 * UNIT)
    bench.assert_conserved(bench.holders)


@shows("REG-9")
def test_what_a_backlog_brings_later_is_for_those_that_remain(bench: Bench) -> None:
    first, second, _ = bench.holders
    begin = late(bench)
    at(bench, begin + DAY // 4)
    bench.burn(first, 3 * UNIT)
    passed = bench.stage.now() - begin
    left = bench.owed(first)
    assert earned(bench, first) == 3 * passed * EACH // 4
    at(bench, begin + DAY)
    assert bench.owed(first) == left
    assert earned(bench, second) == passed * EACH // 4 + (DAY - passed) * EACH
    bench.assert_conserved(bench.holders)


@shows("REV-11")
@pytest.mark.parametrize("held", [1, 60, 3600, DAY // 2])
def test_a_buyer_gains_what_vests_while_it_holds(bench: Bench, held: int) -> None:
    """Bought right before the backlog comes, with all tokens; sold some time after."""
    first, second, buyer = bench.holders
    bench.transfer(first, buyer, 3 * UNIT)
    bench.transfer(second, buyer, UNIT)
    begin = late(bench)
    bench.stage.anvil.next_block_at(begin + held)
    bench.transfer(buyer, first, 4 * UNIT)
    assert earned(bench, buyer) == held * EACH
    at(bench, begin + 2 * DAY)
    assert earned(bench, buyer) == held * EACH
    assert earned(bench, first) == LATE - held * EACH
    bench.assert_conserved(bench.holders)


@shows("REV-11")
def test_holding_within_a_block_gains_nothing(bench: Bench) -> None:
    """Buy, let the backlog arrive, and sell, all in one block."""
    first, _, buyer = bench.holders
    bench.cash.send("mint", bench.router.address, LATE, sender=bench.router)
    deposit = (bench.cash.address, bench.token.address, LATE)
    bench.vault.send("deposit", *deposit, sender=bench.router)
    calls: list[tuple[Any, ...]] = [
        (bench.token, "transfer", (buyer.address, 3 * UNIT), first),
        (bench.token, "addCash", (LATE, LATE), bench.router),
        (bench.token, "transfer", (first.address, 3 * UNIT), buyer),
    ]
    in_one_block(bench.stage, calls, gas=300_000)
    assert bench.owed(buyer) == (0, 0)
    bench.stage.skip(DAY)
    assert earned(bench, first) == 3 * LATE // 4


@shows("REV-4")
def test_what_has_vested_can_be_claimed_and_fractions_stay(bench: Bench) -> None:
    first = bench.holders[0]
    begin = late(bench)
    paid = 0
    for hours in (1, 5, 23, 24, 30):
        bench.stage.anvil.next_block_at(begin + hours * 3600)
        event = bench.claim(first).event("Claimed")
        paid += event["cash"]
        due = 3 * min(hours, 24) * 3600 * EACH // 4
        assert paid in (due - 1, due)
        bench.assert_conserved(bench.holders)
    assert bench.owed(first)[0] < 1 << state(bench)["shift"]


@shows("REV-8")
def test_without_tokens_what_vests_waits(bench: Bench) -> None:
    first, second, third = bench.holders
    begin = late(bench)
    bench.burn(first, 3 * UNIT)
    bench.burn(second, UNIT)
    owed = [bench.owed(holder) for holder in bench.holders]
    at(bench, begin + DAY // 2)
    index = state(bench)["index"]
    at(bench, begin + DAY)
    found = state(bench)
    assert (found["index"], found["unvested"]) == (index, 0)
    assert found["carried"] == found["total"] - sum(part[0] for part in owed)
    bench.mint(third, UNIT)
    bench.add(0, 1)
    assert [bench.owed(holder) for holder in bench.holders[:2]] == owed[:2]
    bench.assert_conserved(bench.holders)
    shares = [earned(bench, holder) for holder in bench.holders]
    assert sum(shares) in (LATE, LATE + 1)
    assert shares[2] >= LATE // 2


@shows("REV-6")
def test_a_backlog_above_the_bound_is_held(bench: Bench) -> None:
    shift = state(bench)["shift"]
    most = (1 << 128 - shift) - 1
    bench.add(0, most - 10)
    bench.add(0, 50, 30)
    found = state(bench)
    assert (found["held"], found["total"] >> shift) == (40, most)
    # What there is room for is counted to the backlog first.
    assert found["unvested"] == 10 << shift
    bench.add(0, 5, 5)
    assert state(bench)["held"] == 45
    bench.stage.skip(DAY)
    assert state(bench)["unvested"] == 0
    bench.assert_conserved(bench.holders)


@pytest.mark.parametrize("number", [0, 1])
def test_what_a_step_can_not_express_waits_though_the_other_currency_vests(
    bench: Bench, number: int
) -> None:
    """Fewer tokens could share out more of what is carried. That is for the next revenue: time does
    it for what vests, and for nothing else."""
    first, second, _ = bench.holders
    shift = state(bench, number)["shift"]
    amount = next(n for n in range(1, 1_000) if (n << shift) % (4 * UNIT) > 2 * UNIT)
    bench.add(number, amount)
    late(bench, 1 - number)
    bench.burn(first, 3 * UNIT)
    before, owed = state(bench, number), bench.owed(second)[number]
    assert before["carried"] > 2 * UNIT
    at(bench, bench.stage.now() + DAY // 2)
    assert (state(bench, number), bench.owed(second)[number]) == (before, owed)
    bench.transfer(second, first, UNIT // 2)
    assert state(bench, number) == before
    bench.add(number, 1)
    carried = before["carried"] + (1 << shift)
    assert state(bench, number)["index"] == before["index"] + carried // UNIT
    bench.assert_conserved(bench.holders)
