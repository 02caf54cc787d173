"""Documents of commands about contests."""

from __future__ import annotations

from typing import Literal

from wellhead.cli.documents.leases import Payment
from wellhead.cli.documents.market import Sample
from wellhead.cli.documents.parts import Address, Document, Hash, Integer, Part, Sent, Word

#: `closable` is one that is open and can be closed as zero.
State = Literal["open", "closable", "upheld", "rejected", "undecided"]
Verdict = Literal["upheld", "rejected", "undecided"]


class Record(Part):
    """What is on record of an hour, units as in a Sample; `booked` are whole units at the hour's
    end, and `covered` unit-seconds. Until a contest is decided it is what was reported."""

    reported: bool
    contested: bool
    final: bool
    working: Integer
    available: Integer
    measured: Integer
    energy: Integer
    work: Integer
    booked: Integer
    covered: Integer


class ContestOpen(Sent):
    """The hour can be contested before the time `contestable_until`, and closed as zero from
    `closable_from` on, where no recount comes; null while the market clock is paused."""

    cluster: Integer
    hour: Integer
    lease: Integer
    tenant: Address
    deposit: Integer
    record: Record
    contestable_until: Integer | None
    closable_from: Integer | None
    payment: Payment
    transaction: Hash | None


class Contest(Part):
    """`available` is what had been reported. `closable_from` is the time from which an open one can
    be closed, null where the market clock is paused. `decided` is the record that a contest left;
    `evidence`, and a bitmap of the `signers` as they were then, are those of a recount."""

    cluster: Integer
    hour: Integer
    lease: Integer
    tenant: Address
    deposit: Integer
    available: Integer
    state: State
    closable_from: Integer | None
    decided: Sample | None
    evidence: Word | None
    signers: Integer | None


class ContestShow(Document):
    """`deposit` is what contesting an hour takes. With an hour there is its record, and until when
    it can be contested, null where it can not."""

    cluster: Integer
    deposit: Integer
    hour: Integer | None
    record: Record | None
    contestable_until: Integer | None
    contests: list[Contest]


class ContestRecount(Sent):
    """A dry run off a local chain, without signatures, has only the digest that `needed` reporters
    must sign. The deposit goes to `deposit_to`."""

    sample: Sample
    evidence: Word
    digest: Word
    needed: Integer
    contest: Contest
    deposit_to: Literal["tenant", "reporters"] | None = None
    transaction: Hash | None = None


class ContestClose(Sent):
    """The deposit goes back to the tenant."""

    contest: Contest
    transaction: Hash | None
