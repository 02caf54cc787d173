"""An outage of 72 booked hours: what is refused until it is a default or noted to be over, cluster
recover, and what doctor says of it."""

from __future__ import annotations

import pytest

from tests.support.cli import Command, block_number
from tests.support.stage import GENESIS, HOUR, USD, Stage, Terms
from wellhead.chain import dev_account
from wellhead.model.samples import Sample

NOW = GENESIS // HOUR
DOWN = 72
UNITS, EACH = 64, 50
ANYBODY = dev_account(4).address
ORDER = ("--cluster", 1, "--units", 4, "--hours", 4, "--start", "now+1")
IN_DEFAULT = (
    "Nobody can book in cluster 1 now: nothing was available for 72 booked hours in a row, and who "
    "books would share in its bond. Anybody may declare its default, `wellhead cluster default 1`, "
    "or, once it works again on final record, note that with `wellhead cluster recover 1`: after "
    "either it can be booked. `wellhead doctor --cluster 1` says which of them is possible."
)
NO_DEFAULT = (
    "Cluster 1 is not in default: nothing was available for 0 seconds of booked hours in a row on "
    "record, and 3 days are needed."
)


@pytest.fixture
def cluster(stage: Stage) -> int:
    """64 units, with the bond that is asked for behind each."""
    cluster = stage.cluster(UNITS, Terms(bond=EACH * USD))
    stage.market.send("postBond", cluster, 10 * UNITS * EACH * USD, sender=stage.tenants[3])
    return cluster


def dark(stage: Stage, cluster: int, first: int, hours: int = DOWN) -> None:
    """Hours pass, nothing works, and that is final."""
    stage.to_hour(first + hours)
    stage.report_hours(cluster, first, first + hours, 0)
    stage.finalize()


def work(stage: Stage, cluster: int, available: int = 0) -> int:
    """The current hour passes, and all units work in it; so much was available to tenants."""
    hour = stage.hour()
    stage.to_hour(hour + 1)
    stage.report([Sample(cluster, hour, UNITS * 1000, available)])
    return hour


def accrue(stage: Stage, cluster: int) -> int:
    """The seconds that count towards a default then."""
    stage.market.send("accrue", cluster, sender=stage.stranger)
    return int(stage.market.call("booksOf", cluster)["down"])


def said_by_doctor(wellhead: Command) -> dict[str, str]:
    """The message and the advice about an outage."""
    found = wellhead.json("doctor", code=6)["findings"]
    (one,) = (f for f in found if "nothing was available for" in f["message"])
    assert (one["check"], one["state"]) == ("cluster 1", "wrong")
    return {name: one[name] for name in ("message", "advice")}


def test_from_an_outage_to_bookings_again(wellhead: Command, stage: Stage, cluster: int) -> None:
    stage.lease(cluster, 8, NOW + 1, DOWN)
    stage.lease(cluster, 8, NOW + 300, 10)
    dark(stage, cluster, NOW + 1)
    assert accrue(stage, cluster) == DOWN * HOUR
    before = block_number(stage)
    for words in (
        ("quote", *ORDER),
        ("quote", *ORDER, "--compare", "--within", 8),
        ("lease", "open", *ORDER, "--yes"),
        ("lease", "open", *ORDER, "--dry-run"),
        ("lease", "extend", 2, "--hours", 1, "--yes"),
    ):
        assert wellhead.refused(1, *words) == IN_DEFAULT
    still = (
        "No final report says that cluster 1 works again since the last booked hour in which "
        "nothing was available. Report an hour in which something was available, or worked while "
        "nobody had booked, and wait until that is final."
    )
    assert wellhead.refused(1, "cluster", "recover", cluster, "--yes") == still
    assert wellhead.refused(1, "cluster", "recover", cluster, "--dry-run") == still
    assert said_by_doctor(wellhead) == {
        "message": "in default: nothing was available for 3 days of booked hours in a row; "
        "bookings are closed",
        "advice": "anybody may declare it: `wellhead cluster default 1`; or, once a final report "
        "says that it works again, `wellhead cluster recover 1`",
    }
    shown = " ".join(wellhead("cluster", "show", cluster).stdout.split())
    assert "for 3 days of booked hours: `wellhead doctor --cluster 1` says what follows" in shown

    # It works again, and that is not final yet: neither default nor recovery.
    hour = work(stage, cluster)
    works = "2026-01-05 01:00 UTC"
    assert hour == NOW + 4 * 24 + 1
    assert wellhead.refused(1, "cluster", "recover", cluster, "--yes") == still
    assert wellhead.refused(1, "cluster", "default", cluster, "--yes") == (
        f"Cluster 1 worked in {works}, one of the last 72 hours, by its report: no default can be "
        "declared. `wellhead cluster recover 1` notes that it works again, once such a report is "
        "final."
    )
    assert said_by_doctor(wellhead) == {
        "message": "nothing was available for 3 days of booked hours in a row, and it works again "
        f"from {works} on, by a report that is not final yet; no default can be declared; bookings "
        "are closed",
        "advice": "once such a report is final: `wellhead cluster recover 1`",
    }

    stage.finalize()
    assert wellhead.refused(1, "quote", *ORDER) == IN_DEFAULT
    assert said_by_doctor(wellhead) == {
        "message": "nothing was available for 3 days of booked hours in a row, and by the final "
        f"report of {works} it works again; bookings are closed",
        "advice": "anybody may note that: `wellhead cluster recover 1`",
    }
    before = block_number(stage)
    dry = wellhead.json("cluster", "recover", cluster, "--dry-run")
    assert (dry["schema"], dry["dry_run"]) == ("wellhead.cluster.recover/1", True)
    assert (dry["hour"], dry["bonded"], dry["transaction"]) == (str(hour), True, None)
    asked = wellhead("cluster", "recover", cluster, answer="n\n")
    assert (asked.code, block_number(stage)) == (2, before)
    question = f"Note that cluster 1 works again, by the final report of {works}? Bookings will be"
    assert question in " ".join(asked.stderr.split())
    planned = " ".join(wellhead("cluster", "recover", cluster, "--dry-run").stdout.split())
    assert "Bookings would be open again" in planned
    done = wellhead("cluster", "recover", cluster, "--yes")
    said = " ".join(done.stdout.split())
    assert f"Recovery noted cluster 1 works again by the final report of {works} next" in said
    assert "Bookings are open again, and the count of hours without anything begins anew" in said
    assert block_number(stage) == before + 1
    (event,) = stage.market.events("Recovered")
    assert (event["clusterId"], event["hour"]) == (cluster, hour)

    wellhead.json("quote", *ORDER, "--compare", "--within", 8)
    wellhead.json("lease", "open", *ORDER, "--yes")
    wellhead.json("lease", "extend", 2, "--hours", 1, "--yes")
    for act in ("recover", "default"):
        assert wellhead.refused(1, "cluster", act, cluster, "--yes") == NO_DEFAULT
    assert "nothing was available" not in wellhead("doctor").stdout
    assert wellhead.json("cluster", "show", cluster)["down"] == "0"


