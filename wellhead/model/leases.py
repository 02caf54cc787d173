"""A lease and its parts, and what can be looked up about them, as plain data."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Protocol

from eth_abi.abi import encode
from eth_utils.crypto import keccak

from .units import HOUR, ZERO, Address


@dataclass
class Part:
    """Hours [start, end) of a lease that were booked together, in one era of the cluster.

    `rate` is rent per full hour in 2^-32 stablecoin units; the first hour is covered for
    `first_seconds`. A part `is_cut` when it was split in time or partly cancelled.
    """

    era: int
    start: int
    end: int
    first_seconds: int
    rate: int
    is_cut: bool = False

    @property
    def hours(self) -> range:
        """Its hours, one by one."""
        return range(self.start, self.end)

    def seconds_at(self, hour: int) -> int:
        """Seconds of an hour that it covers."""
        if hour not in self.hours:
            return 0
        return self.first_seconds if hour == self.start else HOUR

    def rate_at(self, hour: int) -> int:
        """Rent of an hour in 2^-32 stablecoin units; its first one pro rata, rounded down."""
        return self.rate * self.seconds_at(hour) // HOUR

    @property
    def rent(self) -> int:
        """Rent of all of its hours, 2^-32 stablecoin units."""
        return sum(map(self.rate_at, self.hours))

    @property
    def seconds(self) -> int:
        """Seconds that it covers."""
        return sum(map(self.seconds_at, self.hours))


@dataclass
class Access:
    """Who may use a lease until `expires`, inclusive; and from when on, on the market clock, the
    operator may suspend that, 0 without a notice."""

    user: Address = ZERO
    expires: int = 0
    due: int = 0
    is_suspended: bool = False


class PartLike(Protocol):
    """A part as the market shows it."""

    @property
    def start(self) -> int: ...
    @property
    def end(self) -> int: ...
    @property
    def first_seconds(self) -> int: ...
    @property
    def rate(self) -> int: ...
    @property
    def is_cut(self) -> bool: ...


def digest_of(parts: Iterable[PartLike]) -> bytes:
    """What a buyer relies on: keccak256 of the parts as the ABI encodes them, 32 bytes."""
    shown = [(p.start, p.end, p.first_seconds, p.rate, p.is_cut) for p in parts]
    return bytes(keccak(encode(["(uint256,uint256,uint256,uint256,bool)[]"], [shown])))


@dataclass
class Lease:
    """`units` units of a cluster for the hours of its parts, which follow each other.

    `refunded` is stablecoin units already credited for losses and void hours; `shared` is ledger
    that splits by units moved to it from others; `transfers` is how often it changed hands.
    """

    cluster_id: int
    units: int
    owner: Address
    parts: list[Part]
    refunded: int = 0
    shared: int = 0
    transfers: int = 0
    approved: Address | None = None
    access: Access = field(default_factory=Access)

    @property
    def start(self) -> int:
        """First hour."""
        return self.parts[0].start

    @property
    def end(self) -> int:
        """Hour after the last one, as booked."""
        return self.parts[-1].end


@dataclass(frozen=True)
class LeaseView:
    """A lease as the market shows it.

    `stop` is the hour after the last one that is not void; `first_seconds` and `rate` are those of
    the first part; `parts` is their number, `transfers` is how often it changed hands, modulo 2^16.
    """

    cluster_id: int
    units: int
    start: int
    end: int
    stop: int
    first_seconds: int
    rate: int
    refunded: int
    parts: int
    transfers: int


@dataclass(frozen=True)
class Quote:
    """What a lease would cost: stablecoin units, 2^-32 of them per full hour, seconds of the first
    hour, 1e-18 stablecoin units per unit-hour, most units booked in any of its hours."""

    cost: int
    rate: int
    first_seconds: int
    base: int
    peak: int


@dataclass(frozen=True)
class Books:
    """A cluster's books.

    Hours before `cursor` are accrued; `booked` and `rate` are those of the last accrued hour, 0
    right after a change of era; `lost` is L at the cursor; `down` is seconds of booked hours in
    which nothing was available, in a row; `earned` and `remainder` are ledgers that wait for the
    router, `bond` is the operator's; `base` is 1e-18 stablecoin units per unit-hour, with the hours
    before `base_hour`; `era` counts defaults.
    """

    cursor: int
    booked: int
    rate: int
    lost: int
    down: int
    earned: int
    remainder: int
    bond: int
    base: int
    base_hour: int
    era: int


@dataclass(frozen=True)
class Entry:
    """What happened to a calendar, for the record: `units` in each of [start, end), negative where
    they were sold back. For a booking also its cost in stablecoin units, what of that its hours'
    rates leave in 2^-32 stablecoin units, and how many units could be booked at that moment."""

    era: int
    start: int
    end: int
    units: int
    cost: int = 0
    remainder: int = 0
    limit: int = 0
