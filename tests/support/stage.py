"""A deployed market on an anvil of its own, with people in it and shortcuts for common steps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from wellhead.actions.paying import is_short
from wellhead.chain import (
    Anvil,
    Contract,
    Deployment,
    KeyAccount,
    Parameters,
    Receipt,
    Reverted,
    UnlockedAccount,
    deploy,
    deploy_coins,
    dev_account,
)
from wellhead.chain.signing import attestation_digest, credential_digest, quorum, report_digest
from wellhead.model import terms as model_terms
from wellhead.model.samples import Sample

#: Genesis of the test chain: 2026-01-01T00:00:00Z, the beginning of an hour.
GENESIS = 1_767_225_600
HOUR = 3600
FINALITY = 24 * HOUR
Q = 1_000_000
USD = 1_000_000
UNIT = 10**18
MAX = 2**256 - 1
EVIDENCE = bytes(31) + b"\x01"
#: Where everybody on the stage belongs, and as what, by the credentials that they have.
NORWAY, RETAIL = 578, 0
FOREVER = 2**40 - 1


def ascii32(text: str) -> bytes:
    """Left-aligned ASCII, as terms carry it."""
    return text.encode("ascii").ljust(32, b"\0")


@dataclass(frozen=True)
class Terms:
    """A cluster's terms with everyday values; `Terms(low=...)` changes one."""

    kind: int = 0
    power: int = 700
    policy: int = 0
    sku: str = "H100-SXM5-80GB"
    region: str = "NO-1"
    base_start: int = 2 * USD
    base_floor: int = USD // 2
    base_cap: int = 10 * USD
    low: int = 800_000
    high: int = 1_600_000
    target: int = 700_000
    speed: int = 10_000
    discount: int = 150_000
    discount_hours: int = 720
    cancel_fee: int = 50_000
    min_hours: int = 1
    max_hours: int = 8760
    horizon_hours: int = 17_520
    sla: int = 990_000
    penalty: int = 1_000_000
    bond: int = 0
    operator_share: int = 300_000
    reporter_share: int = 50_000
    bitcoin_share: int = 200_000

    def encoded(self) -> tuple[Any, ...]:
        """In the order of ICapacityRegistry.Terms."""
        return (
            self.kind,
            self.power,
            self.policy,
            ascii32(self.sku),
            ascii32(self.region),
            (
                self.base_start,
                self.base_floor,
                self.base_cap,
                self.low,
                self.high,
                self.target,
                self.speed,
                self.discount,
                self.discount_hours,
                self.cancel_fee,
                self.min_hours,
                self.max_hours,
                self.horizon_hours,
            ),
            (self.sla, self.penalty, self.bond),
            (self.operator_share, self.reporter_share, self.bitcoin_share),
        )

    def model(self) -> model_terms.Terms:
        """The same in the model's words."""
        return model_terms.Terms(
            kind=model_terms.Kind(self.kind),
            power=self.power,
            policy=self.policy,
            sku=self.sku,
            region=self.region,
            pricing=model_terms.Pricing(*self.encoded()[5]),
            service=model_terms.Service(self.sla, self.penalty, self.bond),
            split=model_terms.Split(self.operator_share, self.reporter_share, self.bitcoin_share),
        )

    def but(self, **changes: Any) -> Terms:
        return replace(self, **changes)


