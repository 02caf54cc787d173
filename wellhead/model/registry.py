"""Operators, clusters and their terms, attestation, sellable capacity, pause."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .clock import Clock
from .errors import Revert
from .fixedpoint import ceil_div
from .routed import Waiting
from .terms import Pricing, Terms, validate_name, validate_terms
from .token import CapacityToken
from .units import HOUR, UNIT, ZERO, Address, Q

if TYPE_CHECKING:
    from .world import World

MAX_UNITS = 2**26 - 1
"""Largest number of units that a cluster can have."""

OFF_BOOK_TOLERANCE = 20_000
"""Millionths of the attested units by which the measured utilization may exceed the booked one."""


@dataclass
class Cluster:
    """A cluster's state; `attested` is the G of the price, `genesis` its record's first hour.

    `mints` are what waited for its tokens before and after each mint to those that there were.
    """

    operator: Address
    token: CapacityToken
    terms: Terms
    genesis: int
    attested: int = 0
    sellable: int = 0
    attestations: int = 0
    mints: list[tuple[Waiting, Waiting]] = field(default_factory=list)


@dataclass(frozen=True)
class Offer:
    """What the market needs of a cluster to price and book; `bond` is stablecoin units a unit."""

    pricing: Pricing
    attested: int
    sellable: int
    genesis: int
    bond: int
    is_paused: bool


@dataclass(frozen=True)
class OffBook:
    """An alarm: the measured utilization, millionths of the attested units, and the unit-seconds
    booked."""

    measured: int
    covered: int
    attested: int


class CapacityRegistry:
    """Clusters by id, counting from 1, and the market clock."""

    def __init__(self, world: World, address: Address) -> None:
        self.world = world
        self.address = address
        self.clusters: dict[int, Cluster] = {}
        self.market_clock = Clock(world.now)

    @property
    def paused(self) -> bool:
        """Whether new leases and mints are stopped."""
        return self.market_clock.stopped

    @property
    def cluster_count(self) -> int:
        """How many clusters there are."""
        return len(self.clusters)

    def clock(self) -> int:
        """Seconds since deployment that were not paused."""
        return self.market_clock.at(self.world.now)

    def clock_at(self, timestamp: int) -> int:
        """The market clock as it stood at a unix time up to now."""
        return self.market_clock.at(timestamp)

    def cluster_of(self, cluster_id: int) -> Cluster:
        """A cluster; reverts when there is none."""
        if cluster_id not in self.clusters:
            raise Revert("CapacityRegistry_UnknownCluster", cluster_id)
        return self.clusters[cluster_id]

    def genesis_of(self, cluster_id: int) -> int:
        """First hour of a cluster's record; 0 when the cluster is unknown."""
        cluster = self.clusters.get(cluster_id)
        return 0 if cluster is None else cluster.genesis

    def operator_of(self, cluster_id: int) -> Address:
        """Who runs a cluster; zero when it is unknown."""
        cluster = self.clusters.get(cluster_id)
        return ZERO if cluster is None else cluster.operator

    def offer_of(self, cluster_id: int) -> Offer:
        """What the market needs of a cluster; reverts when there is none."""
        cluster = self.cluster_of(cluster_id)
        return Offer(
            pricing=cluster.terms.pricing,
            attested=cluster.attested,
            sellable=cluster.sellable,
            genesis=cluster.genesis,
            bond=cluster.terms.service.bond,
            is_paused=self.paused,
        )

    def register(
        self, caller: Address, terms: Terms, name: str, symbol: str, token: Address | None = None
    ) -> int:
        """Register a cluster run by the caller; returns its id.

        `token` is the address of its token on the chain that the model stands beside.
        """
        self.world.authority.require("register", caller)
        self._require_running()
        validate_terms(terms)
        validate_name(name, symbol)
        cluster_id = self.cluster_count + 1
        address = token or f"0x{0xC0FFEE:08x}{cluster_id:032x}"
        share = CapacityToken(self.world, address, cluster_id, terms.policy, name, symbol)
        self.clusters[cluster_id] = Cluster(caller, share, terms, self.world.hour)
        return cluster_id

    def mint(
        self,
        caller: Address,
        cluster_id: int,
        units: int,
        number: int,
        evidence: bytes,
        signers: Sequence[Address | None],
    ) -> None:
        """Mint the tokens of newly attested units to the operator and open the units to bookings.

        The operator must be allowed to receive. Accrues and distributes first, charges the operator
        the new units' part of what waits and vests, and requires the record to be current.
        `signers` as in `MetricsOracle.report`; `evidence` is only logged.
        """
        self._require_running()
        cluster = self._own_cluster(caller, cluster_id)
        if not 1 <= units <= MAX_UNITS - cluster.attested:
            raise Revert("CapacityRegistry_InvalidUnits", units, MAX_UNITS - cluster.attested)
        if number != cluster.attestations:
            raise Revert("CapacityRegistry_AttestationNumber", cluster.attestations, number)
        self.world.oracle.require_quorum(signers)
        with self.world.transaction():
            cluster.attestations += 1
            self.world.router.accrue_and_distribute(cluster_id)
            self.world.market.update_base(cluster_id)
            self._require_current(cluster_id)
            before = self.world.router.waiting_of(cluster_id)
            self.world.router.top_up(self.address, cluster_id, caller, units)
            cluster.attested += units
            cluster.sellable += units
            cluster.token.mint(self.address, caller, units * UNIT)
            if before.attested != 0:
                cluster.mints.append((before, self.world.router.waiting_of(cluster_id)))

    def set_sellable(self, caller: Address, cluster_id: int, sellable: int) -> None:
        """Set how many units are open to new bookings; existing ones are never touched."""
        cluster = self._own_cluster(caller, cluster_id)
        if sellable > cluster.attested:
            raise Revert("CapacityRegistry_SellableAboveAttested", sellable, cluster.attested)
        cluster.sellable = sellable

    def retire(self, caller: Address, cluster_id: int, units: int) -> None:
        """Burn `units` of the operator's tokens, which are not frozen, and take as many units out
        of service.

        Never below what is still booked. Accrues and distributes first.
        """
        cluster = self._own_cluster(caller, cluster_id)
        if not 1 <= units <= cluster.attested:
            raise Revert("CapacityRegistry_InvalidUnits", units, cluster.attested)
        remaining = cluster.attested - units
        hour = self.world.hour
        horizon = cluster.terms.pricing.horizon_hours
        peak = self.world.market.peak_booked(cluster_id, hour, hour + horizon)
        if peak > remaining:
            raise Revert("CapacityRegistry_StillBooked", cluster_id, peak, remaining)
        cluster.token.check_burn(caller, units * UNIT)
        self.world.router.accrue_and_distribute(cluster_id)
        self.world.market.update_base(cluster_id)
        cluster.attested = remaining
        cluster.sellable = min(cluster.sellable, remaining)
        cluster.token.burn(self.address, caller, units * UNIT)

    def set_operator(self, caller: Address, cluster_id: int, operator: Address) -> None:
        """Let another account run a cluster; only the operator, or the governor."""
        cluster = self.cluster_of(cluster_id)
        if caller != cluster.operator:
            self.world.authority.require("set_operator", caller)
        if operator in (ZERO, cluster.operator):
            raise Revert("CapacityRegistry_InvalidOperator", operator)
        cluster.operator = operator

    def flag_off_book(self, cluster_id: int, hour: int) -> OffBook:
        """What is said of an hour in which more was measured than was booked; changes nothing.

        Reverts unless it was more by over the tolerance; the booked part is rounded up.
        """
        attested = self.cluster_of(cluster_id).attested
        record = self.world.oracle.record_of(cluster_id, hour)
        if not record.reported:
            raise Revert("CapacityRegistry_NotReported", cluster_id, hour)
        covered, whole = self.world.market.covered_at(cluster_id, hour), attested * HOUR
        limit = ceil_div(covered * Q, whole) + OFF_BOOK_TOLERANCE if attested else 0
        if record.measured <= limit:
            raise Revert("CapacityRegistry_WithinBooked", cluster_id, hour, record.measured, limit)
        return OffBook(record.measured, covered, attested)

    def pause(self, caller: Address) -> None:
        """Stop new leases and mints, and the market clock."""
        self.world.authority.require("pause", caller)
        self._require_running()
        self.market_clock.stop(self.world.now)

    def unpause(self, caller: Address) -> None:
        """End a pause."""
        self.world.authority.require("unpause", caller)
        if not self.paused:
            raise Revert("CapacityRegistry_NotPaused")
        self.market_clock.start(self.world.now)

    def _require_running(self) -> None:
        if self.paused:
            raise Revert("CapacityRegistry_Paused")

    def _require_current(self, cluster_id: int) -> None:
        """An hour reported within an hour of its end is final `finality` later."""
        due = (self.world.now - self.world.oracle.finality) // HOUR - 1
        cursor = self.world.market.book_of(cluster_id).cursor
        if cursor < due:
            raise Revert("CapacityRegistry_RecordNotCurrent", cluster_id, cursor, due)

    def _own_cluster(self, caller: Address, cluster_id: int) -> Cluster:
        cluster = self.cluster_of(cluster_id)
        if caller != cluster.operator:
            raise Revert("CapacityRegistry_NotOperator", cluster_id, caller)
        return cluster
