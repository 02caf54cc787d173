"""What `wellhead doctor` finds about the holders' bitcoin: where it is bought, and what waits."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from wellhead.actions.health import Buying, Waiting
from wellhead.actions.sweeping import Prices
from wellhead.actions.views import ClusterView
from wellhead.cli.amounts import show_money, show_per_bitcoin, show_share, show_span, show_time
from wellhead.cli.findings import NOTE, OK, WRONG, Finding
from wellhead.model.units import HOUR

#: Seconds after which what waits should have been swept.
DAY = 24 * HOUR
_ELSEWHERE = "the governor names another venue: `wellhead revenue venue set`"


def venue(
    found: Buying | None, clusters: Sequence[ClusterView], waits: Collection[int], now: int
) -> Iterator[Finding]:
    """Whether the bitcoin that clusters promise can be bought at the time `now`; those of `waits`
    have earned for it already."""
    promising = [view.cluster for view in clusters if view.terms.split.bitcoin]
    if found is None and promising:
        due = [cluster for cluster in promising if cluster in waits]
        names = ", ".join(str(cluster) for cluster in due or promising)
        said = "and it is due to" if due else "and the terms promise it to"
        yield Finding(
            "bitcoin",
            WRONG if due else NOTE,
            f"bitcoin is bought nowhere, {said} the holders of: {names}",
            "the governor says where: `wellhead revenue venue set`",
        )
    elif found is None:
        yield Finding("bitcoin", NOTE, "bitcoin is bought nowhere, and no cluster promises any")
    elif found.prices is None:
        said = f"the pool {found.venue.pool} or the feed {found.venue.feed} does not answer"
        yield Finding("bitcoin", WRONG, said, _ELSEWHERE)
    else:
        yield from _prices(found, found.prices, now)


def _prices(found: Buying, prices: Prices, now: int) -> Iterator[Finding]:
    at_pool, at_feed = show_per_bitcoin(prices.pool), show_per_bitcoin(prices.feed)
    if not prices.feed:
        said = f"the feed {found.venue.feed} answers with no price: nothing is swept"
        yield Finding("bitcoin", WRONG, said, _ELSEWHERE)
    elif not prices.is_fresh:
        age = now - prices.updated_at
        when = f"{show_span(age)} old" if age > 0 else "from the future"
        yield Finding(
            "bitcoin",
            WRONG,
            f"the feed's answer is of {show_time(prices.updated_at)}, {when}: nothing is swept "
            f"by one that is more than {show_span(found.venue.max_age)} old",
            f"wait for the feed, or {_ELSEWHERE}",
        )
    elif not prices.is_within:
        yield Finding(
            "bitcoin",
            WRONG,
            f"the pool asks for {at_pool} and a fee of {show_share(prices.fee)}, and sweeps pay up "
            f"to {show_per_bitcoin(prices.limit)} while the feed says {at_feed}",
            f"wait until others have traded it back, or {_ELSEWHERE}",
        )
    else:
        said = f"bitcoin costs {at_pool} on the pool and {at_feed} by the feed"
        yield Finding("bitcoin", OK, said)


def waiting(cluster: int, found: Waiting | None, now: int) -> Iterator[Finding]:
    """Sweeps should come daily: what waits longer is what a buyer of tokens could catch."""
    if found is None or now - found.since <= DAY:
        return
    yield Finding(
        f"cluster {cluster}",
        WRONG,
        f"{show_money(found.amount)} wait to be turned into bitcoin, some of it for "
        f"{show_span(now - found.since)}",
        f"`wellhead revenue sweep {cluster}`",
    )
