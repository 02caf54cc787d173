"""Clusters and their units."""

from __future__ import annotations

from collections.abc import Iterator

from tests.gas.table import operation
from tests.support.stage import Stage, Terms
from wellhead.chain import Receipt


@operation("register a cluster, its token deployed")
def register(stage: Stage, cluster: int) -> Iterator[Receipt]:
    """Register a second cluster; deploys its token."""
    yield stage.registry.send(
        "register", Terms().encoded(), "Northern H100", "wNH2", sender=stage.operator
    )


@operation("mint attested units, 3 of 5 signatures")
def mint(stage: Stage, cluster: int) -> Iterator[Receipt]:
    """Attest and mint units of a cluster that has some."""
    yield stage.mint(cluster, 8)


@operation("open or close units to bookings")
def set_sellable(stage: Stage, cluster: int) -> Iterator[Receipt]:
    yield stage.registry.send("setSellable", cluster, 900, sender=stage.operator)


@operation("retire units")
def retire(stage: Stage, cluster: int) -> Iterator[Receipt]:
    yield stage.registry.send("retire", cluster, 8, sender=stage.operator)
