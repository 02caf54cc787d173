"""Everybody does anything, in any order, on chain and model; both agree after every step.

Invariants 1 to 5, 7 and 8 of docs/model.md are checked on the model, which equals the chain.
"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import note
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.property.pair import Pair
from tests.support.stage import FINALITY, HOUR, MAX, UNIT, Q, Stage, Terms
from wellhead.model import invariants
from wellhead.model.samples import Sample

HORIZON = 240

#: Parts of a whole in millionths, with the edges drawn often.
parts = st.one_of(st.sampled_from([0, 1, Q // 2, Q - 1, Q]), st.integers(0, Q))
ups = st.one_of(st.just(Q), parts)
tenants = st.integers(0, 3)
people = st.integers(0, 7)


def near(limit: int, part: int, edge: int) -> int:
    """`part` millionths of a limit; at the ends, moved by `edge` so that bounds are crossed."""
    return max(0, limit * part // Q + (edge if part in (0, Q) else 0))


class MarketMachine(RuleBasedStateMachine):
    """One cluster, four tenants, three holders, five reporters."""

    stage: Stage

    def __init__(self) -> None:
        super().__init__()
        self.snapshot = self.stage.anvil.snapshot()

    @initialize(
        units=st.integers(1, 2000),
        minute=st.integers(0, 3599),
        penalty=st.sampled_from([0, Q // 2, Q, 10 * Q]),
        shares=st.sampled_from(
            [(300_000, 50_000, 200_000), (333_333, 333_333, 333_334), (0, 0, 0)]
        ),
        speed=st.sampled_from([0, 10_000, Q]),
        up=ups,
    )
    def begin(
        self,
        units: int,
        minute: int,
        penalty: int,
        shares: tuple[int, int, int],
        speed: int,
        up: int,
    ) -> None:
        self.stage.skip(minute + 1)
        operator, reporters, bitcoin = shares
        terms = Terms(
            max_hours=96,
            horizon_hours=HORIZON,
            discount_hours=48,
            penalty=penalty,
            speed=speed,
            operator_share=operator,
            reporter_share=reporters,
            bitcoin_share=bitcoin,
        )
        self.pair = Pair(self.stage, terms, units)
        self.key = self.pair.cluster
        self.invest(5, Q // 3)
        self.invest(6, Q // 2)
        self.lease(0, Q // 3, 0, 0, 96, MAX)
        self.lease(1, Q // 2, 0, 0, 60, MAX)
        self._live(1, up)
        self.accrue()
        self.pair.compare()  # with the cursor right behind the first, partial hour
        self._live(15, up)
        self.distribute()

    def teardown(self) -> None:
        self.stage.anvil.revert(self.snapshot)

    # Time

    @rule(seconds=st.one_of(st.integers(1, 2 * HOUR), st.sampled_from([HOUR, FINALITY])))
    def wait(self, seconds: int) -> None:
        self.pair.wait(seconds)

    @rule()
    def wait_for_the_hour(self) -> None:
        """To the first second of the next hour."""
        self.pair.wait(HOUR - self.pair.now % HOUR)

    @rule(days=st.integers(7, 9))
    def wait_in_silence(self, days: int) -> None:
        self.pair.wait(days * 24 * HOUR)

    # Leases

    @rule(
        who=tenants,
        part=parts,
        edge=st.sampled_from([0, 1]),
        ahead=st.one_of(st.integers(0, 3), st.integers(0, HORIZON)),
        hours=st.one_of(st.integers(1, 6), st.integers(0, 97)),
        bound=st.sampled_from([MAX, 0]),
    )
    def lease(self, who: int, part: int, edge: int, ahead: int, hours: int, bound: int) -> None:
        world, start = self.pair.world, self.pair.hour + ahead
        free = world.registry.cluster_of(self.key).sellable - world.market.peak_booked(
            self.key, start, start + hours
        )
        units = near(max(free, 0), part, edge)
        # Mostly whatever it costs; sometimes exactly what it costs, which a later block may not.
        limit = bound or MAX
        tenant = self.stage.tenants[who]
        arguments = (self.key, units, start, hours, limit)
        note(f"lease{arguments} by tenant {who}, {free} free")
        self.pair.step(
            "lease",
            lambda: self.stage.market.send("lease", *arguments, sender=tenant),
            lambda: world.market.lease(tenant.address, *arguments),
        )

    @rule(who=tenants, part=parts, hours=st.integers(1, 24), less=st.sampled_from([0, 1]))
    def lease_at_the_quoted_cost(self, who: int, part: int, hours: int, less: int) -> None:
        """The quote of the block in which the lease is mined is what is charged, to the unit."""
        world, market = self.pair.world, self.stage.market
        cluster = world.registry.cluster_of(self.key)
        start = self.pair.hour + 1
        free = cluster.sellable - world.market.peak_booked(self.key, start, start + hours)
        units = near(max(free, 0), part, 0)
        tenant = self.stage.tenants[who]
        if units == 0 or world.registry.paused or tenant.address in world.cash.blocked:
            return
        world.now = self.pair.now + 1
        if world.hour >= start:
            return
        cost = world.market.quote(self.key, units, start, hours).cost
        arguments = (self.key, units, start, hours, cost - less)
        went = self.pair.step(
            "lease",
            lambda: market.send("lease", *arguments, sender=tenant),
            lambda: world.market.lease(tenant.address, *arguments),
        )
        assert went is (less == 0)

    @precondition(lambda self: self.pair.world.market.leases)
    @rule(data=st.data(), to=tenants)
    def transfer_lease(self, data: st.DataObject, to: int) -> None:
        world = self.pair.world
        lease_id = data.draw(st.sampled_from(sorted(world.market.leases)))
        owner = world.market.leases[lease_id].owner
        seller = next(t for t in self.stage.tenants if t.address == owner)
        buyer = self.stage.tenants[to].address
        self.pair.step(
            "transferFrom",
            lambda: self.stage.market.send("transferFrom", owner, buyer, lease_id, sender=seller),
            lambda: world.market.transfer_from(owner, owner, buyer, lease_id),
        )

    @rule(data=st.data())
    def settle(self, data: st.DataObject) -> None:
        count = len(self.pair.world.market.leases)
        self._settle(data.draw(st.integers(1, count + 1)))

    def _settle(self, lease_id: int) -> None:
        self.pair.step(
            "settle",
            lambda: self.stage.market.send("settle", lease_id, sender=self.stage.stranger),
            lambda: self.pair.world.market.settle(lease_id),
        )

    @rule()
    def accrue(self) -> None:
        self._anyone(self.stage.market, "accrue", self.pair.world.market.accrue)

    @rule()
    def update_base(self) -> None:
        self._anyone(self.stage.market, "updateBase", self.pair.world.market.update_base)

    @rule()
    def distribute(self) -> None:
        self._anyone(self.stage.router, "distribute", self.pair.world.router.distribute)

    @rule()
    def distribute_again(self) -> None:
        """The second time in a row finds nothing."""
        self.distribute()
        before = self.pair.world.router.total_of(self.key)
        self.distribute()
        assert self.pair.world.router.total_of(self.key) == before

    # Reports

    @rule(
        first=st.integers(-2, 3),
        count=st.integers(1, 30),
        up=parts,
        delivered=parts,
        order=st.one_of(
            st.sampled_from([(0, 1, 2), (1, 3, 4), (0, 2, 4)]),
            st.lists(st.integers(0, 4), max_size=4).map(tuple),
        ),
    )
    def report(
        self, first: int, count: int, up: int, delivered: int, order: tuple[int, ...]
    ) -> None:
        """Some hours from around the cursor on, most of them open; any signers in any order."""
        world = self.pair.world
        book = world.market.book_of(self.key)
        genesis = world.registry.genesis_of(self.key)
        start = max(book.cursor or genesis, genesis) + first
        units = world.registry.cluster_of(self.key).attested
        working = units * 1000 * up // Q
        samples = [
            Sample(
                cluster=self.key,
                hour=hour,
                working=working,
                available=min(working, world.market.booked_at(self.key, hour) * delivered // 1000),
                measured=delivered,
                energy=hour,
                work=units,
            )
            for hour in range(start, start + count)
        ]
        self.pair.step("report", *self.pair.report(samples, order))

    @rule(up=parts)
    def report_everything(self, up: int) -> None:
        """Catch up: all finished hours, in which the units booked were up for a part."""
        world = self.pair.world
        units = world.registry.cluster_of(self.key).attested * 1000
        first = max(world.registry.genesis_of(self.key), self.pair.hour - 200)
        samples = [
            Sample(self.key, h, units, min(units, world.market.booked_at(self.key, h) * up // 1000))
            for h in range(first, self.pair.hour)
        ]
        if samples:
            self.pair.step("report", *self.pair.report(samples, (0, 1, 2)))

    # Three times, because hypothesis leaves rules out at random and money needs final hours.

    @rule(hours=st.integers(1, 30), up=ups)
    def live(self, hours: int, up: int) -> None:
        self._live(hours, up)

    @rule(hours=st.integers(1, 8), up=ups)
    def live_briefly(self, hours: int, up: int) -> None:
        self._live(hours, up)

    @rule(hours=st.integers(20, 60), up=st.integers(0, Q))
    def live_badly_and_settle(self, hours: int, up: int) -> None:
        self._live(hours, up)
        for lease_id in sorted(self.pair.world.market.leases):
            self._settle(lease_id)

    def _live(self, hours: int, up: int) -> None:
        """Some hours pass, are reported, and become final."""
        self.pair.wait(hours * HOUR)
        self.report_everything(up)
        self.pair.wait(FINALITY)

    @rule(offset=st.integers(-1, 4))
    def close_silent(self, offset: int) -> None:
        world = self.pair.world
        book = world.market.book_of(self.key)
        hour = (book.cursor or world.registry.genesis_of(self.key)) + offset
        sender = self.stage.stranger
        self.pair.step(
            "closeSilent",
            lambda: self.stage.oracle.send("closeSilent", self.key, hour, sender=sender),
            lambda: world.oracle.close_silent(self.key, hour),
        )

    @rule()
    def pay_reporters(self) -> None:
        sender = self.stage.stranger
        self.pair.step(
            "payReporters",
            lambda: self.stage.oracle.send("payReporters", sender=sender),
            self.pair.world.oracle.pay_reporters,
        )

    # Supply

    @rule(units=st.one_of(st.integers(0, 500), st.just(2**26)), signers=st.sampled_from([3, 3, 2]))
    def mint(self, units: int, signers: int) -> None:
        self.pair.step("mint", *self.pair.mint(units, signers))

    @rule(part=parts, edge=st.sampled_from([0, 1]))
    def retire(self, part: int, edge: int) -> None:
        world, operator = self.pair.world, self.stage.operator
        units = near(world.registry.cluster_of(self.key).attested, part, edge)
        self.pair.step(
            "retire",
            lambda: self.stage.registry.send("retire", self.key, units, sender=operator),
            lambda: world.registry.retire(operator.address, self.key, units),
        )

    @rule(part=parts, edge=st.sampled_from([0, 1]))
    def set_sellable(self, part: int, edge: int) -> None:
        world, operator = self.pair.world, self.stage.operator
        units = near(world.registry.cluster_of(self.key).attested, part, edge)
        self.pair.step(
            "setSellable",
            lambda: self.stage.registry.send("setSellable", self.key, units, sender=operator),
            lambda: world.registry.set_sellable(operator.address, self.key, units),
        )

    @rule(stop=st.booleans())
    def pause(self, stop: bool) -> None:
        name, guardian = ("pause" if stop else "unpause"), self.stage.guardian
        self.pair.step(
            name,
            lambda: self.stage.registry.send(name, sender=guardian),
            lambda: getattr(self.pair.world.registry, name)(guardian.address),
        )

    # Tokens and money

    @rule(frm=people, to=people, part=parts, edge=st.sampled_from([0, 1]))
    def transfer(self, frm: int, to: int, part: int, edge: int) -> None:
        sender, receiver = self.pair.people[frm], self.pair.people[to].address
        share = self.pair.world.token(self.key)
        amount = near(share.balance_of(sender.address), part, edge)
        token = self.stage.token(self.key)
        self.pair.step(
            "transfer",
            lambda: token.send("transfer", receiver, amount, sender=sender),
            lambda: share.transfer(sender.address, receiver, amount),
        )

    @rule(to=st.integers(5, 7), part=st.integers(0, Q))
    def invest(self, to: int, part: int) -> None:
        """Tokens leave the operator in whole parts, so that holders really hold something."""
        operator, holder = self.stage.operator, self.pair.people[to].address
        share = self.pair.world.token(self.key)
        amount = share.balance_of(operator.address) * part // Q // UNIT * UNIT
        token = self.stage.token(self.key)
        self.pair.step(
            "transfer",
            lambda: token.send("transfer", holder, amount, sender=operator),
            lambda: share.transfer(operator.address, holder, amount),
        )

    @rule(who=people, to=people, hours=st.integers(1, 5))
    def earn_and_claim(self, who: int, to: int, hours: int) -> None:
        self._live(hours, Q)
        self.distribute()
        self.claim(who, to)

    @rule(who=people, to=people)
    def claim(self, who: int, to: int) -> None:
        sender, receiver = self.pair.people[who], self.pair.people[to].address
        token = self.stage.token(self.key)
        self.pair.step(
            "claim",
            lambda: token.send("claim", receiver, sender=sender),
            lambda: self.pair.world.token(self.key).claim(sender.address, receiver),
        )

    @rule(who=people, to=people, part=parts, edge=st.sampled_from([0, 1]))
    def withdraw(self, who: int, to: int, part: int, edge: int) -> None:
        sender, receiver = self.pair.people[who], self.pair.people[to].address
        vault, coin = self.pair.world.vault, self.stage.cash.address
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
            lambda: self.pair.world.cash.transfer(giver.address, vault, amount),
        )

    @rule(who=people, blocked=st.booleans())
    def block(self, who: int, blocked: bool) -> None:
        """The stablecoin's issuer blocks somebody, or releases them."""
        target, sender = self.pair.people[who].address, self.stage.stranger
        self.pair.step(
            "setBlocked",
            lambda: self.stage.cash.send("setBlocked", target, blocked, sender=sender),
            lambda: self.pair.world.cash.set_blocked(target, blocked),
        )

    def _anyone(self, contract: Any, name: str, model: Any) -> None:
        sender = self.stage.stranger
        self.pair.step(
            name,
            lambda: contract.send(name, self.key, sender=sender),
            lambda: model(self.key),
        )

    @invariant()
    def chain_and_model_agree(self) -> None:
        if hasattr(self, "pair"):
            self.pair.compare()

    @invariant()
    def the_design_holds(self) -> None:
        if hasattr(self, "pair"):
            world = self.pair.world
            invariants.check_bookings(world)
            invariants.check_supply(world)
            invariants.check_vault(world)
            invariants.check_rent(world)
            invariants.check_revenue(world)
            invariants.check_settlements(world)
            invariants.check_served(world)


@pytest.mark.property
def test_chain_and_model_agree_whatever_happens(deployed: Stage) -> None:
    MarketMachine.stage = deployed
    run_state_machine_as_test(MarketMachine)
