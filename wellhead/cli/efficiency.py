"""`wellhead cluster efficiency`: work per joule, hour by hour."""

from __future__ import annotations

from typing import Any

import click

from wellhead.actions import efficiency as measuring
from wellhead.actions.efficiency import Efficiency, Hourly, Spent
from wellhead.cli import amounts, looking, options
from wellhead.cli.output import Row
from wellhead.cli.session import Session, Settings, run
from wellhead.model.terms import Kind
from wellhead.model.units import Q

KWH = 3_600_000
#: Digits after the point of work per joule and of kWh.
PLACES, KWH_PLACES = 4, 3
#: Hours that a table has at each of its ends.
SHOWN = 12


def _pue(text: str) -> int:
    value = amounts.parse_decimal(text, amounts.MILLIONTHS)
    if value < Q:
        raise ValueError(f"{text!r} is below 1: a facility takes at least what its devices take")
    return value


@click.command("efficiency")
@looking.one("cluster", "The cluster's id.")
@click.option(
    "--from",
    "since",
    type=options.HOUR,
    metavar="HOUR",
    help="First hour: now-24, 2026-12-01T00:00Z or an hour's number.  [default: 24 before --to]",
)
@click.option(
    "--to",
    "until",
    type=options.HOUR,
    metavar="HOUR",
    help="The hour before which it ends.  [default: the current one]",
)
@click.option(
    "--pue",
    type=options.Parsed("number", _pue),
    help="Your own assumption of how many times its devices' energy the facility takes, e.g. 1.25.",
)
@options.node
@options.deployment
@options.shows
@options.pass_settings
def efficiency(
    settings: Settings,
    cluster: int,
    since: amounts.HourAt | None,
    until: amounts.HourAt | None,
    pue: int | None,
) -> None:
    """Show how much work a cluster does with a joule, hour by hour.

    In GFLOP for GPUs, else in tokens, of hours of which reporters measured both energy and work.
    The energy is the devices' own; with --pue also the facility's, which nobody measured.
    """
    run(settings, lambda session: _show(session, cluster, since, until, pue))


def _show(
    session: Session,
    cluster: int,
    since: amounts.HourAt | None,
    until: amounts.HourAt | None,
    pue: int | None,
) -> None:
    current = session.current_hour()
    first = since.resolve(current) if since else None
    last = until.resolve(current) if until else None
    if first is not None and first >= (current if last is None else last):
        end = current if last is None else last
        raise click.UsageError(
            f"--from {amounts.show_hour(first)} is not before --to {amounts.show_hour(end)}"
        )
    found = measuring.efficiency(session.deployment, cluster, first, last)
    if session.settings.as_json:
        session.out.document("cluster.efficiency", _document(found, pue))
        return
    session.out.facts(f"Efficiency of cluster {cluster}", _rows(found, pue))
    session.out.plain("\n")
    per = f"{work_unit(found.kind)}/J"
    header = ["hour", "kWh", work_unit(found.kind), per]
    if pue is not None:
        header += ["facility kWh", f"{per} of it"]
    session.out.table("Hour by hour", header, _cells(found, pue))


def _rows(found: Efficiency, pue: int | None) -> list[Row]:
    total, unit = found.total, work_unit(found.kind)
    asked = amounts.show_count(found.until - found.since, "hour")
    rows: list[Row] = [
        ("from", amounts.show_hour(found.since)),
        ("to", amounts.show_hour(found.until)),
        ("measured", f"{total.hours:,} of {asked}"),
    ]
    if not total.hours:
        return [*rows, ("efficiency", "not measured")]
    rows += [
        ("energy", f"{show_kwh(total.energy)} at the devices"),
        ("work", f"{total.work:,} {unit}"),
        ("efficiency", f"{show_per_joule(total.per_joule, found.kind)} at the devices"),
    ]
    if pue is not None:
        shown = amounts.show_decimal(pue, amounts.MILLIONTHS)
        facility = show_per_joule(total.facility_per_joule(pue), found.kind)
        rows += [
            ("PUE", f"{shown}, your assumption: nobody measured it"),
            ("facility energy", f"{show_kwh(total.facility_energy(pue))}, by that"),
            ("facility", f"{facility}, by that"),
        ]
    return rows


def _cells(found: Efficiency, pue: int | None) -> list[list[str]]:
    """A line an hour; of very many only the first and the last."""
    lines = [_line(one, found.kind, pue) for one in found.hours]
    if len(lines) > 2 * SHOWN:
        dots = ["...", *("" for _ in lines[0][1:])]
        return [*lines[:SHOWN], dots, *lines[-SHOWN:]]
    return lines


def _line(one: Hourly, kind: Kind, pue: int | None) -> list[str]:
    hour, spent = amounts.show_hour(one.hour), one.spent
    if spent is None:
        said = "not measured" if one.is_reported else "no report"
        return [hour, said, *("-" for _ in range(2 if pue is None else 4))]
    cells = [hour, _kwh(spent.energy), f"{spent.work:,}", _fixed(spent.per_joule or 0)]
    if pue is not None:
        per = spent.facility_per_joule(pue) or 0
        cells += [_kwh(spent.facility_energy(pue)), _fixed(per)]
    return cells


def _document(found: Efficiency, pue: int | None) -> dict[str, Any]:
    return {
        "cluster": found.cluster,
        "kind": found.kind.name.lower(),
        "work_unit": "GFLOP" if found.kind == Kind.TRAINING else "token",
        "from": found.since,
        "to": found.until,
        "pue": pue,
        "total": spent_document(found.total, pue),
        "hours": [
            {
                "hour": one.hour,
                "reported": one.is_reported,
                "spent": spent_document(one.spent, pue) if one.spent else None,
            }
            for one in found.hours
        ],
    }


def spent_document(spent: Spent, pue: int | None = None) -> dict[str, Any]:
    """For programs; shared with `cluster show`."""
    return {
        "hours": spent.hours,
        "energy": spent.energy,
        "work": spent.work,
        "per_joule": spent.per_joule,
        "facility_energy": None if pue is None else spent.facility_energy(pue),
        "facility_per_joule": None if pue is None else spent.facility_per_joule(pue),
    }


def work_unit(kind: Kind) -> str:
    """What work is counted in."""
    return "GFLOP" if kind == Kind.TRAINING else "tokens"


def show_per_joule(millionths: int | None, kind: Kind) -> str:
    """Work per joule, rounded down."""
    if millionths is None:
        return "not measured"
    return f"{_fixed(millionths)} {work_unit(kind)}/J"


def show_kwh(joules: int) -> str:
    return f"{_kwh(joules)} kWh"


def _fixed(millionths: int) -> str:
    least = 10 ** (amounts.MILLIONTHS - PLACES)
    return amounts.show_decimal(millionths // least, PLACES, at_least=PLACES)


def _kwh(joules: int) -> str:
    """Rounded down."""
    return amounts.show_decimal(joules * 10**KWH_PLACES // KWH, KWH_PLACES, at_least=KWH_PLACES)
