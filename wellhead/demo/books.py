"""The final books of the demonstration, checked against the coins that lie in the vault."""

from __future__ import annotations

from wellhead.actions.books import Books, books_and_losses, expect
from wellhead.actions.losses import Losses
from wellhead.demo.market import Market
from wellhead.model.units import LEDGER_SCALE


def all_books(market: Market) -> dict[int, tuple[Books, Losses]]:
    """The books of every cluster and its losses, by its number; raises BooksError unless they add
    up and the vault agrees."""
    deployment = market.deployment
    in_market = in_router = 0
    found: dict[int, tuple[Books, Losses]] = {}
    for site in market.sites:
        books, losses = books_and_losses(deployment, site.cluster_id)
        state = deployment.market.call("booksOf", site.cluster_id)
        ledger = int(state["earned"]) + int(state["remainder"])
        in_market += books.escrowed + ledger + books.refund_owed + books.bond
        in_router += books.undistributed - ledger + books.bitcoin_pending
        found[site.cluster_id] = (books, losses)
    held = LEDGER_SCALE * market.claim_of(deployment.market.address)
    expect("the market's claim", held, in_market)
    routed = LEDGER_SCALE * market.claim_of(deployment.router.address)
    expect("the router's claim", routed, in_router)
    _check_vault(market)
    return found


def _check_vault(market: Market) -> None:
    """The vault holds exactly the sum of all claims: nobody donated, nothing is missing."""
    deployment = market.deployment
    people = [*market.operators, *market.tenants, *market.investors.values()]
    contracts = [deployment.market, deployment.exchange, deployment.router, deployment.oracle]
    contracts += [site.token for site in market.sites]
    accounts = [person.address for person in people]
    accounts += [reporter.address for reporter in market.reporters]
    accounts += [contract.address for contract in contracts]
    claims = deployment.vault.call_many([("claimOf", [market.cash, a]) for a in accounts])
    balance = int(deployment.cash.call("balanceOf", deployment.vault.address))
    expect("the vault's balance", balance, sum(claims))
