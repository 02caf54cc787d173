"""Units are minted while revenue waits and vests, by an operator with the means for it or not."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import rule

from tests.property.machine.base import Machine, Reach, near, parts, people, tenants, ups
from tests.support.stage import MAX
from wellhead.chain import Contract, UnlockedAccount

#: What the operator has of a coin for a mint, besides its claims: no allowance, just what is
#: missing, a unit less, as much as it likes; or claims alone, just enough.
purses = st.sampled_from(["exact", "exact", "much", "claims", "short", "none"])
#: How many steps that takes.
STEPS = {"claims": 2}


class MintRules(Machine):
    """The operator, and whoever would like to gain by its mints."""

    calls: Reach = ("RevenueRouter.payIn", "TestCoin.approve", "Vault.deposit")

    @rule(
        who=tenants,
        part=parts,
        hours=st.integers(2, 40),
        up=ups,
        wait=st.integers(1, 3000),
        units=st.one_of(st.integers(1, 500), st.just(2**20)),
        paid_in=st.sampled_from([0, 1, 10**6]),
        means=st.tuples(purses, purses),
    )
    def mint_while_revenue_waits(
        self,
        who: int,
        part: int,
        hours: int,
        up: int,
        wait: int,
        units: int,
        paid_in: int,
        means: tuple[str, str],
    ) -> None:
        """The charge is for the second of the mint, to the unit."""
        self.open_lease(who, near(self.free(self.pair.hour, hours), part, 0), 0, hours, MAX)
        self.live_hours(hours, up)
        self.distribute()
        operator, router = self.pair.operator, self.world.router
        self.act(operator, self.stage.router, "payIn", (self.key, paid_in), router.pay_in)
        self.pair.wait(wait)
        is_short = self._furnish(operator, units, means)
        went = self.pair.step("CapacityRegistry.mint", *self.pair.mint(units))
        assert not (went and is_short)
        for coin in self.pair.coins[:2]:
            self._allow(operator, coin, MAX)

    @rule(
        lender=st.sampled_from([0, 5, 6]),
        borrower=people,
        part=parts,
        units=st.integers(1, 500),
        hours=st.integers(0, 5),
        up=ups,
    )
    def borrow_around_a_mint(
        self, lender: int, borrower: int, part: int, units: int, hours: int, up: int
    ) -> None:
        """In the second of a mint everybody has what it would have without; not a step more for
        whoever holds many tokens for that second, not a step less for whoever lent them."""
        self.live_hours(hours, up)
        owner, receiver = self.pair.people[lender], self.pair.people[borrower]
        amount = near(self.world.token(self.key).balance_of(owner.address), part, 0)
        self._hand(owner, receiver, amount)
        without = self.ahead(1).token(self.key)
        if self.pair.step("CapacityRegistry.mint", *self.pair.mint(units)):
            share = self.world.token(self.key)
            for who in self.pair.accounts:
                assert share.owed_ledger_of(who) == without.owed_ledger_of(who)
        self._hand(receiver, owner, amount)

    def _furnish(self, operator: UnlockedAccount, units: int, means: tuple[str, str]) -> bool:
        """Give the operator what it has for a mint that comes next; whether that is too little."""
        steps = sum(STEPS.get(purse, 1) for purse in means)
        due = self.ahead(steps + 1).router.top_up_of(self.key, units)
        is_short, vault = False, self.world.vault
        for coin, purse, amount in zip(
            self.pair.coins, means, (due.pending + due.cash, due.reserve), strict=False
        ):
            left = max(0, amount - vault.claim_of(coin.address, operator.address))
            is_short = is_short or (left != 0 and purse in ("short", "none"))
            if purse == "claims":
                given = (coin.address, operator.address, left)
                self.act(operator, self.stage.vault, "deposit", given, vault.deposit)
            allowed = {"exact": left, "short": max(0, left - 1), "much": MAX}
            self._allow(operator, coin, allowed.get(purse, 0))
        return is_short

    def _allow(self, owner: UnlockedAccount, coin: Contract, amount: int) -> None:
        """How much the vault may take of a coin."""
        arguments = (self.stage.vault.address, amount)
        self.act(owner, coin, "approve", arguments, self.world.coins[coin.address].approve)

    def _hand(self, owner: UnlockedAccount, receiver: UnlockedAccount, amount: int) -> None:
        share = self.world.token(self.key)
        self.act(owner, self.pair.token, "transfer", (receiver.address, amount), share.transfer)
