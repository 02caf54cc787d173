"""What a lease costs and what it earns, written down from the documentation in fractions.

Independent of the contracts and of wellhead.model on purpose: no scaling, one rounding at the end.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from fractions import Fraction
from math import ceil, floor
from typing import Any

from eth_abi.abi import encode
from eth_utils.crypto import keccak

from tests.support.stage import HOUR, Q, Stage, Terms
from wellhead.chain import Receipt, UnlockedAccount
from wellhead.model.samples import Sample

RATE = 2**32
#: Ledger integers per stablecoin unit.
LEDGER = RATE * Q
WAD = 10**18
#: LeaseMarket's storage slot of its books by cluster.
BOOKS_SLOT = 1
#: Fields of LeaseBook.Earnings and their bits, from the lowest.
EARNINGS = {"earned": 112, "cancelled": 56, "remainder": 64, "hoursCovered": 24}
#: Rent is one stablecoin unit per unit-hour, always.
FLAT = Terms(
    base_start=1,
    base_floor=1,
    base_cap=1,
    low=Q,
    high=Q,
    speed=0,
    discount=0,
)


def cost(
    terms: Terms,
    base: Fraction | int,
    attested: int,
    units: int,
    seconds: Sequence[int],
    booked: Sequence[int],
) -> int:
    """Cost of `units` units in hours of which `seconds` are covered and that others `booked`."""
    before = gross(terms, base, attested, units, seconds, booked)
    return ceil(before * (1 - discount(terms, sum(seconds))))


def gross(
    terms: Terms,
    base: Fraction | int,
    attested: int,
    units: int,
    seconds: Sequence[int],
    booked: Sequence[int],
) -> Fraction:
    """The same before the discount, and what these units give back on the curve when sold."""
    low, high = Fraction(terms.low, Q), Fraction(terms.high, Q)
    total = Fraction(0)
    for covered, others in zip(seconds, booked, strict=True):
        curve = low * units + (high - low) / attested * (units * others + Fraction(units**2, 2))
        total += base * Fraction(covered, HOUR) * curve
    return total


def discount(terms: Terms, seconds: int) -> Fraction:
    """Term discount of a booking of so many seconds."""
    ramp = terms.discount_hours * HOUR
    return Fraction(terms.discount, Q) * Fraction(min(seconds, ramp), ramp)


def sold_back(
    terms: Terms,
    paid: Fraction | int,
    seconds: int,
    left: int,
    release: Fraction,
    empty: Fraction,
) -> Fraction:
    """Refund for the last `left` of the `seconds` of a part that was `paid`; `release` is the gross
    that they give back on the curve now, `empty` the same where nobody else has booked."""
    was, keeps = discount(terms, seconds), discount(terms, seconds - left)
    whole = paid / (1 - was)
    released = min(whole * left / seconds, release)
    fee = Fraction(terms.cancel_fee, Q)
    most, shifted = Fraction(terms.discount, Q), released - min(released, empty)
    given = (1 - was) * released * (1 - fee)
    return max(Fraction(0), given - (was - keeps) * (whole - released) - (most - keeps) * shifted)


def loss(available: int, booked: Fraction | int, sla: int, penalty: int) -> int:
    """Millionths of a booked hour's rent that are lost; `available` is thousandths of a unit, and
    `booked` the mean over the hour."""
    fraction = min(Fraction(1), Fraction(available, 1000 * booked))
    promised = Fraction(sla, Q)
    return max(0, floor((Q + penalty) * (promised - fraction) / promised))


def served(available: int, booked: Fraction | int, sla: int, penalty: int) -> int:
    """Millionths of a booked hour that are paid for; `available` is thousandths of a unit."""
    return max(0, Q - loss(available, booked, sla, penalty))


def base_after(terms: Terms, base: int, growth: Fraction) -> tuple[int, int]:
    """Bounds of the base, 1e-18 units, after its logarithm grew by `growth`: the exponential is
    exact to some 1e-18, and the rest is rounded down."""
    with localcontext() as context:
        context.prec = 80
        factor = (Decimal(growth.numerator) / Decimal(growth.denominator)).exp()
        exact = Decimal(base) * factor
        slack = Decimal(base) * (2 + factor) / WAD + 1
        low, high = int(exact - slack), int(exact)
    floor_, cap = terms.base_floor * WAD, terms.base_cap * WAD
    return min(max(low, floor_), cap), min(max(high, floor_), cap)


@dataclass(frozen=True)
class Opened:
    """A lease as its LeaseOpened event tells it."""

    id: int
    cluster: int
    units: int
    start: int
    end: int
    first_seconds: int
    cost: int
    rate: int
    tenant: UnlockedAccount
    receipt: Receipt

    @property
    def first_rate(self) -> int:
        """Rent of the first hour, 2^-32 units."""
        return self.rate * self.first_seconds // HOUR

    @property
    def rent(self) -> int:
        """Rent of all hours, 2^-32 units."""
        return self.first_rate + self.rate * (self.end - self.start - 1)

    def seconds_at(self, hour: int) -> int:
        """Seconds of one hour that it covers."""
        return self.first_seconds if hour == self.start else HOUR * (self.start < hour < self.end)

    @property
    def remainder(self) -> int:
        """What was paid beyond the rent, ledger integers."""
        return (self.cost * RATE - self.rent) * Q

    def rate_at(self, hour: int) -> int:
        """Rent of one hour, 2^-32 units."""
        if hour == self.start:
            return self.first_rate
        return self.rate if self.start < hour < self.end else 0


def open_lease(
    stage: Stage,
    cluster_id: int,
    units: int,
    start: int,
    hours: int,
    tenant: UnlockedAccount | None = None,
    at: int | None = None,
) -> Opened:
    """Take a lease, in a block of time `at` if one is given."""
    payer = tenant or stage.tenants[0]
    if at is not None:
        stage.anvil.next_block_at(at)
    receipt = stage.market.send("lease", cluster_id, units, start, hours, 2**256 - 1, sender=payer)
    event: Mapping[str, Any] = receipt.event("LeaseOpened").arguments
    return Opened(
        id=event["leaseId"],
        cluster=event["clusterId"],
        units=event["units"],
        start=event["start"],
        end=event["end"],
        first_seconds=event["firstSeconds"],
        cost=event["cost"],
        rate=event["rate"],
        tenant=payer,
        receipt=receipt,
    )


def report(stage: Stage, cluster_id: int, available: Mapping[int, int]) -> None:
    """Report hours, in the order given: thousandths of a unit that tenants could use."""
    attested = stage.registry.call("clusterOf", cluster_id)["attested"] * 1000
    samples = [
        Sample(cluster_id, hour, max(attested, value), value) for hour, value in available.items()
    ]
    for first in range(0, len(samples), 100):
        stage.report(samples[first : first + 100])


def deliver(stage: Stage, cluster_id: int, available: Mapping[int, int]) -> None:
    """Let the hours pass, report them, and let the reports become final."""
    if stage.hour() <= max(available):
        stage.to_hour(max(available) + 1)
    report(stage, cluster_id, available)
    stage.finalize()


def books(stage: Stage, cluster_id: int) -> dict[str, Any]:
    found: dict[str, Any] = stage.market.call("booksOf", cluster_id)
    return found


def refund_ledger(stage: Stage, lease: Opened) -> int:
    return int(stage.market.call("refundLedgerOf", lease.id))


def earnings(stage: Stage, cluster_id: int) -> dict[str, int]:
    """What of a cluster waits for the router, from the market's storage."""
    slot = _earnings_slot(stage, cluster_id)
    word = int(stage.anvil.rpc("eth_getStorageAt", *slot, "latest"), 16)
    found = {}
    for name, bits in EARNINGS.items():
        found[name], word = word % 2**bits, word >> bits
    return found


