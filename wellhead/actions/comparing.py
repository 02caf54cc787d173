"""At which hour an order would be cheapest, as things are now.

Every start is priced here, by the model's exact twin of the contract and from bookings that were
read in stretches; the best are then quoted by the contract itself, in the same block.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import accumulate, pairwise

from wellhead.actions import calendar
from wellhead.actions.calendar import Advance, Market
from wellhead.actions.errors import Refusal, SetupError
from wellhead.actions.leasing import Order, Quote, as_quote
from wellhead.chain import Deployment
from wellhead.model import price
from wellhead.model.units import HOUR, Q

#: How many starts are named.
BEST = 5


@dataclass(frozen=True)
class Candidate:
    """A start that can be had, or several in a row that cost the same: `start` to `last`.

    `cost` is in stablecoin units, `seconds` are paid for, `peak` is that of the first.
    """

    start: int
    last: int
    cost: int
    seconds: int
    peak: int


@dataclass(frozen=True)
class Choice:
    """Starts from that of `quote` to `last` that cost the same; the chain quoted the first."""

    quote: Quote
    last: int


@dataclass(frozen=True)
class Comparison:
    """Starts from `first` to `last`, compared by what a unit-hour costs.

    `asked` is the start that was asked for, None where it is sold out. `best` begins with the
    cheapest; no start next to one of them is cheaper.
    """

    block: int
    first: int
    last: int
    sold_out: int
    asked: Quote | None
    best: Sequence[Choice]

    @property
    def starts(self) -> int:
        """How many starts were compared."""
        return self.last - self.first + 1

    @property
    def cheapest(self) -> Quote:
        return self.best[0].quote

    @property
    def saving(self) -> int | None:
        """What the cheapest's hours would cost more at the price of the start asked for, in
        stablecoin units, rounded down; a start in the current hour covers less than all hours."""
        if self.asked is None:
            return None
        best = self.cheapest
        return self.asked.cost * best.seconds // self.asked.seconds - best.cost

    @property
    def saving_share(self) -> int | None:
        """The same as a share of what they would cost, in millionths, rounded down."""
        if self.asked is None:
            return None
        whole = self.asked.cost * self.cheapest.seconds
        saved = whole - self.cheapest.cost * self.asked.seconds
        return Q * saved // whole if whole else 0


def compare(
    deployment: Deployment,
    market: Market,
    order: Order,
    last: int,
    advance: Advance = lambda done, total: None,
) -> Comparison:
    """The cheapest of the order's starts from its own to `last`; later ones than the horizon admits
    are left out. Refusal where the market would refuse them all."""
    last = min(last, _last_start(market, order))
    booked = calendar.read(deployment, market, order.start, last + order.hours, advance)
    base = int(deployment.market.call("baseOf", market.cluster, block=market.block))
    every = candidates(market, order, base, calendar.spread(booked))
    if not every:
        least = min(_peaks(calendar.spread(booked), order.hours))
        raise Refusal(
            "NoStartFree",
            units=order.units,
            hours=order.hours,
            first=order.start,
            last=last,
            free=max(market.limit - least, 0),
            sellable=market.limit,
        )
    chosen = best(every)
    asked = every[0] if every[0].start == order.start else None
    wanted = [*chosen, *([asked] if asked else [])]
    quotes = _confirmed(deployment, market, order, wanted)
    return Comparison(
        block=market.block,
        first=order.start,
        last=last,
        sold_out=last - order.start + 1 - len(every),
        asked=quotes[-1] if asked else None,
        best=[Choice(quote, one.last) for one, quote in zip(chosen, quotes, strict=False)],
    )


def candidates(market: Market, order: Order, base: int, booked: Sequence[int]) -> list[Candidate]:
    """Every start that can be had, one by one, in order. `booked` are the units of every hour from
    the order's first on, and ends with the last hour of the last start."""
    sums = list(accumulate(booked, initial=0))
    found = []
    for place, peak in enumerate(_peaks(booked, order.hours)):
        if peak + order.units > market.limit:
            continue
        start = order.start + place
        elapsed = market.time % HOUR if start == market.hour else 0
        seconds = order.hours * HOUR - elapsed
        load = (sums[place + order.hours] - sums[place]) * HOUR - booked[place] * elapsed
        cost = price.cost(market.pricing, base, market.attested, order.units, seconds, load)
        found.append(Candidate(start, start, cost, seconds, peak))
    return found


