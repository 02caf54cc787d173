"""A story in which every event of every contract happens, for whoever rebuilds state from them."""

from __future__ import annotations

from typing import Any

from tests.support.contests import Case, contest, recount
from tests.support.lifecycle import cancel, split_hours, split_units
from tests.support.sales import seen
from tests.support.shares import key_of, packed
from tests.support.stage import EVIDENCE, FINALITY, HOUR, MAX, UNIT, USD, Q, Stage, Terms
from tests.support.sweeps import BITCOIN, Desk, desk_on
from wellhead.chain import UnlockedAccount
from wellhead.chain.accounts import KeyAccount
from wellhead.chain.signing import claim_digest, permit_digest
from wellhead.model.samples import Sample

DAY = 24 * HOUR
SIGNERS_ROLE, SPARE_ROLE = 4, 7
#: A cluster whose losses go beyond the rent, with a bond behind it.
BONDED = Terms(bond=USD, penalty=10 * Q, horizon_hours=2_000, max_hours=1_000)
NAME = "Northern H100"


class Story:
    """Tells it, chapter by chapter."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.market = stage.market
        self.began = 0
        self.desk: Desk

    def tell(self) -> None:
        """The whole of it; afterwards nothing is left to happen."""
        self._roles()
        self._clusters()
        self._leases()
        self._first_days()
        self._holders()
        self._silence()
        self._money()
        self._officers()
        self._end()

    # Chapters

    def _roles(self) -> None:
        stage, governor = self.stage, self.stage.governor
        some = stage.stranger.address
        self._govern("labelRole", SPARE_ROLE, "SPARE")
        self._govern("setRoleAdmin", SPARE_ROLE, 2)
        self._govern("setRoleAdmin", SPARE_ROLE, 0)
        self._govern("setRoleGuardian", SPARE_ROLE, 3)
        self._govern("setGrantDelay", SPARE_ROLE, 3 * DAY)
        self._govern("grantRole", SPARE_ROLE, some, 5 * DAY)
        self._govern("grantRole", SPARE_ROLE, some, DAY)
        self._govern("grantRole", SPARE_ROLE, stage.relay.address, 0)
        self._govern("revokeRole", SPARE_ROLE, stage.relay.address)
        self._govern("setTargetAdminDelay", some, 9 * DAY)
        self._govern("setTargetClosed", some, True)
        self._govern("setTargetFunctionRole", some, [b"\x01\x02\x03\x04"], SPARE_ROLE)
        announce = stage.oracle.functions["announceSigners"]
        role = (stage.oracle.address, [announce.selector], SIGNERS_ROLE)
        self._govern("setTargetFunctionRole", *role)
        self._govern("grantRole", SIGNERS_ROLE, governor.address, DAY)
        self.signers = [reporter.address for reporter in stage.reporters[:4]]
        data = bytes.fromhex(announce.encode((self.signers, 3))[2:])
        other = bytes.fromhex(announce.encode((self.signers, 4))[2:])
        self._govern("schedule", stage.oracle.address, other, 0)
        self._govern("cancel", governor.address, stage.oracle.address, other)
        self._govern("schedule", stage.oracle.address, data, 0)
        self.announcing = data

    def _clusters(self) -> None:
        stage = self.stage
        self.desk = desk_on(stage)
        self.desk.fill(1000 * BITCOIN)
        self.bonded, self.plain = stage.cluster(100, BONDED), stage.cluster(1000)
        self._send("market", "postBond", self.bonded, 100_000 * USD, by=stage.tenants[3])
        self._send("registry", "setSellable", self.plain, 900, by=stage.operator)
        for who, by in ((stage.relay, stage.operator), (stage.operator, stage.relay)):
            self._send("registry", "setOperator", self.plain, who.address, by=by)

    def _leases(self) -> None:
        stage = self.stage
        self.began = hour = stage.hour()
        a, b, c, d = stage.tenants
        self.first = stage.lease(self.plain, 10, hour + 1, 48, a)
        self.second = stage.lease(self.plain, 20, hour + 2, 100, b)
        third = stage.lease(self.plain, 30, hour, 24, c)
        self.dark = stage.lease(self.bonded, 10, hour + 1, 400, d)
        self.sold = stage.lease(self.bonded, 3, hour + 1, 90, a)
        self._send("market", "extend", self.first, 24, MAX, by=a)
        self.half, _ = split_units(stage, self.second, 5, b)
        self.tail, _ = split_hours(stage, self.second, hour + 50, b)
        cancel(stage, third, hour + 10, c)
        until = stage.now() + 30 * HOUR
        self._send("market", "setUser", self.first, stage.stranger.address, until, by=a)
        self._send("market", "noticeSuspension", self.half, EVIDENCE, by=stage.operator)
        self._send("market", "liftSuspension", self.half, by=stage.operator)
        self._send("market", "noticeSuspension", self.half, EVIDENCE, by=stage.operator)
        self._send("market", "approve", d.address, self.tail, by=b)
        self._send("market", "transferFrom", b.address, c.address, self.tail, by=d)
        self._sale(self.sold, a, d)

    def _sale(self, lease: int, seller: UnlockedAccount, buyer: UnlockedAccount) -> None:
        stage, exchange = self.stage, self.stage.deployment.exchange
        now = stage.now()
        self._send("market", "setApprovalForAll", exchange.address, True, by=seller)
        offer = (lease, 90 * USD, 10 * USD, now, now + 50 * HOUR)
        exchange.send("list", *offer, sender=seller)
        exchange.send("delist", lease, sender=seller)
        exchange.send("list", *offer, sender=seller)
        stage.skip(HOUR)
        bounds = seen(stage.market, lease).encoded()
        exchange.send("buy", lease, bounds, sender=buyer)
        exchange.send("list", self.first, 5 * USD, 0, now, MAX >> 192, sender=seller)

    def _first_days(self) -> None:
        stage, began = self.stage, self.began
        stage.to_hour(began + 30)
        self._report(self.plain, range(began, began + 20))
        self._odd_samples()
        self._contests()
        self._send("market", "suspend", self.half, by=stage.operator)
        stage.registry.send("pause", sender=stage.guardian)
        stage.skip(5 * HOUR)
        stage.registry.send("unpause", sender=stage.guardian)
        self._report(self.bonded, range(began, began + 30), 0)
        self._report(self.plain, range(began + 20, began + 28), 970_000)
        stage.skip(FINALITY)
        self._govern("execute", stage.oracle.address, self.announcing)
        for cluster in (self.plain, self.bonded):
            self._anybody("router", "accrueAndDistribute", cluster)
        self._send("registry", "flagOffBook", self.plain, began + 26, by=stage.stranger)
        self._anybody("market", "settle", self.first)
        self._anybody("market", "liftSuspension", self.half, by=stage.operator)

    def _odd_samples(self) -> None:
        """One for each reason for which a sample is passed over but that it is ancient."""
        began, cluster = self.began, self.plain
        self.stage.report(
            [
                Sample(99, began, 1, 1),
                Sample(cluster, began - 5, 1, 1),
                Sample(cluster, began + 300, 1, 1),
                Sample(cluster, began, 1, 1),
                Sample(cluster, began + 25, 1, 2),
                Sample(cluster, began + 26, 900_000, 800_000, 600_000, 6, 7),
            ]
        )

    def _contests(self) -> None:
        stage, tenant, began = self.stage, self.stage.tenants[0], self.began
        for hour in (began + 8, began + 9, began + 10):
            contest(stage, self.first, hour, tenant)
        recount(stage, Sample(self.plain, began + 8, 900_000, 3_000))
        found = Case(stage, None, began + 9, 0)  # type: ignore[arg-type]
        available = stage.oracle.call("recordOf", self.plain, found.hour)["available"]
        recount(stage, Sample(self.plain, began + 9, available, available))

    def _holders(self) -> None:
        stage, token = self.stage, self.stage.token(self.plain)
        owner = stage.operator
        a, b, c = stage.holders
        for holder, amount in ((a, 200 * UNIT), (b, 100 * UNIT + 1), (c, 7 * UNIT // 3)):
            token.send("transfer", holder.address, amount, sender=owner)
        token.send("approve", b.address, 50 * UNIT, sender=a)
        token.send("transferFrom", a.address, c.address, 20 * UNIT, sender=b)
        self._sign_permit(key_of(c), b.address, 11 * UNIT)
        token.send("claim", b.address, sender=b)
        self._claim_for(key_of(c), a.address)
        self._officer("setFrozenTokens", self.plain, b.address, 40 * UNIT)
        self._officer("setFrozenTokens", self.plain, c.address, 2 * UNIT)
        self._officer("forcedTransfer", self.plain, b.address, a.address, 90 * UNIT)

    def _silence(self) -> None:
        """The bonded cluster is dark for 72 hours; an hour stays without report or recount."""
        stage, began = self.stage, self.began
        stage.to_hour(began + 110)
        self._report(self.bonded, range(began + 30, began + 80), 0)
        stage.skip(FINALITY)
        self._anybody("market", "accrue", self.bonded)
        self._anybody("market", "declareDefault", self.bonded)
        self._anybody("market", "settle", self.dark)
        bond = stage.market.call("booksOf", self.bonded)["bond"] >> 32
        self._send("market", "withdrawBond", self.bonded, bond // Q // 2, by=stage.operator)
        stage.to_hour(began + 30 + 8 * 24)
        self._anybody("oracle", "closeSilent", self.plain, began + 28)
        self._anybody("contests", "close", self.plain, began + 10)
        self._report(self.plain, range(began + 29, began + 29 + 7 * 24))
        stage.skip(FINALITY)
        self._recovery()

    def _recovery(self) -> None:
        """The bonded cluster is dark again, and works before anybody declares it."""
        stage, hour = self.stage, self.stage.hour()
        stage.lease(self.bonded, 1, hour + 1, 72, stage.tenants[2])
        stage.to_hour(hour + 74)
        self._report(self.bonded, range(self.began + 80, hour + 73), 0)
        stage.report([Sample(self.bonded, hour + 73, 100_000, 0)])
        stage.skip(FINALITY)
        self._anybody("market", "recover", self.bonded)

    def _money(self) -> None:
        stage, router = self.stage, self.stage.router
        self._anybody("router", "accrueAndDistribute", self.plain)
        self.desk.answer(int(self.desk.feed.call("latestRoundData")[1]))
        router.send("sweep", self.plain, 100 * USD, sender=stage.stranger)
        stage.skip(HOUR)
        self._anybody("router", "release", self.plain)
        self._anybody("oracle", "payReporters")
        stage.skip(3 * HOUR)
        self._report(self.plain, range(self.began + 29 + 7 * 24, stage.hour()))
        stage.skip(FINALITY)
        self._report(self.plain, range(stage.hour() - FINALITY // HOUR, stage.hour()))
        payer = stage.guardian
        stage.fund(payer, BITCOIN, stage.reserve)
        router.send("payIn", self.plain, BITCOIN // 3, sender=payer)
        stage.mint(self.plain, 50)
        self._send("registry", "retire", self.plain, 20, by=stage.operator)
        claim = stage.claim_of(stage.operator)
        arguments = (stage.cash.address, stage.operator.address, claim // 2)
        stage.vault.send("withdraw", *arguments, sender=stage.operator)

    def _officers(self) -> None:
        stage = self.stage
        a, b, _ = stage.holders
        other = stage.relay.address
        self._officer("setRule", 3, [578, 577, 840], 5)
        self._officer("setRule", 3, [577], 0)
        self._officer("accredit", other)
        self._officer("dismiss", other)
        self._officer("accredit", other)
        self._officer("revoke", a.address)
        stage.skip(HOUR)
        stage.credential(a.address, expires=stage.now() + 90 * DAY)
        self._officer("setBlocked", b.address, True)
        holder = self.desk.pool.address
        stage.compliance.send("addSystemHolder", holder, sender=stage.governor)

    def _end(self) -> None:
        stage = self.stage
        stage.skip(2 * DAY)
        self._anybody("oracle", "enactSigners", self.signers, 3)
        stage.oracle.send("removeSigner", self.signers[0], sender=stage.guardian)
        self._send("market", "approve", stage.relay.address, self.first, by=stage.tenants[0])
        # What can be done at the contracts that lend the market their code.
        changes, records = (stage.deployment.contract(f"Lease{n}") for n in ("Changes", "Records"))
        changes.send("setApprovalForAll", stage.relay.address, True, sender=stage.stranger)
        records.send("withdrawBond", self.plain, 0, sender=stage.operator)

    # Steps

    def _govern(self, function: str, *arguments: Any) -> None:
        if function == "execute":
            self.stage.skip(DAY)
        self.stage.authority.send(function, *arguments, sender=self.stage.governor)

    def _officer(self, function: str, *arguments: Any) -> None:
        self.stage.compliance.send(function, *arguments, sender=self.stage.officer)

    def _anybody(self, contract: str, function: str, *arguments: Any, by: Any = None) -> None:
        self._send(contract, function, *arguments, by=by or self.stage.stranger)

    def _send(self, contract: str, function: str, *arguments: Any, by: UnlockedAccount) -> None:
        getattr(self.stage, contract).send(function, *arguments, sender=by)

    def _report(self, cluster: int, hours: range, fraction: int = Q) -> None:
        self.stage.report_hours(cluster, hours.start, hours.stop, fraction)

    def _sign_permit(self, owner: KeyAccount, spender: str, amount: int) -> None:
        stage, token = self.stage, self.stage.token(self.plain)
        nonce = token.call("nonces", owner.address)
        digest = permit_digest(
            stage.deployment.chain_id,
            token.address,
            NAME,
            owner.address,
            spender,
            amount,
            nonce,
            MAX,
        )
        v, r, s = owner.sign_digest_vrs(digest)
        permit = (owner.address, spender, amount, MAX, v, r, s)
        token.send("permit", *permit, sender=stage.stranger)

    def _claim_for(self, owner: KeyAccount, to: str) -> None:
        stage, token = self.stage, self.stage.token(self.plain)
        nonce = token.call("nonces", owner.address)
        digest = claim_digest(
            stage.deployment.chain_id, token.address, NAME, owner.address, to, nonce, MAX
        )
        signature = packed(owner.sign_digest_vrs(digest))
        token.send("claimFor", owner.address, to, MAX, signature, sender=stage.stranger)
