"""The audit's books against hours and leases that are counted one by one."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.rent import loss
from tests.support.shows import shows
from wellhead.audit.replays.book import DEFAULT_SECONDS, STEPS, Book, Source
from wellhead.audit.replays.leases import HOUR, Term
from wellhead.model.terms import Service
from wellhead.model.units import Q

BEGIN = 480_000
SPAN = 60
SLA, PENALTY = 900_000, 2 * Q

parts = st.tuples(
    st.integers(0, SPAN),
    st.integers(1, 30),
    st.integers(1, 9),
    st.integers(1, 10**12).map(lambda rate: rate * HOUR),
    st.sampled_from([HOUR, HOUR, 1, 1_799]),
)


def source(available: dict[int, int], penalty: int = PENALTY) -> Source:
    """All hours final with so much available, nothing in others; the clock never stopped."""
    service = Service(SLA, penalty)
    return Source(lambda hour: (True, available.get(hour, 0)), service, lambda time: time)


@dataclass
class Naive:
    """Hour by hour what every part loses and earns."""

    bond: int
    lost: dict[int, int] = field(default_factory=dict)
    earned: int = 0
    compensated: int = 0
    covered: int = 0

    def pass_hour(self, hour: int, terms: list[Term], available: int) -> None:
        covered = sum(term.units * seconds_at(term, hour) for term in terms)
        rent = sum(rate_at(term, hour) for term in terms)
        if not covered:
            return
        whole = loss(available, Fraction(covered, HOUR), SLA, PENALTY)
        beyond = min(max(0, whole - Q), (self.bond - self.compensated) // rent if rent else 0)
        self.lost[hour] = min(whole, Q) + beyond
        self.earned += rent * max(0, Q - whole)
        self.covered += rent * max(0, Q - whole) > 0
        self.compensated += rent * beyond

    def refund(self, term: Term) -> int:
        return sum(rate_at(term, hour) * lost for hour, lost in self.lost.items())


def rate_at(term: Term, hour: int) -> int:
    if not term.start <= hour < term.end:
        return 0
    return term.first_rate if hour == term.start else term.rate


def seconds_at(term: Term, hour: int) -> int:
    if hour == term.start:
        return term.first_seconds
    return HOUR if term.start < hour < term.end else 0


def booked_terms(drawn: list[tuple[int, int, int, int, int]]) -> list[Term]:
    return [
        Term(rate, 1, units, BEGIN + start, BEGIN + start + hours, seconds, 0)
        for start, hours, units, rate, seconds in drawn
    ]


@shows("AUD-3")
@given(
    drawn=st.lists(parts, min_size=1, max_size=8),
    available=st.lists(st.integers(0, 30_000), min_size=1, max_size=40),
    bond=st.integers(0, 10**24),
    stops=st.lists(st.integers(1, SPAN + 32), max_size=4),
)
@settings(max_examples=120)
def test_walks_find_what_every_hour_lost_and_earned(
    drawn: list[tuple[int, int, int, int, int]], available: list[int], bond: int, stops: list[int]
) -> None:
    """However often they walk; and every part is due what its own hours lost."""
    terms, book = booked_terms(drawn), Book(cursor=BEGIN, bond=bond)
    served = {BEGIN + n: some for n, some in enumerate(available)}
    for term in terms:
        book.enter(term)
    earned = covered = 0
    naive, last = Naive(bond), BEGIN
    for stop in (*sorted(stops), SPAN + 40):
        walked = book.walk(source(served), BEGIN + stop)
        earned, covered, book.bond = earned + walked[0], covered + walked[2], book.bond - walked[1]
        for hour in range(last, BEGIN + stop):
            naive.pass_hour(hour, terms, served.get(hour, 0))
        last = BEGIN + stop
        assert (earned, covered) == (naive.earned, naive.covered)
        assert (book.bond, book.lost) == (bond - naive.compensated, sum(naive.lost.values()))
        for term in terms:
            assert book.refund_ledger(term) == naive.refund(term)
    assert (book.booked, book.rate) == (0, 0)


@shows("AUD-3")
@given(
    drawn=st.lists(parts, min_size=1, max_size=6),
    cuts=st.lists(st.tuples(st.integers(0, 99), st.integers(0, 99)), max_size=5),
    asked=st.tuples(st.integers(-5, SPAN + 35), st.integers(1, 40)),
)
@settings(max_examples=80)
def test_what_is_left_of_parts_is_what_is_booked(
    drawn: list[tuple[int, int, int, int, int]],
    cuts: list[tuple[int, int]],
    asked: tuple[int, int],
) -> None:
    terms, book = booked_terms(drawn), Book(cursor=BEGIN)
    for term in terms:
        book.enter(term)
    for which, place in cuts:
        term = terms[which % len(terms)]
        hour = term.start + place % max(1, term.end - term.start)
        if term.start < hour < term.end:
            book.leave(term, hour)
            terms[which % len(terms)] = replace(term, end=hour)
    first, last = BEGIN + asked[0], BEGIN + sum(asked)
    loads = [sum(t.units for t in terms if t.start <= h < t.end) for h in range(first, last)]
    assert book.load(first, last) == (max(loads), sum(loads))
    seconds = (t.units * seconds_at(t, h) for t in terms for h in range(first, last))
    assert book.covered(first, last) == sum(seconds)
    book.walk(source({}), BEGIN + SPAN + 40)
    assert (book.booked, book.rate) == (0, 0)


def test_a_walk_rests_at_every_flag_and_ends_after_its_steps() -> None:
    book = Book(cursor=BEGIN)
    term = Term(HOUR, 1, 5, BEGIN + 1_000, BEGIN + 1_000 + STEPS, HOUR, 0)
    book.enter(term)
    far = term.end + 10_000
    book.walk(source(dict.fromkeys(range(term.start, term.end), 5000)), far)
    assert book.cursor == term.end - 1  # one step was the way there
    book.walk(source(dict.fromkeys(range(term.start, term.end), 5000)), far)
    assert (book.cursor, book.lost) == (far, 0)


def test_a_walk_stops_before_what_is_not_final() -> None:
    book = Book(cursor=BEGIN)
    book.enter(Term(HOUR, 1, 5, BEGIN + 3, BEGIN + 9, HOUR, 0))
    asked: list[int] = []

    def final(hour: int) -> tuple[bool, int]:
        asked.append(hour)
        return hour < BEGIN + 5, 5_000

    waiting = source({})._replace(final=final)
    assert book.walk(waiting, BEGIN + 50) == (2 * HOUR * Q, 0, 2)
    assert (book.cursor, asked) == (BEGIN + 5, [BEGIN + 3, BEGIN + 4, BEGIN + 5])


@shows("AUD-3")
def test_a_default_voids_what_is_ahead_and_the_meter_follows() -> None:
    term = Term(7 * HOUR, 1, 5, BEGIN, BEGIN + 100, 1_800, 0)
    void = Term(11 * HOUR, 1, 2, BEGIN + 90, BEGIN + 95, HOUR, 0)
    book = Book(cursor=BEGIN, bond=10**30)
    for entered in (term, void):
        book.enter(entered)
    book.walk(source({}, penalty=0), BEGIN + 80)
    assert book.down == DEFAULT_SECONDS
    book.close(BEGIN + 85, 13)
    assert (book.era, book.phase, book.down) == (1, 1, 0)
    fresh = Term(3 * HOUR, 1, 4, BEGIN + 86, BEGIN + 99, HOUR, 1)
    book.enter(fresh)
    assert book.load(BEGIN, BEGIN + 200) == (5, 85 * 5 + 13 * 4)
    assert book.covered(BEGIN, BEGIN + 200) == (85 * 5 + 13 * 4) * HOUR - 5 * 1_800
    assert (book.stop_of(term), book.stop_of(void), book.stop_of(fresh)) == (
        BEGIN + 85,
        BEGIN + 85,
        BEGIN + 99,
    )
    rent_void = 15 * term.rate * Q + 15 * 5 * 13
    losses = (term.first_rate + 79 * term.rate) * Q
    assert book.refund_ledger(term) == rent_void + losses
    assert book.refund_ledger(void) == void.rent * Q + 5 * 2 * 13
    book.walk(source(dict.fromkeys(range(BEGIN + 86, BEGIN + 99), 4000), penalty=0), BEGIN + 120)
    assert (book.cursor, book.phase, book.booked) == (BEGIN + 120, 2, 0)
    assert book.refund_ledger(term) == rent_void + losses + 5 * term.rate * Q
    assert book.refund_ledger(fresh) == 0


def test_the_hour_of_a_default_counts_what_is_booked_after_it() -> None:
    """What was booked in it before is void, and so is what of that came late."""
    book, hour = Book(cursor=BEGIN), BEGIN + 3
    book.enter(Term(HOUR, 1, 7, hour, hour + 9, 600, 0))
    book.close(hour, 0)
    book.enter(Term(HOUR, 1, 2, hour, hour + 4, 500, 1))
    book.enter(Term(HOUR, 1, 3, hour, hour + 1, 50, 1))
    assert [book.covered(h, h + 1) for h in range(hour - 1, hour + 3)] == [
        0,
        2 * 500 + 3 * 50,
        2 * HOUR,
        2 * HOUR,
    ]
    book.walk(source({hour: 250}), hour + 1)  # of 319 thousandths of a unit
    assert 0 < book.lost == loss(250, Fraction(2 * 500 + 3 * 50, HOUR), SLA, PENALTY) < Q
