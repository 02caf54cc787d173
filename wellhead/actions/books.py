"""The books of a cluster: where everything is that tenants paid, from the chain's events and state,
each part on its own. All is read at one block."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from wellhead.actions.asking import events_among
from wellhead.actions.held import HeldLease, booked_units, leases_of, opened_of, still_there
from wellhead.actions.losses import Losses, read_losses
from wellhead.actions.records import reported_samples, samples_of
from wellhead.actions.vesting import waiting_of
from wellhead.chain import Deployment, Event
from wellhead.model.samples import Sample
from wellhead.model.units import HOUR, LEDGER_SCALE, TWO_YEARS_HOURS, Q

#: Where what tenants paid, and what the bond gave, is now; they add up to both exactly.
PARTS = ("routed", "undistributed", "refunded", "refund_owed", "cancelled", "escrowed")


class BooksError(Exception):
    """The books do not add up, or differ from what the chain holds. A bug in Wellhead."""


@dataclass(frozen=True, slots=True)
class Books:
    """Where every stablecoin unit is that tenants paid or operators gave, in ledger units.

    Tenants `paid_in`. Of what was `bond_posted`, `from_bond` went to tenants, `bond_withdrawn` back
    to the operator, and `bond` is left. `paid_in + from_bond` is exactly `routed + undistributed +
    refunded + refund_owed + cancelled + escrowed`. With what operators `topped_up` when units were
    minted, `routed` is exactly `operator + reporters + holders_cash + bitcoin_swept +
    bitcoin_pending`. Of the operator's and the reporters' parts `operator_waiting` and
    `reporters_waiting` were not released yet; with what was swept, bitcoin was bought. `cancelled`
    went back for hours that tenants cancelled.

    What was refunded or is owed is exactly `outage_refund + void_refund + compensation`: for losses
    of accrued hours, penalties out of the bond included; the rent of hours that a default made
    void; and the bond's compensation for these. All three are recomputed.
    """

    paid_in: int
    bond_posted: int
    from_bond: int
    routed: int
    undistributed: int
    refunded: int
    refund_owed: int
    cancelled: int
    escrowed: int
    outage_refund: int
    void_refund: int
    compensation: int
    operator: int
    reporters: int
    holders_cash: int
    bitcoin_swept: int
    bitcoin_pending: int
    operator_waiting: int
    reporters_waiting: int
    bond: int
    bond_withdrawn: int
    topped_up: int

    @property
    def penalties(self) -> int:
        """What losses beyond the rent took from the bond."""
        return self.from_bond - self.compensation

    def check(self) -> None:
        """Fail unless the books add up."""
        given, parts = self.paid_in + self.from_bond, sum(getattr(self, name) for name in PARTS)
        if given != parts:
            raise BooksError(f"given {given}, accounted for {parts}")
        bond = self.from_bond + self.bond + self.bond_withdrawn
        if self.bond_posted != bond:
            raise BooksError(f"bond of {self.bond_posted}, accounted for {bond}")
        due, refunds = self.refunded + self.refund_owed, self.outage_refund + self.void_refund
        if due != refunds + self.compensation:
            raise BooksError(f"due back {due}, recomputed {refunds + self.compensation}")
        bitcoin = self.bitcoin_swept + self.bitcoin_pending
        split = self.operator + self.reporters + self.holders_cash + bitcoin
        if self.routed + self.topped_up != split:
            said = f"routed {self.routed} and topped up {self.topped_up}, split into {split}"
            raise BooksError(said)


def read_books(deployment: Deployment, cluster: int, block: int | None = None) -> Books:
    """All parts of a cluster's books; BooksError unless they add up.

    Records are the oracle's own, of the booked hours: the events are of all clusters together.
    """
    at = deployment.rpc.integer("eth_blockNumber") if block is None else block
    opened = opened_of(deployment, cluster, at)
    leases = leases_of(deployment, still_there(deployment, opened, at), at)
    hours, current = sorted(booked_units(leases)), deployment.rpc.now() // HOUR
    if hours and hours[0] <= current - TWO_YEARS_HOURS:
        samples = reported_samples(deployment, cluster, at)  # the oracle has forgotten some
    else:
        over = [hour for hour in hours if hour < current]
        samples = samples_of(deployment, cluster, over, at)
    return _read(deployment, cluster, list(opened), leases, samples, at)[0]


def books_and_losses(
    deployment: Deployment, cluster: int, block: int | None = None
) -> tuple[Books, Losses]:
    """The same, and the losses that were recomputed for them; all from the events."""
    at = deployment.rpc.integer("eth_blockNumber") if block is None else block
    opened = opened_of(deployment, cluster, at)
    leases = leases_of(deployment, still_there(deployment, opened, at), at)
    samples = reported_samples(deployment, cluster, at)
    return _read(deployment, cluster, list(opened), leases, samples, at)


def _read(
    deployment: Deployment,
    cluster: int,
    opened: Sequence[int],
    leases: Sequence[HeldLease],
    samples: Mapping[int, Sample],
    at: int,
) -> tuple[Books, Losses]:
    market = deployment.market
    state = market.call("booksOf", cluster, block=at)
    paid = _Paid.read(deployment, opened, at)
    routed = _Routed.read(deployment, cluster, at)
    waiting = waiting_of(deployment, cluster, at)
    due = market.call_many([("refundLedgerOf", [lease.lease]) for lease in leases], block=at)
    ledger = int(state["earned"]) + int(state["remainder"])
    refunded = sum(lease.refunded for lease in leases)
    losses = read_losses(deployment, cluster, leases, samples, at)
    cursor = int(state["cursor"])
    books = Books(
        paid_in=LEDGER_SCALE * paid.costs,
        bond_posted=losses.posted,
        from_bond=losses.posted - losses.withdrawn - int(state["bond"]),
        routed=LEDGER_SCALE * routed.total,
        undistributed=ledger + LEDGER_SCALE * routed.carried,
        refunded=LEDGER_SCALE * refunded,
        refund_owed=sum(due) - LEDGER_SCALE * refunded,
        cancelled=LEDGER_SCALE * paid.cancelled,
        escrowed=Q * sum(_escrowed(lease, cursor) for lease in leases),
        outage_refund=losses.refund,
        void_refund=losses.void_rent,
        compensation=losses.compensation,
        operator=LEDGER_SCALE * routed.operator,
        reporters=LEDGER_SCALE * routed.reporters,
        holders_cash=LEDGER_SCALE * routed.cash,
        bitcoin_swept=LEDGER_SCALE * routed.swept,
        bitcoin_pending=LEDGER_SCALE * waiting.bitcoin,
        operator_waiting=LEDGER_SCALE * waiting.operator,
        reporters_waiting=LEDGER_SCALE * waiting.reporters,
        bond=int(state["bond"]),
        bond_withdrawn=losses.withdrawn,
        topped_up=LEDGER_SCALE * routed.topped_up,
    )
    books.check()
    expect("refunds that were paid", LEDGER_SCALE * paid.refunded, books.refunded)
    expect("the operator's part", routed.operator - waiting.operator, routed.operator_released)
    expect("the reporters' part", routed.reporters - waiting.reporters, routed.reporters_released)
    expect("losses", losses.lost, int(state["lost"]))
    expect("the bond", losses.bond, books.bond)
    return books, losses


def expect(what: str, found: int, wanted: int) -> None:
    if found != wanted:
        raise BooksError(f"{what}: {found}, expected {wanted}")


def _escrowed(lease: HeldLease, cursor: int) -> int:
    """Rent of hours that are neither accrued nor void, 2^-32 stablecoin units."""
    return lease.rent(max(cursor, lease.start), min(lease.end, lease.stop))


@dataclass(frozen=True, slots=True)
class _Paid:
    """What a cluster's leases cost, and what went back of it, by the events, in stablecoin units.
    Leases that were split off pay nothing by themselves; those that are gone count too."""

    costs: int
    cancelled: int
    refunded: int

    @classmethod
    def read(cls, deployment: Deployment, leases: Sequence[int], block: int) -> _Paid:
        names = ("LeaseOpened", "LeaseExtended", "LeaseCancelled", "Settled")
        found = events_among(deployment.market, names, deployment.block, block, 0, leases)
        return cls(
            costs=_sum(found, names[0], "cost") + _sum(found, names[1], "cost"),
            cancelled=_sum(found, names[2], "refund"),
            refunded=_sum(found, names[3], "amount"),
        )


@dataclass(frozen=True, slots=True)
class _Routed:
    """What was split, by the terms and by what the router said, in stablecoin units; what was
    `topped_up` is in the holders' cash and bitcoin too. `carried` is what the floors of the four
    parts leave."""

    operator: int
    reporters: int
    cash: int
    bitcoin: int
    carried: int
    operator_released: int
    reporters_released: int
    swept: int
    topped_up: int

    @property
    def total(self) -> int:
        return self.operator + self.reporters + self.cash + self.bitcoin - self.topped_up

    @classmethod
    def read(cls, deployment: Deployment, cluster: int, block: int) -> _Routed:
        router = deployment.router
        names = ("Distributed", "Released", "Swept", "ToppedUp")
        found = events_among(router, names, deployment.block, block, 0, [cluster])
        brought = {each: _sum(found, "ToppedUp", each) for each in ("pending", "cash")}
        earned, remainder = (_sum(found, "Distributed", each) for each in ("earned", "remainder"))
        split = deployment.registry.call("payeesOf", cluster, block=block)[2]
        shares = {name: int(share) for name, share in split.items()}
        shares["cash"] = Q - sum(shares.values())
        parts = {name: earned * share // Q for name, share in shares.items()}
        expect("the holders' cash", _sum(found, "Distributed", "cash"), parts["cash"])
        expect("the holders' bitcoin", _sum(found, "Distributed", "bitcoin"), parts["bitcoin"])
        carried = int(router.call("carriedOf", cluster, block=block))
        expect("what was carried", carried, earned - sum(parts.values()))
        return cls(
            operator=parts["operator"] + remainder,
            reporters=parts["reporters"],
            cash=parts["cash"] + brought["cash"],
            bitcoin=parts["bitcoin"] + brought["pending"],
            carried=carried,
            operator_released=_sum(found, "Released", "operatorAmount"),
            reporters_released=_sum(found, "Released", "reporterAmount"),
            swept=_sum(found, "Swept", "spent"),
            topped_up=sum(brought.values()),
        )


def _sum(events: Sequence[Event], name: str, field: str) -> int:
    return sum(int(event[field]) for event in events if event.name == name)
