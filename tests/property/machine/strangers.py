"""A stranger calls whatever is not for everybody, is told so exactly, and changes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule

from tests.property.machine.base import Machine, Reach, people
from tests.support.stage import EVIDENCE, UNIT, Terms
from tests.support.state import storage_roots
from wellhead.chain import Contract
from wellhead.model.errors import Revert

Refusal = tuple[str, tuple[Any, ...]]
#: What only the authority, only the governor, or only a role may call.
RESTRICTED = {
    "CapacityRegistry": ("register", "setOperator", "pause", "unpause", "setAuthority"),
    "Compliance": (
        "accredit",
        "addSystemHolder",
        "dismiss",
        "forcedTransfer",
        "revoke",
        "setAuthority",
        "setBlocked",
        "setFrozenTokens",
        "setRule",
    ),
    "MetricsOracle": ("announceSigners", "removeSigner", "setAuthority"),
    "RevenueRouter": ("setVenue", "setAuthority"),
}
#: What only the other contracts may call, and as what a stranger is refused.
INTERNAL = {
    "CapacityToken": {
        "mint": "NotRegistry",
        "burn": "NotRegistry",
        "addCash": "NotRouter",
        "addReserve": "NotRouter",
        "topUp": "NotRouter",
        "setFrozenTokens": "NotCompliance",
        "forcedTransfer": "NotCompliance",
    },
    "CapacityTokenFactory": {"create": "NotRegistry"},
    "LeaseMarket": {"collect": "NotRouter"},
    "MetricsOracle": {"hold": "NotContests", "decide": "NotContests"},
    "RevenueRouter": {"topUp": "NotRegistry", "uniswapV3SwapCallback": "NotPool"},
    "Vault": {"charge": "MayNotCharge", "depositWithAuthorization": "MayNotCharge"},
}
#: What only the operator of a cluster may call.
OPERATED = {
    "CapacityRegistry": ("mint", "retire", "setSellable"),
    "LeaseMarket": ("withdrawBond",),
}
#: What only the governor may do with the authority itself.
GOVERNED = (
    "grantRole",
    "revokeRole",
    "labelRole",
    "setGrantDelay",
    "setRoleAdmin",
    "setRoleGuardian",
    "setTargetAdminDelay",
    "setTargetClosed",
    "setTargetFunctionRole",
    "updateAuthority",
)
TABLES: tuple[Mapping[str, Iterable[str]], ...] = (
    RESTRICTED,
    INTERNAL,
    OPERATED,
    {"Authority": (*GOVERNED, "consumeScheduledOp")},
)
FUNCTIONS = sorted(
    f"{contract}.{function}"
    for table in TABLES
    for contract, functions in table.items()
    for function in functions
)


class StrangerRules(Machine):
    """A stranger who tries all doors."""

    calls: Reach = tuple(FUNCTIONS)

    @rule(names=st.lists(st.sampled_from(FUNCTIONS), min_size=4, max_size=8), victim=people)
    def try_doors(self, names: list[str], victim: int) -> None:
        """Whatever else is the case. No contract's storage differs afterwards."""
        before = storage_roots(self.stage)
        for name in names:
            contract, _, function = name.partition(".")
            error = self._refusal(contract, function)
            self._try(self._contract(contract), function, victim, error)
        assert storage_roots(self.stage) == before

    def _try(self, contract: Contract, function: str, victim: int, error: Refusal) -> None:
        def model() -> None:
            raise Revert(error[0], *error[1])

        arguments = self._arguments(contract, function, self.pair.people[victim].address)
        stranger = self.stage.stranger
        assert not self.call(stranger, contract, function, arguments, model)

    def _contract(self, name: str) -> Contract:
        if name == "CapacityToken":
            return self.pair.token
        return self.stage.deployment.contract(name)

    def _refusal(self, contract: str, function: str) -> Refusal:
        """What the stranger is told."""
        me, key, paused = self.stage.stranger.address, self.key, self.world.registry.paused
        if function == "setAuthority" or function in RESTRICTED.get(contract, ()):
            return "AccessManagedUnauthorized", (me,)
        if contract == "Authority":
            if function == "consumeScheduledOp":
                # It asks its caller whether it is a contract that consumes.
                return "", ()
            return "AccessManagerUnauthorizedAccount", (me, 0)
        if function in OPERATED.get(contract, ()):
            if function == "mint" and paused:
                return "CapacityRegistry_Paused", ()
            return "CapacityRegistry_NotOperator", (key, me)
        told = f"{contract}_{INTERNAL[contract][function]}"
        payer = self.pair.people[0].address
        return told, (me, payer) if contract == "Vault" else (me,)

    def _arguments(self, contract: Contract, function: str, victim: str) -> tuple[Any, ...]:
        """As somebody would call who may."""
        stage, key, me = self.stage, self.key, self.stage.stranger.address
        cash, payer = stage.cash.address, self.pair.people[0].address
        zero, hour = "0x" + "00" * 20, self.pair.hour - 1
        selector = stage.registry.functions["pause"].selector
        by_contract: dict[str, dict[str, tuple[Any, ...]]] = {
            "CapacityRegistry": {
                "register": (Terms().encoded(), "Mine", "MINE"),
                "setOperator": (key, me),
                "mint": (key, 1, 0, EVIDENCE, []),
                "retire": (key, 1),
                "setSellable": (key, 0),
            },
            "CapacityToken": {
                "mint": (me, UNIT),
                "burn": (victim, UNIT),
                "addCash": (1, 0),
                "addReserve": (1, 1),
                "topUp": (1, 1),
                "setFrozenTokens": (victim, UNIT),
                "forcedTransfer": (victim, me, UNIT),
            },
            "CapacityTokenFactory": {"create": (key, 0, "Mine", "MINE")},
            "Compliance": {
                "forcedTransfer": (key, victim, me, UNIT),
                "setBlocked": (victim, True),
                "setFrozenTokens": (key, victim, UNIT),
                "setRule": (0, [578], 255),
            },
            "LeaseMarket": {"collect": (key,), "withdrawBond": (key, 0)},
            "MetricsOracle": {
                "announceSigners": ([me], 1),
                "removeSigner": (self.pair.reporters[0].address,),
                "hold": (key, hour),
                "decide": (0,),
            },
            "RevenueRouter": {
                "setVenue": ((zero, zero, 0, 0, 0),),
                "topUp": (key, victim, 1),
                "uniswapV3SwapCallback": (1, -1, b""),
            },
            "Vault": {
                "charge": (cash, payer, me, 1),
                "depositWithAuthorization": (
                    *(cash, payer, 1, 0, 2**40, bytes(32)),
                    *(27, bytes(32), bytes(32)),
                ),
            },
            "Authority": {
                "grantRole": (0, me, 0),
                "revokeRole": (0, stage.governor.address),
                "labelRole": (9, "mine"),
                "setGrantDelay": (1, 5),
                "setRoleAdmin": (1, 9),
                "setRoleGuardian": (1, 9),
                "setTargetAdminDelay": (stage.registry.address, 5),
                "setTargetClosed": (stage.registry.address, True),
                "setTargetFunctionRole": (stage.registry.address, [selector], 9),
                "updateAuthority": (stage.registry.address, me),
                "consumeScheduledOp": (me, selector),
            },
        }
        nothing: tuple[Any, ...] = () if function in ("pause", "unpause") else (me,)
        return by_contract[contract.name].get(function, nothing)
