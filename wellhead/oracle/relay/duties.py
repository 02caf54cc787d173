"""What follows from reports, and anybody may do: books moved, alarms raised, hours closed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from wellhead.actions.offbook import limit_of
from wellhead.chain import Reverted
from wellhead.model.units import MAX_UINT256
from wellhead.oracle.chain import HOUR, ChainView
from wellhead.oracle.measurements import (
    Key,
    told,
)
from wellhead.oracle.relay.submit import Desk

#: Transactions in a round that move the books of one cluster: each walks the market's MAX_STEPS.
_MOST_ACCRUALS = 30


class Duties:
    """Does them for one relay; remembers which hours it has judged."""

    def __init__(self, view: ChainView, desk: Desk) -> None:
        self._view, self._desk, self._deployment = view, desk, view.deployment
        self._judged: dict[Key, int] = {}
        self._tolerance: int | None = None

    def accrue(self, cluster: int) -> int | None:
        """Move a cluster's books over its final hours; where they stand now, or None when no booked
        hour became final."""
        market = self._deployment.market
        moved = None
        for _ in range(_MOST_ACCRUALS):
            cursor = int(market.call("booksOf", cluster)["cursor"])
            cursor = cursor or self._view.cluster(cluster).genesis
            reach = int(market.call("accrue", cluster, sender=self._desk.address))
            # Over hours that nobody booked the books move for nothing; the next lease's will do.
            if reach <= cursor or not market.call("peakBooked", cluster, cursor, reach):
                break
            label = f"books of cluster {cluster}"
            posted = self._desk.post("accrue", label, market, "accrue", cluster, cluster=cluster)
            if posted is None:
                break
            moved = reach
        return moved

    def distribute(self, cluster: int) -> int:
        """Split what a cluster's books have earned; the stablecoin units that left them."""
        router, desk = self._deployment.router, self._desk
        if not router.call("distribute", cluster, sender=desk.address):
            return 0
        label = f"revenue of cluster {cluster}"
        posted = desk.post("distribute", label, router, "distribute", cluster)
        if posted is None:
            return 0
        event = posted.event("Distributed")
        return int(event["earned"]) + int(event["remainder"])

    def sweep(self, cluster: int) -> tuple[int, int] | Reverted | None:
        """Buy bitcoin with what waits for it: stablecoin units spent and bitcoin units received;
        None where nothing waits, and the router's refusal where it refuses."""
        router, desk = self._deployment.router, self._desk
        if not router.call("bitcoinPendingOf", cluster):
            return None
        try:
            router.call("sweep", cluster, MAX_UINT256, sender=desk.address)
        except Reverted as refusal:
            return refusal
        label = f"bitcoin of cluster {cluster}"
        posted = desk.post("sweep", label, router, "sweep", cluster, MAX_UINT256)
        if posted is None:
            return None
        event = posted.event("Swept")
        return int(event["spent"]), int(event["received"])

    def flag(self, measured: Mapping[Key, int]) -> list[Key]:
        """Raise the alarm for each hour in which more was measured than was booked, once."""
        registry = self._deployment.registry
        self._judged = {key: v for key, v in self._judged.items() if key in measured}
        fresh = {key: v for key, v in measured.items() if self._judged.get(key) != v}
        flagged = []
        for cluster in sorted({cluster for cluster, _ in fresh}):
            over = self._over(cluster, {hour: v for (c, hour), v in fresh.items() if c == cluster})
            if not over:
                continue
            head = self._deployment.rpc.integer("eth_blockNumber")
            known = self._flagged(cluster, self._deployment.block, head)
            for hour in over:
                key = (cluster, hour)
                # Another relay may be at it.
                if hour in known or hour in self._flagged(cluster, head):
                    continue
                label = f"alarm for {told(key)}"
                if self._desk.post("flag", label, registry, "flagOffBook", *key):
                    flagged.append(key)
        self._judged |= fresh
        return flagged

    def close(self, unreported: Iterable[Key], contested: Iterable[Key], now: int) -> list[Key]:
        """Close as zero what has been silent for so long that anybody may."""
        oracle, contests = self._deployment.oracle, self._deployment.contests
        silence = int(oracle.call("SILENCE"))
        closed = [
            key
            for key in unreported
            if (key[1] + 1) * HOUR + silence <= now
            and self._desk.post("close_silent", f"closing {told(key)}", oracle, "closeSilent", *key)
        ]
        for key in contested:
            at = int(contests.call("contestOf", *key)["closableAt"])
            if 0 < at <= int(self._deployment.registry.call("clock")) and self._desk.post(
                "close", f"closing contested {told(key)}", contests, "close", *key
            ):
                closed.append(key)
        return closed

    def stuck(self, cluster: int, begin: int) -> int | None:
        """The hour before `begin` at which a cluster's books wait for a record that nobody brings
        any more; None where they do not."""
        hour = int(self._deployment.market.call("booksOf", cluster)["cursor"])
        if not 0 < hour < begin:
            return None
        (record,) = self._view.records([(cluster, hour)])
        (booked,) = self._view.booked(cluster, [hour])
        return hour if booked and not record["reported"] else None

    def _flagged(self, cluster: int, begin: int, end: int | None = None) -> set[int]:
        """The hours for which the alarm was raised in these blocks."""
        found = self._deployment.registry.events("OffBook", begin, end, indexed=[cluster])
        return {int(event["hour"]) for event in found}

    def _over(self, cluster: int, measured: Mapping[int, int]) -> list[int]:
        """The hours in which more was measured than booked, as the registry judges it."""
        hours = sorted(hour for hour, value in measured.items() if value)
        if not hours:
            return []
        if self._tolerance is None:
            self._tolerance = int(self._deployment.registry.call("OFF_BOOK_TOLERANCE"))
        attested = int(self._deployment.registry.call("clusterOf", cluster)["attested"])
        over = []
        for hour, covered in zip(hours, self._view.covered(cluster, hours), strict=True):
            if measured[hour] > limit_of(covered, attested, self._tolerance):
                over.append(hour)
        return over
