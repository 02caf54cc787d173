"""What a reporter signs, and every reason for which it does not; by a chain that is made up."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Barrier, Event

import pytest

from tests.support.oracle_bench import ME, Desk
from tests.support.oracle_views import (
    DOMAIN,
    GENESIS,
    NOW,
    REPORTERS,
    STRANGER,
    measured,
)
from tests.support.shows import shows
from wellhead.model.samples import Sample
from wellhead.oracle import wire
from wellhead.oracle.chain import HOUR, Signers
from wellhead.oracle.measurements import (
    Key,
    Kind,
    Proposal,
    Signed,
    median,
    recovered,
    sign,
)
from wellhead.oracle.reporter.refusals import Refusal
from wellhead.oracle.reporter.store import Grant, Store


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    store = Store(tmp_path / "store", DOMAIN, ME.address)
    yield Desk(store)
    store.close()


def signatures_of(proposal: Proposal, *who: int, recount: bool = False) -> list[bytes]:
    digest = proposal.recount_digest(DOMAIN) if recount else proposal.digest(DOMAIN)
    return [b"".join(REPORTERS[number].sign_digest(digest)) for number in who]


THREE = [measured(0), measured(1), measured(2)]


@shows("REP-1")
def test_a_median_of_three_is_signed(desk: Desk) -> None:
    listed = [measured(0, 8000), measured(1, 9000), measured(2, 10_000)]
    signature = desk.grant(*listed)
    proposal = Proposal.of(listed)
    assert recovered(proposal.digest(DOMAIN), signature) == ME.address
    assert [sample.available for sample in proposal.samples] == [9000]
    word, grant = desk.store.signed_for("report", (1, GENESIS)) or (0, None)
    assert word == proposal.samples[0].encode()
    assert grant is not None
    assert grant.batch == wire.Batch.of(proposal)


def test_the_same_batch_is_answered_with_the_same_signature_whatever_came_since(
    desk: Desk,
) -> None:
    first = desk.grant(*THREE)
    desk.policy.take([measured(3, 1)])
    desk.view.reported.add((1, GENESIS))
    desk.view.is_down = True
    assert desk.grant(*THREE) == first


def test_malformed(desk: Desk) -> None:
    proposal = Proposal.of([*THREE, *(measured(who, hour=GENESIS + 1) for who in range(3))])
    for wrong in (
        Proposal((), ()),
        replace(proposal, samples=proposal.samples[::-1]),
        replace(proposal, samples=(proposal.samples[0],) * 2),
        replace(proposal, samples=proposal.samples[:1]),
        replace(proposal, measurements=(*proposal.measurements, proposal.measurements[0])),
        Proposal((Sample(1, GENESIS, 5, 6),), tuple(THREE)),
        Proposal((Sample(1, GENESIS, 6, 5, 1_000_001),), tuple(THREE)),
    ):
        batch = wire.Batch.model_construct(
            samples=[wire.word_of(sample.encode()) for sample in wrong.samples],
            measurements=[wire.MeasurementBody.of(signed) for signed in wrong.measurements],
            signatures=[],
        )
        with pytest.raises(Refusal) as caught:
            desk.policy.prepare("report", batch)
        assert caught.value.reason == "malformed"
    bad = measured(2, available=10_001, working=10_000)
    assert desk.refused(measured(0), measured(1), bad, measured(3)).reason == "malformed"
    assert desk.refused_batch(proposal, kind="recount").reason == "malformed"
    assert desk.store.seen(1, 0, 2**24) == []


def test_unfinished(desk: Desk) -> None:
    current = [measured(who, hour=NOW) for who in range(3)]
    assert desk.refused(*current).reason == "unfinished"
    desk.view.time = (NOW + 1) * HOUR - 1
    assert desk.refused(*current).reason == "unfinished"
    desk.view.time, desk.settle = (NOW + 1) * HOUR, 60
    assert desk.refused(*current).reason == "unfinished"
    desk.view.time += 60
    assert desk.grant(*current)


def test_unknown(desk: Desk) -> None:
    for key in ((4, GENESIS), (1, GENESIS - 1)):
        listed = [measured(who, cluster=key[0], hour=key[1]) for who in range(3)]
        refused = desk.refused(*listed)
        assert (refused.reason, refused.cluster, refused.hour) == ("unknown", *key)
    desk.view.time += 17_520 * HOUR
    assert desk.refused(*THREE).reason == "unknown"


def test_reported(desk: Desk) -> None:
    desk.view.reported.add((1, GENESIS))
    assert desk.refused(*THREE).reason == "reported"
    assert desk.grant(*(measured(who, hour=GENESIS + 1) for who in range(3)))


@shows("REP-2")
def test_one_bad_hour_binds_none_of_a_batch(desk: Desk) -> None:
    good = [measured(who, hour=GENESIS + 1) for who in range(3)]
    desk.view.reported.add((1, GENESIS + 2))
    bad = [measured(who, hour=GENESIS + 2) for who in range(3)]
    assert desk.refused(*good, *bad).reason == "reported"
    assert desk.store.signed_for("report", (1, GENESIS + 1)) is None


@shows("REP-1")
def test_too_few(desk: Desk) -> None:
    assert desk.refused(*THREE[:2]).reason == "too_few"
    desk.view.signing = Signers(desk.view.signing.addresses, 4)
    assert desk.refused(*THREE).reason == "too_few"
    assert desk.grant(*THREE, measured(3))


def test_foreign(desk: Desk) -> None:
    forged = replace(THREE[2], signature=THREE[1].signature)
    stranger = sign(DOMAIN, THREE[2].measurement, STRANGER)
    changed = replace(THREE[2], measurement=measured(2, 1).measurement)
    elsewhere = sign(replace(DOMAIN, chain_id=1), THREE[2].measurement, REPORTERS[2])
    for wrong in (forged, stranger, changed, elsewhere):
        assert desk.refused(*THREE[:2], wrong).reason == "foreign"
        assert desk.policy.take([wrong]) == 0
    desk.view.signing = Signers(desk.view.signing.addresses[1:], 3)
    assert desk.refused(*THREE, measured(3)).reason == "foreign"
    assert desk.store.seen(1, 0, 2**24) == []


@shows("REP-4")
def test_equivocation_within_a_batch(desk: Desk) -> None:
    other = measured(2, 9000)
    proposal = Proposal((THREE[0].measurement.sample,), (*THREE, other))
    refused = desk.refused_batch(proposal)
    assert refused.reason == "equivocation"
    assert {body.signed() for body in refused.missing} == {THREE[2], other}


@shows("REP-4")
def test_equivocators_count_for_nothing(desk: Desk) -> None:
    """On neither side: not among those given, and not among those that are missing."""
    shown = measured(2, 9000)
    assert desk.policy.take([shown]) == 1
    refused = desk.refused(*THREE)
    assert refused.reason == "equivocation"
    assert {body.signed() for body in refused.missing} == {THREE[2], shown}
    assert desk.refused(*THREE[:2]).reason == "too_few"
    assert desk.grant(*THREE[:2], measured(3))
    proof = desk.store.contradictions((1, GENESIS), REPORTERS[2].address)
    assert set(proof) == {THREE[2], shown}
    assert desk.store.contradictions((1, GENESIS), REPORTERS[1].address) == []


def test_two_of_a_reporters_contradictions_are_kept(desk: Desk) -> None:
    taken = [desk.policy.take([measured(2, 1000 * count)]) for count in range(1, 6)]
    assert taken == [1, 1, 0, 0, 0]
    assert len(desk.store.seen(1, GENESIS, GENESIS + 1)) == 2


@shows("REP-5")
def test_incomplete(desk: Desk) -> None:
    late = measured(3, 9_999)
    desk.policy.take([late])
    refused = desk.refused(*THREE)
    assert (refused.reason, refused.cluster, refused.hour) == ("incomplete", 1, GENESIS)
    assert [body.signed() for body in refused.missing] == [late]
    assert desk.grant(*THREE, late)


@shows("REP-1")
def test_its_own_measurement_must_be_in_it(desk: Desk) -> None:
    own = measured(0, 9_999)
    desk.measure(own)
    refused = desk.refused(*(measured(who) for who in (1, 2, 3)))
    assert refused.reason == "incomplete"
    assert [body.signed() for body in refused.missing] == [own]


def test_what_is_missing_of_former_reporters_does_not_matter(desk: Desk) -> None:
    desk.policy.take([measured(4)])
    desk.view.signing = Signers(desk.view.signing.addresses[:4], 3)
    assert desk.grant(*THREE)


@shows("REP-5")
def test_an_omission_is_excused_by_the_others_signatures(desk: Desk) -> None:
    """Two others are bound to these words: a third measurement that came later must not end it."""
    desk.policy.take([measured(3, 9_999)])
    proposal = Proposal.of(THREE)
    wrong = Proposal.of([measured(1), measured(2), measured(4)])
    for signatures in (
        [],
        signatures_of(proposal, 1),
        signatures_of(proposal, 1, 1),
        signatures_of(proposal, 0, 1),  # its own is no other's
        signatures_of(wrong, 1, 2),
        signatures_of(proposal, 1, 2, recount=True),
        [b"\1" * 64, *signatures_of(proposal, 1)],
    ):
        assert desk.refused_batch(proposal, signatures).reason == "incomplete"
    assert desk.grant_batch(proposal, signatures_of(proposal, 1, 2))


@shows("REP-4")
def test_an_equivocator_found_late_is_excused_too(desk: Desk) -> None:
    desk.policy.take([measured(2, 9_999)])
    proposal = Proposal.of(THREE)
    assert desk.refused_batch(proposal).reason == "equivocation"
    desk.policy.take([measured(0), measured(1)])
    assert desk.grant_batch(proposal, signatures_of(proposal, 1, 2))


@shows("REP-5")
@pytest.mark.parametrize("field", ["working", "available", "energy"])
def test_two_liars_can_not_excuse_what_changes_the_outcome(desk: Desk, field: str) -> None:
    """One fewer than a batch needs, they sign for themselves and leave the honest ones out."""
    liars = {
        "working": [measured(who, 5_000, working=8_000) for who in (1, 2)],
        "available": [measured(who, 4_000, working=10_000) for who in (1, 2)],
        "energy": [measured(who, energy=9) for who in (1, 2)],
    }[field]
    honest = [measured(who, 5_000, working=10_000) for who in (0, 3, 4)]
    if field == "energy":
        honest = [measured(who) for who in (0, 3, 4)]
    desk.policy.take(honest)
    proposal = Proposal.of([*liars, honest[0]])
    given = signatures_of(proposal, 1, 2)
    if field == "energy":  # no money hangs on it
        assert desk.grant_batch(proposal, given)
    else:
        assert desk.refused_batch(proposal, given).reason == "incomplete"


@shows("REP-1")
def test_not_median(desk: Desk) -> None:
    listed = [measured(0, 8000), measured(1, 9000), measured(2, 9001)]
    exact = median([signed.measurement.sample for signed in listed])
    for name in ("working", "available", "measured", "energy", "work"):
        other = replace(exact, **{name: getattr(exact, name) - 1 if name == "available" else 9500})
        proposal = Proposal((other,), tuple(listed))
        assert desk.refused_batch(proposal).reason == "not_median", name
    assert desk.grant_batch(Proposal((exact,), tuple(listed)))


def test_signed(desk: Desk) -> None:
    desk.view.time = (GENESIS + 6) * HOUR
    listed = [measured(0, 8000), measured(1, 9000), measured(2, 9001)]
    desk.grant(*listed)
    refused = desk.refused(*listed, measured(3, 8500), measured(4, 8500))
    assert (refused.reason, refused.cluster, refused.hour) == ("signed", 1, GENESIS)
    assert refused.batch == wire.Batch.of(Proposal.of(listed))


def test_the_same_word_may_be_in_another_batch(desk: Desk) -> None:
    desk.grant(*THREE)
    wider = [*THREE, *(measured(who, hour=GENESIS + 1) for who in range(3))]
    assert desk.grant(*wider)
    assert desk.grant(*wider, measured(3))
    word, grant = desk.store.signed_for("report", (1, GENESIS)) or (0, None)
    assert word == THREE[0].measurement.sample.encode()
    assert grant is not None
    assert grant.batch == wire.Batch.of(Proposal.of(THREE))


def test_a_word_that_was_signed_is_signed_again_without_what_came_since(desk: Desk) -> None:
    """Else an hour whose first batch can not be sent any more would never have a report."""
    first = [measured(0, 8000), measured(1, 9000), measured(2, 10_000)]
    other = [measured(who, hour=GENESIS + 1) for who in range(3)]
    desk.grant(*first, *other)
    desk.store.take([measured(3, 100)])
    proposal = Proposal.of(first)
    signature = desk.grant(*first)
    assert recovered(proposal.digest(DOMAIN), signature) == ME.address


@shows("REP-2")
def test_two_requests_at_once_do_not_get_two_words(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both are judged before either is bound, and neither leaves out what was known then."""
    meeting, arrived, bind = Barrier(2), Event(), desk.store.lock

    def lock(
        kind: Kind, words: Mapping[Key, int], grant: Grant, released: Mapping[Key, bytes]
    ) -> None:
        arrived.set()
        meeting.wait(timeout=30)
        bind(kind, words, grant, released)

    def ask(*measurements: Signed) -> str:
        try:
            desk.grant(*measurements)
        except Refusal as refusal:
            return refusal.reason
        return "granted"

    monkeypatch.setattr(desk.store, "lock", lock)
    with ThreadPoolExecutor(2) as workers:
        spread = [measured(0, 8000), measured(1, 9000), measured(2, 10_000)]
        first = workers.submit(ask, *spread)
        assert arrived.wait(timeout=30)
        second = workers.submit(ask, *spread, measured(3, 1), measured(4, 1))
        answers = {first.result(), second.result()}
    assert answers == {"granted", "signed"}
