"""New tokens bring their part of what vests: the others' vests on as before, to the same end."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from tests.support.bench import Bench, set_up
from tests.support.raw import in_one_block
from tests.support.reverts import expect_revert
from tests.support.shows import shows
from tests.support.stage import UNIT, Stage
from tests.support.state import unchanged
from tests.unit.test_token_vesting import DAY, EACH, LATE, at, earned, late, state


@pytest.fixture
def bench(stage: Stage) -> Bench:
    """Four tokens: three of the first holder's, one of the second's."""
    made = set_up(stage)
    made.mint(made.holders[0], 3 * UNIT)
    made.mint(made.holders[1], UNIT)
    return made


@shows("REG-4", "REV-12")
def test_new_tokens_take_no_part_of_a_backlog(bench: Bench) -> None:
    """They bring as much for each as vests for each of the old ones, in both currencies, and vest
    with it to the same end."""
    first, second, third = bench.holders
    begin = late(bench, 0)
    other = late(bench, 1)
    moment = begin + DAY // 4
    # Sixty tokens more than there are four: fifteen times as much.
    lefts = [LATE - (moment - since) * EACH for since in (begin, other)]
    for number, left in enumerate(lefts):
        bench.deposit(number, 15 * left)
    bench.stage.anvil.next_block_at(moment)
    calls: list[tuple[Any, ...]] = [
        (bench.token, "topUp", tuple(15 * left for left in lefts), bench.router),
        (bench.token, "mint", (third.address, 60 * UNIT), bench.registry),
    ]
    in_one_block(bench.stage, calls)
    ends = (begin + DAY, other + DAY)
    for passed in (0, 1, 3600, DAY // 2, DAY - moment + begin, DAY, 2 * DAY):
        at(bench, max(moment + passed, bench.stage.now()))
        for number, (left, end) in enumerate(zip(lefts, ends, strict=True)):
            # Of what vests each has what it had without the mint, the third as much for each token.
            vested = Fraction(left * min(passed, end - moment), end - moment)
            had = LATE - left
            expected = (Fraction(3, 4) * (had + vested), (had + vested) / 4, 15 * vested)
            for holder, due in zip(bench.holders, expected, strict=True):
                shift = state(bench, number)["shift"]
                owed, step = bench.owed(holder)[number], bench.balance(holder)
                assert -2 * step <= owed - due * 2**shift <= step
        bench.assert_conserved(bench.holders)
    assert [earned(bench, holder, 0) for holder in (first, second)] == [3 * LATE // 4, LATE // 4]


@shows("REV-12")
def test_a_mint_writes_down_what_has_vested_for_the_old_ones(bench: Bench) -> None:
    """And no more: nothing is brought forward. What the new ones bring is the router's business."""
    first, second, third = bench.holders
    begin = late(bench)
    bench.stage.anvil.next_block_at(begin + 7_200)
    bench.mint(third, 4 * UNIT)
    vested = 7_200 * EACH
    assert state(bench)["unvested"] == (LATE - vested) << state(bench)["shift"]
    assert state(bench)["vestedAt"] == begin + DAY
    assert [earned(bench, holder) for holder in bench.holders] == [3 * vested // 4, vested // 4, 0]
    at(bench, begin + DAY)
    rest = LATE - vested
    assert [earned(bench, holder) for holder in (first, second, third)] == [
        3 * vested // 4 + 3 * rest // 8,
        vested // 4 + rest // 8,
        rest // 2,
    ]
    bench.assert_conserved(bench.holders)


@shows("REV-12", "REV-19")
@pytest.mark.parametrize("number", [0, 1])
def test_a_top_up_vests_with_what_vests(bench: Bench, number: int) -> None:
    """To the same end, in that currency alone; what has vested stays as it was."""
    begin = late(bench, number)
    amounts = [0, 0]
    amounts[number] = 5 * DAY * EACH
    bench.deposit(number, amounts[number])
    bench.stage.anvil.next_block_at(begin + DAY // 2)
    receipt = bench.token.send("topUp", *amounts, sender=bench.router)
    assert receipt.event("ToppedUp").arguments == {"cash": amounts[0], "reserve": amounts[1]}
    found, vested = state(bench, number), LATE // 2
    assert found["index"] == (vested << found["shift"]) // (4 * UNIT)
    assert found["unvested"] == (LATE // 2 + amounts[number]) << found["shift"]
    assert found["total"] == (LATE + amounts[number]) << found["shift"]
    assert (found["vestedAt"], state(bench, 1 - number)["total"]) == (begin + DAY, 0)
    at(bench, begin + 3 * DAY // 4)
    vested += LATE // 4 + amounts[number] // 2
    assert state(bench, number)["unvested"] == (LATE + amounts[number] - vested) << found["shift"]
    at(bench, begin + DAY)
    assert state(bench, number)["unvested"] == 0
    assert earned(bench, bench.holders[1], number) == (LATE + amounts[number]) // 4
    bench.assert_conserved(bench.holders)


@shows("REV-12")
def test_a_backlog_after_a_mint_is_everybodys(bench: Bench) -> None:
    begin = late(bench)
    at(bench, begin + DAY)
    bench.mint(bench.holders[2], 4 * UNIT)
    late(bench, amount=8 * DAY)
    at(bench, begin + 3 * DAY)
    assert [earned(bench, holder) for holder in bench.holders] == [
        3 * LATE // 4 + 3 * DAY,
        LATE // 4 + DAY,
        4 * DAY,
    ]


@shows("REV-6", "REV-12", "REV-19")
@pytest.mark.parametrize("room", [0, 1, 7])
def test_a_top_up_above_the_bound_is_held(bench: Bench, room: int) -> None:
    """Up to the last unit that there is room for it vests; nothing reverts, whatever comes."""
    shift = state(bench)["shift"]
    most = (1 << 128 - shift) - 1
    bench.add(0, most - room, LATE)
    begin = bench.stage.now()
    bench.deposit(0, 2**70)
    bench.stage.anvil.next_block_at(begin + 3600)
    bench.token.send("topUp", 2**70, 0, sender=bench.router)
    found = state(bench)
    assert (found["held"], found["total"] >> shift) == (2**70 - room, most)
    assert found["unvested"] == (LATE - 3600 * EACH + room) << shift
    bench.top_up(2**100, 0)
    assert state(bench)["held"] == 2**70 - room + 2**100
    bench.stage.skip(DAY)
    assert state(bench)["unvested"] == 0
    bench.assert_conserved(bench.holders)


@shows("REV-12")
def test_only_the_router_tops_up(bench: Bench) -> None:
    late(bench)
    bench.deposit(0, 1)
    for caller in (bench.registry, bench.holders[0], bench.stage.stranger):
        refusal = expect_revert("CapacityToken_NotRouter", caller.address)
        with unchanged(bench.stage, bench.token, bench.vault), refusal:
            bench.token.send("topUp", 1, 0, sender=caller)
