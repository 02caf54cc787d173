"""Reading the oracle in tests."""

from __future__ import annotations

from enum import IntEnum
from typing import Any

from tests.support.stage import Stage
from wellhead.chain import Receipt
from wellhead.model.samples import Sample


class Skip(IntEnum):
    """IMetricsOracle.Skip."""

    UNKNOWN_CLUSTER = 0
    BEFORE_GENESIS = 1
    UNFINISHED = 2
    ANCIENT = 3
    REPORTED = 4
    MALFORMED = 5


#: What `recordOf` says of an hour without a record.
NO_RECORD: dict[str, Any] = {
    "reported": False,
    "isContested": False,
    "isFinal": False,
    "finalAt": 0,
    "working": 0,
    "available": 0,
    "measured": 0,
    "energy": 0,
    "work": 0,
}


def skipped(receipt: Receipt) -> list[tuple[int, int, Skip]]:
    """Cluster, hour and reason of every sample that a batch passed over."""
    return [
        (event["clusterId"], event["hour"], Skip(event["reason"]))
        for event in receipt.all("SampleSkipped")
    ]


def record(stage: Stage, cluster_id: int, hour: int) -> dict[str, Any]:
    """The oracle's record of an hour."""
    found: dict[str, Any] = stage.oracle.call("recordOf", cluster_id, hour)
    return found


def stored(sample: Sample, final_at: int, is_final: bool = False) -> dict[str, Any]:
    """The record that a sample must become."""
    return {
        "reported": True,
        "isContested": False,
        "isFinal": is_final,
        "finalAt": final_at,
        "working": sample.working,
        "available": sample.available,
        "measured": sample.measured,
        "energy": sample.energy,
        "work": sample.work,
    }
