"""The end of the demonstration: everybody is paid, and the chain is read once more."""

from __future__ import annotations

from dataclasses import dataclass

from wellhead.actions.books import expect
from wellhead.actions.held import HeldLease, booked_units, held_leases
from wellhead.actions.losses import Losses
from wellhead.demo.books import all_books
from wellhead.demo.history import read_history
from wellhead.demo.market import INVESTORS, Market, Site, purchase
from wellhead.demo.results import (
    Accounts,
    DemoResult,
    HolderResult,
    HourResult,
    LeaseResult,
    ReporterResult,
    SecondResult,
    Step,
)
from wellhead.demo.trace import Trace
from wellhead.model.units import LEDGER_SCALE, UNIT, Q
from wellhead.oracle.audit.findings import Audit


@dataclass(frozen=True)
class Ended:
    """What the replay knows and the chain does not: when a lease was booked, hour by hour the price
    of one more unit, what happened, and what checking the reports found."""

    trace: Trace
    infer_down: bool
    site: Site
    second: Site
    booked_at: dict[int, int]
    prices: list[int]
    steps: list[Step]
    checks: list[Audit]


def gather(market: Market, ended: Ended) -> DemoResult:
    """Pay everybody but the operator who is gone; then read everything, and check what was paid
    back for cancellations lease by lease. BooksError where anything does not add up."""
    site, second, deployment = ended.site, ended.second, market.deployment
    claimed = _claim(market, site)
    deployment.oracle.send("payReporters", sender=market.relay)
    signed, batches = market.signed()
    paid = [market.claim_of(reporter.address) for reporter in market.reporters]
    for account in (site.operator, *market.tenants):
        market.withdraw(account)
    found = all_books(market)
    accounts, losses = found[site.cluster_id]
    second_accounts, second_losses = found[second.cluster_id]
    held = held_leases(deployment, site.cluster_id)
    held_second = held_leases(deployment, second.cluster_id)
    return DemoResult(
        trace=ended.trace,
        infer_down=ended.infer_down,
        terms=site.terms,
        token=site.symbol,
        reports=losses.records,
        batches=batches,
        leases=_lease_results(market, ended, site, held, accounts),
        hours=_hour_results(ended, losses, held),
        steps=sorted(ended.steps, key=lambda step: step.hour),
        checks=ended.checks,
        holders=_holder_results(site, claimed),
        reporters=[
            ReporterResult(f"Reporter {i + 1}", signed[i], amount) for i, amount in enumerate(paid)
        ],
        accounts=accounts,
        second=SecondResult(
            token=second.symbol,
            units=second.units,
            terms=second.terms,
            reports=second_losses.records,
            leases=_lease_results(market, ended, second, held_second, second_accounts),
            accounts=second_accounts,
        ),
    )


def _claim(market: Market, site: Site) -> dict[str, tuple[int, int]]:
    """Every holder claims; what each got, in stablecoin and in bitcoin units."""
    claimed = {}
    for name, holder in {"Operator": site.operator, **market.investors}.items():
        event = site.token.send("claim", holder.address, sender=holder).event("Claimed")
        claimed[name] = (int(event["cash"]), int(event["reserve"]))
    return claimed


def _lease_results(
    market: Market, ended: Ended, site: Site, held: list[HeldLease], accounts: Accounts
) -> list[LeaseResult]:
    told, books = read_history(market.deployment, site, held), accounts.books
    expect("paid in", LEDGER_SCALE * sum(each.paid for each in told), books.paid_in)
    expect("cancelled", LEDGER_SCALE * sum(each.returned for each in told), books.cancelled)
    first = ended.trace.first_hour
    return [
        LeaseResult(
            lease_id=lease.lease,
            tenant=market.name_of(each.tenant),
            units=each.units,
            booked_at=ended.booked_at[lease.lease],
            start=each.start - first,
            hours=each.hours,
            first_seconds=each.first_seconds,
            cost=each.paid,
            refunded=lease.refunded,
            extended=each.extended,
            sold_back=each.cancelled,
            void=lease.void_hours,
            cancelled=each.returned,
        )
        for lease, each in zip(held, told, strict=True)
    ]


def _hour_results(ended: Ended, losses: Losses, held: list[HeldLease]) -> list[HourResult]:
    booked = booked_units(held)
    return [
        HourResult(
            booked=booked.get(hour.hour, 0),
            measured=hour.measured,
            served=max(0, Q - losses.hours.get(hour.hour, 0)),
            price=price,
        )
        for hour, price in zip(ended.trace.hours, ended.prices, strict=True)
    ]


def _holder_results(site: Site, claimed: dict[str, tuple[int, int]]) -> list[HolderResult]:
    bought = {name: purchase(site.units, share) for name, share in INVESTORS.items()}
    kept = site.units * UNIT - sum(tokens for tokens, _ in bought.values())
    holdings = {"Operator": (kept, 0), **bought}
    return [
        HolderResult(name, tokens, price, *claimed[name])
        for name, (tokens, price) in holdings.items()
    ]
