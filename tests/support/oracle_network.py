"""Reporters as processes of their own, each with its key, its store and a recorded trace."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, ClassVar

from tests.support.stage import HOUR, Stage
from wellhead.chain import Deployment, KeyAccount, Receipt, dev_account
from wellhead.model.samples import Sample
from wellhead.oracle.chain import ChainView
from wellhead.oracle.client import ReporterClient
from wellhead.oracle.measurements import Domain, Measurement, Proposal, Signed, recovered, sign

#: Who asks in most tests: nobody in particular.
ASKER = dev_account(30)


def write_trace(path: Path, begin_s: int, running: Sequence[int], total: int = 10) -> Path:
    """A trace with a row a minute from unix time `begin_s` on: units that ran, of `total`."""
    rows = (
        f"{datetime.fromtimestamp(begin_s + 60 * row, UTC):%Y-%m-%dT%H:%M:%SZ},{total},{units}"
        for row, units in enumerate(running)
    )
    header = "timestamp_utc,gpus_total_count,gpus_running_count"
    path.write_text("\n".join([header, *rows]) + "\n", "utf-8")
    return path


def free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [int(probe.getsockname()[1]) for probe in probes]


@dataclass
class Node:
    """One reporter: its configuration, and the process while there is one."""

    folder: Path
    index: int
    port: int
    config: dict[str, Any]
    client: ReporterClient
    #: What it said of itself when it was ready.
    document: dict[str, Any] = field(default_factory=dict)
    _process: subprocess.Popen[bytes] | None = None
    _log: IO[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def account(self) -> KeyAccount:
        return dev_account(self.index)

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text("utf-8", "replace")

    def launch(self) -> None:
        """Start it; `wait` must follow."""
        self.folder.mkdir(exist_ok=True)
        config = self.folder / "reporter.toml"
        config.write_text(_toml(self.config), "utf-8")
        self._log = (self.folder / "log").open("ab")
        command = [sys.executable, "-m", "wellhead", "reporter", "serve", "--json", "--config"]
        self._process = subprocess.Popen(
            [*command, str(config)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=self._log,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )

    def wait(self) -> None:
        """Until it listens."""
        assert self._process is not None
        assert self._process.stdout is not None
        text = ""
        while not text.endswith("\n}\n"):
            line = self._process.stdout.readline().decode()
            assert line, self.log
            text += line
        self.document = json.loads(text)

    def start(self) -> None:
        self.launch()
        self.wait()

    def kill(self) -> None:
        """As when the machine loses power."""
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        """Ask it to end; its exit code."""
        return self._end(signal.SIGTERM)

    def _end(self, number: signal.Signals) -> int:
        if self._process is None:
            return 0
        self._process.send_signal(number)
        code = self._process.wait(timeout=30)
        assert self._process.stdout is not None
        self._process.stdout.close()
        assert self._log is not None
        self._log.close()
        self._process = None
        return code


class Fleet:
    """Several reporters of one deployment that know each other."""

    def __init__(
        self,
        folder: Path,
        deployment: Deployment,
        clusters: Mapping[int, Sequence[Mapping[str, Any]]],
        **settings: Any,
    ) -> None:
        """`clusters` are each reporter's tables of clusters, by the dev account that it is."""
        file = folder / "deployment.json"
        deployment.save(file)
        ports = free_ports(len(clusters))
        urls = {i: f"http://127.0.0.1:{p}" for i, p in zip(clusters, ports, strict=True)}
        self.nodes: list[Node] = []
        for (index, tables), port in zip(clusters.items(), ports, strict=True):
            config = {
                "port": port,
                "store": "store.sqlite",
                "rpc": deployment.rpc.url,
                "deployment": str(file),
                "dev_account": index,
                "peers": [url for other, url in urls.items() if other != index],
                "tick_s": 3600,
                **settings,
                "clusters": tables,
            }
            client = ReporterClient(urls[index], ASKER, timeout=20)
            self.nodes.append(Node(folder / f"reporter-{index}", index, port, config, client))

    def __enter__(self) -> Fleet:
        try:
            for node in self.nodes:
                node.launch()
            for node in self.nodes:
                node.wait()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for node in self.nodes:
            node.kill()
            node.client.close()


