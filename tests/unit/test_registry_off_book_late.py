"""Alarms of hours in whose course units were booked: only paid seconds speak against one."""

from __future__ import annotations

from fractions import Fraction
from math import ceil

import pytest

from tests.support.rent import FLAT, open_lease
from tests.support.shows import shows
from tests.support.stage import HOUR, Q, Stage
from tests.support.state import refused
from wellhead.model.samples import Sample

TOLERANCE = 20_000


@shows("ORA-14")
@pytest.mark.parametrize("units", [1, 100])
def test_a_second_of_rent_does_not_silence_the_off_book_alarm(stage: Stage, units: int) -> None:
    """An operator that uses its units itself books them for the hour's last second."""
    cluster, hour = stage.cluster(100, FLAT), stage.hour() + 1
    stage.fund(stage.operator)
    open_lease(stage, cluster, units, hour, 1, stage.operator, at=hour * HOUR + 3599)
    stage.to_hour(hour + 1)
    stage.report([Sample(cluster, hour, 100_000, 100_000, Q)])
    receipt = stage.registry.send("flagOffBook", cluster, hour, sender=stage.stranger)
    assert receipt.event("OffBook").arguments == {
        "clusterId": cluster,
        "hour": hour,
        "measured": Q,
        "covered": units,
        "attested": 100,
    }


@shows("ORA-14")
@pytest.mark.parametrize(
    ("attested", "ahead", "late"),
    [
        (100, 0, [(100, 3599)]),
        (100, 25, [(25, 1800)]),
        (7, 3, [(2, 1234), (1, 3599)]),
        (3, 0, [(1, 1)]),
        (2**26 - 1, 0, [(1, 3599)]),
        (2**26 - 1, 1, [(2**26 - 2, 3598)]),
    ],
)
def test_the_limit_counts_unit_seconds_and_is_rounded_up(
    stage: Stage, attested: int, ahead: int, late: list[tuple[int, int]]
) -> None:
    cluster, hour = stage.cluster(attested, FLAT), stage.hour() + 1
    if ahead:
        open_lease(stage, cluster, ahead, hour, 1)
    for units, passed in late:
        open_lease(stage, cluster, units, hour, 1, at=hour * HOUR + passed)
    covered = ahead * HOUR + sum(units * (HOUR - passed) for units, passed in late)
    part = Fraction(covered, attested * HOUR)
    limit = ceil(part * Q) + TOLERANCE
    stage.to_hour(hour + 1)
    for measured in (limit, limit + 1):
        with stage.scratch():
            stage.report([Sample(cluster, hour, 0, 0, measured)])
            if measured == limit:
                with refused(
                    stage, "CapacityRegistry_WithinBooked", cluster, hour, measured, limit
                ):
                    stage.registry.send("flagOffBook", cluster, hour, sender=stage.stranger)
                continue
            receipt = stage.registry.send("flagOffBook", cluster, hour, sender=stage.stranger)
            told = receipt.event("OffBook")
            assert (told["measured"], told["covered"]) == (measured, covered)
