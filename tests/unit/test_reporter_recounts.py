"""What a reporter says to recounts, to measurements of others and to heartbeats."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest

from tests.support.oracle_bench import ME, Desk
from tests.support.oracle_views import (
    DOMAIN,
    GENESIS,
    NOW,
    STRANGER,
    measured,
)
from tests.support.shows import shows
from wellhead.chain import KeyAccount
from wellhead.chain.signing import heartbeat_digest
from wellhead.model.samples import Sample
from wellhead.oracle import wire
from wellhead.oracle.chain import HOUR
from wellhead.oracle.measurements import (
    Kind,
    Proposal,
    Signed,
    recovered,
)
from wellhead.oracle.reporter.refusals import Refusal
from wellhead.oracle.reporter.store import Store
from wellhead.oracle.reporter.view import Lease, Unready


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    store = Store(tmp_path / "store", DOMAIN, ME.address)
    yield Desk(store)
    store.close()


def contest(desk: Desk, own: int | None = 10_000) -> None:
    desk.view.contested.add((1, GENESIS))
    if own is not None:
        desk.measure(measured(0, own, working=20_000))


def recounts(*available: int) -> list[Signed]:
    """Measurements of the reporters from 0 on."""
    return [measured(who, units, working=20_000) for who, units in enumerate(available)]


@shows("REP-3")
def test_a_recount_is_bound_apart_from_the_report(desk: Desk) -> None:
    listed = recounts(10_000, 9_980, 9_000, 9_990, 9_000)
    desk.grant(*listed[:3])
    contest(desk)
    signature = desk.grant(*listed[:4], kind="recount")
    digest = Proposal.of(listed[:4]).recount_digest(DOMAIN)
    assert recovered(digest, signature) == ME.address
    words = [desk.store.signed_for(kind, (1, GENESIS)) for kind in get_args(Kind)]
    assert [Sample.decode(found[0]).available for found in words if found] == [9_980, 9_980]
    desk.policy.take(listed[4:])
    assert desk.grant(*listed, kind="recount")  # the same word


@shows("REP-3")
def test_a_second_word_of_a_recount_is_not_signed(desk: Desk) -> None:
    contest(desk)
    listed = recounts(10_000, 9_980, 9_970, 9_990, 9_995)
    desk.grant(*listed[:4], kind="recount")
    refused = desk.refused(*listed, kind="recount")
    assert refused.reason == "signed"
    assert refused.batch == wire.Batch.of(Proposal.of(listed[:4]))


@shows("REP-3")
def test_a_recount_needs_a_contest_and_all_but_one(desk: Desk) -> None:
    listed = recounts(10_000, 10_000, 10_000, 10_000)
    assert desk.refused(*listed, kind="recount").reason == "not_contested"
    desk.view.reported.add((1, GENESIS))
    assert desk.refused(*listed, kind="recount").reason == "not_contested"
    contest(desk)
    assert desk.refused(*listed[:3], kind="recount").reason == "too_few"
    assert desk.refused(*listed).reason == "reported"
    assert desk.grant(*listed, kind="recount")


@shows("REP-3")
@pytest.mark.parametrize(
    ("own", "agrees"),
    [(10_000, True), (9_616, True), (9_615, False), (10_385, True), (10_386, False), (0, False)],
)
def test_a_recount_must_be_what_it_measured_itself(desk: Desk, own: int, agrees: bool) -> None:
    """The limit is two of its 60 looks, 334 of the 10,000 booked, and half a per cent of the
    larger: 50 of 10,000, and 51.925 of 10,385."""
    contest(desk, own)
    listed = recounts(own, 10_000, 10_000, 10_000)
    if agrees:
        assert desk.grant(*listed, kind="recount")
    else:
        refused = desk.refused(*listed, kind="recount")
        assert refused.reason == "disagrees"
        assert str(own) in refused.detail
        assert desk.store.signed_for("recount", (1, GENESIS)) is None


def test_who_did_not_measure_an_hour_signs_no_recount_of_it(desk: Desk) -> None:
    """Three liars and one who knows nothing must not decide a contest together."""
    contest(desk, None)
    lies = [measured(who, 10_000) for who in (1, 2, 3, 4)]
    assert desk.refused(*lies, kind="recount").reason == "disagrees"


def test_what_is_taken_is_bounded_by_what_the_chain_knows(desk: Desk) -> None:
    """A reporter's key in wrong hands must not fill the others' disks."""
    for wrong in (
        measured(1, cluster=4),
        measured(1, hour=GENESIS - 1),
        measured(1, hour=NOW),
        measured(1, available=10_001, working=10_000),
    ):
        assert desk.policy.take([wrong]) == 0
    assert desk.policy.take([measured(1), measured(1), measured(2)]) == 2
    assert desk.policy.take([measured(1)]) == 0
    desk.view.time += 17_520 * HOUR
    assert desk.policy.take([measured(3)]) == 0


def test_nothing_is_decided_without_the_chain(desk: Desk) -> None:
    desk.view.is_down = True
    listed = [measured(who) for who in range(3)]
    with pytest.raises(Unready):
        desk.grant(*listed)
    with pytest.raises(Unready):
        desk.policy.take(listed)


USER = STRANGER
LEASE = Lease(9, 1, 4, NOW - 30, NOW + 5, USER.address)


def beat(
    hour: int = NOW, units: int = 4, lease: int = 9, by: KeyAccount = USER
) -> wire.HeartbeatBody:
    digest = heartbeat_digest(DOMAIN.chain_id, DOMAIN.oracle, lease, hour, units)
    signature = b"".join(by.sign_digest(digest))
    return wire.HeartbeatBody(
        lease_id=lease, hour=hour, units=units, signature="0x" + signature.hex()
    )


def heartbeat(desk: Desk, body: wire.HeartbeatBody) -> int:
    return desk.policy.heartbeat(body, lambda cluster: cluster == 1)


@pytest.mark.parametrize("hour", [NOW, NOW - 24])
def test_a_heartbeat_of_the_leases_user_is_kept(desk: Desk, hour: int) -> None:
    desk.view.leases[9] = LEASE
    assert heartbeat(desk, beat(hour)) == 1
    assert heartbeat(desk, beat(hour)) == 1
    assert heartbeat(desk, beat(hour, units=3)) == 0
    (kept,) = desk.store.raws.heartbeats(1, hour)
    assert (kept.lease_id, kept.units, kept.user) == (9, 4, USER.address)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (beat(lease=8), "there is no lease 8"),
        (beat(NOW - 25), "heartbeats are for the current hour"),
        (beat(NOW + 1), "heartbeats are for the current hour"),
        (beat(units=5), "has 4 units, not 5"),
        (beat(by=ME), "did not sign this"),
        (beat(NOW - 1).model_copy(update={"hour": NOW}), "did not sign this"),
    ],
)
def test_unfit(desk: Desk, body: wire.HeartbeatBody, said: str) -> None:
    desk.view.leases[9] = LEASE
    with pytest.raises(Refusal, match=said) as caught:
        heartbeat(desk, body)
    assert caught.value.reason == "unfit"


def test_unfit_by_the_lease(desk: Desk) -> None:
    for lease, said in (
        (replace(LEASE, start=NOW + 1), "covers the hours"),
        (replace(LEASE, stop=NOW), "covers the hours"),
        (replace(LEASE, cluster=2), "does not measure cluster 2"),
    ):
        desk.view.leases[9] = lease
        with pytest.raises(Refusal, match=said):
            heartbeat(desk, beat())


def test_a_heartbeat_for_an_hour_that_was_measured_comes_too_late(desk: Desk) -> None:
    desk.view.leases[9] = LEASE
    desk.measure(measured(0, hour=NOW - 1))
    assert heartbeat(desk, beat(NOW - 1)) == 0
    assert desk.store.raws.heartbeats(1, NOW - 1) == []
