"""Contests, recounts, reporters and alarms in the model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pytest

from tests.support.shows import shows
from tests.support.worlds import (
    BUYER,
    COIN,
    DAY,
    GOVERNOR,
    QUORUM,
    REPORTERS,
    TENANT,
    claim,
    lease,
    make_world,
    refused,
    report,
)
from wellhead.model import invariants
from wellhead.model.contests import Contest, Contests, Verdict
from wellhead.model.errors import Revert
from wellhead.model.oracle import NEVER, RING, SILENCE
from wellhead.model.registry import OffBook
from wellhead.model.reporters import SIGNER_DELAY
from wellhead.model.samples import Sample
from wellhead.model.units import HOUR, Q
from wellhead.model.world import World

DEPOSIT = 100 * COIN


def contested(available: int = 1_000) -> tuple[World, int, int]:
    """A world, a lease of one unit, and its first hour as it was reported and contested."""
    world = make_world()
    lease_id, hour = lease(world, 1, world.hour + 1, 4), world.hour + 1
    world.now = (hour + 1) * HOUR
    report(world, [hour], available)
    world.contests.contest(TENANT, lease_id, hour)
    return world, lease_id, hour


def recount(world: World, hour: int, available: int) -> Verdict:
    return world.contests.recount(Sample(1, hour, available, available), b"", QUORUM)


def test_a_contested_hour_waits_and_its_deposit_is_held() -> None:
    world, lease_id, hour = contested()
    assert claim(world, world.contests.address) == DEPOSIT
    clock = world.registry.clock()
    assert world.contests.contest_of(1, hour) == Contest(TENANT, clock + SILENCE, DEPOSIT, 1_000)
    world.advance(30 * DAY)
    record = world.oracle.record_of(1, hour)
    assert (record.is_contested, record.is_final, record.final_at) == (True, False, NEVER)
    assert world.oracle.final_available(1, hour) == (False, 0)
    assert world.market.settle(lease_id) == 0
    assert world.market.accrue(1) == hour
    invariants.check_all(world)


@pytest.mark.parametrize(
    ("reported", "counted", "verdict"),
    [
        (1_000, 0, Verdict.UPHELD),
        (1_000, 994, Verdict.UPHELD),
        (1_000, 995, Verdict.REJECTED),
        (1_000, 1_000, Verdict.REJECTED),
        (200, 199, Verdict.REJECTED),
        (200, 198, Verdict.UPHELD),
        (199, 198, Verdict.UPHELD),
        (0, 0, Verdict.REJECTED),
        (0, 500, Verdict.REJECTED),
    ],
)
def test_a_recount_decides(reported: int, counted: int, verdict: Verdict) -> None:
    world, _, hour = contested(reported)
    before = claim(world, TENANT)
    assert recount(world, hour, counted) == verdict
    assert world.oracle.final_available(1, hour) == (True, counted)
    gained = claim(world, TENANT) - before, claim(world, world.oracle.address)
    assert gained == ((DEPOSIT, 0) if verdict == Verdict.UPHELD else (0, DEPOSIT))
    assert world.contests.contest_of(1, hour) is None
    with pytest.raises(Revert, match="NotContested"):
        recount(world, hour, counted)
    invariants.check_all(world)


def test_silence_closes_an_hour_as_zero() -> None:
    world, _, hour = contested()
    before = claim(world, TENANT)
    world.advance(SILENCE - 1)
    clock = world.registry.clock()
    assert refused(lambda: world.contests.close(1, hour)) == (
        "NotSilent",
        1,
        hour,
        clock + 1,
        clock,
    )
    world.advance(1)
    world.contests.close(1, hour)
    assert world.oracle.final_available(1, hour) == (True, 0)
    assert claim(world, TENANT) == before + DEPOSIT
    assert refused(lambda: world.contests.close(1, hour)) == ("NotContested", 1, hour)


@shows("CON-9")
def test_a_deposit_outlives_its_hour() -> None:
    world, _, hour = contested()
    world.now = (hour + RING + 1) * HOUR
    report(world, [hour + RING], 700)
    before = claim(world, TENANT)
    assert refused(lambda: recount(world, hour, 0)) == ("NotContested", 1, hour)
    invariants.check_contests(world)
    world.contests.close(1, hour)
    assert claim(world, TENANT) == before + DEPOSIT
    assert world.oracle.record_of(1, hour + RING).available == 700


def test_who_may_contest_what() -> None:
    world = make_world()
    lease_id, hour = lease(world, 1, world.hour + 1, 2), world.hour + 1
    contest = world.contests.contest
    world.now = (hour + 3) * HOUR
    report(world, range(hour - 1, hour + 2), 1_000)
    cases: list[tuple[Callable[[], object], tuple[object, ...]]] = [
        (lambda: contest(BUYER, lease_id, hour), ("NotTenant", lease_id, BUYER)),
        (lambda: contest(TENANT, 9, hour), ("TokenDoesNotExist",)),
    ]
    for other in (hour - 1, hour + 2):
        wanted = ("HourNotLeased", lease_id, other, hour, hour + 2)
        cases.append((partial(contest, TENANT, lease_id, other), wanted))
    for call, expected in cases:
        assert refused(call) == expected
    contest(TENANT, lease_id, hour)
    assert refused(lambda: contest(TENANT, lease_id, hour)) == ("AlreadyContested", 1, hour)
    world.advance(DAY)
    clock = world.registry.clock()
    final = ("AlreadyFinal", 1, hour + 1, clock, clock)
    assert refused(lambda: contest(TENANT, lease_id, hour + 1)) == final


def test_who_can_not_pay_contests_nothing() -> None:
    world = make_world()
    lease_id, hour = lease(world, 1, world.hour + 1, 2), world.hour + 1
    world.now = (hour + 1) * HOUR
    report(world, [hour], 1_000)
    world.cash.approve(TENANT, world.vault.address, 0)
    with pytest.raises(Revert, match="InsufficientAllowance"):
        world.contests.contest(TENANT, lease_id, hour)
    assert world.oracle.record_of(1, hour).is_contested is False
    assert world.contests.open == {}


def test_only_the_contests_hold_and_decide() -> None:
    world, _, hour = contested()
    oracle = world.oracle
    held = refused(lambda: oracle.hold(TENANT, 1, hour))
    assert held == refused(lambda: oracle.decide(TENANT, Sample(1, hour, 0, 0)))
    assert held == ("NotContests", TENANT)
    bad = Sample(1, hour, 1, 2)
    assert refused(lambda: world.contests.recount(bad, b"", QUORUM)) == (
        "MalformedSample",
        bad.encode(),
    )
    assert world.contests.contest_of(1, hour) is not None


@pytest.mark.parametrize("deposit", [0, 10**12 + 1])
def test_other_deposits_are_refused(deposit: int) -> None:
    world = make_world()
    made = refused(lambda: Contests(world, world.contests.address, deposit))
    assert made == ("InvalidDeposit", deposit)


@pytest.mark.parametrize(
    ("count", "threshold", "needed"), [(1, 1, 1), (3, 2, 2), (3, 3, 3), (5, 3, 4), (7, 4, 6)]
)
def test_all_but_one_are_a_supermajority(count: int, threshold: int, needed: int) -> None:
    people = [f"0x{number:040x}" for number in range(1, count + 1)]
    world = World(0, GOVERNOR, DAY, people, threshold)
    assert world.oracle.require_supermajority(people[-needed:]) == (2**needed - 1) << (
        count - needed
    )
    for number in {needed - 1, needed + 1} - {count + 1}:
        ask = partial(world.oracle.require_supermajority, people[:number])
        assert refused(ask) == ("SignatureCount", needed, number)


def test_reporters_are_announced_and_enacted() -> None:
    world = make_world()
    oracle, others = world.oracle, [f"0x{number:040x}" for number in (21, 22)]
    assert refused(lambda: oracle.enact_signers(others, 2)) == ("NotAnnounced",)
    assert refused(lambda: oracle.announce_signers(TENANT, others, 2))[-1] == TENANT
    oracle.announce_signers(GOVERNOR, others, 2)
    due = world.now + SIGNER_DELAY
    world.now = due - 1
    assert refused(lambda: oracle.enact_signers(others, 1)) == ("NotAnnounced",)
    assert refused(lambda: oracle.enact_signers(others, 2)) == ("TooEarly", due, due - 1)
    world.now = due
    oracle.enact_signers(others, 2)
    assert (oracle.signers, oracle.threshold, oracle.announcement) == (others, 2, None)


def test_a_reporter_is_removed_but_none_too_many() -> None:
    world = make_world()
    oracle = world.oracle
    world.cash.approve(TENANT, world.vault.address, 100)
    world.vault.deposit(TENANT, world.cash.address, oracle.address, 100)
    oracle.announce_signers(GOVERNOR, REPORTERS, 3)
    assert refused(lambda: oracle.remove_signer(GOVERNOR, TENANT)) == ("NoSigner", TENANT)
    oracle.remove_signer(GOVERNOR, REPORTERS[1])
    assert oracle.signers == [REPORTERS[0], REPORTERS[2]]
    assert oracle.announcement is None
    assert [claim(world, who) for who in REPORTERS] == [33] * 3
    gone = refused(lambda: oracle.remove_signer(GOVERNOR, REPORTERS[0]))
    assert gone == ("TooFewSigners", 2, 2)


def test_more_measured_than_booked_is_an_alarm() -> None:
    world = make_world(units=7)
    lease(world, 3, world.hour + 1, 1)
    hour = world.hour + 1
    world.now = (hour + 2) * HOUR
    limit = 428_572 + 20_000
    used = [Sample(1, hour, 0, 0, limit), Sample(1, hour + 1, 0, 0, 20_001)]
    world.oracle.report(used, b"", QUORUM)
    flag = world.registry.flag_off_book
    assert refused(lambda: flag(1, hour)) == ("WithinBooked", 1, hour, limit, limit)
    assert flag(1, hour + 1) == OffBook(20_001, 0, 7)
    assert refused(lambda: flag(1, hour + 2)) == ("NotReported", 1, hour + 2)
    assert refused(lambda: flag(2, hour)) == ("UnknownCluster", 2)
    world.registry.cluster_of(1).attested = 2
    assert refused(lambda: flag(1, hour)) == ("WithinBooked", 1, hour, limit, 1_520_000)
    world.registry.cluster_of(1).attested = 0
    assert flag(1, hour) == OffBook(limit, 3 * HOUR, 0)


def _lose_the_deposit(world: World, hour: int) -> None:
    world.vault.move(world.contests.address, world.cash.address, TENANT, 1)


def _forget_the_contest(world: World, hour: int) -> None:
    del world.contests.open[1, hour]


def _let_it_be_final(world: World, hour: int) -> None:
    key = 1, hour % RING
    world.oracle.ring[key] = replace(world.oracle.ring[key], is_contested=False)


def _move_money(world: World, hour: int) -> None:
    world.market.book_of(1).losses[hour] = Q


def _change_the_record(world: World, hour: int) -> None:
    key = 1, hour % RING
    sample = replace(world.oracle.ring[key].sample, available=1)
    world.oracle.ring[key] = replace(world.oracle.ring[key], sample=sample)


@pytest.mark.parametrize(
    "spoil",
    [_lose_the_deposit, _forget_the_contest, _let_it_be_final, _move_money, _change_the_record],
)
def test_the_check_of_contests_finds_what_is_wrong(spoil: Callable[[World, int], None]) -> None:
    world, _, hour = contested()
    world.market.accrue(1)
    invariants.check_contests(world)
    spoil(world, hour)
    with pytest.raises(AssertionError):
        invariants.check_contests(world)
