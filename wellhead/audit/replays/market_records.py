"""The market's events about who owns and uses leases, and about bond and default."""

from __future__ import annotations

from wellhead.audit.replay import Log
from wellhead.audit.replays.book import DEFAULT_SECONDS, Book
from wellhead.audit.replays.leases import HOUR, Access, Title
from wellhead.audit.replays.market_state import MarketState
from wellhead.model.units import LEDGER_SCALE, TWO_YEARS_HOURS

NOTICE = 24 * HOUR


class MarketRecords(MarketState):
    """ERC-721, ERC-4907, suspensions, bonds and defaults."""

    # What others ask

    def owner(self, lease: int) -> int:
        """Whose a lease is; 0 when there is no such lease."""
        title = self.titles.of.get(lease)
        return 0 if title is None else title.owner

    def transfers(self, lease: int) -> int:
        """How often a lease changed hands."""
        title = self.titles.of.get(lease)
        return 0 if title is None else title.transfers

    # Ownership

    def Transfer(self, log: Log) -> None:  # noqa: N802
        args = log.args
        lease, to = args["id"], args["to"]
        if args["from"] == 0:
            lease = self.lease_count + (not self.heir)
            self.expect(log, "id", lease)
            if self.heir:
                self.expect(log, "to", self.heir)
            if to == 0:
                self.differ(log, "to", 0, "somebody")
            self.titles.move(lease, 0, self.heir or to)
            self.heir = 0
            return
        title = self._owned(log, "id")
        if title is None:
            return
        self.expect(log, "from", title.owner)
        if to == 0 or self.burning:
            self.expect(log, "id", self.burning)
            self.expect(log, "to", 0)
            to = 0
        self.titles.move(self.burning or lease, title.owner, to)
        self.burning = 0

    def Approval(self, log: Log) -> None:  # noqa: N802
        title = self._owned(log, "id")
        if title is not None:
            self.expect(log, "owner", title.owner)
            title.approved = log.args["account"]

    def ApprovalForAll(self, log: Log) -> None:  # noqa: N802
        args = log.args
        self.titles.operators[args["owner"], args["operator"]] = bool(args["isApproved"])

    def MetadataUpdate(self, log: Log) -> None:  # noqa: N802
        self.expect(log, "_tokenId", self.touched)
        self.touched = 0

    # Use

    def UpdateUser(self, log: Log) -> None:  # noqa: N802
        lease = self.known_lease(log, "tokenId")
        if not lease:
            return
        access, user, expires = self._access(lease), log.args["user"], log.args["expires"]
        limit = self.book(self.terms[lease].cluster).stop_of(self.parts(lease)[-1]) * HOUR
        if expires > limit:
            self.differ(log, "expires", expires, f"at most {limit}")
        if user == 0:
            self.expect(log, "expires", 0)
            expires = 0
        access.user, access.expires = user, expires

    def SuspensionNoticed(self, log: Log) -> None:  # noqa: N802
        lease = self.known_lease(log)
        if lease:
            access = self._access(lease)
            access.due = self.registry.clock_now(log.time) + NOTICE
            self.expect(log, "from", access.due)
            if access.is_suspended:
                self.differ(log, "event", log.name, "a lease that is not suspended")

    def Suspended(self, log: Log) -> None:  # noqa: N802
        lease = self.known_lease(log)
        if lease:
            access = self._access(lease)
            if not access.due or self.registry.clock_now(log.time) < access.due:
                self.differ(log, "event", log.name, f"none before {access.due}")
            access.is_suspended = True

    def SuspensionLifted(self, log: Log) -> None:  # noqa: N802
        lease = self.known_lease(log)
        if lease:
            access = self._access(lease)
            if not access.due:
                self.differ(log, "event", log.name, "a lease with a notice")
            access.due, access.is_suspended = 0, False

    # Bond and default

    def BondPosted(self, log: Log) -> None:  # noqa: N802
        cluster = self.known_cluster(log)
        if cluster:
            self.book(cluster).bond += log.args["amount"] * LEDGER_SCALE

    def BondWithdrawn(self, log: Log) -> None:  # noqa: N802
        cluster = self.known_cluster(log)
        if not cluster:
            return
        self.expect(log, "operator", self.registry.operator(cluster))
        book, amount = self.book(cluster), log.args["amount"]
        peak, _ = book.load(book.cursor, log.time // HOUR + TWO_YEARS_HOURS)
        free = book.bond // LEDGER_SCALE - peak * self.registry.service(cluster).bond
        if amount > free:
            self.differ(log, "amount", amount, f"at most {max(free, 0)}")
        book.bond -= amount * LEDGER_SCALE

    def Defaulted(self, log: Log) -> None:  # noqa: N802
        cluster = self.known_cluster(log)
        if not cluster:
            return
        book, hour = self.book(cluster), log.time // HOUR
        self._require_in_default(log, book)
        working = self._working_hour(cluster, book, log.time)
        if working is not None:
            self.differ(log, "event", log.name, f"none, hour {working} works")
        offer = self.registry.offer(cluster)
        self.require_base(log, cluster, offer)
        peak, unit_hours = book.load(hour, hour + TWO_YEARS_HOURS)
        compensation = 0
        if peak:
            compensation = min(book.bond // peak, offer.bond * LEDGER_SCALE)
            compensation //= offer.pricing.horizon_hours
        reserved = compensation * unit_hours
        self.expect(log, "era", book.era)
        self.expect(log, "hour", hour)
        self.expect(log, "compensation", compensation)
        self.expect(log, "reserved", reserved)
        book.bond -= reserved
        book.close(hour, compensation)

    def Recovered(self, log: Log) -> None:  # noqa: N802
        cluster = self.known_cluster(log)
        if not cluster:
            return
        book = self.book(cluster)
        self._require_in_default(log, book)
        working = self._last_working_hour(cluster, book, log.time)
        if working is None:
            self.differ(log, "event", log.name, "none, nothing works")
        else:
            self.expect(log, "hour", working)
        book.down = 0

    def _require_in_default(self, log: Log, book: Book) -> None:
        if book.counted < DEFAULT_SECONDS:
            self.differ(log, "event", log.name, f"none after {book.counted} seconds")

    def _working_hour(self, cluster: int, book: Book, time: int) -> int | None:
        """The first of the last 72 hours whose record is not contested and says that something was
        available, or worked while nobody had booked."""
        for hour in range(time // HOUR - DEFAULT_SECONDS // HOUR, time // HOUR):
            standing = self.oracle.standing(cluster, hour, time)
            if standing is None or standing.is_contested:
                continue
            is_booked = book.covered(hour, hour + 1) != 0
            if standing.available if is_booked else standing.working:
                return hour
        return None

    def _last_working_hour(self, cluster: int, book: Book, time: int) -> int | None:
        """The last hour that worked by its final record, where no booked hour behind it is dark by
        its own; as far back as 72 hours can lie that have only just become final."""
        back = -(-(DEFAULT_SECONDS + self.oracle.finality) // HOUR)
        for hour in range(time // HOUR - 1, time // HOUR - back - 1, -1):
            standing = self.oracle.standing(cluster, hour, time)
            if standing is None or not standing.is_final:
                continue
            is_booked = book.covered(hour, hour + 1) != 0
            if standing.available if is_booked else standing.working:
                return hour
            if is_booked:
                return None
        return None

    def _access(self, lease: int) -> Access:
        found = self.access.get(lease)
        if found is None:
            found = self.access[lease] = Access()
        return found

    def _owned(self, log: Log, name: str) -> Title | None:
        """The title of a lease that belongs to somebody; else a finding."""
        title = self.titles.of.get(log.args[name])
        if title is not None and title.owner:
            return title
        self.differ(log, name, log.args[name], "a lease that there is")
        return None
