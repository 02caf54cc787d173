"""Tokens change hands, revenue is distributed and claimed, claims are withdrawn."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import rule

from tests.property.machine.base import Machine, Reach, near, parts, people
from tests.support.stage import Q
from wellhead.chain import Contract


class MoneyRules(Machine):
    """Holders, the operator, and the stablecoin's issuer."""

    calls: Reach = (
        "CapacityToken.claim",
        "RevenueRouter.distribute",
        "RevenueRouter.release",
        "RevenueRouter.payIn",
        "TestCoin.setBlocked",
        "TestCoin.transfer",
        "Vault.withdraw",
    )

    @rule(accrues=st.booleans())
    def distribute_now(self, accrues: bool) -> None:
        """What is accrued, or after accruing."""
        if accrues:
            self.distribute()
        else:
            self.anyone(self.stage.router, "distribute", self.world.router.distribute)

    @rule()
    def release(self) -> None:
        self.anyone(self.stage.router, "release", self.world.router.release)

    @rule()
    def distribute_again(self) -> None:
        """The second time in a row finds nothing."""
        self.distribute()
        before = self.world.router.total_of(self.key)
        self.distribute()
        assert self.world.router.total_of(self.key) == before

    @rule(frm=people, to=people, part=parts, edge=st.sampled_from([0, 1]))
    def transfer(self, frm: int, to: int, part: int, edge: int) -> None:
        self.send(frm, to, part, edge)

    @rule(to=st.integers(5, 7), part=st.integers(0, Q))
    def invest(self, to: int, part: int) -> None:
        self.give_tokens(to, part)

    @rule(who=people, to=people, hours=st.integers(1, 5))
    def earn_and_claim(self, who: int, to: int, hours: int) -> None:
        self.live_hours(hours, Q)
        self.distribute()
        self.claim(who, to)

    @rule(who=people, to=people, stays=st.sampled_from([False, False, True]))
    def claim(self, who: int, to: int, stays: bool = False) -> None:
        """To somebody; or to the vault, where it stays the holder's own."""
        sender, receiver = self.pair.people[who], self.pair.people[to].address
        if stays:
            receiver = self.stage.vault.address
        self.act(sender, self.pair.token, "claim", (receiver,), self.world.token(self.key).claim)

    @rule(who=people, to=people, part=parts, edge=st.sampled_from([0, 1]))
    def withdraw(self, who: int, to: int, part: int, edge: int) -> None:
        sender, receiver = self.pair.people[who], self.pair.people[to].address
        vault, coin = self.world.vault, self.stage.cash.address
        amount = near(vault.claim_of(coin, sender.address), part, edge)
        arguments = (coin, receiver, amount)
        self.act(sender, self.stage.vault, "withdraw", arguments, vault.withdraw)

    @rule(who=st.sampled_from([0, 0, 5, 5, 1]), amount=st.integers(0, 10**9))
    def pay_in(self, who: int, amount: int) -> None:
        """Somebody pays bitcoin to the holders; not everybody has any."""
        sender, router = self.pair.people[who], self.world.router
        self.act(sender, self.stage.router, "payIn", (self.key, amount), router.pay_in)

    @rule(
        coin=st.sampled_from(["cash", "reserve"]),
        to=st.sampled_from(["vault", "router", "token"]),
        amount=st.integers(0, 10**12),
    )
    def donate(self, coin: str, to: str, amount: int) -> None:
        """Coins sent past the books belong to nobody and change nothing."""
        receiver = {
            "vault": self.stage.vault.address,
            "router": self.stage.router.address,
            "token": self.world.token(self.key).address,
        }[to]
        sent: Contract = getattr(self.stage, coin)
        giver, twin = self.stage.operator, getattr(self.world, coin)
        self.act(giver, sent, "transfer", (receiver, amount), twin.transfer)

    @rule(who=people, blocked=st.booleans())
    def block(self, who: int, blocked: bool) -> None:
        """The stablecoin's issuer blocks somebody, or releases them."""
        arguments, cash = (self.pair.people[who].address, blocked), self.world.cash
        self.call(
            self.stage.stranger,
            self.stage.cash,
            "setBlocked",
            arguments,
            lambda: cash.set_blocked(*arguments),
        )