def test_recoveries_that_are_refused(wellhead: Command, stage: Stage, cluster: int) -> None:
    stage.lease(cluster, 8, NOW + 1, DOWN)
    before = block_number(stage)
    assert wellhead.refused(1, "cluster", "recover", cluster, "--yes") == NO_DEFAULT
    assert "There is no cluster 9." in wellhead.refused(1, "cluster", "recover", 9, "--yes")
    assert "There is no cluster 9." in wellhead.refused(1, "cluster", "recover", 9, "--dry-run")
    assert block_number(stage) == before


def test_a_recovery_that_anybody_notes(wellhead: Command, stage: Stage) -> None:
    """Without a bond bookings are open all the while, and only the count begins anew."""
    cluster = stage.cluster(UNITS, Terms())
    stage.lease(cluster, 8, NOW + 1, DOWN)
    dark(stage, cluster, NOW + 1)
    hour = work(stage, cluster)
    stage.finalize()
    wellhead.json("quote", *ORDER)
    assert "bookings" not in said_by_doctor(wellhead)["message"]
    done = wellhead.json("cluster", "recover", cluster, "--yes")
    assert (done["dry_run"], done["hour"], done["bonded"]) == (False, str(hour), False)
    (event,) = stage.market.events("Recovered")
    assert (done["by"], event["hour"]) == (ANYBODY, hour)


def test_books_that_are_behind(wellhead: Command, stage: Stage, cluster: int) -> None:
    """A booked hour that is served ends an outage by itself, as soon as somebody accrues it."""
    stage.lease(cluster, 8, NOW + 1, 200)
    dark(stage, cluster, NOW + 1)
    # Nobody has accrued the outage: a quote does not know of it, who sends and doctor do.
    wellhead.json("quote", *ORDER)
    assert wellhead.refused(1, "lease", "open", *ORDER, "--yes") == IN_DEFAULT
    assert said_by_doctor(wellhead)["message"].startswith("in default: ")
    assert accrue(stage, cluster) == DOWN * HOUR
    stage.report_hours(cluster, NOW + 1 + DOWN, stage.hour())
    stage.finalize()
    assert wellhead.refused(1, "quote", *ORDER) == IN_DEFAULT
    said = (
        "Cluster 1 is not in default: its books stand at 2026-01-04 01:00 UTC and count an outage "
        "that is over. `wellhead revenue distribute --cluster 1` brings them up to date."
    )
    assert wellhead.refused(1, "cluster", "recover", cluster, "--yes") == said
    assert said_by_doctor(wellhead) == {
        "message": "nothing was available for 3 days of booked hours in a row, by books that are "
        "behind: what is final from 2026-01-04 01:00 UTC on is not counted; bookings are closed",
        "advice": "`wellhead revenue distribute --cluster 1`",
    }
    wellhead.json("revenue", "distribute", "--cluster", cluster, "--yes")
    wellhead.json("lease", "open", *ORDER, "--yes")


def test_what_is_left_of_an_outage_after_its_default(
    wellhead: Command, stage: Stage, cluster: int
) -> None:
    """Books that have not left the era of the default count dark hours that nobody minds."""
    stage.lease(cluster, 8, NOW + 1, 300)
    dark(stage, cluster, NOW + 1)
    stage.skip(80 * HOUR)
    wellhead.json("cluster", "default", cluster, "--yes")
    stage.report_hours(cluster, NOW + 1 + DOWN, NOW + 1 + DOWN + 76, 0)
    stage.finalize()
    assert accrue(stage, cluster) == DOWN * HOUR
    found = wellhead.json("doctor", code=6)["findings"]
    assert not [f for f in found if "nothing was available" in f["message"]]
    wellhead.json("lease", "open", *ORDER, "--yes")