@dataclass
class Stage:
    """Everything a test needs. People are the node's accounts; reporters sign with keys."""

    anvil: Anvil
    deployment: Deployment
    governor: UnlockedAccount
    operator: UnlockedAccount
    guardian: UnlockedAccount
    stranger: UnlockedAccount
    tenants: list[UnlockedAccount]
    holders: list[UnlockedAccount]
    reporters: list[KeyAccount]
    officer: UnlockedAccount
    issuer: KeyAccount
    relay: UnlockedAccount

    @property
    def authority(self) -> Contract:
        return self.deployment.authority

    @property
    def registry(self) -> Contract:
        return self.deployment.registry

    @property
    def oracle(self) -> Contract:
        return self.deployment.oracle

    @property
    def market(self) -> Contract:
        return self.deployment.market

    @property
    def contests(self) -> Contract:
        return self.deployment.contests

    @property
    def compliance(self) -> Contract:
        return self.deployment.compliance

    @property
    def router(self) -> Contract:
        return self.deployment.router

    @property
    def vault(self) -> Contract:
        return self.deployment.vault

    @property
    def cash(self) -> Contract:
        return self.deployment.cash

    @property
    def reserve(self) -> Contract:
        return self.deployment.reserve

    def token(self, cluster_id: int) -> Contract:
        return self.deployment.token(cluster_id)

    @contextmanager
    def scratch(self) -> Iterator[None]:
        """Undo everything that happens inside, time included; failures come through."""
        snapshot = self.anvil.snapshot()
        try:
            yield
        finally:
            self.anvil.revert(snapshot)

    # Time

    def now(self) -> int:
        return self.anvil.now()

    def hour(self) -> int:
        """The current hour, by the latest block."""
        return self.now() // HOUR

    def to_time(self, timestamp: int) -> None:
        """Mine a block at this time."""
        self.anvil.mine_at(timestamp)

    def to_hour(self, hour: int, seconds: int = 0) -> None:
        """Mine a block `seconds` into this hour."""
        self.anvil.mine_at(hour * HOUR + seconds)

    def skip(self, seconds: int) -> None:
        self.anvil.mine_at(self.now() + seconds)

    # Compliance

    def credential(
        self,
        holder: str,
        jurisdiction: int = NORWAY,
        kind: int = RETAIL,
        issued: int | None = None,
        expires: int = FOREVER,
    ) -> Receipt:
        """Let the issuer say who a holder is, and bring that on chain."""
        statement = (holder, jurisdiction, kind, issued or self.now(), expires)
        digest = credential_digest(self.deployment.chain_id, self.compliance.address, statement)
        v, r, s = self.issuer.sign_digest_vrs(digest)
        return self.compliance.send(
            "present", self.issuer.address, statement, r + s + bytes([v]), sender=self.stranger
        )

    def accredited_since(self, issuer: str) -> int:
        """When an issuer was last accredited."""
        events = self.compliance.events("IssuerAccredited", indexed=[issuer])
        block = self.anvil.rpc("eth_getBlockByNumber", hex(events[-1].block), False)
        return int(block["timestamp"], 16)

    # Clusters

    def register(self, terms: Terms | None = None, operator: UnlockedAccount | None = None) -> int:
        receipt = self.registry.send(
            "register",
            (terms or Terms()).encoded(),
            "Northern H100",
            "wNH1",
            sender=operator or self.operator,
        )
        return int(receipt.event("ClusterRegistered")["clusterId"])

    def attest(
        self, cluster_id: int, units: int, number: int, signers: Sequence[KeyAccount] | None = None
    ) -> list[tuple[bytes, bytes]]:
        """A quorum's signatures over an attestation."""
        digest = attestation_digest(
            self.deployment.chain_id, self.registry.address, cluster_id, units, number, EVIDENCE
        )
        return quorum(digest, signers or self.reporters[:3])

    def mint(self, cluster_id: int, units: int, operator: UnlockedAccount | None = None) -> Receipt:
        """Attest units and mint them. An operator that can not pay what they bring is let afford
        it and sends once more, in later blocks."""
        sender = operator or self.operator
        number = self.registry.call("clusterOf", cluster_id)["attestations"]
        signatures = self.attest(cluster_id, units, number)
        call = ("mint", cluster_id, units, number, EVIDENCE, signatures)
        try:
            return self.registry.send(*call, sender=sender)
        except Reverted as error:
            if not is_short(error):
                raise
        self.afford_mints(sender)
        return self.registry.send(*call, sender=sender)

    def afford_mints(self, operator: UnlockedAccount | None = None) -> None:
        """Let an operator pay what new units bring to what waits and vests."""
        for coin in (self.cash, self.reserve):
            self.fund(operator or self.operator, coin=coin)

    def cluster(self, units: int = 1000, terms: Terms | None = None) -> int:
        """Register a cluster and mint its units."""
        cluster_id = self.register(terms)
        self.mint(cluster_id, units)
        return cluster_id

    # Leases

    def fund(
        self, account: UnlockedAccount, amount: int = 10**15, coin: Contract | None = None
    ) -> None:
        """Give test dollars, or another coin, and let the vault take them."""
        given = coin or self.cash
        given.send("mint", account.address, amount, sender=account)
        given.send("approve", self.vault.address, MAX, sender=account)

    def lease(
        self,
        cluster_id: int,
        units: int,
        start: int,
        hours: int,
        tenant: UnlockedAccount | None = None,
        max_cost: int = MAX,
    ) -> int:
        receipt = self.market.send(
            "lease", cluster_id, units, start, hours, max_cost, sender=tenant or self.tenants[0]
        )
        return int(receipt.event("LeaseOpened")["leaseId"])

    # Reports

    def report(
        self,
        samples: Sequence[Sample | int],
        signers: Sequence[KeyAccount] | None = None,
        evidence: bytes = EVIDENCE,
    ) -> Receipt:
        """Submit a batch signed by the first three reporters, or by those given."""
        words = [s if isinstance(s, int) else s.encode() for s in samples]
        digest = report_digest(self.deployment.chain_id, self.oracle.address, words, evidence)
        signatures = quorum(digest, signers or self.reporters[:3])
        return self.oracle.send("report", words, evidence, signatures, sender=self.relay)

    def sample(self, cluster_id: int, hour: int, fraction: int = Q) -> Sample:
        """A sample of an hour in which `fraction` millionths of the attested units worked."""
        attested = self.registry.call("clusterOf", cluster_id)["attested"]
        booked = self.market.call("bookedAt", cluster_id, hour)
        working = attested * 1000 * fraction // Q
        return Sample(
            cluster=cluster_id,
            hour=hour,
            working=working,
            available=min(working, booked * 1000 * fraction // Q),
            measured=fraction * booked // attested if attested else 0,
            energy=0,
            work=0,
        )

    def report_hours(self, cluster_id: int, start: int, end: int, fraction: int = Q) -> None:
        """Report the hours [start, end), all alike, in batches."""
        for first in range(start, end, 100):
            hours = range(first, min(first + 100, end))
            self.report([self.sample(cluster_id, hour, fraction) for hour in hours])

    def finalize(self) -> None:
        """Let everything that is reported become final."""
        self.skip(FINALITY)

    def claim_of(self, account: UnlockedAccount | Contract | KeyAccount) -> int:
        """An account's stablecoin claim in the vault."""
        return int(self.vault.call("claimOf", self.cash.address, account.address))


def build_stage(anvil: Anvil, reporters: int = 5, threshold: int = 3) -> Stage:
    """Deploy on a fresh node and fund the people."""
    people = [UnlockedAccount(dev_account(i).address) for i in range(12)]
    governor, operator, guardian, stranger, relay = people[:5]
    signers = sorted(
        (dev_account(20 + i) for i in range(reporters)), key=lambda who: int(who.address, 16)
    )
    cash, reserve = deploy_coins(anvil.rpc, governor)
    deployment = deploy(
        anvil.rpc,
        governor,
        Parameters(
            cash=cash.address,
            reserve=reserve.address,
            reporters=[signer.address for signer in signers],
            threshold=threshold,
            operators=[operator.address],
            guardians=[guardian.address],
            officers=[dev_account(12).address],
            finality=FINALITY,
        ),
        gas=29_000_000,
    )
    stage = Stage(
        anvil=anvil,
        deployment=deployment,
        governor=governor,
        operator=operator,
        guardian=guardian,
        stranger=stranger,
        relay=relay,
        tenants=people[5:9],
        holders=people[9:12],
        officer=UnlockedAccount(dev_account(12).address),
        issuer=dev_account(13),
        reporters=signers,
    )
    for tenant in stage.tenants:
        stage.fund(tenant)
    compliance, officer = stage.compliance, stage.officer
    compliance.send("accredit", stage.issuer.address, sender=officer)
    compliance.send("setRule", 0, [NORWAY], 1 << RETAIL, sender=officer)
    for person in people:
        stage.credential(person.address)
    return stage
