"""What there is on a chain: clusters and leases, read at one block."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from wellhead.actions.asking import Question, ask
from wellhead.actions.errors import Refusal
from wellhead.actions.held import HeldLease, find_leases, held_lease, leases_of
from wellhead.chain import Contract, Deployment
from wellhead.chain.contract import BATCH
from wellhead.model.terms import Kind, Pricing, Service, Split, Terms
from wellhead.model.units import HOUR, LEDGER_SCALE, TWO_YEARS_HOURS, WAD, Q

#: What a lease is: its hours lie ahead, are under way, are over or void, or are all accrued.
STATES = ("future", "running", "ended", "final")


@dataclass(frozen=True)
class ClusterView:
    """A cluster. Units are whole; `base` is 1e-18 stablecoin units per unit-hour.

    `bond` is in stablecoin units, rounded down, and `bond_needed` what must stay for what is booked
    in hours that are not accrued. In the last `down` seconds of accrued booked hours nothing was
    available; `era` counts defaults.
    """

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
    bond: int
    bond_needed: int
    down: int
    era: int
    terms: Terms

    @property
    def covered(self) -> int | None:
        """Units that the bond can stand behind; None where the terms ask for none."""
        each = self.terms.service.bond
        return self.bond // each if each else None

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
    """A lease, and what became of its hours."""

    held: HeldLease
    state: str


def head(deployment: Deployment) -> tuple[int, int]:
    """Number and time of the latest block."""
    latest = deployment.rpc("eth_getBlockByNumber", "latest", False)
    return int(latest["number"], 16), int(latest["timestamp"], 16)


def clusters(
    deployment: Deployment,
    wanted: Sequence[int] | None = None,
    block: int | None = None,
    most: int | None = None,
) -> list[ClusterView]:
    """These clusters, or all, the first `most` of them; an unknown one is refused."""
    number, now = head(deployment)
    at = number if block is None else block
    count = cluster_count(deployment, at)
    ids = list(range(1, count + 1)) if wanted is None else list(wanted)
    for cluster in ids:
        if not 1 <= cluster <= count:
            raise Refusal("CapacityRegistry_UnknownCluster", clusterId=cluster)
    return _clusters(deployment, ids[:most], now // HOUR, at)


def cluster_count(deployment: Deployment, block: int | None = None) -> int:
    """Ids run from 1 to this."""
    return int(deployment.registry.call("clusterCount", block=block))


def _clusters(
    deployment: Deployment, ids: Sequence[int], hour: int, block: int
) -> list[ClusterView]:
    """All in few requests, however many they are."""
    rpc, registry, market = deployment.rpc, deployment.registry, deployment.market
    answers = iter(
        ask(
            rpc,
            [
                question
                for cluster in ids
                for question in (
                    (registry, "clusterOf", [cluster]),
                    (registry, "termsOf", [cluster]),
                    (market, "booksOf", [cluster]),
                    (market, "baseOf", [cluster]),
                    (market, "bookedAt", [cluster, hour]),
                )
            ],
            block,
        )
    )
    known = list(zip(ids, answers, answers, answers, answers, answers, strict=False))
    more: list[Question] = []
    for cluster, state, _, books, _, _ in known:
        cursor = int(books["cursor"]) or int(state["genesis"])
        token = Contract(rpc, "CapacityToken", state["token"])
        more.append((market, "peakBooked", [cluster, cursor, hour + TWO_YEARS_HOURS]))
        more += [(token, "name", []), (token, "symbol", [])]
    further = iter(ask(rpc, more, block))
    tokens = zip(further, further, further, strict=True)
    return [_view(*found, *token) for found, token in zip(known, tokens, strict=True)]


def _view(
    cluster: int,
    state: dict[str, Any],
    terms: dict[str, Any],
    books: dict[str, Any],
    base: int,
    booked: int,
    *token: Any,
) -> ClusterView:
    """`token` is the peak of what is booked, and the token's name and symbol."""
    peak, name, symbol = token
    found = _terms(terms)
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
        bond=int(books["bond"]) // LEDGER_SCALE,
        bond_needed=int(peak) * found.service.bond,
        down=int(books["down"]),
        era=int(books["era"]),
        terms=found,
    )


@dataclass(frozen=True)
class LeaseList:
    """Leases by number, the newest of those that were asked for; `more` were not looked at."""

    views: Sequence[LeaseView]
    more: int


def leases(
    deployment: Deployment,
    cluster: int | None = None,
    owner: str | None = None,
    state: str | None = None,
    most: int | None = None,
) -> LeaseList:
    """Leases of one cluster or of all, of one owner or of all; with `most` the newest so many.
    Only a state has to be looked at to be known: others are read until there are so many."""
    at = deployment.rpc.integer("eth_blockNumber")
    known = find_leases(deployment, cluster, owner, at)
    numbers = list(known)
    found: list[LeaseView] = []
    size = len(numbers) if most is None else most if state is None else max(most, BATCH)
    while numbers and (most is None or len(found) < most):
        some, numbers = numbers[-size:], numbers[:-size]
        views = lease_states(
            deployment, leases_of(deployment, {number: known[number] for number in some}, at), at
        )
        found = [view for view in views if state in (None, view.state)] + found
        size *= 2
    left = 0 if most is None else max(len(found) - most, 0)
    return LeaseList(found[left:], len(numbers) + left)


def lease_states(
    deployment: Deployment, held: Sequence[HeldLease], block: int | None = None
) -> list[LeaseView]:
    """These leases, and which state each is in."""
    number, now = head(deployment)
    at = number if block is None else block
    ids = sorted({lease.cluster for lease in held})
    books = deployment.market.call_many([("booksOf", [number]) for number in ids], block=at)
    cursors = {number: int(found["cursor"]) for number, found in zip(ids, books, strict=True)}
    return [LeaseView(one, state_of(one, now // HOUR, cursors[one.cluster])) for one in held]


def lease(deployment: Deployment, number: int) -> LeaseView:
    """One lease; an unknown one is refused."""
    return lease_states(deployment, [held_lease(deployment, number)])[0]


def state_of(held: HeldLease, hour: int, cursor: int) -> str:
    """Which of the states a lease is in, by the hours that are not void."""
    if cursor >= held.stop:
        return "final"
    if hour >= held.stop:
        return "ended"
    return "running" if hour >= held.start else "future"


def _terms(found: dict[str, Any]) -> Terms:
    pricing, service, split = found["pricing"], found["service"], found["split"]
    return Terms(
        kind=Kind(found["kind"]),
        power=found["power"],
        policy=found["policy"],
        sku=_text(found["sku"]),
        region=_text(found["region"]),
        pricing=Pricing(*pricing.values()),
        service=Service(*service.values()),
        split=Split(*split.values()),
    )


def _text(word: bytes) -> str:
    return word.rstrip(b"\0").decode("ascii", "replace")
