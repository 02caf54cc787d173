"""Which clusters a command is about: those that are named, or all."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

import click

from wellhead.cli.options import WHOLE, F

if TYPE_CHECKING:
    from wellhead.cli.session import Session


def clusters(function: F) -> F:
    """Their ids, as `ID ...` or `--cluster ID ...`."""

    @functools.wraps(function)
    def call(*arguments: Any, given: tuple[int, ...], named: tuple[int, ...], **others: Any) -> Any:
        both = tuple(dict.fromkeys((*given, *named)))
        return function(*arguments, clusters=both, **others)

    option = click.option(
        "--cluster",
        "named",
        type=WHOLE,
        multiple=True,
        metavar="ID",
        help="The cluster; may repeat.  [default: all]",
    )
    argument = click.argument("given", type=WHOLE, nargs=-1, metavar="[ID]...")
    return cast(F, argument(option(call)))


def wanted(session: Session, named: Sequence[int]) -> list[int]:
    """The clusters; an unknown one is refused before anything is sent."""
    registry = session.deployment.registry
    registry.call_many([("clusterOf", [cluster]) for cluster in named])
    return list(named) or list(range(1, int(registry.call("clusterCount")) + 1))