@dataclass
class Network:
    """Five reporters on a chain whose time is two minutes into the hour after the last of `HOURS`.

    In each of these nothing works for 12 of 60 minutes, and 4 units of 10 are leased. That is what
    reporters 20 to 22 see. 24 always tells that all was well; what 23 does goes by the hour, and
    every third is alike: it is honest, or tells the same as 24, or a minute less than there was.
    """

    stage: Stage
    fleet: Fleet
    cluster: int
    other: int
    lease: int
    domain: Domain
    first: int
    _used: Counter[int] = field(default_factory=Counter)

    HOURS: ClassVar[int] = 45
    HONEST, LIARS, LITTLE = range(3)
    #: Thousandths of a unit that were available, by the honest, by 23 at times, and by 24.
    TRUE, NEARLY, FALSE = 3200, 3266, 4000

    @property
    def nodes(self) -> list[Node]:
        return self.fleet.nodes

    def hour(self, kind: int = HONEST) -> int:
        """An hour that no other test has."""
        self._used[kind] += 1
        return self.first + 3 * (self._used[kind] - 1) + kind

    def own(self, node: Node, hour: int, cluster: int | None = None) -> Signed:
        """What a reporter itself measured."""
        listed = node.client.measurements(cluster or self.cluster, hour, hour + 1)
        (own,) = [one for one in listed if one.reporter == node.account.address][:1]
        return own

    def all(self, hour: int) -> list[Signed]:
        """What all of them measured."""
        return [self.own(node, hour) for node in self.nodes]

    def forge(self, index: int, hour: int, available: int) -> Signed:
        """What somebody with a reporter's key signs without having measured it."""
        sample = Sample(self.cluster, hour, 10_000, available, 0)
        return sign(self.domain, Measurement(sample, bytes(32), 60, 60), dev_account(index))

    def signed(self, index: int, proposal: Proposal) -> bytes:
        """A signature on a batch by somebody with a reporter's key, who asks nothing."""
        return b"".join(dev_account(index).sign_digest(proposal.digest(self.domain)))

    def report(self, proposal: Proposal, signatures: Sequence[bytes]) -> Receipt:
        words = [sample.encode() for sample in proposal.samples]
        pairs = in_order(proposal.digest(self.domain), signatures)
        evidence = proposal.evidence(self.domain)
        return self.stage.oracle.send("report", words, evidence, pairs, sender=self.stage.relay)

    def recorded(self, hour: int) -> tuple[int, int]:
        """Thousandths that worked and were available, by the chain."""
        record = self.stage.oracle.call("recordOf", self.cluster, hour)
        assert record["reported"]
        return record["working"], record["available"]


def in_order(digest: bytes, signatures: Iterable[bytes]) -> list[tuple[bytes, bytes]]:
    """(r, vs) of each, ascending by the signer."""
    ordered = sorted(signatures, key=lambda given: int(str(recovered(digest, given)), 16))
    return [(given[:32], given[32:]) for given in ordered]


@contextmanager
def network_on(stage: Stage, folder: Path) -> Iterator[Network]:
    """The chain is put back afterwards."""
    with stage.scratch():
        cluster, other = stage.cluster(10), stage.cluster(10)
        first = stage.hour() + 1
        lease = stage.lease(cluster, 4, first, Network.HOURS + 30)
        stage.to_hour(first + Network.HOURS, 120)

        def table(index: int) -> dict[str, Any]:
            down = {23: (12, 0, 11), 24: (0, 0, 0)}.get(index, (12, 12, 12))
            running = [units for hour in range(Network.HOURS) for units in _minutes(down[hour % 3])]
            return trace_table(cluster, write_trace(folder / f"{index}.csv", first * HOUR, running))

        clusters = {index: [table(index)] for index in range(20, 25)}
        # The first is told of the same devices in another cluster; the second looks at that one
        # live, where nobody answers.
        clusters[20].append({**clusters[20][0], "cluster": other})
        source = {"kind": "dcgm", "urls": ["http://127.0.0.1:1/metrics"]}
        clusters[21].append({"cluster": other, "sources": [source]})
        limits = {"account_burst": 200, "account_per_minute": 60, "max_body_bytes": 1_000_000}
        with Fleet(folder, stage.deployment, clusters, limits=limits) as fleet:
            domain = ChainView(stage.deployment).domain
            yield Network(stage, fleet, cluster, other, lease, domain, first)


def _minutes(down: int) -> list[int]:
    """Units that run in each minute of an hour."""
    return [0] * down + [8] * (60 - down)


def trace_table(cluster: int, path: Path, **settings: Any) -> dict[str, Any]:
    """A cluster as a recorded trace shows it."""
    source = {"kind": "trace", "path": str(path), "prefix": f"{cluster}-"}
    return {"cluster": cluster, **settings, "sources": [source]}


def _toml(config: Mapping[str, Any]) -> str:
    """Settings, tables and lists of tables; JSON's values are TOML's."""
    return "\n".join(_lines(config, "")) + "\n"


def _lines(table: Mapping[str, Any], place: str) -> Iterable[str]:
    nested = {name: value for name, value in table.items() if _is_nested(value)}
    for name, value in table.items():
        if name not in nested:
            yield f"{name} = {json.dumps(value)}"
    for name, value in nested.items():
        path = f"{place}{name}"
        for item in value if isinstance(value, list | tuple) else [value]:
            yield f"[[{path}]]" if isinstance(value, list | tuple) else f"[{path}]"
            yield from _lines(item, f"{path}.")


def _is_nested(value: Any) -> bool:
    if isinstance(value, Mapping):
        return True
    return isinstance(value, list | tuple) and bool(value) and isinstance(value[0], Mapping)
