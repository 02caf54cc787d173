"""What a deployment puts on chain, transaction by transaction, before any is sent.

The contracts are immutable and know each other from the start: their addresses follow from the
deployer and its nonces. So creations have their nonces for good; the calls after them have not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from eth_abi.abi import encode
from eth_typing import HexAddress, HexStr
from eth_utils.address import to_checksum_address

from wellhead import toolchain
from wellhead.chain.abi import canonical_type, functions_of
from wellhead.chain.parameters import NO_VENUE as NO_VENUE  # re-exported
from wellhead.chain.parameters import Delays as Delays  # re-exported
from wellhead.chain.parameters import Parameters as Parameters  # re-exported
from wellhead.chain.parameters import Venue as Venue  # re-exported

ADMIN_ROLE = 0
OPERATOR_ROLE = 1
GUARDIAN_ROLE = 2
COMPLIANCE_ROLE = 3
ROLES = {
    ADMIN_ROLE: "ADMIN",
    OPERATOR_ROLE: "OPERATOR",
    GUARDIAN_ROLE: "GUARDIAN",
    COMPLIANCE_ROLE: "COMPLIANCE",
}
#: The functions that each role may call, by contract.
FUNCTIONS: dict[int, dict[str, tuple[str, ...]]] = {
    OPERATOR_ROLE: {"CapacityRegistry": ("register",)},
    GUARDIAN_ROLE: {"CapacityRegistry": ("pause", "unpause"), "MetricsOracle": ("removeSigner",)},
    COMPLIANCE_ROLE: {
        "Compliance": (
            "revoke",
            "accredit",
            "dismiss",
            "setRule",
            "setBlocked",
            "setFrozenTokens",
            "forcedTransfer",
        )
    },
}

#: Functions that stay the governor's; nobody is granted them, so no call makes them so.
GOVERNED: dict[str, tuple[str, ...]] = {
    "CapacityRegistry": ("setOperator",),
    "Compliance": ("addSystemHolder",),
    "MetricsOracle": ("announceSigners",),
    "RevenueRouter": ("setVenue",),
}

#: The last call: the deployer gives up its own role.
FAREWELL = "ADMIN given up by the deployer"

#: Contracts in the order of their deployment.
ORDER = (
    "Authority",
    "Vault",
    "MetricsOracle",
    "LeaseMetadata",
    "LeaseRecords",
    "LeaseChanges",
    "LeaseMarket",
    "LeaseExchange",
    "Contests",
    "RevenueRouter",
    "Compliance",
    "CapacityMetadata",
    "CapacityTokenFactory",
    "CapacityRegistry",
)


@dataclass(frozen=True)
class Creation:
    """A contract that is to be created."""

    name: str
    address: str
    bytecode: str
    #: The constructor's, ABI-encoded, in hexadecimal.
    arguments: str

    @property
    def label(self) -> str:
        return self.name

    @property
    def to(self) -> str | None:
        return None

    def data(self) -> str:
        return self.bytecode + self.arguments


@dataclass(frozen=True)
class RoleCall:
    """A call to the authority, the deployer's as long as it is the governor."""

    label: str
    authority: str
    function: str
    arguments: Sequence[Any]

    @property
    def to(self) -> str | None:
        return self.authority

    def data(self) -> str:
        return functions_of("Authority")[self.function].encode(self.arguments)


Step = Creation | RoleCall


def addresses(deployer: str, nonce: int) -> dict[str, str]:
    """Where the contracts will stand when the first is created with `nonce`."""
    # Only a deployment pays for loading web3, not every command.
    from web3.types import Nonce
    from web3.utils.address import get_create_address

    sender = HexAddress(HexStr(deployer))
    return {
        name: str(get_create_address(sender, Nonce(nonce + index)))
        for index, name in enumerate(ORDER)
    }


