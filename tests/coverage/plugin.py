"""Hooks for pytest: let the tests run on the contracts with probes, and write down what they met.

Loaded by `-p tests.coverage.plugin` in every worker. Only nodes that a test process starts itself
are listened to; a command in a process of its own uses the contracts without probes.
"""

from __future__ import annotations

import json
import os
from functools import wraps
from typing import Any

import pytest

from tests.coverage import probes
from tests.coverage.compiling import Build, build, folder
from wellhead import toolchain
from wellhead.chain import anvil as anvil_module
from wellhead.chain.rpc import Rpc

#: Probes cost gas, so whoever names an amount gives this many times as much.
GAS_FACTOR = 10
BLOCK_GAS = 30_000_000 * GAS_FACTOR
HITS = "hits"

_SENT = (
    "eth_sendTransaction",
    "eth_sendTransactionSync",
    "eth_sendRawTransaction",
    "eth_sendRawTransactionSync",
)
_MINED = ("evm_mine", "anvil_mine", "hardhat_mine")
TOUCHED = {
    "tracer": "prestateTracer",
    "tracerConfig": {"disableCode": True, "disableStorage": True},
}

_build: Build | None = None
_met: set[int] = set()
_written = 0
_ports: set[str] = set()
#: Node and transaction, of those that no block has taken yet.
_waiting: set[tuple[str, str]] = set()
_post = Rpc._post


def pytest_configure(config: pytest.Config) -> None:
    global _build
    _build = build()
    _use(_build)
    anvil_module.anvil_command = _command(anvil_module.anvil_command)
    Rpc._post = _listening  # type: ignore[method-assign]


def pytest_runtest_logfinish() -> None:
    """Every process keeps what it met in a file of its own, up to date: it may be stopped."""
    global _written
    if _build is None or len(_met) == _written:
        return
    _written = len(_met)
    target = folder() / HITS / f"{os.environ.get('PYTEST_XDIST_WORKER', 'main')}-{os.getpid()}.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_suffix(".draft")
    draft.write_text(json.dumps({"key": _build.key, "met": sorted(_met)}), "utf-8")
    draft.replace(target)


def _use(made: Build) -> None:
    """Let everything that deploys find the contracts with probes."""
    plain = toolchain.artifacts()
    types = {
        name: {**data, "bytecode": made.code[name][0], "runtime_bytecode": made.code[name][1]}
        for name, data in plain.items()
    }
    toolchain.artifacts = lambda root=None: types


def _command(original: Any) -> Any:
    @wraps(original)
    def command(binary: Any, port: int, *rest: Any) -> list[str]:
        _ports.add(str(port))
        more = ["--disable-code-size-limit", "--gas-limit", str(BLOCK_GAS)]
        return [*original(binary, port, *rest), *more]

    return command


def _listening(self: Rpc, body: Any) -> Any:
    # Not parsed: what is no address is a test's.
    if self.url.rpartition(":")[2].rstrip("/") not in _ports:
        return _post(self, body)
    requests = body if isinstance(body, list) else [body]
    for request in requests:
        _give_gas(request)
    answers = _post(self, body)
    by_id = {a.get("id"): a for a in (answers if isinstance(answers, list) else [answers])}
    for request in requests:
        _follow(self, request, by_id.get(request["id"], {}))
    return answers


def _give_gas(request: dict[str, Any]) -> None:
    transaction: Any = request["params"][0] if request["params"] else None
    is_transaction = request["method"].startswith("eth_") and isinstance(transaction, dict)
    if is_transaction and "gas" in transaction:
        more = min(int(transaction["gas"], 16) * GAS_FACTOR, BLOCK_GAS)
        request["params"] = [{**transaction, "gas": hex(more)}, *request["params"][1:]]


def _follow(rpc: Rpc, request: dict[str, Any], answer: dict[str, Any]) -> None:
    """Ask what ran, after a call or transaction."""
    method, params = request["method"], request["params"]
    if method in _SENT and "result" in answer:
        result = answer["result"]
        if isinstance(result, dict):
            _trace(rpc, {result["blockNumber"]})
        else:
            _waiting.add((rpc.url, result))
            _find(rpc, [result])
    elif method in _MINED:
        _find(rpc, sorted(sent for url, sent in _waiting if url == rpc.url))
    elif method == "evm_revert":
        _waiting.difference_update({one for one in _waiting if one[0] == rpc.url})
    elif method == "eth_call" or (method == "eth_estimateGas" and "error" in answer):
        options: dict[str, Any] = dict(TOUCHED)
        if len(params) > 2:
            options["stateOverrides"] = params[2]
        at = params[1] if len(params) > 1 else "latest"
        _met.update(probes.numbers_of(_ask(rpc, [("debug_traceCall", params[0], at, options)])[0]))


def _find(rpc: Rpc, sent: list[str]) -> None:
    """Trace the blocks of those of these transactions that are mined."""
    receipts = _ask(rpc, [("eth_getTransactionReceipt", transaction) for transaction in sent])
    mined = {t: r["blockNumber"] for t, r in zip(sent, receipts, strict=True) if r}
    _waiting.difference_update((rpc.url, transaction) for transaction in mined)
    _trace(rpc, set(mined.values()))


def _trace(rpc: Rpc, blocks: set[str]) -> None:
    """A block's transactions at once: for each alone the node would run those before it again."""
    for block in _ask(rpc, [("debug_traceBlockByNumber", number, TOUCHED) for number in blocks]):
        for transaction in block:
            _met.update(probes.numbers_of(transaction["result"]))


def _ask(rpc: Rpc, calls: list[tuple[Any, ...]]) -> list[Any]:
    """Answers to requests that no test sees; {} to what the node refuses."""
    asked = [
        {"jsonrpc": "2.0", "id": number, "method": method, "params": list(params)}
        for number, (method, *params) in enumerate(calls)
    ]
    found = {
        answer["id"]: answer.get("result", {}) for answer in (_post(rpc, asked) if asked else [])
    }
    return [found[number] for number in range(len(asked))]
