"""Booking more than is needed and selling the rest back never costs less than booking what is
needed, at no fee either."""

import random

import pytest

from tests.support.lifecycle import cancel, extend, refund_of, split_units
from tests.support.rent import open_lease
from tests.support.shows import shows
from tests.support.stage import USD, Q, Stage, Terms
from wellhead.chain import Reverted

UNITS = 100
STILL = Terms(speed=0, cancel_fee=0)
TERMS = {
    "default": STILL,
    "flat": STILL.but(low=Q, high=Q, discount=0),
    "odd": STILL.but(base_start=3 * USD + 1, low=333_333, high=777_777, discount=299_999),
    "steep": STILL.but(base_start=1_234_567, low=1, high=100 * Q, discount=0),
    "short ramp": STILL.but(low=Q, high=Q, discount=Q // 2, discount_hours=30),
    "with a fee": STILL.but(cancel_fee=100_000),
}


def crowd(stage: Stage, cluster: int, chance: random.Random, start: int) -> None:
    """Bookings of others, uneven over the hours."""
    for _ in range(chance.randint(0, 5)):
        units, hours = chance.randint(1, 40), chance.choice([1, 3, 10, 60, 300])
        try:
            stage.lease(cluster, units, start + chance.randint(0, 80), hours, stage.tenants[3])
        except Reverted as error:
            assert error.name == "LeaseMarket_SoldOut"


@shows("PRICE-6")
@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("terms", TERMS.values(), ids=TERMS)
def test_more_hours_than_needed_never_save_anything(stage: Stage, terms: Terms, seed: int) -> None:
    chance = random.Random(seed)
    cluster = stage.cluster(UNITS, terms)
    start = stage.hour() + 5
    crowd(stage, cluster, chance, start)
    tried = 0
    while tried < 6:
        units, keep = chance.randint(1, 40), chance.randint(1, 80)
        hours = keep + chance.choice([1, 2, 10, 100, 700])
        try:
            plain = stage.market.call("quote", cluster, units, start, keep)["cost"]
            stage.market.call("quote", cluster, units, start, hours)
        except Reverted as error:
            assert error.name == "LeaseMarket_SoldOut"
            continue
        tried += 1
        with stage.scratch():
            lease = open_lease(stage, cluster, units, start, hours)
            refund = refund_of(cancel(stage, lease.id, start + keep))
            assert lease.cost - refund >= plain, (units, keep, hours)


@shows("PRICE-6")
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("terms", TERMS.values(), ids=TERMS)
def test_pieces_extensions_and_returns_together_never_save_anything(
    stage: Stage, terms: Terms, seed: int
) -> None:
    """A tenant that wants `units` for `keep` hours books more units and more hours, lengthens,
    splits off and sells back in any order."""
    chance = random.Random(seed + 100)
    cluster = stage.cluster(UNITS, terms)
    start = stage.hour() + 5
    crowd(stage, cluster, chance, start)
    tried = 0
    while tried < 5:
        units, keep = chance.randint(1, 20), chance.randint(2, 60)
        more, first = chance.randint(1, 20), chance.randint(1, keep)
        longer = chance.choice([1, 9, 100])
        try:
            plain = stage.market.call("quote", cluster, units, start, keep)["cost"]
            stage.market.call("quote", cluster, units + more, start, keep + longer)
        except Reverted as error:
            assert error.name == "LeaseMarket_SoldOut"
            continue
        tried += 1
        with stage.scratch():
            lease = open_lease(stage, cluster, units + more, start, first)
            paid = lease.cost
            if chance.random() < 0.5:
                spare, _ = split_units(stage, lease.id, more)
                paid -= refund_of(cancel(stage, spare, start))
                paid += extend(stage, lease, keep - first + longer).cost
            else:
                paid += extend(stage, lease, keep - first + longer).cost
                spare, _ = split_units(stage, lease.id, more)
                paid -= refund_of(cancel(stage, spare, start))
            paid -= refund_of(cancel(stage, lease.id, start + keep))
            assert stage.market.call("leaseOf", lease.id)["units"] == units
            assert stage.market.call("leaseOf", lease.id)["end"] == start + keep
            assert paid >= plain, (units, keep, more, first, longer)


@shows("PRICE-9")
@pytest.mark.parametrize("terms", TERMS.values(), ids=TERMS)
@pytest.mark.parametrize(("units", "hours"), [(1, 1), (UNITS, 1), (UNITS, 720), (33, 1441)])
def test_coming_and_going_at_once_never_pays(
    stage: Stage, terms: Terms, units: int, hours: int
) -> None:
    cluster = stage.cluster(UNITS, terms)
    lease = open_lease(stage, cluster, units, stage.hour() + 1, hours)
    refund = refund_of(cancel(stage, lease.id, lease.start))
    assert refund <= lease.cost
    if not terms.cancel_fee:
        # The cost was rounded up; what that is before the discount counts as not given back.
        assert refund >= lease.cost - 2


@shows("PRICE-8")
def test_a_decoy_lifts_the_price_for_its_owner_only(stage: Stage) -> None:
    """Fill the hours, so that the curve gives more; both sold back, in either order."""
    cluster = stage.cluster(UNITS, TERMS["steep"])
    start = stage.hour() + 2
    for first_out in (0, 1):
        with stage.scratch():
            leases = [open_lease(stage, cluster, units, start, 24) for units in (40, 60)]
            refunds = 0
            for lease in (leases[first_out], leases[1 - first_out]):
                refunds += refund_of(cancel(stage, lease.id, start))
            assert refunds <= sum(lease.cost for lease in leases)
            assert stage.market.call("peakBooked", cluster, start, start + 24) == 0
