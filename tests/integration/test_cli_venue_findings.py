"""What `doctor` says of the holders' bitcoin: where it is bought, at what price, and what waits."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.support.cli import Command, command_on
from tests.support.stage import HOUR, USD, Stage
from tests.support.sweeps import ALL_BITCOIN, BITCOIN, Desk, desk_on, earn
from wellhead.chain.uniswap import PRICE, price_of
from wellhead.cli.amounts import show_per_bitcoin


@pytest.fixture
def desk(stage: Stage) -> Desk:
    desk = desk_on(stage)
    desk.fill(100 * BITCOIN)
    desk.set_venue(max_age=4500)
    return desk


@pytest.fixture
def doctor(stage: Stage, tmp_path: Path) -> Command:
    return command_on(stage, tmp_path)


def about(doctor: Command, check: str, code: int = 0) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = doctor.json("doctor", code=code)["findings"]
    return [one for one in found if one["check"] == check]


def test_a_venue_that_is_all_right(doctor: Command, desk: Desk) -> None:
    desk.cluster()
    (found,) = about(doctor, "bitcoin")
    at_pool = show_per_bitcoin(int(price_of(desk.root(), desk.cash_first) * BITCOIN))
    said = f"bitcoin costs {at_pool} on the pool and $100,000.00/BTC by the feed"
    assert (found["state"], found["message"]) == ("ok", said)


def test_no_venue(doctor: Command, stage: Stage) -> None:
    (found,) = about(doctor, "bitcoin")
    assert (found["state"], found["advice"]) == ("note", None)
    assert found["message"] == "bitcoin is bought nowhere, and no cluster promises any"
    stage.cluster(10, ALL_BITCOIN.but(bitcoin_share=0))
    assert about(doctor, "bitcoin") == [found]
    second, third = (stage.cluster(10, ALL_BITCOIN) for _ in range(2))
    (found,) = about(doctor, "bitcoin")
    assert (found["state"], found["advice"]) == (
        "note",
        "the governor says where: `wellhead revenue venue set`",
    )
    assert f"and the terms promise it to the holders of: {second}, {third}" in found["message"]
    earn(stage, third, 50 * USD, 1)
    stage.router.send("distribute", third, sender=stage.stranger)
    (found,) = about(doctor, "bitcoin", code=6)
    assert found["state"] == "wrong"
    assert found["message"].endswith(f"and it is due to the holders of: {third}")


def test_a_feed_that_does_not_say_what_it_should(doctor: Command, desk: Desk) -> None:
    desk.answer(PRICE)
    began = desk.stage.now()
    desk.stage.skip(4499)
    assert about(doctor, "bitcoin")[0]["state"] == "ok"
    desk.stage.to_time(began + 3 * HOUR)
    (found,) = about(doctor, "bitcoin", code=6)
    assert found["state"] == "wrong"
    said = r", 3 hours( \d+ seconds?)? old: nothing is swept by one .* than 1 hour 15 minutes old"
    assert re.search(said, found["message"])
    assert found["advice"].startswith("wait for the feed, or the governor names another venue")
    desk.answer(PRICE, age=-HOUR)
    assert "from the future: nothing is swept" in about(doctor, "bitcoin", code=6)[0]["message"]
    for answer in (0, -7):
        desk.answer(answer)
        (found,) = about(doctor, "bitcoin", code=6)
        assert f"{desk.feed.address} answers with no price" in found["message"]
    desk.stage.anvil.rpc("anvil_setCode", desk.feed.address, "0x60006000fd")
    (found,) = about(doctor, "bitcoin", code=6)
    assert f"or the feed {desk.feed.address} does not answer" in found["message"]


def test_a_pool_that_asks_for_too_much(doctor: Command, desk: Desk) -> None:
    desk.answer(99_000 * 10**8)
    (found,) = about(doctor, "bitcoin", code=6)
    assert found["state"] == "wrong"
    assert (
        "and a fee of 0.05 %, and sweeps pay up to $99,990.00/BTC while the feed says $99,000"
        in (found["message"])
    )
    assert found["advice"].startswith("wait until others have traded it back")
    # One that is cheaper than the feed is none of our worries.
    desk.answer(105_000 * 10**8)
    assert about(doctor, "bitcoin")[0]["state"] == "ok"


def test_what_waits_for_more_than_a_day(doctor: Command, desk: Desk) -> None:
    stage = desk.stage
    cluster, small = desk.waiting(50 * USD), desk.waiting(USD - 1)
    began = stage.now()
    swept = desk.waiting(50 * USD)
    desk.sweep(swept)
    desk.feed.send("keep", PRICE, sender=desk.keeper)
    stage.to_time(began + 20 * HOUR)
    desk.earn(swept, 20 * USD)
    desk.earn(cluster, 20 * USD)
    desk.sweep(cluster, 30 * USD)
    assert [one["state"] for one in about(doctor, f"cluster {cluster}")] == ["ok"]
    stage.to_time(began + 25 * HOUR)
    found = about(doctor, f"cluster {cluster}", code=6)[0]
    assert found["state"] == "wrong"
    assert found["message"].startswith(
        "$40.00 wait to be turned into bitcoin, some of it for 1 day"
    )
    assert found["advice"] == f"`wellhead revenue sweep {cluster}`"
    for other in (small, swept):
        assert [one["state"] for one in about(doctor, f"cluster {other}", code=6)] == ["ok"]
    desk.sweep(cluster)
    assert doctor.json("doctor")["healthy"] is True


def test_nobody_says_who_holders_are(doctor: Command, stage: Stage) -> None:
    (found,) = about(doctor, "issuers")
    assert found["message"] == f"whose credentials count: {stage.issuer.address}"
    stage.compliance.send("dismiss", stage.issuer.address, sender=stage.officer)
    (found,) = about(doctor, "issuers", code=6)
    assert found["message"] == "nobody's credentials count, so nobody can receive tokens"
    officers = [one for one in about(doctor, "roles", code=6) if "compliance" in one["message"]]
    assert [one["message"] for one in officers] == [
        f"who may see to compliance: {stage.officer.address}"
    ]
    stage.authority.send("revokeRole", 3, stage.officer.address, sender=stage.governor)
    assert any(
        one["message"] == "nobody may see to compliance" for one in about(doctor, "roles", code=6)
    )
