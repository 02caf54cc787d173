"""Leases in the hands of whom tenants approved, and of contracts that answer as they like."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tests.property.machine.base import Reach, people
from tests.property.machine.leases import LeaseRules
from tests.support.payment import encoded
from tests.support.stage import MAX
from wellhead.chain import Contract, UnlockedAccount
from wellhead.model.errors import Revert

#: What a receiver answers: that it takes the lease, or something else.
TAKES, REFUSES = bytes.fromhex("150b7a02"), bytes(4)
SAFE = "safeTransferFrom(address,address,uint256)"
SAFE_WITH_DATA = "safeTransferFrom(address,address,uint256,bytes)"


class ApprovalRules(LeaseRules):
    """Tenants, their agents, and the hostile receiver."""

    calls: Reach = (
        "LeaseMarket.approve",
        "LeaseMarket.setApprovalForAll",
        f"LeaseMarket.{SAFE}",
        f"LeaseMarket.{SAFE_WITH_DATA}",
        "LeaseMarket.cancel",
        "LeaseMarket.extend",
        "LeaseMarket.splitHours",
        "LeaseMarket.splitUnits",
        "TestReceiver.setAnswer",
        "TestReceiver.setCall",
    )

    @precondition(lambda self: self.world.market.leases)
    @rule(data=st.data(), agent=people, by=st.one_of(st.none(), people), takes_back=st.booleans())
    def approve_an_agent(
        self, data: st.DataObject, agent: int, by: int | None, takes_back: bool
    ) -> None:
        """The owner or, sometimes, somebody else."""
        lease_id, owner = self.draw_lease(data)
        sender = owner if by is None else self.pair.people[by]
        account = "0x" + "00" * 20 if takes_back else self.pair.people[agent].address
        market = self.world.market
        self.act(sender, self.stage.market, "approve", (account, lease_id), market.approve)

    @rule(who=people, agent=people, approved=st.sampled_from([True, True, False]))
    def approve_an_agent_for_all(self, who: int, agent: int, approved: bool) -> None:
        arguments = (self.pair.people[agent].address, approved)
        model = self.world.market.set_approval_for_all
        self.act(self.pair.people[who], self.stage.market, "setApprovalForAll", arguments, model)

    @precondition(lambda self: self.world.market.leases)
    @rule(
        data=st.data(),
        agent=people,
        what=st.sampled_from(["transfer", "extend", "cancel", "splitUnits", "splitHours"]),
        ahead=st.integers(1, 20),
        approves=st.sampled_from(["one", "all", "none"]),
    )
    def act_as_an_agent(
        self, data: st.DataObject, agent: int, what: str, ahead: int, approves: str
    ) -> None:
        """Whoever is approved may do what the owner may, and what is due is the owner's."""
        lease_id, owner = self.draw_lease(data)
        sender, market, model = self.pair.people[agent], self.stage.market, self.world.market
        if approves == "one":
            self.act(owner, market, "approve", (sender.address, lease_id), model.approve)
        elif approves == "all":
            given = (sender.address, True)
            self.act(owner, market, "setApprovalForAll", given, model.set_approval_for_all)
        hour = self.pair.hour + ahead
        steps: dict[str, tuple[str, tuple[Any, ...], Callable[..., Any]]] = {
            "transfer": (
                "transferFrom",
                (owner.address, sender.address, lease_id),
                model.transfer_from,
            ),
            "extend": ("extend", (lease_id, ahead, MAX), model.extend),
            "cancel": ("cancel", (lease_id, hour, 0), model.cancel),
            "splitUnits": ("splitUnits", (lease_id, ahead), model.split_units),
            "splitHours": ("splitHours", (lease_id, hour), model.split_hours),
        }
        name, arguments, twin = steps[what]
        self.act(sender, market, name, arguments, twin)

    @precondition(lambda self: self.world.market.leases)
    @rule(
        data=st.data(),
        to=st.one_of(st.none(), st.none(), people),
        takes=st.sampled_from([True, True, False]),
        has_data=st.booleans(),
        what=st.sampled_from(["nothing", "settle", "pass on", "cancel", "steal"]),
        victim=people,
    )
    def transfer_safely(
        self,
        data: st.DataObject,
        to: int | None,
        takes: bool,
        has_data: bool,
        what: str,
        victim: int,
    ) -> None:
        """To a person; or to the receiver, which does something while it is asked."""
        lease_id, owner = self.draw_lease(data)
        receiver = self.pair.receiver if to is None else self.pair.people[to]
        reentry = self._instruct(lease_id, takes, what, self.pair.people[victim].address)
        market = self.world.market

        def model() -> None:
            with self.world.transaction():
                market.transfer_from(owner.address, owner.address, receiver.address, lease_id)
                if receiver is not self.pair.receiver:
                    return
                with suppress(Revert):
                    reentry()
                if not takes:
                    raise Revert("TransferToNonERC721ReceiverImplementer")

        arguments: tuple[Any, ...] = (owner.address, receiver.address, lease_id)
        name = SAFE
        if has_data:
            name, arguments = SAFE_WITH_DATA, (*arguments, b"for you")
        self.call(owner, self.stage.market, name, arguments, model)

    @precondition(lambda self: self.world.market.balance_of(self.pair.receiver.address))
    @rule(to=people)
    def take_back_what_the_receiver_has(self, to: int) -> None:
        market, receiver = self.world.market, self.pair.receiver
        lease_id = next(n for n, lease in market.leases.items() if lease.owner == receiver.address)
        arguments = (receiver.address, self.pair.people[to].address, lease_id)
        self.act(receiver, self.stage.market, "transferFrom", arguments, market.transfer_from)

    def _instruct(self, lease_id: int, takes: bool, what: str, victim: str) -> Callable[[], Any]:
        """What the receiver answers and does, and what that does in the model."""
        stage, world, market = self.stage, self.world, self.stage.market
        contract: Contract = self.pair.receiver_contract
        me, hour = contract.address, self.pair.hour + 1
        calls: dict[str, tuple[Contract, str, tuple[Any, ...], Callable[[], Any]]] = {
            "nothing": (market, "settle", (0,), lambda: world.market.settle(0)),
            "settle": (market, "settle", (lease_id,), lambda: world.market.settle(lease_id)),
            "pass on": (
                market,
                "transferFrom",
                (me, victim, lease_id),
                lambda: world.market.transfer_from(me, me, victim, lease_id),
            ),
            "cancel": (
                market,
                "cancel",
                (lease_id, hour, 0),
                lambda: world.market.cancel(me, lease_id, hour, 0),
            ),
            "steal": (
                stage.vault,
                "charge",
                (stage.cash.address, victim, me, 1),
                lambda: world.vault.charge(me, stage.cash.address, victim, me, 1),
            ),
        }
        target, name, arguments, twin = calls[what]
        call = (target.address, encoded(target, name, *arguments))
        by: UnlockedAccount = stage.stranger
        self.call(by, contract, "setCall", call, lambda: None)
        answer = TAKES if takes else REFUSES
        self.call(by, contract, "setAnswer", (answer,), lambda: None)
        return twin
