"""Users of leases, and suspensions, in the model."""

from __future__ import annotations

from tests.support.shows import shows
from tests.support.worlds import (
    BUYER,
    DAY,
    GOVERNOR,
    NOW,
    OPERATOR,
    TENANT,
    USER,
    lease,
    make_world,
    refused,
    report,
)
from wellhead.model import invariants
from wellhead.model.records import NOTICE
from wellhead.model.units import HOUR, RATE_SCALE, ZERO, Q


def test_a_user_stays_until_its_time_is_over() -> None:
    world = make_world()
    first, market = world.hour, world.market
    key = lease(world, 2, first, 4)
    end, soon = (first + 4) * HOUR, world.now + 100
    assert (market.user_of(key), market.user_expires(key)) == (ZERO, 0)
    too_long = refused(lambda: market.set_user(TENANT, key, USER, end + 1))
    assert too_long == ("UseTooLong", key, end + 1, end)
    assert refused(lambda: market.set_user(BUYER, key, USER, end)) == ("NotTenant", key, BUYER)
    assert refused(lambda: market.set_user(TENANT, 9, USER, end)) == ("UnknownLease", 9)
    market.set_user(TENANT, key, USER, soon)
    assert (market.user_of(key), market.user_expires(key)) == (USER, soon)
    taken = ("InUse", key, USER, soon)
    assert refused(lambda: market.set_user(TENANT, key, BUYER, soon)) == taken
    # Not by a sale either, and the buyer can not displace it.
    market.transfer_from(TENANT, TENANT, BUYER, key)
    assert market.user_of(key) == USER
    assert refused(lambda: market.set_user(BUYER, key, ZERO, 0)) == taken
    world.now = soon
    assert market.user_of(key) == USER
    world.advance(1)
    assert market.user_of(key) == ZERO
    assert market.user_expires(key) == soon
    market.set_user(BUYER, key, TENANT, end)
    world.now = end - 1
    assert market.user_of(key) == TENANT
    world.now = end
    assert market.user_of(key) == ZERO  # the lease is over, though the user's time is not
    invariants.check_all(world)


def test_a_user_passes_its_use_on_for_its_time_or_less() -> None:
    world = make_world()
    key, market = lease(world, 2, world.hour, 4), world.market
    until = world.now + 1_000
    market.set_user(TENANT, key, USER, until)
    longer = refused(lambda: market.set_user(USER, key, BUYER, until + 1))
    assert longer == ("UseTooLong", key, until + 1, until)
    market.set_user(USER, key, BUYER, until - 1)
    assert market.user_of(key) == BUYER
    # It was the user's only while it had the use.
    assert refused(lambda: market.set_user(USER, key, USER, 1)) == ("NotTenant", key, USER)
    market.set_user(BUYER, key, ZERO, until - 1)  # nobody has no time
    assert (market.user_of(key), market.user_expires(key)) == (ZERO, 0)
    market.set_user(TENANT, key, USER, until)
    assert market.split_units(TENANT, lease(world, 2, world.hour, 4), 1) == 3


def test_a_user_has_its_hours() -> None:
    world = make_world()
    first, market = world.hour, world.market
    key = lease(world, 2, first, 6)
    until = (first + 3) * HOUR + 1
    market.set_user(TENANT, key, USER, until)
    for call in (market.split_hours, lambda who, key, at: market.cancel(who, key, at, 0)):
        in_use = refused(lambda call=call: call(TENANT, key, first + 3))  # type: ignore[misc]
        assert in_use == ("InUse", key, USER, until)
    new = market.split_hours(TENANT, key, first + 4)
    assert (market.user_of(new), market.user_of(key)) == (ZERO, USER)
    market.cancel(TENANT, new, first + 4, 0)
    invariants.check_all(world)


def test_a_suspension_needs_a_notice_and_its_time() -> None:
    world = make_world()
    first, market = world.hour, world.market
    key = lease(world, 2, first, 100)
    market.set_user(TENANT, key, USER, (first + 100) * HOUR)

    def not_due(at: int) -> tuple[object, ...]:
        return ("NotDue", key, at, world.registry.clock())

    for call in (
        lambda who: market.notice_suspension(who, key, b""),
        lambda who: market.suspend(who, key),
        lambda who: market.lift_suspension(who, key),
    ):
        denied = refused(lambda call=call: call(TENANT))  # type: ignore[misc]
        assert denied == ("NotOperator", 1, TENANT)
    assert refused(lambda: market.suspend(OPERATOR, 9)) == ("UnknownLease", 9)
    assert refused(lambda: market.suspend(OPERATOR, key)) == not_due(0)
    assert refused(lambda: market.lift_suspension(OPERATOR, key)) == not_due(0)
    world.advance(60)
    market.notice_suspension(OPERATOR, key, b"")
    assert market.suspension_of(key) == (60 + NOTICE, False)
    # A pause stops its clock, and a second notice begins anew.
    world.registry.pause(GOVERNOR)
    world.advance(2 * DAY)
    world.registry.unpause(GOVERNOR)
    world.advance(NOTICE - 1)
    assert refused(lambda: market.suspend(OPERATOR, key)) == not_due(60 + NOTICE)
    market.notice_suspension(OPERATOR, key, b"")
    world.advance(1)
    assert refused(lambda: market.suspend(OPERATOR, key)) == not_due(59 + 2 * NOTICE)
    world.advance(NOTICE - 1)
    market.suspend(OPERATOR, key)
    assert market.suspension_of(key) == (59 + 2 * NOTICE, True)
    assert market.user_of(key) == ZERO
    suspended = ("Suspended", key)
    assert refused(lambda: market.suspend(OPERATOR, key)) == suspended
    assert refused(lambda: market.notice_suspension(OPERATOR, key, b"")) == suspended
    market.lift_suspension(OPERATOR, key)
    assert market.suspension_of(key) == (0, False)
    assert market.user_of(key) == USER
    assert world.now > NOW


@shows("USE-7")
def test_a_suspension_touches_no_money() -> None:
    world = make_world()
    first, market = world.hour, world.market
    key = lease(world, 2, first, 80)
    market.notice_suspension(OPERATOR, key, b"")
    world.advance(NOTICE)
    market.suspend(OPERATOR, key)
    report(world, range(first, world.hour), 1_000)
    world.advance(DAY)
    # Half of what was promised: the loss is 742,424 millionths of 1.76 coins, for 24 hours.
    assert market.settle(key) == 1_760_000 * 742_424 * 24 // Q
    assert market.books_of(1).earned == 1_760_000 * (Q - 742_424) * 24 * RATE_SCALE
    market.transfer_from(TENANT, TENANT, BUYER, key)
    assert market.suspension_of(key) == (NOTICE, True)  # goes with the lease
    assert market.cancel(BUYER, key, world.hour + 1, 0) > 0
    invariants.check_all(world)
