"""Options of commands that only look: one thing by its id, and whose things."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

import click

from wellhead.cli import amounts
from wellhead.cli.options import WHOLE, F, Parsed

if TYPE_CHECKING:
    from wellhead.cli.session import Session


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


def limit(usual: int, what: str) -> Callable[[F], F]:
    """How much of a list is shown; it bounds what is asked of the node too."""
    return click.option(
        "--limit",
        type=click.IntRange(1),
        metavar="N",
        help=f"So many {what} at most.  [default: {usual}; in JSON all]",
    )


def most(session: Session, asked: int | None, usual: int) -> int | None:
    """What --limit comes to; None for all."""
    return usual if asked is None and not session.settings.as_json else asked


def tell_more(session: Session, more: int, what: str) -> None:
    """That a table does not show all."""
    if more:
        said = amounts.show_count(more, f"more {what}")
        session.out.note(f"and {said}: a larger --limit shows them")


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
