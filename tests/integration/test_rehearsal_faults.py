"""What goes wrong in the middle of a deployment, and that it ends well all the same."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.live import GWEI
from tests.support.rehearsal import Rehearsal, person
from wellhead.chain import Deployment
from wellhead.chain.journal import Entry, Journal
from wellhead.chain.plan import ORDER
from wellhead.chain.plan import addresses as planned
from wellhead.chain.proof import prove

WELLHEAD = str(Path(sys.executable).with_name("wellhead"))
#: Contracts, and with the rehearsal's parameters sixteen calls.
STEPS = len(ORDER) + 16
#: Transactions before the market's.
MARKET = ORDER.index("LeaseMarket")


def check_the_end(rehearsal: Rehearsal, first: int = 0, more: int = 0) -> Deployment:
    """Everything stands once, where it was planned, and nothing was sent in vain."""
    made = Deployment.load(rehearsal.file, rehearsal.rpc)
    at = planned(rehearsal.deployer.address, first)
    assert {name: made.addresses[name] for name in ORDER} == at
    assert rehearsal.nonce() == rehearsal.nonce("pending") == first + STEPS + more
    assert not [h for h in prove(made) if h.holds and h.account == rehearsal.deployer.address]
    assert rehearsal.journal is None
    put = [(c.transaction, c.block) for c in made.record.contracts.values()]
    put += [(c.transaction, c.block) for c in made.record.calls]
    for transaction, block in put:
        receipt = rehearsal.rpc("eth_getTransactionReceipt", transaction)
        assert (int(receipt["blockNumber"], 16), receipt["status"]) == (block, "0x1")
    return made


def once(rehearsal: Rehearsal, label: str, do: Callable[[Entry], None]) -> list[str]:
    """Do something when the step was sent and before it is mined; the list then has its label."""
    done: list[str] = []

    def hook() -> None:
        journal = rehearsal.journal
        for entry in journal.entries if journal else []:
            if entry.label == label and entry.sent and not entry.mined and not done:
                done.append(label)
                do(entry)

    rehearsal.hooks.append(hook)
    return done


def test_killed_in_the_middle_and_resumed(rehearsal: Rehearsal) -> None:
    command = [WELLHEAD, *(str(word) for word in rehearsal.command())]
    running = subprocess.Popen(command, env=rehearsal.environment(), stderr=subprocess.PIPE)
    deadline = time.monotonic() + 60
    while True:
        assert time.monotonic() < deadline
        assert running.poll() is None
        journal = rehearsal.journal if rehearsal.file.parent.exists() else None
        if journal and journal.done() < 3:
            rehearsal.node.mine()
        elif journal and rehearsal.nonce("pending") == 4:
            break
        time.sleep(0.02)
    os.kill(running.pid, signal.SIGKILL)
    running.wait()
    assert not rehearsal.file.exists()
    assert (rehearsal.nonce(), rehearsal.nonce("pending")) == (3, 4)

    resumed = rehearsal.deploy()
    assert resumed.code == 0, resumed.stderr
    assert f"a deployment was interrupted: 3 of {STEPS} transactions were mined" in resumed.stderr
    check_the_end(rehearsal)


def test_interrupted_at_every_write_of_the_journal(
    rehearsal: Rehearsal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each write fails once, now before and now after it happened, as a crash would do it."""
    write = Journal.save
    count = allowed = 0

    class Crash(BaseException):
        pass

    def save(journal: Journal, path: Path) -> None:
        nonlocal count
        count += 1
        if count > allowed:
            if allowed % 2:
                write(journal, path)
            raise Crash
        write(journal, path)

    monkeypatch.setattr(Journal, "save", save)
    crashes = 0
    while True:
        count = 0
        try:
            outcome = rehearsal.deploy()
        except Crash:
            crashes += 1
            allowed = allowed + 1 if allowed < 4 else 1
            continue
        break
    assert outcome.code == 0, outcome.stderr
    assert crashes > STEPS // 2
    check_the_end(rehearsal)


