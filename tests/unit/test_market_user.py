"""Who may use leased units, ERC-4907: named by the owner, and there to stay until the end."""

from typing import Any

import pytest

from tests.support.lifecycle import ZERO, cancel, extend, split_hours, split_units
from tests.support.raw import attempt
from tests.support.rent import Opened, deliver, open_lease
from tests.support.reverts import expect_revert
from tests.support.shows import shows
from tests.support.stage import HOUR, MAX, Stage, Terms
from tests.support.state import refused
from wellhead.chain import Receipt, UnlockedAccount

TERMS = Terms(speed=0, discount=0)
FOREVER = 2**64 - 1


@pytest.fixture
def lease(stage: Stage) -> Opened:
    """Ten units for 24 hours, from the second hour from now on."""
    return open_lease(stage, stage.cluster(100, TERMS), 10, stage.hour() + 2, 24)


@pytest.fixture
def user(stage: Stage) -> UnlockedAccount:
    return stage.stranger


def until(lease: Opened, hours: int = 12) -> int:
    """The first second of the lease's hour number `hours`."""
    return (lease.start + hours) * HOUR


def name(
    stage: Stage, lease: Opened, who: str, expires: int, by: UnlockedAccount | None = None
) -> Receipt:
    return stage.market.send("setUser", lease.id, who, expires, sender=by or lease.tenant)


def refuse(stage: Stage, lease: Opened, by: UnlockedAccount, error: str, *arguments: Any) -> None:
    with refused(stage, error, *arguments):
        attempt(stage.market, "setUser", lease.id, by.address, 0, sender=by)


def user_of(stage: Stage, lease: Opened) -> str:
    return str(stage.market.call("userOf", lease.id))


def test_a_new_lease_has_no_user(stage: Stage, lease: Opened) -> None:
    assert user_of(stage, lease) == ZERO
    assert stage.market.call("userExpires", lease.id) == 0


def test_the_owner_names_a_user(stage: Stage, lease: Opened, user: UnlockedAccount) -> None:
    receipt = name(stage, lease, user.address, until(lease))
    assert receipt.event("UpdateUser").arguments == {
        "tokenId": lease.id,
        "user": user.address,
        "expires": until(lease),
    }
    assert user_of(stage, lease) == user.address
    assert stage.market.call("userExpires", lease.id) == until(lease)
    assert stage.market.call("ownerOf", lease.id) == lease.tenant.address


@pytest.mark.parametrize("approval", ["approve", "setApprovalForAll"])
def test_whom_the_owner_approved_names_a_user(
    stage: Stage, lease: Opened, user: UnlockedAccount, approval: str
) -> None:
    agent = stage.tenants[1]
    value: int | bool = lease.id if approval == "approve" else True
    stage.market.send(approval, agent.address, value, sender=lease.tenant)
    name(stage, lease, user.address, until(lease), by=agent)
    assert user_of(stage, lease) == user.address


@shows("LEASE-13")
def test_nobody_else_names_a_user(stage: Stage, lease: Opened) -> None:
    for caller in (stage.stranger, stage.operator, stage.tenants[1]):
        refuse(stage, lease, caller, "LeaseMarket_NotTenant", lease.id, caller.address)


@shows("USE-1")
def test_a_user_stays_to_the_last_second_and_no_longer(
    stage: Stage, lease: Opened, user: UnlockedAccount
) -> None:
    expires = until(lease) + 17
    name(stage, lease, user.address, expires)
    stage.to_time(expires)
    assert user_of(stage, lease) == user.address
    stage.to_time(expires + 1)
    assert user_of(stage, lease) == ZERO
    assert stage.market.call("userExpires", lease.id) == expires


@shows("USE-2")
@pytest.mark.parametrize("more", [0, 1, 10**9, FOREVER])
def test_a_user_stays_as_long_as_the_lease_at_most(
    stage: Stage, lease: Opened, user: UnlockedAccount, more: int
) -> None:
    end = lease.end * HOUR
    if more == 0:
        name(stage, lease, user.address, end)
        stage.to_time(end - 1)
        assert user_of(stage, lease) == user.address
        stage.to_time(end)
        assert user_of(stage, lease) == ZERO
        return
    expires = min(end + more, FOREVER)
    with refused(stage, "LeaseMarket_UseTooLong", lease.id, expires, end):
        attempt(stage.market, "setUser", lease.id, user.address, expires, sender=lease.tenant)


