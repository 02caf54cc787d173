"""The relay and five real reporters, each a process of its own with a trace, a key and a store."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support.cli import Command, command_on
from tests.support.oracle_network import Fleet, Node, trace_table, write_trace
from tests.support.relay_scenes import Still
from tests.support.stage import GENESIS, HOUR, Stage
from wellhead.chain import dev_account
from wellhead.model.samples import Sample
from wellhead.oracle.measurements import Key, Signed, median
from wellhead.oracle.relay import Outcome, Relay

#: Hours of the traces; each test takes the next ones.
LENGTH = 30
SECONDS_IN = 120


class Crash(BaseException):
    pass


@dataclass
class Network:
    """The stage, its five reporters, of whom the last one's trace shows half of what there is, and
    a cluster of ten units, all booked."""

    stage: Stage
    fleet: Fleet
    cluster: int
    lease: int
    folder: Path
    wellhead: Command

    @property
    def nodes(self) -> list[Node]:
        return self.fleet.nodes

    @property
    def named(self) -> list[str]:
        return [word for node in self.nodes for word in ("--reporter", node.url)]

    def pass_hours(self, count: int) -> list[Key]:
        begin = self.stage.hour()
        self.stage.to_hour(begin + count, SECONDS_IN)
        return [(self.cluster, hour) for hour in range(begin, begin + count)]

    def measurements(self, key: Key) -> list[Signed]:
        """What all reporters that run say of an hour, by the first of them."""
        return self.nodes[0].client.measurements(key[0], key[1], key[1] + 1)

    def relay(self, account: int) -> Relay:
        clients = [node.client for node in self.nodes]
        journal = self.folder / f"{account}.json"
        return Relay(
            self.stage.deployment, dev_account(account), clients, journal=journal, clock=Still()
        )

    def record(self, key: Key) -> Sample | None:
        """What stands on chain."""
        record = self.stage.oracle.call("recordOf", *key)
        if not record["reported"]:
            return None
        fields = ("working", "available", "measured", "energy", "work")
        return Sample(*key, *(record[name] for name in fields))

    def nonce(self, account: int, when: str = "latest") -> int:
        address = dev_account(account).address
        return self.stage.anvil.rpc.integer("eth_getTransactionCount", address, when)

    def start(self, account: int, *more: object) -> subprocess.Popen[bytes]:
        """`wellhead relay run` in a process of its own."""
        command = [sys.executable, "-m", "wellhead", "relay", "run", "--yes", *self.named]
        own = {name: value for name, value in self.wellhead.environment.items() if value}
        return subprocess.Popen(
            [*command, "--account", str(account), *map(str, more)],
            env={**os.environ, **own},
            stdout=subprocess.DEVNULL,
            stderr=(self.folder / f"relay-{account}.log").open("ab"),
        )

    def log(self, account: int) -> str:
        return (self.folder / f"relay-{account}.log").read_text()


@pytest.fixture(scope="module")
def network(deployed: Stage, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    folder = tmp_path_factory.mktemp("network")
    with deployed.scratch():
        cluster = deployed.cluster(10)
        lease = deployed.lease(cluster, 10, deployed.hour(), LENGTH)
        tables: dict[int, list[dict[str, Any]]] = {}
        # Dev accounts in the order of their addresses.
        indices = sorted(range(20, 25), key=lambda index: int(dev_account(index).address, 16))
        for place, index in enumerate(indices):
            # All but the last differ by some moments in which one more or less unit was there.
            honest = [10 if row % 60 >= 3 * place else 9 for row in range(60 * LENGTH)]
            running = honest if place < 4 else [5, 0] * (30 * LENGTH)
            trace = write_trace(folder / f"{index}.csv", GENESIS // HOUR * HOUR, running)
            tables[index] = [trace_table(cluster, trace)]
        with Fleet(folder, deployed.deployment, tables) as fleet:
            yield Network(deployed, fleet, cluster, lease, folder, command_on(deployed, folder))


def until(is_so: Callable[[], bool], *running: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < deadline
        assert all(process.poll() is None for process in running)
        time.sleep(0.05)


def test_medians_come_on_chain_whatever_one_of_them_says(network: Network) -> None:
    keys = network.pass_hours(2)
    document = network.wellhead.json("relay", "run", "--once", "--yes", *network.named)
    (report,) = document["reports"]
    assert (report["recorded"], report["measurements"]) == ("2", "10")
    assert [sample["hour"] for sample in report["samples"]] == [str(hour) for _, hour in keys]
    assert document["warnings"] == []
    liar = dev_account(network.nodes[-1].index).address
    for key in keys:
        seen = {one.reporter: one.measurement.sample for one in network.measurements(key)}
        assert len(seen) == 5
        assert network.record(key) == median(list(seen.values()))
        honest = [sample for reporter, sample in seen.items() if reporter != liar]
        record = network.record(key)
        assert record is not None
        assert min(s.available for s in honest) <= record.available
        assert min(s.measured for s in honest) <= record.measured
        assert seen[liar].available < record.available


def test_a_relay_and_reporters_that_die_after_signing(network: Network) -> None:
    """Two of those that signed are killed as by a power cut, and so is the relay. The batch that it
    had is what comes on chain, signed by the same."""
    (key,) = network.pass_hours(1)
    dying, posted = network.relay(31), list[tuple[Any, ...]]()

    def die(*given: Any, **named: Any) -> None:
        posted.append(given)
        raise Crash

    dying.desk.post = die  # type: ignore[method-assign]
    with pytest.raises(Crash):
        dying.run_once()
    for node in network.nodes[:2]:
        node.kill()
    network.nodes[1].start()
    outcome = network.relay(31).run_once()
    assert outcome.recorded == 1
    _, _, _, _, samples, evidence, signatures = posted[0]
    (report,) = outcome.reports
    assert [sample.encode() for sample in report.proposal.samples] == samples
    assert report.proposal.evidence(network.relay(31).domain) == evidence
    # The second gave the same signature again; the first is down, and was replaced.
    again = [node.client.signed_batch(*key).samples for node in network.nodes[1:4]]
    assert again == [[f"0x{samples[0]:064x}"]] * 3
    assert len(signatures) == len(report.signers) == 3
    assert network.nodes[0].account.address not in report.signers

    network.nodes[0].start()
    network.pass_hours(1)
    assert len(network.relay(31).run_once().answering) == 5


def test_a_relay_that_is_killed_and_started_again(network: Network) -> None:
    """It had sent a transaction that nobody had mined. The next one waits for that, sends no other
    for it, and goes on with the hours that follow."""
    rpc, before = network.stage.anvil.rpc, network.nonce(32)
    (first,) = network.pass_hours(1)
    rpc("evm_setAutomine", False)
    try:
        running = network.start(32)
        until(lambda: network.nonce(32, "pending") > before, running)
        os.kill(running.pid, signal.SIGKILL)
        running.wait()
        assert network.record(first) is None
        running = network.start(32, "--poll", 1)
        until(lambda: "not sure yet since an earlier run" in network.log(32), running)
        assert network.nonce(32, "pending") == before + 1
    finally:
        rpc("evm_setAutomine", True)
    try:
        rpc("evm_mine")
        until(lambda: network.record(first) is not None, running)
        (second,) = network.pass_hours(1)
        until(lambda: network.record(second) is not None, running)
    finally:
        running.send_signal(signal.SIGTERM)
        running.wait()
    assert network.nonce(32) == before + 2
    reported = network.stage.oracle.events("Reported", network.stage.deployment.block)
    hours = [Sample.decode(word).hour for event in reported for word in event["samples"]]
    assert (hours.count(first[1]), hours.count(second[1])) == (1, 1)


def test_two_relays_at_once(network: Network) -> None:
    keys = network.pass_hours(3)
    running = [network.start(account, "--once") for account in (33, 34)]
    assert [process.wait(timeout=60) for process in running] == [0, 0]
    assert all(network.record(key) is not None for key in keys)
    events = network.stage.oracle.events("SampleSkipped", network.stage.deployment.block)
    # The later one noticed, unless both looked at the same moment: then it was passed over.
    hours = {hour for _, hour in keys}
    skipped = [event["hour"] for event in events if event["hour"] in hours]
    assert len(skipped) == 3 * (network.nonce(33) + network.nonce(34) - 1)


def test_a_contest_is_decided_by_all_but_the_liar(network: Network) -> None:
    stage = network.stage
    (key,) = network.pass_hours(1)
    network.relay(35).run_once()
    reported = network.record(key)
    stage.deployment.contests.send("contest", network.lease, key[1], sender=stage.tenants[0])
    outcome: Outcome = network.relay(35).run_once()
    assert outcome.recounted == [key]
    (ended,) = stage.deployment.contests.events("Ended", stage.deployment.block)
    # Rejected, by all reporters but the one whose own measurement is far from the median.
    assert (ended["verdict"], ended["signers"]) == (1, 0b01111)
    assert network.record(key) == reported
    assert outcome.accrued == {}
