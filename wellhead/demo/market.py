"""The demonstration's market: who takes part, the cluster's terms, and the steps they take.

Everything is a real transaction on the local chain. The coins are test coins.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import combinations, cycle
from typing import Any

from eth_utils.crypto import keccak

from wellhead.chain import (
    Anvil,
    Contract,
    Deployment,
    KeyAccount,
    Parameters,
    UnlockedAccount,
    deploy,
    deploy_coins,
    dev_account,
)
from wellhead.chain.contract import GAS_CEILING
from wellhead.chain.signing import attestation_digest, quorum, report_digest
from wellhead.demo.plan import HORIZON, LONGEST, TENANTS, Booking
from wellhead.demo.trace import Trace
from wellhead.model.samples import Sample
from wellhead.model.terms import Kind, Pricing, Service, Split, Terms
from wellhead.model.units import HOUR, MAX_UINT256, UNIT

USD = 10**6
FINALITY = 24 * HOUR
REPORTERS, THRESHOLD = 5, 3
TOKEN_NAME, TOKEN_SYMBOL = "Wellhead demo cluster", "wDEMO"
TOKEN_PRICE = 4_000 * USD

#: Investors, and the thousandths of all tokens that they buy from the operator.
INVESTORS = {"Fund": 300, "Insurer": 150, "Family office": 100, "Retail pool": 50}

#: The trace names no GPU model, region or power; prices and shares are the demonstration's own.
TERMS = Terms(
    kind=Kind.TRAINING,
    power=0,
    sku="GPU",
    region="",
    pricing=Pricing(
        base_start=USD,
        base_floor=USD // 2,
        base_cap=4 * USD,
        low=700_000,
        high=1_500_000,
        target=750_000,
        speed=10_000,
        discount=100_000,
        discount_hours=720,
        min_hours=1,
        max_hours=LONGEST,
        horizon_hours=HORIZON,
    ),
    service=Service(sla=990_000, penalty=500_000),
    split=Split(operator=250_000, reporters=50_000, bitcoin=200_000),
)


@dataclass
class Market:
    """A deployed market with one cluster, and the accounts of all who take part."""

    anvil: Anvil
    deployment: Deployment
    token: Contract
    cluster_id: int
    units: int
    operator: UnlockedAccount
    relay: UnlockedAccount
    tenants: list[UnlockedAccount]
    investors: dict[str, UnlockedAccount]
    reporters: list[KeyAccount]
    signed: list[int] = field(default_factory=lambda: [0] * REPORTERS)
    reports: int = 0

    def __post_init__(self) -> None:
        self._quorums: Iterator[tuple[int, ...]] = cycle(combinations(range(REPORTERS), THRESHOLD))

    @property
    def cash(self) -> str:
        return self.deployment.cash.address

    def claim_of(self, account: str) -> int:
        """An account's stablecoin claim in the vault."""
        return int(self.deployment.vault.call("claimOf", self.cash, account))

    def lease(self, booking: Booking, start: int) -> int:
        """Book for a tenant, from the hour `start` of the chain on."""
        tenant = self.tenants[booking.tenant]
        asked = (self.cluster_id, booking.units, start, booking.hours)
        cost = self.deployment.market.call("quote", *asked)["cost"]
        self.deployment.cash.send("mint", tenant.address, cost, sender=tenant)
        receipt = self.deployment.market.send("lease", *asked, cost, sender=tenant)
        return int(receipt.event("LeaseOpened")["leaseId"])

    def report(self, sample: Sample, evidence: bytes) -> None:
        """Put one hour on chain, signed by the next three of the five reporters."""
        words = [sample.encode()]
        oracle = self.deployment.oracle
        digest = report_digest(self.deployment.chain_id, oracle.address, words, evidence)
        chosen = next(self._quorums)
        signatures = quorum(digest, [self.reporters[i] for i in chosen])
        oracle.send("report", words, evidence, signatures, sender=self.relay)
        for i in chosen:
            self.signed[i] += 1
        self.reports += 1

    def distribute(self) -> int:
        """Accrue and split what is earned; returns the hour up to which the books are accrued."""
        self.deployment.router.send("distribute", self.cluster_id, sender=self.relay)
        return int(self.deployment.market.call("booksOf", self.cluster_id)["cursor"])

    def settle(self, lease_id: int) -> None:
        self.deployment.market.send("settle", lease_id, sender=self.relay)

    def withdraw(self, account: UnlockedAccount) -> int:
        """Pay an account's whole claim out of the vault."""
        claim = self.claim_of(account.address)
        if claim:
            self.deployment.vault.send(
                "withdraw", self.cash, account.address, claim, sender=account
            )
        return claim


