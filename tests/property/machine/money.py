"""Tokens change hands, revenue is distributed and claimed, claims are withdrawn."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import rule

from tests.property.machine.base import Machine, near, parts, people
from tests.support.stage import Q


class MoneyRules(Machine):
    """Holders, the operator, and the stablecoin's issuer."""

    @rule()
    def distribute(self) -> None:
        self.anyone(self.stage.router, "distribute", self.world.router.distribute)

    @rule()
    def distribute_again(self) -> None:
        """The second time in a row finds nothing."""
        self.distribute()
        before = self.world.router.total_of(self.key)
        self.distribute()
        assert self.world.router.total_of(self.key) == before

    @rule(frm=people, to=people, part=parts, edge=st.sampled_from([0, 1]))
    def transfer(self, frm: int, to: int, part: int, edge: int) -> None:
        sender, receiver = self.pair.people[frm], self.pair.people[to].address
        share = self.world.token(self.key)
        amount = near(share.balance_of(sender.address), part, edge)
        token = self.stage.token(self.key)
        self.pair.step(
            "transfer",
            lambda: token.send("transfer", receiver, amount, sender=sender),
            lambda: share.transfer(sender.address, receiver, amount),
        )

    @rule(to=st.integers(5, 7), part=st.integers(0, Q))
    def invest(self, to: int, part: int) -> None:
        self.give_tokens(to, part)

    @rule(who=people, to=people, hours=st.integers(1, 5))
    def earn_and_claim(self, who: int, to: int, hours: int) -> None:
        self.live_hours(hours, Q)
        self.distribute()
        self.claim(who, to)

    @rule(who=people, to=people)
    def claim(self, who: int, to: int) -> None:
        sender, receiver = self.pair.people[who], self.pair.people[to].address
        token = self.stage.token(self.key)
        self.pair.step(
            "claim",
            lambda: token.send("claim", receiver, sender=sender),
            lambda: self.world.token(self.key).claim(sender.address, receiver),
        )

    @rule(who=people, to=people, part=parts, edge=st.sampled_from([0, 1]))
    def withdraw(self, who: int, to: int, part: int, edge: int) -> None:
        sender, receiver = self.pair.people[who], self.pair.people[to].address
        vault, coin = self.world.vault, self.stage.cash.address
        amount = near(vault.claim_of(coin, sender.address), part, edge)
        self.pair.step(
            "withdraw",
            lambda: self.stage.vault.send("withdraw", coin, receiver, amount, sender=sender),
            lambda: vault.withdraw(sender.address, coin, receiver, amount),
        )

    @rule(amount=st.integers(0, 10**12))
    def donate(self, amount: int) -> None:
        """Coins sent past the books belong to nobody and change nothing."""
        giver, vault = self.stage.tenants[0], self.stage.vault.address
        self.pair.step(
            "transfer",
            lambda: self.stage.cash.send("transfer", vault, amount, sender=giver),
            lambda: self.world.cash.transfer(giver.address, vault, amount),
        )

    @rule(who=people, blocked=st.booleans())
    def block(self, who: int, blocked: bool) -> None:
        """The stablecoin's issuer blocks somebody, or releases them."""
        target, sender = self.pair.people[who].address, self.stage.stranger
        self.pair.step(
            "setBlocked",
            lambda: self.stage.cash.send("setBlocked", target, blocked, sender=sender),
            lambda: self.world.cash.set_blocked(target, blocked),
        )
