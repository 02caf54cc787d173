"""The revenue router from its events: what was split, paid out and swept."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from wellhead.audit.replay import Findings, Log, Replay, Slot
from wellhead.audit.replays.market import MarketReplay
from wellhead.audit.replays.registry import RegistryReplay
from wellhead.audit.replays.top_ups import Vests, Waiting
from wellhead.audit.words import packed, slot_of

HOUR = 3600
DAY_HOURS = 24
Q = 10**6

_AUTHORITY, _PAYEES, _ROUTED, _PAID, _VENUE = range(5)


class Venue(NamedTuple):
    """Where bitcoin is bought."""

    pool: int
    feed: int
    max_age: int
    slippage: int
    tip: int


class Handed(NamedTuple):
    """What a token must say next because of `log`: which event, and its amounts by name."""

    log: Log
    event: str
    amounts: dict[str, int]


class Payees(NamedTuple):
    """Who a cluster's revenue goes to, and the parts of all but the holders' cash, millionths."""

    token: int
    operator: int
    reporters: int
    bitcoin: int


@dataclass(slots=True)
class Routed:
    """What was split for a cluster; the payees are stored with its first revenue. `fresh` is what
    of `pending`, which waits to be swept, is no backlog."""

    payees: Payees | None = None
    total: int = 0
    pending: int = 0
    fresh: int = 0
    remainders: int = 0
    pending_since: int = 0
    distributed_at: int = 0
    paid_operator: int = 0
    paid_reporters: int = 0

    @property
    def releasable(self) -> tuple[int, int]:
        """What waits to become claims of the operator and of the reporters."""
        if self.payees is None:
            return 0, 0
        operator = self.total * self.payees.operator // Q + self.remainders - self.paid_operator
        return operator, self.total * self.payees.reporters // Q - self.paid_reporters


class RouterReplay(Replay):
    """The router's storage, and what it has handed to tokens that have not said so yet."""

    contract = "RevenueRouter"

    def __init__(
        self, address: int, findings: Findings, registry: RegistryReplay, market: MarketReplay
    ) -> None:
        super().__init__(address, findings)
        self.registry = registry
        self.market = market
        self.authority = 0
        self.venue = Venue(0, 0, 0, 0, 0)
        self.routed: dict[int, Routed] = {}
        #: By address.
        self.handed: dict[int, deque[Handed]] = {}
        #: By cluster, set when they are there.
        self.tokens: dict[int, Vests] = {}
        #: By cluster, what was paid for units whose mint has not been told of, and what there was.
        self.topped: dict[int, tuple[Log, Waiting]] = {}

    # What others ask

    def take(self, token: int) -> Handed | None:
        """What a token must say next; None where that is nothing."""
        queue = self.handed.get(token)
        return queue.popleft() if queue else None

    def check_top_up(self, replay: Replay, log: Log, attested: int) -> None:
        """That what was paid for newly attested units is what they bring; `attested` is how many
        there were before."""
        cluster, units = log.args["clusterId"], log.args["units"]
        said, waiting = self.topped.pop(cluster, (None, None))
        due = (waiting or self._waiting(cluster, log.time)).due(units, attested)
        if said is None:
            if any(due):
                replay.differ(log, "event", log.name, f"ToppedUp by {tuple(due)}")
            return
        for name, amount in due._asdict().items():
            self.expect(said, name, amount)
        if not any(due) or said.block != log.block:
            self.differ(said, "event", said.name, "a mint that brings something")

    def settle(self) -> None:
        """What must have followed an event, and did not."""
        for said, _ in self.topped.values():
            self.differ(said, "consequence", "none", "Attested")
        for handed in (one for queue in self.handed.values() for one in queue):
            self.differ(handed.log, "consequence", "none", handed.event)

    def waiting(self) -> int:
        """Stablecoin units that the router's claim in the vault covers: what waits to be released
        or swept, and what the floors of the parts leave."""
        waits = 0
        for routed in self.routed.values():
            if routed.payees is not None:
                waits += sum(routed.releasable) + routed.pending
                waits += routed.total - sum(_parts(routed.total, routed.payees))
        return waits

    # Events

    def AuthorityUpdated(self, log: Log) -> None:  # noqa: N802
        self.authority = log.args["authority"]

    def VenueSet(self, log: Log) -> None:  # noqa: N802
        self.venue = Venue(*(_number(part) for part in log.args["venue"].values()))

    def Distributed(self, log: Log) -> None:  # noqa: N802
        cluster = self._known(log)
        if not cluster:
            return
        earned, remainder, hours_covered, cancelled = self.market.collect(cluster)
        routed = self._routed(cluster)
        if routed.payees is None:
            split = self.registry.split(cluster)
            routed.payees = Payees(
                self.registry.token(cluster), split.operator, split.reporters, split.bitcoin
            )
        before, after = (
            _parts(total, routed.payees) for total in (routed.total, routed.total + earned)
        )
        _, _, bitcoin, cash = (new - old for old, new in zip(before, after, strict=True))
        # The mean of the hours that earned arrives at once, in the first distribution of an hour.
        hour, cash_at_once = log.time // HOUR, 0
        if earned and hours_covered and hour != routed.distributed_at:
            routed.distributed_at = hour
            if not routed.fresh:
                routed.pending_since = hour - 1
            bitcoin_at_once, cash_at_once = (
                (part - part * cancelled // earned) // hours_covered for part in (bitcoin, cash)
            )
            routed.fresh += bitcoin_at_once
        routed.total += earned
        routed.pending += bitcoin
        routed.remainders += remainder
        if not earned + remainder:
            self.differ(log, "event", log.name, "nothing to distribute")
        self.expect(log, "earned", earned)
        self.expect(log, "remainder", remainder)
        self.expect(log, "cash", cash)
        self.expect(log, "bitcoin", bitcoin)
        if cash:
            self._hand(log, "CashAdded", amount=cash, backlog=cash - cash_at_once)

    def ToppedUp(self, log: Log) -> None:  # noqa: N802
        """What was due is known when the mint is told of, in the same block."""
        cluster = self._known(log)
        if not cluster:
            return
        self.expect(log, "operator", self.registry.operator(cluster))
        if cluster in self.topped:
            self.differ(self.topped[cluster][0], "consequence", "none", "Attested")
        self.topped[cluster] = log, self._waiting(cluster, log.time)
        routed, pending = self._routed(cluster), log.args["pending"]
        if pending:
            if routed.pending:
                routed.fresh += pending * routed.fresh // routed.pending
            routed.pending += pending
        cash, reserve = log.args["cash"], log.args["reserve"]
        if cash + reserve:
            self._hand(log, "ToppedUp", cash=cash, reserve=reserve)

    def Released(self, log: Log) -> None:  # noqa: N802
        cluster = self._known(log)
        if not cluster:
            return
        routed = self._routed(cluster)
        operator, reporters = routed.releasable
        self.expect(log, "operator", self.registry.operator(cluster))
        self.expect(log, "operatorAmount", operator)
        self.expect(log, "reporterAmount", reporters)
        routed.paid_operator += operator
        routed.paid_reporters += reporters

    def Swept(self, log: Log) -> None:  # noqa: N802
        cluster = self._known(log)
        if not cluster:
            return
        routed, spent, received = self._routed(cluster), log.args["spent"], log.args["received"]
        if spent > routed.pending:
            self.differ(log, "spent", spent, f"at most {routed.pending}")
        fresh = spent * routed.fresh // routed.pending if routed.pending else 0
        routed.pending -= spent
        routed.fresh -= fresh
        tip = received * self.venue.tip // Q
        self.expect(log, "tip", tip)
        amount, waited = received - tip, log.time // HOUR - routed.pending_since
        # What is bought for nothing is nobody's backlog.
        at_once = amount * fresh // spent if spent else amount
        if waited > DAY_HOURS:
            at_once = at_once * DAY_HOURS // waited
        self._hand(log, "ReserveAdded", amount=amount, backlog=amount - at_once)

    def PaidIn(self, log: Log) -> None:  # noqa: N802
        cluster = self._known(log)
        if cluster:
            amount = log.args["amount"]
            self._hand(log, "ReserveAdded", amount=amount, backlog=amount)

    # Within

    def _known(self, log: Log) -> int:
        """The cluster that an event names; 0 where there is none such, which is a finding."""
        cluster: int = log.args["clusterId"]
        if self.registry.genesis(cluster):
            return cluster
        self.differ(log, "clusterId", cluster, "a cluster that was registered")
        return 0

    def _routed(self, cluster: int) -> Routed:
        found = self.routed.get(cluster)
        if found is None:
            found = self.routed[cluster] = Routed()
        return found

    def _waiting(self, cluster: int, time: int) -> Waiting:
        return Waiting.of(self._routed(cluster).pending, self.tokens[cluster], time)

    def _hand(self, log: Log, event: str, **amounts: int) -> None:
        token = self.registry.token(log.args["clusterId"])
        self.handed.setdefault(token, deque()).append(Handed(log, event, amounts))

    # Storage

    def slots(self) -> Iterator[Slot]:
        yield _AUTHORITY, self.authority, ("_authority",)
        for cluster, routed in self.routed.items():
            if routed.payees is not None:
                token, operator, reporters, bitcoin = routed.payees
                word = packed((token, 160), (operator, 32), (reporters, 32), (bitcoin, 32))
                yield slot_of(_PAYEES, cluster), word, ("_payees", cluster)
            word = packed(
                (routed.total, 64),
                (routed.pending, 64),
                (routed.pending - routed.fresh, 64),
                (routed.remainders, 16),
                (routed.pending_since, 24),
                (routed.distributed_at, 24),
            )
            yield slot_of(_ROUTED, cluster), word, ("_routed", cluster)
            word = packed((routed.paid_operator, 128), (routed.paid_reporters, 128))
            yield slot_of(_PAID, cluster), word, ("_paid", cluster)
        pool, feed, max_age, slippage, tip = self.venue
        yield _VENUE, pool, ("_venue", "pool")
        word = packed((feed, 160), (max_age, 32), (slippage, 32), (tip, 32))
        yield _VENUE + 1, word, ("_venue", "feed")


def _parts(total: int, payees: Payees) -> tuple[int, int, int, int]:
    """Of a cumulative revenue: the operator's, the reporters', bitcoin, cash; each rounded down."""
    shares = (payees.operator, payees.reporters, payees.bitcoin)
    operator, reporters, bitcoin, cash = (
        total * share // Q for share in (*shares, Q - sum(shares))
    )
    return operator, reporters, bitcoin, cash


def _number(part: int | str) -> int:
    """Addresses inside a struct are texts."""
    return int(part, 16) if isinstance(part, str) else part
