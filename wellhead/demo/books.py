"""The final books, from the chain's events and state, each part on its own, and checked against the
coins that lie in the vault."""

from __future__ import annotations

from dataclasses import dataclass

from wellhead.chain import Event
from wellhead.demo.market import Market
from wellhead.demo.results import Books, BooksError
from wellhead.model.samples import Sample
from wellhead.model.service import served
from wellhead.model.units import HOUR, LEDGER_SCALE, Q


@dataclass(frozen=True, slots=True)
class OpenedLease:
    """A lease as its event announced it; hours are the chain's."""

    lease_id: int
    tenant: str
    units: int
    start: int
    end: int
    first_seconds: int
    cost: int
    rate: int

    def rate_in(self, hour: int) -> int:
        """Rent of one of its hours, 2^-32 stablecoin units."""
        if hour == self.start:
            return self.rate * self.first_seconds // HOUR
        return self.rate

    def rent_from(self, hour: int) -> int:
        """Rent of its hours from `hour` on, 2^-32 stablecoin units."""
        if hour <= self.start:
            return self.rate_in(self.start) + self.rate * (self.end - self.start - 1)
        return self.rate * max(0, self.end - hour)


def opened_leases(market: Market) -> list[OpenedLease]:
    """Every lease of the cluster, from the events."""
    return [_opened(event) for event in market.deployment.market.events("LeaseOpened")]


def reported_samples(market: Market) -> dict[int, Sample]:
    """What was reported for each of the chain's hours, from the events."""
    events = market.deployment.oracle.events("Reported")
    samples = [Sample.decode(word) for event in events for word in event["samples"]]
    return {sample.hour: sample for sample in samples if sample.cluster == market.cluster_id}


def booked_in(leases: list[OpenedLease], hour: int) -> int:
    """Units booked in one of the chain's hours."""
    return sum(lease.units for lease in leases if lease.start <= hour < lease.end)


def served_hours(market: Market, leases: list[OpenedLease]) -> dict[int, int]:
    """Served fraction of every reported hour, millionths, recomputed from report and bookings; all
    of it where nothing was booked."""
    service = market.deployment.registry.call("serviceOf", market.cluster_id)
    fractions = {}
    for hour, sample in reported_samples(market).items():
        booked = booked_in(leases, hour)
        terms = (service["sla"], service["penalty"])
        fractions[hour] = served(sample.available, booked, *terms) if booked else Q
    return fractions


def read_books(market: Market) -> Books:
    """All parts of the books; raises BooksError unless they add up and the vault agrees."""
    state = market.deployment.market.call("booksOf", market.cluster_id)
    leases = opened_leases(market)
    settled = market.deployment.market.events("Settled")
    split = market.deployment.router.events("Distributed")
    carried, pending = (
        int(market.deployment.router.call(name, market.cluster_id))
        for name in ("carriedOf", "bitcoinPendingOf")
    )
    refunded = sum(int(event["amount"]) for event in settled)
    due = market.deployment.market.call_many(
        [("refundLedgerOf", [lease.lease_id]) for lease in leases]
    )
    operator = _sum(split, "operator") + _sum(split, "remainder")
    reporters, holders = _sum(split, "reporters"), _sum(split, "cash")
    routed = operator + reporters + holders + _sum(split, "bitcoin")
    ledger = int(state["earned"]) + int(state["remainder"])
    books = Books(
        paid_in=LEDGER_SCALE * sum(lease.cost for lease in leases),
        routed=LEDGER_SCALE * routed,
        undistributed=ledger + LEDGER_SCALE * carried,
        refunded=LEDGER_SCALE * refunded,
        refund_owed=sum(due) - LEDGER_SCALE * refunded,
        escrowed=Q * sum(lease.rent_from(state["cursor"]) for lease in leases),
        outage_refund=_outage_refund(market, leases, state["cursor"]),
        operator=LEDGER_SCALE * operator,
        reporters=LEDGER_SCALE * reporters,
        holders_cash=LEDGER_SCALE * holders,
        bitcoin_pending=LEDGER_SCALE * pending,
    )
    books.check()
    _expect("refunds of short hours", books.outage_refund, books.refunded + books.refund_owed)
    held = LEDGER_SCALE * market.claim_of(market.deployment.market.address)
    _expect("the market's claim", held, books.escrowed + ledger + books.refund_owed)
    _expect(
        "the router's claim", market.claim_of(market.deployment.router.address), carried + pending
    )
    _check_vault(market)
    return books


def _outage_refund(market: Market, leases: list[OpenedLease], cursor: int) -> int:
    """Refund ledger of all accrued hours with served < 1, hour by hour from the reports."""
    refund = 0
    for hour, fraction in served_hours(market, leases).items():
        if hour < cursor and fraction < Q:
            live = [lease for lease in leases if lease.start <= hour < lease.end]
            refund += (Q - fraction) * sum(lease.rate_in(hour) for lease in live)
    return refund


def _check_vault(market: Market) -> None:
    """The vault holds exactly the sum of all claims: nobody donated, nothing is missing."""
    deployment = market.deployment
    people = [market.operator, *market.tenants, *market.investors.values()]
    contracts = [deployment.market, deployment.router, deployment.oracle, market.token]
    accounts = [person.address for person in people]
    accounts += [reporter.address for reporter in market.reporters]
    accounts += [contract.address for contract in contracts]
    claims = deployment.vault.call_many([("claimOf", [market.cash, a]) for a in accounts])
    balance = int(deployment.cash.call("balanceOf", deployment.vault.address))
    _expect("the vault's balance", balance, sum(claims))


def _opened(event: Event) -> OpenedLease:
    return OpenedLease(
        lease_id=event["leaseId"],
        tenant=event["tenant"],
        units=event["units"],
        start=event["start"],
        end=event["end"],
        first_seconds=event["firstSeconds"],
        cost=event["cost"],
        rate=event["rate"],
    )


def _sum(events: list[Event], name: str) -> int:
    return sum(int(event[name]) for event in events)


def _expect(what: str, found: int, wanted: int) -> None:
    if found != wanted:
        raise BooksError(f"{what}: {found}, expected {wanted}")
