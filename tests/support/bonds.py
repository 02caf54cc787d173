"""Bonds, defaults and what all of the money comes to, written down from the documentation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from math import floor
from typing import Any

from tests.support.rent import FLAT, LEDGER, Opened, books, deliver, loss
from tests.support.stage import HOUR, Q, Stage, Terms
from wellhead.chain import Receipt, UnlockedAccount
from wellhead.chain.abi import Event

#: Seconds of the market clock without anything available that make a default.
DEFAULT = 72 * HOUR
#: Rent of one stablecoin unit per unit-hour, eleven times of it lost in an hour without service.
HARSH = FLAT.but(sla=Q, penalty=10 * Q)


def post(stage: Stage, cluster: int, amount: int, payer: UnlockedAccount | None = None) -> Receipt:
    """Add to a cluster's bond; by default a tenant pays, who has the money."""
    return stage.market.send("postBond", cluster, amount, sender=payer or stage.tenants[3])


def withdraw(stage: Stage, cluster: int, amount: int) -> Receipt:
    return stage.market.send("withdrawBond", cluster, amount, sender=stage.operator)


def declare(stage: Stage, cluster: int) -> Receipt:
    return stage.market.send("declareDefault", cluster, sender=stage.stranger)


def recover(stage: Stage, cluster: int) -> Receipt:
    return stage.market.send("recover", cluster, sender=stage.stranger)


def accrue(stage: Stage, cluster: int) -> Receipt:
    return stage.market.send("accrue", cluster, sender=stage.stranger)


def settle(stage: Stage, lease_id: int) -> int:
    """Settle a lease; the stablecoin units that it got."""
    receipt = stage.market.send("settle", lease_id, sender=stage.stranger)
    return sum(event["amount"] for event in receipt.all("Settled"))


def bonded(stage: Stage, terms: Terms, units: int, amount: int) -> int:
    """A cluster with a bond."""
    cluster = stage.cluster(units, terms)
    post(stage, cluster, amount)
    return cluster


def go_down(stage: Stage, cluster: int, start: int, hours: int = 72) -> None:
    """Let booked hours pass in which nothing is available, until they are final and accrued."""
    deliver(stage, cluster, dict.fromkeys(range(start, start + hours), 0))
    accrue(stage, cluster)


def deliver_hours(stage: Stage, cluster: int, start: int, available: Iterable[int]) -> None:
    """Let the hours from `start` on pass, with so many thousandths of a unit available."""
    deliver(stage, cluster, dict(enumerate(available, start)))


