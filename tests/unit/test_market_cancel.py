"""What a tenant gets for hours that it sells back, by the documentation's formula in fractions."""

from dataclasses import dataclass
from fractions import Fraction

import pytest

from tests.support.lifecycle import (
    Part,
    assert_refund,
    cancel,
    extend,
    first_part,
    lease_of,
    parts_of,
    refund_of,
)
from tests.support.rent import LEDGER, WAD, Opened, books, gross, open_lease
from tests.support.shows import shows
from tests.support.stage import HOUR, USD, Q, Stage, Terms

UNITS = 100
STILL = Terms(speed=0)
TERMS = {
    "default": STILL,
    "free": STILL.but(cancel_fee=0),
    "flat": STILL.but(low=Q, high=Q, discount=0, cancel_fee=0),
    "steep": STILL.but(base_start=1_234_567, low=1, high=100 * Q, discount=0, cancel_fee=333_333),
    "odd": STILL.but(
        base_start=3 * USD + 1, low=333_333, high=777_777, discount=299_999, cancel_fee=1
    ),
    "short ramp": STILL.but(discount=333_333, discount_hours=5, cancel_fee=70_001),
    "all fee": STILL.but(cancel_fee=Q),
}
Bookings = list[tuple[int, int, int]]


@dataclass(frozen=True)
class Case:
    """A lease of `units` for `hours` hours, `wait` hours from now; all but `keep` are sold back.
    Others book (units, first hour of the lease, hours) before and after it."""

    units: int
    wait: int
    hours: int
    keep: int
    into: int = 0
    before: tuple[tuple[int, int, int], ...] = ()
    after: tuple[tuple[int, int, int], ...] = ()

    def others(self) -> list[int]:
        """What others book in the hours that are sold back."""
        booked = [*self.before, *self.after]
        return [
            sum(units for units, first, length in booked if first <= hour < first + length)
            for hour in range(self.keep, self.hours)
        ]


#: Where the curve gives less now than was paid for these hours, and where it gives as much or more.
CURVE_BINDS = [
    Case(1, 1, 2, 1, before=((99, 0, 1),)),
    Case(7, 1, 30, 5, before=((73, 0, 2), (20, 1, 3))),
    Case(30, 2, 730, 12, before=((70, 0, 4), (1, 700, 10))),
    Case(13, 0, 300, 1, 2399, before=((87, 0, 1),)),
]
PAID_BINDS = [
    Case(1, 1, 2, 1, after=((99, 1, 1),)),
    Case(7, 1, 30, 5, after=((93, 5, 25),)),
    Case(40, 3, 800, 790, before=((50, 0, 100),), after=((60, 790, 10),)),
    Case(50, 0, 26, 1, 3590, after=((50, 1, 25),)),
    Case(5, 1, 4, 0, after=((95, 0, 4),)),
]
LEVEL = [
    Case(1, 1, 1, 0),
    Case(UNITS, 1, 24, 0),
    Case(UNITS, 0, 24, 1, 1234),
    Case(9, 1, 720, 1),
    Case(9, 1, 721, 719),
    Case(9, 1, 1500, 730),
    Case(3, 5, 9, 8, before=((50, 0, 9),)),
]


def opened(stage: Stage, cluster: int, case: Case) -> Opened:
    """The case's lease, with the bookings of others before and after it."""
    now = stage.hour() + 1
    start = now + case.wait
    for units, first, length in case.before:
        stage.lease(cluster, units, start + first, length, stage.tenants[1])
    lease = open_lease(
        stage, cluster, case.units, start, case.hours, at=now * HOUR + max(case.into, 100)
    )
    for units, first, length in case.after:
        stage.lease(cluster, units, start + first, length, stage.tenants[2])
    return lease


