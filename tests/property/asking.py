"""Asking a chain for very much, very often."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tests.support.values import plain
from wellhead.chain import Contract, Rpc

Call = tuple[Contract, str, tuple[Any, ...]]
Expected = list[tuple[Call, Any]]
Key = tuple[str, str, tuple[Any, ...]]


def key_of(call: Call) -> Key:
    """What is asked, and of which address."""
    contract, function, arguments = call
    return contract.address, function, arguments


class Asker:
    """One request for all calls. How a call is encoded, and what its last answer means, is kept:
    most of what is asked after a step has not changed."""

    def __init__(self, rpc: Rpc) -> None:
        self._rpc = rpc
        self._requests: dict[Key, tuple[str, list[Any]]] = {}
        self._answers: dict[Key, tuple[str, Any]] = {}

    def ask(self, calls: Iterable[Call]) -> list[Any]:
        """What the latest block says, structs as tuples."""
        asked = [(key_of(call), call) for call in calls]
        for key, (contract, function, arguments) in asked:
            if key not in self._requests:
                data = contract.functions[function].encode(arguments)
                self._requests[key] = "eth_call", [{"to": contract.address, "data": data}, "latest"]
        answers = self._rpc.batch([self._requests[key] for key, _ in asked])
        return [
            self._read(key, call, answer)
            for (key, call), answer in zip(asked, answers, strict=True)
        ]

    def _read(self, key: Key, call: Call, answer: str) -> Any:
        known = self._answers.get(key)
        if known is not None and known[0] == answer:
            return known[1]
        contract, function, _ = call
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
