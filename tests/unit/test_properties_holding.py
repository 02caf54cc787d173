"""What holding tokens for a moment brings: nothing of what vests or waits, whatever happens in the
same block."""

from __future__ import annotations

import pytest

from tests.support.raw import in_one_block
from tests.support.shows import shows
from tests.support.stage import EVIDENCE, HOUR, UNIT, Q, Stage, Terms
from tests.support.sweeps import desk_on, earn

#: Nothing is the operator's but what its tokens earn.
HOLDERS = Terms(operator_share=0, reporter_share=0, bitcoin_share=Q // 2)
#: Views of a token's revenue, by currency.
LEDGERS = ("cashRevenue", "reserveRevenue")


def busy(stage: Stage) -> int:
    """A cluster of 100 units, all of one holder, of which cash and bitcoin vest, and more waits to
    be swept."""
    cluster = stage.cluster(100, HOLDERS)
    token, holder, operator = stage.token(cluster), stage.holders[0], stage.operator
    token.send("transfer", holder.address, 100 * UNIT, sender=operator)
    desk = desk_on(stage)
    desk.fill(100 * 10**8)
    desk.earn(cluster, 10**9, 40)
    desk.sweep(cluster)
    for _ in range(3):
        desk.earn(cluster, 10**9, 30)
    assert all(token.call(view)["unvested"] > 0 for view in LEDGERS)
    for coin in (stage.cash, stage.reserve):
        stage.fund(operator, coin=coin)
    return cluster


def mint_within(stage: Stage, cluster: int, units: int, lent: int) -> None:
    """Lend the operator tokens for the block in which it mints."""
    token, holder, operator = stage.token(cluster), stage.holders[0], stage.operator
    number = stage.registry.call("clusterOf", cluster)["attestations"]
    mint = (cluster, units, number, EVIDENCE, stage.attest(cluster, units, number))
    in_one_block(
        stage,
        [
            (token, "transfer", (operator.address, lent), holder),
            (stage.registry, "mint", mint, operator),
            (token, "transfer", (holder.address, lent), operator),
        ],
    )


@shows("REV-11")
@pytest.mark.parametrize("units", [1, 900])
def test_holding_within_the_block_of_a_mint_gains_nothing(stage: Stage, units: int) -> None:
    """An operator without tokens borrows nearly all of them, mints, and gives them back."""
    cluster = busy(stage)
    token, operator = stage.token(cluster), stage.operator
    before = token.call("claimable", operator.address)
    mint_within(stage, cluster, units, 99 * UNIT)
    assert token.call("claimable", operator.address) == before == (0, 0)


@shows("REV-12", "REV-20")
@pytest.mark.parametrize("units", [1, 37, 900])
def test_a_mint_takes_nothing_from_who_holds_and_gives_the_operator_what_it_pays(
    stage: Stage, units: int
) -> None:
    """A day later the old tokens have earned what they would have earned without the mint, but for
    a unit of rounding; and the new ones have earned what was paid for them."""
    cluster = busy(stage)
    token, holder, operator = stage.token(cluster), stage.holders[0], stage.operator
    at = stage.now() + 100
    outcomes = []
    paid = {"cash": 0, "reserve": 0, "pending": 0}
    for minted in (False, True):
        with stage.scratch():
            stage.anvil.next_block_at(at)
            if minted:
                said = stage.mint(cluster, units).all("ToppedUp")
                (told,) = (event for event in said if "pending" in event.arguments)
                paid = {name: int(told[name]) for name in paid}
            pending = int(stage.router.call("bitcoinPendingOf", cluster))
            stage.to_time(at + 25 * HOUR)
            outcomes.append((token.call("claimable", holder.address), pending))
            gained = token.call("claimable", operator.address)
    assert min(paid.values()) > 0
    (without, waited), (with_, waits) = outcomes
    for early, late in zip(without, with_, strict=True):
        assert abs(late - early) <= 1
    for got, view, name in zip(gained, LEDGERS, ("cash", "reserve"), strict=True):
        # The last step of the index may not be complete.
        step = units * UNIT >> token.call(view)["shift"]
        assert paid[name] - 2 - step <= got <= paid[name]
    # What waits for a sweep is as much for each unit as it was.
    assert waits == waited + paid["pending"]
    assert 0 <= paid["pending"] * 100 - waited * units < 100


@shows("REV-19")
@pytest.mark.parametrize("units", [1, 250])
def test_what_a_mint_brings_vests_with_the_rest(stage: Stage, units: int) -> None:
    """At every moment the old tokens have earned what they would have, but for a unit of rounding,
    and what vests ends when it would have ended."""
    cluster = busy(stage)
    token, holder, at = stage.token(cluster), stage.holders[0], stage.now() + 100
    moments = [at, at + 1, at + HOUR, at + 11 * HOUR, at + 25 * HOUR]
    seen: list[list[tuple[int, int]]] = []
    ends: list[list[int]] = []
    for minted in (False, True):
        with stage.scratch():
            stage.anvil.next_block_at(at)
            if minted:
                stage.mint(cluster, units)
            ends.append([token.call(view)["vestedAt"] for view in LEDGERS])
            earned = []
            for moment in moments:
                if moment > stage.now():
                    stage.to_time(moment)
                earned.append(token.call("claimable", holder.address))
            seen.append(earned)
    assert ends[0] == ends[1]
    assert seen[0][0] != seen[0][1] != seen[0][-1]
    for without, with_ in zip(*seen, strict=True):
        for early, late in zip(without, with_, strict=True):
            assert abs(late - early) <= 1


@shows("REV-11")
def test_holding_within_the_block_of_a_distribution_gains_an_hours_mean(stage: Stage) -> None:
    """What is left to catch: the part that comes at once."""
    cluster = stage.cluster(100, HOLDERS)
    token, holder, operator = stage.token(cluster), stage.holders[0], stage.operator
    token.send("transfer", holder.address, 100 * UNIT, sender=operator)
    earn(stage, cluster, 10**9, 40)
    in_one_block(
        stage,
        [
            (token, "transfer", (operator.address, 99 * UNIT), holder),
            (stage.router, "distribute", (cluster,), stage.stranger),
            (token, "transfer", (holder.address, 99 * UNIT), operator),
        ],
    )
    at_once = 10**9 // 2 // 40
    gained = token.call("claimable", operator.address)[0]
    assert gained in (at_once * 99 // 100 - 1, at_once * 99 // 100)
    stage.skip(25 * HOUR)
    assert token.call("claimable", operator.address)[0] == gained
