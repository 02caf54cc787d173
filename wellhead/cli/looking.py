"""Options of commands that only look: one thing by its id, and whose things."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, cast

import click

from wellhead.cli import amounts
from wellhead.cli.options import WHOLE, F, Parsed


def _viewed(text: str) -> int | str:
    if text.isascii() and text.isdigit() and len(text) < 4:
        return int(text)
    return amounts.parse_address(text)


#: Somebody, by address or by a dev account's index.
VIEWED = Parsed("index|address", _viewed)

#: Whose things are looked at. Nothing is signed, so an address will do.
viewer = click.option(
    "--account",
    type=VIEWED,
    help="Of this account: an address, or a dev account's index on a local chain.",
)


def one(name: str, what: str) -> Callable[[F], F]:
    """The id of one thing, as `ID` or `--NAME ID`."""

    def decorate(function: F) -> F:
        @functools.wraps(function)
        def call(*arguments: Any, given: int | None, named: int | None, **others: Any) -> Any:
            number = named if given is None else given
            if number is None:
                raise click.UsageError(f"which {name}? Give its id")
            if named not in (None, number):
                raise click.UsageError(f"{name} {given} or {named}? Give one id")
            return function(*arguments, **{name: number}, **others)

        option = click.option(f"--{name}", "named", type=WHOLE, metavar="ID", help=what)
        argument = click.argument("given", type=WHOLE, required=False, metavar="[ID]")
        return cast(F, argument(option(call)))

    return decorate
