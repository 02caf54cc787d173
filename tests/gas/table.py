"""The gas table: what it says of each operation, and on which stage it is measured."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tests.support.stage import Stage, build_stage
from wellhead.chain import Anvil, Receipt

Run = Callable[[Stage, int], Iterator[Receipt]]
#: Deploys everything on a fresh node; the stage and its first cluster.
Place = Callable[[Anvil], tuple[Stage, int]]


def one_cluster(anvil: Anvil) -> tuple[Stage, int]:
    """A cluster of 1,000 units, and five reporters of whom three sign."""
    stage = build_stage(anvil)
    return stage, stage.cluster(units=1000)


@dataclass(frozen=True)
class Operation:
    """What the gas table says of an operation, the most gas it may ever take, and its stage."""

    run: Run
    what: str
    limit: int | None = None
    place: Place = one_cluster


#: Every function that was decorated.
FOUND: dict[str, Operation] = {}


def operation(
    what: str, limit: int | None = None, place: Place = one_cluster
) -> Callable[[Run], Run]:
    """Put a function into the table: what it does, in the table's words, and its limit in gas."""

    def put(run: Run) -> Run:
        FOUND[run.__name__] = Operation(run, what, limit, place)
        return run

    return put