def open_market(anvil: Anvil, trace: Trace) -> Market:
    """Deploy, register the trace's cluster, attest and mint it, and sell tokens to investors."""
    people = [UnlockedAccount(address) for address in anvil.rpc("eth_accounts")]
    governor, operator, relay, *others = people
    investors = dict(zip(INVESTORS, others, strict=False))
    tenants = others[len(INVESTORS) : len(INVESTORS) + len(TENANTS)]
    first_key = len(people) - REPORTERS
    reporters = [dev_account(first_key + i) for i in range(REPORTERS)]

    cash, reserve = deploy_coins(anvil.rpc, governor)
    parameters = Parameters(
        cash=cash.address,
        reserve=reserve.address,
        reporters=[reporter.address for reporter in reporters],
        threshold=THRESHOLD,
        operators=[operator.address],
        finality=FINALITY,
    )
    deployment = deploy(anvil.rpc, governor, parameters, gas=GAS_CEILING)
    registered = deployment.registry.send(
        "register", encoded(TERMS), TOKEN_NAME, TOKEN_SYMBOL, sender=operator
    )
    cluster_id = int(registered.event("ClusterRegistered")["clusterId"])
    market = Market(
        anvil=anvil,
        deployment=deployment,
        token=deployment.token(cluster_id),
        cluster_id=cluster_id,
        units=trace.units,
        operator=operator,
        relay=relay,
        tenants=tenants,
        investors=investors,
        reporters=reporters,
    )
    _mint(market)
    _sell(market)
    for tenant in tenants:
        cash.send("approve", deployment.vault.address, MAX_UINT256, sender=tenant)
    return market


def purchase(units: int, share: int) -> tuple[int, int]:
    """Tokens (1e-18) of `share` thousandths of the units, and what they cost."""
    tokens = units * UNIT * share // 1000
    return tokens, tokens * TOKEN_PRICE // UNIT


def encoded(terms: Terms) -> tuple[Any, ...]:
    """Terms as the registry takes them."""
    p, service, split = terms.pricing, terms.service, terms.split
    pricing = (p.base_start, p.base_floor, p.base_cap, p.low, p.high, p.target, p.speed)
    lengths = (p.discount, p.discount_hours, p.min_hours, p.max_hours, p.horizon_hours)
    return (
        int(terms.kind),
        terms.power,
        terms.sku.encode("ascii").ljust(32, b"\0"),
        terms.region.encode("ascii").ljust(32, b"\0"),
        pricing + lengths,
        (service.sla, service.penalty),
        (split.operator, split.reporters, split.bitcoin),
    )


def _mint(market: Market) -> None:
    """Three reporters attest the units. The trace lists no devices, so the evidence only names the
    demonstration."""
    registry, units, number = market.deployment.registry, market.units, 0
    evidence = keccak(text=TOKEN_NAME)
    digest = attestation_digest(
        market.deployment.chain_id, registry.address, market.cluster_id, units, number, evidence
    )
    signatures = quorum(digest, market.reporters[:THRESHOLD])
    asked = (market.cluster_id, units, number, evidence, signatures)
    registry.send("mint", *asked, sender=market.operator)


def _sell(market: Market) -> None:
    """Each investor pays the operator in stablecoin and receives tokens."""
    cash, operator = market.deployment.cash, market.operator
    for name, share in INVESTORS.items():
        investor = market.investors[name]
        tokens, price = purchase(market.units, share)
        cash.send("mint", investor.address, price, sender=investor)
        cash.send("transfer", operator.address, price, sender=investor)
        market.token.send("transfer", investor.address, tokens, sender=operator)
