"""quote --compare on a chain: against all quotes, for people, in a window, and sold out."""

from __future__ import annotations

import pytest

from tests.support.bookings import book
from tests.support.cli import Command
from tests.support.stage import GENESIS, HOUR, Stage, Terms
from wellhead.actions import calendar, comparing, leasing
from wellhead.actions.errors import SetupError
from wellhead.chain import Reverted
from wellhead.cli.amounts import show_money

NOW = GENESIS // HOUR
SMALL = Terms(horizon_hours=96, max_hours=30, min_hours=2, discount_hours=40)


@pytest.fixture
def cluster(stage: Stage) -> int:
    """A cluster of 64 units."""
    return stage.cluster(64)


def compare(cluster: int, units: int, hours: int, *more: object) -> list[object]:
    order = ["--cluster", cluster, "--units", units, "--hours", hours]
    return ["quote", *order, "--compare", *more]


def brute(
    stage: Stage, cluster: int, units: int, hours: int, first: int, last: int
) -> dict[int, leasing.Quote]:
    """What the contract quotes for every start that can be had."""
    found = {}
    for start in range(first, last + 1):
        try:
            found[start] = leasing.quote(
                stage.deployment, leasing.Order(cluster, units, start, hours)
            )
        except Reverted as error:
            assert error.name == "LeaseMarket_SoldOut"
    return found


@pytest.mark.parametrize(
    ("seed", "units", "hours", "seconds"),
    [(1, 8, 5, 0), (2, 20, 2, 1800), (3, 18, 24, 3599), (4, 1, 30, 1), (5, 44, 7, 600)],
)
def test_the_best_start_is_that_of_all_quotes(
    wellhead: Command, stage: Stage, seed: int, units: int, hours: int, seconds: int
) -> None:
    cluster = stage.cluster(50, SMALL)
    book(stage, cluster, seed, 25, 90)
    stage.to_hour(NOW + 2, seconds)
    every = brute(stage, cluster, units, hours, NOW + 2, NOW + 98 - hours)
    document = wellhead.json(*compare(cluster, units, hours))
    # Quotes of the same hours compare by their cost; the current hour's covers less.
    best = min(every.values(), key=lambda quote: quote.cost * 10**12 // quote.seconds)
    assert int(document["start"]) == best.order.start
    assert (int(document["cost"]), int(document["rate"])) == (best.cost, best.rate)
    found = document["comparison"]
    assert (int(found["first"]), int(found["last"])) == (NOW + 2, NOW + 98 - hours)
    assert int(found["starts"]) == 97 - hours
    assert int(found["sold_out"]) == 97 - hours - len(every)
    assert found["best"][0]["start"] == document["start"]
    costs = [int(one["cost"]) for one in found["best"] if one["first_seconds"] == "3600"]
    assert costs == sorted(costs)
    for one in found["best"]:
        for start in range(int(one["start"]), int(one["last"]) + 1):
            assert int(one["cost"]) == every[start].cost
    asked = every.get(NOW + 2)
    if asked is None:
        assert (found["asked"], found["saving"], found["saving_share"]) == (None, None, None)
    else:
        assert int(found["asked"]["cost"]) == asked.cost
        assert int(found["saving"]) == asked.cost * best.seconds // asked.seconds - best.cost
        assert int(found["saving"]) >= 0


def test_a_comparison_for_people(wellhead: Command, stage: Stage, cluster: int) -> None:
    stage.lease(cluster, 60, NOW + 1, 9)
    stage.lease(cluster, 30, NOW + 10, 10)
    stage.to_hour(NOW + 1)
    shown = wellhead(*compare(cluster, 4, 5))
    cheap, dear = (
        leasing.quote(stage.deployment, leasing.Order(cluster, 4, start, 5))
        for start in (NOW + 20, NOW + 1)
    )
    squeezed = " ".join(shown.stdout.split())
    assert "from 2026-01-01 20:00 UTC to 2026-01-02 01:00 UTC (5 hours)" in squeezed
    assert "/GPU-hour, today's" in squeezed
    assert "compared 17,516 starts, 0 sold out" in squeezed
    assert f"at the first {show_money(dear.cost)} (" in squeezed
    assert f"saving {show_money(dear.cost - cheap.cost)} (" in squeezed
    assert "for as much time" not in squeezed
    assert shown.stderr == "comparing starts ...\n"
    sold = wellhead(*compare(cluster, 5, 5)).stdout
    assert "sold out" in sold
    assert "the first start is sold out" in " ".join(sold.split())
    same = wellhead(*compare(cluster, 4, 5, "--start", "now+30")).stdout
    assert "none: no start is cheaper than the first" in " ".join(same.split())


def test_within_a_window(wellhead: Command, stage: Stage, cluster: int) -> None:
    stage.lease(cluster, 32, NOW, 30)
    stage.to_hour(NOW + 1)

    def window(*more: object) -> tuple[int, int, int]:
        found = wellhead.json(*compare(cluster, 4, 5, *more))
        part = found["comparison"]
        return (
            int(part["first"]) - NOW - 1,
            int(part["last"]) - NOW - 1,
            int(found["start"]) - NOW - 1,
        )

    assert window("--within", 12) == (0, 12, 0)
    assert window("--within", 0) == (0, 0, 0)
    assert window("--within", 40) == (0, 40, 29)
    assert window("--start", "now+3", "--within", 12) == (3, 15, 3)
    assert window("--start", "now+3", "--within", "now+29") == (3, 29, 29)
    assert window("--within", "2026-01-02T03:00Z") == (0, 26, 26)
    assert window("--within", NOW + 28) == (0, 27, 27)
    assert window("--start", "now+17000", "--within", 17_000) == (17_000, 17_515, 17_000)
    assert window() == (0, 17_515, 29)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"units": 0}, "at least one unit"),
        ({"hours": 31}, "A lease of 31 hours is not possible here: between 2 and 30 are."),
        ({"hours": 1}, "A lease of 1 hour is not possible here"),
        ({"start": NOW - 1}, "2025-12-31 23:00 UTC is over"),
        ({"start": "now-999999"}, "1970-01-01 00:00 UTC is over"),
        ({"start": NOW + 92}, "would end after"),
        ({"cluster": 7}, "There is no cluster 7."),
        ({"units": 65}, "Sold out: 65 units can not be had for 5 hours at any of 92 starts from"),
    ],
)
def test_comparisons_that_are_refused(
    wellhead: Command, stage: Stage, change: dict[str, object], said: str
) -> None:
    order = {"cluster": stage.cluster(50, SMALL), "units": 4, "hours": 5, "start": NOW, **change}
    words = [word for name, value in order.items() for word in (f"--{name}", value)]
    assert said in wellhead.refused(1, "quote", *words, "--compare")
    if "Sold out" not in said:
        assert said in wellhead.refused(1, "quote", *words)  # the market itself says the same


