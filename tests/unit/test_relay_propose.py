"""Getting medians signed, whatever the reporters do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.oracle_views import DOMAIN, GENESIS, FakeView
from tests.support.relay_rooms import HOURS, KEY, Room, behind_of, hour
from tests.support.relays import Desk, measure_all
from tests.support.shows import shows
from wellhead.oracle import wire
from wellhead.oracle.measurements import Proposal, recovered
from wellhead.oracle.relay.outcome import Inputs, Left


@pytest.fixture
def room(tmp_path: Path) -> Room:
    return Room(tmp_path)


def tampered(desk: Desk, path: str, **changes: Any) -> None:
    """Let a reporter answer to this path with other fields than it should."""

    def change(method: str, place: str, body: dict[str, Any]) -> dict[str, Any]:
        return {**body, **changes} if place == path and "signature" in body else body

    desk.tamper = change


def test_a_batch_of_several_hours_and_clusters(room: Room) -> None:
    keys = [(cluster, number) for cluster in (1, 2) for number in HOURS]
    for cluster, number in keys:
        measure_all(room.desks, hour(number, 8_000 + number % 7, cluster))
    grant = room.agreed(keys)
    assert [sample.available for sample in grant.proposal.samples[:6]] == [
        8_000 + number % 7 for number in HOURS
    ]
    assert len(grant.proposal.measurements) == 5 * len(keys)
    # The last two are not asked: three signatures are enough, and exactly three are wanted.
    assert list(grant.signatures) == [desk.address for desk in room.desks[:3]]
    assert not room.warnings


@pytest.mark.parametrize("down", [[0], [4], [0, 1], [1, 3]])
def test_reporters_that_are_down(room: Room, down: list[int]) -> None:
    measure_all(room.desks, hour())
    for index in down:
        room.desks[index].is_down = True
    grant = room.agreed()
    # What they measured is known only from themselves here.
    assert len(behind_of(grant, KEY)) == 5 - len(down)
    for index in down:
        assert f"no reporter answers at {room.desks[index].url}: connection refused" in room.told


def test_too_many_are_down(room: Room) -> None:
    measure_all(room.desks, hour())
    for desk in room.desks[:3]:
        desk.is_down = True
    grants, left = room.gather([KEY])
    assert (grants, left) == ([], [Left(KEY, "2 of 3 measurements")])


def test_one_that_goes_away_before_it_signs(room: Room) -> None:
    measure_all(room.desks, hour())

    def go(method: str, path: str) -> None:
        room.desks[1].is_down = path == "/batches"

    room.desks[1].before = go
    assert len(behind_of(room.agreed(), KEY)) == 5
    assert room.told.count(room.desks[1].url) == 1


@shows("REP-6")
@pytest.mark.parametrize("lie", [1, -1, 2_000, -8_000])
@pytest.mark.parametrize("liar", [0, 4])
def test_a_liar_moves_nothing_beyond_what_others_measured(room: Room, lie: int, liar: int) -> None:
    for index, desk in enumerate(room.desks):
        desk.measure(hour(available=8_000 + lie if index == liar else 8_000 + index))
    (sample,) = room.agreed().proposal.samples
    honest = [8_000 + index for index in range(5) if index != liar]
    assert min(honest) <= sample.available <= max(honest)


@shows("REP-6")
def test_two_that_lie_together(room: Room) -> None:
    for index, desk in enumerate(room.desks):
        desk.measure(hour(available=0 if index < 2 else 8_000 + index))
    (sample,) = room.agreed().proposal.samples
    assert sample.available == 8_002


def test_a_signature_that_is_none(room: Room) -> None:
    measure_all(room.desks, hour())
    tampered(room.desks[0], "/batches", signature="0x" + "ab" * 64)
    grant = room.agreed()
    assert room.desks[0].address not in grant.signatures
    assert f"{room.desks[0].url} gave a signature that is nobody's" in room.told


def test_a_signature_of_somebody_elses(room: Room) -> None:
    measure_all(room.desks, hour())
    liar = room.desks[1]

    def repeat(method: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
        if path != "/batches" or "signature" not in body:
            return body
        # Whoever was asked before has signed; its signature was passed along.
        digest = bytes.fromhex(body["digest"][2:])
        found = room.desks[0].store.granted(digest)
        assert found is not None
        return {**body, "signature": "0x" + found.signature.hex()}

    liar.tamper = repeat
    grant = room.agreed()
    assert liar.address not in grant.signatures
    assert f"{liar.url} gave a signature that is {room.desks[0].address}'s" in room.told


@pytest.mark.parametrize("answer", [b"", b"[]", b"{}", b"<html>", b'{"signature": 5}'])
def test_answers_that_are_none(room: Room, answer: bytes) -> None:
    measure_all(room.desks, hour())
    broken, whole = room.desks[2], room.desks[2].handle
    broken.handle = lambda request: (  # type: ignore[method-assign]
        httpx.Response(200, content=answer) if request.url.path == "/batches" else whole(request)
    )
    assert broken.address not in room.agreed().signatures
    assert f"no reporter answers at {broken.url}: its answer is no Granted" in room.told


def test_an_hour_that_was_recorded_meanwhile(room: Room) -> None:
    keys = [(1, number) for number in HOURS]
    for _, number in keys:
        measure_all(room.desks, hour(number))
    room.view.reported = set(keys[:5])
    (grant,), left = room.gather(keys)
    assert left == []
    assert [(s.cluster, s.hour) for s in grant.proposal.samples] == [keys[5]]
    # All that are recorded were looked up at once, not one refusal each.
    assert room.desks[0].asked.count("POST /batches") == 2


def test_one_that_says_falsely_that_an_hour_is_recorded(room: Room) -> None:
    keys = [(1, number) for number in HOURS]
    for _, number in keys:
        measure_all(room.desks, hour(number))
    liar = room.desks[0]
    word = wire.word_of(hour().encode())
    body = wire.Refused(reason="reported", detail="it is recorded", cluster=1, hour=GENESIS)

    def refuse(request: httpx.Request, whole: Any = liar.handle) -> httpx.Response:
        if request.url.path == "/batches" and word in request.read().decode():
            return httpx.Response(409, json=body.model_dump())
        answer: httpx.Response = whole(request)
        return answer

    liar.handle = refuse  # type: ignore[method-assign]
    grant = room.agreed(keys)
    assert list(grant.signatures) == [desk.address for desk in room.desks[1:4]]

    # Where it is needed, only the hour that it is about waits.
    room.desks[1].is_down = room.desks[2].is_down = True
    (grant,), left = room.gather(keys)
    assert [one.key for one in left] == [KEY]
    assert left[0].reason == f"{liar.url}: it is recorded"
    room.check(grant, 3)


def test_one_whose_chain_is_behind(room: Room) -> None:
    """It refuses the last hour alone; where it is needed, that hour waits."""
    keys = [(1, number) for number in HOURS]
    for _, number in keys:
        measure_all(room.desks, hour(number))
    behind = FakeView(time=(HOURS[-1]) * 3600 + 100)
    room.desks[0].policy._view = behind
    room.agreed(keys)
    room.desks[1].is_down = room.desks[2].is_down = True
    (grant,), left = room.gather(keys)
    assert [one.key for one in left] == keys[-1:]
    assert "is not over" in left[0].reason
    room.check(grant)


def test_one_that_objects_to_everything_is_worked_around_and_ends(room: Room) -> None:
    """It is needed, and signs nothing: all is given up, after so many questions and no more."""
    keys = [(1, number) for number in HOURS]
    for _, number in keys:
        measure_all(room.desks, hour(number))
    room.desks[3].is_down = room.desks[4].is_down = True
    room.desks[0].policy._view = FakeView(time=GENESIS * 3600)
    grants, left = room.gather(keys)
    assert grants == []
    assert [one.key for one in left] == keys
    assert room.desks[0].asked.count("POST /batches") < 4 * len(keys)


def test_a_recount_needs_all_but_one_of_the_reporters(room: Room) -> None:
    room.view.contested = {KEY}
    measure_all(room.desks, hour())
    room.desks[2].is_down = True
    (grant,), left = room.gather([KEY], "recount")
    assert left == []
    digest = grant.proposal.recount_digest(DOMAIN)
    assert [recovered(digest, r + vs) for r, vs in grant.on_chain()] == list(grant.signatures)
    assert len(grant.signatures) == 4

    room.desks[1].is_down = True
    grants, left = room.gather([KEY], "recount")
    assert (grants, left) == ([], [Left(KEY, "3 of 4 reporters answer")])


def test_a_recount_that_a_reporter_disagrees_with(room: Room) -> None:
    room.view.contested = {KEY}
    for index, desk in enumerate(room.desks):
        desk.measure(hour(available=8_000 if index < 3 else 4_000))
    grants, (left,) = room.gather([KEY], "recount")
    assert grants == []
    assert "8000 thousandths were available" in left.reason


def test_outside_input_is_what_most_reporters_have(room: Room) -> None:
    counts = {0: (5, 5, 0), 1: (5, 5, 5), 2: (0, 0, 5)}
    for index, desk in enumerate(room.desks):
        for number, canaries in counts.items():
            beats = 2 if number != 1 else 0
            mine = canaries[index] if index < 3 else canaries[2]
            desk.measure(hour(GENESIS + number), mine, beats if index else 0)
    keys = [(1, GENESIS + number) for number in counts]
    grant = room.agreed(keys)
    # Hour 0 has canaries of two of five only, hour 2 of three.
    assert Inputs.of(grant.proposal) == Inputs(canary=2, heartbeat=1, none=0)
    assert Inputs.of(Proposal.of(desk.signed(hour()) for desk in room.desks)) == Inputs(none=1)


def test_an_answer_that_is_lost_on_the_way(room: Room) -> None:
    """The reporter has signed, and nobody heard it. When it is asked again it signs the same."""
    measure_all(room.desks, hour())
    deaf, whole = room.desks[0], room.desks[0].handle

    def lose(request: httpx.Request) -> httpx.Response:
        answer: httpx.Response = whole(request)
        if request.url.path == "/batches":
            raise httpx.ReadTimeout("timed out", request=request)
        return answer

    deaf.handle = lose  # type: ignore[method-assign]
    first = room.agreed()
    assert deaf.address not in first.signatures
    bound = deaf.store.signed_for("report", KEY)
    assert bound is not None
    assert bound[0] == first.proposal.samples[0].encode()
    deaf.handle = whole  # type: ignore[method-assign]
    again = room.agreed()
    assert again.proposal == first.proposal
    assert again.signatures[deaf.address] == bound[1].signature
