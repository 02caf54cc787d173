"""cluster bond, cluster default and lease suspend on a chain; and what others say of them."""

from __future__ import annotations

from pathlib import Path

import pytest
from eth_utils.crypto import keccak

from tests.support.cli import Command, block_number
from tests.support.stage import GENESIS, HOUR, USD, Stage, Terms
from wellhead.chain import dev_account
from wellhead.model.units import LEDGER_SCALE

NOW = GENESIS // HOUR
DAY = 24 * HOUR
DOWN = 72
#: Dollars behind each unit.
EACH = 50
OPERATOR, TENANT = 1, 5


@pytest.fixture
def cluster(stage: Stage) -> int:
    """64 units, a bond of $50 asked for each; the operator has coins, and nothing approved."""
    stage.cash.send("mint", stage.operator.address, 10**12, sender=stage.operator)
    return stage.cluster(64, Terms(bond=EACH * USD))


def who(index: int) -> str:
    return dev_account(index).address


def post(stage: Stage, cluster: int, amount: int) -> None:
    stage.market.send("postBond", cluster, amount, sender=stage.tenants[3])


# bond


def test_a_bond_is_shown_posted_and_withdrawn(
    wellhead: Command, stage: Stage, cluster: int
) -> None:
    shown = wellhead.json("cluster", "bond", cluster)
    assert (shown["schema"], shown["dry_run"]) == ("wellhead.cluster.bond/1", False)
    assert (shown["bond"], shown["covered"], shown["account"]) == ("0", "0", None)
    before = block_number(stage)
    dry = wellhead.json("cluster", "bond", cluster, "--post", 1000, "--dry-run")
    assert (dry["bond"], dry["covered"], dry["posted"]) == ("1000000000", "20", "1000000000")
    asked = wellhead("cluster", "bond", cluster, "--post", "$1000", answer="n\n")
    assert (asked.code, block_number(stage)) == (2, before)
    assert "Add $1,000.00 to the bond of cluster 1, paid from $1,000.00 of the account, by a" in (
        asked.stderr
    )
    done = wellhead.json("cluster", "bond", cluster, "--post", 1000, "--yes")
    assert (done["account"], done["payment"]["way"]) == (who(OPERATOR), "permit")
    assert block_number(stage) == before + 1
    assert stage.market.call("booksOf", cluster)["bond"] == 1000 * USD * LEDGER_SCALE
    stage.lease(cluster, 12, NOW + 1, 4)
    taken = wellhead.json("cluster", "bond", cluster, "--withdraw", 400, "--yes")
    assert (taken["withdrawn"], taken["needed"], taken["free"]) == ("400000000", "600000000", "0")
    assert stage.claim_of(stage.operator) == 400 * USD
    people = wellhead("cluster", "bond", cluster).stdout
    assert "12 units, 64 are open" in people
    assert "$600.00, up to 12 units are booked" in people
    view = wellhead.json("cluster", "show", cluster)
    assert (view["bond"], view["bond_needed"], view["covered"]) == ("600000000", "600000000", "12")
    assert "bond now" in wellhead("cluster", "show", cluster).stdout
    assert "bond $600.00 behind 12" in " ".join(wellhead("status").stdout.split())


def test_bonds_that_are_refused(wellhead: Command, stage: Stage, cluster: int) -> None:
    post(stage, cluster, 1000 * USD)
    stage.lease(cluster, 12, NOW + 1, 4)
    before = block_number(stage)
    for words, said in (
        ([cluster, "--withdraw", 400.01], "$600.00 must stay for what is booked: at most $400.00"),
        ([cluster, "--withdraw", 1, "--account", 3], "Only the operator of cluster 1"),
        ([cluster, "--post", 10**20], "is needed"),
        ([cluster, "--post", 1, "--account", 9], "$0.00, and $1.00 is needed"),
        ([9, "--post", 1], "There is no cluster 9."),
        ([9, "--withdraw", 1], "There is no cluster 9."),
    ):
        assert said in wellhead.refused(1, "cluster", "bond", *words, "--yes")
        assert said in wellhead.refused(1, "cluster", "bond", *words, "--dry-run")
    assert "There is no cluster 9." in wellhead.refused(1, "cluster", "bond", 9)
    for words, said in (
        ([cluster, "--post", 0], "nothing is no amount"),
        ([cluster, "--post", 1, "--withdraw", 1], "give --post or --withdraw"),
        ([cluster, "--pay", "permit"], "--pay is for --post"),
    ):
        outcome = wellhead("cluster", "bond", *words, "--yes")
        assert (outcome.code, said in " ".join(outcome.stderr.split())) == (2, True)
    assert block_number(stage) == before


