"""Whatever relays, liars and latecomers send, in whatever order: a reporter signs no second word
for an hour, but one that rests on more once the time has come, and what it signs is what the
reporters measured."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests.support.oracle_views import DOMAIN, GENESIS, REPORTERS, FakeView, measured
from wellhead.model.samples import Sample
from wellhead.model.units import Q
from wellhead.oracle import wire
from wellhead.oracle.bookings import Bookings
from wellhead.oracle.chain import HOUR
from wellhead.oracle.measurements import (
    Key,
    Kind,
    Proposal,
    Signed,
    median,
)
from wellhead.oracle.readings import HourSamples
from wellhead.oracle.reporter.policy import Policy
from wellhead.oracle.reporter.refusals import Refusal
from wellhead.oracle.reporter.store import Own, Store

ME = REPORTERS[0]
HOURS = (GENESIS, GENESIS + 1)
NEEDED: dict[Kind, int] = {"report": 3, "recount": 4}
#: What is measured: honest values lie near each other, lies do not.
VALUES = (9_980, 10_000, 10_020, 10_000, 4_000)
values, hours, others = st.sampled_from(VALUES), st.sampled_from(HOURS), st.integers(1, 4)


@cache
def said(who: int, hour: int, value: int) -> Signed:
    """What reporter `who` says that it measured."""
    return measured(who, value, hour, working=20_000)


@cache
def signature(who: int, digest: bytes) -> bytes:
    return b"".join(REPORTERS[who].sign_digest(digest))


class Reporting(RuleBasedStateMachine):
    """One reporter of five. It is shown measurements, also contradictory ones, and asked to sign
    batches, complete ones and others; now and then it is restarted."""

    @initialize(
        first=st.lists(values, min_size=5, max_size=5),
        second=st.lists(values, min_size=5, max_size=5),
        is_late=st.booleans(),
    )
    def begin(self, first: list[int], second: list[int], is_late: bool) -> None:
        """Each reporter measured each hour, what this one did not see yet. Words may be replaced
        where it is late."""
        self.folder = tempfile.TemporaryDirectory()
        self.is_late = is_late
        self.view = FakeView(time=(GENESIS + (8 if is_late else 7)) * HOUR - 1 + is_late)
        self.measured = dict(zip(HOURS, (first, second), strict=True))
        self.words: dict[tuple[Kind, Key], int] = {}
        #: The measurements behind the batch that bound an hour.
        self.behind: dict[tuple[Kind, Key], set[Signed]] = {}
        self.shown: dict[Key, set[Signed]] = {(1, hour): set() for hour in HOURS}
        self._open()
        self.measures(HOURS[0])
        self.is_shown(HOURS[0], {1, 2, 3})

    def _open(self) -> None:
        self.store = Store(Path(self.folder.name) / "store", DOMAIN, ME.address)
        with self.store.database.reading() as connection:
            connection.execute("PRAGMA synchronous = OFF")  # the disk is not what is tested here
        self.policy = Policy(self.store, self.view, ME, lambda cluster: 0)

    def teardown(self) -> None:
        self.store.close()
        self.folder.cleanup()

    @rule(hour=hours)
    def measures(self, hour: int) -> None:
        own = Own(said(0, hour, self.measured[hour][0]), Bookings(10), 10)
        assert self.store.keep_own(own, HourSamples(None, ()))
        self.shown[1, hour].add(own.signed)

    @rule(hour=hours, which=st.sets(others, min_size=1))
    def is_shown(self, hour: int, which: set[int]) -> None:
        self._show(said(who, hour, self.measured[hour][who]) for who in which)

    @rule(who=others, hour=hours, value=values)
    def is_shown_another(self, who: int, hour: int, value: int) -> None:
        self._show([said(who, hour, value)])

    def _show(self, measurements: Iterable[Signed]) -> None:
        listed = list(measurements)
        self.policy.take(listed)
        for one in listed:
            self.shown[one.key].add(one)

    @rule()
    def restarts(self) -> None:
        self.store.close()
        self._open()

    @rule(
        kind=st.sampled_from(list(NEEDED)),
        asked=st.sampled_from([HOURS, HOURS[:1], HOURS[1:]]),
        left_out=st.sets(st.integers(0, 4), max_size=1),
        signers=st.sets(st.integers(0, 4)),
        shift=st.sampled_from((0, 0, 0, 1)),
    )
    def is_asked_for_what_it_knows(
        self,
        kind: Kind,
        asked: tuple[int, ...],
        left_out: set[int],
        signers: set[int],
        shift: int,
    ) -> None:
        """But for what some reporters measured; perhaps with another value than the median."""
        gone = {REPORTERS[who].address for who in left_out}
        hours = asked if kind == "report" else asked[:1]
        listed = [
            one for hour in hours for one in self._sound((1, hour)) if one.reporter not in gone
        ]
        self._ask(kind, listed, signers, shift)

    @rule(
        kind=st.sampled_from(list(NEEDED)),
        hour=hours,
        told=st.dictionaries(st.integers(0, 4), st.none() | values, min_size=3),
        signers=st.sets(st.integers(0, 4)),
    )
    def is_asked_for_anything(
        self, kind: Kind, hour: int, told: dict[int, int | None], signers: set[int]
    ) -> None:
        """Of what the reporters measured, or others' lies."""
        listed = [
            said(who, hour, self.measured[hour][who] if value is None else value)
            for who, value in told.items()
        ]
        self._ask(kind, listed, signers)

    def _ask(self, kind: Kind, listed: list[Signed], signers: set[int], shift: int = 0) -> None:
        if not listed:
            return
        proposal = Proposal.of(listed)
        if shift:
            first, *rest = proposal.samples
            lie = Sample(1, first.hour, first.working, first.available + shift, first.measured)
            proposal = Proposal((lie, *rest), proposal.measurements)
        keys = [(sample.cluster, sample.hour) for sample in proposal.samples]
        self.view.contested = set(keys) if kind == "recount" else set()
        digest = proposal.digest(DOMAIN) if kind == "report" else proposal.recount_digest(DOMAIN)
        batch = wire.Batch.of(proposal, [signature(who, digest) for who in sorted(signers)])
        known = {key: self._sound(key, also=proposal.measurements) for key in keys}
        bound = {(kind, key) for key in keys if (kind, key) in self.words}
        try:
            request = self.policy.prepare(kind, batch)
            grant = self.policy.grant(request)
        except Refusal:
            return
        assert grant.batch.proposal() == proposal
        if request.granted is not None:
            return  # the same signature as before
        for sample, key in zip(proposal.samples, keys, strict=True):
            given = {one for one in proposal.measurements if one.key == key}
            is_bound = self.words.get((kind, key)) == sample.encode()
            if (kind, key) in bound and not is_bound:
                self._check_replaced(kind, self.behind[kind, key], given, known[key])
            if not is_bound:
                self.words[kind, key], self.behind[kind, key] = sample.encode(), given
            self._check(kind, sample, proposal, known[key], signers - {0}, is_bound)

    def _check_replaced(
        self, kind: Kind, former: set[Signed], given: set[Signed], known: set[Signed]
    ) -> None:
        """A word was replaced: that of a report, late, by one that leaves out nobody who counts."""
        assert kind == "report"
        assert self.is_late
        assert former & known <= given != former

    def _check(
        self,
        kind: Kind,
        sample: Sample,
        proposal: Proposal,
        known: set[Signed],
        others: set[int],
        is_bound: bool,
    ) -> None:
        """What was signed is the exact median of enough genuine measurements, and of all that are
        known: or as many others as make a batch with it signed it, and it hardly matters; or this
        very word was signed before."""
        given = [one for one in proposal.measurements if one.key[1] == sample.hour]
        assert len({one.reporter for one in given}) == len(given)
        assert len(given) >= NEEDED[kind]
        assert all(one.is_genuine(DOMAIN) for one in given)
        assert sample == median([one.measurement.sample for one in given])
        if set(given) != known and not is_bound:
            assert len(others) >= NEEDED[kind] - 1
            whole = median([one.measurement.sample for one in known]).available
            assert abs(sample.available - whole) * Q <= 5_000 * max(sample.available, whole)
        if kind == "recount":
            own = self.store.own(1, sample.hour)
            assert own is not None
            mine = own.signed.measurement.sample.available
            # Two of 60 looks' part of 10,000, and half a percent.
            apart = abs(sample.available - mine) - 334
            assert apart * Q <= 5_000 * max(sample.available, mine)

    def _sound(self, key: Key, also: Iterable[Signed] = ()) -> set[Signed]:
        """What is known of an hour, of those who did not contradict themselves."""
        seen = set(self.store.seen(*key, key[1] + 1)) | {one for one in also if one.key == key}
        return {
            one
            for one in seen
            if all(other == one or other.reporter != one.reporter for other in seen)
        }

    @invariant()
    def nothing_is_forgotten(self) -> None:
        """[REP-2]"""
        for (kind, key), word in self.words.items():
            found = self.store.signed_for(kind, key)
            assert found is not None
            assert found[0] == word
        for key, shown in self.shown.items():
            seen = self.store.seen(*key, key[1] + 1)
            for one in shown:
                # Of several contradictions two are kept.
                same = [other for other in seen if other.reporter == one.reporter]
                assert one in same or len(same) >= 2


TestReporting = pytest.mark.property(Reporting.TestCase)
