"""A local anvil: started with a pinned genesis, stopped with its owner."""

from __future__ import annotations

import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType

from wellhead import toolchain
from wellhead.chain.accounts import DEV_MNEMONIC
from wellhead.chain.rpc import NodeUnreachable, Rpc
from wellhead.places import state_folder

LOCAL_CHAIN_ID = 31337
HARDFORK = "cancun"


class Anvil:
    """A node of our own. Time stands still between blocks: each is one second after the last,
    unless the next one's time is set.

    With `states`, so many of the last blocks can be asked for their state; else all of the last
    3,600, most of which anvil writes to disk, which is slow."""

    def __init__(
        self,
        genesis_time: int,
        *,
        port: int | None = None,
        chain_id: int = LOCAL_CHAIN_ID,
        accounts: int = 40,
        states: int | None = None,
    ) -> None:
        self._genesis_time = genesis_time
        self._port = port
        self._chain_id = chain_id
        self._accounts = accounts
        self._states = states
        self._process: subprocess.Popen[bytes] | None = None
        self._folder: Path | None = None
        self.rpc = Rpc("http://127.0.0.1:0")

    def __enter__(self) -> Anvil:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start the node and wait until it answers."""
        binary = toolchain.anvil()
        port = self._port or _free_port()
        temporary = state_folder() / "tmp"
        temporary.mkdir(parents=True, exist_ok=True)
        self._folder = Path(tempfile.mkdtemp(prefix="anvil-", dir=temporary))
        said = self._folder / "log"
        with said.open("wb") as log:
            self._process = subprocess.Popen(
                [
                    *anvil_command(
                        binary, port, self._genesis_time, self._chain_id, self._accounts
                    ),
                    # Where it puts the states that it does not keep in memory; else in HOME.
                    *("--cache-path", str(self._folder)),
                    *(() if self._states is None else ("--prune-history", str(self._states))),
                ],
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self.rpc = Rpc(f"http://127.0.0.1:{port}")
        for _ in range(600):
            if self._process.poll() is not None:
                break
            try:
                self.rpc("eth_chainId")
            except NodeUnreachable:
                time.sleep(0.02)
                continue
            self.rpc("anvil_setBlockTimestampInterval", 1)
            return
        lines = said.read_text("utf-8", "replace").strip().splitlines()
        self.stop()
        raise NodeUnreachable(self.rpc.url, lines[-1] if lines else "anvil did not start")

    def stop(self) -> None:
        """Stop the node; what it held is gone."""
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None
        self.rpc.close()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

    def now(self) -> int:
        """Chain time: the latest block's timestamp."""
        return self.rpc.now()

    def next_block_at(self, timestamp: int) -> None:
        """Give the next block this time, the latest block's or a later one."""
        self.rpc("evm_setNextBlockTimestamp", timestamp)

    def mine_at(self, timestamp: int) -> None:
        """Mine an empty block with this time, so that "now" is exactly this."""
        self._settle()
        self.rpc("evm_mine", timestamp)

    def snapshot(self) -> str:
        return str(self.rpc("evm_snapshot"))

    def revert(self, snapshot: str) -> None:
        """Go back to a snapshot, which can be used once."""
        self._settle()
        if self.rpc("evm_revert", snapshot) is not True:
            raise RuntimeError(f"anvil does not know snapshot {snapshot}")

    def _settle(self) -> None:
        """Wait until anvil has taken what it mined out of its pool, a moment after it said so: a
        snapshot that is reverted in between leaves it there, and the account's next transaction
        gets the nonce behind it, which the chain then refuses without a word."""
        for _ in range(5000):
            waits, mines = self.rpc.batch([("txpool_status", []), ("anvil_getAutomine", [])])
            if int(waits["pending"], 16) == 0 or not mines:
                return
            time.sleep(0.001)
        raise RuntimeError("anvil does not mine what is in its pool")


def anvil_command(
    binary: Path, port: int, genesis_time: int, chain_id: int, accounts: int
) -> list[str]:
    """The command of a node with our genesis: dev accounts, hardfork, free transactions."""
    return [
        str(binary),
        *("--host", "127.0.0.1", "--port", str(port)),
        *("--timestamp", str(genesis_time), "--hardfork", HARDFORK),
        *("--chain-id", str(chain_id), "--accounts", str(accounts)),
        *("--mnemonic", DEV_MNEMONIC, "--balance", "1000000"),
        *("--block-base-fee-per-gas", "0", "--gas-price", "0"),
    ]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