def best(every: Sequence[Candidate]) -> list[Candidate]:
    """The cheapest `BEST` by what a unit-hour costs, the earlier first among equals. Of starts that
    adjoin each other only those count that have no cheaper neighbour, and neighbours that cost the
    same count as one: else all would lie next to the cheapest."""
    joined = list(_joined(every))
    beaten: set[int] = set()
    for place, (one, after) in enumerate(pairwise(joined)):
        if one.last + 1 == after.start:
            beaten |= {place} if _dearer(one, after) else set()
            beaten |= {place + 1} if _dearer(after, one) else set()
    kept = [one for place, one in enumerate(joined) if place not in beaten]
    return sorted(kept, key=lambda one: (Fraction(one.cost, one.seconds), one.start))[:BEST]


def _dearer(one: Candidate, other: Candidate) -> bool:
    """Whether a unit-hour of one costs more than of the other."""
    return one.cost * other.seconds > other.cost * one.seconds


def _joined(every: Sequence[Candidate]) -> Iterator[Candidate]:
    held: Candidate | None = None
    for one in every:
        if (
            held is not None
            and held.last + 1 == one.start
            and (held.cost, held.seconds) == (one.cost, one.seconds)
        ):
            held = replace(held, last=one.start)
            continue
        if held is not None:
            yield held
        held = one
    if held is not None:
        yield held


def _peaks(booked: Sequence[int], hours: int) -> Iterator[int]:
    """The peak of every `hours` hours in a row."""
    high: deque[int] = deque()  # places of falling bookings; the first is the peak's
    for place, units in enumerate(booked):
        while high and booked[high[-1]] <= units:
            high.pop()
        high.append(place)
        if high[0] <= place - hours:
            high.popleft()
        if place + 1 >= hours:
            yield booked[high[0]]


def _last_start(market: Market, order: Order) -> int:
    """The last start that the horizon admits, after the market's own checks in their order."""
    pricing = market.pricing
    if market.paused:
        raise Refusal("LeaseMarket_Paused")
    if order.units == 0:
        raise Refusal("LeaseMarket_NoUnits")
    if order.start < market.hour:
        raise Refusal("LeaseMarket_StartInPast", start=order.start, currentHour=market.hour)
    if not pricing.min_hours <= order.hours <= pricing.max_hours:
        raise Refusal(
            "LeaseMarket_InvalidLength",
            hoursAsked=order.hours,
            minHours=pricing.min_hours,
            maxHours=pricing.max_hours,
        )
    if order.end > market.horizon_end:
        raise Refusal(
            "LeaseMarket_PastHorizon",
            start=order.start,
            hoursAsked=order.hours,
            horizonEnd=market.horizon_end,
        )
    return market.horizon_end - order.hours


def _confirmed(
    deployment: Deployment, market: Market, order: Order, wanted: Sequence[Candidate]
) -> list[Quote]:
    """The contract's quotes; they must be what was computed here."""
    orders = [replace(order, start=one.start) for one in wanted]
    answers = deployment.market.call_many(
        [("quote", [one.cluster, one.units, one.start, one.hours]) for one in orders],
        block=market.block,
    )
    quotes = [as_quote(one, answer) for one, answer in zip(orders, answers, strict=True)]
    for one, quote in zip(wanted, quotes, strict=True):
        if quote.cost != one.cost:
            raise SetupError(
                f"the contract asks {quote.cost} stablecoin units for the start at hour "
                f"{one.start}, and this program computes {one.cost}: it is of another version"
            )
    return quotes
