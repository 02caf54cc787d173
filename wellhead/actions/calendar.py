"""What of a cluster is booked, hour by hour, without asking for every hour.

A stretch whose peak times its length is its sum has the same bookings in all its hours: two answers
are enough for it, however long it is. Others are cut at the borders of the contract's own tree, so
that the node looks at few slots for each question.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from wellhead.actions.views import head
from wellhead.chain import Deployment
from wellhead.model.terms import Pricing
from wellhead.model.units import HOUR, LEDGER_SCALE

#: Sizes of the contract's nodes in hours. Longer stretches are cut into the first.
SIZES = (648, 216, 72, 24, 8)
#: Stretches or hours that are asked for before it is said how far it is.
PORTION = 200

Span = tuple[int, int]
#: Says how many hours are known, and of how many.
Advance = Callable[[int, int | None], None]


@dataclass(frozen=True)
class Run:
    """Hours [start, end) that have the same number of units booked."""

    start: int
    end: int
    booked: int

    @property
    def hours(self) -> int:
        return self.end - self.start


class Source(Protocol):
    """Who knows the bookings."""

    def loads(self, spans: Sequence[Span]) -> list[tuple[int, int]]:
        """Peak and sum of each span."""

    def at(self, hours: Sequence[int]) -> list[int]:
        """Units booked in each hour."""


@dataclass(frozen=True)
class ChainSource:
    """A cluster's bookings as of a block."""

    deployment: Deployment
    cluster: int
    block: int

    def loads(self, spans: Sequence[Span]) -> list[tuple[int, int]]:
        asked = [
            (function, [self.cluster, start, end])
            for start, end in spans
            for function in ("peakBooked", "sumBooked")
        ]
        answers = iter(self.deployment.market.call_many(asked, block=self.block))
        return [(int(peak), int(total)) for peak, total in zip(answers, answers, strict=True)]

    def at(self, hours: Sequence[int]) -> list[int]:
        asked = [("bookedAt", [self.cluster, hour]) for hour in hours]
        return [int(units) for units in self.deployment.market.call_many(asked, block=self.block)]


@dataclass(frozen=True)
class Market:
    """A cluster as the market sees it in a block, and when that is. Units are whole; `bonded` are
    those that the operator's bond stands behind, None where the terms ask for no bond."""

    cluster: int
    block: int
    time: int
    pricing: Pricing
    attested: int
    sellable: int
    paused: bool
    bonded: int | None = None

    @property
    def limit(self) -> int:
        """Units that can be booked in an hour."""
        return self.sellable if self.bonded is None else min(self.sellable, self.bonded)

    @property
    def hour(self) -> int:
        """The current hour."""
        return self.time // HOUR

    @property
    def horizon_end(self) -> int:
        """The hour after the last one that can be booked."""
        return self.hour + self.pricing.horizon_hours


def market_of(deployment: Deployment, cluster: int) -> Market:
    """A cluster in the latest block; Reverted when there is no such cluster."""
    block, time = head(deployment)
    offer = deployment.registry.call("offerOf", cluster, block=block)
    bonded, each = None, int(offer["bond"])
    if each:
        books = deployment.market.call("booksOf", cluster, block=block)
        bonded = int(books["bond"]) // (each * LEDGER_SCALE)
    return Market(
        cluster=cluster,
        block=block,
        time=time,
        pricing=Pricing(*offer["pricing"].values()),
        attested=int(offer["attested"]),
        sellable=int(offer["sellable"]),
        paused=bool(offer["isPaused"]),
        bonded=bonded,
    )


def read(
    deployment: Deployment,
    market: Market,
    start: int,
    end: int,
    advance: Advance = lambda done, total: None,
) -> list[Run]:
    """Bookings of the hours [start, end) in the market's block, as the fewest runs."""
    return runs(ChainSource(deployment, market.cluster, market.block), start, end, advance)


def runs(
    source: Source, start: int, end: int, advance: Advance = lambda done, total: None
) -> list[Run]:
    """Bookings of the hours [start, end) as the fewest runs; they leave no hour out."""
    found: list[Run] = []
    known, pending = 0, list(_cut((start, end), SIZES[0]))
    for smaller in (*SIZES[1:], 1):
        mixed: list[Span] = []
        for spans in _portions(pending):
            for (first, last), (peak, total) in zip(spans, source.loads(spans), strict=True):
                if peak * (last - first) == total:
                    found.append(Run(first, last, peak))
                    known += last - first
                else:
                    mixed.append((first, last))
            advance(known, end - start)
        pending = [part for span in mixed for part in _cut(span, smaller)]
    for spans in _portions(pending):
        hours = [hour for hour, _ in spans]
        found += map(Run, hours, (hour + 1 for hour in hours), source.at(hours))
        known += len(hours)
        advance(known, end - start)
    return list(_joined(sorted(found, key=lambda run: run.start)))


def spread(found: Iterable[Run]) -> list[int]:
    """The units booked in every hour of adjoining runs."""
    return [run.booked for run in found for _ in range(run.hours)]


def _portions(spans: Sequence[Span]) -> Iterator[Sequence[Span]]:
    """So many at a time that it can be told how far it is."""
    for first in range(0, len(spans), PORTION):
        yield spans[first : first + PORTION]


def _cut(span: Span, size: int) -> Iterator[Span]:
    """The parts of a span between multiples of `size`."""
    start, end = span
    while start < end:
        border = min(start - start % size + size, end)
        yield start, border
        start = border


def _joined(found: Iterable[Run]) -> Iterator[Run]:
    held: Run | None = None
    for run in found:
        if held is not None and held.booked == run.booked:
            held = Run(held.start, run.end, run.booked)
            continue
        if held is not None:
            yield held
        held = run
    if held is not None:
        yield held
