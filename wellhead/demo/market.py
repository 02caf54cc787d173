"""The demonstration's market: who takes part, and the steps they take.

Everything is a real transaction on the local chain. The coins are test coins.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from eth_utils.crypto import keccak

from wellhead.actions.people import ISSUER, OFFICER, REPORTERS
from wellhead.chain import (
    Account,
    Anvil,
    Contract,
    Deployment,
    KeyAccount,
    Parameters,
    Receipt,
    UnlockedAccount,
    deploy,
    deploy_coins,
    dev_account,
)
from wellhead.chain.contract import GAS_CEILING
from wellhead.chain.signing import attestation_digest, quorum
from wellhead.demo.bitcoin import LEAST, Exchange, open_exchange
from wellhead.demo.credentials import INSTITUTION, PROFESSIONAL, RETAIL, Desk, open_desk
from wellhead.demo.plan import TENANTS, Booking
from wellhead.demo.terms import USD, encoded
from wellhead.model.terms import Terms
from wellhead.model.units import HOUR, MAX_UINT256, UNIT

FINALITY = 24 * HOUR
THRESHOLD = 3
#: The dev account of the relay.
RELAY = 2
TOKEN_PRICE = 4_000 * USD

#: Investors, and the thousandths of all tokens that they buy from the operator.
INVESTORS = {"Fund": 300, "Insurer": 150, "Family office": 100, "Retail pool": 50}
#: What they are, by their credentials.
KINDS = {
    "Fund": INSTITUTION,
    "Insurer": INSTITUTION,
    "Family office": PROFESSIONAL,
    "Retail pool": RETAIL,
}


@dataclass(frozen=True)
class Site:
    """A cluster that is registered, with all its units attested and minted."""

    cluster_id: int
    name: str
    symbol: str
    units: int
    terms: Terms
    operator: UnlockedAccount
    token: Contract


@dataclass
class Market:
    """A deployed market, and the accounts of all who take part.

    There are two operators. The relay is an account with its key: it signs requests to reporters,
    and pays for reports and for moving money. It is paid for buying the holders' bitcoin.
    """

    anvil: Anvil
    deployment: Deployment
    exchange: Exchange
    desk: Desk
    operators: list[UnlockedAccount]
    relay: KeyAccount
    tenants: list[UnlockedAccount]
    investors: dict[str, UnlockedAccount]
    reporters: list[KeyAccount]
    sites: list[Site] = field(default_factory=list)

    @property
    def cash(self) -> str:
        return self.deployment.cash.address

    @property
    def reserve(self) -> str:
        return self.deployment.reserve.address

    def claim_of(self, account: str) -> int:
        """An account's stablecoin claim in the vault."""
        return int(self.deployment.vault.call("claimOf", self.cash, account))

    def open_site(
        self, operator: UnlockedAccount, terms: Terms, name: str, symbol: str, units: int
    ) -> Site:
        """Register a cluster; three reporters attest its units. A trace lists no devices, so the
        evidence only names the cluster. The operator needs a credential: it receives the tokens."""
        deployment = self.deployment
        self.desk.admit(operator.address, INSTITUTION, sender=operator)
        registered = deployment.registry.send(
            "register", encoded(terms), name, symbol, sender=operator
        )
        cluster_id = int(registered.event("ClusterRegistered")["clusterId"])
        registry, evidence = deployment.registry, keccak(text=name)
        digest = attestation_digest(
            deployment.chain_id, registry.address, cluster_id, units, 0, evidence
        )
        signatures = quorum(digest, self.reporters[:THRESHOLD])
        registry.send("mint", cluster_id, units, 0, evidence, signatures, sender=operator)
        token = deployment.token(cluster_id)
        self.sites.append(Site(cluster_id, name, symbol, units, terms, operator, token))
        return self.sites[-1]

    def sell_tokens(self, site: Site) -> None:
        """Each investor gets a credential, pays the operator in stablecoin and receives tokens."""
        cash = self.deployment.cash
        for name, share in INVESTORS.items():
            investor = self.investors[name]
            self.desk.admit(investor.address, KINDS[name], sender=investor)
            tokens, price = purchase(site.units, share)
            cash.send("mint", investor.address, price, sender=investor)
            cash.send("transfer", site.operator.address, price, sender=investor)
            site.token.send("transfer", investor.address, tokens, sender=site.operator)

    def fund(self, payer: Account, cost: int) -> None:
        """Give a payer the coins that its claim in the vault leaves to be paid."""
        missing = cost - self.claim_of(payer.address)
        if missing > 0:
            self.deployment.cash.send("mint", payer.address, missing, sender=payer)

    def lease(self, site: Site, booking: Booking, start: int) -> Receipt:
        """Book for a tenant, from the hour `start` of the chain on."""
        tenant = self.tenants[booking.tenant]
        asked = (site.cluster_id, booking.units, start, booking.hours)
        cost = int(self.deployment.market.call("quote", *asked)["cost"])
        self.fund(tenant, cost)
        return self.deployment.market.send("lease", *asked, cost, sender=tenant)

    def signed(self) -> tuple[list[int], int]:
        """How many of all batches of reports each reporter signed, and how many there are."""
        oracle = self.deployment.oracle
        addresses, _ = oracle.call("signers")
        batches = oracle.events("Reported", self.deployment.block)
        places = [addresses.index(reporter.address) for reporter in self.reporters]
        counts = [sum(event["signers"] >> place & 1 for event in batches) for place in places]
        return counts, len(batches)

    def distribute(self, site: Site) -> int:
        """Accrue and split what is earned, release what is the operator's and the reporters', and
        buy the holders' bitcoin; returns the hour up to which the books are accrued."""
        router, cluster = self.deployment.router, site.cluster_id
        router.send("accrueAndDistribute", cluster, sender=self.relay)
        router.send("release", cluster, sender=self.relay)
        # A purchase ends where the price does.
        while router.call("bitcoinPendingOf", cluster) >= LEAST:
            router.send("sweep", cluster, MAX_UINT256, sender=self.relay)
            self.exchange.level(self.relay)
        return int(self.deployment.market.call("booksOf", cluster)["cursor"])

    def settle(self, lease_id: int) -> Receipt:
        return self.deployment.market.send("settle", lease_id, sender=self.relay)

    def withdraw(self, account: UnlockedAccount) -> int:
        """Pay an account's whole claim out of the vault."""
        claim = self.claim_of(account.address)
        if claim:
            self.deployment.vault.send(
                "withdraw", self.cash, account.address, claim, sender=account
            )
        return claim

    def name_of(self, address: str) -> str:
        """A tenant's name."""
        addresses: list[Any] = [tenant.address for tenant in self.tenants]
        return TENANTS[addresses.index(address)]