def test_no_more_can_be_booked_than_the_bond_covers(
    wellhead: Command, stage: Stage, cluster: int
) -> None:
    post(stage, cluster, 1000 * USD)
    order = ["--cluster", cluster, "--hours", 4, "--start", "now+1"]
    said = wellhead.refused(1, "quote", *order, "--units", 21)
    assert said == (
        "The operator's bond stands behind 20 units: in the fullest hour 0 are booked, and 21 more "
        "are wanted. The operator can add to it."
    )
    wellhead.json("lease", *order, "--units", 15, "--yes")
    compare = ["quote", *order, "--units", 6, "--compare", "--within", 8]
    found = wellhead.json(*compare)
    assert found["start"] == str(NOW + 5)
    assert (found["comparison"]["asked"], found["comparison"]["sold_out"]) == (None, "4")
    assert wellhead.json("calendar", cluster)["bonded"] == "20"
    assert "20: no more can be booked" in wellhead("calendar", cluster).stdout
    findings = wellhead.json("doctor")["findings"]
    (bond,) = (f for f in findings if "the bond of" in f["message"])
    assert (bond["state"], bond["advice"]) == (
        "note",
        "`wellhead cluster bond 1 --post AMOUNT`",
    )


# default


def outage(stage: Stage, cluster: int, hours: int) -> None:
    """Report that nothing worked in the hours from the second one on, and let that be final."""
    stage.to_hour(NOW + 1 + hours)
    stage.report_hours(cluster, NOW + 1, NOW + 1 + hours, 0)
    stage.finalize()


def test_a_default_is_declared(wellhead: Command, stage: Stage, cluster: int) -> None:
    post(stage, cluster, 2000 * USD)
    stage.lease(cluster, 8, NOW + 1, 200)
    stage.lease(cluster, 2, NOW + 150, 10)
    outage(stage, cluster, DOWN)
    before = block_number(stage)
    dry = wellhead.json("cluster", "default", cluster, "--dry-run")
    hour = NOW + 1 + DOWN + 24
    assert (dry["hour"], dry["leases"], dry["era"]) == (str(hour), "2", "0")
    assert int(dry["unit_hours"]) == 8 * (NOW + 201 - hour) + 2 * 10
    asked = wellhead("cluster", "default", cluster, answer="n\n")
    assert (asked.code, block_number(stage)) == (2, before)
    assert "Declare the default of cluster 1: 2 leases with 852 unit-hours from" in asked.stderr
    done = wellhead.json("cluster", "default", cluster, "--yes")
    event = stage.market.events("Defaulted")[0]
    for name in ("era", "hour", "compensation", "reserved"):
        assert int(done[name]) == event[name], name
    assert done["unit_hours"] == dry["unit_hours"]
    assert event["reserved"] == event["compensation"] * int(done["unit_hours"]) > 0
    # The preview did not know yet what the bond pays for the outage itself.
    assert int(dry["reserved"]) >= event["reserved"]
    shown = wellhead.json("lease", "show", 1)
    assert (shown["stop"], shown["void_hours"]) == (str(hour), str(NOW + 201 - hour))
    assert (shown["state"], wellhead.json("lease", "show", 2)["state"]) == ("ended", "ended")
    assert "by the cluster's default" in wellhead("lease", "show", 1).stdout
    assert int(shown["due"]) * LEDGER_SCALE > event["compensation"] * 8 * (NOW + 201 - hour)
    view = wellhead.json("cluster", "show", cluster)
    assert (view["era"], view["down"], view["booked"]) == ("1", "0", "0")
    assert "is over since" in wellhead.refused(1, "lease", "extend", 1, "--hours", 1, "--yes")
    again = wellhead.refused(1, "cluster", "default", cluster, "--yes")
    assert "Cluster 1 is not in default" in again
    # Everything is found again: rent, refunds, penalties and compensation.
    wellhead.json("settle", "--cluster", cluster, "--yes")
    (books,) = wellhead.json("revenue", "show")["clusters"]
    assert int(books["compensation"]) == event["reserved"]
    assert int(books["from_bond"]) > event["reserved"]
    assert int(books["void_refund"]) > 0
    people = " ".join(wellhead("revenue", "show").stdout.split())
    assert "of compensation, refunded or owed" in people
    assert "given to tenants" in people


def test_defaults_that_are_refused(wellhead: Command, stage: Stage, cluster: int) -> None:
    post(stage, cluster, 2000 * USD)
    stage.lease(cluster, 8, NOW + 1, 200)
    outage(stage, cluster, DOWN - 1)
    before = block_number(stage)
    said = wellhead.refused(1, "cluster", "default", cluster, "--yes")
    assert said == (
        "Cluster 1 is not in default: nothing was available for 2 days 23 hours of booked hours in "
        "a row on record, and 3 days are needed."
    )
    assert wellhead.refused(1, "cluster", "default", cluster, "--dry-run") == said
    assert "There is no cluster 9." in wellhead.refused(1, "cluster", "default", 9, "--yes")
    assert block_number(stage) == before


