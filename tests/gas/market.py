"""Leases and what they earn."""

from __future__ import annotations

from collections.abc import Iterator

from tests.gas.table import operation
from tests.support.sales import seen
from tests.support.stage import MAX, Stage, Terms
from wellhead.chain import Receipt

ALIGNMENTS = range(1, 25)


@operation("lease 24 hours", limit=260_000)
def lease_24h(stage: Stage, cluster: int) -> Iterator[Receipt]:
    """A tenant's second lease, 64 units; somebody else has booked the same hours already."""
    return _leases(stage, cluster, 24)


@operation("lease 720 hours", limit=320_000)
def lease_720h(stage: Stage, cluster: int) -> Iterator[Receipt]:
    return _leases(stage, cluster, 720)


@operation("lease 8,760 hours", limit=420_000)
def lease_8760h(stage: Stage, cluster: int) -> Iterator[Receipt]:
    return _leases(stage, cluster, 8760)


@operation("lease 24 hours that nobody has booked yet")
def lease_first_24h(stage: Stage, cluster: int) -> Iterator[Receipt]:
    """The same in hours that nobody has booked yet: every slot of the calendar is new."""
    return _leases(stage, cluster, 24, booked=False)


@operation("lease 24 hours where a bond is asked for", limit=260_000)
def lease_bonded_24h(stage: Stage, cluster: int) -> Iterator[Receipt]:
    """The books are accrued as far as they go, and are asked all the same."""
    bonded = stage.cluster(1000, Terms(bond=10**6))
    stage.market.send("postBond", bonded, 10**9, sender=stage.tenants[3])
    yield from _leases(stage, bonded, 24)


@operation("cancel a lease of 720 hours half way", limit=220_000)
def cancel_720h(stage: Stage, cluster: int) -> Iterator[Receipt]:
    """64 units; somebody else has booked the hours that are given back, and keeps them. The base is
    current, and the tenant has a claim from a lease before."""
    first = stage.lease(cluster, 1, stage.hour() + 1, 2)
    stage.market.send("cancel", first, stage.hour() + 1, 0, sender=stage.tenants[0])
    return _cancellations(stage, cluster, booked=True)


@operation("the same where nobody has booked from that hour on")
def cancel_first_720h(stage: Stage, cluster: int) -> Iterator[Receipt]:
    """A lease ends in the midst of somebody else's for the first time: mark, flag and the
    calendar's slots there are new, and so is the tenant's claim; nobody updated the base."""
    return _cancellations(stage, cluster, booked=False)


@operation("extend a lease by 24 hours")
def extend_24h(stage: Stage, cluster: int) -> Iterator[Receipt]:
    """64 units; somebody else has booked the same hours already."""
    start = stage.hour() + 1
    stage.lease(cluster, 64, start, 96, stage.tenants[1])
    lease = stage.lease(cluster, 64, start, 24)
    yield stage.market.send("extend", lease, 24, MAX, sender=stage.tenants[0])


@operation("split a lease by units")
def split_units(stage: Stage, cluster: int) -> Iterator[Receipt]:
    lease = stage.lease(cluster, 64, stage.hour() + 1, 24)
    yield stage.market.send("splitUnits", lease, 16, sender=stage.tenants[0])


@operation("split a lease by hours")
def split_hours(stage: Stage, cluster: int) -> Iterator[Receipt]:
    lease = stage.lease(cluster, 64, stage.hour() + 1, 24)
    yield stage.market.send("splitHours", lease, stage.hour() + 13, sender=stage.tenants[0])


@operation("list a lease for sale")
def list_lease(stage: Stage, cluster: int) -> Iterator[Receipt]:
    lease = stage.lease(cluster, 64, stage.hour() + 1, 24)
    yield _list(stage, lease)


@operation("buy a listed lease, paid by allowance")
def buy_lease(stage: Stage, cluster: int) -> Iterator[Receipt]:
    """Another tenant's; a seller without a claim in the vault yet."""
    lease = stage.lease(cluster, 64, stage.hour() + 1, 24)
    _list(stage, lease)
    bounds = seen(stage.market, lease).but(accrued_to=stage.hour())
    yield stage.deployment.exchange.send("buy", lease, bounds.encoded(), sender=stage.tenants[1])


