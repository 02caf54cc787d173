"""Asking a chain for very much, very often."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tests.support.values import plain
from wellhead.chain import Contract, Rpc

#: Calls of one request, which must not be longer than the node reads: after months of a history
#: there can be more.
MOST = 4_000

Call = tuple[Contract, str, tuple[Any, ...]]
Expected = list[tuple[Call, Any]]
Key = tuple[str, str, tuple[Any, ...]]


def key_of(call: Call) -> Key:
    """What is asked, and of which address."""
    contract, function, arguments = call
    return contract.address, function, arguments


class Asker:
    """One request for all calls, if they are not too many, which the node makes one after the
    other: in a batch it would hand each to a thread, for several times the price. How a call is
    encoded, and what its last answer means, is kept: most of what is asked after a step has not
    changed."""

    def __init__(self, rpc: Rpc) -> None:
        self._rpc = rpc
        self._requests: dict[Key, dict[str, str]] = {}
        self._answers: dict[Key, tuple[str, Any]] = {}

    def ask(self, calls: Iterable[Call]) -> list[Any]:
        """What the latest block says, structs as tuples."""
        asked = [(key_of(call), call) for call in calls]
        for key, (contract, function, arguments) in asked:
            if key not in self._requests:
                view = contract.functions[function]
                # Else a call would see what the calls before it did.
                assert view.abi["stateMutability"] in ("view", "pure"), view.name
                self._requests[key] = {"to": contract.address, "data": view.encode(arguments)}
        found: list[dict[str, Any]] = []
        for first in range(0, len(asked), MOST):
            bodies = [self._requests[key] for key, _ in asked[first : first + MOST]]
            wanted = {"blockStateCalls": [{"calls": bodies}]}
            (block,) = self._rpc("eth_simulateV1", wanted, "latest")
            found += block["calls"]
        return [self._read(key, call, made) for (key, call), made in zip(asked, found, strict=True)]

    def _read(self, key: Key, call: Call, made: dict[str, Any]) -> Any:
        known, answer = self._answers.get(key), made["returnData"]
        contract, function, arguments = call
        assert made["status"] == "0x1", f"{contract.name}.{function}{arguments} reverted: {answer}"
        if known is not None and known[0] == answer:
            return known[1]
        value = plain(contract.functions[function].decode(bytes.fromhex(answer[2:])))
        self._answers[key] = answer, value
        return value


def agree(asker: Asker, expected: Expected) -> list[Any]:
    """What the chain says, which is what is expected."""
    answers = asker.ask(call for call, _ in expected)
    wrong = [
        f"{contract.name}.{name}{arguments}: chain {actual}, model {wanted}"
        for ((contract, name, arguments), wanted), actual in zip(expected, answers, strict=True)
        if actual != plain(wanted)
    ]
    assert not wrong, "\n".join(wrong[:10])
    return answers
