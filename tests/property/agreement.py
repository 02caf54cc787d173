"""What a chain and the model beside it must agree on, all of it in one request."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tests.support.reporters import announced as announced_hash
from tests.support.stage import Stage
from wellhead.chain import Contract
from wellhead.model.world import World

Call = tuple[Contract, str, tuple[Any, ...]]
Expected = list[tuple[Call, Any]]


class Agreement:
    """Compares the cluster `key` and the `accounts` of its people."""

    def __init__(
        self, stage: Stage, world: World, key: int, people: Sequence[str], reporters: Sequence[str]
    ) -> None:
        self.stage = stage
        self.world = world
        self.key = key
        self.people = people
        self.reporters = reporters
        self.records: dict[int, tuple[Any, ...]] = {}
        self.contested: set[tuple[int, int]] = set()

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

    def _expected(self, everything: bool) -> Expected:
        stage, world, key = self.stage, self.world, self.key
        registry, market, oracle, router = stage.registry, stage.market, stage.oracle, stage.router
        cluster, book = world.registry.cluster_of(key), world.market.books_of(key)
        expected: Expected = [
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
            ((router, "releasableOf", (key,)), world.router.releasable_of(key)),
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
            expected.append(((market, "balanceOf", (person,)), world.market.balance_of(person)))
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
        return expected + self._expected_money() + self._expected_standings()

    def _expected_oracle(self) -> Expected:
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

    def _expected_money(self) -> Expected:
        stage, world = self.stage, self.world
        token, share = stage.token(self.key), world.token(self.key)
        addresses = [
            *self.people,
            *self.reporters,
            token.address,
            stage.market.address,
            stage.router.address,
            stage.oracle.address,
            stage.deployment.exchange.address,
            stage.contests.address,
        ]
        coins = ((stage.cash, world.cash), (stage.reserve, world.reserve))
        expected: Expected = [
            ((token, "totalSupply", ()), share.total_supply()),
            *(
                (
                    (token, name, ()),
                    (
                        revenue.index,
                        revenue.total,
                        revenue.carried,
                        revenue.unvested,
                        revenue.until,
                        revenue.held,
                        revenue.shift,
                    ),
                )
                for name, revenue in (
                    ("cashRevenue", share.cash),
                    ("reserveRevenue", share.reserve),
                )
            ),
            *(
                ((token, "trailingRevenue", (days,)), share.trailing_revenue(days))
                for days in (1, 7, 31)
            ),
        ]
        for address in addresses:
            expected += [
                ((token, "balanceOf", (address,)), share.balance_of(address)),
                ((token, "owedLedgerOf", (address,)), share.owed_ledger_of(address)),
            ]
        for coin, twin in coins:
            for address in addresses:
                asked = (coin.address, address)
                expected += [
                    ((stage.vault, "claimOf", asked), world.vault.claim_of(*asked)),
                    ((coin, "balanceOf", (address,)), twin.balance_of(address)),
                ]
            held = twin.balance_of(world.vault.address)
            expected.append(((coin, "balanceOf", (stage.vault.address,)), held))
        return expected

    def _expected_standings(self) -> Expected:
        """Who everybody is, what of theirs is frozen, and what they may."""
        compliance, token = self.stage.compliance, self.stage.token(self.key)
        known, share = self.world.compliance, self.world.token(self.key)
        expected: Expected = []
        for address in self.people:
            may = (known.can_send(address), known.can_receive(share.policy, address))
            expected += [
                (
                    (compliance, "standingOf", (address,)),
                    tuple(vars(known.standing_of(address)).values()),
                ),
                ((compliance, "eligible", (share.policy, address, address)), may),
                ((token, "getFrozenTokens", (address,)), share.frozen_of(address)),
            ]
        return expected

    def _recorded(self) -> list[tuple[int, int]]:
        return [(s.sample.cluster, s.sample.hour) for s in self.world.oracle.ring.values()]
