"""Hours for which reporters signed another value before."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.support.oracle_views import GENESIS
from tests.support.relay_rooms import HOURS, KEY, Room, hour, share
from tests.support.relays import Desk, measure_all
from wellhead.oracle.chain import HOUR
from wellhead.oracle.measurements import Proposal, Signed
from wellhead.oracle.reporter.judging import REBIND_HOURS


@pytest.fixture
def room(tmp_path: Path) -> Room:
    """Before the time has come at which a word may be replaced."""
    made = Room(tmp_path)
    made.view.time = (HOURS[-1] + 1) * HOUR + 600
    assert made.view.time < (KEY[1] + 1 + REBIND_HOURS) * HOUR
    return made


def bind(listed: Iterable[Desk], measurements: Iterable[Signed]) -> Proposal:
    """Let reporters sign a batch, and whoever asked them go away then."""
    proposal = Proposal.of(measurements)
    signatures: list[bytes] = []
    for desk in listed:
        signatures.append(desk.client().grant(proposal, signatures))
    return proposal


def test_reporters_that_signed_another_value_before(room: Room) -> None:
    """The first two signed what the first three had measured; then the relay was gone. The fourth's
    measurement makes another median, but the two can sign no other word."""
    values = [7_000, 8_000, 9_000, 6_000]
    own = [
        desk.measure(hour(available=v)) for desk, v in zip(room.desks[:3], values[:3], strict=True)
    ]
    first = bind(room.desks[:2], own)
    assert first.samples[0].available == 8_000
    room.desks[3].measure(hour(available=7_990))
    room.desks[4].is_down = True
    share(room.desks)

    (grant,), left = room.gather([KEY])
    assert left == []
    room.check(grant)
    assert grant.proposal == first
    assert list(grant.signatures) == [desk.address for desk in room.desks[:3]]


def test_bound_to_a_value_in_a_batch_that_can_not_be_had_any_more(room: Room) -> None:
    """As before, but the earlier batch was of more hours, and one of them is on record now: the
    hour is asked for alone."""
    keys = [(1, GENESIS), (1, GENESIS + 1)]
    own = []
    for _, number in keys:
        own += [
            desk.measure(hour(number, value))
            for desk, value in zip(room.desks[:3], (7_000, 8_000, 9_000), strict=True)
        ]
    bind(room.desks[:2], own)
    bind(room.desks[2:3], [signed for signed in own if signed.key == KEY])
    room.desks[3].measure(hour(available=7_990))
    room.desks[4].is_down = True
    room.view.reported = {(1, GENESIS + 1)}
    (grant,), left = room.gather([KEY])
    assert left == []
    room.check(grant)
    assert grant.proposal == Proposal.of(s for s in own if s.key == KEY)


def test_bound_reporters_are_not_needed_where_others_are_there(room: Room) -> None:
    own = [
        desk.measure(hour(available=v))
        for desk, v in zip(room.desks[:3], (7_000, 8_000, 9_000), strict=True)
    ]
    bind(room.desks[:1], own)
    room.desks[3].measure(hour(available=7_990))
    room.desks[4].measure(hour(available=7_980))
    share(room.desks)
    grant = room.agreed()
    assert grant.proposal.samples[0].available == 7_990
    assert list(grant.signatures) == [desk.address for desk in room.desks[1:4]]


def test_reporters_bound_to_different_values(room: Room) -> None:
    """No value can have three any more until the fifth comes back; the other hours are not held
    up, and nobody is bound to a third value or asked without end."""
    one, two, three, four, fifth = room.desks
    values = (7_990, 8_000, 8_010, 8_020)
    own = [desk.measure(hour(available=v)) for desk, v in zip(room.desks, values, strict=False)]
    bind([one, two], own[:3])
    bind([four], own[1:])
    # The fifth's came too late for it to be the first two's value, and for the fourth's as well.
    bind([three], [*own, fifth.measure(hour(available=8_005))])
    fifth.is_down = True
    for number in HOURS[1:]:
        measure_all(room.desks, hour(number))
    keys = [(1, number) for number in HOURS]
    grants, left = room.gather(keys)
    assert [one.key for one in left] == [KEY]
    assert "signed another value before, and it can not be had" in left[0].reason
    (grant,) = grants
    assert [s.hour for s in grant.proposal.samples] == list(HOURS[1:])
    room.check(grant)
    assert all(desk.asked.count("POST /batches") < 8 for desk in room.desks)
    # The fifth is free, and makes three of the two.
    fifth.is_down = False
    share(room.desks)
    (grant,), left = room.gather([KEY])
    assert left == []
    room.check(grant)
    assert grant.proposal == Proposal.of(own[:3])
