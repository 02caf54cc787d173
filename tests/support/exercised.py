"""Which functions, events and errors of the contracts the tests really met.

Hooks for pytest: they listen where calls are encoded and reverts and logs decoded, in every worker,
and with `--exercised`, as `make test` runs it, fail the run when anything in an ABI was never met.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import wraps
from typing import Any

import pytest
from eth_utils.crypto import keccak

from wellhead import toolchain
from wellhead.chain import abi, contract

CONTRACTS = (
    "CapacityMetadata",
    "CapacityRegistry",
    "CapacityToken",
    "CapacityTokenFactory",
    "Compliance",
    "Contests",
    "LeaseExchange",
    "LeaseMarket",  # with all that it passes on to LeaseChanges and LeaseRecords
    "LeaseMetadata",
    "MetricsOracle",
    "RevenueRouter",
    "Vault",
)

#: What a contract inherits and can not meet, and why.
UNREACHABLE = {
    "AccessManagedRequiredDelay": "declared by AccessManaged, which never raises it",
    "AccountBalanceOverflow": "needs 2^32 leases in one account",
    "ECDSAInvalidSignatureLength": "signatures come in parts, never as bytes",
    "EIP712DomainChanged": "the domain is fixed at deployment",
    "ERC20InvalidApprover": "the approver is the caller, or signed",
    "InvalidAccountNonce": "nonces are used in order, never named by the caller",
    "InvalidShortString": "names of a domain have 1 to 31 bytes",
    "StringTooLong": "names of a domain have 1 to 31 bytes",
    "TokenAlreadyExists": "lease ids count up",
}

#: What this process met.
seen: set[str] = set()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--exercised",
        action="store_true",
        help="fail unless every function, event and error of the contracts was met",
    )


def pytest_configure(config: pytest.Config) -> None:
    _listen(abi.Function, "encode", lambda function, *_: f"function {function.selector.hex()}")
    _listen(contract.Reverted, "__init__", lambda _, data, *__: f"error {data[:4].hex()}")
    _listen(abi.Event, "__init__", lambda _, *__, **named: f"event {named['name']}")


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["exercised"] = sorted(seen)
    elif exitstatus or not session.config.getoption("--exercised"):
        return  # what already failed needs no second reason
    elif missing := missed(seen):
        reporter = session.config.pluginmanager.get_plugin("terminalreporter")
        if reporter is not None:
            reporter.write_line("\nnever met by any test: " + ", ".join(missing), red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """A worker of xdist hands over what it met."""
    seen.update(getattr(node, "workeroutput", {}).get("exercised", []))


def missed(met: Collection[str], *, views: bool = True) -> list[str]:
    """Everything in the contracts' ABIs that was not met and can be; with or without `views`."""
    missing = set()
    for name in CONTRACTS:
        for entry in toolchain.artifacts()[name]["abi"]:
            kind = entry["type"]
            if kind not in ("function", "event", "error") or entry["name"] in UNREACHABLE:
                continue
            if not views and entry.get("stateMutability") in ("view", "pure"):
                continue
            key = entry["name"]
            if kind != "event":
                key = keccak(text=abi.signature(entry))[:4].hex()
            if f"{kind} {key}" not in met:
                missing.add(f"{name}.{entry['name']}")
    return sorted(missing)


def _listen(kind: type, method: str, describe: Any) -> None:
    original = getattr(kind, method)

    @wraps(original)
    def listening(self: Any, *arguments: Any, **named: Any) -> Any:
        seen.add(describe(self, *arguments, **named))
        return original(self, *arguments, **named)

    setattr(kind, method, listening)
