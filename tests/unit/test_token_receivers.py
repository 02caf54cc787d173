"""Whom tokens may move to, and from, when credentials end between an approval and a transfer."""

from __future__ import annotations

import pytest

from tests.support.bench import Bench, set_up
from tests.support.raw import attempt, impersonate
from tests.support.reverts import expect_revert
from tests.support.shows import shows
from tests.support.stage import MAX, UNIT, Stage
from tests.support.state import refused, unchanged
from wellhead.chain import UnlockedAccount


@pytest.fixture
def bench(stage: Stage) -> Bench:
    made = set_up(stage)
    made.mint(made.holders[0], 10 * UNIT)
    return made


def lose(bench: Bench, account: UnlockedAccount, how: str) -> None:
    """The account's credential does not count any more, or the account is barred."""
    compliance, officer = bench.stage.compliance, bench.stage.officer
    bench.stage.skip(1)
    match how:
        case "expired":
            bench.stage.credential(account.address, expires=bench.stage.now() + 50)
            bench.stage.skip(50)
        case "revoked":
            compliance.send("revoke", account.address, sender=officer)
        case "dismissed":
            compliance.send("dismiss", bench.stage.issuer.address, sender=officer)
        case "barred":
            compliance.send("setBlocked", account.address, True, sender=officer)


@shows("COMP-2")
@pytest.mark.parametrize("how", ["expired", "revoked", "dismissed", "barred"])
def test_an_allowance_outlives_no_credential_of_the_receiver(bench: Bench, how: str) -> None:
    """What counts is who may receive when the tokens move, not when they were approved."""
    owner, spender, to = bench.holders
    bench.token.send("approve", spender.address, 5, sender=owner)
    lose(bench, to, how)
    move = ("transferFrom", owner.address, to.address, 5)
    with (
        refused(bench.stage, "ERC7943CannotReceive", to.address),
        unchanged(bench.stage, bench.token),
    ):
        attempt(bench.token, *move, sender=spender)
    assert bench.token.call("allowance", owner.address, spender.address) == 5


@shows("COMP-2")
@pytest.mark.parametrize("how", ["expired", "revoked", "barred"])
def test_who_lost_its_credential_can_still_leave(bench: Bench, how: str) -> None:
    """By itself or by allowance; only a block holds it."""
    owner, spender, to = bench.holders
    bench.token.send("approve", spender.address, 5, sender=owner)
    lose(bench, owner, how)
    move = ("transferFrom", owner.address, to.address, 5)
    if how == "barred":
        with unchanged(bench.stage, bench.token), expect_revert("ERC7943CannotSend", owner.address):
            attempt(bench.token, *move, sender=spender)
    else:
        bench.token.send(*move, sender=spender)
        assert bench.balance(to) == 5


@pytest.mark.parametrize("how", ["expired", "revoked", "barred"])
def test_a_spender_needs_no_credential(bench: Bench, how: str) -> None:
    owner, spender, to = bench.holders
    bench.token.send("approve", spender.address, 5, sender=owner)
    lose(bench, spender, how)
    bench.token.send("transferFrom", owner.address, to.address, 5, sender=spender)
    assert bench.balance(to) == 5


@shows("COMP-3")
def test_a_credential_is_good_until_the_second_it_ends(bench: Bench) -> None:
    owner, spender, to = bench.holders
    bench.token.send("approve", spender.address, 5, sender=owner)
    bench.stage.skip(1)
    ends = bench.stage.now() + 100
    bench.stage.credential(to.address, expires=ends)
    bench.stage.anvil.next_block_at(ends - 1)
    bench.token.send("transferFrom", owner.address, to.address, 1, sender=spender)
    bench.stage.anvil.next_block_at(ends)
    with expect_revert("ERC7943CannotReceive", to.address):
        attempt(bench.token, "transferFrom", owner.address, to.address, 1, sender=spender)
    assert bench.balance(to) == 1


@shows("REV-13")
def test_what_was_earned_is_claimed_whatever_became_of_the_account(bench: Bench) -> None:
    """Blocked, frozen and without a credential: revenue stays the account's own."""
    holder = bench.holders[0]
    bench.revenue(1_000, 1_000)
    lose(bench, holder, "revoked")
    lose(bench, holder, "barred")
    keeper = impersonate(bench.stage, bench.stage.compliance.address)
    bench.token.send("setFrozenTokens", holder.address, MAX, sender=keeper)
    paid = bench.claim(holder).event("Claimed")
    assert (paid["cash"], paid["reserve"]) == (999, 999)
