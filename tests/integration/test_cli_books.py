"""The books, lease list and lease show after everything that can happen to leases. Reading the
books recomputes every loss, and fails where anything does not add up to the ledger unit."""

from __future__ import annotations

import pytest

from tests.support.cli import Command
from tests.support.sales import seen
from tests.support.stage import GENESIS, HOUR, USD, Stage, Terms
from wellhead.actions.books import PARTS
from wellhead.model.units import LEDGER_SCALE

NOW = GENESIS // HOUR
MAX = 2**256 - 1


@pytest.fixture
def cluster(stage: Stage) -> int:
    """64 units with a small bond behind each, which a long outage uses up."""
    cluster = stage.cluster(64, Terms(bond=3 * USD, penalty=2_000_000))
    stage.market.send("postBond", cluster, 64 * 3 * USD, sender=stage.tenants[3])
    return cluster


def books_of(wellhead: Command) -> dict[str, int]:
    (found,) = wellhead.json("revenue", "show")["clusters"]
    books = {name: int(value) for name, value in found.items()}
    assert books["paid_in"] + books["from_bond"] == sum(books[part] for part in PARTS)
    return books


def test_books_after_everything(wellhead: Command, stage: Stage, cluster: int) -> None:
    first, second = stage.tenants[:2]
    market, exchange = stage.market, stage.deployment.exchange
    stage.to_hour(NOW, 1000)
    one = stage.lease(cluster, 16, NOW, 30)  # the first hour pro rata
    two = stage.lease(cluster, 7, NOW + 2, 40, second)
    three = stage.lease(cluster, 5, NOW + 50, 10, second)
    market.send("extend", one, 13, MAX, sender=first)
    assert books_of(wellhead)["escrowed"] > 0
    # Cancelled as a whole, in part, and split in both ways; all of it is in the books.
    market.send("cancel", three, NOW + 50, 0, sender=second)
    market.send("cancel", two, NOW + 30, 0, sender=second)
    market.send("splitUnits", one, 5, sender=first)
    market.send("splitHours", one, NOW + 20, sender=first)
    cancelled = books_of(wellhead)["cancelled"]
    events = market.events("LeaseCancelled")
    assert cancelled == LEDGER_SCALE * sum(int(event["refund"]) for event in events) > 0
    # Half an outage, a whole one that takes from the bond, and a default.
    stage.to_hour(NOW + 6)
    stage.report_hours(cluster, NOW, NOW + 3, 500_000)
    stage.report_hours(cluster, NOW + 3, NOW + 6)
    stage.finalize()
    wellhead.json("settle", "--cluster", cluster, "--yes")
    settled = books_of(wellhead)
    assert min(settled["refunded"], settled["routed"], settled["outage_refund"]) > 0
    market.send("approve", exchange.address, 4, sender=first)
    exchange.send("list", 4, 10**6, 10**6, stage.now(), stage.now() + 10**5, sender=first)
    exchange.send("buy", 4, seen(stage.market, 4).encoded(), sender=second)
    late = stage.lease(cluster, 3, stage.hour() + 1, 300, second)
    stage.to_hour(NOW + 30 + 110)
    stage.report_hours(cluster, NOW + 6, NOW + 12, 900_000)
    stage.report_hours(cluster, NOW + 12, NOW + 30 + 110, 0)
    stage.finalize()
    wellhead.json("cluster", "default", cluster, "--yes")
    books = books_of(wellhead)
    assert min(books["from_bond"], books["void_refund"]) > 0
    assert books["compensation"] > 0 or books["bond"] < LEDGER_SCALE * USD
    # The hours until the default count as ever.
    stage.report_hours(cluster, NOW + 30 + 110, market.events("Defaulted")[0]["hour"])
    stage.finalize()
    wellhead.json("settle", "--cluster", cluster, "--yes")
    final = books_of(wellhead)
    assert final["escrowed"] == 0
    assert final["refund_owed"] < LEDGER_SCALE * 10
    # A new era, with a new bond and a new lease.
    market.send("postBond", cluster, 300 * USD, sender=first)
    newest = stage.lease(cluster, 4, stage.hour() + 1, 5, first)
    stage.skip(7 * HOUR)
    start = market.call("leaseOf", newest)["start"]
    stage.report_hours(cluster, start, start + 5, 200_000)
    stage.finalize()
    wellhead.json("settle", "--cluster", cluster, "--yes")
    assert books_of(wellhead)["from_bond"] > final["from_bond"]
    market.send("withdrawBond", cluster, 100 * USD, sender=stage.operator)
    assert books_of(wellhead)["bond_withdrawn"] == LEDGER_SCALE * 100 * USD
    shown = {view["lease"]: view for view in wellhead.json("lease", "list")["leases"]}
    assert str(three) not in shown
    assert [shown[str(n)]["split_from"] for n in (4, 5, late)] == ["1", "1", None]
    assert shown["4"]["owner"] == second.address
    assert {view["state"] for view in shown.values()} == {"final"}
    # Its bond is small, and its bitcoin is bought nowhere.
    messages = [found["message"] for found in wellhead.json("doctor", code=6)["findings"]]
    assert any("no booked hour waits for a report" in message for message in messages)


def test_a_default_frees_reports_of_void_hours(
    wellhead: Command, stage: Stage, cluster: int
) -> None:
    """Nobody waits for reports of hours that are void."""
    stage.lease(cluster, 3, NOW + 1, 200)
    stage.to_hour(NOW + 73)
    stage.report_hours(cluster, NOW + 1, NOW + 73, 0)
    stage.finalize()
    waiting = [f["message"] for f in wellhead.json("doctor", code=6)["findings"]]
    assert any("24 booked hours without a report" in message for message in waiting)
    wellhead.json("cluster", "default", cluster, "--yes")
    stage.skip(50 * HOUR)
    waiting = [f["message"] for f in wellhead.json("doctor", code=6)["findings"]]
    assert any("24 booked hours without a report" in message for message in waiting)
