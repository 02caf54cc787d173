"""Putting a relay's calls on chain, once each, whatever happens on the way.

An order is in the journal before its transaction is signed, and its signed transaction before that
is sent. It leaves the journal when it is as deep in the chain as the terms ask, or when the chain
has no use for it any more: then somebody else was faster.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from wellhead.chain import (
    Account,
    Contract,
    Deployment,
    Receipt,
    Reverted,
    RpcError,
    UnlockedAccount,
)
from wellhead.chain.abi import decode_log
from wellhead.chain.journal import Entry
from wellhead.chain.keys import ExternalSigner
from wellhead.chain.transactions import Clock, Courier, NonceTaken, Terms, Unrooted
from wellhead.oracle.relay.journal import Journal, Kind, Order

#: Looks in a row at which the node may not know the account's latest transactions.
_TIMES_BEHIND = 10
_PAUSE = 1.0


class Desk:
    """Sends one account's orders, one after the other."""

    def __init__(
        self,
        deployment: Deployment,
        account: Account,
        terms: Terms,
        journal: Journal,
        *,
        say: Callable[[str], None],
        warn: Callable[[str], None],
        clock: Clock,
    ) -> None:
        self.journal = journal
        self.address = account.address
        self._deployment = deployment
        self._rpc = deployment.rpc
        self._terms = terms
        self._say = say
        self._warn = warn
        self._clock = clock
        sender: Any = account
        if isinstance(account, UnlockedAccount):
            sender = ExternalSigner(self._rpc, account.address)
        self._courier = Courier(
            self._rpc,
            sender,
            terms,
            chain_id=deployment.chain_id,
            start_block=deployment.block,
            save=journal.save,
            say=say,
            clock=clock,
        )

    def resume(self) -> list[Order]:
        """Finish what an earlier run left; the orders that are sure now."""
        left = list(self.journal.orders)
        if left:
            self._say(f"not sure yet since an earlier run: {', '.join(o.label for o in left)}")
            self.settle()
        return [order for order in left if order.entry.mined is not None]

    def post(
        self,
        kind: Kind,
        label: str,
        contract: Contract,
        function: str,
        *arguments: Any,
        cluster: int | None = None,
    ) -> Receipt | None:
        """Send a call and wait until it is mined; None when the chain has no use for it."""
        calldata = contract.functions[function].encode(arguments)
        entry = Entry(label, self._courier.nonce("pending"))
        order = Order(kind, contract.address, calldata, entry, cluster)
        if not self._is_useful(order):
            return None
        self.journal.orders.append(order)
        self.journal.save()
        return self._deliver(order)

    def settle(self) -> None:
        """Wait until everything is deep enough in the chain; what a reorganisation lost is sent
        again."""
        self._forget_what_is_lost()
        while self.journal.orders:
            for order in list(self.journal.orders):
                if order.entry.mined is None:
                    self._deliver(order)
            last = max((order.entry.block or 0 for order in self.journal.orders), default=0)
            self._courier.wait_for_block(last + self._terms.confirmations - 1)
            if not self._forget_what_is_lost():
                self.journal.orders.clear()
                self.journal.save()

    def balance(self) -> int:
        """The account's, wei."""
        return self._rpc.integer("eth_getBalance", self.address, "latest")

    def _deliver(self, order: Order) -> Receipt | None:
        entry, behind = order.entry, 0
        while True:
            if not self._is_known(entry) and not self._is_useful(order):
                self._drop(order)
                return None
            try:
                mined = self._courier.deliver(entry, order)
                break
            except NonceTaken as error:
                self._say(f"{order.label}: {error}; taking the next one")
                self._renumber(entry, "pending")
            except Unrooted:
                behind += 1
                if behind > _TIMES_BEHIND:
                    self._say(f"{order.label}: nonce {entry.nonce} can not be reached")
                    self._renumber(entry, "latest")
                self._clock.sleep(_PAUSE)
            except Reverted as error:
                # A first version may just have been mined, and made the second one useless.
                found = self._courier.receipt_of(entry, order) if entry.sent else None
                if found is None:
                    self._warn(f"{order.label}: the chain would refuse it now ({error})")
                    self._drop(order)
                    return None
                mined = found
                break
        if mined["status"] != "0x1":
            self._warn(f"{order.label}: transaction {mined['transactionHash']} failed on chain")
            self._drop(order)
            return None
        return self._noted(order, mined)

    def _noted(self, order: Order, mined: dict[str, Any]) -> Receipt:
        entry = order.entry
        entry.mined = str(mined["transactionHash"])
        entry.block = int(mined["blockNumber"], 16)
        gas = int(mined["gasUsed"], 16)
        if order.kind == "report":
            self.journal.last_cost = gas * int(mined.get("effectiveGasPrice", "0x0"), 16)
        self.journal.save()
        self._say(f"{order.label}: mined in block {entry.block}")
        events = tuple(event for log in mined["logs"] if (event := decode_log(log)) is not None)
        return Receipt(entry.mined, entry.block, gas, None, events)

    def _drop(self, order: Order) -> None:
        self.journal.orders.remove(order)
        self.journal.save()

    def _renumber(self, entry: Entry, after: str) -> None:
        entry.nonce, entry.sent = self._courier.nonce(after), []
        self.journal.save()

    def _is_known(self, entry: Entry) -> bool:
        """Whether the node has seen any version of the transaction, mined or not."""
        found = (self._rpc("eth_getTransactionByHash", hashed) for hashed in entry.hashes)
        return any(one is not None for one in found)

    def _is_useful(self, order: Order) -> bool:
        """Whether the call would still change anything."""
        body = {"from": self.address, "to": order.to, "data": order.calldata}
        try:
            answer = int(self._rpc("eth_call", body, "latest")[:66], 16)
        except ValueError:
            return True  # it returns nothing
        except RpcError as error:
            if error.data is None and "revert" not in error.message.lower():
                raise
            reason = Reverted(bytes.fromhex((error.data or "0x")[2:]))
            self._say(f"{order.label}: not sent, the chain would refuse it ({reason})")
            return False
        if order.kind == "accrue":
            return answer > int(self._deployment.market.call("booksOf", order.cluster)["cursor"])
        if order.kind == "report" and not answer:
            self._say(f"{order.label}: not sent, all of it is recorded already")
            return False
        return True

    def _forget_what_is_lost(self) -> bool:
        """Note which transactions the chain does not have (any more), or has elsewhere now; True
        if there are any."""
        changed = False
        for order in self.journal.orders:
            entry = order.entry
            if entry.mined is None:
                changed = True
                continue
            receipt = self._rpc("eth_getTransactionReceipt", entry.mined)
            if receipt is None or receipt["status"] != "0x1":
                self._say(f"{order.label}: {entry.mined} is not on the chain any more")
                entry.mined, entry.block, changed = None, None, True
            elif entry.block != int(receipt["blockNumber"], 16):
                entry.block, changed = int(receipt["blockNumber"], 16), True
        if changed:
            self.journal.save()
        return changed
