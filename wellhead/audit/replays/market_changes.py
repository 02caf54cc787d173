"""The market's events about leases that are sold back or split."""

from __future__ import annotations

from dataclasses import replace

from wellhead.audit.replay import Log
from wellhead.audit.replays.book import Book
from wellhead.audit.replays.leases import CUT, HOUR, SHARED, Term
from wellhead.audit.replays.market_records import MarketRecords
from wellhead.audit.replays.market_state import part_key
from wellhead.audit.replays.prices import Back, Curve, refund
from wellhead.audit.replays.registry import Offer
from wellhead.model.units import LEDGER_SCALE, RATE_SCALE, Q


class MarketChanges(MarketRecords):
    """Cancelling and splitting."""

    def LeaseCancelled(self, log: Log) -> None:  # noqa: N802
        lease = self.known_lease(log)
        if not lease:
            return
        parts, hour = self.parts(lease), log.args["from"]
        if not self._is_ahead(log, "from", parts, whole=True):
            return
        is_whole = hour == parts[0].start
        self.expect(log, "tenant", self.titles.title(lease).owner)
        self.expect(log, "end", parts[-1].end)
        back, earned = self._sell_back(log, lease, parts, hour)
        self.expect(log, "refund", back)
        self.expect(log, "earned", earned)
        if is_whole:
            self.burning = lease
        else:
            self.touched = lease

    def UnitsSplit(self, log: Log) -> None:  # noqa: N802
        lease = self.known_lease(log)
        if not lease:
            return
        parts, units = self.parts(lease), log.args["units"]
        whole = parts[0].units
        if not 0 < units < whole:
            self.differ(log, "units", units, f"1 to {whole - 1}")
            return
        new = self._new_lease(log, lease)
        for number, part in enumerate(parts):
            rate = part.rate * units // whole // HOUR * HOUR
            self.terms[part_key(new, number)] = replace(
                part, rate=rate, units=units, flags=part.flags & CUT
            )
            part.rate -= rate
            part.units -= units
        ledger = self.refund_ledger(new)
        refunded = min(ledger // LEDGER_SCALE, self.titles.title(lease).refunded)
        rest = ledger - refunded * LEDGER_SCALE
        if rest:
            # It stays with the old lease: the two floors are what one was.
            self.shared[lease] = self.shared.get(lease, 0) + rest
            self.shared[new] = -rest
            self.terms[lease].flags |= SHARED
            self.terms[new].flags |= SHARED
        self.expect(log, "refunded", refunded)
        self.titles.title(lease).refunded -= refunded
        self.titles.title(new).refunded = refunded

    def HoursSplit(self, log: Log) -> None:  # noqa: N802
        lease = self.known_lease(log)
        if not lease:
            return
        parts, hour = self.parts(lease), log.args["hour"]
        if not self._is_ahead(log, "hour", parts, whole=False):
            return
        new = self._new_lease(log, lease)
        moved = 0
        for number, part in enumerate(parts):
            if part.end <= hour:
                continue
            heir = replace(part, extensions=0, flags=part.flags & CUT)
            if part.start >= hour:
                self._drop(lease, number)
            else:
                self.book(part.cluster).split(part, hour)
                _shorten(part, hour)
                heir = replace(heir, start=hour, first_seconds=HOUR, flags=CUT)
            self.terms[part_key(new, moved)] = heir
            moved += 1
        self.terms[new].extensions = moved - 1

    def _sell_back(self, log: Log, lease: int, parts: list[Term], hour: int) -> tuple[int, int]:
        """Sell the hours from `hour` on back along the curve: the refund in stablecoin units, and
        the ledger that is earned because their rent was more."""
        cluster = parts[0].cluster
        book, offer = self.book(cluster), self.registry.offer(cluster)
        self.require_base(log, cluster, offer)
        back = rent = 0
        for number in range(len(parts) - 1, -1, -1):
            part = parts[number]
            if part.end <= hour:
                break
            if part.flags & CUT and offer.pricing.discount:
                self.differ(log, "event", log.name, "a lease that was not cut")
            first = max(hour, part.start)
            back += self._give_back(book, offer, part, first)
            rent += part.rate * (part.end - first)
            book.leave(part, first)
            if first == part.start:
                self._drop(lease, number)
            else:
                _shorten(part, first)
        back //= RATE_SCALE
        earned = rent * Q - back * LEDGER_SCALE
        book.earned += earned
        book.cancelled += earned // LEDGER_SCALE
        return back, earned

    def _give_back(self, book: Book, offer: Offer, part: Term, hour: int) -> int:
        """What the curve gives for the hours of a part from `hour` on, 2^-32 stablecoin units."""
        hours, curve = part.end - hour, Curve(offer.pricing, book.base, offer.attested)
        _, booked = book.era_of(part.era).calendar.load(hour, part.end)
        others = (booked - part.units * hours) * HOUR
        back = Back(
            time=part.time,
            time_back=hours * HOUR,
            rent=part.rent,
            rent_back=part.rate * hours,
            gross=curve.gross(part.units, hours * HOUR, others),
            gross_alone=curve.gross(part.units, hours * HOUR, 0),
        )
        return refund(offer.pricing, back)

    def _new_lease(self, log: Log, lease: int) -> int:
        """The lease that a split makes; its mint comes next."""
        self.lease_count += 1
        self.expect(log, "newLeaseId", self.lease_count)
        self.heir = self.titles.title(lease).owner
        self.touched = lease
        return self.lease_count

    def _is_ahead(self, log: Log, name: str, parts: list[Term], whole: bool) -> bool:
        """Whether a lease can be cut at an hour: ahead of the current one, within the lease and
        before a default; at its first hour only where it goes as a whole."""
        last = parts[-1]
        first = max(log.time // HOUR + 1, parts[0].start + (not whole))
        stop = self.book(last.cluster).stop_of(last)
        if first <= log.args[name] < stop:
            return True
        self.differ(log, name, log.args[name], f"{first} to {stop - 1}")
        return False

    def _drop(self, lease: int, part: int) -> None:
        """Forget a part; the parts before it stay."""
        del self.terms[part_key(lease, part)]
        if part and self.terms[lease].extensions >= part:
            self.terms[lease].extensions = part - 1


def _shorten(part: Term, end: int) -> None:
    part.end = end
    part.flags |= CUT
