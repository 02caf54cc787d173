"""What all replays share: they take the events of one contract in order, and say what its storage
must hold."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from eth_utils.address import to_checksum_address

from wellhead.printable import printable

#: A word of storage: its slot, what must stand there, and the parts of its name, for people:
#: ("claimOf", coin, account).
Slot = tuple[int, int, tuple[object, ...]]
#: Findings that are kept.
KEPT = 10_000


@dataclass(slots=True)
class Log:
    """One event. Numbers, addresses, booleans and bytes32 are ints; texts, lists and structs as
    `wellhead.chain.abi` shapes them. `time` is its block's."""

    address: int
    name: str
    args: dict[str, Any]
    block: int
    index: int
    time: int


@dataclass(frozen=True)
class Finding:
    """Where events, formulas and storage do not agree; `said` is the event's or the chain's.

    `kind` says what disagrees: an `event` with those before it; a word of `storage` with all
    events, or the `root` of all words where none can be named, or `more` words than are named; a
    contract's `code`; a `proof` with the state of its block; a node's `logs` with the receipts of
    their block; a `block` with its own hash, its bloom or the block before it; the `archive` with
    what was written to it; or a `total` with its parts.
    """

    contract: str
    where: str
    what: str
    said: str
    expected: str
    block: int | None = None
    index: int | None = None
    kind: str = "event"


@dataclass
class Findings:
    """What was found, in order; of very many the first ones, and how many there are."""

    found: list[Finding] = field(default_factory=list)
    count: int = 0

    def add(self, finding: Finding) -> None:
        self.count += 1
        if self.count <= KEPT:
            self.found.append(finding)


class Replay:
    """One contract's state, from its events. A subclass has one method for each event that the
    contract emits, by the event's name: `def Moved(self, log: Log) -> None`; an event without one
    is a finding. State follows the formulas: where an event says something else, that is a finding,
    and the replay goes on with what the formula gives."""

    #: The contract's name, as in the artifacts.
    contract: str
    #: What people call it, where there is more than one.
    title: str = ""

    def __init__(self, address: int, findings: Findings) -> None:
        self.address = address
        self.findings = findings
        self._handlers: dict[str, Callable[[Log], None] | None] = {}

    def apply(self, log: Log) -> None:
        """Take the next event."""
        try:
            handler = self._handlers[log.name]
        except KeyError:
            handler = self._handlers[log.name] = getattr(self, log.name, None)
        if handler is None:
            self.differ(log, "event", log.name, "none that this contract emits")
        else:
            handler(log)

    def slots(self) -> Iterator[Slot]:
        """Every word of storage that is not zero. Words that were set once and are zero now may be
        given too: they are where to look when something is wrong."""
        raise NotImplementedError

    def expect(self, log: Log, name: str, expected: int) -> None:
        """A field of an event that follows from what came before it."""
        said = log.args[name]
        if said != expected:
            self.differ(log, name, said, expected)

    def differ(self, log: Log, what: str, said: object, expected: object) -> None:
        """Something about an event that does not follow from what came before it."""
        self.findings.add(
            Finding(self.called, log.name, what, told(said), told(expected), log.block, log.index)
        )

    @property
    def called(self) -> str:
        return self.title or self.contract


def told(value: object) -> str:
    """A value for people. What is too large for an amount is an address or a hash; and a text is
    what somebody wrote on chain, which a terminal must not obey."""
    if not isinstance(value, int) or value >> 128 <= 0:
        return printable(str(value))
    return hex(value) if value >> 160 else to_checksum_address(f"{value:#042x}")
