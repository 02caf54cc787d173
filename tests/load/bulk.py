"""Sending very many transactions: full blocks of them, from anybody, each checked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from wellhead.chain import Contract, Rpc

#: What a block is filled up to, by the transactions' own limits.
BLOCK_GAS = 29_500_000


@dataclass(frozen=True, slots=True)
class Call:
    """A transaction to be sent with at most so much gas."""

    sender: str
    to: str
    data: str
    gas: int


def call(contract: Contract, function: str, *arguments: Any, sender: str, gas: int) -> Call:
    data = contract.functions[function].encode(arguments)
    return Call(sender, contract.address, data, gas)


def plain(contract: Contract, function: str, *words: int, sender: str, gas: int) -> Call:
    """The same for arguments of a word each, much faster."""
    listed = b"".join(word.to_bytes(32, "big") for word in words)
    data = (contract.functions[function].selector + listed).hex()
    return Call(sender, contract.address, f"0x{data}", gas)


def joined(contract: Contract, function: str, values: Sequence[Any], sender: str, gas: int) -> Call:
    """One `multicall` for many values of one function's only argument."""
    asked = contract.functions[function]
    parts = [bytes.fromhex(asked.encode([value])[2:]) for value in values]
    return call(contract, "multicall", parts, sender=sender, gas=gas * len(parts) + 100_000)


@dataclass
class Tally:
    """What was mined: transactions, and their gas."""

    count: int = 0
    gas: int = 0
    most: int = 0

    def add(self, gas: int) -> None:
        self.count += 1
        self.gas += gas
        self.most = max(self.most, gas)


@dataclass
class Bulk:
    """Sends into blocks of its own. Who sends here must send nowhere else meanwhile."""

    rpc: Rpc
    blocks: int = 0
    _nonces: dict[str, int] = field(default_factory=dict)

    def send(self, calls: Iterable[Call]) -> Tally:
        """All of them in as few blocks as hold them; AssertionError unless all succeed."""
        tally = Tally()
        for part in _blocks(calls):
            for receipt in self.block(part):
                tally.add(int(receipt["gasUsed"], 16))
        return tally

    def block(self, calls: Sequence[Call], at: int | None = None) -> list[dict[str, Any]]:
        """One block, of time `at` if one is given; its receipts."""
        self._learn({each.sender for each in calls})
        self.rpc("evm_setAutomine", False)
        try:
            sent = self.rpc.batch([("eth_sendTransaction", [self._body(each)]) for each in calls])
            self.rpc("evm_mine", *([] if at is None else [at]))
        finally:
            self.rpc("evm_setAutomine", True)
        self.blocks += 1
        mined: list[dict[str, Any]] = self.rpc("eth_getBlockReceipts", "latest")
        assert len(mined) == len(sent), f"{len(mined)} of {len(sent)} transactions were mined"
        failed = [receipt["transactionHash"] for receipt in mined if receipt["status"] != "0x1"]
        assert not failed, f"{len(failed)} of {len(sent)} transactions failed"
        return mined

    def forget(self) -> None:
        """The senders have sent elsewhere, or the chain was put back."""
        self._nonces.clear()

    def _learn(self, senders: set[str]) -> None:
        new = sorted(senders - self._nonces.keys())
        asked = [("eth_getTransactionCount", [who, "latest"]) for who in new]
        for who, nonce in zip(new, self.rpc.batch(asked), strict=True):
            self._nonces[who] = int(nonce, 16)

    def _body(self, each: Call) -> dict[str, str]:
        nonce = self._nonces[each.sender]
        self._nonces[each.sender] = nonce + 1
        return {
            "from": each.sender,
            "to": each.to,
            "data": each.data,
            "gas": hex(each.gas),
            "gasPrice": "0x0",
            "nonce": hex(nonce),
        }


def _blocks(calls: Iterable[Call]) -> Iterator[list[Call]]:
    part: list[Call] = []
    room = BLOCK_GAS
    for each in calls:
        if part and each.gas > room:
            yield part
            part, room = [], BLOCK_GAS
        part.append(each)
        room -= each.gas
    if part:
        yield part
