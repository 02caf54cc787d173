"""Asking a node for much in few requests: of several contracts at once, and logs of many things."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from wellhead.chain import Contract, Event, Rpc, RpcError
from wellhead.chain.abi import decode_log, events_of, topic_of
from wellhead.chain.contract import BATCH
from wellhead.chain.logs import scan

#: A contract, one of its functions, and the arguments.
Question = tuple[Contract, str, Sequence[Any]]
#: Values of an indexed field in one question for logs, and questions before all logs are read.
MOST_VALUES, MOST_QUESTIONS = 500, 4
#: Blocks in which the newest log of a kind is looked for at first.
FIRST_REACH = 25


def ask(rpc: Rpc, questions: Sequence[Question], block: int | None = None) -> list[Any]:
    """The answers in their order, `BATCH` calls in a request."""
    at = "latest" if block is None else hex(block)
    answers: list[Any] = []
    for first in range(0, len(questions), BATCH):
        part = questions[first : first + BATCH]
        asked = [(contract.functions[name], arguments) for contract, name, arguments in part]
        bodies = [
            {"to": contract.address, "data": function.encode(arguments)}
            for (contract, _, _), (function, arguments) in zip(part, asked, strict=True)
        ]
        try:
            found = rpc.batch([("eth_call", [body, at]) for body in bodies])
        except RpcError:
            # Alone, the one that reverts says with what.
            answers += [c.call(name, *arguments, block=block) for c, name, arguments in part]
            continue
        answers += [
            function.decode(bytes.fromhex(data[2:]))
            for (function, _), data in zip(asked, found, strict=True)
        ]
    return answers


def events_among(
    contract: Contract,
    names: Sequence[str],
    from_block: int,
    to_block: int,
    place: int,
    values: Sequence[int | str],
) -> list[Event]:
    """Logs of these events whose indexed field `place` has one of these values, in their order. The
    events must be alike up to that field."""
    topics = [
        topic
        for topic, entry in events_of(contract.name).items()
        if entry["name"] in names and sum(i["indexed"] for i in entry["inputs"]) > place
    ]
    words = [topic_of(value) for value in values]
    wanted, everything = set(words), [topics]
    named = [
        [topics, *[None] * place, words[first : first + MOST_VALUES]]
        for first in range(0, len(words), MOST_VALUES)
    ]
    found: list[Event] = []
    for asked in named if len(named) <= MOST_QUESTIONS else [everything]:
        for log in scan(contract.rpc, [contract.address], asked, from_block, to_block):
            if log["topics"][place + 1] in wanted and (event := decode_log(log)) is not None:
                found.append(event)
    return sorted(found, key=lambda event: (event.block, event.index))


def newest(
    contract: Contract, name: str, from_block: int, to_block: int, indexed: Sequence[int | str]
) -> Event | None:
    """The last log of an event, from the end of the chain backwards."""
    last, reach = to_block, FIRST_REACH
    while last >= from_block:
        first = max(last - reach + 1, from_block)
        if found := contract.events(name, first, last, indexed):
            return found[-1]
        last, reach = first - 1, 2 * reach
    return None
