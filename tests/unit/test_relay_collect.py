"""Collecting measurements from reporters that lie, contradict themselves, or come late."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.oracle_views import DOMAIN, GENESIS, STRANGER
from tests.support.relay_rooms import HOURS, KEY, Room, hour
from tests.support.relays import Desk, measure_all
from tests.support.shows import shows
from wellhead.oracle import wire
from wellhead.oracle.measurements import Measurement, Signed, sign
from wellhead.oracle.relay.collect import Panel


@pytest.fixture
def room(tmp_path: Path) -> Room:
    return Room(tmp_path)


def test_messages_that_come_twice_and_in_another_order(room: Room) -> None:
    keys = [(1, number) for number in HOURS]
    for _, number in keys:
        measure_all(room.desks, hour(number))
    usual = room.agreed(keys).proposal
    for desk in room.desks:
        whole = desk.handle

        def twice(request: httpx.Request, whole: Any = whole) -> httpx.Response:
            whole(request)
            again: httpx.Response = whole(request)
            return again

        def reverse(method: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
            if "measurements" in body:
                body["measurements"] = body["measurements"][::-1] * 2
            return body

        desk.handle, desk.tamper = twice, reverse  # type: ignore[method-assign]
    again = room.agreed(keys).proposal
    assert (again.samples, again.digest(DOMAIN)) == (usual.samples, usual.digest(DOMAIN))


def test_a_measurement_that_comes_late(room: Room) -> None:
    """One reporter shows its measurement only once it is asked to sign: the batch is made anew."""
    values = [7_000, 8_000, 8_500, 9_000, 6_000]
    own = [
        desk.measure(hour(available=value)) for desk, value in zip(room.desks, values, strict=True)
    ]
    late = room.desks[4]
    late.hidden.add(own[4])
    grants, left = room.gather([KEY], only=[late, *room.desks[:4]])
    assert left == []
    (grant,) = grants
    room.check(grant)
    assert set(grant.proposal.measurements) == set(own)
    assert late.asked.count("POST /batches") == 2


def test_one_that_shows_what_it_has_seen_bit_by_bit(room: Room) -> None:
    keys = [(1, number) for number in HOURS]
    held: list[Signed] = []
    for _, number in keys:
        measure_all(room.desks, hour(number))
        held += room.desks[0].store.seen(1, number, number + 1)
    room.desks[0].hidden.update(held)

    def one_by_one(method: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
        return {**body, "missing": body["missing"][:1]} if body.get("missing") else body

    room.desks[0].tamper = one_by_one
    grants, left = room.gather(keys)
    assert left == []
    (grant,) = grants
    room.check(grant)
    assert room.desks[0].address not in grant.signatures
    assert f"{room.desks[0].url} shows what it has seen bit by bit" in room.told


@shows("REP-4")
def test_an_equivocator_that_shows_each_another_measurement(room: Room) -> None:
    liar, *others = room.desks
    one, two = liar.signed(hour(available=1)), liar.signed(hour(available=9_000))
    for index, desk in enumerate(others):
        desk.measure(hour(available=8_000 + index))
        desk.store.take([one if index % 2 else two])
    liar.measure(hour(available=1))
    grant = room.agreed()
    (sample,) = grant.proposal.samples
    assert sample.available == 8_001
    assert liar.address not in {signed.reporter for signed in grant.proposal.measurements}
    assert set(room.proofs[KEY, liar.address]) == {one, two}
    assert f"{liar.address} signed two different measurements" in room.told
    # Now all know.
    for desk in others:
        seen = [s for s in desk.store.seen(1, GENESIS, GENESIS + 1) if s.reporter == liar.address]
        assert set(seen) == {one, two}

    # Later only one of the two comes up again, and it does not count either.
    for desk in others:
        desk.hidden.add(two)
    liar.is_down = True
    assert room.agreed().proposal == grant.proposal


def test_an_equivocation_that_comes_to_light_when_it_is_to_be_signed(room: Room) -> None:
    liar, *others = room.desks
    one, two = liar.signed(hour(available=1)), liar.signed(hour(available=9_000))
    for index, desk in enumerate(others):
        desk.measure(hour(available=8_000 + index))
    others[0].store.take([one])
    others[2].store.take([two])
    others[2].hidden.add(two)
    (grant,), left = room.gather([KEY], only=[others[2], *others[:2]])
    assert left == []
    room.check(grant)
    assert liar.address not in {signed.reporter for signed in grant.proposal.measurements}
    assert set(room.proofs[KEY, liar.address]) == {one, two}


def test_a_measurement_that_nobody_signed(room: Room) -> None:
    measure_all(room.desks, hour())
    forger = room.desks[3]
    forger.store.take(room.desks[1].store.seen(1, GENESIS, GENESIS + 1))

    def forge(method: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
        for one in body.get("measurements", []):
            if one["reporter"] == room.desks[1].address:
                one["canaries"] = 99
        return body

    forger.tamper = forge
    grant = room.agreed()
    assert forger.address not in grant.signatures
    assert f"{forger.url} shows a measurement of hour {GENESIS} of cluster 1 that" in room.told
    assert all(signed.measurement.canaries == 0 for signed in grant.proposal.measurements)


def test_measurements_of_others_than_reporters_and_of_other_hours(room: Room) -> None:
    measure_all(room.desks, hour())
    stray = sign(DOMAIN, Measurement(hour(available=0), bytes(32), 60, 60), STRANGER)
    other = room.desks[1].signed(hour(GENESIS + 1))

    def add(method: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
        if "measurements" in body:
            body["measurements"] += [
                wire.MeasurementBody.of(signed).model_dump() for signed in (stray, other)
            ]
        return body

    room.desks[0].tamper = add
    assert len(room.agreed().proposal.measurements) == 5
    assert not room.warnings


def test_a_measurement_that_contradicts_itself(room: Room) -> None:
    for desk in room.desks[:4]:
        desk.measure(hour())
    room.desks[4].measure(replace(hour(), available=10_001))
    grant = room.agreed()
    assert len(grant.proposal.measurements) == 4
    assert f"{room.desks[4].address}'s measurement of hour {GENESIS} of cluster 1" in room.told


def test_an_address_that_is_no_reporters_and_one_that_is_named_twice(room: Room) -> None:
    measure_all(room.desks, hour())
    stranger = Desk(STRANGER, room.view, room.desks[0].store.database.path.parent)
    warn = room.warnings.append
    clients = [desk.client() for desk in (stranger, room.desks[0], room.desks[0])]
    panel = Panel(clients, room.view.signing, warn)
    assert [peer.address for peer in panel.peers] == [room.desks[0].address]
    assert f"{stranger.url} is {STRANGER.address}, who is no reporter" in room.told
    assert f"{room.desks[0].url} is {room.desks[0].address} once more" in room.told
