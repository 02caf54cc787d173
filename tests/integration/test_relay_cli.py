"""`wellhead relay run` as people call it; the reporters answer over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.cli import Command
from tests.support.live import free_port
from tests.support.relay_scenes import Scene
from tests.support.relays import served
from tests.support.stage import Stage
from wellhead.actions.errors import BadInput, SetupError
from wellhead.chain import dev_account
from wellhead.chain.fees import GWEI, Caps
from wellhead.cli.relay_plan import Plan
from wellhead.cli.sentences import SENTENCES
from wellhead.oracle.relay import Options
from wellhead.oracle.relay.options import LOCAL_TERMS

EXAMPLE = Path(__file__).resolve().parents[2] / "deployments" / "relay.toml"


@pytest.fixture
def scene(stage: Stage, tmp_path: Path) -> Scene:
    return Scene.on(stage, tmp_path)


@pytest.fixture
def urls(scene: Scene) -> Iterator[list[str]]:
    with served(scene.desks) as found:
        yield found


def command(urls: list[str], *more: object) -> list[object]:
    named = [word for url in urls for word in ("--reporter", url)]
    return ["relay", "run", "--once", "--yes", *named, *more]


def test_one_round(scene: Scene, urls: list[str], wellhead: Command) -> None:
    hours = scene.pass_hours(2)
    document = wellhead.json(*command(urls))
    (report,) = document["reports"]
    assert document["schema"] == "wellhead.relay.run/1"
    assert [sample["hour"] for sample in report["samples"]] == [str(hour) for hour in hours]
    assert report["signers"] == [desk.address for desk in scene.desks[:3]]
    assert report["inputs"] == {"canary": "0", "heartbeat": "0", "none": "2"}
    assert (report["measurements"], report["recorded"]) == ("10", "2")
    assert document["reporters"] == [desk.address for desk in scene.desks]
    assert scene.reported() == list(hours)
    receipt = scene.stage.anvil.rpc("eth_getTransactionReceipt", report["transaction"])
    assert int(receipt["from"], 16) == int(document["account"], 16)
    assert document["account"] == dev_account(4).address

    again = wellhead(*command(urls))
    assert again.code == 0
    assert "nothing to do" in again.stdout


def test_for_people(scene: Scene, urls: list[str], wellhead: Command) -> None:
    hours = scene.pass_hours(2)
    scene.stage.to_hour(hours[-1] + 2, 60)
    outcome = wellhead(*command(urls))
    assert outcome.code == 0
    shown = " ".join(outcome.stdout.split())
    assert "reporters 5 of 5 answer" in shown
    assert "outside input: canary 0, heartbeat 0, none 2" in shown
    assert "only just over 2026-01-01" in shown
    assert "mined in block" in outcome.stderr


def test_a_dry_run_says_what_waits(scene: Scene, urls: list[str], wellhead: Command) -> None:
    (hour,) = scene.pass_hours(1)
    scene.stage.to_hour(hour + 2, 60)
    scene.desks[0].is_down = True
    document = wellhead.json(*command(urls, "--dry-run"))
    assert document["waiting"] == [
        {"cluster": str(scene.cluster), "hour": str(hour), "measurements": "4"},
        {"cluster": str(scene.cluster), "hour": str(hour + 1), "measurements": "0"},
    ]
    assert "reports" not in document
    assert scene.reported() == []
    shown = wellhead(*command(urls, "--dry-run"))
    assert "Hours without a report, nothing sent" in shown.stdout


def test_by_a_file_and_with_options_first(
    scene: Scene, urls: list[str], wellhead: Command, tmp_path: Path
) -> None:
    other = scene.stage.cluster(16)
    hours = scene.pass_hours(3)
    scene.measure(hours, other)
    listed = ", ".join(f'"{url}"' for url in urls)
    config = tmp_path / "relay.toml"
    config.write_text(
        f"reporters = [{listed}]\nclusters = [{other}]\nbatch_hours = 2\njournal = 'here.json'\n"
    )
    document = wellhead.json("relay", "run", "--once", "--yes", "--config", config)
    assert [len(report["samples"]) for report in document["reports"]] == [2, 1]
    assert (scene.reported(), scene.reported(other)) == ([], list(hours))
    assert (tmp_path / "here.json").exists()
    more = ["--cluster", scene.cluster, "--batch", 100]
    document = wellhead.json("relay", "run", "--once", "--yes", "--config", config, *more)
    assert [len(report["samples"]) for report in document["reports"]] == [3]


def test_an_equivocation_is_in_the_document(
    scene: Scene, urls: list[str], wellhead: Command
) -> None:
    (hour,) = scene.pass_hours(1)
    liar = scene.desks[2]
    scene.desks[0].store.take([liar.signed(scene.stage.sample(scene.cluster, hour, 1))])
    document = wellhead.json(*command(urls))
    (found,) = document["equivocations"]
    assert (found["reporter"], found["hour"]) == (liar.address, str(hour))
    assert len(set(found["words"])) == 2
    assert document["reports"][0]["measurements"] == "4"


def test_nobody_answers(scene: Scene, wellhead: Command) -> None:
    scene.pass_hours(1)
    url = f"http://127.0.0.1:{free_port()}"
    assert wellhead.refused(3, *command([url])) == "none of 1 reporter answers"


def test_mistakes(scene: Scene, wellhead: Command, tmp_path: Path) -> None:
    assert "give --reporter URL for each reporter" in wellhead.refused(2, *command([]))
    forever = ["relay", "run", "--reporter", "http://127.0.0.1:1", "--yes"]
    assert "--json needs --once" in wellhead.refused(2, *forever)
    config = tmp_path / "relay.toml"
    config.write_text("reporters = 5\n")
    assert "reporters: Input should be a valid list" in wellhead.refused(
        5, "relay", "run", "--once", "--config", config
    )
    config.write_text("poll = 5\n")
    assert "poll: is not known here" in wellhead.refused(
        5, "relay", "run", "--once", "--config", config
    )
    other = tmp_path / "journal.json"
    other.write_text("{}")
    said = wellhead.refused(4, *command(["http://127.0.0.1:1"], "--journal", other))
    assert said.startswith(f"{other} is no journal of a relay")


def test_elsewhere_than_on_a_local_chain_somebody_says_what_gas_may_cost() -> None:
    named = ("http://127.0.0.1:1",)
    with pytest.raises(SetupError, match="say what a unit of gas may cost"):
        Plan(reporters=named).terms(is_local=False)
    given = Plan(reporters=named, max_fee=30 * GWEI).terms(is_local=False)
    assert (given.caps, given.confirmations) == (Caps(30 * GWEI, 2 * GWEI), 5)
    assert Plan(reporters=named, max_fee=GWEI).terms(is_local=False).caps == Caps(GWEI, GWEI)
    with pytest.raises(SetupError, match="at most --max-fee"):
        Plan(reporters=named, max_fee=GWEI, max_priority_fee=2 * GWEI).terms(is_local=False)
    assert Plan(reporters=named).terms(is_local=True) == LOCAL_TERMS


def test_the_example_is_what_happens_without_it() -> None:
    plan = Plan(config_file=EXAMPLE)
    assert (plan.options, plan.poll, len(plan.reporters)) == (Options(), 60, 3)
    terms = plan.terms(is_local=False)
    assert (terms.caps, terms.confirmations) == (Caps(40 * GWEI, 2 * GWEI), 5)
    over = Plan(config_file=EXAMPLE, confirmations=9, max_fee=50 * GWEI, lookback=5)
    assert over.terms(is_local=False).confirmations == 9
    assert over.terms(is_local=False).caps == Caps(50 * GWEI, 2 * GWEI)
    assert over.options.lookback == 5


def test_a_file_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="can not be read"):
        Plan(config_file=tmp_path / "none.toml")


def test_every_refusal_of_the_contracts_has_a_sentence() -> None:
    """Those that a relay can meet."""
    names = (
        "MetricsOracle_UnknownSigner",
        "Contests_NotContested",
        "CapacityRegistry_WithinBooked",
    )
    assert all(name in SENTENCES for name in names)
