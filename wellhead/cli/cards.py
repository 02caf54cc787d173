"""`wellhead token card`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from wellhead.actions import cards
from wellhead.actions.cards import Card, CardError
from wellhead.actions.errors import SetupError
from wellhead.cli import amounts, looking, options
from wellhead.cli.output import Row
from wellhead.cli.session import Session, Settings, run


@click.command("card")
@looking.one("cluster", "The cluster's id.")
@click.option("--svg", type=options.FILE, metavar="FILE", help="Write the picture here.")
@click.option(
    "--json-file", type=options.FILE, metavar="FILE", help="Write the JSON document here."
)
@options.node
@options.deployment
@options.shows
@options.pass_settings
def card(settings: Settings, cluster: int, svg: Path | None, json_file: Path | None) -> None:
    """Show what a cluster's token says of itself, as wallets read it.

    Its document (ERC-7572) and its picture are written by a contract, from the figures of the
    latest block and of the last accrued hour.
    """
    run(settings, lambda session: _card(session, cluster, svg, json_file))


def _card(session: Session, cluster: int, svg: Path | None, json_file: Path | None) -> None:
    try:
        found = cards.card_of(session.deployment, cluster)
    except CardError as error:
        raise SetupError(f"{error}. Please report this") from error
    for path, text in ((svg, found.svg), (json_file, found.document)):
        if path is not None:
            path.write_text(text, "utf-8")
    document = {
        "cluster": cluster,
        "token": found.token,
        "figures": {_SPELLED.get(name, name): value for name, value in found.figures.items()},
        "contents": found.contents,
        "svg": svg,
        "json": json_file,
    }
    session.out.result("token.card", document, f"Token of cluster {cluster}", _rows(found, svg))
    if json_file is not None and not session.settings.as_json:
        session.out.note(f"the document is in {json_file}")


#: Fields whose names are not ours.
_SPELLED = {"bookedThen": "booked_then"}


def _rows(found: Card, svg: Path | None) -> list[Row]:
    said: dict[str, Any] = found.contents
    figures, properties = found.figures, said["properties"]
    rows: list[Row] = [
        ("token", f"{said['name']} ({said['symbol']})"),
        ("", found.token),
        ("units", f"{properties['kind']}, {properties['sku']}, {properties['region']}"),
        ("attested", f"{figures['units']:,}, {figures['sellable']:,} open to bookings"),
        ("booked now", f"{figures['booked']:,}"),
        ("price now", f"{amounts.show_money(figures['price'])} a unit-hour"),
    ]
    if figures["booked"]:
        more = amounts.show_count(figures["remaining"], "hour")
        rows.append(("leased for", f"{more} more, on average"))
    if figures["hour"]:
        per_joule = properties["workPerJoule"]
        rows += [
            ("last accrued", amounts.show_hour(figures["hour"])),
            ("  measured", amounts.show_share(figures["measured"])),
            ("  served", amounts.show_share(figures["served"])),
            ("  efficiency", f"{per_joule} {properties['workUnit']}/J" if per_joule else "-"),
        ]
    earned = amounts.show_both(figures["cash"], figures["reserve"])
    rows.append(("30 days", f"{earned} a token"))
    if svg is not None:
        rows.append(("picture", str(svg)))
    return rows
