"""Revenue, and what the issuers of the coins do."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tests.property.machine.base import Reach
from tests.property.tokens.base import TokenMachine, accounts, currencies, near, parts
from wellhead.model.revenue import MAX_LEDGER, VESTING

amounts = st.one_of(st.sampled_from([0, 1, 2, 10**6]), st.integers(0, 10**12))


class MoneyRules(TokenMachine):
    """The router, and the coins."""

    calls: Reach = (
        "CapacityToken.topUp",
        "TestCoin.mint",
        "TestCoin.setBlocked",
        "TestCoin.setPaused",
    )

    @rule(currency=currencies, amount=amounts, part=parts)
    def earn(self, currency: int, amount: int, part: int) -> None:
        """Some of it late."""
        self.earn_in(currency, amount, near(amount, part, 0))

    @rule(cash=amounts, reserve=amounts)
    def earn_both(self, cash: int, reserve: int) -> None:
        self.earn_in(0, cash, 0)
        self.earn_in(1, reserve, reserve)

    @rule(currency=currencies, amount=amounts, seconds=st.integers(1, VESTING))
    def earn_late(self, currency: int, amount: int, seconds: int) -> None:
        """A backlog, of which a part has vested when the next step comes."""
        self.earn_in(currency, amount, amount)
        self.pair.wait_until(self.pair.now + seconds)

    @rule(cash=amounts, reserve=amounts, to=accounts, units=st.integers(0, 400))
    def top_up_and_mint(self, cash: int, reserve: int, to: int, units: int) -> None:
        """New tokens bring their part of what still vests; whoever has none must not be asked."""
        asked = [
            amount if revenue.until > self.pair.now + 3 else 0
            for amount, revenue in zip((cash, reserve), self.pair.revenues, strict=True)
        ]
        # A coin that is stopped can not be paid; the other one is.
        paid = tuple(
            amount if amount and self.pay_in(number, amount) else 0
            for number, amount in enumerate(asked)
        )
        if any(paid):
            assert self.act(self.pair.router, "topUp", paid, self.share.top_up)
        self.mint_to(to, units)

    @precondition(lambda self: self.steps > 15)
    @rule(currency=currencies, edge=st.sampled_from([-1, 0, 1, 10**20]), part=parts)
    def earn_up_to_the_bound(self, currency: int, edge: int, part: int) -> None:
        """Whatever still fits, and a bit less or more; what comes later is held."""
        revenue = self.pair.revenues[currency]
        amount = max(0, (MAX_LEDGER - revenue.total >> revenue.shift) + edge)
        self.earn_in(currency, amount, near(amount, part, 0))

    @rule(currency=currencies, amount=amounts)
    def donate(self, currency: int, amount: int) -> None:
        """Coins past the vault's books belong to nobody and change nothing."""
        pair, coin, vault = self.pair, self.pair.coins[currency], self.stage.vault.address
        twin = pair.world.coins[coin.address]
        if pair.step(coin, "mint", (vault, amount), pair.payer, lambda: twin.mint(vault, amount)):
            pair.donated[coin.address] += amount

    @rule(currency=currencies, who=accounts, blocked=st.booleans())
    def coin_blocks(self, currency: int, who: int, blocked: bool) -> None:
        """Others are paid all the same, and this one elsewhere."""
        pair, coin = self.pair, self.pair.coins[currency]
        twin, account = pair.world.coins[coin.address], self.account(who).address
        pair.step(
            coin,
            "setBlocked",
            (account, blocked),
            self.stage.stranger,
            lambda: twin.set_blocked(account, blocked),
        )
        self.nobody_is_held_up()

    @rule(currency=currencies, paused=st.sampled_from([True, False, False]))
    def coin_pauses(self, currency: int, paused: bool) -> None:
        coin = self.pair.coins[currency]
        twin = self.pair.world.coins[coin.address]
        self.pair.step(
            coin, "setPaused", (paused,), self.stage.stranger, lambda: twin.set_paused(paused)
        )