def test_doctor_counts_hours_without_anything(
    wellhead: Command, stage: Stage, cluster: int
) -> None:
    post(stage, cluster, 401 * USD)
    stage.lease(cluster, 8, NOW + 1, 100)
    outage(stage, cluster, 10)
    wellhead.json("revenue", "distribute", "--yes")
    said = [f["message"] for f in wellhead.json("doctor", code=6)["findings"]]
    assert any("$400.00 is needed for what is booked" in m for m in said)  # it has paid for losses
    assert any("nothing was available for 10 hours of booked hours in a row" in m for m in said)
    assert "nothing available for 10 hours" in " ".join(wellhead("status").stdout.split())
    stage.report_hours(cluster, NOW + 11, NOW + 35, 0)
    stage.to_hour(NOW + 1 + DOWN)
    stage.report_hours(cluster, NOW + 35, NOW + 1 + DOWN, 0)
    stage.finalize()
    wellhead.json("revenue", "distribute", "--yes")
    found = {f["message"]: f for f in wellhead.json("doctor", code=6)["findings"]}
    (default,) = (f for message, f in found.items() if message.startswith("in default"))
    assert (default["state"], default["advice"]) == (
        "wrong",
        "anybody may declare it: `wellhead cluster default 1`; or, once a final report says that "
        "it works again, `wellhead cluster recover 1`",
    )


# suspend


def test_a_use_is_suspended_after_notice(
    wellhead: Command, stage: Stage, cluster: int, tmp_path: Path
) -> None:
    post(stage, cluster, 1000 * USD)
    lease = stage.lease(cluster, 2, NOW + 1, 100)
    told = tmp_path / "told.txt"
    told.write_bytes(b"mining, 1 January")
    suspend = ["lease", "suspend", lease]
    assert "There is no notice for lease 1" in wellhead.refused(1, *suspend, "--execute", "--yes")
    assert "There is no notice for lease 1" in wellhead.refused(1, *suspend, "--lift", "--yes")
    dry = wellhead.json(*suspend, "--evidence", told, "--dry-run")
    asked = wellhead(*suspend, "--evidence", told, answer="n\n")
    assert "Announce that the use of lease 1 may be suspended?" in asked.stderr
    done = wellhead.json(*suspend, "--evidence", told, "--yes")
    assert done["evidence"] == dry["evidence"] == "0x" + keccak(b"mining, 1 January").hex()
    assert (done["act"], done["suspension"]["suspended"]) == ("notice", False)
    assert int(done["suspension"]["earliest"]) == stage.now() + DAY
    assert "may be suspended from 2026-01-02" in wellhead("lease", "show", lease).stdout
    said = wellhead.refused(1, *suspend, "--execute", "--yes")
    assert "The notice for lease 1 is due only in 1 day." in said
    assert "is suspended, or about to be" in wellhead.refused(
        1, "lease", "extend", lease, "--hours", 1, "--yes"
    )
    stage.skip(DAY)
    done = wellhead.json(*suspend, "--execute", "--yes")
    assert (done["act"], done["suspension"]["suspended"]) == ("suspend", True)
    assert "suspended by the operator" in wellhead("lease", "show", lease).stdout
    assert wellhead.json("lease", "show", lease)["suspension"]["suspended"] is True
    lifted = wellhead.json(*suspend, "--lift", "--yes")
    assert (lifted["suspension"], lifted["operator"]) == (None, who(OPERATOR))
    assert wellhead.json("lease", "show", lease)["suspension"] is None


def test_suspensions_that_are_refused(
    wellhead: Command, stage: Stage, cluster: int, tmp_path: Path
) -> None:
    post(stage, cluster, 1000 * USD)
    lease = stage.lease(cluster, 2, NOW + 1, 100)
    before = block_number(stage)
    word = "0x" + "ab" * 32
    for words, said in (
        ([9, "--notice", word], "There is no lease 9."),
        ([lease, "--notice", word, "--account", TENANT], "Only the operator of cluster 1"),
    ):
        assert said in wellhead.refused(1, "lease", "suspend", *words, "--yes")
        assert said in wellhead.refused(1, "lease", "suspend", *words, "--dry-run")
    missing = tmp_path / "nothing.txt"
    said = wellhead.refused(5, "lease", "suspend", lease, "--evidence", missing, "--yes")
    assert f"{missing}: can not be read" in said
    assert block_number(stage) == before
