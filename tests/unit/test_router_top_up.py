"""Units that are minted bring their part of what waits and vests: nobody's becomes smaller, and the
operator earns back what it paid."""

from __future__ import annotations

from fractions import Fraction
from math import ceil

import pytest

from tests.support.minting import (
    TERMS,
    give,
    indices,
    make_wait,
    mint_now,
    order,
    owed,
    purses,
    topped_up,
    waiting_of,
)
from tests.support.raw import in_one_block
from tests.support.reverts import expect_revert
from tests.support.shows import shows
from tests.support.stage import HOUR, UNIT, Q, Stage
from tests.support.state import refused, unchanged

DAY = 24 * HOUR
UNITS = 97
EARNED, CANCELLED, PAID_IN = 7_000_000_001, 1_000_000_007, 123_456_789


@pytest.fixture
def cluster(stage: Stage) -> int:
    """Both currencies vest, and something waits to be swept; forty of the units are a holder's, and
    the operator can pay for new ones."""
    made = stage.cluster(UNITS, TERMS)
    give(stage, made, 40)
    make_wait(stage, made, EARNED, PAID_IN, 30, CANCELLED)
    stage.afford_mints()
    stage.skip(5_432)
    return made


@shows("REG-4", "REV-12")
@pytest.mark.parametrize("units", [1, 96, UNITS, 5 * UNITS, 100_000])
def test_new_units_bring_as_much_as_there_is_for_the_others_rounded_up(
    stage: Stage, cluster: int, units: int
) -> None:
    before, token = waiting_of(stage, cluster), stage.token(cluster)
    pending, cash, reserve = before.part(units)
    assert stage.router.call("topUpOf", cluster, units) == (pending, cash, reserve)
    assert min(pending, cash, reserve) > 0
    had, rates, claims = purses(stage), indices(stage, cluster), stage.claim_of(stage.router)
    ends = [token.call(view)["vestedAt"] for view in ("cashRevenue", "reserveRevenue")]
    owed_before = owed(stage, cluster)
    receipt = mint_now(stage, cluster, units)
    by_router, by_token = receipt.all("ToppedUp")
    assert by_router.address == stage.router.address
    assert by_router.arguments == {
        "clusterId": cluster,
        "operator": stage.operator.address,
        "pending": pending,
        "cash": cash,
        "reserve": reserve,
    }
    assert by_token.address == token.address
    assert by_token.arguments == {"cash": cash, "reserve": reserve}
    after = waiting_of(stage, cluster)
    assert (after.pending, after.cash, after.reserve) == (
        before.pending + pending,
        before.cash + cash,
        before.reserve + reserve,
    )
    # What had vested has reached the others, all vests to the same end, and it is paid for.
    assert (indices(stage, cluster), owed(stage, cluster)) == (rates, owed_before)
    assert ends == [token.call(view)["vestedAt"] for view in ("cashRevenue", "reserveRevenue")]
    assert stage.claim_of(stage.router) == claims + pending
    (_, dollars), (_, bitcoin) = had
    assert purses(stage) == [(0, dollars - pending - cash), (0, bitcoin - reserve)]
    assert after.attested == UNITS + units


