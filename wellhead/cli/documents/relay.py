"""What one round of a relay did."""

from __future__ import annotations

from wellhead.cli.documents.market import Sample
from wellhead.cli.documents.parts import Address, Hash, Integer, Part, Sent, Word


class Hour(Part):
    """An hour of a cluster."""

    cluster: Integer
    hour: Integer


class Inputs(Part):
    """Hours by what outside the operator's control they rest on: on canaries, else on heartbeats,
    else on nothing."""

    canary: Integer
    heartbeat: Integer
    none: Integer


class RelayReport(Part):
    """A batch on chain. `measurements` is how many its medians are of; `cost` is wei; of its
    samples `recorded` were recorded, the others had been before."""

    samples: list[Sample]
    signers: list[Address]
    measurements: Integer
    inputs: Inputs
    recorded: Integer
    evidence: Word
    transaction: Hash
    block: Integer
    cost: Integer


class RelayLeft(Hour):
    """An hour without a record; `early` while it is only just over."""

    reason: str
    early: bool


class RelayAccrued(Part):
    """Up to which hour the books of a cluster were moved."""

    cluster: Integer
    accrued_to: Integer


class RelayDistributed(Part):
    """Stablecoin units that left a cluster's books."""

    cluster: Integer
    amount: Integer


class RelaySwept(Part):
    """Stablecoin units spent, and bitcoin units received for them, the tip included."""

    cluster: Integer
    spent: Integer
    received: Integer


class Equivocation(Hour):
    """Two different measurements that a reporter signed for an hour; the journal keeps them."""

    reporter: Address
    words: list[Word]


class WaitingHour(Hour):
    """An unreported hour, and how many reporters' measurements of it there are."""

    measurements: Integer


class RelayRun(Sent):
    """`time` is the chain's at the beginning; `reporters` are those that answered. A dry run has
    only `waiting`. `resumed` names transactions that an earlier run had left."""

    account: Address
    time: Integer
    reporters: list[Address]
    warnings: list[str]
    waiting: list[WaitingHour] | None = None
    resumed: list[str] | None = None
    reports: list[RelayReport] | None = None
    left: list[RelayLeft] | None = None
    recounted: list[Hour] | None = None
    flagged: list[Hour] | None = None
    accrued: list[RelayAccrued] | None = None
    distributed: list[RelayDistributed] | None = None
    swept: list[RelaySwept] | None = None
    closed: list[Hour] | None = None
    equivocations: list[Equivocation] | None = None
