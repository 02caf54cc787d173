"""An outage that is long over is nobody's to profit by, whatever the record can not say yet.

Nobody declared its default, and the cluster works. What would say so is not final, because of a
pause or of a long finality, or is not reported. Somebody books most of the cluster for as long as
can be, to declare the default and to leave with the rent and a share in the bond.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support import stage as stages
from tests.support.bonds import accrue, bonded, declare, deliver_hours, go_down, recover, settle
from tests.support.contests import switch
from tests.support.payment import encoded
from tests.support.rent import Opened, books, open_lease, report
from tests.support.shows import shows
from tests.support.stage import GENESIS, HOUR, MAX, USD, Stage, Terms
from tests.support.state import refused
from wellhead.chain import Anvil
from wellhead.model.samples import Sample

UNITS, BOND = 100, 25 * USD
TERMS = Terms(bond=BOND)
DAYS = 10


def outage(stage: Stage) -> tuple[int, Opened]:
    """72 dark hours that one unit was booked for, and ten days in which all units work, idle and on
    record."""
    cluster = bonded(stage, TERMS, UNITS, UNITS * BOND)
    lease = open_lease(stage, cluster, 1, stage.hour() + 1, 72)
    go_down(stage, cluster, lease.start)
    settle(stage, lease.id)
    work(stage, cluster, 24 * DAYS)
    return cluster, lease


def work(stage: Stage, cluster: int, hours: int) -> None:
    """Hours that nobody booked pass, and all units work; reported day by day."""
    for first in range(stage.hour(), stage.hour() + hours, 24):
        stage.to_hour(first + 24)
        stage.report([Sample(cluster, hour, 100_000, 0) for hour in range(first, first + 24)])


def refuse_thief(stage: Stage, cluster: int) -> None:
    """Nobody books, in one transaction with the declaration or before it."""
    market, asked = stage.market, (cluster, 95, stage.hour() + 1, 8_760, MAX)
    calls = [encoded(market, "lease", *asked), encoded(market, "declareDefault", cluster)]
    for call in (("multicall", calls), ("lease", *asked)):
        with refused(stage, "LeaseMarket_InDefault", cluster):
            market.send(*call, sender=stage.tenants[1])


@shows("DEF-4", "DEF-13")
@pytest.mark.parametrize("hours", [24, 48, 72, 96])
def test_after_a_pause(stage: Stage, hours: int) -> None:
    """What was reported in it is not final; three days of that are all that is asked."""
    cluster, _ = outage(stage)
    switch(stage, "pause")
    work(stage, cluster, hours)
    switch(stage, "unpause")
    refuse_thief(stage, cluster)
    with refused(stage, "LeaseMarket_WorksAgain", cluster, stage.hour() - 72):
        declare(stage, cluster)
    if hours > 72:
        with refused(stage, "LeaseMarket_StillDown", cluster):
            recover(stage, cluster)
    stage.finalize()
    recover(stage, cluster)
    open_lease(stage, cluster, 95, stage.hour() + 1, 8_760)


@shows("DEF-13")
@pytest.mark.parametrize("hours", [72, 100])
def test_where_nobody_reports(stage: Stage, hours: int) -> None:
    """The default can be declared, and nobody has anything by it or loses anything."""
    cluster, lease = outage(stage)
    stage.skip(hours * HOUR)
    refuse_thief(stage, cluster)
    if hours == 72:  # what was reported before is still young enough
        with stage.scratch():
            recover(stage, cluster)
    else:
        with refused(stage, "LeaseMarket_StillDown", cluster):
            recover(stage, cluster)
    bond = books(stage, cluster)["bond"]
    event = declare(stage, cluster).event("Defaulted")
    assert (event["compensation"], event["reserved"]) == (0, 0)
    assert books(stage, cluster)["bond"] == bond
    assert settle(stage, lease.id) == 0
    open_lease(stage, cluster, 95, stage.hour() + 1, 8_760)


@shows("DEF-13")
def test_behind_a_backlog(stage: Stage) -> None:
    """One call does not come to the outage: until others have, nobody knows whether it is one."""
    cluster = bonded(stage, TERMS, UNITS, UNITS * BOND)
    steps = stage.market.call("MAX_STEPS")
    lease = open_lease(stage, cluster, 1, stage.hour() + 1, steps + 90)
    stage.to_hour(lease.start)
    accrue(stage, cluster)
    deliver_hours(stage, cluster, lease.start, [1_000] * (steps + 18) + [0] * 72)
    work(stage, cluster, 24 * DAYS)
    stage.skip(100 * HOUR)
    market, asked = stage.market, (cluster, 95, stage.hour() + 1, 8_760, MAX)
    booking = encoded(market, "lease", *asked)
    accruing, declaring = (encoded(market, name, cluster) for name in ("accrue", "declareDefault"))
    with refused(stage, "LeaseMarket_NotAccrued", cluster, lease.start + steps):
        market.send("multicall", [booking, accruing, declaring], sender=stage.tenants[1])
    accrue(stage, cluster)
    refuse_thief(stage, cluster)


@shows("DEF-4")
def test_served_hours_in_a_pause(stage: Stage) -> None:
    """Repaired before the outage was final, and everybody is served from then on, on record."""
    cluster = bonded(stage, TERMS, UNITS, UNITS * BOND)
    lease = open_lease(stage, cluster, 1, stage.hour() + 1, 5_000)
    stage.to_hour(lease.start + 72)
    report(stage, cluster, dict.fromkeys(range(lease.start, lease.start + 72), 0))
    stage.skip(23 * HOUR)
    report(stage, cluster, dict.fromkeys(range(lease.start + 72, stage.hour()), 1_000))
    switch(stage, "pause")
    for first in range(stage.hour(), stage.hour() + 24 * DAYS, 24):
        stage.to_hour(first + 24)
        report(stage, cluster, dict.fromkeys(range(first, first + 24), 1_000))
    switch(stage, "unpause")
    stage.skip(HOUR + 60)
    accrue(stage, cluster)
    assert books(stage, cluster)["down"] == 72 * HOUR
    refuse_thief(stage, cluster)
    with refused(stage, "LeaseMarket_WorksAgain", cluster, stage.hour() - 72):
        declare(stage, cluster)
    stage.finalize()
    accrue(stage, cluster)
    assert books(stage, cluster)["down"] == 0


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    """A market whose reports wait three days to be final."""
    monkeypatch.setattr(stages, "FINALITY", 72 * HOUR)
    with Anvil(GENESIS, states=500) as anvil:
        yield stages.build_stage(anvil)


@shows("DEF-4", "DEF-13", "DEF-15")
def test_with_a_long_finality(patient: Stage) -> None:
    """No hour of the last three days is final, and the ten days before them are."""
    assert patient.oracle.call("finality") == 72 * HOUR
    cluster = bonded(patient, TERMS, UNITS, UNITS * BOND)
    lease = open_lease(patient, cluster, 1, patient.hour() + 1, 72)
    patient.to_hour(lease.end)
    report(patient, cluster, dict.fromkeys(range(lease.start, lease.end), 0))
    patient.skip(72 * HOUR)
    accrue(patient, cluster)
    assert books(patient, cluster)["down"] == 72 * HOUR
    work(patient, cluster, 24 * DAYS)
    refuse_thief(patient, cluster)
    with refused(patient, "LeaseMarket_WorksAgain", cluster, patient.hour() - 72):
        declare(patient, cluster)
    assert lease.end < recover(patient, cluster).event("Recovered")["hour"] < patient.hour() - 72
    open_lease(patient, cluster, 95, patient.hour() + 1, 8_760)
