"""What a token says was served of an hour in whose course units were booked."""

from __future__ import annotations

from fractions import Fraction

import pytest

from tests.support.rent import deliver, open_lease, served
from tests.support.shows import shows
from tests.support.stage import HOUR, Q, Stage, Terms

TERMS = Terms(speed=0, penalty=Q // 2)


@shows("META-6")
@pytest.mark.parametrize("passed", [1, 1800, 3599])
@pytest.mark.parametrize("ahead", [0, 50])
def test_units_that_come_late_count_for_what_was_left(
    stage: Stage, ahead: int, passed: int
) -> None:
    cluster, hour = stage.cluster(100, TERMS), stage.hour() + 1
    if ahead:
        open_lease(stage, cluster, ahead, hour, 1)
    open_lease(stage, cluster, 40, hour, 1, at=hour * HOUR + passed)
    booked = ahead + Fraction(40 * (HOUR - passed), HOUR)
    available = int(booked * 900)
    deliver(stage, cluster, {hour: available})
    found = stage.deployment.metadata.call("figures", cluster)
    assert (found["hour"], found["bookedThen"]) == (hour, ahead + 40)
    assert found["served"] == served(available, booked, TERMS.sla, TERMS.penalty)
    assert Q // 2 < found["served"] < Q
