"""The account that pays for a relay, and what it has in its journal."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.relay_scenes import Scene
from tests.support.stage import Stage
from wellhead.chain import KeyAccount, RpcError, dev_account
from wellhead.chain.fees import GWEI, Caps
from wellhead.chain.keys import ExternalSigner
from wellhead.chain.transactions import Terms
from wellhead.oracle.relay import Relay
from wellhead.oracle.relay.journal import Journal, JournalError, only_one

TERMS = Terms(Caps(100 * GWEI, 20 * GWEI), confirmations=1, replace_after=10, patience=200)


@pytest.fixture
def scene(stage: Stage, tmp_path: Path) -> Scene:
    return Scene.on(stage, tmp_path)


def foreign(scene: Scene, nonce: int) -> None:
    """A transaction of the relay's account that has nothing to do with it."""
    body = {
        "chainId": scene.stage.deployment.chain_id,
        "nonce": nonce,
        "to": dev_account(9).address,
        "value": 1,
        "gas": 21_000,
        "maxFeePerGas": 90 * GWEI,
        "maxPriorityFeePerGas": 90 * GWEI,
    }
    raw = dev_account(30).sign_transaction(body)
    scene.stage.anvil.rpc("eth_sendRawTransaction", "0x" + raw.hex())


def test_a_foreign_transaction_takes_the_nonce(scene: Scene) -> None:
    hours = scene.pass_hours(1)
    done: list[bool] = []

    def interfere() -> None:
        (order,) = scene.journal()["orders"]
        if not done:
            done.append(True)
            scene.stage.anvil.rpc("anvil_dropTransaction", order["entry"]["sent"][-1]["hash"])
            foreign(scene, 0)
        scene.mine()

    with scene.mining_by_hand():
        scene.clock.hooks.append(interfere)
        scene.relay(terms=TERMS).run_once()
    assert "nonce 0 was used by another transaction; taking the next one" in scene.text
    scene.check_the_end(hours, transactions=2)


def test_a_foreign_transaction_that_is_on_its_way_already(scene: Scene) -> None:
    hours = scene.pass_hours(1)
    with scene.mining_by_hand():
        foreign(scene, 0)
        scene.clock.hooks.append(scene.mine)
        scene.relay(terms=TERMS).run_once()
    scene.check_the_end(hours, transactions=2)


def test_an_account_without_money_and_one_that_gets_some(scene: Scene) -> None:
    hours = scene.pass_hours(1)
    rpc, address = scene.stage.anvil.rpc, dev_account(30).address
    rpc("anvil_setBalance", address, hex(1000))
    with pytest.raises(RpcError, match=r"(?i)insufficient funds"):
        scene.relay(terms=TERMS).run_once()
    rpc("anvil_setBalance", address, hex(10**18))
    scene.relay(terms=TERMS).run_once()
    scene.check_the_end(hours)


def test_an_account_that_the_node_holds(scene: Scene) -> None:
    hours = scene.pass_hours(1)
    clients = [desk.client() for desk in scene.desks]
    relay = Relay(scene.stage.deployment, scene.stage.relay, clients, clock=scene.clock)
    before = scene.stage.anvil.rpc.integer(
        "eth_getTransactionCount", scene.stage.relay.address, "latest"
    )
    assert relay.run_once().recorded == 1
    assert scene.reported() == list(hours)
    after = scene.stage.anvil.rpc.integer(
        "eth_getTransactionCount", scene.stage.relay.address, "latest"
    )
    assert after == before + 1


def test_a_signer_that_only_sends(scene: Scene) -> None:
    """Nobody sees the signed transaction, so the journal has its hash alone, if it got that far."""
    hours = scene.pass_hours(1)
    signer = ExternalSigner(scene.stage.anvil.rpc, scene.stage.relay.address)
    signer.sends_only = True
    clients = [desk.client() for desk in scene.desks]
    relay = Relay(scene.stage.deployment, signer, clients, clock=scene.clock)
    assert relay.run_once().recorded == 1
    assert scene.reported() == list(hours)


def test_the_journal_of_somebody_else(scene: Scene, tmp_path: Path) -> None:
    path = tmp_path / "journal.json"
    deployment, other = scene.stage.deployment, KeyAccount(b"\x07" * 32)
    Journal(deployment.chain_id, deployment.oracle.address, other.address, path).save()
    with pytest.raises(JournalError, match=f"is the journal of {other.address} on chain"):
        Relay(deployment, dev_account(30), [], journal=path)
    path.write_text(json.dumps({"schema": "wellhead.journal/1"}))
    with pytest.raises(JournalError, match="is no journal of a relay: its schema is not"):
        Relay(deployment, dev_account(30), [], journal=path)
    Journal(deployment.chain_id, deployment.oracle.address, other.address, path).save()
    body = json.loads(path.read_text())
    for name in body:
        path.write_text(json.dumps({key: body[key] for key in body if key != name}))
        with pytest.raises(JournalError, match=f"is no journal of a relay: '{name}'"):
            Relay(deployment, dev_account(30), [], journal=path)
    path.write_text("{")
    with pytest.raises(JournalError, match="is no journal of a relay"):
        Relay(deployment, dev_account(30), [], journal=path)


def test_one_relay_with_a_journal_at_a_time(tmp_path: Path) -> None:
    path = tmp_path / "relay" / "journal.json"
    refused = pytest.raises(JournalError, match="another relay with the journal")
    with only_one(path), refused, only_one(path):
        pass
    with only_one(path):
        pass
