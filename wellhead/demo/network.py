"""The demonstration's five reporters: real processes, each with its own key, source and store.

They read the same recorded trace, which is all there is of this cluster; elsewhere each reporter
has sources of its own. Everything lies in a folder that is deleted at the end.
"""

from __future__ import annotations

import csv
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType

from wellhead.actions.people import REPORTERS
from wellhead.chain import Deployment, KeyAccount
from wellhead.oracle.client import ReporterClient, ReporterUnreachable
from wellhead.places import state_folder

COLUMNS = ("timestamp_utc", "gpus_total_count", "gpus_running_count")
PATIENCE, PAUSE = 60.0, 0.05


@dataclass(frozen=True)
class Recording:
    """What the reporters read of a cluster: a trace, the bundled one where it is None, and whether
    a moment without anything running counts as an outage."""

    cluster: int
    trace: Path | None
    infer_down: bool


class NetworkError(Exception):
    """A reporter does not start, or stopped; a sentence and what it said last."""


@dataclass
class Network:
    """The reporters' processes; `account` signs the requests to them."""

    deployment: Deployment
    folder: Path
    recordings: Sequence[Recording]
    account: KeyAccount
    clients: list[ReporterClient] = field(default_factory=list)
    _stack: ExitStack = field(default_factory=ExitStack)

    def __enter__(self) -> Network:
        file = self.folder / "deployment.json"
        self.deployment.save(file)
        ports = free_ports(len(REPORTERS))
        urls = [f"http://127.0.0.1:{port}" for port in ports]
        try:
            processes = [self._start(index, port, urls, file) for index, port in enumerate(ports)]
            for process, url in zip(processes, urls, strict=True):
                self.clients.append(self._wait_for(process, url))
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()

    @property
    def stores(self) -> list[Path]:
        """Each reporter's store."""
        return [self._place(index) / "reporter.sqlite" for index in range(len(REPORTERS))]

    def _place(self, index: int) -> Path:
        return self.folder / f"reporter-{index + 1}"

    def _start(
        self, index: int, port: int, urls: Sequence[str], deployment: Path
    ) -> subprocess.Popen[bytes]:
        place = self._place(index)
        place.mkdir()
        config = place / "reporter.toml"
        peers = ", ".join(f'"{url}"' for i, url in enumerate(urls) if i != index)
        lines = [
            f"port = {port}",
            'store = "reporter.sqlite"',
            f'rpc = "{self.deployment.rpc.url}"',
            f'deployment = "{deployment}"',
            f"dev_account = {REPORTERS[index]}",
            f"peers = [{peers}]",
            "[limits]",
            *("account_per_minute = 1000000", "account_burst = 1000000"),
            *("address_per_minute = 1000000", "address_burst = 1000000"),
        ]
        for recording in self.recordings:
            infer_down = "true" if recording.infer_down else "false"
            lines += [
                "[[clusters]]",
                f"cluster = {recording.cluster}",
                # A trace may begin or end within an hour.
                "max_gap_s = 3600",
                "[[clusters.sources]]",
                'kind = "trace"',
                f"infer_down = {infer_down}",
                # What is called the same in two clusters would count in one.
                f'prefix = "{recording.cluster}/"',
            ]
            if recording.trace is not None:
                lines.append(f'path = "{recording.trace.absolute()}"')
        config.write_text("\n".join(lines) + "\n", "utf-8")
        command = [sys.executable, "-m", "wellhead", "reporter", "serve", "--config"]
        log = self._stack.enter_context((place / "log").open("wb"))
        process = subprocess.Popen(
            [*command, str(config)], stdout=log, stderr=subprocess.STDOUT, cwd=place
        )
        self._stack.callback(_stop, process)
        return process

    def _wait_for(self, process: subprocess.Popen[bytes], url: str) -> ReporterClient:
        client = self._stack.enter_context(ReporterClient(url, self.account, timeout=60.0))
        deadline = time.monotonic() + PATIENCE
        while process.poll() is None and time.monotonic() < deadline:
            try:
                client.health()
            except ReporterUnreachable:
                time.sleep(PAUSE)
                continue
            return client
        said = self._log_of(url)
        raise NetworkError(f"the reporter at {url} does not start: {said}")

    def _log_of(self, url: str) -> str:
        index = len(self.clients)
        text = (self._place(index) / "log").read_text("utf-8", "replace").strip()
        return text.splitlines()[-1] if text else "it said nothing"


def write_trace(path: Path, begin: int, step: int, total: int, running: Sequence[int]) -> Path:
    """A constructed trace: units that ran at each moment, from the unix time `begin` on."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for index, units in enumerate(running):
            moment = datetime.fromtimestamp(begin + index * step, UTC)
            writer.writerow([f"{moment:%Y-%m-%dT%H:%M:%SZ}", total, units])
    return path


@contextmanager
def own_folder() -> Iterator[Path]:
    """A folder that is deleted at the end."""
    temporary = state_folder() / "tmp"
    temporary.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="demo-", dir=temporary))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def free_ports(count: int) -> list[int]:
    """Ports on loopback that nobody listens on now."""
    with ExitStack() as stack:
        sockets = [
            stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_STREAM))
            for _ in range(count)
        ]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [int(each.getsockname()[1]) for each in sockets]


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
