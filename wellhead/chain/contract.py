"""Contracts over raw JSON-RPC: calls and transactions, with events and custom errors decoded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from eth_abi.abi import encode
from eth_utils.address import to_checksum_address

from wellhead import toolchain
from wellhead.chain.abi import (
    Event,
    Function,
    canonical_type,
    decode_error,
    decode_log,
    event_kinds,
    events_of,
    functions_of,
    kind_of,
    topic_of,
)
from wellhead.chain.accounts import Account, MaybeSent, unsure_of
from wellhead.chain.answers import is_bytes, is_receipt
from wellhead.chain.logs import scan
from wellhead.chain.rpc import NodeUnreachable, Rpc, RpcError

#: Gas for a transaction that is sent without an estimate: just below anvil's block limit.
GAS_CEILING = 29_000_000
#: Calls in one request.
BATCH = 100


class Reverted(Exception):  # noqa: N818
    """A call or transaction reverted. `name` is the custom error's, or "Error", "Panic", "" . Of a
    transaction that is mined, and of which the node does not say why it failed, `untold` is the
    hash."""

    def __init__(self, data: bytes, gas_used: int | None = None, untold: str | None = None) -> None:
        self.data = data
        self.gas_used = gas_used
        self.name, self.arguments = decode_error(data)
        if untold is not None:
            told = f"transaction {untold} is mined and failed, and the node does not say why"
            self.name, self.arguments = "Error", {"message": told}
        listed = ", ".join(str(value) for value in self.arguments.values())
        super().__init__(f"{self.name or 'reverted without data'}({listed})")


@dataclass(frozen=True)
class Receipt:
    """A mined transaction."""

    hash: str
    block: int
    gas_used: int
    contract_address: str | None
    events: tuple[Event, ...]

    def event(self, name: str) -> Event:
        """The only event of this name."""
        (found,) = self.all(name)
        return found

    def all(self, name: str) -> list[Event]:
        return [event for event in self.events if event.name == name]


class Contract:
    """A deployed contract: `c.call("balanceOf", a)`, `c.send("transfer", a, 1, sender=account)`."""

    def __init__(self, rpc: Rpc, name: str, address: str) -> None:
        self.rpc = rpc
        self.name = name
        self.address = to_checksum_address(address)

    @cached_property
    def functions(self) -> dict[str, Function]:
        """Functions by name; an overloaded one by its signature, e.g. `f(uint256,bytes)`."""
        return functions_of(self.name)

    def call(
        self, function: str, *arguments: Any, sender: str | None = None, block: int | None = None
    ) -> Any:
        """Ask, at the latest block or another."""
        asked = self.functions[function]
        try:
            answer = self.rpc("eth_call", self._transaction(asked, arguments, sender), _at(block))
        except RpcError as error:
            raise _reverted(error) from error
        return asked.decode(bytes.fromhex(answer[2:]))

    def call_many(
        self, calls: Sequence[tuple[str, Sequence[Any]]], block: int | None = None
    ) -> list[Any]:
        """Ask several things, `BATCH` in a request."""
        asked = [(self.functions[name], arguments) for name, arguments in calls]
        bodies = [("eth_call", [self._transaction(f, a, None), _at(block)]) for f, a in asked]
        answers: list[Any] = []
        try:
            for first in range(0, len(bodies), BATCH):
                answers += self.rpc.batch(bodies[first : first + BATCH])
        except RpcError as error:
            raise _reverted(error) from error
        return [f.decode(bytes.fromhex(r[2:])) for (f, _), r in zip(asked, answers, strict=True)]

    def send(
        self, function: str, *arguments: Any, sender: Account, gas: int | None = GAS_CEILING
    ) -> Receipt:
        """Send a transaction and wait for it. With `gas=None` the node estimates first, so that
        what would revert is never sent."""
        body = self._transaction(self.functions[function], arguments, sender.address)
        return transact(self.rpc, body, sender, gas, self.name)

    def estimate(self, function: str, *arguments: Any, sender: str) -> int:
        """Gas that a transaction would need, or Reverted."""
        return _estimate(self.rpc, self._transaction(self.functions[function], arguments, sender))

    def events(
        self,
        name: str,
        from_block: int = 0,
        to_block: int | None = None,
        indexed: Sequence[int | str | None] = (),
    ) -> list[Event]:
        """All logs of one event of this contract; `indexed` names values of its indexed fields, in
        their order, None for any."""
        topic = next(t for t, e in events_of(self.name).items() if e["name"] == name)
        last = self.rpc.integer("eth_blockNumber") if to_block is None else to_block
        topics = [topic, *(None if value is None else topic_of(value) for value in indexed)]
        logs = scan(self.rpc, [self.address], topics, from_block, last)
        return [event for log in logs if (event := decode_log(log)) is not None]

    def _transaction(
        self, function: Function, arguments: Sequence[Any], sender: str | None
    ) -> dict[str, Any]:
        body = {"to": self.address, "data": function.encode(arguments)}
        if sender is not None:
            body["from"] = sender
        return body


def deploy_contract(
    rpc: Rpc, name: str, arguments: Sequence[Any], sender: Account, gas: int | None = GAS_CEILING
) -> tuple[Contract, Receipt]:
    """Deploy a compiled contract."""
    artifact = toolchain.artifacts()[name]
    constructor: dict[str, Any] = next(
        (e for e in artifact["abi"] if e["type"] == "constructor"), {"inputs": []}
    )
    types = [canonical_type(i) for i in constructor["inputs"]]
    data = artifact["bytecode"] + encode(types, list(arguments)).hex()
    receipt = transact(rpc, {"data": data, "from": sender.address}, sender, gas)
    if receipt.contract_address is None:
        raise RuntimeError(f"deploying {name} returned no address")
    return Contract(rpc, name, receipt.contract_address), receipt


def transact(
    rpc: Rpc, body: dict[str, Any], sender: Account, gas: int | None, kind: str | None = None
) -> Receipt:
    """Send, wait, and raise Reverted with the revert's own data if it failed.

    Whoever is called on the way, a lease's receiver for one, may say what it likes. So of what a
    contract of this `kind` declares counts only what the one that is called said itself.
    """
    limit = gas if gas is not None else _estimate(rpc, body) * 5 // 4
    try:
        mined = sender.transact(rpc, {**body, "gas": hex(limit)})
    except RpcError as error:
        if error.data is None:
            raise
        raise _reverted(error) from error
    if not is_receipt(mined):
        raise MaybeSent("the node's receipt can not be read", unsure_of(sender.address))
    gas_used = int(mined["gasUsed"], 16)
    if int(mined["status"], 16) != 1:
        raise _failed(rpc, mined["transactionHash"], gas_used)
    own = event_kinds(kind) if kind is not None else frozenset()
    said = ((kind_of(log), decode_log(log)) for log in mined["logs"])
    return Receipt(
        hash=mined["transactionHash"],
        block=int(mined["blockNumber"], 16),
        gas_used=gas_used,
        contract_address=mined.get("contractAddress"),
        events=tuple(
            event
            for which, event in said
            if event is not None and (which not in own or event.address == body["to"])
        ),
    )


def _at(block: int | None) -> str:
    return "latest" if block is None else hex(block)


def _estimate(rpc: Rpc, body: dict[str, Any]) -> int:
    try:
        return rpc.integer("eth_estimateGas", body)
    except RpcError as error:
        raise _reverted(error) from error


def _reverted(error: RpcError) -> Exception:
    if error.data is None and "revert" not in error.message.lower():
        return error
    return Reverted(bytes.fromhex((error.data or "0x")[2:]))


def _failed(rpc: Rpc, transaction: str, gas_used: int) -> Reverted:
    """Why a mined transaction failed, as far as the node tells: few let anybody trace."""
    try:
        frame = rpc("debug_traceTransaction", transaction, {"tracer": "callTracer"})
    except (RpcError, NodeUnreachable):
        return Reverted(b"", gas_used, transaction)
    output = frame.get("output") if isinstance(frame, dict) else None
    return Reverted(bytes.fromhex(output[2:]) if is_bytes(output) else b"", gas_used)