@shows("CANCEL-1")
@pytest.mark.parametrize("case", CURVE_BINDS + PAID_BINDS + LEVEL)
@pytest.mark.parametrize("terms", TERMS.values(), ids=TERMS)
def test_the_refund_is_the_documented_fraction_rounded_down(
    stage: Stage, terms: Terms, case: Case
) -> None:
    cluster = stage.cluster(UNITS, terms)
    lease = opened(stage, cluster, case)
    from_ = lease.start + case.keep
    exact = first_part(lease).refund(terms, terms.base_start, UNITS, case.units, case.others())
    before = books(stage, cluster)
    told = stage.market.call("cancel", lease.id, from_, 0, sender=lease.tenant.address)

    receipt = cancel(stage, lease.id, from_)

    refund = refund_of(receipt)
    assert_refund(refund, exact, case.hours)
    earned = lease.rate * (lease.end - from_) * Q - refund * LEDGER
    assert earned >= 0
    assert receipt.event("LeaseCancelled").arguments == {
        "leaseId": lease.id,
        "tenant": lease.tenant.address,
        "from": from_,
        "end": lease.end,
        "refund": refund,
        "earned": earned,
    }
    assert told == refund == stage.claim_of(lease.tenant)
    assert books(stage, cluster)["earned"] == before["earned"] + earned
    assert books(stage, cluster)["remainder"] == before["remainder"]


@shows("CANCEL-1")
@pytest.mark.parametrize("case", CURVE_BINDS + PAID_BINDS)
def test_both_bounds_of_what_is_given_back_were_met(stage: Stage, case: Case) -> None:
    """That the cases above are what they claim: the smaller of what was paid and of the curve."""
    terms = STILL.but(discount=0, cancel_fee=0)
    cluster = stage.cluster(UNITS, terms)
    lease = opened(stage, cluster, case)
    left = [HOUR] * (case.hours - case.keep)
    curve = gross(terms, terms.base_start, UNITS, case.units, left, case.others())
    paid = Fraction(lease.cost * sum(left), first_part(lease).seconds)
    refund = refund_of(cancel(stage, lease.id, lease.start + case.keep))
    assert (curve < paid) == (case in CURVE_BINDS)
    assert_refund(refund, min(curve, paid), case.hours)


@shows("CANCEL-5")
def test_a_discount_meant_for_more_hours_is_given_back(stage: Stage) -> None:
    """At a full ramp the discount is 15 %; who keeps half of the hours has a right to 7.5 %."""
    terms = STILL.but(low=Q, high=Q, cancel_fee=0)
    cluster = stage.cluster(UNITS, terms)
    lease = open_lease(stage, cluster, 10, stage.hour() + 1, 720)
    price = 10 * terms.base_start
    assert lease.cost == price * 720 * 85 // 100
    refund = refund_of(cancel(stage, lease.id, lease.start + 360))
    kept = price * 360 * 925 // 1000
    assert lease.cost - refund == kept
    assert refund == price * 360 * 85 // 100 - price * 360 * 75 // 1000


@shows("CANCEL-5")
def test_a_clawback_above_the_refund_leaves_zero(stage: Stage) -> None:
    terms = STILL.but(cancel_fee=999_999)
    cluster = stage.cluster(UNITS, terms)
    lease = open_lease(stage, cluster, 10, stage.hour() + 1, 720)
    receipt = cancel(stage, lease.id, lease.start + 719)
    assert refund_of(receipt) == 0
    assert receipt.event("LeaseCancelled")["earned"] == lease.rate * Q
    assert receipt.all("Moved") == []
    assert stage.claim_of(lease.tenant) == 0


@pytest.mark.parametrize("from_", [1, 2, 5])
def test_a_pro_rata_first_hour_is_kept(stage: Stage, from_: int) -> None:
    cluster = stage.cluster(UNITS, STILL)
    start = stage.hour() + 1
    lease = open_lease(stage, cluster, 10, start, 6, at=start * HOUR + 3000)
    part = first_part(lease)
    assert part.seconds == 600 + 5 * HOUR
    exact = part.refund(STILL, STILL.base_start, UNITS, 10, [0] * (6 - from_))
    assert_refund(refund_of(cancel(stage, lease.id, start + from_)), exact)
    assert parts_of(stage, lease.id) == [
        {
            "start": start,
            "end": start + from_,
            "firstSeconds": 600,
            "rate": lease.rate,
            "isCut": True,
        }
    ]
    assert lease_of(stage, lease.id)["firstSeconds"] == 600


