"""The final books of the demonstration, checked against the coins that lie in the vault."""

from __future__ import annotations

from wellhead.actions import books as cluster_books
from wellhead.actions.books import Books, OpenedLease, expect
from wellhead.demo.market import Market
from wellhead.model.units import LEDGER_SCALE


def opened_leases(market: Market) -> list[OpenedLease]:
    """Every lease of the cluster, from the events."""
    return cluster_books.opened_leases(market.deployment, market.cluster_id)


def served_hours(market: Market, leases: list[OpenedLease]) -> dict[int, int]:
    """Served fraction of every reported hour, millionths; all of it where nothing was booked."""
    samples = cluster_books.reported_samples(market.deployment, market.cluster_id)
    return cluster_books.served_hours(market.deployment, market.cluster_id, leases, samples)


def read_books(market: Market) -> Books:
    """All parts of the books; raises BooksError unless they add up and the vault agrees."""
    deployment = market.deployment
    books = cluster_books.read_books(deployment, market.cluster_id)
    state = deployment.market.call("booksOf", market.cluster_id)
    ledger = int(state["earned"]) + int(state["remainder"])
    carried = books.undistributed - ledger
    held = LEDGER_SCALE * market.claim_of(deployment.market.address)
    expect("the market's claim", held, books.escrowed + ledger + books.refund_owed)
    routed = LEDGER_SCALE * market.claim_of(deployment.router.address)
    expect("the router's claim", routed, carried + books.bitcoin_pending)
    _check_vault(market)
    return books


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
    expect("the vault's balance", balance, sum(claims))
