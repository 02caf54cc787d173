"""Reports, quorums, supply and pauses in the model."""

from __future__ import annotations

import pytest

from tests.support.worlds import (
    DAY,
    GOVERNOR,
    NOW,
    OPERATOR,
    QUORUM,
    REPORTERS,
    TENANT,
    lease,
    make_world,
    refused,
    report,
)
from wellhead.model import invariants
from wellhead.model.errors import Revert
from wellhead.model.oracle import Skip
from wellhead.model.routed import TopUp
from wellhead.model.samples import Sample
from wellhead.model.units import HOUR, UNIT, Q


def test_a_pause_stops_the_clock() -> None:
    world = make_world()
    first = world.hour
    lease_id = lease(world, 1, first, 1)
    world.now += HOUR
    report(world, range(first, first + 1), 0)
    world.registry.pause(GOVERNOR)
    world.now += 5 * DAY
    assert world.registry.clock() == HOUR
    assert world.market.settle(lease_id) == 0
    for call in (lambda: lease(world, 1, world.hour, 1), lambda: world.registry.pause(GOVERNOR)):
        with pytest.raises(Revert, match="Paused"):
            call()
    world.registry.unpause(GOVERNOR)
    world.now += DAY
    assert world.registry.clock_at(NOW + 2 * DAY) == HOUR
    assert world.registry.clock() == HOUR + DAY
    assert world.market.settle(lease_id) == 840_000


def test_a_batch_skips_what_can_have_no_effect() -> None:
    world = make_world()
    hour = world.hour
    world.now += HOUR
    samples = [
        Sample(2, hour, 0, 0),
        Sample(1, hour - 1, 0, 0),
        Sample(1, hour + 1, 0, 0),
        Sample(1, hour, 1, 2),
        Sample(1, hour, 1, 1, Q + 1),
        Sample(1, hour, 20_000, 1),
        Sample(1, hour, 1, 1),
    ]
    batch = world.oracle.report(samples, b"", QUORUM)
    assert [reason for _, _, reason in batch.skipped] == [
        Skip.UNKNOWN_CLUSTER,
        Skip.BEFORE_GENESIS,
        Skip.UNFINISHED,
        Skip.MALFORMED,
        Skip.MALFORMED,
        Skip.REPORTED,
    ]
    assert (batch.recorded, batch.signers, batch.final_at) == (1, 0b11, HOUR + DAY)
    assert world.oracle.record_of(1, hour).working == 20_000


@pytest.mark.parametrize(
    ("signers", "name", "args"),
    [
        (REPORTERS, "SignatureCount", (2, 3)),
        ([None, REPORTERS[0]], "InvalidSignature", (0,)),
        ([REPORTERS[0], REPORTERS[0]], "RepeatedSigner", (1, REPORTERS[0])),
        ([REPORTERS[0], TENANT], "UnknownSigner", (1, TENANT)),
        ([REPORTERS[1], REPORTERS[0]], "SignerOrder", (1, REPORTERS[0])),
    ],
)
def test_a_quorum(signers: list[str | None], name: str, args: tuple[int | str, ...]) -> None:
    unsigned = refused(lambda: make_world().oracle.report([Sample(1, 1, 0, 0)], b"", signers))
    assert unsigned == (name, *args)


def test_new_units_take_no_part_of_old_revenue() -> None:
    world = make_world()
    first = world.hour
    lease(world, 1, first, 10)
    world.now += 50 * HOUR
    stale = refused(lambda: world.registry.mint(OPERATOR, 1, 1, 1, b"", QUORUM))
    assert stale == ("RecordNotCurrent", 1, first, first + 25)
    assert world.market.books_of(1).remainder == 0
    report(world, range(first, first + 10), 1_000)
    world.now += DAY
    world.registry.mint(OPERATOR, 1, 1, 1, b"", QUORUM)
    cash = world.token(1).cash
    assert world.token(1).total_supply() == 11 * UNIT
    # 10 h at 0.84 coins, 58 % of it, an hour's part at once to the first ten tokens; of the other
    # nine, and of the 30 % that wait to be swept, the operator pays a tenth more.
    assert cash.index == (487_200 << 68) // (10 * UNIT)
    assert world.router.routed_of(1).topped_up == TopUp(252_000, 438_480, 0)
    assert world.router.bitcoin_pending_of(1) == 2_772_000
    assert cash.unvested == (4_384_800 + 438_480) << 68
    assert cash.total == (4_872_000 + 438_480) << 68
    invariants.check_all(world)
    world.advance(DAY)
    # Each of the ten has a tenth of the 4,872,000, and the new one what was paid for it.
    assert cash.index == (4_872_000 << 68) // (10 * UNIT)
    assert cash.index - (487_200 << 68) // (10 * UNIT) - (438_480 << 68) // UNIT in (0, 1)
    invariants.check_all(world)


def test_retiring_keeps_what_was_earned_and_booked() -> None:
    world = make_world()
    first = world.hour
    lease(world, 4, first + 2, 1)
    for units, name in ((7, "StillBooked"), (0, "InvalidUnits"), (11, "InvalidUnits")):
        with pytest.raises(Revert, match=name):
            world.registry.retire(OPERATOR, 1, units)
    world.token(1).transfer(OPERATOR, TENANT, 5 * UNIT)
    with pytest.raises(Revert, match="ERC20InsufficientBalance"):
        world.registry.retire(OPERATOR, 1, 6)
    world.registry.retire(OPERATOR, 1, 5)
    assert world.token(1).balances == {OPERATOR: 0, TENANT: 5 * UNIT}
    assert refused(lambda: lease(world, 2, first + 2, 1)) == ("SoldOut", 4, 2, 5)
    invariants.check_all(world)


def test_revenue_beyond_the_bound_is_held() -> None:
    world = make_world()
    token, bound = world.token(1), 2**60
    world.cash.mint(GOVERNOR, bound + 5)
    world.cash.approve(GOVERNOR, world.vault.address, bound + 5)
    world.vault.deposit(GOVERNOR, world.cash.address, token.address, bound + 5)
    token.add_cash(world.router.address, 1, 0)
    token.add_cash(world.router.address, bound + 4, 7)
    assert (token.cash.held, token.cash.total) == (6, (bound - 1) << 68)
    assert token.cash.unvested == 7 << 68
    owed = token.cash.owed_to(OPERATOR)
    assert owed + token.cash.carried + token.cash.unvested == token.cash.total
