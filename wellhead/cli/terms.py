"""A cluster's terms: what can be set, how it is written, and what it is otherwise."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from wellhead.actions.errors import BadInput
from wellhead.cli import amounts, files
from wellhead.cli.options import F
from wellhead.cli.output import Row
from wellhead.model.terms import Kind, Pricing, Service, Split, Terms


@dataclass(frozen=True)
class Term:
    """One of the terms: an option `--name`, and a name in a terms file."""

    name: str
    parser: Callable[[str], Any]
    default: str
    help: str

    @property
    def key(self) -> str:
        return self.name.replace("-", "_")


def _kind(text: str) -> Kind:
    try:
        return Kind[text.strip().upper()]
    except KeyError:
        names = ", ".join(kind.name.lower() for kind in Kind)
        raise ValueError(f"{text!r} is none of {names}") from None


def _multiple(text: str) -> int:
    return amounts.parse_decimal(text, amounts.MILLIONTHS)


_integer, _money, _share = files.parse_integer, amounts.parse_price, amounts.parse_share

TERMS = (
    Term("name", str, "Wellhead Capacity", "Name of the token, at most 31 bytes."),
    Term("symbol", str, "WHC", "Symbol of the token, at most 11 bytes."),
    Term("kind", _kind, "training", "What a unit is: training, inference or edge."),
    Term("sku", str, "H100-SXM5-80GB", "The hardware or model."),
    Term("region", str, "LOCAL-1", "Where it stands."),
    Term("power", _integer, "700", "Nominal watts of a unit."),
    Term("policy", _integer, "0", "Number of the policy that says who may receive the token."),
    Term("price", _money, "2.00", "First base price, $/GPU-hour (or other unit)."),
    Term("price-floor", _money, "0.50", "Lowest base price."),
    Term("price-cap", _money, "10.00", "Highest base price."),
    Term("low", _multiple, "0.8", "Multiple of the base for the first unit of an empty hour."),
    Term("high", _multiple, "1.6", "Multiple of the base for the last unit of a full hour."),
    Term("target", _share, "70%", "Booked fraction at which the base price stands still."),
    Term("speed", _multiple, "0.01", "Growth of the base's logarithm per hour and booked excess."),
    Term("discount", _share, "15%", "Term discount of the longest leases."),
    Term("discount-hours", _integer, "720", "Hours over which the discount rises to that."),
    Term("cancel-fee", _share, "5%", "Part of cancelled hours' price that is not given back."),
    Term("min-hours", _integer, "1", "Shortest lease."),
    Term("max-hours", _integer, "8760", "Longest lease."),
    Term("horizon-hours", _integer, "17520", "How far ahead a lease may end."),
    Term("sla", _share, "99%", "Available part of the booked units that counts as full service."),
    Term("penalty", _multiple, "1", "Extra loss of rent per unit of relative shortfall."),
    Term("bond", _money, "0", "Bond behind every booked unit, $; losses beyond the rent."),
    Term("operator-share", _share, "30%", "The operator's part of the rent."),
    Term("reporter-share", _share, "5%", "The reporters' part of the rent."),
    Term("bitcoin-share", _share, "20%", "Part that holders get in bitcoin; the rest is cash."),
)


def options(function: F) -> F:
    """One option per term."""
    for term in reversed(TERMS):
        option = click.option(
            f"--{term.name}",
            type=_Written(term),
            help=f"{term.help}  [default: {term.default}]",
        )
        function = option(function)
    return function


class _Written(click.ParamType):
    """A term as it is written."""

    def __init__(self, term: Term) -> None:
        self.name = "text"
        self._term = term

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        try:
            return self._term.parser(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


def gather(path: Path | None, given: Mapping[str, Any]) -> tuple[Terms, str, str]:
    """The terms, name and symbol: from options, else from the file, else the defaults."""
    values = {term.key: term.parser(term.default) for term in TERMS}
    if path is not None:
        values.update(_read(path))
    values.update({key: value for key, value in given.items() if value is not None})
    v = values
    terms = Terms(
        kind=v["kind"],
        power=v["power"],
        policy=v["policy"],
        sku=v["sku"],
        region=v["region"],
        pricing=Pricing(
            base_start=v["price"],
            base_floor=v["price_floor"],
            base_cap=v["price_cap"],
            low=v["low"],
            high=v["high"],
            target=v["target"],
            speed=v["speed"],
            discount=v["discount"],
            discount_hours=v["discount_hours"],
            cancel_fee=v["cancel_fee"],
            min_hours=v["min_hours"],
            max_hours=v["max_hours"],
            horizon_hours=v["horizon_hours"],
        ),
        service=Service(sla=v["sla"], penalty=v["penalty"], bond=v["bond"]),
        split=Split(
            operator=v["operator_share"],
            reporters=v["reporter_share"],
            bitcoin=v["bitcoin_share"],
        ),
    )
    return terms, v["name"], v["symbol"]


def _read(path: Path) -> dict[str, Any]:
    """A terms file: the options' names without dashes in front, with - or _ between words."""
    body = {name.replace("-", "_"): value for name, value in files.read_table(path).items()}
    known = {term.key: term for term in TERMS}
    for name in body:
        if name not in known:
            raise BadInput(f"{path}: unknown term {name!r}")
    return {name: files.value_of(str(path), body, name, known[name].parser) for name in body}


def document(found: Terms) -> dict[str, Any]:
    """Terms for programs."""
    return {
        "kind": found.kind.name.lower(),
        "sku": found.sku,
        "region": found.region,
        "power": found.power,
        "policy": found.policy,
        **found.pricing.__dict__,
        **found.service.__dict__,
        "operator_share": found.split.operator,
        "reporter_share": found.split.reporters,
        "bitcoin_share": found.split.bitcoin,
    }


def rows(found: Terms) -> list[Row]:
    """Terms for people."""
    p, service, split = found.pricing, found.service, found.split
    unit = amounts.unit_hour(found.kind)
    base = [amounts.show_money(value) for value in (p.base_start, p.base_floor, p.base_cap)]
    low, high = (amounts.show_decimal(value, amounts.MILLIONTHS) for value in (p.low, p.high))
    share = amounts.show_share
    return [
        ("units", f"{found.kind.name.lower()}, {found.sku}, {found.region}, {found.power:,} W"),
        ("policy", f"{found.policy:,} says who may receive the token"),
        ("base price", f"{base[0]}/{unit} at first, between {base[1]} and {base[2]}"),
        ("price curve", f"{low} times the base when empty, {high} times when full"),
        ("discount", f"up to {share(p.discount)} at {p.discount_hours:,} hours"),
        ("cancelling", f"gives back all but {share(p.cancel_fee)} of what the curve gives"),
        ("leases", f"{p.min_hours:,} to {p.max_hours:,} hours, {p.horizon_hours:,} ahead"),
        ("service", f"full from {share(service.sla)} of what is booked"),
        ("bond", f"{amounts.show_money(service.bond)} behind every booked unit"),
        (
            "split",
            f"operator {share(split.operator)}, reporters {share(split.reporters)}, "
            f"holders {share(split.cash)} in cash and {share(split.bitcoin)} in bitcoin",
        ),
    ]