@shows("REG-4", "REV-12", "REV-20")
@pytest.mark.parametrize("units", [1, 96, UNITS, 5 * UNITS, 100_000])
def test_nobody_has_less_a_day_long_and_the_operator_earns_back_what_it_paid(
    stage: Stage, cluster: int, units: int
) -> None:
    """What each is owed, with the mint and without it. It differs by the top-up's rounding, below a
    unit for all that held before together, and by what a step of the index can not express."""
    begin = stage.now()
    moments = (0, 1, HOUR, DAY // 3, DAY - 5_432, DAY, 2 * DAY)

    def course() -> list[list[tuple[int, int]]]:
        found = []
        for passed in moments:
            stage.to_time(begin + passed)
            found.append(owed(stage, cluster))
        return found

    with stage.scratch():
        without = course()
    _, *paid = topped_up(stage, mint_now(stage, cluster, units))
    with_it = course()
    shifts = [
        stage.token(cluster).call(view)["shift"] for view in ("cashRevenue", "reserveRevenue")
    ]
    for coin, shift in enumerate(shifts):
        unit, operators = 1 << shift, (UNITS - 40 + units) * UNIT
        for less, more in zip(without, with_it, strict=True):
            assert -40 * UNIT <= more[0][coin] - less[0][coin] < unit * 40 // UNITS
            assert more[1][coin] - less[1][coin] >= -operators
        gained = with_it[-1][1][coin] - without[-1][1][coin]
        assert (paid[coin] - 1 << shift) - operators < gained <= paid[coin] << shift


@shows("REG-4")
@pytest.mark.parametrize("units", [1, 96, 10 * UNITS])
def test_what_waits_to_be_swept_is_as_much_for_each_as_before(
    stage: Stage, cluster: int, units: int
) -> None:
    before = waiting_of(stage, cluster)
    mint_now(stage, cluster, units)
    after = waiting_of(stage, cluster)
    more = Fraction(after.pending, after.attested) - Fraction(before.pending, before.attested)
    assert 0 <= more < Fraction(1, after.attested)


@shows("REG-4")
def test_what_the_mint_itself_distributes_counts(stage: Stage) -> None:
    """An operator that has not distributed for days gains nothing by it."""
    cluster = stage.cluster(UNITS, TERMS)
    hour = stage.hour() + 1
    stage.lease(cluster, 50, hour, 60)
    stage.to_hour(hour + 60)
    stage.report_hours(cluster, hour, hour + 60)
    stage.finalize()
    stage.afford_mints()
    with stage.scratch():
        stage.router.send("accrueAndDistribute", cluster, sender=stage.stranger)
        expected = waiting_of(stage, cluster).part(30)
    assert stage.router.call("topUpOf", cluster, 30) == (0, 0, 0) != expected
    stage.skip(1)
    assert topped_up(stage, mint_now(stage, cluster, 30)) == expected


@shows("REG-4")
def test_without_anything_that_waits_or_vests_a_mint_costs_nothing(stage: Stage) -> None:
    cluster = stage.cluster(UNITS, TERMS)
    assert stage.router.call("topUpOf", cluster, 5) == (0, 0, 0)
    with unchanged(stage, stage.cash, stage.reserve, stage.vault):
        assert mint_now(stage, cluster, 5).all("ToppedUp") == []
    assert purses(stage) == [(0, 0), (0, 0)]


@shows("REG-4")
@pytest.mark.parametrize("which", ["pending", "cash", "reserve"])
def test_each_is_paid_on_its_own(stage: Stage, which: str) -> None:
    """Where one alone waits or vests, the others cost nothing; the token hears of what vests."""
    terms = TERMS.but(bitcoin_share=Q if which == "pending" else 0)
    cluster = stage.cluster(UNITS, terms)
    stage.afford_mints()
    if which == "reserve":
        make_wait(stage, cluster, 0, PAID_IN)
    else:
        make_wait(stage, cluster, EARNED, 0)
    expected = waiting_of(stage, cluster).part(7)
    names = ("pending", "cash", "reserve")
    assert [name for name, part in zip(names, expected, strict=True) if part] == [which]
    receipt = mint_now(stage, cluster, 7)
    assert topped_up(stage, receipt) == expected
    assert len(receipt.all("ToppedUp")) == (1 if which == "pending" else 2)


@shows("REG-4")
def test_where_no_unit_is_attested_there_is_nobody_whose_part_could_shrink(
    stage: Stage, cluster: int
) -> None:
    token = stage.token(cluster)
    token.send("transfer", stage.operator.address, 40 * UNIT, sender=stage.holders[0])
    stage.registry.send("retire", cluster, UNITS, sender=stage.operator)
    left = waiting_of(stage, cluster)
    assert left.attested == 0
    assert all((left.pending, left.cash, left.reserve))
    had = purses(stage)
    assert stage.router.call("topUpOf", cluster, 5) == (0, 0, 0)
    assert mint_now(stage, cluster, 5).all("ToppedUp") == []
    assert purses(stage) == had
    assert waiting_of(stage, cluster).pending == left.pending


@shows("REG-4")
def test_several_mints_in_a_block_cost_what_one_costs(stage: Stage, cluster: int) -> None:
    """Each rounds up by itself."""
    before, had = waiting_of(stage, cluster), purses(stage)
    parts = (1, 30, 1, 200)
    # Each rounding is carried on by the units that come after it.
    most = len(parts) * ceil(Fraction(UNITS + sum(parts), UNITS))
    orders = [order(stage, cluster, units, later) for later, units in enumerate(parts)]
    stage.anvil.next_block_at(stage.now())
    in_one_block(stage, [(stage.registry, "mint", each, stage.operator) for each in orders])
    after, whole = waiting_of(stage, cluster), before.part(sum(parts))
    brought = [
        int(getattr(after, name) - getattr(before, name)) for name in ("pending", "cash", "reserve")
    ]
    for once, paid in zip(whole, brought, strict=True):
        assert once <= paid < once + most
    (_, dollars), (_, bitcoin) = had
    assert purses(stage) == [(0, dollars - sum(brought[:2])), (0, bitcoin - brought[2])]


@shows("REG-4")
@pytest.mark.parametrize("left", [1, 0])
def test_at_the_end_of_the_vesting_what_vests_costs_nothing(
    stage: Stage, cluster: int, left: int
) -> None:
    """A second before, the new units bring their part of that second."""
    token, number = stage.token(cluster), waiting_of(stage, cluster).pending
    end = token.call("cashRevenue")["vestedAt"]
    assert end < token.call("reserveRevenue")["vestedAt"]
    stage.to_time(end - left)
    rest = waiting_of(stage, cluster)
    assert (rest.cash > 0) is bool(left)
    pending, cash, reserve = topped_up(stage, mint_now(stage, cluster, 50))
    assert (pending, cash, reserve) == rest.part(50)
    assert (cash > 0) is bool(left)
    stage.to_time(end)
    assert token.call("cashRevenue")["unvested"] == 0
    assert pending == ceil(Fraction(number * 50, UNITS))
    stage.to_time(token.call("reserveRevenue")["vestedAt"])
    assert waiting_of(stage, cluster).reserve == 0
    assert topped_up(stage, mint_now(stage, cluster, 50))[1:] == (0, 0)


@shows("ROUT-12")
def test_only_the_registry_tops_up(stage: Stage, cluster: int) -> None:
    for caller in (stage.stranger, stage.operator, stage.governor):
        with refused(stage, "RevenueRouter_NotRegistry", caller.address):
            stage.router.send("topUp", cluster, stage.operator.address, 1, sender=caller)
        with expect_revert("CapacityToken_NotRouter", caller.address):
            stage.token(cluster).send("topUp", 1, 1, sender=caller)


@shows("REG-4")
def test_the_top_up_of_no_cluster_is_refused(stage: Stage) -> None:
    with expect_revert("CapacityRegistry_UnknownCluster", 7):
        stage.router.call("topUpOf", 7, 1)


@shows("REG-4")
def test_more_than_the_router_can_count_waits_for_a_sweep(stage: Stage) -> None:
    """What waits is counted up to 2^64 - 1 stablecoin units: a mint that would bring more is
    refused until some was swept."""
    cluster, most = stage.cluster(1, TERMS.but(bitcoin_share=Q)), 2**60 - 1
    make_wait(stage, cluster, most, 0)
    stage.fund(stage.operator, 2**64)
    with refused(stage, "SafeCastOverflowedUintDowncast", 64, 17 * most):
        mint_now(stage, cluster, 16)
    assert topped_up(stage, mint_now(stage, cluster, 15)) == (15 * most, 0, 0)
    assert stage.router.call("bitcoinPendingOf", cluster) == 16 * most == 2**64 - 16
    assert purses(stage)[0] == (0, 2**64 - 15 * most)
