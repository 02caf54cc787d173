"""Supply and time: what the registry and the clock do."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import rule

from tests.property.machine.base import Reach
from tests.property.tokens.base import (
    TokenMachine,
    accounts,
    currencies,
    edges,
    near,
    parts,
    people,
)
from tests.support.reverts import expect_revert
from tests.support.stage import UNIT, Q
from wellhead.model.revenue import VESTING


class SupplyRules(TokenMachine):
    """Tokens come and go in whole units, as the registry has them."""

    calls: Reach = (
        "CapacityToken.burn",
        "CapacityToken.setFrozenTokens",
    )

    @rule(to=accounts, units=st.one_of(st.integers(0, 1000), st.just(2**26)))
    def mint(self, to: int, units: int) -> None:
        self.mint_to(to, units)

    @rule(frm=accounts, part=parts, more=st.sampled_from([0, 0, 0, 1]))
    def burn(self, frm: int, part: int, more: int) -> None:
        """Of what the account has; sometimes a unit more than it can."""
        account = self.account(frm).address
        units = self.share.balance_of(account) * part // Q // UNIT + more
        self.act(self.pair.registry, "burn", (account, units * UNIT), self.share.burn)

    @rule(who=people, other=people)
    def not_the_registry(self, who: int, other: int) -> None:
        """Neither mints nor burns nor adds, and is no compliance either."""
        caller, account, share = self.account(who), self.account(other).address, self.share
        assert not self.act(caller, "mint", (account, UNIT), share.mint)
        assert not self.act(caller, "addCash", (1, 0), share.add_cash)
        assert not self.act(caller, "setFrozenTokens", (account, 0), share.set_frozen_tokens)


class TimeRules(TokenMachine):
    """Time passes: backlogs vest, credentials expire."""

    calls: Reach = ("CapacityToken.transfer",)

    @rule(seconds=st.one_of(st.integers(1, 7200), st.sampled_from([VESTING - 1, VESTING])))
    def wait(self, seconds: int) -> None:
        self.pair.wait_until(self.pair.now + seconds)

    @rule(days=st.integers(1, 40))
    def wait_days(self, days: int) -> None:
        self.pair.wait_until(self.pair.now + days * VESTING)

    @rule(currency=currencies, edge=st.integers(-1, 1))
    def wait_until_all_has_vested(self, currency: int, edge: int) -> None:
        self.pair.wait_until(self.pair.revenues[currency].until + edge)

    @rule(who=people, early=st.integers(0, 1), to=people, edge=edges)
    def wait_until_a_credential_expires(self, who: int, early: int, to: int, edge: int) -> None:
        """And a transfer to the holder in the last second, or the first one after."""
        expires = self.pair.world.compliance.holder_of(self.account(who).address).expires
        if self.pair.now < expires < self.pair.now + 10**7:
            self.pair.wait_until(expires - 1 - early)
        source, receiver = self.account(to), self.account(who).address
        amount = near(self.share.balance_of(source.address), 0, edge)
        self.act(source, "transfer", (receiver, amount), self.share.transfer)

    @rule(days=st.sampled_from([0, 1, 2, 7, 30, 31, 32]))
    def look_back(self, days: int) -> None:
        """What a token earned in the last days, on both."""
        token, share = self.pair.token, self.share
        if 1 <= days <= 31:
            assert token.call("trailingRevenue", days) == share.trailing_revenue(days)
            return
        with expect_revert("CapacityToken_InvalidPeriod", days, 31):
            token.call("trailingRevenue", days)