def open_market(anvil: Anvil) -> Market:
    """Deploy everything, and let tenants approve the vault."""
    taken = {dev_account(index).address for index in (RELAY, OFFICER, ISSUER, *REPORTERS)}
    accounts = (UnlockedAccount(address) for address in anvil.rpc("eth_accounts"))
    governor, operator, *others = (each for each in accounts if each.address not in taken)
    investors = dict(zip(INVESTORS, others, strict=False))
    others = others[len(INVESTORS) :]
    tenants, other_operator = others[: len(TENANTS)], others[len(TENANTS)]
    reporters = [dev_account(index) for index in REPORTERS]

    cash, reserve = deploy_coins(anvil.rpc, governor)
    exchange = open_exchange(anvil.rpc, governor, cash, reserve)
    parameters = Parameters(
        cash=cash.address,
        reserve=reserve.address,
        reporters=[reporter.address for reporter in reporters],
        threshold=THRESHOLD,
        operators=[operator.address, other_operator.address],
        officers=[dev_account(OFFICER).address],
        venue=exchange.venue,
        finality=FINALITY,
    )
    deployment = deploy(anvil.rpc, governor, parameters, gas=GAS_CEILING)
    for tenant in tenants:
        cash.send("approve", deployment.vault.address, MAX_UINT256, sender=tenant)
    return Market(
        anvil=anvil,
        deployment=deployment,
        exchange=exchange,
        desk=open_desk(deployment),
        operators=[operator, other_operator],
        relay=dev_account(RELAY),
        tenants=tenants,
        investors=investors,
        reporters=reporters,
    )


def purchase(units: int, share: int) -> tuple[int, int]:
    """Tokens (1e-18) of `share` thousandths of the units, and what they cost."""
    tokens = units * UNIT * share // 1000
    return tokens, tokens * TOKEN_PRICE // UNIT
