"""What an audit reads of a chain: logs of our contracts, and the blocks that they are in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import NamedTuple

from wellhead.audit.replay import Finding

#: Whether the receipts of a block vouch for its logs.
UNPROVEN, PROVEN = 0, 1


class RawLog(NamedTuple):
    """A log as the chain has it; `topics` one after another."""

    block: int
    position: int
    address: bytes
    topics: bytes
    data: bytes


@dataclass(frozen=True, slots=True)
class Block:
    """A block with logs of ours."""

    number: int
    hash: bytes
    time: int
    proven: int = UNPROVEN

    def digest(self, logs: Iterable[RawLog]) -> bytes:
        """Over everything that is kept of it."""
        parts = [b"%d %d %d %s" % (self.number, self.time, self.proven, self.hash)]
        for log in logs:
            sizes = b"%d %d %d" % (log.position, len(log.topics), len(log.data))
            parts += (sizes, log.address, log.topics, log.data)
        return blake2b(b"|".join(parts), digest_size=16).digest()

    def is_digest(self, digest: bytes, logs: Iterable[RawLog]) -> bool:
        """Whether a digest is of this; not where what was kept is not even of the right kinds."""
        try:
            return self.digest(logs) == digest
        except TypeError:
            return False


@dataclass(frozen=True)
class Place:
    """A block up to which something reaches."""

    block: int
    hash: bytes


class Read(NamedTuple):
    """A block as it was read, with what was wrong with what the node said of it."""

    block: Block
    logs: Sequence[RawLog]
    findings: Sequence[Finding] = ()
