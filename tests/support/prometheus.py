"""Debian's Prometheus, as `make prometheus` unpacks it, in a process of its own."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

import httpx

from tests.support.live import free_port
from wellhead import toolchain

PROGRAM = toolchain.project_root() / toolchain.STATE / "prometheus" / "usr" / "bin" / "prometheus"
PATIENCE_S = 60


class Prometheus:
    """A server that scrapes one target of job "dcgm" five times a second, and itself; as a context
    manager, with all its data in `folder`."""

    def __init__(self, folder: Path, target_port: int) -> None:
        self._folder, self._target_port = folder, target_port
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._http = httpx.Client(trust_env=False, timeout=10)
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Prometheus:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
        self._http.close()

    def start(self) -> None:
        def job(name: str, port: int) -> dict[str, object]:
            return {"job_name": name, "static_configs": [{"targets": [f"127.0.0.1:{port}"]}]}

        self._folder.mkdir(exist_ok=True)
        config = self._folder / "prometheus.yml"
        body = {
            "global": {"scrape_interval": "200ms", "scrape_timeout": "200ms"},
            "scrape_configs": [job("dcgm", self._target_port), job("itself", self.port)],
        }
        config.write_text(json.dumps(body), "utf-8")  # YAML, too
        self._process = subprocess.Popen(
            [
                str(PROGRAM),
                f"--config.file={config}",
                f"--storage.tsdb.path={self._folder / 'data'}",
                f"--web.listen-address=127.0.0.1:{self.port}",
                "--log.level=error",
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.wait(lambda: bool(self.ask("up")), "answers")

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def ask(self, expression: str) -> dict[str, float]:
        """The value of each series now, by its device or else its job; empty while it starts."""
        try:
            response = self._http.get(f"{self.url}/api/v1/query", params={"query": expression})
        except httpx.TransportError:
            return {}
        if response.status_code != 200:
            return {}
        found = response.json()["data"]["result"]
        return {
            one["metric"].get("UUID") or one["metric"]["job"]: float(one["value"][1])
            for one in found
        }

    def wait(self, until: Callable[[], bool], what: str) -> None:
        for _ in range(PATIENCE_S * 20):
            if until():
                return
            time.sleep(0.05)
        raise AssertionError(f"Prometheus never {what}")