def write_earnings(stage: Stage, cluster_id: int, paid: int, **changes: int) -> None:
    """Change what of a cluster waits for the router, in the market's storage, and pay the market
    `paid` stablecoin units for it."""
    word, at = 0, 0
    for name, value in {**earnings(stage, cluster_id), **changes}.items():
        assert 0 <= value < 2 ** EARNINGS[name], name
        word, at = word | value << at, at + EARNINGS[name]
    slot = _earnings_slot(stage, cluster_id)
    stage.anvil.rpc("anvil_setStorageAt", *slot, f"0x{word:064x}")
    payer = stage.tenants[-1]
    stage.vault.send("deposit", stage.cash.address, stage.market.address, paid, sender=payer)


def set_remainder(stage: Stage, cluster_id: int, ledger: int) -> None:
    """Let opened leases have left this remainder, a ledger. They leave so little that no test could
    wait for a whole unit of it."""
    before = books(stage, cluster_id)["earned"]
    assert ledger % Q == 0, "the market keeps remainders in 2^-32 stablecoin units"
    write_earnings(stage, cluster_id, ledger // LEDGER, remainder=ledger // Q)
    found = books(stage, cluster_id)
    assert (found["earned"], found["remainder"]) == (before, ledger), "the storage layout changed"


def _earnings_slot(stage: Stage, cluster_id: int) -> tuple[str, str]:
    """Address and slot, for the node."""
    book = int.from_bytes(keccak(encode(["uint256", "uint256"], [cluster_id, BOOKS_SLOT])), "big")
    return stage.market.address, hex(book + 1)
