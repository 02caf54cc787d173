"""Documents of checking what reporters measured."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from wellhead.cli.documents.parts import Address, Document, Hash, Integer, Part, Word


class OracleCanary(Document):
    """A canary's answer: a SHA-256 in hexadecimal, and what computed it."""

    kind: Literal["gemm", "checksum"]
    seed: Integer
    answer: str
    ran_on: str


class OracleTotals(Part):
    """How much was looked at. All but the last six count hours: those whose record is a report's
    (some of them contested still), a recount's that upheld or rejected a contest, or zero for want
    of a recount or a report; those without a record; those whose batch of measurements is at hand,
    and among these the ones in which any measurement names canaries, heartbeats or neither.

    The last six count batches and recounts, by whether their signatures could be read from the
    transaction; measurements, and among them those that were made anew from raw samples and those
    whose raw samples are not at hand; and measurements at hand that no batch has."""

    hours: Integer
    reported: Integer
    contested: Integer
    upheld: Integer
    rejected: Integer
    undecided: Integer
    silent: Integer
    unreported: Integer
    batches: Integer
    batches_missing: Integer
    canaries: Integer
    heartbeats: Integer
    no_outside_input: Integer
    signatures_read: Integer
    signatures_unread: Integer
    measurements: Integer
    raw: Integer
    raw_missing: Integer
    left_out: Integer


class OracleHours(Part):
    """Hours [from, to)."""

    from_: Integer = Field(alias="from")
    to: Integer


class OracleFinding(OracleHours):
    """The same thing in each of these hours. `level` says whether it contradicts something or is
    missing; `reporter` is whose measurement it is about, if it is about one."""

    level: Literal["wrong", "missing"]
    check: str
    reporter: Address | None
    detail: str


class OracleVerify(OracleHours, Document):
    """The records of the hours [from, to) as of a block, and what was found. `verdict` is wrong if
    anything is, else missing if anything is; gaps are hours without a record."""

    cluster: Integer
    block: Integer
    verdict: Literal["sound", "wrong", "missing"]
    totals: OracleTotals
    gaps: list[OracleHours]
    findings: list[OracleFinding]


class OracleMeasurement(Part):
    """What a reporter signed, IMetricsOracle.Measurement: `sample` is a word, `signature` r and
    vs."""

    sample: Word
    root: Word
    moments: Integer
    gap: Integer
    canaries: Integer
    heartbeats: Integer
    signature: str = Field(pattern=r"^0x[0-9a-f]{128}$")


class OracleCheck(Part):
    """One thing that must hold, and whether it did when it was checked."""

    check: str
    holds: bool
    detail: str


class OracleProve(Document):
    """A proof that a raw sample stands behind the record of an hour: the arguments of
    IMetricsOracle.proves, and the block and transaction that recorded the hour with this evidence.
    `raw` is the sample's line in hexadecimal and `line` the same as text."""

    chain_id: Integer
    oracle: Address
    cluster: Integer
    hour: Integer
    evidence: Word
    block: Integer
    transaction: Hash
    reporter: Address
    measurement: OracleMeasurement
    path: list[Word]
    line: str
    raw: str = Field(pattern=r"^0x([0-9a-f]{2})*$")
    raw_path: list[Word]
    checks: list[OracleCheck]