def test_a_dropped_transaction_is_sent_again(rehearsal: Rehearsal) -> None:
    def drop(entry: Entry) -> None:
        rehearsal.rpc("anvil_dropTransaction", entry.hashes[-1])

    once(rehearsal, "LeaseMarket", drop)
    outcome = rehearsal.deploy()
    assert outcome.code == 0, outcome.stderr
    assert "was dropped; sent it again" in outcome.stderr
    check_the_end(rehearsal)


def test_a_base_fee_that_triples(rehearsal: Rehearsal) -> None:
    offered: list[Entry] = []

    def triple(entry: Entry) -> None:
        rehearsal.node.base_fee = 5 * GWEI
        offered.append(entry)

    rehearsal.node.base_fee = 5 * GWEI // 3
    rehearsal.node.mine()
    once(rehearsal, "MetricsOracle", triple)
    outcome = rehearsal.deploy()
    assert outcome.code == 0, outcome.stderr
    assert "MetricsOracle: not mined after 30 s; replacing it" in outcome.stderr
    made = check_the_end(rehearsal)
    first = offered[0].sent[0]
    placed = made.record.contracts["MetricsOracle"].transaction
    assert placed != first.hash
    mined = rehearsal.rpc("eth_getTransactionByHash", placed)
    assert first.max_fee < 5 * GWEI
    assert int(mined["maxFeePerGas"], 16) * 8 >= first.max_fee * 9
    assert int(mined["maxPriorityFeePerGas"], 16) * 8 >= first.tip * 9


def test_a_base_fee_above_the_cap_is_waited_for(rehearsal: Rehearsal) -> None:
    left = 20

    def fall() -> None:
        nonlocal left
        left -= 1
        rehearsal.node.base_fee = 100 * GWEI if left > 0 else GWEI

    rehearsal.node.base_fee = 100 * GWEI
    rehearsal.node.mine()
    rehearsal.hooks.append(fall)
    outcome = rehearsal.deploy()
    assert outcome.code == 0, outcome.stderr
    assert "the base fee of 100 gwei and a tip are above the cap of 20 gwei" in outcome.stderr
    made = check_the_end(rehearsal)
    for placed in made.record.contracts.values():
        mined = rehearsal.rpc("eth_getTransactionByHash", placed.transaction)
        assert int(mined["maxFeePerGas"], 16) <= 20 * GWEI


def test_a_base_fee_that_stays_above_the_cap(rehearsal: Rehearsal) -> None:
    caps = {**rehearsal.values["transactions"], "patience_minutes": 1}

    def rise(entry: Entry) -> None:
        rehearsal.node.base_fee = 100 * GWEI

    once(rehearsal, "LeaseMarket", rise)
    outcome = rehearsal.deploy(transactions=caps)
    assert outcome.code == 3
    assert "caps leave no room to replace it: waiting" in outcome.stderr
    assert f"{MARKET} of {STEPS} transactions: the same command continues" in outcome.stderr
    assert "is not mined after 60 s" in outcome.stderr
    rehearsal.node.base_fee = GWEI
    assert rehearsal.deploy(transactions=caps).code == 0
    check_the_end(rehearsal)


def test_a_reorganisation_of_three_blocks_after_deployment(rehearsal: Rehearsal) -> None:
    done: list[object] = []

    def reorganise() -> None:
        journal = rehearsal.journal
        if journal and journal.done() == STEPS and not done:
            done.append(True)
            rehearsal.rpc("anvil_rollback", 3)

    rehearsal.hooks.append(reorganise)
    outcome = rehearsal.deploy()
    assert outcome.code == 0, outcome.stderr
    assert "the chain was reorganised: doing again what it lost" in outcome.stderr
    check_the_end(rehearsal)


def test_a_reorganisation_in_the_middle(rehearsal: Rehearsal) -> None:
    def reorganise(entry: Entry) -> None:
        rehearsal.rpc("anvil_rollback", 5)

    done = once(rehearsal, "functions of OPERATOR in CapacityRegistry", reorganise)
    outcome = rehearsal.deploy()
    assert outcome.code == 0, outcome.stderr
    assert done
    check_the_end(rehearsal)