@shows("USE-2")
def test_a_longer_lease_has_room_for_a_longer_use(
    stage: Stage, lease: Opened, user: UnlockedAccount
) -> None:
    end = extend(stage, lease, 5).end * HOUR
    name(stage, lease, user.address, end)
    with refused(stage, "LeaseMarket_UseTooLong", lease.id, end + 1, end):
        attempt(stage.market, "setUser", lease.id, user.address, end + 1, sender=user)


@shows("USE-1")
def test_a_live_user_is_not_displaced(stage: Stage, lease: Opened, user: UnlockedAccount) -> None:
    """Not by another, not by nobody, not by itself with less or more time, by whomever."""
    owner, agent, expires = lease.tenant, stage.tenants[1], until(lease)
    stage.market.send("approve", agent.address, lease.id, sender=owner)
    name(stage, lease, user.address, expires)
    error = ("LeaseMarket_InUse", lease.id, user.address, expires)
    for caller in (owner, agent):
        for who, time in [(owner.address, 0), (ZERO, 0), (user.address, expires + 1)]:
            with refused(stage, *error):
                attempt(stage.market, "setUser", lease.id, who, time, sender=caller)
    stage.to_time(expires - 1)
    refuse(stage, lease, owner, *error)
    stage.to_time(expires + 1)
    name(stage, lease, agent.address, expires + HOUR)
    assert user_of(stage, lease) == agent.address


@shows("USE-1")
def test_a_sale_does_not_end_the_use(stage: Stage, lease: Opened, user: UnlockedAccount) -> None:
    seller, buyer, expires = lease.tenant, stage.tenants[1], until(lease)
    name(stage, lease, user.address, expires)
    stage.market.send("transferFrom", seller.address, buyer.address, lease.id, sender=seller)
    assert user_of(stage, lease) == user.address
    refuse(stage, lease, seller, "LeaseMarket_NotTenant", lease.id, seller.address)
    refuse(stage, lease, buyer, "LeaseMarket_InUse", lease.id, user.address, expires)
    stage.to_time(expires + 1)
    name(stage, lease, buyer.address, expires + HOUR, by=buyer)
    assert user_of(stage, lease) == buyer.address


@shows("USE-3")
def test_a_user_gives_up_its_use(stage: Stage, lease: Opened, user: UnlockedAccount) -> None:
    name(stage, lease, user.address, until(lease))
    name(stage, lease, ZERO, 0, by=user)
    assert user_of(stage, lease) == ZERO
    refuse(stage, lease, user, "LeaseMarket_NotTenant", lease.id, user.address)
    name(stage, lease, stage.tenants[1].address, lease.end * HOUR)


@shows("USE-3")
@pytest.mark.parametrize("less", [0, 1, HOUR])
def test_a_user_passes_its_use_on_for_the_same_time_or_less(
    stage: Stage, lease: Opened, user: UnlockedAccount, less: int
) -> None:
    expires, guest = until(lease), stage.tenants[1]
    name(stage, lease, user.address, expires)
    with refused(stage, "LeaseMarket_UseTooLong", lease.id, expires + 1, expires):
        attempt(stage.market, "setUser", lease.id, guest.address, expires + 1, sender=user)
    receipt = name(stage, lease, guest.address, expires - less, by=user)
    assert receipt.event("UpdateUser")["expires"] == expires - less
    assert user_of(stage, lease) == guest.address
    refuse(stage, lease, user, "LeaseMarket_NotTenant", lease.id, user.address)
    error = ("LeaseMarket_InUse", lease.id, guest.address, expires - less)
    refuse(stage, lease, lease.tenant, *error)


@shows("USE-3")
def test_a_user_whose_time_is_over_has_no_say(
    stage: Stage, lease: Opened, user: UnlockedAccount
) -> None:
    expires = until(lease)
    name(stage, lease, user.address, expires)
    stage.to_time(expires + 1)
    refuse(stage, lease, user, "LeaseMarket_NotTenant", lease.id, user.address)


@shows("USE-4")
def test_an_owner_that_names_itself_gives_it_up_first_to_stay_longer(
    stage: Stage, lease: Opened
) -> None:
    owner, expires = lease.tenant, until(lease)
    name(stage, lease, owner.address, expires)
    with refused(stage, "LeaseMarket_UseTooLong", lease.id, expires + 1, expires):
        attempt(stage.market, "setUser", lease.id, owner.address, expires + 1, sender=owner)
    name(stage, lease, owner.address, 0)
    name(stage, lease, owner.address, expires + 1)
    assert user_of(stage, lease) == owner.address


