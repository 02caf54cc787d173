"""Indices, backlogs, and what waits in the router, in the model."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from hypothesis import given
from hypothesis import strategies as st

from tests.support.shows import shows
from tests.support.worlds import (
    BUYER,
    COIN,
    DAY,
    GOVERNOR,
    OPERATOR,
    QUORUM,
    TENANT,
    TERMS,
    claim,
    lease,
    make_world,
    refused,
    report,
)
from wellhead.model import invariants
from wellhead.model.distributions import check_revenue
from wellhead.model.routed import TopUp
from wellhead.model.units import HOUR, LEDGER_SCALE, MAX_UINT256, UNIT, Q
from wellhead.model.world import World

BTC = 10**8


def share(world: World, cash: int, backlog: int = 0) -> None:
    """Revenue of cluster 1 out of nowhere."""
    token = world.token(1)
    world.cash.mint(world.vault.address, cash)
    world.vault._add(world.cash.address, token.address, cash)
    token.add_cash(world.router.address, cash, backlog)


def test_a_backlog_is_earned_second_by_second() -> None:
    world = make_world()
    cash = world.token(1).cash
    share(world, 10 * DAY + 500, 10 * DAY)
    begin = world.now
    for passed in (0, 1, 1000, DAY - 1, DAY, DAY + 5):
        world.now = begin + passed
        arrived = 500 + 10 * min(passed, DAY)
        assert cash.index == (arrived << cash.shift) // (10 * UNIT)
        assert cash.unvested == (10 * DAY + 500 - arrived) << cash.shift
        assert cash.owed_to(OPERATOR) + cash.carried + cash.unvested == cash.total


def test_backlogs_end_together() -> None:
    world = make_world()
    cash = world.token(1).cash
    share(world, 1_000, 1_000)
    world.advance(DAY // 2)
    share(world, 1_500, 1_500)
    # 500 with half a day to go and 1,500 with a whole one.
    assert cash.until == world.now + DAY * 7 // 8
    share(world, 1, 1)
    assert cash.until == world.now + DAY * 7 // 8 + 5


def test_new_tokens_bring_their_part_of_what_vests() -> None:
    world = make_world()
    token = world.token(1)
    token.transfer(OPERATOR, TENANT, 5 * UNIT)
    share(world, 1_000_000, 900_000)
    world.advance(DAY // 4)
    due = world.router.top_up_of(1, 90)
    assert due == TopUp(pending=0, cash=9 * 675_000, reserve=0)
    until = token.cash.until
    world.registry.mint(OPERATOR, 1, 90, 1, b"", QUORUM)
    assert token.cash.until == until
    assert token.cash.unvested == 100 * 67_500 << 68
    world.advance(DAY // 4)
    assert token.claimable(TENANT)[0] in (274_999, 275_000)
    world.advance(DAY // 2)
    # As without the mint; and the operator has back what it paid.
    assert token.claimable(TENANT)[0] in (499_999, 500_000)
    assert token.claimable(OPERATOR)[0] - due.cash in (499_999, 500_000)
    assert token.cash.carried < 100 * UNIT


@shows("REV-5")
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["add", "move", "mint", "top up", "burn", "claim", "wait"]),
            st.integers(0, 10**7),
            st.integers(0, Q),
        ),
        max_size=25,
    )
)
def test_nothing_is_lost_and_no_index_falls(steps: list[tuple[str, int, int]]) -> None:
    world = make_world()
    token = world.token(1)
    registry, router = world.registry.address, world.router.address
    last = 0
    for what, amount, part in steps:
        match what:
            case "add":
                world.cash.mint(world.vault.address, amount)
                world.vault._add(world.cash.address, token.address, amount)
                token.add_cash(router, amount, amount * part // Q)
            case "move":
                token.transfer(OPERATOR, BUYER, token.balance_of(OPERATOR) * part // Q)
            case "mint":
                token.mint(registry, TENANT, amount)
            case "top up" if token.cash.unvested:
                world.cash.mint(world.vault.address, amount)
                world.vault._add(world.cash.address, token.address, amount)
                token.top_up(router, amount, 0)
            case "burn":
                token.burn(registry, OPERATOR, token.balance_of(OPERATOR) * part // Q)
            case "claim":
                token.claim(OPERATOR, OPERATOR)
            case "wait":
                world.advance(amount % (2 * DAY))
        cash = token.cash
        owed = sum(cash.owed_to(account) for account in (OPERATOR, TENANT, BUYER))
        total = (cash.claimed << cash.shift) + owed + cash.carried + cash.unvested
        assert total == cash.total
        assert min(cash.carried, cash.unvested) >= 0
        assert cash.index >= last
        last = cash.index


def test_signed_claims_and_permits_share_a_nonce() -> None:
    world = make_world()
    token = world.token(1)
    share(world, 1_000)
    late = world.now - 1
    assert refused(lambda: token.claim_for(OPERATOR, TENANT, late, True)) == ("ClaimExpired", late)
    wrong = refused(lambda: token.claim_for(OPERATOR, TENANT, world.now, False))
    assert wrong == ("InvalidClaim", OPERATOR)
    before = world.cash.balance_of(TENANT)
    assert token.claim_for(OPERATOR, TENANT, world.now, True) == (999, 0)
    assert world.cash.balance_of(TENANT) - before == 999
    assert refused(lambda: token.permit(OPERATOR, TENANT, 5, late, OPERATOR)) == (
        "PermitExpired",
        late,
    )
    forged = refused(lambda: token.permit(OPERATOR, TENANT, 5, world.now, BUYER))
    assert forged == ("InvalidPermit", BUYER, OPERATOR)
    token.permit(OPERATOR, TENANT, 5, world.now, OPERATOR)
    assert (token.allowance(OPERATOR, TENANT), token.nonce_of(OPERATOR)) == (5, 2)


def test_what_a_token_earned_in_the_last_days() -> None:
    world = make_world()
    token = world.token(1)
    world.now = (world.now // DAY + 1) * DAY
    for amount in (1_000, 0, 500):
        if amount:
            share(world, amount)
        world.advance(DAY)
    # A step of the index that is not full may be short of a unit.
    assert [token.trailing_revenue(days)[0] for days in (1, 2, 3, 31)] == [50, 50, 149, 149]
    world.advance(28 * DAY)
    assert token.trailing_revenue(31)[0] == 149
    world.advance(DAY)
    assert token.trailing_revenue(31)[0] == 50
    for days in (0, 32):
        assert refused(partial(token.trailing_revenue, days)) == ("InvalidPeriod", days, 31)


def test_parts_wait_until_they_are_released() -> None:
    world = make_world()
    first = world.hour
    lease(world, 10, first, 2)
    world.advance(2 * HOUR)
    report(world, range(first, first + 2), 10_000)
    world.advance(DAY)
    assert world.router.distribute(1) == 0
    assert world.router.accrue_and_distribute(1) == 24 * COIN
    assert world.router.releasable_of(1) == (2_400_000, 480_000)
    invariants.check_all(world)
    world.registry.set_operator(GOVERNOR, 1, BUYER)
    assert world.router.release(1) == (2_400_000, 480_000)
    assert world.router.release(1) == (0, 0)
    assert (claim(world, BUYER), claim(world, OPERATOR)) == (2_400_000, 0)
    assert claim(world, world.oracle.address) == 480_000
    invariants.check_all(world)


@shows("ROUT-9")
def test_hours_covered_make_a_backlog() -> None:
    """A hundred and twenty hours at once: one of them is earned now."""
    world = make_world()
    first = world.hour
    lease(world, 10, first, 120)
    world.now = (first + 120) * HOUR
    report(world, range(first, first + 120), 10_000)
    world.advance(DAY)
    world.router.accrue_and_distribute(1)
    hourly = 12 * COIN * 58 // 100
    cash = world.token(1).cash
    assert cash.unvested == (120 * hourly - hourly) << cash.shift
    routed = world.router.routed_of(1)
    assert (routed.bitcoin_pending, routed.bitcoin_backlog) == (432 * COIN, 428_400_000)
    assert (routed.pending_since, routed.distributed_at) == (world.hour - 1, world.hour)
    assert world.token(1).claimable(OPERATOR)[0] in (hourly - 1, hourly)
    invariants.check_all(world)


@shows("ROUT-15")
@given(
    st.lists(st.tuples(st.integers(0, 10**9), st.booleans()), min_size=1, max_size=30),
    st.integers(0, 1),
)
def test_a_backlog_that_is_cut_brings_no_more_at_once(
    hours: list[tuple[int, bool]], turns: int
) -> None:
    """Hours that earned so much are distributed one by one or together, in one clock hour or at the
    turn of two: at once comes no more than what the dearest of them brought, once or twice."""
    world = make_world()
    world.now = world.hour * HOUR + HOUR - 1
    book, cash = world.market._open_book(1), world.token(1).cash
    world.vault._add(world.cash.address, world.market.address, 10**11)
    vests = 0
    for index, (earned, is_last) in enumerate(hours):
        book.earned += earned * LEDGER_SCALE
        book.hours_covered += earned != 0
        if is_last or index == len(hours) - 1:
            vests -= cash.unvested
            world.router.distribute(1)
            vests += cash.unvested
        if index == len(hours) // 2:
            world.now += turns
    routed, most = world.router.routed_of(1), max(earned for earned, _ in hours)
    for part, backlog, share in (
        (routed.parts.cash, vests >> cash.shift, 58),
        (routed.bitcoin_pending, routed.bitcoin_backlog, 30),
    ):
        # Floors of the cumulative parts differ by less than a unit.
        assert part - backlog <= (1 + turns) * (most * share // 100 + 1)
    check_revenue(world)


def test_bitcoin_is_paid_in_over_a_day() -> None:
    world = make_world()
    world.reserve.mint(TENANT, BTC)
    world.reserve.approve(TENANT, world.vault.address, MAX_UINT256)
    world.router.pay_in(TENANT, 1, BTC)
    assert world.token(1).claimable(OPERATOR) == (0, 0)
    world.advance(DAY // 2)
    assert world.token(1).claimable(OPERATOR)[1] in (BTC // 2 - 1, BTC // 2)
    short = refused(lambda: world.router.pay_in(TENANT, 1, 1))
    assert short == ("ERC20InsufficientBalance", TENANT, 0, 1)
    assert refused(lambda: world.router.pay_in(TENANT, 2, 1)) == ("UnknownCluster", 2)
    invariants.check_all(world)


def test_a_whole_share_of_bitcoin_leaves_no_cash() -> None:
    split = replace(TERMS.split, operator=0, reporters=0, bitcoin=Q)
    world = make_world(terms=replace(TERMS, split=split))
    first = world.hour
    lease(world, 10, first, 3)
    world.advance(3 * HOUR)
    report(world, range(first, first + 3), 10_000)
    world.advance(DAY)
    assert world.router.accrue_and_distribute(1) == 36 * COIN
    assert world.token(1).cash.total == 0
    assert world.router.bitcoin_pending_of(1) == 36 * COIN
    invariants.check_all(world)


def test_a_transaction_that_fails_leaves_earnings_alone() -> None:
    world = make_world()
    share(world, 10 * DAY, 10 * DAY)
    world.advance(100)

    def fails() -> None:
        with world.transaction():
            world.token(1).transfer(OPERATOR, TENANT, 4 * UNIT)
            share(world, 500)
            world.compliance.set_blocked(GOVERNOR, TENANT, True)
            world.token(1).transfer(TENANT, OPERATOR, UNIT)

    assert refused(fails) == ("ERC7943CannotSend", TENANT)
    token = world.token(1)
    assert token.balances == {OPERATOR: 10 * UNIT}
    assert token.cash.owed_to(OPERATOR) >> token.cash.shift in (999, 1_000)
    assert token.can_receive(TENANT)
    token.transfer(OPERATOR, TENANT, 5 * UNIT)
    world.advance(DAY)
    assert token.cash.owed_to(TENANT) >> token.cash.shift == (10 * DAY - 1_000) // 2
