"""Leases are extended, cancelled, split, lent and suspended."""

from __future__ import annotations

import copy
from collections.abc import Callable

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tests.property.machine.base import Reach, edges, near, parts, people, tenants
from tests.property.machine.leases import LeaseRules
from tests.support.stage import EVIDENCE, HOUR, MAX, Q
from wellhead.chain import UnlockedAccount

#: Where to cut a lease: hours from one of its edges, or a part of it.
cuts = st.tuples(st.sampled_from(["start", "now", "end", "part"]), st.integers(-1, 2), parts)
strangers = st.sampled_from([False, False, False, True])


class LifecycleRules(LeaseRules):
    """Mostly owners, sometimes somebody else; the operator for suspensions."""

    calls: Reach = (
        "LeaseMarket.extend",
        "LeaseMarket.cancel",
        "LeaseMarket.splitUnits",
        "LeaseMarket.splitHours",
        "LeaseMarket.setUser",
        "LeaseMarket.noticeSuspension",
        "LeaseMarket.suspend",
        "LeaseMarket.liftSuspension",
    )

    @precondition(lambda self: self.world.market.leases)
    @rule(
        data=st.data(),
        hours=st.one_of(st.integers(1, 6), st.integers(0, 97)),
        bound=st.sampled_from([MAX, MAX, 0]),
        is_strange=strangers,
    )
    def extend(self, data: st.DataObject, hours: int, bound: int, is_strange: bool) -> None:
        lease_id, sender = self._pick(data, is_strange)
        market = self.world.market
        self.act(sender, self.stage.market, "extend", (lease_id, hours, bound), market.extend)

    @precondition(lambda self: self.world.market.leases)
    @rule(data=st.data(), cut=cuts, least=st.sampled_from([0, 0, 0, MAX]), is_strange=strangers)
    def cancel(
        self, data: st.DataObject, cut: tuple[str, int, int], least: int, is_strange: bool
    ) -> None:
        lease_id, sender = self._pick(data, is_strange)
        arguments = (lease_id, self._hour(lease_id, cut), least)
        self.act(sender, self.stage.market, "cancel", arguments, self.world.market.cancel)

    @precondition(lambda self: self.world.market.leases)
    @rule(data=st.data(), part=parts, edge=edges, is_strange=strangers)
    def split_units(self, data: st.DataObject, part: int, edge: int, is_strange: bool) -> None:
        lease_id, sender = self._pick(data, is_strange)
        units = near(self.world.market.leases[lease_id].units, part, edge)
        market = self.world.market
        self.act(sender, self.stage.market, "splitUnits", (lease_id, units), market.split_units)

    @precondition(lambda self: self.world.market.leases)
    @rule(data=st.data(), cut=cuts, is_strange=strangers)
    def split_hours(self, data: st.DataObject, cut: tuple[str, int, int], is_strange: bool) -> None:
        lease_id, sender = self._pick(data, is_strange)
        arguments = (lease_id, self._hour(lease_id, cut))
        market = self.world.market
        self.act(sender, self.stage.market, "splitHours", arguments, market.split_hours)

    @precondition(lambda self: self.world.market.leases)
    @rule(
        data=st.data(),
        user=people,
        cut=cuts,
        seconds=st.sampled_from([0, 0, 1, -1]),
        by_user=st.booleans(),
    )
    def set_user(
        self, data: st.DataObject, user: int, cut: tuple[str, int, int], seconds: int, by_user: bool
    ) -> None:
        lease_id, sender = self.draw_lease(data)
        if by_user:
            current = self.world.market.user_of(lease_id)
            sender = next((p for p in self.pair.people if p.address == current), sender)
        until = self._hour(lease_id, cut) * HOUR + seconds
        arguments = (lease_id, self.pair.people[user].address, until)
        self.act(sender, self.stage.market, "setUser", arguments, self.world.market.set_user)

    @precondition(lambda self: self.world.market.leases)
    @rule(
        data=st.data(),
        name=st.sampled_from(["noticeSuspension", "suspend", "suspend", "liftSuspension"]),
        is_strange=strangers,
    )
    def suspend(self, data: st.DataObject, name: str, is_strange: bool) -> None:
        lease_id, _ = self.draw_lease(data)
        market = self.world.market
        models: dict[str, Callable[..., None]] = {
            "noticeSuspension": market.notice_suspension,
            "suspend": market.suspend,
            "liftSuspension": market.lift_suspension,
        }
        arguments = (lease_id, EVIDENCE) if name == "noticeSuspension" else (lease_id,)
        sender = self.stage.stranger if is_strange else self.pair.operator
        self.act(sender, self.stage.market, name, arguments, models[name])

    @rule(
        who=tenants,
        part=parts,
        ahead=st.integers(1, 100),
        hours=st.integers(1, 96),
        times=st.integers(1, 3),
    )
    def cancel_decoys(self, who: int, part: int, ahead: int, hours: int, times: int) -> None:
        """Many hours to come are booked, and sold back at once. Of what that earns nobody has
        anything at once: all but what is rounded vests, however long something else has waited."""
        market, tenant, key = self.world.market, self.stage.tenants[who], self.key
        without = copy.deepcopy(self.world)
        for _ in range(times):
            start = self.pair.hour + ahead
            units = min(near(self.free(start, hours), part, 0), self.backed(start, hours))
            if self.open_lease(who, units, ahead, hours, MAX):
                asked = (market.lease_count, start, 0)
                self.act(tenant, self.stage.market, "cancel", asked, market.cancel)
        self.distribute()
        without.now = self.world.now
        without.router.accrue_and_distribute(key)
        cash, less = self.world.token(key).cash, without.token(key).cash
        # A unit of each floor, and the step of the index that they may complete.
        supply = self.world.token(key).total_supply()
        gained = (cash.index - less.index) * supply
        assert gained <= ((2 * times + 2) << cash.shift) + supply

    @rule(who=tenants, units=st.integers(1, 4), hours=st.integers(2, 8), extra=st.integers(1, 6))
    def live_through_changes(self, who: int, units: int, hours: int, extra: int) -> None:
        """A lease that is extended, split both ways and shortened, and then settled: often enough
        that its hours become final."""
        world, market = self.world, self.stage.market
        tenant = self.stage.tenants[who]
        if not self.open_lease(who, 2 * units, 0, hours, MAX):
            return
        lease_id = world.market.lease_count
        self.act(tenant, market, "extend", (lease_id, extra, MAX), world.market.extend)
        self.act(tenant, market, "splitUnits", (lease_id, units), world.market.split_units)
        at = self.pair.hour + 1 + hours // 2
        self.act(tenant, market, "splitHours", (lease_id, at), world.market.split_hours)
        last = world.market.lease_count
        self.act(tenant, market, "cancel", (last, at + 1, 0), world.market.cancel)
        self.live_hours(hours + extra, Q // 2)
        for number in (lease_id, lease_id + 1, last):
            self.settle_lease(number)

    def _pick(self, data: st.DataObject, is_strange: bool) -> tuple[int, UnlockedAccount]:
        lease_id, owner = self.draw_lease(data)
        return lease_id, self.stage.stranger if is_strange else owner

    def _hour(self, lease_id: int, cut: tuple[str, int, int]) -> int:
        edge, offset, part = cut
        lease = self.world.market.lease_of(lease_id)
        at = {
            "start": lease.start,
            "now": self.pair.hour + 1,
            "end": lease.end,
            "part": lease.start + (lease.end - lease.start) * part // Q,
        }[edge]
        return at + offset