@dataclass
class Expected:
    """What hours come to: losses by hour, and in ledger integers what was earned and what is left
    of the bond."""

    bond: int
    lost: dict[int, int] = field(default_factory=dict)
    earned: int = 0
    compensated: int = 0

    def account(self, terms: Terms, hour: int, booked: Fraction, rent: int, available: int) -> None:
        """Account for an hour with so many units booked on average for so much rent, 2^-32
        units."""
        whole = loss(available, booked, terms.sla, terms.penalty)
        beyond = min(max(0, whole - Q), self.bond // rent)
        self.lost[hour] = min(whole, Q) + beyond
        self.earned += rent * max(0, Q - whole)
        self.bond -= rent * beyond
        self.compensated += rent * beyond

    def refund(self, lease: Opened) -> int:
        """Refund ledger of a lease over these hours."""
        return sum(lease.rate_at(hour) * lost for hour, lost in self.lost.items())


def expect(
    terms: Terms, leases: Sequence[Opened], available: Mapping[int, int], bond: int
) -> Expected:
    """The hours in `available`, with these leases and a bond of so much ledger."""
    expected = Expected(bond)
    for hour, units in sorted(available.items()):
        here = [lease for lease in leases if lease.start <= hour < lease.end]
        covered = sum(lease.units * lease.seconds_at(hour) for lease in here)
        if covered:
            rent = sum(lease.rate_at(hour) for lease in here)
            expected.account(terms, hour, Fraction(covered, HOUR), rent, units)
    return expected


def compensation(terms: Terms, bond: int, peak: int) -> int:
    """Ledger due for a void unit-hour, with a bond of so much ledger when it was declared."""
    per_unit = min(Fraction(terms.bond * LEDGER), Fraction(bond, peak))
    return floor(per_unit / terms.horizon_hours)


def void(lease: Opened, hour: int, compensated: int) -> int:
    """Ledger due to a lease of one part for what a default at `hour` made void."""
    hours = range(max(hour, lease.start), lease.end)
    rent = sum(lease.rate_at(h) for h in hours)
    return rent * Q + len(hours) * lease.units * compensated


@dataclass
class Flows:
    """Stablecoin units that went into the market, or out of it other than by refunds of losses."""

    paid: int = 0
    posted: int = 0
    withdrawn: int = 0
    cancelled: int = 0
    collected: int = 0

    def note(self, receipt: Receipt) -> Receipt:
        """Learn what a transaction moved, from the events that say why."""
        for event in receipt.events:
            self.add(event)
        return receipt

    def add(self, event: Event) -> None:
        match event.name:
            case "LeaseOpened" | "LeaseExtended":
                self.paid += event["cost"]
            case "BondPosted":
                self.posted += event["amount"]
            case "BondWithdrawn":
                self.withdrawn += event["amount"]
            case "LeaseCancelled":
                self.cancelled += event["refund"]
            case "Distributed":
                self.collected += event["earned"] + event["remainder"]


def escrow(stage: Stage, cluster: int, lease_ids: Sequence[int]) -> int:
    """Ledger of the rent of hours that are neither accrued nor void, part by part."""
    cursor = books(stage, cluster)["cursor"]
    total = 0
    parts = _ask(stage, "partsOf", lease_ids)
    for lease, own in zip(_ask(stage, "leaseOf", lease_ids), parts, strict=True):
        for part in own:
            first = part["rate"] * part["firstSeconds"] // HOUR
            for hour in range(max(cursor, part["start"]), min(lease["stop"], part["end"])):
                total += first if hour == part["start"] else part["rate"]
    return total * Q


def assert_balanced(stage: Stage, cluster: int, flows: Flows, lease_ids: Sequence[int]) -> None:
    """Everything that came in is somewhere, in ledger integers, and its coins are in the market's
    claim. For the stage's only cluster."""
    found = books(stage, cluster)
    refunds = _ask(stage, "refundLedgerOf", lease_ids)
    refunded = sum(event["amount"] for event in stage.market.events("Settled"))
    out = flows.withdrawn + flows.cancelled + flows.collected
    assert (flows.paid + flows.posted) * LEDGER == (
        out * LEDGER
        + found["earned"]
        + found["remainder"]
        + found["bond"]
        + sum(refunds)
        + escrow(stage, cluster, lease_ids)
    )
    assert stage.claim_of(stage.market) == flows.paid + flows.posted - out - refunded


def snapshot(stage: Stage, cluster: int, lease_ids: Sequence[int]) -> dict[str, Any]:
    """What a history came to: books, leases, refunds and what everybody has."""
    return {
        "books": books(stage, cluster),
        "leases": _ask(stage, "leaseOf", lease_ids),
        "parts": _ask(stage, "partsOf", lease_ids),
        "refunds": _ask(stage, "refundLedgerOf", lease_ids),
        # What is paid comes out of claims first: so it matters for both together only.
        "tenants": [
            stage.claim_of(tenant) + stage.cash.call("balanceOf", tenant.address)
            for tenant in stage.tenants
        ],
        "others": [
            stage.claim_of(account)
            for account in (stage.operator, stage.market, stage.oracle, stage.token(cluster))
        ],
        "routed": stage.router.call("totalOf", cluster),
        "waiting": [
            stage.router.call(name, cluster) for name in ("releasableOf", "bitcoinPendingOf")
        ],
    }


def _ask(stage: Stage, view: str, lease_ids: Sequence[int]) -> list[Any]:
    """The market's view of every lease."""
    return stage.market.call_many([(view, [lease_id]) for lease_id in lease_ids])
