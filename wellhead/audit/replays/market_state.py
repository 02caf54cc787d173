"""What all parts of the market's replay share: its storage, and how leases and prices are read."""

from __future__ import annotations

from collections.abc import Iterator

from wellhead.audit.replay import Findings, Log, Replay, Slot
from wellhead.audit.replays.book import Book
from wellhead.audit.replays.leases import HOUR, SHARED, Access, Term, Titles
from wellhead.audit.replays.oracle import OracleReplay
from wellhead.audit.replays.prices import Curve
from wellhead.audit.replays.registry import Offer, RegistryReplay
from wellhead.audit.words import MAX, slot_of
from wellhead.model.terms import Pricing
from wellhead.model.units import WAD

_COUNT, _BOOKS, _TERMS, _ACCESS, _SHARED = range(5)
_PART = 1 << 128


class MarketState(Replay):
    """The market's storage. A cluster or a lease that an event names and that there is not is a
    finding, and such an event is left out."""

    contract = "LeaseMarket"

    def __init__(
        self, address: int, findings: Findings, registry: RegistryReplay, oracle: OracleReplay
    ) -> None:
        super().__init__(address, findings)
        self.registry = registry
        self.oracle = oracle
        self.lease_count = 0
        self.books: dict[int, Book] = {}
        #: The parts of leases, by `part_key`.
        self.terms: dict[int, Term] = {}
        self.access: dict[int, Access] = {}
        #: Ledger that a split by units moved from the new lease to the old one.
        self.shared: dict[int, int] = {}
        self.titles = Titles()
        #: What the next events must say, 0 for none: which lease's metadata changed; who is minted
        #: the lease that a split made; which lease a cancellation burns.
        self.touched = self.heir = self.burning = 0

    # Looking up

    def book(self, cluster: int) -> Book:
        """A cluster's books, which there are from now on."""
        found = self.books.get(cluster)
        if found is None:
            found = self.books[cluster] = Book()
        return found

    def parts(self, lease: int) -> list[Term]:
        """The parts of a lease, in order."""
        first = self.terms[lease]
        return [self.terms[part_key(lease, part)] for part in range(first.extensions + 1)]

    def refund_ledger(self, lease: int) -> int:
        """All that was ever due to a lease."""
        parts = self.parts(lease)
        book = self.book(parts[0].cluster)
        ledger = sum(book.refund_ledger(part) for part in parts)
        return ledger + (self.shared.get(lease, 0) if parts[0].flags & SHARED else 0)

    def covered_at(self, cluster: int, hour: int) -> int:
        """Unit-seconds booked in an hour."""
        return self.book(cluster).covered(hour, hour + 1)

    def pricing(self, cluster: int) -> Pricing:
        """A cluster's pricing terms, as the formulas take them."""
        return self.registry.offer(cluster).pricing

    def known_cluster(self, log: Log) -> int:
        """The cluster that an event names; 0 where there is none such, which is a finding."""
        cluster: int = log.args["clusterId"]
        if self.registry.genesis(cluster):
            return cluster
        self.differ(log, "clusterId", cluster, "a cluster that was registered")
        return 0

    def known_lease(self, log: Log, name: str = "leaseId") -> int:
        """The lease that an event names; 0 where there is none such, which is a finding."""
        lease: int = log.args[name]
        if lease in self.terms and lease < _PART:
            return lease
        self.differ(log, name, lease, "a lease that there is")
        return 0

    # Base prices

    def current_base(self, book: Book, offer: Offer, hour: int) -> int:
        """The base price of an hour."""
        since, base = book.base_hour, book.base
        if since == 0:
            since, base = offer.genesis, offer.pricing.base_start * WAD
        if since == hour or offer.attested == 0:
            return base
        curve = Curve(offer.pricing, base, offer.attested)
        return curve.base_after(hour - since, book.covered(since, hour))

    def require_base(self, log: Log, cluster: int, offer: Offer) -> int:
        """The base price of the event's hour, which another event has said before."""
        book, hour = self.book(cluster), log.time // HOUR
        if book.base_hour != hour:
            self.differ(log, "base", f"of hour {book.base_hour}", f"of hour {hour}")
            book.base = self.current_base(book, offer, hour)
            book.base_hour = hour
        return book.base

    # Storage

    def slots(self) -> Iterator[Slot]:
        yield _COUNT, self.lease_count, ("_leaseCount",)
        for cluster, book in self.books.items():
            yield from book.slots(slot_of(_BOOKS, cluster), ("_books", cluster))
        for key, term in self.terms.items():
            name = ("_terms", key % _PART, key // _PART)
            yield slot_of(_TERMS, key), term.word, name
        for lease, access in self.access.items():
            yield slot_of(_ACCESS, lease), access.word, ("_access", lease)
        for lease, ledger in self.shared.items():
            yield slot_of(_SHARED, lease), ledger & MAX, ("_shared", lease)
        yield from self.titles.slots()


def part_key(lease: int, part: int) -> int:
    """Where a part of a lease stands: the first under the lease's id."""
    return lease | part << 128
