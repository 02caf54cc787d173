"""The final books of the demonstration, checked against the coins that lie in the vault."""

from __future__ import annotations

from wellhead.actions.books import books_and_losses, expect
from wellhead.actions.losses import Losses
from wellhead.demo.earnings import read_earnings
from wellhead.demo.market import Market, Site
from wellhead.demo.results import Accounts
from wellhead.model.units import LEDGER_SCALE


def all_books(market: Market) -> dict[int, tuple[Accounts, Losses]]:
    """What every cluster's books say and its losses, by its number; raises BooksError unless they
    add up and the vault agrees."""
    deployment = market.deployment
    in_market = in_router = 0
    found: dict[int, tuple[Accounts, Losses]] = {}
    for site in market.sites:
        accounts, losses = _accounts(market, site)
        books = accounts.books
        state = deployment.market.call("booksOf", site.cluster_id)
        ledger = int(state["earned"]) + int(state["remainder"])
        in_market += books.escrowed + ledger + books.refund_owed + books.bond
        in_router += books.undistributed - ledger + books.bitcoin_pending
        in_router += books.operator_waiting + books.reporters_waiting
        found[site.cluster_id] = (accounts, losses)
    held = LEDGER_SCALE * market.claim_of(deployment.market.address)
    expect("the market's claim", held, in_market)
    routed = LEDGER_SCALE * market.claim_of(deployment.router.address)
    expect("the router's claim", routed, in_router)
    _check_vault(market)
    return found


def _accounts(market: Market, site: Site) -> tuple[Accounts, Losses]:
    """One cluster's; what its books gave to the holders is what their token got."""
    books, losses = books_and_losses(market.deployment, site.cluster_id)
    cash, bitcoin, purchases = read_earnings(market.deployment, site.cluster_id)
    expect("the holders' cash", cash.added * LEDGER_SCALE, books.holders_cash << cash.shift)
    expect("the price of bitcoin", LEDGER_SCALE * purchases.spent, books.bitcoin_swept)
    return Accounts(books, cash, bitcoin, purchases), losses


def _check_vault(market: Market) -> None:
    """The vault holds exactly the sum of all claims: nobody donated, nothing is missing."""
    deployment = market.deployment
    people = [*market.operators, *market.tenants, *market.investors.values()]
    contracts = [deployment.market, deployment.exchange, deployment.router, deployment.oracle]
    contracts += [site.token for site in market.sites]
    accounts = [market.relay.address, *(person.address for person in people)]
    accounts += [reporter.address for reporter in market.reporters]
    accounts += [contract.address for contract in contracts]
    for coin in (deployment.cash, deployment.reserve):
        claims = deployment.vault.call_many([("claimOf", [coin.address, a]) for a in accounts])
        balance = int(coin.call("balanceOf", deployment.vault.address))
        expect("the vault's balance", balance, sum(claims))
