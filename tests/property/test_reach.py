"""The machines call every function that changes anything, or it is said here why not."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.property import test_market_machine, test_token_machine
from tests.property.machine.base import Machine, reach
from tests.property.machine.strangers import FUNCTIONS, StrangerRules
from tests.property.tokens.base import TokenMachine
from tests.support.exercised import CONTRACTS
from wellhead import toolchain
from wellhead.chain.abi import functions_of

VIEWS = ("view", "pure")
MACHINES: list[type] = [*test_market_machine.MACHINES, *test_token_machine.MACHINES]

INSIDE = "other contracts call it, in what the machines call"
GOVERNOR = "the authority's own, OpenZeppelin's as it is: tests/unit/test_authority_delays.py"
#: What nobody but a stranger, who is refused, calls in any machine; and why.
REFUSED = {
    "CapacityToken.forcedTransfer": INSIDE,
    "CapacityTokenFactory.create": INSIDE,
    "LeaseMarket.collect": INSIDE,
    "MetricsOracle.decide": INSIDE,
    "MetricsOracle.hold": INSIDE,
    "RevenueRouter.topUp": INSIDE,
    "RevenueRouter.uniswapV3SwapCallback": INSIDE,
    "Vault.charge": INSIDE,
    **{
        f"{contract}.setAuthority": "the authority calls it, in updateAuthority"
        for contract in ("CapacityRegistry", "Compliance", "MetricsOracle", "RevenueRouter")
    },
    **{
        f"Authority.{function}": GOVERNOR
        for function in (
            "consumeScheduledOp",
            "labelRole",
            "setRoleAdmin",
            "setRoleGuardian",
            "setTargetAdminDelay",
            "setTargetFunctionRole",
            "updateAuthority",
        )
    },
}
#: What no machine calls.
LEFT_OUT = {"Authority.multicall": "what is called within is called without it, too"}


def changing() -> set[str]:
    """Every function of the contracts that is no view."""
    return {
        f"{contract}.{name}"
        for contract in (*CONTRACTS, "Authority")
        for name, function in functions_of(contract).items()
        if function.abi["stateMutability"] not in VIEWS
    }


def test_every_function_that_changes_anything_is_called_by_some_machine() -> None:
    called = set().union(*(reach(machine) for machine in MACHINES))
    assert changing() - called == set(LEFT_OUT)


def test_what_is_only_ever_refused_is_listed() -> None:
    """Of all that a stranger tries, the rest is called by those who may, in the same machines."""
    by_others = {
        name
        for machine in MACHINES
        for kind in machine.__mro__
        if kind is not StrangerRules
        for name in vars(kind).get("calls", ())
    }
    assert set(FUNCTIONS) - by_others == set(REFUSED)


@pytest.mark.parametrize("machine", MACHINES)
def test_a_machine_calls_what_there_is(machine: type) -> None:
    """No name is misspelt."""
    known = toolchain.artifacts()
    for name in reach(machine):
        contract, _, function = name.partition(".")
        assert contract in known
        assert function in functions_of(contract)


@pytest.mark.parametrize("machine", MACHINES)
def test_no_part_of_a_machine_hides_another(machine: type) -> None:
    """A rule, or a helper, of the same name as one of another part would take its place; what every
    machine has may be a rule in some."""
    shared = vars(Machine).keys() | vars(TokenMachine).keys()
    parts = [kind for kind in machine.__mro__ if kind.__module__.startswith("tests.property")]
    names = Counter(
        name
        for kind in parts
        for name, value in vars(kind).items()
        if callable(value) and name not in shared and not name.startswith("__")
    )
    assert max(names.values()) == 1, names.most_common(3)
