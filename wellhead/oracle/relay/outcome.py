"""What one round of a relay did."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from wellhead.oracle.measurements import Key, Proposal, Signed


@dataclass(frozen=True)
class Inputs:
    """How many hours rest on something that the operator does not control: on canaries, else on
    heartbeats, else on nothing of the kind.

    An hour counts where most of its measurements (as the median counts them) report one.
    """

    canary: int = 0
    heartbeat: int = 0
    none: int = 0

    @classmethod
    def of(cls, proposal: Proposal) -> Inputs:
        hours: dict[Key, list[Signed]] = {}
        for signed in proposal.measurements:
            hours.setdefault(signed.key, []).append(signed)
        canary = heartbeat = none = 0
        for listed in hours.values():
            if _middle(signed.measurement.canaries for signed in listed):
                canary += 1
            elif _middle(signed.measurement.heartbeats for signed in listed):
                heartbeat += 1
            else:
                none += 1
        return cls(canary, heartbeat, none)


def _middle(counts: Iterable[int]) -> int:
    """The lower median: one reporter alone can not raise it."""
    listed = sorted(counts)
    return listed[(len(listed) - 1) // 2]


@dataclass(frozen=True)
class Reported:
    """A batch that is on chain. `cost` is what its transaction cost, wei; of its hours `recorded`
    were recorded, the others had been by then."""

    proposal: Proposal
    signers: Sequence[str]
    recorded: int
    transaction: str
    block: int
    cost: int

    @property
    def inputs(self) -> Inputs:
        return Inputs.of(self.proposal)

    @property
    def hours(self) -> list[int]:
        return sorted({sample.hour for sample in self.proposal.samples})

    @property
    def clusters(self) -> list[int]:
        return sorted({sample.cluster for sample in self.proposal.samples})


@dataclass(frozen=True)
class Left:
    """An hour that still has no record, and why. It is `early` while it is only just over, and
    reporters may not have measured it yet."""

    key: Key
    reason: str
    early: bool = False


@dataclass(frozen=True)
class Equivocation:
    """Two different measurements of one hour, both signed by the same reporter: the proof."""

    reporter: str
    key: Key
    proof: tuple[Signed, Signed]


@dataclass
class Outcome:
    """Everything that a round did and could not do. `now` is the chain's time when it began;
    `accrued` says up to which hour each cluster's books were moved, `distributed` how many
    stablecoin units left them, `swept` how many of those bought how many bitcoin units; `resumed`
    are the labels of transactions that an earlier run had left."""

    now: int
    reporters: int = 0
    answering: list[str] = field(default_factory=list)
    resumed: list[str] = field(default_factory=list)
    reports: list[Reported] = field(default_factory=list)
    left: list[Left] = field(default_factory=list)
    recounted: list[Key] = field(default_factory=list)
    flagged: list[Key] = field(default_factory=list)
    accrued: dict[int, int] = field(default_factory=dict)
    distributed: dict[int, int] = field(default_factory=dict)
    swept: dict[int, tuple[int, int]] = field(default_factory=dict)
    closed: list[Key] = field(default_factory=list)
    equivocations: list[Equivocation] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    @property
    def recorded(self) -> int:
        """Hours that this round put on record."""
        return sum(report.recorded for report in self.reports)

    @property
    def has_moved(self) -> bool:
        """Whether anything was put on chain."""
        return bool(
            self.reports
            or self.recounted
            or self.flagged
            or self.accrued
            or self.distributed
            or self.swept
            or self.closed
            or self.resumed
        )