@operation("transfer a lease")
def lease_transfer(stage: Stage, cluster: int) -> Iterator[Receipt]:
    """Move a lease to another tenant, nothing to settle."""
    lease = stage.lease(cluster, 64, stage.hour() + 1, 24)
    stage.lease(cluster, 64, stage.hour() + 1, 24, stage.tenants[1])
    yield _transfer_lease(stage, lease)


@operation("accrue a final hour", limit=65_000)
def accrue(stage: Stage, cluster: int) -> Iterator[Receipt]:
    """One final hour with one boundary; books only."""
    start = stage.hour() + 1
    stage.lease(cluster, 64, start, 24)
    stage.lease(cluster, 64, start + 2, 24)
    stage.to_hour(start + 3)
    stage.report_hours(cluster, start, start + 2)
    stage.finalize()
    stage.market.send("accrue", cluster, sender=stage.stranger)
    stage.report_hours(cluster, start + 2, start + 3)
    stage.finalize()
    receipt = stage.market.send("accrue", cluster, sender=stage.stranger)
    assert receipt.event("Accrued")["cursor"] == start + 3
    yield receipt


@operation("settle a lease, with a refund", limit=65_000)
def settle_refund(stage: Stage, cluster: int) -> Iterator[Receipt]:
    """A refund into a claim that exists; the hours were accrued before."""
    start = stage.hour() + 1
    first = stage.lease(cluster, 64, start, 4)
    second = stage.lease(cluster, 64, start, 4)
    stage.to_hour(start + 4)
    stage.report_hours(cluster, start, start + 4, fraction=500_000)
    stage.finalize()
    stage.market.send("settle", first, sender=stage.stranger)
    yield stage.market.send("settle", second, sender=stage.stranger)


@operation("update the base price over 24 hours")
def update_base(stage: Stage, cluster: int) -> Iterator[Receipt]:
    """The base price over 24 hours."""
    stage.lease(cluster, 64, stage.hour(), 48)
    stage.to_hour(stage.hour() + 24)
    yield stage.market.send("updateBase", cluster, sender=stage.stranger)


def _leases(stage: Stage, cluster: int, hours: int, booked: bool = True) -> Iterator[Receipt]:
    tenant, other = stage.tenants[:2]
    stage.lease(cluster, 64, stage.hour() + 1, 1, tenant)
    for offset in ALIGNMENTS:
        with stage.scratch():
            start = stage.hour() + offset
            if booked:
                stage.lease(cluster, 64, start, hours, other)
            yield stage.market.send("lease", cluster, 64, start, hours, MAX, sender=tenant)


def _transfer_lease(stage: Stage, lease: int) -> Receipt:
    seller, buyer = stage.tenants[:2]
    return stage.market.send("transferFrom", seller.address, buyer.address, lease, sender=seller)


def _list(stage: Stage, lease: int) -> Receipt:
    exchange = stage.deployment.exchange
    stage.market.send("approve", exchange.address, lease, sender=stage.tenants[0])
    now = stage.now()
    listing = (lease, 10**9, 10**8, now, now + 7 * 24 * 3600)
    return exchange.send("list", *listing, sender=stage.tenants[0])


def _cancellations(stage: Stage, cluster: int, booked: bool) -> Iterator[Receipt]:
    for alignment in ALIGNMENTS:
        with stage.scratch():
            start = stage.hour() + alignment
            stage.lease(cluster, 64, start, 720, stage.tenants[1])
            lease = stage.lease(cluster, 64, start, 720)
            half = start + 360
            if booked:
                stage.lease(cluster, 64, half, 360, stage.tenants[1])
            stage.to_hour(half - 1)
            if booked:
                stage.market.send("updateBase", cluster, sender=stage.relay)
            yield stage.market.send("cancel", lease, half, 0, sender=stage.tenants[0])
