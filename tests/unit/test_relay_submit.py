"""A relay's transactions: each takes effect once, whatever happens to it and to the relay."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.relay_scenes import Scene
from tests.support.shows import shows
from tests.support.stage import GENESIS, Stage, build_stage
from wellhead.chain import Anvil
from wellhead.chain.accounts import NotMined
from wellhead.chain.fees import GWEI, Caps
from wellhead.chain.transactions import Terms
from wellhead.oracle.relay import Outcome
from wellhead.oracle.relay.journal import Journal

TERMS = Terms(Caps(100 * GWEI, 20 * GWEI), confirmations=1, replace_after=10, patience=200)


class Crash(BaseException):
    pass


@pytest.fixture
def scene(stage: Stage, tmp_path: Path) -> Scene:
    return Scene.on(stage, tmp_path)


@pytest.fixture
def own_scene(tmp_path: Path) -> Iterator[Scene]:
    """On a node of its own: one that many tests went back on has not all the states that a
    reorganisation needs."""
    with Anvil(GENESIS) as anvil:
        yield Scene.on(build_stage(anvil), tmp_path)


@shows("REP-12")
@pytest.mark.parametrize("is_written", [False, True])
@pytest.mark.parametrize("at", range(4))
def test_killed_at_a_write_of_the_journal(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, at: int, is_written: bool
) -> None:
    """A round writes it four times. At each it is killed, before or after it is on disk."""
    hours = scene.pass_hours(2)
    write, count = Journal.save, 0

    def save(journal: Journal) -> None:
        nonlocal count
        count += 1
        if count <= at or is_written:
            write(journal)
        if count > at:
            raise Crash

    with monkeypatch.context() as patch:
        patch.setattr(Journal, "save", save)
        with pytest.raises(Crash):
            scene.relay().run_once()
    assert count == at + 1
    scene.relay().run_once()
    scene.relay().run_once()
    scene.check_the_end(hours)


def test_killed_between_signing_and_sending(scene: Scene) -> None:
    """Signatures are not kept: the reporters give the same ones again."""
    hours = scene.pass_hours(2)
    relay = scene.relay()

    def die(*given: object, **named: object) -> None:
        raise Crash

    relay.desk.post = die  # type: ignore[method-assign]
    with pytest.raises(Crash):
        relay.run_once()
    assert scene.nonce() == 0
    bound = [desk.store.signed_for("report", (scene.cluster, hours[0])) for desk in scene.desks]
    assert [found is not None for found in bound] == [True, True, True, False, False]
    outcome = scene.relay().run_once()
    assert outcome.recorded == 2
    scene.check_the_end(hours)


def test_killed_while_the_transaction_waits(scene: Scene) -> None:
    """The next process waits for that transaction and sends no other, also where new hours are
    over by then."""
    hours = scene.pass_hours(2)

    def die() -> None:
        raise Crash

    with scene.mining_by_hand():
        scene.clock.hooks.append(die)
        with pytest.raises(Crash):
            scene.relay().run_once()
        assert (scene.nonce(), scene.nonce(when="pending")) == (0, 1)
        (order,) = scene.journal()["orders"]
        (sent,) = order["entry"]["sent"]

        scene.clock.hooks[:] = [scene.mine]
        outcome = scene.relay().run_once()
    assert outcome.resumed == [f"report of 2 hours from hour {hours[0]}"]
    assert (outcome.reports, outcome.left) == ([], [])
    scene.check_the_end(hours)
    (event,) = scene.stage.oracle.events("Reported", scene.stage.deployment.block)
    assert scene.stage.anvil.rpc("eth_getTransactionReceipt", sent["hash"])["blockNumber"] == hex(
        event.block
    )


def test_a_transaction_that_is_not_mined_is_replaced_at_a_higher_fee(scene: Scene) -> None:
    hours = scene.pass_hours(1)
    offers: list[list[tuple[int, int]]] = []

    def look() -> None:
        (order,) = scene.journal()["orders"]
        offers.append([(sent["max_fee"], sent["tip"]) for sent in order["entry"]["sent"]])
        if len(offers[-1]) == 3:
            scene.mine()

    with scene.mining_by_hand():
        scene.clock.hooks.append(look)
        outcome = scene.relay(terms=TERMS).run_once()
    assert scene.text.count("not mined after 10 s; replacing it") == 2
    for (old_fee, old_tip), (fee, tip) in zip(offers[-1], offers[-1][1:], strict=False):
        assert fee * 8 >= old_fee * 9
        assert tip * 8 >= old_tip * 9
    scene.check_the_end(hours)
    mined = scene.stage.anvil.rpc("eth_getTransactionByHash", outcome.reports[0].transaction)
    assert int(mined["maxFeePerGas"], 16) == offers[-1][-1][0]


@shows("REP-12")
def test_the_fee_caps_hold_and_the_relay_comes_back_to_it(scene: Scene) -> None:
    hours = scene.pass_hours(1)
    poor = replace(TERMS, caps=Caps(2 * GWEI, GWEI), patience=60)
    with scene.mining_by_hand():
        with pytest.raises(NotMined):
            scene.relay(terms=poor).run_once()
        (order,) = scene.journal()["orders"]
        assert all(sent["max_fee"] <= 2 * GWEI for sent in order["entry"]["sent"])
        assert all(sent["tip"] <= GWEI for sent in order["entry"]["sent"])
    scene.clock.hooks.append(scene.mine)
    scene.relay(terms=poor).run_once()
    scene.check_the_end(hours)


def test_a_dropped_transaction_is_sent_again(scene: Scene) -> None:
    hours = scene.pass_hours(1)
    dropped: list[str] = []

    def drop() -> None:
        (order,) = scene.journal()["orders"]
        if not dropped:
            dropped.append(order["entry"]["sent"][-1]["hash"])
            scene.stage.anvil.rpc("anvil_dropTransaction", dropped[0])
        elif "was dropped; sent it again" in scene.text:
            scene.mine()

    with scene.mining_by_hand():
        scene.clock.hooks.append(drop)
        outcome = scene.relay(terms=TERMS).run_once()
    assert outcome.reports[0].transaction == dropped[0]
    scene.check_the_end(hours)


def reorganise(scene: Scene, blocks: int) -> Callable[[], None]:
    """Once, when the report is mined and so many blocks deep, take the blocks away again; new ones
    follow whenever somebody waits."""
    done: list[bool] = []

    def hook() -> None:
        orders = scene.journal()["orders"]
        mined = orders and orders[0]["entry"]["block"]
        head = scene.stage.anvil.rpc.integer("eth_blockNumber")
        if mined and not done and head - mined + 1 >= blocks:
            scene.stage.anvil.rpc("anvil_rollback", blocks)
            done.append(True)
        scene.mine()

    return hook


@shows("REP-12")
def test_a_reorganisation_of_three_blocks(own_scene: Scene) -> None:
    scene = own_scene
    hours = scene.pass_hours(2)
    scene.clock.hooks.append(reorganise(scene, 3))
    outcome = scene.relay(terms=replace(TERMS, confirmations=5)).run_once()
    assert "is not on the chain any more" in scene.text
    scene.check_the_end(hours)
    receipt = scene.stage.anvil.rpc("eth_getTransactionReceipt", outcome.reports[0].transaction)
    assert receipt["status"] == "0x1"
    head = scene.stage.anvil.rpc.integer("eth_blockNumber")
    assert head - int(receipt["blockNumber"], 16) + 1 >= 5


def test_a_reorganisation_in_which_another_relay_was_faster(own_scene: Scene) -> None:
    scene = own_scene
    hours = scene.pass_hours(2)
    usual, others = reorganise(scene, 3), list[Outcome]()

    def hook() -> None:
        usual()
        if not scene.reported() and not others:
            others.append(scene.relay(1).run_once())

    scene.clock.hooks.append(hook)
    scene.relay(terms=replace(TERMS, confirmations=5)).run_once()
    assert scene.reported() == list(hours)
    assert len(scene.batches()) == 1
    assert (scene.nonce(0), scene.nonce(1)) == (0, 1)
    assert scene.journal()["orders"] == []


def test_a_reorganisation_deeper_than_what_counts_as_sure(own_scene: Scene) -> None:
    scene = own_scene
    hours = scene.pass_hours(2)
    relay = scene.relay()
    relay.run_once()
    for _ in range(2):
        scene.mine()
    scene.stage.anvil.rpc("anvil_rollback", 3)
    assert scene.reported() == []
    assert relay.run_once().recorded == 2
    scene.check_the_end(hours)


def test_a_journal_of_a_chain_that_was_started_anew(scene: Scene, stage: Stage) -> None:
    """What it speaks of is gone, and of no use: it is dropped, and the relay goes on."""
    with stage.scratch():
        scene.pass_hours(2)
        with scene.mining_by_hand():
            scene.clock.hooks.append(crash)
            with pytest.raises(Crash):
                scene.relay().run_once()
            # Going back, the node may keep what waits; a new one knows nothing of it.
            stage.anvil.rpc("anvil_dropAllTransactions")
        scene.clock.hooks.clear()
        (order,) = scene.journal()["orders"]
    # The same hours, reported by somebody else; and the account has sent nothing.
    stage.to_hour(scene.first + 2, 60)
    stage.report_hours(scene.cluster, scene.first, scene.first + 2)
    outcome = scene.relay().run_once()
    assert (outcome.resumed, outcome.reports, outcome.left) == ([], [], [])
    assert f"{order['entry']['label']}: not sent, all of it is recorded already" in scene.text
    assert scene.nonce() == 0
    assert scene.journal()["orders"] == []


def crash() -> None:
    raise Crash
