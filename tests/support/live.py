"""An anvil that passes for a live chain's node."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from typing import Any

from eth_abi.abi import encode

from tests.support.stage import GENESIS
from wellhead import toolchain
from wellhead.chain import NodeUnreachable, Rpc

CHAIN_ID = 11155111
GWEI = 10**9


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Node:
    """The anvil. It mines only when it is told to, at a base fee that a test can change."""

    def __init__(self, chain_id: int = CHAIN_ID) -> None:
        self.port = free_port()
        self.rpc = Rpc(f"http://127.0.0.1:{self.port}")
        self.base_fee = GWEI
        self.running = True
        self._chain_id = chain_id
        self._state = ""
        self._process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [
                str(toolchain.write_anvil(toolchain.project_root())),
                *("--host", "127.0.0.1", "--port", str(self.port)),
                *("--timestamp", str(GENESIS), "--hardfork", "cancun", "--no-mining"),
                *("--chain-id", str(self._chain_id), "--block-base-fee-per-gas", str(GWEI)),
                *("--accounts", "1", "--mnemonic-seed-unsafe", "7", "--silent"),
            ],
        )
        for _ in range(500):
            try:
                self.rpc("anvil_setBlockTimestampInterval", 2)
                return process
            except NodeUnreachable:
                assert process.poll() is None, "anvil did not start"
                time.sleep(0.01)
        raise AssertionError("anvil does not answer")

    def mine(self, blocks: int = 1) -> None:
        """Transactions that can not pay the base fee stay in the pool, as on a live network: anvil
        by itself would forget them, so that block gets no room for any."""
        for _ in range(blocks):
            poor = any(fee < self.base_fee for fee in self._offers())
            if poor:
                self.rpc("evm_setBlockGasLimit", hex(20_000))
            self.rpc("anvil_setNextBlockBaseFeePerGas", hex(self.base_fee))
            self.rpc("evm_mine")
            if poor:
                self.rpc("evm_setBlockGasLimit", hex(30_000_000))

    def suspend(self) -> None:
        """Go away in the middle; what is on its way is lost."""
        self._state = str(self.rpc("anvil_dumpState"))
        self._process.kill()
        self._process.wait()
        self.running = False

    def resume(self) -> None:
        """Come back with the chain as it was."""
        self._process = self._start()
        self.rpc("anvil_loadState", self._state)
        self.running = True

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()
        self.rpc.close()

    def _offers(self) -> Iterator[int]:
        for transactions in self.rpc("txpool_content")["pending"].values():
            for transaction in transactions.values():
                yield int(transaction["maxFeePerGas"], 16)


def put_contract(node: Node, bytecode: str, types: Sequence[str], values: Sequence[Any]) -> str:
    """Create a contract of somebody else's."""
    (owner,) = node.rpc("eth_accounts")
    data = bytecode + encode(list(types), list(values)).hex()
    hashed = node.rpc("eth_sendTransaction", {"from": owner, "data": data, "gas": hex(5_000_000)})
    node.mine()
    return str(node.rpc("eth_getTransactionReceipt", hashed)["contractAddress"])
