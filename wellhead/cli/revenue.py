"""`wellhead revenue show` and `wellhead revenue distribute`."""

from __future__ import annotations

from dataclasses import asdict

import click

from wellhead.actions import books, people, settling
from wellhead.actions.books import Books, BooksError
from wellhead.actions.errors import SetupError
from wellhead.actions.views import head
from wellhead.cli import amounts, looking, options
from wellhead.cli.output import Row
from wellhead.cli.session import Session, Settings, run
from wellhead.cli.settle import split_document, split_rows
from wellhead.model.units import LEDGER_SCALE

clusters_option = click.option(
    "--cluster",
    "clusters",
    type=options.WHOLE,
    multiple=True,
    metavar="ID",
    help="The cluster; may repeat.  [default: all]",
)


@click.command("show")
@clusters_option
@looking.viewer
@options.node
@options.deployment
@options.shows
@options.pass_settings
def shown(settings: Settings, clusters: tuple[int, ...], account: int | str | None) -> None:
    """Show the books of clusters: all that was paid, and where it is.

    Every part is computed on its own, from the chain's events and state, and they add up exactly.
    With --account also what that account could claim. In JSON the books are in ledger units, of
    which a stablecoin unit has `ledger_scale`.
    """
    run(settings, lambda session: _show(session, clusters, account))


@click.command()
@clusters_option
@options.sender(f"{people.ANYBODY}, anybody")
@options.node
@options.deployment
@options.shows
@options.pass_settings
def distribute(settings: Settings, clusters: tuple[int, ...]) -> None:
    """Accrue final hours and split what they earned.

    Among the operator, the reporters and the holders, who then can claim it. Anybody may do it, at
    any time and any number of times. Refunds of leases are `lease settle`'s.
    """
    run(settings, lambda session: _distribute(session, clusters))


def _show(session: Session, clusters: tuple[int, ...], account: int | str | None) -> None:
    deployment = session.deployment
    block, _ = head(deployment)
    address = session.address_of(account)
    wanted = _wanted(session, clusters)
    found: dict[int, Books] = {}
    with session.out.working("reading the books") as advance:
        for done, cluster in enumerate(wanted, 1):
            try:
                found[cluster] = books.read_books(deployment, cluster, block)
            except BooksError as error:
                said = f"the books of cluster {cluster} do not add up: {error}. Please report this"
                raise SetupError(said) from error
            advance(done, len(wanted))
    owed = [] if address is None else _owed(session, wanted, address)
    if session.settings.as_json:
        document = {
            "block": block,
            "ledger_scale": LEDGER_SCALE,
            "clusters": [{"cluster": number, **asdict(each)} for number, each in found.items()],
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
    for number, each in found.items():
        session.out.facts(f"Books of cluster {number} at block {block}", _rows(each))
    if address is not None:
        rows = [("account", address)]
        for source, cash, reserve in owed:
            bitcoin = f" and {amounts.show_bitcoin(reserve)}" if reserve else ""
            rows.append((source, f"{amounts.show_money(cash)}{bitcoin}"))
        session.out.facts("Owed", rows)


def _distribute(session: Session, clusters: tuple[int, ...]) -> None:
    deployment = session.deployment
    sender = session.sender(people.ANYBODY)
    wanted = _wanted(session, clusters)
    session.confirm(f"Distribute what {amounts.show_count(len(wanted), 'cluster')} earned?")
    splits = []
    with session.turn_of(sender), session.out.working("distributing") as advance:
        for done, cluster in enumerate(wanted, 1):
            split = settling.distribute(deployment, cluster, sender, dry=session.dry_run)
            session.mined(*split.receipts)
            splits.append(split)
            advance(done, len(wanted))
    total = sum(split.distributed for split in splits)
    document = {
        "dry_run": session.dry_run,
        "clusters": [split_document(split) for split in splits],
        "distributed": total,
    }
    rows: list[Row] = []
    for split in splits:
        rows += split_rows(split)
    title = "Distribution, not sent" if session.dry_run else "Distribution"
    session.out.result("revenue.distribute", document, title, [*rows])


def _wanted(session: Session, clusters: tuple[int, ...]) -> list[int]:
    registry = session.deployment.registry
    for cluster in clusters:  # an unknown one is refused before anything is sent
        registry.call("clusterOf", cluster)
    return list(clusters) or list(range(1, int(registry.call("clusterCount")) + 1))


def _owed(session: Session, clusters: list[int], address: str) -> list[tuple[str, int, int]]:
    """What an account could claim now: where it lies, cash, and bitcoin."""
    deployment = session.deployment
    owed = []
    for cluster in clusters:
        cash, reserve = deployment.token(cluster).call("claimable", address)
        owed.append((f"cluster {cluster}", int(cash), int(reserve)))
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
        ("    operator", _money(each.operator)),
        ("    reporters", _money(each.reporters)),
        ("    holders, cash", _money(each.holders_cash)),
        ("    holders, bitcoin", f"{_money(each.bitcoin_pending)}, waiting to be swapped"),
        ("  undistributed", _money(each.undistributed)),
        ("  refunded", _money(each.refunded)),
        ("  refunds owed", _money(each.refund_owed)),
        *([("  cancelled", cancelled)] if each.cancelled else []),
        ("  escrowed", f"{_money(each.escrowed)}, for hours to come or not yet final"),
        ("short hours cost", f"{_money(each.outage_refund)}, refunded or owed"),
    ]
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


def _money(ledger: int) -> str:
    """Ledger units as dollars, to the nearest stablecoin unit."""
    return amounts.show_money((2 * ledger + LEDGER_SCALE) // (2 * LEDGER_SCALE))
