"""The demonstration: a trace of a real cluster, replayed on a chain of its own."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console

from wellhead.actions.books import BooksError, OpenedLease, booked_in
from wellhead.chain import Anvil
from wellhead.demo.books import opened_leases, read_books, served_hours
from wellhead.demo.market import (
    FINALITY,
    INVESTORS,
    TERMS,
    TOKEN_SYMBOL,
    Market,
    open_market,
    purchase,
)
from wellhead.demo.plan import TENANTS, Booking, make_plan
from wellhead.demo.progress import DemoProgress
from wellhead.demo.render import show
from wellhead.demo.results import (
    DemoResult,
    HolderResult,
    HourResult,
    LeaseResult,
    ReporterResult,
)
from wellhead.demo.trace import Trace, TraceHour, load_trace
from wellhead.model.samples import Sample
from wellhead.model.units import HOUR, UNIT, WAD, Q

REPORT = Path("demo-report.json")
REPORT_DELAY = 60  # seconds after an hour's end at which its report arrives
DAY = 24


class DemoError(Exception):
    """The demonstration can not start, or its report not be written."""


def run_demo(
    trace_path: Path | None = None,
    *,
    infer_down: bool = True,
    report_path: Path = REPORT,
    console: Console | None = None,
    progress_console: Console | None = None,
) -> DemoResult:
    """Replay a trace, show the outcome on `console` and write the final books to `report_path`.

    Without `trace_path` the bundled trace is replayed. Progress goes to `progress_console`, stderr
    by default. Raises TraceError or DemoError before anything is started or written.
    """
    trace = load_trace(trace_path, infer_down=infer_down)
    if not report_path.absolute().parent.is_dir() or report_path.is_dir():
        raise DemoError(f"{report_path}: no report file can be written there")
    with (
        DemoProgress(len(trace.hours), progress_console) as progress,
        Anvil(trace.first_hour * HOUR) as anvil,
    ):
        result = _replay(anvil, trace, infer_down, progress)
    show(result, console or Console())
    _write(report_path, result)
    return result


def _replay(anvil: Anvil, trace: Trace, infer_down: bool, progress: DemoProgress) -> DemoResult:
    progress.step("deploying")
    market = open_market(anvil, trace)
    progress.step("replaying")
    replay = _Replay(market, trace)
    for index in range(len(trace.hours)):
        replay.play(index)
        progress.hour(index + 1)
    progress.step("closing the books")
    replay.finish()
    return replay.result(infer_down)


@dataclass
class _Replay:
    """Hour by hour: tenants book, the hour passes, reporters report; once a day money moves."""

    market: Market
    trace: Trace
    booked_at: dict[int, int] = field(default_factory=dict)  # lease -> hour of the trace
    prices: list[int] = field(default_factory=list)
    _open: dict[int, int] = field(default_factory=dict)  # lease -> its end, if not settled for good
    _claimed: dict[str, int] = field(default_factory=dict)
    _paid: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._plan: dict[int, list[Booking]] = {}
        for booking in make_plan(self.trace.units, len(self.trace.hours)):
            self._plan.setdefault(booking.at_hour, []).append(booking)

    def play(self, index: int) -> None:
        """One hour of the trace."""
        measured = self.trace.hours[index]
        for booking in self._plan.get(index, []):
            self._book(booking)
        booked, base = self.market.deployment.market.call_many(
            [
                ("bookedAt", [self.market.cluster_id, measured.hour]),
                ("baseOf", [self.market.cluster_id]),
            ]
        )
        self.prices.append(marginal_price(base, booked, self.trace.units))
        self.market.anvil.next_block_at((measured.hour + 1) * HOUR + REPORT_DELAY)
        self.market.report(sample_of(self.market.cluster_id, measured, booked), measured.evidence)
        if (index + 1) % DAY == 0:
            self._move_money()

    def finish(self) -> None:
        """Let the last hour become final, then pay everybody."""
        market = self.market
        market.anvil.mine_at(market.anvil.now() + FINALITY)
        end = self.trace.hours[-1].hour + 1
        cursor = 0
        while cursor < end:
            before, cursor = cursor, self._move_money()
            if cursor == before:
                raise BooksError(f"the books stand still at hour {cursor}, before {end}")
        for lease_id in self._open:
            market.settle(lease_id)
        holders = {"Operator": market.operator, **market.investors}
        for name, holder in holders.items():
            receipt = market.token.send("claim", holder.address, sender=holder)
            self._claimed[name] = int(receipt.event("Claimed")["cash"])
        market.deployment.oracle.send("payReporters", sender=market.relay)
        self._paid = [market.claim_of(reporter.address) for reporter in market.reporters]
        for account in (market.operator, *market.tenants):
            market.withdraw(account)

    def result(self, infer_down: bool) -> DemoResult:
        """Read the chain once more and put everything together."""
        market, trace = self.market, self.trace
        leases = opened_leases(market)
        served = served_hours(market, leases)
        return DemoResult(
            trace=trace,
            infer_down=infer_down,
            terms=TERMS,
            token=TOKEN_SYMBOL,
            reports=len(market.deployment.oracle.events("Reported")),
            leases=[self._lease_result(lease) for lease in leases],
            hours=[
                HourResult(booked_in(leases, h.hour), h.measured, served[h.hour], price)
                for h, price in zip(trace.hours, self.prices, strict=True)
            ],
            holders=self._holder_results(),
            reporters=[
                ReporterResult(f"Reporter {i + 1}", market.signed[i], paid)
                for i, paid in enumerate(self._paid)
            ],
            books=read_books(market),
        )

    def _book(self, booking: Booking) -> None:
        hour = self.trace.hours[booking.at_hour].hour
        if booking.at_second:
            self.market.anvil.next_block_at(hour * HOUR + booking.at_second)
        start = self.trace.first_hour + booking.start
        lease_id = self.market.lease(booking, start)
        self.booked_at[lease_id] = booking.at_hour
        self._open[lease_id] = start + booking.hours

    def _move_money(self) -> int:
        """Accrue, distribute, and settle the leases whose last hour is accrued."""
        cursor = self.market.distribute()
        for lease_id in [i for i, end in self._open.items() if end <= cursor]:
            self.market.settle(lease_id)
            del self._open[lease_id]
        return cursor

    def _lease_result(self, lease: OpenedLease) -> LeaseResult:
        addresses: list[str] = [tenant.address for tenant in self.market.tenants]
        return LeaseResult(
            lease_id=lease.lease_id,
            tenant=TENANTS[addresses.index(lease.tenant)],
            units=lease.units,
            booked_at=self.booked_at[lease.lease_id],
            start=lease.start - self.trace.first_hour,
            hours=lease.end - lease.start,
            first_seconds=lease.first_seconds,
            cost=lease.cost,
            refunded=self.market.deployment.market.call("leaseOf", lease.lease_id)["refunded"],
        )

    def _holder_results(self) -> list[HolderResult]:
        bought = {name: purchase(self.market.units, share) for name, share in INVESTORS.items()}
        kept = self.market.units * UNIT - sum(tokens for tokens, _ in bought.values())
        holdings = {"Operator": (kept, 0), **bought}
        return [
            HolderResult(name, tokens, price, self._claimed[name])
            for name, (tokens, price) in holdings.items()
        ]


def sample_of(cluster_id: int, hour: TraceHour, booked: int) -> Sample:
    """What the reporters sign of an hour. Energy and work are 0: the trace does not have them."""
    return Sample(
        cluster=cluster_id,
        hour=hour.hour,
        working=hour.working,
        available=hour.available(booked),
        measured=hour.measured,
    )


def marginal_price(base: int, booked: int, units: int) -> int:
    """Price of one more unit for an hour with so many booked, stablecoin units."""
    low, high = TERMS.pricing.low, TERMS.pricing.high
    return base * (low * units + (high - low) * booked) // (units * Q * WAD)


def _write(path: Path, result: DemoResult) -> None:
    """Write the report file, whole or not at all."""
    draft = path.with_name(path.name + ".tmp")
    try:
        draft.write_text(json.dumps(result.report(), indent=2) + "\n", "utf-8")
        draft.replace(path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise DemoError(f"{path}: the report can not be written ({error.strerror})") from error
