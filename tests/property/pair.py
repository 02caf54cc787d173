"""A chain and the model beside it: every step is taken on both, and both must agree on all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tests.support.reporters import announced as announced_hash
from tests.support.stage import EVIDENCE, FINALITY, HOUR, MAX, Stage, Terms
from wellhead.chain import Contract, KeyAccount, Receipt, Reverted, dev_account
from wellhead.chain.signing import attestation_digest, quorum, recount_digest, report_digest
from wellhead.model.errors import Revert
from wellhead.model.samples import Sample
from wellhead.model.world import Addresses, World

Call = tuple[Contract, str, tuple[Any, ...]]


class Pair:
    """One stage, one world. `cluster` is the cluster that the people in it use."""

    def __init__(self, stage: Stage, terms: Terms, units: int) -> None:
        self.stage = stage
        self.people = [stage.operator, *stage.tenants, *stage.holders]
        stage.fund(stage.operator)
        #: Who reports, or may be asked to, in the order of their addresses.
        self.reporters = sorted(
            [*stage.reporters, dev_account(25), dev_account(26)], key=lambda r: int(r.address, 16)
        )
        self.now = stage.now()
        self.errors: set[str] = set()
        self.records: dict[int, tuple[Any, ...]] = {}
        self.contested: set[tuple[int, int]] = set()
        self.world = self._twin()
        self.cluster = self._register(terms)
        self.step("mint", *self.mint(units))

    def step(
        self, _name: str, chain: Callable[[], Receipt], model: Callable[[], Any], wait: int = 1
    ) -> bool:
        """Take a step on both, `wait` seconds later; True when it went through, on both."""
        self.now += wait
        self.stage.anvil.next_block_at(self.now)
        self.world.now = self.now
        said = expected = ""
        try:
            chain()
        except Reverted as error:
            said = f"{error.name}{tuple(error.arguments.values())}"
            self.errors.add(error.name)
        try:
            model()
        except Revert as error:
            expected = f"{error.name}{error.args_}"
        assert said == expected, f"chain: {said or 'went through'}; model: {expected or 'agrees'}"
        return not said

    def wait(self, seconds: int) -> None:
        """Let time pass: the same block time on both."""
        self.now += seconds
        self.stage.to_time(self.now)
        self.world.now = self.now

    @property
    def hour(self) -> int:
        return self.now // HOUR

    # Steps that need signatures

    @property
    def present(self) -> list[KeyAccount]:
        """The reporters as they are now."""
        signers = self.world.oracle.signers
        return [reporter for reporter in self.reporters if reporter.address in signers]

    @property
    def quorum(self) -> list[KeyAccount]:
        """The first of them, as many as a batch needs."""
        return self.present[: self.world.oracle.threshold]

    @property
    def supermajority(self) -> list[KeyAccount]:
        """The last of them, as many as a recount needs."""
        return self.present[-max(len(self.present) - 1, self.world.oracle.threshold) :]

    def mint(self, units: int, short: int = 0) -> tuple[Callable[[], Receipt], Callable[[], Any]]:
        """Attest and mint, signed by a quorum, `short` of so many."""
        stage, number = self.stage, self.world.registry.cluster_of(self.cluster).attestations
        digest = attestation_digest(
            stage.deployment.chain_id, stage.registry.address, self.cluster, units, number, EVIDENCE
        )
        who = self.quorum[short:]
        signed = quorum(digest, who)
        operator = stage.operator
        return (
            lambda: stage.registry.send(
                "mint", self.cluster, units, number, EVIDENCE, signed, sender=operator
            ),
            lambda: self.world.registry.mint(
                operator.address, self.cluster, units, number, EVIDENCE, [r.address for r in who]
            ),
        )

    def report(
        self, samples: Sequence[Sample], who: Sequence[KeyAccount] | None = None
    ) -> tuple[Callable[[], Receipt], Callable[[], Any]]:
        """Report, signed by these in this order, or by a quorum."""
        stage = self.stage
        words = [sample.encode() for sample in samples]
        digest = report_digest(stage.deployment.chain_id, stage.oracle.address, words, EVIDENCE)
        who = self.quorum if who is None else who
        signed = [reporter.sign_digest(digest) for reporter in who]
        return (
            lambda: stage.oracle.send("report", words, EVIDENCE, signed, sender=stage.relay),
            lambda: self.world.oracle.report(samples, EVIDENCE, [r.address for r in who]),
        )

    def recount(
        self, sample: Sample, who: Sequence[KeyAccount]
    ) -> tuple[Callable[[], Receipt], Callable[[], Any]]:
        """Decide a contest, signed by these."""
        stage, word = self.stage, sample.encode()
        digest = recount_digest(stage.deployment.chain_id, stage.contests.address, word, EVIDENCE)
        signed = quorum(digest, who)
        return (
            lambda: stage.contests.send("recount", word, EVIDENCE, signed, sender=stage.relay),
            lambda: self.world.contests.recount(sample, EVIDENCE, [r.address for r in who]),
        )

    # Agreement

    def compare(self, everything: bool = False) -> None:
        """Every balance, claim, index, ledger and lease, in one request; of booked hours those
        where something changes, with peak and sum of all, and of records the new ones, or all."""
        calls = list(self._expected(everything))
        requests = [
            ("eth_call", [{"to": c.address, "data": c.functions[f].encode(a)}, "latest"])
            for (c, f, a), _ in calls
        ]
        answers = self.stage.anvil.rpc.batch(requests)
        for ((contract, name, arguments), expected), answer in zip(calls, answers, strict=True):
            actual = contract.functions[name].decode(bytes.fromhex(answer[2:]))
            if isinstance(actual, dict):
                actual = tuple(actual.values())
            assert actual == expected, (
                f"{contract.name}.{name}{arguments}: chain {actual}, model {expected}"
            )

    def _expected(self, everything: bool) -> list[tuple[Call, Any]]:
        stage, world, key = self.stage, self.world, self.cluster
        registry, market, oracle, router = stage.registry, stage.market, stage.oracle, stage.router
        cluster, book = world.registry.cluster_of(key), world.market.books_of(key)
        expected: list[tuple[Call, Any]] = [
            ((registry, "clock", ()), world.registry.clock()),
            ((registry, "paused", ()), world.registry.paused),
            (
                (registry, "clusterOf", (key,)),
                (
                    cluster.operator,
                    cluster.token.address,
                    cluster.attested,
                    cluster.sellable,
                    cluster.genesis,
                    cluster.attestations,
                ),
            ),
            ((market, "booksOf", (key,)), tuple(vars(book).values())),
            ((market, "baseOf", (key,)), world.market.base_of(key)),
            ((router, "totalOf", (key,)), world.router.total_of(key)),
            ((router, "carriedOf", (key,)), world.router.carried_of(key)),
            ((router, "bitcoinPendingOf", (key,)), world.router.bitcoin_pending_of(key)),
        ]
        for era in range(book.era + 1):
            expected.append(((market, "defaultOf", (key, era)), world.market.default_of(key, era)))
        for lease_id, lease in world.market.leases.items():
            view, access = world.market.lease_of(lease_id), lease.access
            parts = [
                {
                    "start": part.start,
                    "end": part.end,
                    "firstSeconds": part.first_seconds,
                    "rate": part.rate,
                    "isCut": part.is_cut,
                }
                for part in lease.parts
            ]
            expected += [
                ((market, "leaseOf", (lease_id,)), tuple(vars(view).values())),
                ((market, "partsOf", (lease_id,)), parts),
                ((market, "ownerOf", (lease_id,)), lease.owner),
                ((market, "refundLedgerOf", (lease_id,)), world.market.refund_ledger_of(lease_id)),
                ((market, "userOf", (lease_id,)), world.market.user_of(lease_id)),
                ((market, "userExpires", (lease_id,)), access.expires),
                ((market, "suspensionOf", (lease_id,)), (access.due, access.is_suspended)),
            ]
        for person in self.people:
            owned = world.market.balance_of(person.address)
            expected.append(((market, "balanceOf", (person.address,)), owned))
        exchange = stage.deployment.exchange
        for lease_id, listing in world.exchange.listings.items():
            lease_sold = world.market.leases.get(lease_id)
            if lease_sold is None or lease_sold.owner != listing.seller:
                continue
            if lease_sold.transfers == listing.transfers:
                offer = (exchange, "listingOf", (lease_id,))
                expected.append((offer, tuple(vars(listing).values())))
        hours = sorted({h for era in world.market.book_of(key).eras for h in era.calendar.hours})
        if hours:
            first, last = hours[0] - 1, hours[-1] + 1
            booked = {h: world.market.booked_at(key, h) for h in range(first, last + 1)}
            expected += [
                ((market, "bookedAt", (key, h)), units)
                for h, units in booked.items()
                if everything or units != booked.get(h - 1) or units != booked.get(h + 1)
            ]
            for name, ask in (
                ("peakBooked", world.market.peak_booked),
                ("sumBooked", world.market.sum_booked),
            ):
                expected.append(((market, name, (key, first + 3, last)), ask(key, first + 3, last)))
        expected += self._expected_oracle()
        for hour in {hour for c, hour in self._recorded() if c == key}:
            record = tuple(vars(world.oracle.record_of(key, hour)).values())
            if everything or self.records.get(hour) != record:
                expected.append(((oracle, "recordOf", (key, hour)), record))
                self.records[hour] = record
        return expected + self._expected_money()

    def _expected_oracle(self) -> list[tuple[Call, Any]]:
        """The reporters, and the contests of all hours that ever were contested."""
        stage, oracle, open_ = self.stage, self.world.oracle, self.world.contests.open
        announced = oracle.announcement
        said = (bytes(32), 0)
        if announced is not None:
            hashed = announced_hash(announced.signers, announced.threshold)
            said = (hashed, announced.enactable_at)
        self.contested |= set(open_)
        none = ("0x" + "00" * 20, 0, 0, 0)
        return [
            ((stage.oracle, "signers", ()), (oracle.signers, oracle.threshold)),
            ((stage.oracle, "announcement", ()), said),
            *(
                (
                    (stage.contests, "contestOf", hour),
                    tuple(vars(open_[hour]).values()) if hour in open_ else none,
                )
                for hour in sorted(self.contested)
            ),
        ]

    def _expected_money(self) -> list[tuple[Call, Any]]:
        stage, world = self.stage, self.world
        token, share = stage.token(self.cluster), world.token(self.cluster)
        coin = stage.cash.address
        addresses = [
            *(person.address for person in self.people),
            *(reporter.address for reporter in self.reporters),
            token.address,
            stage.market.address,
            stage.router.address,
            stage.oracle.address,
            stage.deployment.exchange.address,
            stage.contests.address,
        ]
        revenue = share.cash
        expected: list[tuple[Call, Any]] = [
            ((token, "totalSupply", ()), share.total_supply()),
            (
                (token, "cashRevenue", ()),
                (revenue.index, revenue.total, revenue.carried, revenue.held, revenue.shift),
            ),
            (
                (stage.cash, "balanceOf", (stage.vault.address,)),
                world.cash.balance_of(world.vault.address),
            ),
        ]
        for address in addresses:
            expected += [
                ((stage.vault, "claimOf", (coin, address)), world.vault.claim_of(coin, address)),
                ((stage.cash, "balanceOf", (address,)), world.cash.balance_of(address)),
                ((token, "balanceOf", (address,)), share.balance_of(address)),
                ((token, "owedLedgerOf", (address,)), share.owed_ledger_of(address)),
            ]
        return expected

    def _recorded(self) -> list[tuple[int, int]]:
        return [(s.sample.cluster, s.sample.hour) for s in self.world.oracle.ring.values()]

    # Beginning

    def _twin(self) -> World:
        """A world in the state of the freshly deployed stage."""
        stage = self.stage
        world = World(
            now=self.now,
            governor=stage.governor.address,
            finality=FINALITY,
            signers=[reporter.address for reporter in stage.reporters],
            threshold=3,
            addresses=Addresses(
                registry=stage.registry.address,
                market=stage.market.address,
                oracle=stage.oracle.address,
                router=stage.router.address,
                vault=stage.vault.address,
                cash=stage.cash.address,
                reserve=stage.reserve.address,
                exchange=stage.deployment.exchange.address,
                contests=stage.contests.address,
            ),
        )
        # The clock counts from the registry's own block.
        world.registry.market_clock = type(world.registry.market_clock)(
            self.now - stage.registry.call("clock")
        )
        world.authority.grant("register", stage.operator.address)
        for function in ("pause", "unpause", "remove_signer"):
            world.authority.grant(function, stage.guardian.address)
            world.authority.revoke(function, stage.governor.address)
        for person in self.people:
            world.cash.mint(person.address, stage.cash.call("balanceOf", person.address))
        for payer in (stage.operator, *stage.tenants):
            world.cash.approve(payer.address, world.vault.address, MAX)
        return world

    def _register(self, terms: Terms) -> int:
        self.wait(1)
        cluster = self.stage.register(terms)
        self.now = self.world.now = self.stage.now()
        token = self.stage.token(cluster).address
        operator = self.stage.operator.address
        assert cluster == self.world.registry.register(
            operator, terms.model(), "Northern H100", "wNH1", token
        )
        return cluster