def test_a_foreign_transaction_takes_a_contracts_nonce(rehearsal: Rehearsal) -> None:
    def interfere(entry: Entry) -> None:
        rehearsal.rpc("anvil_dropTransaction", entry.hashes[-1])
        rehearsal.send(entry.nonce, person("shop").address)

    once(rehearsal, "LeaseMarket", interfere)
    said = rehearsal.refused(4)
    assert "LeaseMarket can not be created at" in said
    assert f"nonce {MARKET} was used by another transaction" in said
    assert f"{', '.join(ORDER[:MARKET])} stand for nothing" in said
    assert rehearsal.refused(4) == said
    assert not rehearsal.file.exists()

    outcome = rehearsal.deploy("--again")
    assert outcome.code == 0, outcome.stderr
    assert "an interrupted deployment to this chain is abandoned" in outcome.stderr
    check_the_end(rehearsal, first=MARKET + 1)
    kept = list(rehearsal.file.parent.glob("*.partial-*.json"))
    assert [json.loads(path.read_text())["first_nonce"] for path in kept] == [0]


def test_a_foreign_transaction_takes_a_calls_nonce(rehearsal: Rehearsal) -> None:
    def interfere(entry: Entry) -> None:
        rehearsal.rpc("anvil_dropTransaction", entry.hashes[-1])
        rehearsal.send(entry.nonce, person("shop").address)

    once(rehearsal, "label of GUARDIAN", interfere)
    outcome = rehearsal.deploy()
    assert outcome.code == 0, outcome.stderr
    assert (
        f"nonce {len(ORDER) + 3} was used by another transaction; taking the next one"
        in outcome.stderr
    )
    check_the_end(rehearsal, more=1)


def test_a_transaction_that_is_on_its_way_already(rehearsal: Rehearsal) -> None:
    rehearsal.send(0, person("shop").address)
    assert "has 1 transaction(s) on their way" in rehearsal.refused(4)
    assert rehearsal.journal is None
    rehearsal.node.mine()
    assert rehearsal.deploy().code == 0
    check_the_end(rehearsal, first=1)


def test_other_parameters_do_not_continue(rehearsal: Rehearsal) -> None:
    caps = {**rehearsal.values["transactions"], "patience_minutes": 1}
    rehearsal.hooks.append(lambda: setattr(rehearsal.node, "base_fee", 100 * GWEI))
    assert rehearsal.deploy(transactions=caps).code == 3
    rehearsal.hooks.clear()
    rehearsal.node.base_fee = GWEI
    rehearsal.node.mine()
    said = rehearsal.refused(4, threshold=3)
    assert "was begun with other parameters" in said
    assert rehearsal.deploy().code == 0
    check_the_end(rehearsal)


def test_the_node_goes_and_comes_back(rehearsal: Rehearsal) -> None:
    at, done = rehearsal.node.port, ORDER.index("RevenueRouter")

    def go(entry: Entry) -> None:
        rehearsal.node.suspend()

    once(rehearsal, "RevenueRouter", go)
    outcome = rehearsal.deploy()
    assert outcome.code == 3, outcome.stderr
    assert f"no node answers at http://127.0.0.1:{at}" in outcome.stderr
    assert (
        f"interrupted after {done} of {STEPS} transactions: the same command continues"
        in outcome.stderr
    )
    rehearsal.node.resume()
    assert rehearsal.deploy().code == 0
    check_the_end(rehearsal)


def test_two_deployers_at_once(rehearsal: Rehearsal) -> None:
    command = [WELLHEAD, *(str(word) for word in rehearsal.command())]
    running = subprocess.Popen(command, env=rehearsal.environment(), stderr=subprocess.PIPE)
    try:
        deadline = time.monotonic() + 60
        while rehearsal.nonce("pending") == 0:
            assert time.monotonic() < deadline
            assert running.poll() is None
            time.sleep(0.02)
        said = rehearsal.refused(4)
        assert f"is in progress (process {running.pid})" in said
        assert rehearsal.nonce("pending") == 1
    finally:
        running.kill()
        running.wait()
