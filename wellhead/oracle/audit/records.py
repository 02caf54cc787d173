"""Whether what is on record is what the events say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wellhead.actions.contesting import UPHELD, VERDICTS
from wellhead.model.samples import Sample
from wellhead.model.units import Q
from wellhead.oracle.audit.batches import difference
from wellhead.oracle.audit.findings import Audit
from wellhead.oracle.audit.history import Ending, Hour
from wellhead.oracle.measurements import Key

#: IContests.Verdict of a contest that nobody decided.
UNDECIDED = VERDICTS.index("undecided")


def check_record(audit: Audit, key: Key, record: Mapping[str, Any], story: Hour) -> bool:
    """Compare IMetricsOracle.Record with what the events say, and count what kind of record it is;
    False when there is none, and should be none."""
    totals, found, hour = audit.totals, audit.found, key[1]
    expected = story.record(key)
    if expected is None and not record["reported"]:
        totals.unreported += 1
        return False
    if expected is None:
        found.wrong(hour, "event", "there is a record, and no event that made it")
        return True
    if not record["reported"]:
        found.wrong(hour, "event", "an event made a record, and there is none")
        return True
    fields = ("working", "available", "measured", "energy", "work")
    stored = Sample(*key, *(int(record[field]) for field in fields))
    if stored != expected:
        found.wrong(hour, "record", f"event and record differ: {difference(expected, stored)}")
    is_contested = story.held and story.ending is None
    if bool(record["isContested"]) != is_contested:
        said = "is contested by its events" if is_contested else "is contested on record alone"
        found.wrong(hour, "record", f"the hour {said}")
    if story.ending is not None:
        name = VERDICTS[story.ending.verdict]
        setattr(totals, name, getattr(totals, name) + 1)
    elif story.silent:
        totals.silent += 1
    else:
        totals.reported += 1
        totals.contested += is_contested
    return True


def check_verdict(audit: Audit, hour: int, story: Hour, ending: Ending, tolerance: int) -> None:
    """Whether a contest ended as it had to; `tolerance` is IContests.TOLERANCE."""
    found = audit.found
    if story.sample is not None and ending.available != story.sample.available:
        said = f"{ending.available} by the contest, {story.sample.available} by the report"
        found.wrong(hour, "verdict", f"what had been reported as available differs: {said}")
    if ending.sample is None:
        return
    if ending.verdict == UNDECIDED:
        if ending.sample != Sample(audit.cluster, hour, 0, 0):
            found.wrong(hour, "verdict", "nobody counted again, and the record is not zero")
        return
    less = ending.sample.available * Q < ending.available * (Q - tolerance)
    if less != (VERDICTS[ending.verdict] == UPHELD):
        said = f"{ending.sample.available} of {ending.available} available"
        found.wrong(hour, "verdict", f"{VERDICTS[ending.verdict]}, though it found {said}")
