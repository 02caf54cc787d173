"""What a transaction may cost, for which chain it is signed, and what is said where nobody knows
what became of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.support.cli import Command, Outcome
from tests.support.live import GWEI
from tests.support.rehearsal import ETHER, PASSPHRASE, person, write_keyfile
from tests.support.stage import GENESIS, HOUR, Stage
from wellhead.chain import NodeUnreachable, Rpc, dev_account
from wellhead.chain.accounts import transaction_hash
from wellhead.cli.fees import USUAL, bounds_of, caps_of
from wellhead.cli.session import Session, Settings

TENANT, RECEIVER = person("tenant"), dev_account(6).address
SEND = "eth_sendRawTransactionSync"
#: Answers that the node gives instead of its own, by method.
Lies = dict[str, Any]


@dataclass
class Scene:
    """A tenant with a keystore and a lease, at a node that lies."""

    stage: Stage
    wellhead: Command
    words: list[object]
    lies: Lies = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    sent: list[str] = field(default_factory=list)
    #: After the node has taken a transaction.
    then: Callable[[], None] | None = None

    def transfer(self, *more: object) -> Outcome:
        return self.wellhead(*self.words, *more)

    def refused(self, code: int, *more: object) -> str:
        return self.wellhead.refused(code, *self.words, *more)

    def owner(self) -> str:
        return str(self.stage.market.call("ownerOf", 1))


@pytest.fixture
def scene(
    stage: Stage, wellhead: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Scene:
    lease = stage.lease(stage.cluster(64), 16, GENESIS // HOUR + 1, 24)
    first = stage.tenants[0]
    stage.market.send("transferFrom", first.address, TENANT.address, lease, sender=first)
    stage.anvil.rpc("anvil_setBalance", TENANT.address, hex(ETHER))
    keyfile = write_keyfile(tmp_path / "keys.json", TENANT)
    wellhead.environment["WELLHEAD_PASSPHRASE"] = PASSPHRASE
    words = ["lease", "transfer", lease, RECEIVER, "--keyfile", keyfile, "--yes"]
    made = Scene(stage, wellhead, words)
    real = Rpc.__call__

    def lying(rpc: Rpc, method: str, *params: Any) -> Any:
        made.asked.append(method)
        answer = real(rpc, method, *params)
        if method == SEND:
            made.sent.append(transaction_hash(bytes.fromhex(params[0][2:])))
            if made.then is not None:
                made.then()
        lie = made.lies.get(method, answer)
        return lie(answer) if callable(lie) else lie

    monkeypatch.setattr(Rpc, "__call__", lying)
    return made


@pytest.fixture
def live(scene: Scene) -> Scene:
    """The same at a chain that is not local, with a base fee of one gwei."""
    scene.lies |= {"web3_clientVersion": "Geth", **_base_fee(1)}
    return scene


def _base_fee(gwei: int) -> Lies:
    def lie(head: dict[str, Any]) -> dict[str, Any]:
        return {**head, "baseFeePerGas": hex(gwei * GWEI)}

    return {"eth_getBlockByNumber": lie}


def test_a_tip_above_the_cap(live: Scene) -> None:
    live.lies["eth_maxPriorityFeePerGas"] = hex(10**15)
    said = live.refused(3)
    assert said == (
        "the node asks for a tip of 1,000,000 gwei for a unit of gas, above the cap of 10 gwei: "
        "the transaction is not sent. --max-priority-fee raises the cap"
    )
    assert live.sent == []
    live.lies["eth_maxPriorityFeePerGas"] = hex(11 * GWEI)
    assert "above the cap of 10 gwei" in live.refused(3)
    assert live.refused(4, "--max-priority-fee", 101) == (
        "--max-priority-fee must be at most --max-fee, 100 gwei"
    )
    assert live.transfer("--max-priority-fee", "11").code == 0
    assert live.owner() == RECEIVER


def test_a_base_fee_above_the_cap(live: Scene) -> None:
    live.lies |= {**_base_fee(99), "eth_maxPriorityFeePerGas": hex(2 * GWEI)}
    assert live.refused(3) == (
        "the base fee of 99 gwei and a tip of 2 gwei are above the cap of 100 gwei: the "
        "transaction is not sent. --max-fee raises the cap"
    )
    assert live.sent == []
    assert live.transfer("--max-fee", "101").code == 0
    assert live.owner() == RECEIVER


def test_the_most_that_it_costs_is_said(live: Scene) -> None:
    live.lies |= {"eth_maxPriorityFeePerGas": hex(2 * GWEI), "eth_estimateGas": hex(400_000)}
    said = live.transfer("-v").stderr
    assert "sending up to 500,000 gas at up to 4 gwei: 0.002 ether at most" in said


def test_on_a_local_chain_there_is_no_cap_but_a_given_one(scene: Scene) -> None:
    scene.lies |= {**_base_fee(1), "eth_maxPriorityFeePerGas": hex(200 * GWEI)}
    assert "above the cap of 10 gwei" in scene.refused(3, "--max-fee", 500)
    said = scene.transfer("-v")
    assert (said.code, "ether at most" in said.stderr) == (0, False)


def test_caps_of_the_options() -> None:
    def caps(fee: int | None, tip: int | None) -> tuple[int, int]:
        found = caps_of(Settings(max_fee=fee, max_priority_fee=tip), is_local=False)
        assert found is not None
        return found.max_fee, found.tip

    assert caps(None, None) == (100 * GWEI, 10 * GWEI)
    assert caps(GWEI, None) == (GWEI, GWEI)
    assert caps(None, GWEI) == (100 * GWEI, GWEI)
    assert caps(300 * GWEI, 200 * GWEI) == (300 * GWEI, 200 * GWEI)


def test_a_node_that_is_of_another_chain_when_it_is_signed(scene: Scene) -> None:
    """Whatever it said before."""
    scene.lies["eth_chainId"] = lambda real: "0x1" if "eth_estimateGas" in scene.asked else real
    assert scene.refused(4) == (
        "the node is of chain 1 now, and this is for chain 31337: nothing is signed"
    )
    assert (scene.sent, scene.owner()) == ([], TENANT.address)


def test_a_deployment_of_another_chain_than_the_one_that_is_shown(scene: Scene) -> None:
    file = scene.wellhead.folder / "deployments" / "31337.json"
    scene.lies["eth_chainId"] = "0x1"
    assert scene.refused(4, "--deployment", file) == (
        "the node is of chain 31337 now, and this is for chain 1: nothing is signed"
    )


def test_a_node_that_says_it_is_a_local_one_only_where_fees_are_asked_for() -> None:
    session = Session(Settings())
    session.is_local, session.chain_id = True, 1
    assert bounds_of(session).caps == USUAL
    session.chain_id = 31337
    assert bounds_of(session).caps is None


@pytest.mark.parametrize("stops", [False, True], ids=["the node is gone", "interrupted"])
def test_nobody_knows_what_became_of_it(scene: Scene, stops: bool) -> None:
    """The node took it: whoever does the same again should look first."""

    def gone() -> None:
        if stops:
            raise KeyboardInterrupt
        raise NodeUnreachable(scene.stage.anvil.rpc.url, "timed out")

    scene.then = gone
    said = scene.refused(130 if stops else 3)
    url = scene.stage.anvil.rpc.url
    (hashed,) = scene.sent
    before = "interrupted" if stops else f"no node answers at {url}: timed out"
    assert said == (
        f"{before}. Transaction {hashed} may have been sent: before you do this again, see whether "
        "it was mined, at a block explorer or with the node's eth_getTransactionReceipt"
    )
    assert scene.owner() == RECEIVER
