"""What all machines share: a beginning, how a step is taken, and what must hold after each."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from tests.property.pair import Pair
from tests.support import audited
from tests.support.stage import FINALITY, HOUR, MAX, UNIT, Q, Stage, Terms
from wellhead.chain import Contract, UnlockedAccount
from wellhead.model import invariants
from wellhead.model.samples import Sample
from wellhead.model.units import LEDGER_SCALE
from wellhead.model.world import World

HORIZON = 240
#: Names of functions, "contract.function".
Reach = tuple[str, ...]

#: Parts of a whole in millionths, with the edges drawn often.
parts = st.one_of(st.sampled_from([0, 1, Q // 2, Q - 1, Q]), st.integers(0, Q))
ups = st.one_of(st.just(Q), parts)
edges = st.sampled_from([0, 1])
tenants = st.integers(0, 3)
people = st.integers(0, 7)


def near(limit: int, part: int, edge: int) -> int:
    """`part` millionths of a limit; at the ends, moved by `edge` so that bounds are crossed."""
    return max(0, limit * part // Q + (edge if part in (0, Q) else 0))


def reach(machine: type) -> set[str]:
    """All that the rules of a machine call."""
    return {name for kind in machine.__mro__ for name in vars(kind).get("calls", ())}


class Machine(RuleBasedStateMachine):
    """Clusters of one operator, four tenants, three holders, five reporters."""

    #: What the rules of a class call, "contract.function"; test_reach.py compares it with the ABIs.
    calls: Reach = (
        "CapacityRegistry.register",
        "CapacityRegistry.mint",
        "CapacityToken.transfer",
        "LeaseMarket.accrue",
        "LeaseMarket.lease",
        "LeaseMarket.postBond",
        "LeaseMarket.settle",
        "MetricsOracle.report",
        "RevenueRouter.accrueAndDistribute",
    )
    #: Whether an example ends with the audit, which rebuilds all storage from the events alone.
    is_audited = False
    stage: Stage
    pair: Pair

    def __init__(self) -> None:
        super().__init__()
        self.snapshot = self.stage.anvil.snapshot()
        self.agreed = False

    def teardown(self) -> None:
        try:
            if self.agreed:
                self.pair.compare(everything=True)
                assert self.pair.called <= reach(type(self)), self.pair.called - reach(type(self))
                if self.is_audited:
                    audited.check(self.stage)
        finally:
            self.stage.anvil.revert(self.snapshot)

    @property
    def key(self) -> int:
        """The cluster that everybody uses at the moment."""
        return self.pair.cluster

    @property
    def world(self) -> World:
        return self.pair.world

    def start(self, terms: Terms, units: int, minute: int) -> None:
        """Register and mint at some second of an hour."""
        self.stage.skip(minute + 1)
        self.pair = Pair(self.stage, terms, units)

    # Steps

    def act(
        self,
        sender: UnlockedAccount,
        contract: Contract,
        name: str,
        arguments: tuple[Any, ...],
        model: Callable[..., Any],
    ) -> bool:
        """Somebody calls a function, whose twin takes the caller's address first."""
        return self.call(
            sender, contract, name, arguments, lambda: model(sender.address, *arguments)
        )

    def call(
        self,
        sender: UnlockedAccount,
        contract: Contract,
        name: str,
        arguments: tuple[Any, ...],
        model: Callable[[], Any],
    ) -> bool:
        """Somebody calls a function."""
        return self.pair.step(
            f"{contract.name}.{name}",
            lambda: contract.send(name, *arguments, sender=sender),
            model,
        )

    def anyone(self, contract: Contract, name: str, model: Callable[..., Any]) -> bool:
        """A stranger calls a function of the cluster, which does not ask who calls."""
        key = self.key
        return self.call(self.stage.stranger, contract, name, (key,), lambda: model(key))

    def live_hours(self, hours: int, up: int) -> None:
        """Some hours pass, are reported, and become final."""
        self.pair.wait(hours * HOUR)
        self.report_up(up)
        self.pair.wait(FINALITY)

    def report_up(self, up: int) -> None:
        """Catch up: all finished hours, in which the units booked were up for a part, each for as
        long as it was booked."""
        world = self.world
        units = world.registry.cluster_of(self.key).attested * 1000
        first = max(world.registry.genesis_of(self.key), self.pair.hour - 200)
        samples = [
            Sample(
                self.key,
                h,
                units,
                min(units, world.market.covered_at(self.key, h) * up // (1000 * HOUR)),
            )
            for h in range(first, self.pair.hour)
        ]
        if samples:
            self.pair.step("MetricsOracle.report", *self.pair.report(samples))

    def open_lease(self, who: int, units: int, ahead: int, hours: int, limit: int) -> bool:
        arguments = (self.key, units, self.pair.hour + ahead, hours, limit)
        tenant = self.stage.tenants[who]
        return self.act(tenant, self.stage.market, "lease", arguments, self.world.market.lease)

    def settle_lease(self, lease_id: int) -> None:
        market = self.world.market
        self.call(
            self.stage.stranger,
            self.stage.market,
            "settle",
            (lease_id,),
            lambda: market.settle(lease_id),
        )

    def give_tokens(self, to: int, part: int) -> None:
        """Tokens leave the operator in whole parts, so that holders really hold something."""
        self.give_to(self.pair.people[to].address, part)

    def give_to(self, holder: str, part: int) -> None:
        """The same, to any account."""
        operator, share = self.pair.operator, self.world.token(self.key)
        amount = share.balance_of(operator.address) * part // Q // UNIT * UNIT
        self.act(operator, self.pair.token, "transfer", (holder, amount), share.transfer)

    def send(self, frm: int, to: int, part: int, edge: int) -> None:
        """Somebody sends a part of its tokens, or more than it has."""
        sender, receiver = self.pair.people[frm], self.pair.people[to].address
        share = self.world.token(self.key)
        amount = near(share.balance_of(sender.address), part, edge)
        self.act(sender, self.pair.token, "transfer", (receiver, amount), share.transfer)

    def free(self, start: int, hours: int) -> int:
        """Units open to bookings in every hour of a stretch."""
        peak = self.world.market.peak_booked(self.key, start, start + hours)
        return max(0, self.world.registry.cluster_of(self.key).sellable - peak)

    def backed(self, start: int, hours: int) -> int:
        """Units that the bond stands behind besides those booked; all where there is none."""
        bond = self.world.registry.cluster_of(self.key).terms.service.bond
        if bond == 0:
            return MAX
        market = self.world.market
        bonded = market.book_of(self.key).bond // (bond * LEDGER_SCALE)
        return max(0, bonded - market.peak_booked(self.key, start, start + hours))

    def post(self, amount: int) -> None:
        """The operator posts a bond."""
        market = self.world.market
        self.act(
            self.pair.operator, self.stage.market, "postBond", (self.key, amount), market.post_bond
        )

    def distribute(self) -> None:
        router = self.world.router
        self.anyone(self.stage.router, "accrueAndDistribute", router.accrue_and_distribute)

    def accrue(self) -> None:
        self.anyone(self.stage.market, "accrue", self.world.market.accrue)

    def ahead(self, seconds: int) -> World:
        """The model as it would be so many seconds later, all distributed that can be."""
        world = copy.deepcopy(self.world)
        world.now = self.pair.now + seconds
        world.router.accrue_and_distribute(self.key)
        return world

    # What must hold

    @invariant()
    def chain_and_model_agree(self) -> None:
        """[APART-2]"""
        if hasattr(self, "pair"):
            self.agreed = False
            self.pair.compare()
            self.agreed = True

    @invariant()
    def the_design_holds(self) -> None:
        """[CAL-2, ACC-3, ACC-15, REG-1]"""
        if not hasattr(self, "pair"):
            return
        # A coin that does as it likes can leave the claims in it short; in it alone.
        hostile = self.world.coins.pop(self.pair.hostile.address)
        try:
            invariants.check_all(self.world)
        finally:
            self.world.coins[hostile.address] = hostile


class TimeRules(Machine):
    """Time passes; hours are accrued."""

    calls: Reach = ("LeaseMarket.accrue",)

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

    @rule()
    def accrue(self) -> None:
        self.anyone(self.stage.market, "accrue", self.world.market.accrue)
