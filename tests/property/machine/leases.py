"""Leases are taken, moved and settled."""

from __future__ import annotations

from hypothesis import note
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tests.property.machine.base import HORIZON, Machine, Reach, edges, near, parts, tenants, ups
from tests.support.stage import HOUR, MAX
from wellhead.chain import UnlockedAccount

#: Seconds of an hour that have passed: none, one, all but one, nearly all, or any.
moments = st.one_of(st.sampled_from([0, 1, HOUR - 2, HOUR - 1]), st.integers(0, HOUR - 1))


class LeaseRules(Machine):
    """Tenants, and whoever buys from them."""

    calls: Reach = ("LeaseMarket.transferFrom", "LeaseMarket.updateBase")

    @rule(
        who=tenants,
        part=parts,
        edge=edges,
        ahead=st.one_of(st.integers(0, 3), st.integers(0, HORIZON)),
        hours=st.one_of(st.integers(1, 6), st.integers(0, 97)),
        bound=st.sampled_from([MAX, 0]),
    )
    def lease(self, who: int, part: int, edge: int, ahead: int, hours: int, bound: int) -> None:
        free = self.free(self.pair.hour + ahead, hours)
        units = near(free, part, edge)
        note(f"{units} units of {free} free, {hours} hours, {ahead} ahead, by tenant {who}")
        self.open_lease(who, units, ahead, hours, bound)

    @rule(who=tenants, part=parts, hours=st.integers(1, 24), less=st.sampled_from([0, 1]))
    def lease_at_the_quoted_cost(self, who: int, part: int, hours: int, less: int) -> None:
        """The quote of the block in which the lease is mined is what is charged, to the unit."""
        world, start = self.world, self.pair.hour + 1
        units = min(near(self.free(start, hours), part, 0), self.backed(start, hours))
        tenant = self.stage.tenants[who]
        if units == 0 or world.registry.paused or tenant.address in world.cash.blocked:
            return
        if (self.pair.now + 1) // HOUR == start:
            return  # the block is that of another hour
        coins = min(
            world.cash.balance_of(tenant.address),
            world.cash.allowance(tenant.address, world.vault.address),
        )
        purse = coins + world.vault.claim_of(world.cash.address, tenant.address)
        world.now = self.pair.now + 1
        cost = world.market.quote(self.key, units, start, hours).cost
        went = self.open_lease(who, units, 1, hours, cost - less)
        assert went is (less == 0 and cost <= purse)

    @rule(
        who=tenants,
        part=parts,
        hours=st.integers(1, 4),
        seconds=st.lists(moments, min_size=1, max_size=3, unique=True).map(sorted),
        up=st.one_of(st.none(), ups),
    )
    def lease_late(
        self, who: int, part: int, hours: int, seconds: list[int], up: int | None
    ) -> None:
        """One after the other in the course of an hour, which then is final."""
        hour = self.pair.hour + 1
        for number, second in enumerate(seconds):
            if (left := hour * HOUR + second - 1 - self.pair.now) > 0:
                self.pair.wait(left)
            units = near(self.free(hour, hours), part, 0)
            self.open_lease((who + number) % 4, units, hour - self.pair.hour, hours, MAX)
        if up is not None:
            self.live_hours(1, up)
            self.accrue()

    @precondition(lambda self: self.world.market.leases)
    @rule(data=st.data(), to=tenants)
    def transfer_lease(self, data: st.DataObject, to: int) -> None:
        lease_id, seller = self.draw_lease(data)
        arguments = (seller.address, self.stage.tenants[to].address, lease_id)
        market = self.world.market
        self.act(seller, self.stage.market, "transferFrom", arguments, market.transfer_from)

    @rule(data=st.data())
    def settle(self, data: st.DataObject) -> None:
        """Also of a lease that is not, or no longer, there."""
        self.settle_lease(data.draw(st.integers(1, self.world.market.lease_count + 1)))

    @rule()
    def update_base(self) -> None:
        self.anyone(self.stage.market, "updateBase", self.world.market.update_base)

    def draw_lease(self, data: st.DataObject) -> tuple[int, UnlockedAccount]:
        """A lease that there is, and its owner."""
        leases = self.world.market.leases
        lease_id = data.draw(st.sampled_from(sorted(leases)))
        return lease_id, self.pair.who(leases[lease_id].owner)