def test_a_window_that_is_none(wellhead: Command, cluster: int) -> None:
    outcome = wellhead(*compare(cluster, 4, 5, "--start", "now+9", "--within", "now+8"))
    assert outcome.code == 2
    assert "--within ends at 2026-01-01 08:00 UTC, before the start at 2026-01-01 09:00 UTC" in (
        " ".join(outcome.stderr.split())
    )
    order = ["--cluster", cluster, "--units", 4, "--hours", 5]
    outcome = wellhead("quote", *order, "--within", 5)
    assert (outcome.code, "--within is for --compare" in outcome.stderr) == (2, True)
    outcome = wellhead(*compare(cluster, 4, 5, "--within", "soon"))
    assert (outcome.code, "is no time" in outcome.stderr) == (2, True)


def test_sold_out_everywhere(wellhead: Command, stage: Stage) -> None:
    cluster = stage.cluster(50, SMALL)
    for place in range(0, 96, 24):
        stage.lease(cluster, 40 + place // 24, NOW + place, 24)
    said = wellhead.refused(1, *compare(cluster, 11, 5))
    assert said == (
        "Sold out: 11 units can not be had for 5 hours at any of 92 starts from 2026-01-01 00:00 "
        "UTC to 2026-01-04 19:00 UTC. At most 10 of 50 are free for so long."
    )
    said = wellhead.refused(1, *compare(cluster, 10, 5, "--start", "now+24", "--within", 0))
    assert "5 hours at 2026-01-02 00:00 UTC. At most 9 of 50" in said
    assert wellhead.json(*compare(cluster, 10, 5))["comparison"]["sold_out"] == str(92 - 20)
    stage.registry.send("setSellable", cluster, 0, sender=stage.operator)
    assert "At most 0 of 0 are free" in wellhead.refused(1, *compare(cluster, 1, 5))
    stage.registry.send("pause", sender=stage.guardian)
    assert wellhead.refused(1, *compare(cluster, 1, 5)) == "New leases are paused."


def test_a_contract_that_asks_another_price(
    stage: Stage, cluster: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    market = calendar.market_of(stage.deployment, cluster)
    order = leasing.Order(cluster, 4, NOW, 5)
    monkeypatch.setattr("wellhead.model.price.cost", lambda *_: 1)
    with pytest.raises(SetupError, match="this program computes 1: it is of another version"):
        comparing.compare(stage.deployment, market, order, NOW + 10)
