"""An anvil that stays fast while its state grows.

After every block anvil computes the root of all storage anew: half a second for 200,000 slots. A
fork does not. So this node is the fork of a second one, in which nothing ever happens; and what is
deployed on the fork itself is never looked up there.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

from wellhead import toolchain
from wellhead.chain import Anvil, NodeUnreachable, Rpc
from wellhead.chain.anvil import LOCAL_CHAIN_ID, anvil_command
from wellhead.places import state_folder

#: Deployed on the empty chain too: 40 accounts with ether, and nothing else.
_ACCOUNTS = 40


class LoadNode(Anvil):
    """It keeps no state but the last, since each would be a copy of all storage. Anybody can send:
    the node asks for no keys."""

    def __init__(self, genesis_time: int) -> None:
        super().__init__(genesis_time)
        self._empty: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> LoadNode:
        self.start()
        return self

    def start(self) -> None:
        temporary = state_folder() / "tmp"
        temporary.mkdir(parents=True, exist_ok=True)
        self._folder = Path(tempfile.mkdtemp(prefix="load-", dir=temporary))
        # The second node's genesis is a second older, so that both have the same first block.
        self._empty, upstream = self._spawn("empty", self._genesis_time - 1)
        self._process, url = self._spawn(
            "node",
            self._genesis_time,
            *("--fork-url", upstream, "--fork-block-number", "0"),
            *("--no-storage-caching", "--no-rate-limit", "--auto-impersonate"),
            *("--no-request-size-limit", "--prune-history"),
        )
        self.rpc = Rpc(url, timeout=600)
        self.rpc("anvil_setBlockTimestampInterval", 1)

    def stop(self) -> None:
        super().stop()
        if self._empty is not None:
            self._empty.kill()
            self._empty.wait()
            self._empty = None

    def busy(self) -> float:
        """Seconds of a processor that the node has used."""
        if self._process is None:
            return 0.0
        told = Path(f"/proc/{self._process.pid}/stat").read_text("ascii")
        fields = told.rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory(self) -> int:
        """Bytes that the node has in memory."""
        if self._process is None:
            return 0
        status = Path(f"/proc/{self._process.pid}/status").read_text("ascii")
        return int(status.split("VmRSS:")[1].split()[0]) * 1024

    def _spawn(
        self, name: str, genesis_time: int, *more: str
    ) -> tuple[subprocess.Popen[bytes], str]:
        assert self._folder is not None
        port = _free_port()
        command = anvil_command(toolchain.anvil(), port, genesis_time, LOCAL_CHAIN_ID, _ACCOUNTS)
        folder = self._folder / name
        folder.mkdir()
        said = folder / "log"
        with said.open("wb") as log:
            process = subprocess.Popen(
                [*command, "--silent", "--cache-path", str(folder), *more],
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        rpc = Rpc(f"http://127.0.0.1:{port}")
        for _ in range(1_500):
            if process.poll() is not None:
                break
            try:
                rpc("eth_chainId")
            except NodeUnreachable:
                time.sleep(0.02)
                continue
            rpc.close()
            return process, rpc.url
        process.kill()
        lines = said.read_text("utf-8", "replace").strip().splitlines()
        shutil.rmtree(self._folder, ignore_errors=True)
        raise NodeUnreachable(rpc.url, lines[-1] if lines else "anvil did not start")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
