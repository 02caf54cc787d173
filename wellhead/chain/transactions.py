"""Putting one transaction on a live chain, whatever happens to it on the way.

A transaction has its nonce from the plan. So however often it is sent, replaced or sent again
after it was dropped or forgotten in a reorganisation, it takes effect at most once.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from wellhead.chain.accounts import NotMined, require_chain, transaction_hash
from wellhead.chain.contract import Reverted
from wellhead.chain.fees import Caps, Offer, base_fee, first_offer, raised, show_gwei
from wellhead.chain.journal import Entry, Sent
from wellhead.chain.rpc import NodeUnreachable, Rpc, RpcError

#: Polls that may fail in a row before the node counts as gone.
_MISSES = 5
#: Polls in a row that must say the same before a transaction counts as dropped, or its nonce as
#: taken: behind one address there may be several nodes, some behind.
_STRIKES = 3
_SHORTEST, _LONGEST = 0.1, 3.0

_ALREADY_THERE = ("already known", "already imported", "known transaction")
#: Nothing is lost: the next look at the chain and the pool says what to do.
_OVERTAKEN = ("nonce too low", "underpriced", "already been used", "less than block base fee")


class Sender(Protocol):
    """Who signs. `sign_transaction` gives None when the signer only sends by itself."""

    @property
    def address(self) -> str: ...

    def sign_transaction(self, body: dict[str, Any]) -> bytes | None: ...


class Step(Protocol):
    """What a transaction does: a call, or a creation, which goes to nobody."""

    @property
    def to(self) -> str | None: ...

    def data(self) -> str: ...


class Clock:
    """Time as it passes here; tests have another."""

    def now(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


@dataclass(frozen=True)
class Terms:
    """How transactions are sent: what they may cost, when they are replaced, how long a
    transaction or a lower base fee is waited for, and how many blocks make it sure."""

    caps: Caps
    confirmations: int = 5
    replace_after: float = 120.0
    patience: float = 3600.0


class NonceTaken(Exception):  # noqa: N818
    """Another transaction of the same account was mined with a step's nonce. It is not certain
    when the other one was not found: the node may be behind."""

    def __init__(self, entry: Entry, *, certain: bool) -> None:
        super().__init__(f"nonce {entry.nonce} was used by another transaction")
        self.certain = certain


class Unrooted(Exception):  # noqa: N818
    """Transactions with smaller nonces are not on the chain (any more): this one can not be."""


class Courier:
    """Sends the transactions of one account, one after the other, on one chain and no other."""

    def __init__(
        self,
        rpc: Rpc,
        sender: Sender,
        terms: Terms,
        *,
        chain_id: int,
        start_block: int,
        save: Callable[[], None],
        say: Callable[[str], None],
        clock: Clock,
    ) -> None:
        self.rpc = rpc
        self.sender = sender
        self.terms = terms
        self._start_block = start_block
        self._save = save
        self._say = say
        self._clock = clock
        self._told: set[str] = set()
        self._chain_id = chain_id
        require_chain(rpc, chain_id)

    def deliver(self, entry: Entry, step: Step) -> dict[str, Any]:
        """The receipt of the step's transaction, which is sent if it was not."""
        began = since = self._clock.now()
        strikes = misses = gaps = takes = 0
        pause = _SHORTEST
        while True:
            try:
                receipt = self.receipt_of(entry, step)
                if receipt is not None:
                    return receipt
                gaps = gaps + 1 if self.nonce("latest") < entry.nonce else 0
                if gaps >= _STRIKES:
                    raise Unrooted
                if gaps:
                    pass  # the node may only be behind
                elif not entry.sent:
                    self._send(entry, step, self._offer())
                    since = self._clock.now()
                elif self._is_pending(entry):
                    strikes = 0
                    if self._clock.now() - since >= self.terms.replace_after:
                        self._replace(entry, step)
                        since = self._clock.now()
                elif (strikes := strikes + 1) >= _STRIKES:
                    self._send_again(entry, step)
                    since, strikes = self._clock.now(), 0
                misses = takes = 0
            except NonceTaken as error:
                takes += 1
                if error.certain or takes >= _STRIKES:
                    raise
            except NodeUnreachable:
                misses += 1
                if misses >= _MISSES:
                    raise
                pause = _LONGEST
            if self._clock.now() - began > self.terms.patience:
                raise NotMined(entry.hashes[-1] if entry.hashes else "?", self.terms.patience)
            self._clock.sleep(pause)
            pause = min(pause * 1.5, _LONGEST)

    def receipt_of(self, entry: Entry, step: Step) -> dict[str, Any] | None:
        """The receipt if it is mined; NonceTaken when it never can be."""
        used = self.nonce("latest")
        for hashed in reversed(entry.hashes):
            receipt: dict[str, Any] | None = self.rpc("eth_getTransactionReceipt", hashed)
            if receipt is not None:
                return receipt
        if used <= entry.nonce:
            return None
        mined = self._mined_with(entry.nonce)
        if mined is None or mined["input"] != step.data() or not _same(mined["to"], step.to):
            raise NonceTaken(entry, certain=mined is not None)
        adopted: dict[str, Any] = self.rpc("eth_getTransactionReceipt", mined["hash"])
        return adopted

    def wait_for_block(self, number: int) -> None:
        """Wait until the chain has a block of this number."""
        began, said, pause = self._clock.now(), False, _SHORTEST
        while (head := self.rpc.integer("eth_blockNumber")) < number:
            if not said:
                self._say(f"waiting for block {number}, {number - head} after the latest one")
                said = True
            if self._clock.now() - began > self.terms.patience:
                raise NotMined(f"after block {head}", self.terms.patience)
            self._clock.sleep(pause)
            pause = min(pause * 1.5, _LONGEST)

    def nonce(self, when: str) -> int:
        """How many transactions of the sender count, "latest" or "pending"."""
        return self.rpc.integer("eth_getTransactionCount", self.sender.address, when)

    def _is_pending(self, entry: Entry) -> bool:
        known = (self.rpc("eth_getTransactionByHash", hashed) for hashed in entry.hashes)
        return any(found is not None for found in known) or self.nonce("pending") > entry.nonce

    def _offer(self) -> Offer:
        """What to offer now; waits while the base fee is above the cap."""
        began, said, pause = self._clock.now(), False, _SHORTEST
        while (offer := first_offer(self.rpc, self.terms.caps)) is None:
            if not said:
                self._say(
                    f"the base fee of {show_gwei(base_fee(self.rpc))} and a tip are above the cap "
                    f"of {show_gwei(self.terms.caps.max_fee)}: waiting for it to fall"
                )
                said = True
            if self._clock.now() - began > self.terms.patience:
                raise NotMined("not even sent", self.terms.patience)
            self._clock.sleep(pause)
            pause = min(pause * 1.5, _LONGEST)
        return offer

    def _send(self, entry: Entry, step: Step, offer: Offer) -> None:
        body: dict[str, Any] = {
            "chainId": self._chain_id,
            "nonce": entry.nonce,
            "maxPriorityFeePerGas": offer.tip,
            "maxFeePerGas": offer.max_fee,
            "value": 0,
            "data": step.data(),
            "gas": estimate(self.rpc, self.sender.address, step) * 5 // 4,
        }
        if step.to is not None:
            body["to"] = step.to
        signed = self.sender.sign_transaction(body)
        sent = Sent(None, None, offer.max_fee, offer.tip)
        if signed is not None:
            sent = Sent(transaction_hash(signed), "0x" + signed.hex(), offer.max_fee, offer.tip)
        entry.sent.append(sent)
        self._save()
        if signed is not None:
            self._broadcast(sent)
        else:
            send = self.sender.send  # type: ignore[attr-defined]
            sent.hash = str(send(body))
            self._save()
        self._say(f"{entry.label}: sent {sent.hash} at up to {show_gwei(offer.max_fee)}")

    def _broadcast(self, sent: Sent) -> None:
        try:
            self.rpc("eth_sendRawTransaction", sent.raw)
        except RpcError as error:
            said = error.message.lower()
            if not any(words in said for words in (*_ALREADY_THERE, *_OVERTAKEN)):
                raise

    def _send_again(self, entry: Entry, step: Step) -> None:
        """After it was dropped: the same bytes if their offer still has a chance."""
        last = entry.sent[-1]
        offer = self._offer()
        if last.raw is not None and last.max_fee >= base_fee(self.rpc) + last.tip:
            self._broadcast(last)
            self._say(f"{entry.label}: {last.hash} was dropped; sent it again")
            return
        self._say(f"{entry.label}: {last.hash or 'the transaction'} was dropped")
        self._send(entry, step, offer)

    def _replace(self, entry: Entry, step: Step) -> None:
        last = entry.sent[-1]
        offer = raised(self.rpc, Offer(last.max_fee, last.tip), self.terms.caps)
        if offer is None:
            if entry.label not in self._told:
                self._say(
                    f"{entry.label}: not mined after {self.terms.replace_after:.0f} s, and the fee "
                    "caps leave no room to replace it: waiting"
                )
                self._told.add(entry.label)
            return
        self._say(f"{entry.label}: not mined after {self.terms.replace_after:.0f} s; replacing it")
        self._send(entry, step, offer)

    def _mined_with(self, nonce: int) -> dict[str, Any] | None:
        """The sender's mined transaction with this nonce, if the node can still find it."""
        low, high = self._start_block, self.rpc.integer("eth_blockNumber")
        try:
            while low < high:
                middle = (low + high) // 2
                if self.nonce(hex(middle)) > nonce:
                    high = middle
                else:
                    low = middle + 1
            block = self.rpc("eth_getBlockByNumber", hex(high), True)
        except RpcError:
            return None  # it keeps no old state
        for transaction in block["transactions"]:
            mine = _same(transaction["from"], self.sender.address)
            if mine and int(transaction["nonce"], 16) == nonce:
                found: dict[str, Any] = transaction
                return found
        return None


def estimate(rpc: Rpc, sender: str, step: Step) -> int:
    """Gas that the step needs now, or Reverted."""
    body = {"from": sender, "data": step.data()}
    if step.to is not None:
        body["to"] = step.to
    try:
        # At the latest block: in the pending one an earlier version may have taken effect already,
        # and the estimate for its replacement would be too low.
        return rpc.integer("eth_estimateGas", body, "latest")
    except RpcError as error:
        if error.data is None and "revert" not in error.message.lower():
            raise
        raise Reverted(bytes.fromhex((error.data or "0x")[2:])) from error


def _same(address: str | None, other: str | None) -> bool:
    return (address or "").lower() == (other or "").lower()
