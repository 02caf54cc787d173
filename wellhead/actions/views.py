"""What there is on a chain: clusters and leases, read at one block."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from wellhead.actions.books import OpenedLease, opened_leases
from wellhead.actions.errors import Refusal
from wellhead.chain import Contract, Deployment
from wellhead.model.terms import Kind, Pricing, Service, Split, Terms
from wellhead.model.units import HOUR, WAD, Q

#: What a lease is: its hours lie ahead, are under way, are over, or are all accrued.
STATES = ("future", "running", "ended", "final")


@dataclass(frozen=True)
class ClusterView:
    """A cluster. Units are whole; `base` is 1e-18 stablecoin units per unit-hour."""

    cluster: int
    name: str
    symbol: str
    operator: str
    token: str
    attested: int
    sellable: int
    booked: int
    genesis: int
    attestations: int
    base: int
    accrued_to: int
    terms: Terms

    @property
    def price(self) -> int:
        """Price of one more unit for the current hour, without discount, stablecoin units."""
        p, whole = self.terms.pricing, self.attested
        if not whole:
            return self.base * p.low // (Q * WAD)
        multiple = p.low * whole + (p.high - p.low) * self.booked
        return self.base * multiple // (whole * Q * WAD)


@dataclass(frozen=True)
class LeaseView:
    """A lease, its owner now, and what was refunded of it, stablecoin units."""

    opened: OpenedLease
    owner: str
    refunded: int
    state: str


def head(deployment: Deployment) -> tuple[int, int]:
    """Number and time of the latest block."""
    latest = deployment.rpc("eth_getBlockByNumber", "latest", False)
    return int(latest["number"], 16), int(latest["timestamp"], 16)


def clusters(
    deployment: Deployment, wanted: Sequence[int] | None = None, block: int | None = None
) -> list[ClusterView]:
    """These clusters, or all; an unknown one is refused."""
    number, now = head(deployment)
    at = number if block is None else block
    count = int(deployment.registry.call("clusterCount", block=at))
    ids = list(range(1, count + 1)) if wanted is None else list(wanted)
    for cluster in ids:
        if not 1 <= cluster <= count:
            raise Refusal("CapacityRegistry_UnknownCluster", clusterId=cluster)
    return [_cluster(deployment, cluster, now // HOUR, at) for cluster in ids]


def _cluster(deployment: Deployment, cluster: int, hour: int, block: int) -> ClusterView:
    registry, market = deployment.registry, deployment.market
    state, terms = registry.call_many(
        [("clusterOf", [cluster]), ("termsOf", [cluster])], block=block
    )
    books, base, booked = market.call_many(
        [("booksOf", [cluster]), ("baseOf", [cluster]), ("bookedAt", [cluster, hour])], block=block
    )
    token = Contract(deployment.rpc, "CapacityToken", state["token"])
    name, symbol = token.call_many([("name", []), ("symbol", [])], block=block)
    return ClusterView(
        cluster=cluster,
        name=name,
        symbol=symbol,
        operator=state["operator"],
        token=state["token"],
        attested=state["attested"],
        sellable=state["sellable"],
        booked=booked,
        genesis=state["genesis"],
        attestations=state["attestations"],
        base=base,
        accrued_to=books["cursor"],
        terms=_terms(terms),
    )


def leases(
    deployment: Deployment, cluster: int | None = None, block: int | None = None
) -> list[LeaseView]:
    """Every lease, of one cluster or of all, the oldest first."""
    number, now = head(deployment)
    at = number if block is None else block
    opened = opened_leases(deployment, cluster, at)
    market = deployment.market
    numbers = [lease.lease_id for lease in opened]
    owners = market.call_many([("ownerOf", [number]) for number in numbers], block=at)
    states = market.call_many([("leaseOf", [number]) for number in numbers], block=at)
    ids = sorted({lease.cluster for lease in opened})
    books = market.call_many([("booksOf", [number]) for number in ids], block=at)
    cursors = {number: int(found["cursor"]) for number, found in zip(ids, books, strict=True)}
    return [
        LeaseView(
            opened=lease,
            owner=owner,
            refunded=state["refunded"],
            state=_state(lease, now // HOUR, cursors[lease.cluster]),
        )
        for lease, owner, state in zip(opened, owners, states, strict=True)
    ]


def lease(deployment: Deployment, number: int) -> LeaseView:
    """One lease; an unknown one is refused."""
    found = deployment.market.call("leaseOf", number)
    listed = leases(deployment, int(found["clusterId"]))
    return next(view for view in listed if view.opened.lease_id == number)


def _state(lease: OpenedLease, hour: int, cursor: int) -> str:
    if cursor >= lease.end:
        return "final"
    if hour >= lease.end:
        return "ended"
    return "running" if hour >= lease.start else "future"


def _terms(found: dict[str, Any]) -> Terms:
    pricing, service, split = found["pricing"], found["service"], found["split"]
    return Terms(
        kind=Kind(found["kind"]),
        power=found["power"],
        sku=_text(found["sku"]),
        region=_text(found["region"]),
        pricing=Pricing(*pricing.values()),
        service=Service(*service.values()),
        split=Split(*split.values()),
    )


def _text(word: bytes) -> str:
    return word.rstrip(b"\0").decode("ascii", "replace")
