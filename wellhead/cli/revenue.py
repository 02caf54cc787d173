"""`wellhead revenue show`: the books."""

from __future__ import annotations

from dataclasses import asdict

import click

from wellhead.actions import bitcoin, books
from wellhead.actions.bitcoin import Bitcoin
from wellhead.actions.books import Books, BooksError
from wellhead.actions.claiming import claimable
from wellhead.actions.errors import SetupError
from wellhead.actions.views import head
from wellhead.cli import amounts, looking, options, selection
from wellhead.cli.output import Row
from wellhead.cli.session import Session, Settings, run
from wellhead.model.units import LEDGER_SCALE

#: Clusters whose books are shown for people.
USUAL = 5


@click.command("show")
@selection.clusters
@looking.viewer
@looking.limit(USUAL, "clusters")
@options.node
@options.deployment
@options.shows
@options.pass_settings
def shown(
    settings: Settings, clusters: tuple[int, ...], account: int | str | None, limit: int | None
) -> None:
    """Show the books of clusters: all that was paid, and where it is.

    Every part is computed on its own, from the chain's events and state, and they add up exactly.
    With --account also what that account could claim. In JSON the books are in ledger units, of
    which a stablecoin unit has `ledger_scale`.
    """
    run(settings, lambda session: _show(session, clusters, account, limit))


def _show(
    session: Session, clusters: tuple[int, ...], account: int | str | None, limit: int | None
) -> None:
    deployment = session.deployment
    block, _ = head(deployment)
    address = session.address_of(account)
    asked = selection.wanted(session, clusters)
    wanted = asked[: len(clusters) or looking.most(session, limit, USUAL)]
    found: dict[int, tuple[Books, Bitcoin]] = {}
    with session.out.working("reading the books") as advance:
        for done, cluster in enumerate(wanted, 1):
            try:
                found[cluster] = (
                    books.read_books(deployment, cluster, block),
                    bitcoin.read_bitcoin(deployment, cluster, block),
                )
            except BooksError as error:
                said = f"the books of cluster {cluster} do not add up: {error}. Please report this"
                raise SetupError(said) from error
            advance(done, len(wanted))
    owed = [] if address is None else _owed(session, asked, address)
    if session.settings.as_json:
        document = {
            "block": block,
            "ledger_scale": LEDGER_SCALE,
            "more": len(asked) - len(wanted),
            "clusters": [{"cluster": each, **asdict(book)} for each, (book, _) in found.items()],
            "bitcoin": [
                {"cluster": each, **asdict(coins), "owed": coins.owed}
                for each, (_, coins) in found.items()
            ],
            "account": address,
            "claimable": [
                {"source": source, "cash": cash, "reserve": reserve}
                for source, cash, reserve in owed
            ],
        }
        session.out.document("revenue.show", document)
        return
    if not found:
        session.out.note("there is no cluster yet: `wellhead cluster register`")
    for number, (book, coins) in found.items():
        rows = [*_rows(book), *_bitcoin(coins)]
        session.out.facts(f"Books of cluster {number} at block {block}", rows)
    looking.tell_more(session, len(asked) - len(wanted), "cluster")
    if address is not None:
        rows = [("account", address)]
        for source, cash, reserve in owed:
            rows.append((source, amounts.show_both(cash, reserve)))
        session.out.facts("Owed", rows)


def _owed(session: Session, clusters: list[int], address: str) -> list[tuple[str, int, int]]:
    """What an account could claim now: where it lies, cash, and bitcoin."""
    deployment = session.deployment
    owed = [
        (f"cluster {cluster}", cash, reserve)
        for cluster, (cash, reserve) in claimable(deployment, clusters, address).items()
        if len(clusters) <= USUAL or cash or reserve
    ]
    coins = (deployment.cash.address, deployment.reserve.address)
    cash, reserve = deployment.vault.call_many([("claimOf", [coin, address]) for coin in coins])
    return [*owed, ("vault", int(cash), int(reserve))]


def _rows(each: Books) -> list[Row]:
    """What tenants paid, and the bond where there was any."""
    out_of_bond = [("out of the bond", _money(each.from_bond))] if each.bond_posted else []
    cancelled = f"{_money(each.cancelled)}, for hours that were sold back"
    rows = [
        ("paid in", _money(each.paid_in)),
        *out_of_bond,
        ("  routed", _money(each.routed)),
        ("    operator", _released(each.operator, each.operator_waiting)),
        ("    reporters", _released(each.reporters, each.reporters_waiting)),
        ("    holders, cash", _money(each.holders_cash)),
        ("    holders, bitcoin", _swept(each)),
        ("  undistributed", _money(each.undistributed)),
        ("  refunded", _money(each.refunded)),
        ("  refunds owed", _money(each.refund_owed)),
        *([("  cancelled", cancelled)] if each.cancelled else []),
        ("  escrowed", f"{_money(each.escrowed)}, for hours to come or not yet final"),
        ("short hours cost", f"{_money(each.outage_refund)}, refunded or owed"),
    ]
    if each.topped_up:
        rows.append(("topped up", f"{_money(each.topped_up)} for new units, the holders' too"))
    if each.void_refund:
        compensation = f"and {_money(each.compensation)} of compensation, refunded or owed"
        rows.append(("void hours cost", f"{_money(each.void_refund)} {compensation}"))
    if each.bond_posted:
        rows += [
            ("bond posted", _money(each.bond_posted)),
            ("  given to tenants", _money(each.from_bond)),
            ("  withdrawn", _money(each.bond_withdrawn)),
            ("  left", _money(each.bond)),
        ]
    return rows


def _bitcoin(coins: Bitcoin) -> list[Row]:
    """The holders' bitcoin, where there was any."""
    if not coins.to_holders:
        return []
    show = amounts.show_bitcoin
    rows: list[Row] = []
    if coins.bought:
        rows.append(("bitcoin bought", f"{show(coins.bought)}, {show(coins.tips)} of it for tips"))
    if coins.paid_in:
        rows.append(("bitcoin paid in", show(coins.paid_in)))
    if coins.topped_up:
        rows.append(("bitcoin topped up", show(coins.topped_up)))
    owed = show(coins.owed) + (f", {show(coins.unvested)} not yet" if coins.unvested else "")
    return [*rows, ("  claimed", show(coins.claimed)), ("  owed to holders", owed)]


def _released(whole: int, waiting: int) -> str:
    return _money(whole) + (f", of which {_money(waiting)} wait to be released" if waiting else "")


def _swept(each: Books) -> str:
    """The holders' bitcoin part, in dollars."""
    pending = f"{_money(each.bitcoin_pending)}, waiting to be swept"
    if not each.bitcoin_swept:
        return pending
    swept = f"{_money(each.bitcoin_swept)}, swept"
    return f"{swept}, and {pending}" if each.bitcoin_pending else swept


def _money(ledger: int) -> str:
    """Ledger units as dollars, to the nearest stablecoin unit."""
    return amounts.show_money((2 * ledger + LEDGER_SCALE) // (2 * LEDGER_SCALE))