@shows("SPLIT-9", "USE-4")
@pytest.mark.parametrize("step", ["cancel", "splitHours"])
def test_hours_of_the_user_are_not_taken_away(
    stage: Stage, lease: Opened, user: UnlockedAccount, step: str
) -> None:
    """The last second of a use is inclusive, but the first one of an hour takes nothing from it."""
    rest = (0,) if step == "cancel" else ()
    for expires, first in [(until(lease), 12), (until(lease) + 1, 13), (until(lease, 12), 12)]:
        with stage.scratch():
            name(stage, lease, user.address, expires)
            error = ("LeaseMarket_InUse", lease.id, user.address, expires)
            for hour in (lease.start + 1, lease.start + first - 1):
                with refused(stage, *error):
                    attempt(stage.market, step, lease.id, hour, *rest, sender=lease.tenant)
            stage.market.send(step, lease.id, lease.start + first, *rest, sender=lease.tenant)
            assert user_of(stage, lease) == user.address
            assert stage.market.call("userExpires", lease.id) == expires


@shows("SPLIT-9", "USE-4")
def test_units_in_use_are_not_split_off(stage: Stage, lease: Opened, user: UnlockedAccount) -> None:
    expires = until(lease)
    name(stage, lease, user.address, expires)
    with refused(stage, "LeaseMarket_InUse", lease.id, user.address, expires):
        attempt(stage.market, "splitUnits", lease.id, 1, sender=lease.tenant)
    name(stage, lease, ZERO, 0, by=user)
    split_units(stage, lease.id, 1)


@shows("SPLIT-8")
def test_a_piece_of_a_lease_has_no_user(stage: Stage, lease: Opened, user: UnlockedAccount) -> None:
    name(stage, lease, user.address, until(lease))
    new, _ = split_hours(stage, lease.id, lease.start + 12)
    assert stage.market.call("userOf", new) == ZERO
    assert stage.market.call("userExpires", new) == 0
    assert user_of(stage, lease) == user.address


def test_a_lease_in_use_is_extended_and_settled(
    stage: Stage, lease: Opened, user: UnlockedAccount
) -> None:
    name(stage, lease, user.address, until(lease))
    extend(stage, lease, 5)
    deliver(stage, lease.cluster, {lease.start: 0})
    stage.market.send("settle", lease.id, sender=user)
    assert stage.claim_of(lease.tenant) > 0
    assert stage.claim_of(user) == 0


def test_a_sold_lease_takes_no_user_along(
    stage: Stage, lease: Opened, user: UnlockedAccount
) -> None:
    stage.to_time(until(lease, -1))
    name(stage, lease, user.address, stage.now() + 30)
    stage.to_time(stage.now() + 31)
    cancel(stage, lease.id, lease.start)
    for call in (("setUser", lease.id, user.address, 0), ("userOf", lease.id)):
        with expect_revert("LeaseMarket_UnknownLease", lease.id):
            stage.market.call(*call)


@shows("DEF-11", "USE-2")
def test_a_default_ends_the_use(stage: Stage, user: UnlockedAccount) -> None:
    cluster = stage.cluster(100, TERMS)
    lease = open_lease(stage, cluster, 10, stage.hour() + 1, 300)
    name(stage, lease, user.address, lease.end * HOUR)
    deliver(stage, cluster, dict.fromkeys(range(lease.start, lease.start + 72), 0))
    assert user_of(stage, lease) == user.address
    stage.market.send("declareDefault", cluster, sender=stage.stranger)
    assert user_of(stage, lease) == ZERO
    limit = stage.hour() * HOUR
    with refused(stage, "LeaseMarket_UseTooLong", lease.id, limit + 1, limit):
        attempt(stage.market, "setUser", lease.id, user.address, limit + 1, sender=user)


@pytest.mark.parametrize("lease_id", [0, 2, MAX])
def test_an_unknown_lease_has_no_user(stage: Stage, lease: Opened, lease_id: int) -> None:
    for view in ("userOf", "userExpires"):
        with expect_revert("LeaseMarket_UnknownLease", lease_id):
            stage.market.call(view, lease_id)
    with refused(stage, "LeaseMarket_UnknownLease", lease_id):
        attempt(stage.market, "setUser", lease_id, ZERO, 0, sender=lease.tenant)
