"""Which batches a reporter keeps, and when it may sign another word for an hour than it did."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations
from pathlib import Path

import pytest

from tests.support.oracle_bench import ME, Desk
from tests.support.oracle_views import DOMAIN, GENESIS, REPORTERS, measured
from tests.support.relay_rooms import KEY, Room, hour, share
from wellhead.model.samples import Sample
from wellhead.oracle.chain import HOUR, Signers
from wellhead.oracle.measurements import Proposal, Signed
from wellhead.oracle.reporter.judging import REBIND_HOURS
from wellhead.oracle.reporter.store import Conflict, Store

#: When the hour's word may be replaced.
RELEASED = (GENESIS + 1 + REBIND_HOURS) * HOUR


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    store = Store(tmp_path / "store", DOMAIN, ME.address)
    yield Desk(store)
    store.close()


def batches(desk: Desk) -> int:
    with desk.store.database.reading() as connection:
        (count,) = connection.execute("SELECT count(*) FROM batches").fetchone()
    return int(count)


def digest(listed: Sequence[Signed]) -> bytes:
    return Proposal.of(listed).digest(DOMAIN)


# Batches


def test_the_same_words_in_other_batches_do_not_fill_the_store(desk: Desk) -> None:
    hours = [[measured(who, hour=GENESIS + n) for who in range(3)] for n in range(6)]
    whole = [one for listed in hours for one in listed]
    desk.grant(*whole)
    asked = [
        [one for listed in some for one in listed]
        for size in range(1, 6)
        for some in combinations(hours, size)
    ]
    first = desk.grant(*asked[0])
    for some in asked[1:]:
        desk.grant(*some)
    assert len(asked) == 62
    assert batches(desk) <= 1 + len(hours)
    # What bound the hours is there, and of each hour what came last.
    assert desk.store.granted(digest(whole)) is not None
    assert desk.store.granted(digest(asked[-1])) is not None
    for number in range(6):
        word, bound = desk.store.signed_for("report", (1, GENESIS + number)) or (0, None)
        assert bound is not None
        assert bound.digest == digest(whole)
        assert Sample.decode(word).available == 10_000
    # What was forgotten is signed again, and by the same signature.
    assert desk.store.granted(digest(asked[0])) is None
    assert desk.grant(*asked[0]) == first
    assert desk.store.signed_hours(1) == 6


def test_a_batch_is_kept_while_it_is_the_latest_of_an_hour(desk: Desk) -> None:
    one, two = ([measured(who, hour=GENESIS + n) for who in range(3)] for n in range(2))
    more = measured(3)
    desk.grant(*one, *two)
    desk.grant(*one, more, *two)
    desk.grant(*one, more)
    assert desk.store.granted(digest([*one, more, *two])) is not None
    desk.grant(*two)
    assert desk.store.granted(digest([*one, more, *two])) is None
    assert desk.store.granted(digest([*one, *two])) is not None
    # A batch that binds an hour is kept, whatever else is in it.
    three = [measured(who, hour=GENESIS + 2) for who in range(3)]
    desk.grant(*one, *three)
    for some in ([*one, *two], one, three, [*two, *three]):
        desk.grant(*some)
    assert desk.store.granted(digest([*one, *three])) is not None


# Another word

FIRST = [measured(0, 8_000), measured(1, 9_000), measured(2, 9_100)]
LATER = measured(3, 8_500)


def available(desk: Desk) -> int:
    word, _ = desk.store.signed_for("report", (1, GENESIS)) or (0, None)
    return Sample.decode(word).available


def test_a_word_of_an_hour_that_is_not_on_chain_gives_way_to_one_that_rests_on_more(
    desk: Desk,
) -> None:
    desk.view.time = RELEASED - 1
    first = desk.grant(*FIRST)
    assert desk.refused(*FIRST, LATER).reason == "signed"
    desk.view.time = RELEASED
    assert desk.grant(*FIRST, LATER)
    assert available(desk) == 8_500
    # It is bound to this one now. Its signature on the former batch is out, and the chain may take
    # it: the same is answered, and binds nothing.
    assert desk.grant(*FIRST) == first
    assert available(desk) == 8_500
    assert desk.refused(*FIRST[:2], measured(4, 9_100)).reason == "incomplete"
    desk.view.reported.add((1, GENESIS))
    assert desk.refused(*FIRST, LATER, measured(4, 9_999)).reason == "reported"


def test_what_others_excuse_does_not_replace_a_word(desk: Desk) -> None:
    """Two others signed a batch without a measurement that the former word rests on: it would be
    near enough to be signed for the first time."""
    desk.view.time = RELEASED
    desk.grant(measured(0, 9_000), measured(1, 9_001), measured(2, 9_002))
    proposal = Proposal.of([measured(0, 9_000), measured(1, 9_001), measured(3, 9_000)])
    given = [b"".join(REPORTERS[who].sign_digest(proposal.digest(DOMAIN))) for who in (1, 3)]
    assert desk.refused_batch(proposal, given).reason == "signed"
    assert available(desk) == 9_001


def test_a_recounts_word_is_not_replaced(desk: Desk) -> None:
    desk.view.time = RELEASED + 100 * HOUR
    desk.view.contested.add((1, GENESIS))
    listed = [measured(0), measured(1, 9_995), measured(2, 9_990), measured(3, 9_985)]
    desk.measure(listed[0])
    desk.grant(*listed, kind="recount")
    assert desk.refused(*listed, measured(4, 9_999), kind="recount").reason == "signed"


def test_a_word_is_replaced_once_where_two_ask_at_once(desk: Desk) -> None:
    """Both were judged while the first batch bound the hour."""
    desk.view.time = RELEASED
    desk.grant(*FIRST)
    _, first = desk.store.signed_for("report", (1, GENESIS)) or (0, None)
    assert first is not None
    desk.grant(*FIRST, LATER)
    _, second = desk.store.signed_for("report", (1, GENESIS)) or (0, None)
    with pytest.raises(Conflict):
        desk.store.lock("report", {(1, GENESIS): 7}, first, {(1, GENESIS): first.digest})
    assert desk.store.signed_for("report", (1, GENESIS)) == (
        Proposal.of([*FIRST, LATER]).samples[0].encode(),
        second,
    )


@pytest.mark.parametrize("values", [(9_666, 9_666, 9_833, 9_833), (8_000, 8_000, 8_050, 8_050)])
def test_a_measurement_that_is_shown_between_two_signatures(
    tmp_path: Path, values: Sequence[int]
) -> None:
    """One reporter withholds what it measured until two have signed without it. The others can not
    leave it out, and those two not take it in: until the time has come."""
    room = Room(tmp_path)
    late, *honest = room.desks
    for desk, value in zip(honest, values, strict=True):
        desk.measure(hour(available=value))
    share(honest)
    first = Proposal.of(honest[0].store.seen(*KEY, KEY[1] + 1))
    signatures: list[bytes] = []
    for desk in honest[:2]:
        signatures.append(desk.client().grant(first, signatures))
    own = late.signed(hour(available=values[2]))
    for desk in honest:
        desk.client().push([own])
    late.is_down = True
    room.view.time = RELEASED - 1
    grants, left = room.gather([KEY])
    assert (grants, [one.key for one in left]) == ([], [KEY])
    room.view.time = RELEASED
    grant = room.agreed()
    assert grant.proposal.samples[0].available == values[2]
    assert len(grant.proposal.measurements) == 5


@pytest.mark.parametrize("how", ["is removed", "contradicts itself"])
def test_a_reporter_that_counts_no_more_between_two_signatures(tmp_path: Path, how: str) -> None:
    """Two signed what rests on its measurement too, which nobody can sign any more."""
    room = Room(tmp_path)
    gone, *rest = room.desks
    values = (9_000, 9_300, 9_600, 9_900)
    own = [
        desk.measure(hour(available=value))
        for desk, value in zip(room.desks[:4], values, strict=True)
    ]
    share(room.desks)
    first = Proposal.of(own)
    signatures: list[bytes] = []
    for desk in rest[:2]:
        signatures.append(desk.client().grant(first, signatures))
    if how == "is removed":
        room.view.signing = Signers(tuple(desk.address for desk in rest), 3)
    else:
        share([gone, *rest])
        for desk in rest:
            desk.client().push([gone.signed(hour(available=1))])
    gone.is_down = True
    room.view.time = RELEASED - 1
    assert room.gather([KEY])[0] == []
    room.view.time = RELEASED
    (grant,), left = room.gather([KEY])
    assert left == []
    assert grant.proposal == Proposal.of(own[1:])
    assert grant.proposal.samples[0].available == 9_600