def three_parts(stage: Stage, cluster: int) -> tuple[Opened, list[Part]]:
    """A lease of 20 + 30 + 40 hours, each at another price, because others book in between."""
    lease = open_lease(stage, cluster, 10, stage.hour() + 2, 20)
    stage.lease(cluster, 50, lease.end, 10, stage.tenants[1])
    second = extend(stage, lease, 30)
    stage.lease(cluster, 30, second.end + 5, 40, stage.tenants[2])
    return lease, [first_part(lease), second, extend(stage, lease, 40)]


@shows("CANCEL-1")
@pytest.mark.parametrize("offset", [0, 1, 19, 20, 21, 49, 50, 51, 70, 89])
@pytest.mark.parametrize("terms", ["default", "flat", "odd", "short ramp"])
def test_parts_are_sold_back_each_at_its_own_price(stage: Stage, terms: str, offset: int) -> None:
    cluster = stage.cluster(UNITS, TERMS[terms])
    lease, parts = three_parts(stage, cluster)
    from_ = lease.start + offset
    others = dict.fromkeys(range(lease.end, lease.end + 10), 50)
    others |= dict.fromkeys(range(lease.end + 35, lease.end + 75), 30)
    exact = Fraction(0)
    rent = 0
    for part in parts:
        hours = range(max(from_, part.start), part.end)
        if len(hours):
            load = [others.get(hour, 0) for hour in hours]
            exact += part.refund(TERMS[terms], TERMS[terms].base_start, UNITS, 10, load)
            rent += part.rate * len(hours)

    receipt = cancel(stage, lease.id, from_)

    refund = refund_of(receipt)
    assert_refund(refund, exact, 90)
    event = receipt.event("LeaseCancelled")
    assert event["earned"] == rent * Q - refund * LEDGER
    assert event["end"] == lease.start + 90
    if offset == 0:
        assert stage.market.call("balanceOf", lease.tenant.address) == 0
        return
    kept = [part for part in parts if part.start < from_]
    assert parts_of(stage, lease.id) == [
        {
            "start": part.start,
            "end": min(part.end, from_),
            "firstSeconds": HOUR,
            "rate": part.rate,
            "isCut": from_ < part.end,
        }
        for part in kept
    ]
    found = lease_of(stage, lease.id)
    assert (found["end"], found["stop"], found["parts"]) == (from_, from_, len(kept))


@shows("CANCEL-3")
@pytest.mark.parametrize("taken", [0, UNITS], ids=["base falls", "base rises"])
def test_the_curve_gives_what_it_stands_at_now(stage: Stage, taken: int) -> None:
    terms = Terms(speed=50_000, base_floor=1, base_cap=1000 * USD, discount=0, cancel_fee=0)
    cluster = stage.cluster(UNITS, terms)
    lease = open_lease(stage, cluster, 10, stage.hour() + 50, 10)
    if taken:
        stage.lease(cluster, taken, stage.hour() + 1, 20, stage.tenants[1])
    stage.to_hour(stage.hour() + 21)
    base = stage.market.call("baseOf", cluster)
    assert (base > terms.base_start * WAD) == bool(taken)

    receipt = cancel(stage, lease.id, lease.start + 4)

    assert receipt.event("BaseUpdated").arguments == {
        "clusterId": cluster,
        "base": base,
        "hour": stage.hour(),
    }
    assert books(stage, cluster)["base"] == base
    exact = first_part(lease).refund(terms, Fraction(base, WAD), UNITS, 10, [0] * 6)
    assert_refund(refund_of(receipt), exact)
    assert (exact < Fraction(lease.cost * 6, 10)) == (not taken)


@shows("PRICE-12")
def test_minted_units_flatten_the_curve(stage: Stage) -> None:
    terms = STILL.but(discount=0, cancel_fee=0)
    cluster = stage.cluster(UNITS, terms)
    lease = open_lease(stage, cluster, 50, stage.hour() + 30, 10)
    stage.mint(cluster, 900)
    exact = first_part(lease).refund(terms, terms.base_start, 1000, 50, [0] * 5)
    assert exact < Fraction(lease.cost, 2)
    assert_refund(refund_of(cancel(stage, lease.id, lease.start + 5)), exact)