def creations(deployer: str, nonce: int, parameters: Parameters) -> list[Creation]:
    at = addresses(deployer, nonce)
    reporters = sorted((to_checksum_address(r) for r in parameters.reporters), key=_as_integer)
    around = (
        at["CapacityRegistry"],
        at["MetricsOracle"],
        at["Vault"],
        at["RevenueRouter"],
        parameters.cash,
    )
    arguments: dict[str, list[Any]] = {
        "Authority": [deployer],
        "Vault": [
            at["LeaseMarket"],
            at["LeaseExchange"],
            at["Contests"],
            at["RevenueRouter"],
        ],
        "MetricsOracle": [
            at["Authority"],
            at["CapacityRegistry"],
            at["Vault"],
            at["Contests"],
            parameters.cash,
            parameters.finality,
            reporters,
            parameters.threshold,
        ],
        "LeaseMetadata": [],
        "LeaseRecords": [around],
        "LeaseChanges": [around, at["LeaseMetadata"], at["LeaseRecords"]],
        "LeaseMarket": [around, at["LeaseMetadata"], at["LeaseChanges"]],
        "LeaseExchange": [at["LeaseMarket"], at["Vault"], parameters.cash],
        "Contests": [
            at["CapacityRegistry"],
            at["MetricsOracle"],
            at["LeaseMarket"],
            at["Vault"],
            parameters.cash,
            parameters.contest_deposit,
        ],
        "RevenueRouter": [
            at["Authority"],
            at["CapacityRegistry"],
            at["LeaseMarket"],
            at["Vault"],
            at["MetricsOracle"],
            parameters.cash,
            parameters.reserve,
            parameters.venue.encoded(),
        ],
        "Compliance": [at["Authority"], at["CapacityRegistry"]],
        "CapacityMetadata": [at["CapacityRegistry"], at["LeaseMarket"], at["MetricsOracle"]],
        "CapacityTokenFactory": [
            [
                at["CapacityRegistry"],
                at["RevenueRouter"],
                at["Vault"],
                at["Compliance"],
                at["CapacityMetadata"],
                parameters.cash,
                parameters.reserve,
            ]
        ],
        "CapacityRegistry": [
            at["Authority"],
            at["CapacityTokenFactory"],
            at["MetricsOracle"],
            at["LeaseMarket"],
            at["RevenueRouter"],
        ],
    }
    built = toolchain.artifacts()
    return [
        Creation(name, at[name], built[name]["bytecode"], _encoded(built[name], arguments[name]))
        for name in ORDER
    ]


def role_calls(deployer: str, at: dict[str, str], parameters: Parameters) -> list[RoleCall]:
    """Names the roles and their members; last of all the governor takes over."""
    authority, delays = at["Authority"], parameters.delays
    calls: list[tuple[str, str, list[Any]]] = []
    members = (
        (OPERATOR_ROLE, parameters.operators, delays.operator),
        (GUARDIAN_ROLE, parameters.guardians, delays.guardian),
        (COMPLIANCE_ROLE, parameters.officers, delays.officer),
    )
    for role, accounts, delay in members:
        name = ROLES[role]
        calls.append((f"label of {name}", "labelRole", [role, name]))
        for contract, listed in FUNCTIONS[role].items():
            functions = functions_of(contract)
            selectors = [functions[function].selector for function in listed]
            target = [at[contract], selectors, role]
            label = f"functions of {name} in {contract}"
            calls.append((label, "setTargetFunctionRole", target))
        calls += [(f"{name} {a}", "grantRole", [role, a, delay]) for a in accounts]
    governor = parameters.governor
    hand_over = governor is not None and _as_integer(governor) != _as_integer(deployer)
    if hand_over:
        calls.append((f"ADMIN {governor}", "grantRole", [ADMIN_ROLE, governor, delays.governor]))
    if delays.grant:
        calls += [
            (f"grant delay of {name}", "setGrantDelay", [role, delays.grant])
            for role, name in ROLES.items()
        ]
    if hand_over:
        calls.append((FAREWELL, "renounceRole", [ADMIN_ROLE, deployer]))
    return [RoleCall(label, authority, function, given) for label, function, given in calls]


def steps(deployer: str, nonce: int, parameters: Parameters) -> list[Step]:
    """Every transaction, in order."""
    created = creations(deployer, nonce, parameters)
    return [*created, *role_calls(deployer, addresses(deployer, nonce), parameters)]


def _encoded(artifact: dict[str, Any], arguments: Sequence[Any]) -> str:
    constructor: dict[str, Any] = next(
        (e for e in artifact["abi"] if e["type"] == "constructor"), {"inputs": []}
    )
    return encode([canonical_type(i) for i in constructor["inputs"]], list(arguments)).hex()


def _as_integer(address: str) -> int:
    return int(address, 16)
