"""The lease market from its events: bookings, accrual, settlement."""

from __future__ import annotations

from typing import NamedTuple

from wellhead.audit.replay import Log
from wellhead.audit.replays.book import DEFAULT_SECONDS, Book, Source
from wellhead.audit.replays.leases import HOUR, Term
from wellhead.audit.replays.market_changes import MarketChanges
from wellhead.audit.replays.market_state import part_key
from wellhead.audit.replays.prices import Curve, rate_of
from wellhead.audit.replays.registry import Offer
from wellhead.model.units import LEDGER_SCALE, RATE_SCALE, Q

PARTS = 16


class Collected(NamedTuple):
    """What the router takes over: stablecoin units to be split, those that are the operator's
    alone, the hours that earned the former, and what of it cancellations did."""

    earned: int
    remainder: int
    hours_covered: int
    cancelled: int


class MarketReplay(MarketChanges):
    """Everything that the market's address emits."""

    def LeaseOpened(self, log: Log) -> None:  # noqa: N802
        cluster = self.known_cluster(log)
        if not cluster:
            return
        args = log.args
        self.lease_count += 1
        self.expect(log, "leaseId", self.lease_count)
        self.expect(log, "tenant", self.titles.title(self.lease_count).owner)
        least = self.pricing(cluster).min_hours
        term = self._book(log, cluster, args["units"], args["start"], least)
        if term is not None:
            self.expect(log, "firstSeconds", term.first_seconds)
            self.terms[self.lease_count] = term

    def LeaseExtended(self, log: Log) -> None:  # noqa: N802
        lease = self.known_lease(log)
        if not lease:
            return
        self.touched = lease
        parts = self.parts(lease)
        first, start = parts[0], self.book(parts[0].cluster).stop_of(parts[-1])
        self.expect(log, "start", start)
        if len(parts) == PARTS:
            self.differ(log, "event", log.name, f"at most {PARTS} parts")
            return
        access = self.access.get(lease)
        if access is not None and access.due:
            self.differ(log, "event", log.name, "a lease that is not suspended")
        term = self._book(log, first.cluster, first.units, start, 1)
        if term is not None:
            first.extensions += 1
            self.terms[part_key(lease, first.extensions)] = term

    def BaseUpdated(self, log: Log) -> None:  # noqa: N802
        cluster = self.known_cluster(log)
        if not cluster:
            return
        book, hour = self.book(cluster), log.time // HOUR
        self.expect(log, "hour", hour)
        if book.base_hour == hour:
            self.differ(log, "event", log.name, "one for an hour")
            return
        book.base = self.current_base(book, self.registry.offer(cluster), hour)
        book.base_hour = hour
        self.expect(log, "base", book.base)

    def Accrued(self, log: Log) -> None:  # noqa: N802
        cluster = self.known_cluster(log)
        if not cluster:
            return
        book, time = self.book(cluster), log.time
        service, final = self.registry.service(cluster), self.oracle.final_available
        before = book.cursor, book.phase
        if not book.cursor:
            book.cursor = self.registry.genesis(cluster)
        source = Source(lambda hour: final(cluster, hour, time), service, self.registry.clock_at)
        earned, compensated, covered = book.walk(source, time // HOUR)
        if (book.cursor, book.phase) == before:
            self.differ(log, "event", log.name, "nothing to accrue")
        book.earned += earned
        book.hours_covered += covered
        book.bond -= compensated
        self.expect(log, "cursor", book.cursor)
        self.expect(log, "lost", book.lost)
        self.expect(log, "earned", earned)
        self.expect(log, "compensated", compensated)

    def Settled(self, log: Log) -> None:  # noqa: N802
        lease = self.known_lease(log)
        if not lease:
            return
        title, due = self.titles.title(lease), self.refund_ledger(lease) // LEDGER_SCALE
        self.expect(log, "tenant", title.owner)
        self.expect(log, "amount", due - title.refunded)
        self.expect(log, "hour", self.book(self.terms[lease].cluster).cursor)
        title.refunded = due

    # What others ask

    def collect(self, cluster: int) -> Collected:
        """Hand the whole units of earned revenue and of remainders to the router."""
        book = self.book(cluster)
        earned, remainder = book.earned // LEDGER_SCALE, book.remainder // RATE_SCALE
        if not earned + remainder:
            return Collected(0, 0, 0, 0)
        collected = Collected(earned, remainder, book.hours_covered, book.cancelled)
        book.earned %= LEDGER_SCALE
        book.remainder %= RATE_SCALE
        book.hours_covered = book.cancelled = 0
        return collected

    def owed(self) -> int:
        """Ledger that the market's claim in the vault covers: what is earned and not collected,
        remainders, bonds, refunds not paid yet, and the rent of hours not accrued yet."""
        ledger = sum(book.earned + book.remainder * Q + book.bond for book in self.books.values())
        for lease in range(1, self.lease_count + 1):
            if lease in self.terms:
                ledger += self.refund_ledger(lease)
                ledger += sum(self._escrow(part) for part in self.parts(lease))
            ledger -= self.titles.title(lease).refunded * LEDGER_SCALE
        return ledger

    def _escrow(self, part: Term) -> int:
        """Ledger of a part's rent for hours that are neither accrued nor void."""
        book = self.book(part.cluster)
        first, stop = max(part.start, book.cursor), book.stop_of(part)
        if first >= stop:
            return 0
        rent = part.rate * (stop - first)
        return (rent - part.rate + part.first_rate if first == part.start else rent) * Q

    # Booking

    def _book(self, log: Log, cluster: int, units: int, start: int, least: int) -> Term | None:
        """Price and enter a booking to the event's end; None where the terms do not admit it."""
        offer, book, end = self.registry.offer(cluster), self.book(cluster), log.args["end"]
        base = self.require_base(log, cluster, offer)
        if not self._is_admitted(log, cluster, start, end - start, least):
            return None
        calendar = book.era_of(book.era).calendar
        peak, load = calendar.load(start, end)
        if not self._has_room(log, offer, book, units, peak):
            return None
        first_seconds, load = HOUR, load * HOUR
        if start == log.time // HOUR:
            elapsed = log.time % HOUR
            first_seconds = HOUR - elapsed
            load -= calendar.at(start) * elapsed
        time = (end - start - 1) * HOUR + first_seconds
        cost = Curve(offer.pricing, base, offer.attested).cost(units, time, load)
        rate = rate_of(cost, time)
        self.expect(log, "cost", cost)
        self.expect(log, "rate", rate)
        term = Term(rate, cluster, units, start, end, first_seconds, book.era)
        book.enter(term)
        book.remainder += cost * RATE_SCALE - term.rent
        return term

    def _is_admitted(self, log: Log, cluster: int, start: int, hours: int, least: int) -> bool:
        """Whether the terms admit a booking of these hours; else a finding."""
        current, pricing = log.time // HOUR, self.pricing(cluster)
        if self.registry.is_paused:
            self.differ(log, "event", log.name, "none in a pause")
        if start < current:
            self.differ(log, "start", start, f"at least {current}")
            return False
        most = min(pricing.max_hours, current + pricing.horizon_hours - start)
        if least <= hours <= most:
            return True
        self.differ(log, "end", start + hours, f"{start + least} to {start + most}")
        return False

    def _has_room(self, log: Log, offer: Offer, book: Book, units: int, peak: int) -> bool:
        """Whether in every hour so many units are open to bookings, and a bond is behind them;
        else a finding."""
        most = offer.sellable
        if offer.bond:
            most = min(most, book.bond // (offer.bond * LEDGER_SCALE))
        if offer.bond and book.counted >= DEFAULT_SECONDS:
            self.differ(log, "event", log.name, f"none after {book.counted} seconds of an outage")
        if 0 < units <= most - peak:
            return True
        self.differ(log, "units", units, f"1 to {most - peak}")
        return False
