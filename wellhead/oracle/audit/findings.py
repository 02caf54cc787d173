"""What a check finds, hour by hour, and how much it looked at."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

#: WRONG: something contradicts something else. MISSING: it can not be checked, the evidence is not
#: at hand.
Level = Literal["wrong", "missing"]
WRONG: Level = "wrong"
MISSING: Level = "missing"

#: What was checked when something was found.
Check = Literal[
    "record",  # the record is another than the event that made it says
    "event",  # there is a record, and no event that made it; or an event without a record
    "signers",  # fewer or other signers than the set in force then allows
    "signatures",  # what the transaction carries is not signed by those signers
    "verdict",  # a contest did not end as the recount says
    "batch",  # no batch with the event's evidence is at hand
    "evidence",  # the batch at hand has another evidence, and is not sound or says another thing
    "forged",  # a measurement that its reporter did not sign
    "foreign",  # a measurement by somebody who was no reporter then
    "equivocation",  # two different measurements by one reporter
    "too_few",  # fewer measurements than the hour needs
    "median",  # the recorded sample is not the median of the measurements
    "raw",  # no raw samples of a measurement are at hand
    "root",  # the raw samples are others than those that were signed
    "lines",  # the raw samples are no such lines, or do not belong together
    "booked",  # other units booked than the market says, or from another second on
    "attested",  # other units attested than the registry says
    "measurement",  # the raw samples come to another measurement
    "heartbeat",  # a heartbeat that its user did not sign, or whose user never had the lease
]


@dataclass(frozen=True)
class Finding:
    """The same thing in each of the hours [begin, end). `reporter` is whose measurement it is
    about, if it is about one."""

    level: Level
    check: Check
    begin: int
    end: int
    reporter: str | None
    detail: str


class Findings:
    """Findings as they come, by ascending hours; equal ones of successive hours are one."""

    def __init__(self) -> None:
        self._found: dict[tuple[Level, Check, str | None, str], list[list[int]]] = {}

    def add(
        self, hour: int, level: Level, check: Check, detail: str, reporter: str | None = None
    ) -> None:
        """`detail` is a sentence without the hour."""
        spans = self._found.setdefault((level, check, reporter, detail), [])
        if spans and spans[-1][1] > hour:
            return
        if spans and spans[-1][1] == hour:
            spans[-1][1] = hour + 1
        else:
            spans.append([hour, hour + 1])

    def wrong(self, hour: int, check: Check, detail: str, reporter: str | None = None) -> None:
        self.add(hour, WRONG, check, detail, reporter)

    def missing(self, hour: int, check: Check, detail: str, reporter: str | None = None) -> None:
        self.add(hour, MISSING, check, detail, reporter)

    def listed(self) -> list[Finding]:
        """All of them; what is wrong before what is missing, each by hour."""
        found = [
            Finding(level, check, begin, end, reporter, detail)
            for (level, check, reporter, detail), spans in self._found.items()
            for begin, end in spans
        ]
        return sorted(
            found, key=lambda f: (f.level != WRONG, f.begin, f.check, f.reporter or "", f.detail)
        )


@dataclass
class Totals:
    """How much there was and was looked at. All but the last lines count hours.

    Outside input is what an hour's measurements say that they rest on beside what the operator's
    exporters show: an hour may have both kinds, and is counted where the batch is at hand.
    """

    hours: int = 0
    reported: int = 0  # the record is a report's
    upheld: int = 0  # ... a recount's that found less
    rejected: int = 0  # ... a recount's that did not
    undecided: int = 0  # ... zero, since no recount came
    silent: int = 0  # ... zero, since no report came
    contested: int = 0  # of those reported: a contest waits for its end
    unreported: int = 0  # no record
    batches: int = 0  # the measurements behind the record are at hand
    batches_missing: int = 0
    canaries: int = 0
    heartbeats: int = 0
    no_outside_input: int = 0
    signatures_read: int = 0  # batches and recounts whose signatures were recovered
    signatures_unread: int = 0  # ... that another contract passed on: the oracle checked them
    measurements: int = 0
    raw: int = 0  # of those: made anew from their raw samples
    raw_missing: int = 0
    left_out: int = 0  # genuine measurements at hand that the batch on chain does not have


@dataclass
class Audit:
    """A check of the hours [begin, end) of a cluster at a block. `gaps` are the hours [from, to)
    without a record; the latest may just not be reported yet."""

    cluster: int
    begin: int
    end: int
    block: int
    totals: Totals = field(default_factory=Totals)
    gaps: list[tuple[int, int]] = field(default_factory=list)
    found: Findings = field(default_factory=Findings)

    @property
    def findings(self) -> list[Finding]:
        return self.found.listed()

    @property
    def verdict(self) -> Literal["sound", "wrong", "missing"]:
        levels = {finding.level for finding in self.findings}
        return WRONG if WRONG in levels else MISSING if levels else "sound"


def spans_of(hours: Iterable[int]) -> list[tuple[int, int]]:
    """Ascending hours as spans [from, to)."""
    spans: list[tuple[int, int]] = []
    for hour in hours:
        if spans and spans[-1][1] == hour:
            spans[-1] = spans[-1][0], hour + 1
        else:
            spans.append((hour, hour + 1))
    return spans
