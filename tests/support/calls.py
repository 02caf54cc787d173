"""A call of every function that people may call, each of which succeeds where it stands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.support.bonds import post
from tests.support.contests import contest, digest
from tests.support.payment import authorization, encoded, keys_of, permit
from tests.support.rent import open_lease
from tests.support.sales import seen
from tests.support.shares import packed
from tests.support.stage import (
    EVIDENCE,
    HOUR,
    MAX,
    NORWAY,
    UNIT,
    USD,
    Q,
    Stage,
    Terms,
)
from tests.support.standing import signature_of, statement
from tests.support.sweeps import BITCOIN, desk_on
from tests.support.values import plain
from wellhead.chain import Contract, Receipt, Reverted, UnlockedAccount, dev_account
from wellhead.chain.signing import claim_digest, permit_digest, quorum, report_digest
from wellhead.model.samples import Sample

NAME = "Northern H100"

Call = tuple[UnlockedAccount | None, tuple[Any, ...]]


@dataclass(frozen=True)
class Scene:
    """Calls by contract and function, each of which succeeds while the market runs."""

    stage: Stage
    cluster: int
    calls: dict[str, Call]

    def contract(self, name: str) -> Contract:
        if name == "CapacityToken":
            return self.stage.token(self.cluster)
        return self.stage.deployment.contract(name)

    def send(self, key: str) -> Receipt:
        sender, arguments = self.calls[key]
        name, _, function = key.partition(".")
        return self.contract(name).send(function, *arguments, sender=sender or self.stage.stranger)

    def attempt(self, key: str) -> str:
        """What a call says when it is refused; nothing when it is not."""
        name, _, function = key.partition(".")
        sender, arguments = self.calls[key]
        address = (sender or self.stage.stranger).address
        try:
            self.contract(name).call(function, *arguments, sender=address)
        except Reverted as refusal:
            return refusal.name
        return ""


def scene_of(stage: Stage) -> Scene:
    """A cluster that runs, with hours to contest, recount and close; and one that is in default."""
    terms = Terms(bond=USD, discount=0)
    bright, dark, again = (stage.cluster(100, terms) for _ in range(3))
    tenant, other = stage.tenants[:2]
    for cluster in (bright, dark, again):
        post(stage, cluster, 1_000 * USD)
    desk_on(stage).fill(BITCOIN)
    first = stage.hour() + 1
    lease = open_lease(stage, bright, 10, first, 400, tenant).id
    unused = open_lease(stage, bright, 10, first, 400, tenant).id
    spare = open_lease(stage, bright, 10, first, 400, tenant).id
    for cluster in (dark, again):
        open_lease(stage, cluster, 10, first, 80, other)
    for account in (other, stage.tenants[2]):
        stage.token(bright).send("transfer", account.address, 5 * UNIT, sender=stage.operator)
    stage.market.send("noticeSuspension", lease, EVIDENCE, sender=stage.operator)
    exchange = stage.deployment.exchange
    stage.market.send("setApprovalForAll", exchange.address, True, sender=tenant)
    offer = (unused, 5, 5, stage.now(), stage.now() + 1000 * HOUR)
    exchange.send("list", *offer, sender=tenant)
    signers = [reporter.address for reporter in stage.reporters]
    stage.oracle.send("announceSigners", signers, 4, sender=stage.governor)
    stage.to_hour(first + 3)
    stage.report([served(bright, first + n, 15_000) for n in range(3)])
    stage.finalize()
    for function in ("accrueAndDistribute", "release"):
        stage.router.send(function, bright, sender=stage.stranger)
    stage.to_hour(first + 80)
    for cluster in (dark, again):
        stage.report([Sample(cluster, hour, 0, 0) for hour in range(first, first + 80)])
    stage.report([served(bright, first + n) for n in (3, 4, 5, 79)])
    contest(stage, lease, first + 79, tenant)
    stage.skip(6 * 24 * HOUR)
    stage.report([Sample(again, stage.hour() - 1, 100_000, 0)])
    stage.skip(24 * HOUR)
    late = stage.hour() - 1
    stage.report([served(bright, late), served(bright, late - 1)])
    contest(stage, lease, late, tenant)
    stage.router.send("accrueAndDistribute", bright, sender=stage.stranger)
    stage.market.send("cancel", spare, stage.hour() + 2, 0, sender=tenant)
    stage.vault.send("deposit", stage.cash.address, tenant.address, 1_000, sender=tenant)
    stage.token(bright).send("approve", tenant.address, 5, sender=other)
    stage.reserve.send("mint", tenant.address, 100, sender=tenant)
    stage.reserve.send("approve", stage.vault.address, MAX, sender=tenant)
    stage.compliance.send("setRule", 1, [NORWAY], 1, sender=stage.officer)
    hours = {"silent": first + 6, "close": first + 79, "recount": late, "contest": late - 1}
    calls = _calls(stage, (bright, dark, again), lease, unused, hours)
    return Scene(stage, bright, calls)


def served(cluster: int, hour: int, available: int = 30_000) -> Sample:
    """An hour in which all that is booked worked, and more than that was measured."""
    return Sample(cluster, hour, 100_000, available, Q)


def _calls(
    stage: Stage, clusters: tuple[int, int, int], lease: int, unused: int, hours: dict[str, int]
) -> dict[str, Call]:
    (bright, dark, again), (tenant, other, third) = clusters, stage.tenants[:3]
    operator, governor, officer, guardian = (
        stage.operator,
        stage.governor,
        stage.officer,
        stage.guardian,
    )
    chain_id, token, now = stage.deployment.chain_id, stage.token(bright), stage.now()
    cash, me, you = stage.cash.address, tenant.address, other.address
    fresh = dev_account(30).address
    word = served(bright, hours["recount"]).encode()
    counted = quorum(digest(stage, word), stage.reporters[1:])
    batch = [Sample(bright, hours["silent"], 0, 0).encode()]
    batched = quorum(
        report_digest(chain_id, stage.oracle.address, batch, EVIDENCE), stage.reporters[:3]
    )
    number = stage.registry.call("clusterOf", dark)["attestations"]
    attested = stage.attest(dark, 1, number)
    claimed = claim_digest(chain_id, token.address, NAME, you, fresh, 0, MAX)
    allowed = permit_digest(chain_id, token.address, NAME, you, me, 5, 0, MAX)
    said = statement(third.address, now)
    presented = (stage.issuer.address, said, signature_of(stage, stage.issuer, said))
    signed = authorization(stage, 5, tenant)
    permitted = permit(stage, 5, tenant)
    bounds = seen(stage.market, unused).encoded()
    ahead = stage.hour() + 2
    desk: dict[str, Call] = {
        f"{name}.{function}": (tenant, arguments)
        for name in ("LeaseMarket", "LeaseExchange", "Contests")
        for function, arguments in (
            ("permitCash", permitted),
            ("authorizeCash", signed),
            ("multicall", ([encoded(stage.market, "permitCash", *permitted)],)),
        )
    }
    return desk | {
        "CapacityRegistry.flagOffBook": (None, (bright, hours["recount"])),
        "CapacityRegistry.mint": (operator, (dark, 1, number, EVIDENCE, attested)),
        "CapacityRegistry.register": (operator, (Terms().encoded(), NAME, "wNH1")),
        "CapacityRegistry.retire": (operator, (bright, 1)),
        "CapacityRegistry.setOperator": (operator, (bright, me)),
        "CapacityRegistry.setSellable": (operator, (bright, 7)),
        "CapacityToken.approve": (other, (me, 5)),
        "CapacityToken.claim": (other, (fresh,)),
        "CapacityToken.claimFor": (
            None,
            (you, fresh, MAX, packed(keys_of(other).sign_digest_vrs(claimed))),
        ),
        "CapacityToken.permit": (
            None,
            (you, me, 5, MAX, *keys_of(other).sign_digest_vrs(allowed)),
        ),
        "CapacityToken.transfer": (other, (third.address, UNIT)),
        "CapacityToken.transferFrom": (tenant, (you, third.address, 5)),
        "Compliance.accredit": (officer, (fresh,)),
        "Compliance.addSystemHolder": (governor, (stage.vault.address,)),
        "Compliance.dismiss": (officer, (stage.issuer.address,)),
        "Compliance.forcedTransfer": (officer, (bright, you, third.address, UNIT)),
        "Compliance.present": (None, presented),
        "Compliance.revoke": (officer, (you,)),
        "Compliance.setBlocked": (officer, (you, True)),
        "Compliance.setFrozenTokens": (officer, (bright, you, UNIT)),
        "Compliance.setRule": (officer, (0, [NORWAY], 3)),
        "Contests.close": (None, (bright, hours["close"])),
        "Contests.contest": (tenant, (lease, hours["contest"])),
        "Contests.recount": (None, (word, EVIDENCE, counted)),
        "LeaseExchange.buy": (other, (unused, bounds)),
        "LeaseExchange.delist": (tenant, (unused,)),
        "LeaseExchange.list": (tenant, (unused, 5, 5, now, MAX >> 192)),
        "LeaseMarket.accrue": (None, (dark,)),
        "LeaseMarket.approve": (tenant, (you, lease)),
        "LeaseMarket.cancel": (tenant, (lease, ahead, 0)),
        "LeaseMarket.declareDefault": (None, (dark,)),
        "LeaseMarket.recover": (None, (again,)),
        "LeaseMarket.extend": (tenant, (unused, 1, MAX)),
        "LeaseMarket.lease": (tenant, (bright, 1, ahead, 1, MAX)),
        "LeaseMarket.liftSuspension": (operator, (lease,)),
        "LeaseMarket.noticeSuspension": (operator, (unused, EVIDENCE)),
        "LeaseMarket.postBond": (tenant, (bright, 5)),
        "LeaseMarket.safeTransferFrom(address,address,uint256)": (tenant, (me, you, lease)),
        "LeaseMarket.safeTransferFrom(address,address,uint256,bytes)": (
            tenant,
            (me, you, lease, b""),
        ),
        "LeaseMarket.setApprovalForAll": (tenant, (you, True)),
        "LeaseMarket.setUser": (tenant, (lease, you, now + HOUR)),
        "LeaseMarket.settle": (None, (lease,)),
        "LeaseMarket.splitHours": (tenant, (unused, ahead)),
        "LeaseMarket.splitUnits": (tenant, (unused, 1)),
        "LeaseMarket.suspend": (operator, (lease,)),
        "LeaseMarket.transferFrom": (tenant, (me, you, lease)),
        "LeaseMarket.updateBase": (None, (dark,)),
        "LeaseMarket.withdrawBond": (operator, (bright, 5)),
        "MetricsOracle.announceSigners": (governor, ([fresh], 1)),
        "MetricsOracle.closeSilent": (None, (bright, hours["silent"])),
        "MetricsOracle.enactSigners": (None, ([r.address for r in stage.reporters], 4)),
        "MetricsOracle.payReporters": (None, ()),
        "MetricsOracle.removeSigner": (guardian, (stage.reporters[0].address,)),
        "MetricsOracle.report": (None, (batch, EVIDENCE, batched)),
        "RevenueRouter.accrueAndDistribute": (None, (bright,)),
        "RevenueRouter.distribute": (None, (bright,)),
        "RevenueRouter.payIn": (tenant, (bright, 5)),
        "RevenueRouter.release": (None, (bright,)),
        "RevenueRouter.setVenue": (governor, (plain(stage.router.call("venue")),)),
        "RevenueRouter.sweep": (None, (bright, MAX)),
        "Vault.deposit": (tenant, (cash, you, 5)),
        "Vault.depositWithAuthorization": (tenant, (cash, me, *signed)),
        "Vault.move": (tenant, (cash, you, 5)),
        "Vault.moveBatch": (tenant, (cash, [you, fresh], [2, 3])),
        "Vault.withdraw": (tenant, (cash, fresh, 5)),
    }
