"""Who may call what: every function that changes anything, against every account there is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from tests.support.rent import open_lease
from tests.support.sales import TERMS
from tests.support.shows import shows
from tests.support.stage import EVIDENCE, HOUR, MAX, NORWAY, UNIT, Stage, Terms
from wellhead import toolchain
from wellhead.chain import Contract, Reverted
from wellhead.chain.abi import functions_of
from wellhead.chain.plan import NO_VENUE, ORDER

CORE = (
    "CapacityRegistry",
    "CapacityToken",
    "CapacityTokenFactory",
    "Compliance",
    "Contests",
    "LeaseExchange",
    "LeaseMarket",
    "MetricsOracle",
    "RevenueRouter",
    "Vault",
)
DESK = {"authorizeCash", "multicall", "permitCash"}
#: What anybody may call: it moves what is the caller's, or what signatures or the books allow.
OPEN = {
    "CapacityRegistry": {"flagOffBook"},
    "CapacityToken": {"approve", "claim", "claimFor", "permit", "transfer", "transferFrom"},
    "CapacityTokenFactory": set[str](),
    "Compliance": {"present"},
    "Contests": {"close", "recount"} | DESK,
    "LeaseExchange": {"buy"} | DESK,
    "LeaseMarket": {
        "accrue",
        "declareDefault",
        "lease",
        "postBond",
        "recover",
        "setApprovalForAll",
        "settle",
        "updateBase",
    }
    | DESK,
    "MetricsOracle": {"closeSilent", "enactSigners", "payReporters", "report"},
    "RevenueRouter": {"accrueAndDistribute", "distribute", "payIn", "release", "sweep"},
    "Vault": {"deposit", "move", "moveBatch", "withdraw"},
}
NOT_ALLOWED = "AccessManagedUnauthorized"
NOT_OPERATOR = "CapacityRegistry_NotOperator"
NOT_TENANT = "LeaseMarket_NotTenant"
NOT_OWNER = "NotOwnerNorApproved"
MAY_NOT_CHARGE = "Vault_MayNotCharge"
CHARGERS = ("LeaseMarket", "LeaseExchange", "Contests", "RevenueRouter")


@dataclass(frozen=True)
class Scene:
    """A cluster with a lease on offer, and everybody who could try something."""

    stage: Stage
    cluster: int
    lease: int
    callers: Mapping[str, str]

    def contract(self, name: str) -> Contract:
        if name == "CapacityToken":
            return self.stage.token(self.cluster)
        return self.stage.deployment.contract(name)

    def arguments(self, gate: str) -> tuple[Any, ...]:
        stage, who = self.stage, self.callers
        cash, holder, other = stage.cash.address, who["holder"], who["other holder"]
        cluster, lease = (self.cluster,), (self.lease,)
        signature = (27, bytes(32), bytes(32))
        known: dict[str, tuple[Any, ...]] = {
            "CapacityRegistry.register": (Terms().encoded(), "Northern H100", "wNH1"),
            "CapacityRegistry.mint": (*cluster, 1, 1, EVIDENCE, []),
            "CapacityRegistry.setSellable": (*cluster, 7),
            "CapacityRegistry.retire": (*cluster, 1),
            "CapacityRegistry.setOperator": (*cluster, holder),
            "CapacityToken.mint": (holder, UNIT),
            "CapacityToken.burn": (holder, UNIT),
            "CapacityToken.addCash": (1, 0),
            "CapacityToken.addReserve": (1, 0),
            "CapacityToken.topUp": (1, 1),
            "CapacityToken.setFrozenTokens": (holder, UNIT),
            "CapacityToken.forcedTransfer": (holder, other, UNIT),
            "CapacityTokenFactory.create": (9, 0, "Name", "SYM"),
            "Compliance.accredit": (holder,),
            "Compliance.dismiss": (who["issuer"],),
            "Compliance.setRule": (0, [NORWAY], 3),
            "Compliance.setBlocked": (holder, True),
            "Compliance.setFrozenTokens": (*cluster, holder, 1),
            "Compliance.forcedTransfer": (*cluster, holder, other, 1),
            "Compliance.addSystemHolder": (stage.vault.address,),
            "Compliance.revoke": (holder,),
            "Contests.contest": (*lease, stage.hour() + 2),
            "LeaseExchange.list": (*lease, 5, 5, stage.now(), stage.now() + HOUR),
            "LeaseExchange.delist": lease,
            "LeaseMarket.approve": (other, *lease),
            "LeaseMarket.cancel": (*lease, stage.hour() + 3, 0),
            "LeaseMarket.collect": cluster,
            "LeaseMarket.extend": (*lease, 1, MAX),
            "LeaseMarket.setUser": (*lease, other, stage.now() + HOUR),
            "LeaseMarket.splitHours": (*lease, stage.hour() + 3),
            "LeaseMarket.splitUnits": (*lease, 1),
            "LeaseMarket.transferFrom": (who["tenant"], other, *lease),
            "LeaseMarket.safeTransferFrom(address,address,uint256)": (
                who["tenant"],
                other,
                *lease,
            ),
            "LeaseMarket.safeTransferFrom(address,address,uint256,bytes)": (
                who["tenant"],
                other,
                *lease,
                b"",
            ),
            "LeaseMarket.liftSuspension": lease,
            "LeaseMarket.noticeSuspension": (*lease, EVIDENCE),
            "LeaseMarket.suspend": lease,
            "LeaseMarket.withdrawBond": (*cluster, 1),
            "MetricsOracle.announceSigners": ([who["reporter"]], 1),
            "MetricsOracle.decide": (1 << 224,),
            "MetricsOracle.hold": (*cluster, stage.hour()),
            "MetricsOracle.removeSigner": (who["reporter"],),
            "RevenueRouter.topUp": (*cluster, who["operator"], 1),
            "RevenueRouter.setVenue": (NO_VENUE.encoded(),),
            "RevenueRouter.uniswapV3SwapCallback": (1, 1, b""),
            "Vault.charge": (cash, who["tenant"], holder, 1),
            "Vault.depositWithAuthorization": (
                *(cash, who["tenant"], 1, 0, MAX, bytes(32)),
                *signature,
            ),
        }
        if gate.endswith("setAuthority"):
            return (stage.vault.address,)
        return known.get(gate, ())


#: Every other function: what it says to all but these.
GATES: dict[str, tuple[str, tuple[str, ...]]] = {
    "CapacityRegistry.register": (NOT_ALLOWED, ("operator", "other operator")),
    "CapacityRegistry.mint": (NOT_OPERATOR, ("operator",)),
    "CapacityRegistry.setSellable": (NOT_OPERATOR, ("operator",)),
    "CapacityRegistry.retire": (NOT_OPERATOR, ("operator",)),
    "CapacityRegistry.setOperator": (NOT_ALLOWED, ("operator", "governor")),
    "CapacityRegistry.pause": (NOT_ALLOWED, ("guardian",)),
    "CapacityRegistry.unpause": (NOT_ALLOWED, ("guardian",)),
    "CapacityRegistry.setAuthority": (NOT_ALLOWED, ("Authority",)),
    "CapacityToken.mint": ("CapacityToken_NotRegistry", ("CapacityRegistry",)),
    "CapacityToken.burn": ("CapacityToken_NotRegistry", ("CapacityRegistry",)),
    "CapacityToken.addCash": ("CapacityToken_NotRouter", ("RevenueRouter",)),
    "CapacityToken.addReserve": ("CapacityToken_NotRouter", ("RevenueRouter",)),
    "CapacityToken.topUp": ("CapacityToken_NotRouter", ("RevenueRouter",)),
    "CapacityToken.setFrozenTokens": ("CapacityToken_NotCompliance", ("Compliance",)),
    "CapacityToken.forcedTransfer": ("CapacityToken_NotCompliance", ("Compliance",)),
    "CapacityTokenFactory.create": ("CapacityTokenFactory_NotRegistry", ("CapacityRegistry",)),
    "Compliance.accredit": (NOT_ALLOWED, ("officer",)),
    "Compliance.dismiss": (NOT_ALLOWED, ("officer",)),
    "Compliance.setRule": (NOT_ALLOWED, ("officer",)),
    "Compliance.setBlocked": (NOT_ALLOWED, ("officer",)),
    "Compliance.setFrozenTokens": (NOT_ALLOWED, ("officer",)),
    "Compliance.forcedTransfer": (NOT_ALLOWED, ("officer",)),
    "Compliance.addSystemHolder": (NOT_ALLOWED, ("governor",)),
    "Compliance.revoke": (NOT_ALLOWED, ("officer", "issuer")),
    "Compliance.setAuthority": (NOT_ALLOWED, ("Authority",)),
    "Contests.contest": ("Contests_NotTenant", ("tenant",)),
    "LeaseExchange.list": ("LeaseExchange_NotOwner", ("tenant",)),
    "LeaseExchange.delist": ("LeaseExchange_NotOwner", ("tenant",)),
    # The exchange is the tenant's operator for all leases, as for every sale.
    "LeaseMarket.approve": (NOT_OWNER, ("tenant", "LeaseExchange")),
    "LeaseMarket.transferFrom": (NOT_OWNER, ("tenant", "LeaseExchange")),
    "LeaseMarket.safeTransferFrom(address,address,uint256)": (
        NOT_OWNER,
        ("tenant", "LeaseExchange"),
    ),
    "LeaseMarket.safeTransferFrom(address,address,uint256,bytes)": (
        NOT_OWNER,
        ("tenant", "LeaseExchange"),
    ),
    "LeaseMarket.cancel": (NOT_TENANT, ("tenant", "LeaseExchange")),
    "LeaseMarket.extend": (NOT_TENANT, ("tenant", "LeaseExchange")),
    "LeaseMarket.splitHours": (NOT_TENANT, ("tenant", "LeaseExchange")),
    "LeaseMarket.splitUnits": (NOT_TENANT, ("tenant", "LeaseExchange")),
    "LeaseMarket.setUser": (NOT_TENANT, ("tenant", "LeaseExchange")),
    "LeaseMarket.collect": ("LeaseMarket_NotRouter", ("RevenueRouter",)),
    "LeaseMarket.noticeSuspension": (NOT_OPERATOR, ("operator",)),
    "LeaseMarket.suspend": (NOT_OPERATOR, ("operator",)),
    "LeaseMarket.liftSuspension": (NOT_OPERATOR, ("operator",)),
    "LeaseMarket.withdrawBond": (NOT_OPERATOR, ("operator",)),
    "MetricsOracle.announceSigners": (NOT_ALLOWED, ("governor",)),
    "MetricsOracle.removeSigner": (NOT_ALLOWED, ("guardian",)),
    "MetricsOracle.decide": ("MetricsOracle_NotContests", ("Contests",)),
    "MetricsOracle.hold": ("MetricsOracle_NotContests", ("Contests",)),
    "MetricsOracle.setAuthority": (NOT_ALLOWED, ("Authority",)),
    "RevenueRouter.topUp": ("RevenueRouter_NotRegistry", ("CapacityRegistry",)),
    "RevenueRouter.setVenue": (NOT_ALLOWED, ("governor",)),
    "RevenueRouter.setAuthority": (NOT_ALLOWED, ("Authority",)),
    "RevenueRouter.uniswapV3SwapCallback": ("RevenueRouter_NotPool", ()),
    "Vault.charge": (MAY_NOT_CHARGE, CHARGERS),
    "Vault.depositWithAuthorization": (MAY_NOT_CHARGE, (*CHARGERS, "tenant")),
}


@pytest.fixture(scope="module")
def scene(deployed: Stage) -> Iterator[Scene]:
    with deployed.scratch():
        yield _scene(deployed)


def _scene(stage: Stage) -> Scene:
    other = stage.relay
    stage.authority.send("grantRole", 1, other.address, 0, sender=stage.governor)
    cluster = stage.cluster(100, TERMS)
    stage.register(TERMS, other)
    tenant, neighbour, user = stage.tenants[:3]
    lease = open_lease(stage, cluster, 10, stage.hour() + 2, 24, tenant)
    open_lease(stage, cluster, 10, stage.hour() + 2, 24, neighbour)
    exchange = stage.deployment.exchange
    stage.market.send("setApprovalForAll", exchange.address, True, sender=tenant)
    offer = (lease.id, 5, 5, stage.now(), stage.now() + HOUR)
    exchange.send("list", *offer, sender=tenant)
    people: dict[str, str] = {
        "stranger": stage.stranger.address,
        "governor": stage.governor.address,
        "guardian": stage.guardian.address,
        "officer": stage.officer.address,
        "issuer": stage.issuer.address,
        "operator": stage.operator.address,
        "other operator": other.address,
        "reporter": stage.reporters[0].address,
        "tenant": tenant.address,
        "other tenant": neighbour.address,
        "holder": stage.holders[0].address,
        "other holder": stage.holders[1].address,
        "user": user.address,
    }
    # Those that only write documents call nobody.
    callers = [name for name in ORDER if not name.endswith("Metadata")]
    contracts = {name: stage.deployment.contract(name).address for name in callers}
    return Scene(
        stage,
        cluster,
        lease.id,
        people | contracts | {"CapacityToken": stage.token(cluster).address},
    )


def changing(name: str) -> set[str]:
    """The functions of a contract that may change something; overloaded ones by signature."""
    entries = toolchain.artifacts()[name]["abi"]
    views = {e["name"] for e in entries if e.get("stateMutability") in ("view", "pure")}
    return {key for key in functions_of(name) if key.split("(")[0] not in views}


@shows("REG-10", "AUTH-1")
@pytest.mark.parametrize("name", CORE)
def test_every_function_that_changes_anything_is_open_or_has_a_gate(name: str) -> None:
    gated = {gate.partition(".")[2] for gate in GATES if gate.startswith(f"{name}.")}
    assert not gated & OPEN[name]
    assert changing(name) == gated | OPEN[name]


@shows(
    "LEASE-13",
    "BOND-3",
    "USE-8",
    "SALE-6",
    "CON-12",
    "REG-12",
    "TOK-11",
    "ROUT-12",
    "SWEEP-7",
    "VAULT-7",
    "COMP-7",
    "AUTH-2",
    "AUTH-6",
)
@pytest.mark.parametrize("gate", GATES)
def test_a_gate_is_closed_to_everybody_else(scene: Scene, gate: str) -> None:
    error, allowed = GATES[gate]
    name, _, function = gate.partition(".")
    contract, arguments = scene.contract(name), scene.arguments(gate)
    assert set(allowed) <= set(scene.callers)
    for who, address in scene.callers.items():
        try:
            contract.call(function, *arguments, sender=address)
            said = ""
        except Reverted as refusal:
            said = refusal.name
        assert (said != error) if who in allowed else (said == error), f"{who}: {said}"
