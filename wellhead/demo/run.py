"""The demonstration: a trace of a real cluster, replayed on a chain of its own."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console

from wellhead.actions.books import BooksError
from wellhead.chain import Anvil
from wellhead.chain.transactions import Clock
from wellhead.demo.checks import check
from wellhead.demo.deals import Deals
from wellhead.demo.holders import Holders
from wellhead.demo.market import FINALITY, Market, Site, open_market
from wellhead.demo.network import Network, NetworkError, Recording, own_folder
from wellhead.demo.outcome import Ended, gather
from wellhead.demo.plan import Booking, Change, make_plan
from wellhead.demo.progress import DemoProgress
from wellhead.demo.render import show
from wellhead.demo.results import DemoResult
from wellhead.demo.second import LENGTH, Second, write_telemetry
from wellhead.demo.terms import TERMS
from wellhead.demo.trace import Trace, load_trace
from wellhead.model.units import HOUR, WAD, Q
from wellhead.oracle.relay import Relay

REPORT = Path("demo-report.json")
TOKEN_NAME, TOKEN_SYMBOL = "Wellhead demo cluster", "wDEMO"
REPORT_DELAY = 60  # seconds after an hour's end at which it is measured
REPORT_EVERY = 6  # hours between two reports
DAY = 24
VESTING = DAY * HOUR  # of what is split at the end, as of all that covers several hours


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
        own_folder() as folder,
        Anvil(_first_hour(trace) * HOUR) as anvil,
    ):
        try:
            result = _replay(anvil, trace, trace_path, folder, infer_down, progress)
        except NetworkError as error:
            raise DemoError(str(error)) from error
    show(result, console or Console())
    _write(report_path, result)
    return result


def _first_hour(trace: Trace) -> int:
    """The chain's first hour: the trace's, or one before it where the made-up cluster needs more
    time than the trace has."""
    return min(trace.first_hour, trace.end_hour - LENGTH)


def _replay(
    anvil: Anvil,
    trace: Trace,
    place: Path | None,
    folder: Path,
    infer_down: bool,
    progress: DemoProgress,
) -> DemoResult:
    """`place` is where the trace lies, if it is not the bundled one; `folder` is one of our own."""
    progress.step("deploying")
    market = open_market(anvil)
    begin = trace.end_hour - LENGTH
    # Clusters are numbered as they are registered.
    site_id, second_id = (2, 1) if begin < trace.first_hour else (1, 2)
    recordings = [
        Recording(site_id, place, infer_down),
        Recording(second_id, write_telemetry(folder, begin), infer_down=True),
    ]
    progress.step("starting five reporters")
    with Network(market.deployment, folder, recordings, market.relay) as network:
        relay = Relay(
            market.deployment, market.relay, network.clients, warn=progress.warn, clock=Brisk()
        )
        second = Second(market, begin, trace.first_hour, lambda: report_all(relay))
        if begin < trace.first_hour:
            for hour in range(begin, trace.first_hour):
                second.play(hour)
            anvil.next_block_at(trace.first_hour * HOUR)
        site = market.open_site(market.operators[0], TERMS, TOKEN_NAME, TOKEN_SYMBOL, trace.units)
        market.sell_tokens(site)
        progress.step("replaying")
        replay = _Replay(market, site, trace, relay)
        for index, measured in enumerate(trace.hours):
            replay.begin(index)
            second.play(measured.hour)
            replay.end(index)
            progress.hour(index + 1)
        progress.step("closing the books")
        replay.finish()
        second.move_money()
        anvil.mine_at(anvil.now() + VESTING)
        progress.step("checking every report")
        checks = [
            check(market.deployment, network.stores, cluster) for cluster in (site_id, second_id)
        ]
    ended = Ended(
        trace=trace,
        infer_down=infer_down,
        site=site,
        second=second.site,
        booked_at=replay.booked_at | second.booked_at,
        prices=replay.prices,
        steps=[*replay.deals.steps, *replay.holders.steps, *second.steps],
        checks=checks,
    )
    return gather(market, ended)


class Brisk(Clock):
    """The chain here mines at once: nobody has to wait for it."""

    def sleep(self, seconds: float) -> None:
        super().sleep(min(seconds, 0.002))


def report_all(relay: Relay) -> None:
    """Bring everything on chain that is due; DemoError where something is left."""
    outcome = relay.run_once()
    left = outcome.left
    if left:
        cluster, hour = left[0].key
        raise DemoError(f"hour {hour} of cluster {cluster} has no report: {left[0].reason}")


@dataclass
class _Replay:
    """Hour by hour: tenants book, the hour passes; a few times a day everything is reported, and
    once a day money moves."""

    market: Market
    site: Site
    trace: Trace
    relay: Relay
    booked_at: dict[int, int] = field(default_factory=dict)  # lease -> hour of the trace
    prices: list[int] = field(default_factory=list)
    _open: set[int] = field(default_factory=set)  # leases that are not settled for good

    def __post_init__(self) -> None:
        self.deals = Deals(self.market, self.site, self.trace.first_hour)
        self.holders = Holders(self.market, self.site, len(self.trace.hours))
        self._numbers: dict[Booking, int] = {}
        self._plan: dict[int, list[tuple[int, Booking, Change | None]]] = {}
        for booking in make_plan(self.trace.units, len(self.trace.hours)):
            place = (booking.at_second, booking, None)
            self._plan.setdefault(booking.at_hour, []).append(place)
            for change in booking.changes:
                self._plan.setdefault(change.at_hour, []).append((0, booking, change))

    def begin(self, index: int) -> None:
        """What tenants and holders do in one hour of the trace; most of it as soon as the hour
        begins."""
        self.holders.play(index)
        for second, booking, change in sorted(self._plan.get(index, []), key=lambda p: p[0]):
            if change:
                self.deals.change(booking, change, self._numbers[booking])
                continue
            if second:
                self.market.anvil.next_block_at(self.trace.hours[index].hour * HOUR + second)
            self._book(booking)

    def end(self, index: int) -> None:
        """The hour passes, and in time is reported."""
        measured, cluster = self.trace.hours[index], self.site.cluster_id
        booked, base = self.market.deployment.market.call_many(
            [("bookedAt", [cluster, measured.hour]), ("baseOf", [cluster])]
        )
        self.prices.append(marginal_price(base, booked, self.trace.units))
        self.market.anvil.mine_at((measured.hour + 1) * HOUR + REPORT_DELAY)
        if (index + 1) % REPORT_EVERY == 0 or index + 1 == len(self.trace.hours):
            report_all(self.relay)
        if (index + 1) % DAY == 0:
            self._move_money()

    def finish(self) -> None:
        """Let the last hour become final, then accrue, split and settle all of it."""
        market, end = self.market, self.trace.end_hour
        market.anvil.mine_at(market.anvil.now() + FINALITY)
        cursor = 0
        while cursor < end:
            before, cursor = cursor, self._move_money()
            if cursor == before:
                raise BooksError(f"the books stand still at hour {cursor}, before {end}")
        for lease_id in sorted(self._open):
            market.settle(lease_id)

    def _book(self, booking: Booking) -> None:
        start = self.trace.first_hour + booking.start
        receipt = self.market.lease(self.site, booking, start)
        lease_id = int(receipt.event("LeaseOpened")["leaseId"])
        self._numbers[booking] = lease_id
        self.booked_at[lease_id] = booking.at_hour
        self._open.add(lease_id)
        self.deals.opened(booking, receipt)

    def _move_money(self) -> int:
        """Accrue, distribute, buy bitcoin, and settle the leases whose last hour is accrued."""
        cursor = self.market.distribute(self.site)
        states = [("leaseOf", [number]) for number in sorted(self._open)]
        for state, lease_id in zip(
            self.market.deployment.market.call_many(states), sorted(self._open), strict=True
        ):
            if state["stop"] <= cursor:
                self.market.settle(lease_id)
                self._open.remove(lease_id)
        return cursor


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
