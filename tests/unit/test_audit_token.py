"""A token rebuilt from its events, word by word."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.audited import check, check_token
from tests.support.shares import (
    DAY,
    Share,
    key_of,
    packed,
    plain_coins,
    set_up,
    set_up_alone,
)
from tests.support.shows import shows
from tests.support.stage import HOUR, MAX, UNIT, Stage, Terms
from wellhead.audit.replays.token import TokenReplay
from wellhead.audit.replays.token_state import CASH_VESTS, RESERVE_VESTS
from wellhead.chain.signing import permit_digest


def rebuilt(share: Share, cash: int = 6, reserve: int = 8) -> TokenReplay:
    """The token from its own events alone; its claims and what everybody is owed are the chain's
    too."""
    replay = check_token(share.stage, share.token, cash, reserve, whole=False)
    claims = [share.vault.call("claimOf", c.address, share.token.address) for c in share.coins]
    assert list(replay.covered()) == claims
    for account in replay.accounts:
        owed = share.token.call("owedLedgerOf", f"{account:#042x}")
        assert replay.owed_to(account, share.stage.now()) == owed
    return replay


def top_up(share: Share, cash: int, reserve: int) -> None:
    """What comes before a mint joins what vests."""
    for coin, amount in ((share.cash, cash), (share.reserve, reserve)):
        if amount:
            share.deposit(coin, amount)
    share.token.send("topUp", cash, reserve, sender=share.router)


@pytest.fixture
def share(stage: Stage) -> Iterator[Share]:
    """A token with a holder. In the end there is no word of its storage of which no event spoke."""
    share = set_up(stage)
    share.mint(share.holders[0], 5 * UNIT + 7)
    yield share
    check_token(stage, share.token)


@shows("AUD-2")
def test_balances_indices_and_claims_are_rebuilt(share: Share) -> None:
    a, b, c, d = share.holders[:4]
    share.transfer(a, b, UNIT)
    share.earn(cash=1_000_003, reserve=77)
    share.transfer(a, c, 0)
    share.transfer(b, b, UNIT // 3)
    share.claim(b)
    share.earn(cash=13)
    share.claim(d)
    share.transfer(c, a, 0)
    share.burn(a, UNIT + 1)
    share.earn(reserve=12_345)
    share.claim(a, share.vault)
    replay = rebuilt(share)
    assert replay.claimed[0] > 0 < replay.claimed[1]


@shows("AUD-2")
def test_backlogs_vest_and_join_and_are_topped_up_for_a_mint(share: Share) -> None:
    stage, (a, b) = share.stage, share.holders[:2]
    share.earn(cash=10**9, reserve=10**7, backlog=10**9)
    assert rebuilt(share).totals.flags == CASH_VESTS | RESERVE_VESTS
    stage.skip(HOUR + 1)
    share.transfer(a, b, UNIT)
    share.earn(cash=10**6, backlog=999_999)
    rebuilt(share)
    stage.skip(5 * HOUR)
    share.burn(b, UNIT // 2)
    share.claim(b)
    rebuilt(share)
    top_up(share, cash=70_000, reserve=0)
    rebuilt(share)
    top_up(share, cash=1, reserve=30)
    share.mint(b, 3 * UNIT)
    assert rebuilt(share).totals.flags == CASH_VESTS | RESERVE_VESTS
    stage.skip(2 * DAY)
    share.mint(b, 1)
    assert rebuilt(share).totals.flags == 0
    share.earn(cash=17, backlog=17)
    stage.skip(2 * DAY)
    share.earn(reserve=1, backlog=1)
    assert rebuilt(share).totals.flags == CASH_VESTS | RESERVE_VESTS
    stage.skip(DAY)
    share.earn(cash=1)
    share.earn(reserve=1)
    assert rebuilt(share).totals.flags == 0


def test_revenue_without_tokens_is_carried(stage: Stage) -> None:
    share = set_up(stage)
    share.earn(cash=99, reserve=5, backlog=3)
    stage.skip(DAY)
    rebuilt(share)
    share.mint(share.holders[0], 3 * UNIT)
    rebuilt(share)
    share.burn(share.holders[0], 3 * UNIT)
    share.earn(cash=7)
    replay = rebuilt(share)
    rest = (99 << replay.cash.shift) % (3 * UNIT)
    assert replay.cash.carried == rest + (7 << replay.cash.shift)
    assert replay.totals.flags == 0
    share.mint(share.holders[1], UNIT)
    assert rebuilt(share).totals.flags == CASH_VESTS | RESERVE_VESTS
    share.earn(cash=1, reserve=1)
    assert rebuilt(share).totals.flags == 0


@shows("AUD-2")
def test_revenue_above_the_bound_is_held(stage: Stage) -> None:
    share = set_up_alone(stage, *plain_coins(stage, 18, 0))
    share.mint(share.holders[0], UNIT)
    share.earn(cash=(1 << 100) - 1, reserve=2**26, backlog=2**25)
    share.earn(cash=2**101, reserve=2**25, backlog=2**24)
    stage.skip(DAY // 2)
    before = rebuilt(share, 18, 0)
    top_up(share, cash=5, reserve=3)
    after = rebuilt(share, 18, 0)
    assert (after.cash.held, after.reserve.held) == (before.cash.held + 5, before.reserve.held + 3)
    share.claim(share.holders[0])
    replay = rebuilt(share, 18, 0)
    assert replay.cash.held > 0 < replay.reserve.held


@shows("AUD-2")
def test_days_are_remembered_in_a_ring(share: Share) -> None:
    for number in range(33):
        share.earn(cash=1_000 + number)
        share.stage.skip(DAY)
    replay = rebuilt(share)
    assert len(replay.days) == 32
    share.earn(reserve=1, backlog=1)
    rebuilt(share)


@shows("AUD-2")
def test_freezes_and_forced_transfers_are_rebuilt(share: Share) -> None:
    a, b, c = share.holders[:3]
    share.transfer(a, b, 2 * UNIT)
    share.freeze(b, UNIT)
    share.force(b, c, UNIT // 2)  # nothing of it is frozen
    share.force(b, c, UNIT)  # half of it is
    share.freeze(a, 100 * UNIT)
    share.force(a, c, 0)  # more is frozen than there is, and nothing of it goes
    share.earn(cash=1_234_567)
    share.force(a, b, UNIT)  # all of it is, and more than there is stays so
    share.freeze(b, 0)
    share.transfer(b, a, UNIT // 4)
    replay = rebuilt(share)
    assert replay.frozen[int(a.address, 16)] == 99 * UNIT
    assert replay.frozen[int(b.address, 16)] == 0


@shows("AUD-2")
def test_allowances_and_signatures_are_rebuilt(share: Share) -> None:
    stage, token, (a, b, c) = share.stage, share.token, share.holders[:3]
    token.send("approve", b.address, 3 * UNIT, sender=a)
    token.send("approve", c.address, MAX, sender=a)
    for spender in (b, c):
        token.send("transferFrom", a.address, c.address, UNIT, sender=spender)
    token.send("transferFrom", a.address, a.address, 0, sender=b)
    chain_id, key = stage.deployment.chain_id, key_of(c)
    numbers = (c.address, b.address, 5 * UNIT)
    digest = permit_digest(chain_id, token.address, share.name, *numbers, 0, MAX)
    token.send("permit", *numbers, MAX, *key.sign_digest_vrs(digest), sender=stage.stranger)
    share.earn(cash=5_000_000, reserve=3)
    signed = packed(key.sign_digest_vrs(share.claim_digest(c, b)))
    token.send("claimFor", c.address, b.address, MAX, signed, sender=stage.stranger)
    replay = rebuilt(share)
    first, second, third = (int(who.address, 16) for who in (a, b, c))
    assert replay.allowances[first, second] == 2 * UNIT
    assert replay.allowances[third, second] == 5 * UNIT
    assert replay.nonces == {third: 2}


@pytest.mark.parametrize("name", ["x", "x" * 31, "\u20bf" * 10])
def test_a_name_is_stored_as_it_is_told(stage: Stage, name: str) -> None:
    terms = Terms().encoded()
    stage.registry.send("register", terms, name, name[:3], sender=stage.operator)
    chain = check(stage)
    assert [token.name for token in chain.tokens.values()] == [name]
