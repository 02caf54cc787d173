"""Payments by signature, several calls in one, and claims in the vault."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tests.property.machine.base import Reach, near, parts, people, tenants
from tests.property.machine.leases import LeaseRules
from tests.support.payment import authorization, encoded, permit
from tests.support.stage import HOUR, MAX, USD, Q
from wellhead.chain import Contract, UnlockedAccount
from wellhead.model.cashdesk import CashDesk
from wellhead.model.exchange import Bounds
from wellhead.model.leases import digest_of

desks = st.sampled_from(["market", "exchange", "contests"])
amounts = st.sampled_from([0, 1, USD, 100 * USD, 100 * USD, 10**19])
#: Mostly those who have coins.
payers = st.one_of(st.integers(0, 4), st.integers(0, 4), people)
#: Seconds from the block at which an authorization begins, and ends, to be valid; both exclusive.
begins, ends = st.sampled_from([-1] * 6 + [0]), st.sampled_from([1] + [10**6] * 6 + [0])
nonces = st.integers(1, 9)
Step = tuple[bytes, Callable[[], Any]]


class PaymentRules(LeaseRules):
    """Whoever pays market, exchange and contests without having approved anything before."""

    calls: Reach = (
        "LeaseMarket.approve",
        "LeaseExchange.list",
        "TestCoin.permit",
        "TestCoin.approve",
        *(
            f"{desk}.{name}"
            for desk in ("LeaseMarket", "LeaseExchange", "Contests")
            for name in ("permitCash", "authorizeCash", "multicall")
        ),
    )

    @rule(who=people, amount=st.one_of(st.just(MAX), st.integers(0, 10**10)))
    def approve_the_vault(self, who: int, amount: int) -> None:
        """Much, little or nothing."""
        cash = self.world.cash
        arguments = (self.stage.vault.address, amount)
        self.act(self.pair.people[who], self.stage.cash, "approve", arguments, cash.approve)

    @rule(
        who=payers,
        name=desks,
        amount=amounts,
        late=st.sampled_from([10**6, 10**6, 0, -1]),
        is_overtaken=st.booleans(),
    )
    def permit_cash(self, who: int, name: str, amount: int, late: int, is_overtaken: bool) -> None:
        """Where somebody has brought the permit before, the allowance must be there."""
        sender, cash = self.pair.people[who], self.world.cash
        desk, model = self._desk(name)
        signed = permit(self.stage, amount, sender, self.pair.now + 1 + late)
        deadline, nonce = signed[1], cash.nonce_of(sender.address)
        vault = self.stage.vault.address
        if is_overtaken:
            self.call(
                self.stage.stranger,
                self.stage.cash,
                "permit",
                (sender.address, vault, *signed),
                lambda: cash.permit(sender.address, vault, amount, deadline, nonce, self.world.now),
            )
        self.call(
            sender,
            desk,
            "permitCash",
            signed,
            lambda: model.permit_cash(sender.address, amount, deadline, nonce),
        )

    @rule(who=payers, name=desks, amount=amounts, begin=begins, end=ends, nonce=nonces)
    def authorize_cash(
        self, who: int, name: str, amount: int, begin: int, end: int, nonce: int
    ) -> None:
        """What is not spent is a claim; every nonce can be used once."""
        sender = self.pair.people[who]
        desk, model = self._desk(name)
        signed, paid = self._authorized(sender, amount, begin, end, nonce, model)
        self.call(sender, desk, "authorizeCash", signed, paid)

    @rule(
        who=tenants,
        part=parts,
        hours=st.integers(1, 12),
        extra=st.sampled_from([0, 1, 1, 2, 3]),
        share=st.sampled_from([0, 50, 100, 100, 200]),
        nonce=nonces,
        is_broken=st.sampled_from([False, False, False, True]),
    )
    def pay_and_lease(
        self, who: int, part: int, hours: int, extra: int, share: int, nonce: int, is_broken: bool
    ) -> None:
        """Pays in, leases, extends and settles in one transaction, or does nothing at all."""
        world, market, sender = self.world, self.stage.market, self.stage.tenants[who]
        start = self.pair.hour + 1
        units = min(near(self.free(start, hours), part, 0), self.backed(start, hours))
        asked, number = (self.key, units, start, hours, MAX), world.market.lease_count + 1
        signed, paid = self._authorized(
            sender, USD * share * units * hours // 100, -1, 10**6, nonce, world.market
        )
        steps: list[Step] = [
            (encoded(market, "authorizeCash", *signed), paid),
            (
                encoded(market, "lease", *asked),
                lambda: world.market.lease(sender.address, *asked),
            ),
            (
                encoded(market, "extend", number, extra, MAX),
                lambda: world.market.extend(sender.address, number, extra, MAX),
            ),
        ]
        if is_broken:
            steps.append(
                (encoded(market, "settle", number + 1), lambda: world.market.settle(number + 1))
            )
        self._all_or_nothing(sender, market, steps)

    @precondition(lambda self: self.world.market.leases)
    @rule(data=st.data(), nonce=nonces, name=desks, amount=st.sampled_from([0, 100 * USD, 10**12]))
    def pay_for_a_lease(self, data: st.DataObject, nonce: int, name: str, amount: int) -> None:
        """To contest the last hour that can be, to buy it from whoever offers it, or to extend it;
        what is missing comes from the wallet."""
        lease_id, payer = self.draw_lease(data)
        if name == "exchange":
            self._offer(lease_id, payer)
            payer = self.stage.tenants[nonce % 4]
        elif name == "contests":
            self.pair.wait(HOUR)
            self.report_up(Q)
        if payer not in self.pair.people:
            return
        desk, model = self._desk(name)
        signed, paid = self._authorized(payer, amount, -1, 10**6, nonce, model)
        used = {"market": self._extending, "exchange": self._buying, "contests": self._contesting}[
            name
        ]
        steps = [(encoded(desk, "authorizeCash", *signed), paid), used(lease_id, payer.address)]
        self._all_or_nothing(payer, desk, steps)

    def _offer(self, lease_id: int, owner: UnlockedAccount) -> None:
        exchange, now, market = self.stage.deployment.exchange, self.pair.now, self.world.market
        given = (exchange.address, lease_id)
        self.act(owner, self.stage.market, "approve", given, market.approve)
        listing = (lease_id, USD, 0, now, now + 24 * HOUR)
        self.act(owner, exchange, "list", listing, self.world.exchange.list)

    def _extending(self, lease_id: int, payer: str) -> Step:
        asked, market = (lease_id, 1, MAX), self.world.market
        return encoded(self.stage.market, "extend", *asked), lambda: market.extend(payer, *asked)

    def _buying(self, lease_id: int, payer: str) -> Step:
        """As it is now, whatever it costs."""
        lease, exchange = self.world.market.leases.get(lease_id), self.world.exchange
        units, stop = 1, 1
        if lease is not None:
            units, stop = lease.units, self.world.market.lease_of(lease_id).stop
        parts = digest_of(self.world.market.parts_of(lease_id)) if lease else bytes(32)
        bounds = (MAX, units, stop, self.pair.hour + 1, MAX, parts)
        data = encoded(self.stage.deployment.exchange, "buy", lease_id, bounds)
        return data, lambda: exchange.buy(payer, lease_id, Bounds(*bounds))

    def _contesting(self, lease_id: int, payer: str) -> Step:
        lease, contests = self.world.market.lease_of(lease_id), self.world.contests
        clock = self.world.registry.clock()
        open_ = [
            stored.sample.hour
            for stored in self.world.oracle.ring.values()
            if stored.sample.cluster == lease.cluster_id
            and stored.final_at > clock
            and lease.start <= stored.sample.hour < lease.stop
        ]
        asked = (lease_id, max(open_, default=self.pair.hour - 1))
        data = encoded(self.stage.contests, "contest", *asked)
        return data, lambda: contests.contest(payer, *asked)

    def _all_or_nothing(self, sender: UnlockedAccount, desk: Contract, steps: list[Step]) -> None:
        def model() -> None:
            with self.world.transaction():
                for _, twin in steps:
                    twin()

        self.call(sender, desk, "multicall", ([data for data, _ in steps],), model)

    def _authorized(
        self,
        payer: UnlockedAccount,
        amount: int,
        begin: int,
        end: int,
        number: int,
        desk: CashDesk,
    ) -> tuple[tuple[Any, ...], Callable[[], Any]]:
        """A signed payment to the vault, and what becomes of it in the model."""
        now, nonce = self.pair.now + 1, number.to_bytes(32, "big")
        after, before = max(0, now + begin), now + end
        signed = authorization(self.stage, amount, payer, after=after, before=before, nonce=nonce)
        return signed, lambda: desk.authorize_cash(payer.address, amount, after, before, nonce)

    def _desk(self, name: str) -> tuple[Contract, CashDesk]:
        contract: Contract = getattr(self.stage.deployment, name)
        model: CashDesk = getattr(self.world, name)
        return contract, model
