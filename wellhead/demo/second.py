"""A second, small cluster of another operator that goes dark for good, and its default.

It is made up, and so is its telemetry; the demonstration says so. It lives in the trace's time: a
day of good service, then nothing is available any more, and nobody hears of the operator. The
reporters go on measuring. After 72 hours, when the last of them is final, a tenant declares the
default, an hour before the trace ends. So a short trace begins after this cluster.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from wellhead.chain import Account
from wellhead.demo.market import FINALITY, Market, Site
from wellhead.demo.money import dollars, ledger_dollars
from wellhead.demo.network import write_trace
from wellhead.demo.plan import TENANTS, Booking, booked_units
from wellhead.demo.results import Step
from wellhead.demo.terms import BONDED
from wellhead.model.units import HOUR

NAME, SYMBOL, UNITS = "Made-up cluster", "wMADEUP", 24
#: Hours of good service, and between two reports; and hours without any that make a default.
BATCH, DARK = 24, 72
#: Seconds between two moments of the telemetry.
STEP = 300
#: Seconds after the hour began at which anything happens here; the trace's cluster is done by then.
MOMENT = 2400
#: Hours from the registration to the default, and to the trace's end.
DEFAULT_AT = 1 + BATCH + DARK + FINALITY // HOUR
LENGTH = DEFAULT_AT + 1
#: Hours count from the registration. One lease ends in the outage, one would go on after it, and
#: one was booked ahead, to begin when it is too late.
PLAN = (
    Booking(0, MOMENT, TENANTS.index("Tenant E"), 10, start=1, hours=240),
    Booking(0, MOMENT, TENANTS.index("Tenant J"), 6, start=1, hours=96),
    Booking(0, MOMENT, TENANTS.index("Tenant K"), 8, start=145, hours=168),
)


class Second:
    """The cluster's life from the chain's hour `begin` on; `first` is the hour that the account of
    it counts from. `report` has everything reported that is due."""

    def __init__(self, market: Market, begin: int, first: int, report: Callable[[], None]) -> None:
        self._market, self.begin, self._first, self._report = market, begin, first, report
        self._site: Site | None = None
        self.booked_at: dict[int, int] = {}  # lease -> hour of the account
        self.steps: list[Step] = []

    @property
    def site(self) -> Site:
        if self._site is None:
            raise RuntimeError("the cluster is not open yet")
        return self._site

    @property
    def declared_at(self) -> int:
        """The chain's hour in which the default is declared."""
        return self.begin + DEFAULT_AT

    def play(self, hour: int) -> None:
        """One hour of the chain, after what happens on the trace's cluster."""
        age = hour - self.begin
        is_batch = age > 1 and (age - 1) % BATCH == 0
        if age == 0 or is_batch:
            self._market.anvil.mine_at(hour * HOUR + MOMENT)
        if age == 0:
            self._open()
        if is_batch and hour <= self.declared_at:
            self._report()
            if age == 1 + 2 * BATCH:
                self._say(1 + BATCH, "it goes dark, and its operator is gone")
        if hour == self.declared_at:
            self._declare()

    def move_money(self) -> None:
        """Accrue, distribute and settle what is final."""
        self._market.distribute(self.site)
        for lease_id in self.booked_at:
            self._market.settle(lease_id)

    def _open(self) -> None:
        market = self._market
        operator = market.operators[1]
        self._site = site = market.open_site(operator, BONDED, NAME, SYMBOL, UNITS)
        bond = BONDED.service.bond * max(
            booked_units(PLAN, h) for h in range(max(b.end for b in PLAN))
        )
        self._pay_bond(operator, bond)
        self._say(0, f"its operator posts a bond of {dollars(bond)}")
        for booking in PLAN:
            receipt = market.lease(site, booking, self.begin + booking.start)
            lease_id = int(receipt.event("LeaseOpened")["leaseId"])
            self.booked_at[lease_id] = self.begin - self._first

    def _pay_bond(self, operator: Account, bond: int) -> None:
        deployment = self._market.deployment
        deployment.cash.send("mint", operator.address, bond, sender=operator)
        deployment.cash.send("approve", deployment.vault.address, bond, sender=operator)
        deployment.market.send("postBond", self.site.cluster_id, bond, sender=operator)

    def _declare(self) -> None:
        market, tenant = self._market, PLAN[-1].tenant
        market.distribute(self.site)
        books = market.deployment.market.call("booksOf", self.site.cluster_id)
        receipt = market.deployment.market.send(
            "declareDefault", self.site.cluster_id, sender=market.tenants[tenant]
        )
        event = receipt.event("Defaulted")
        self._say(
            DEFAULT_AT,
            f"{TENANTS[tenant]} declares its default, after {books['down'] // HOUR} hours without "
            f"anything available: what is booked from hour {event['hour'] - self._first:,} on is "
            f"void, and the bond gives {ledger_dollars(event['reserved'])} for it",
        )
        self.move_money()

    def _say(self, age: int, text: str) -> None:
        self.steps.append(Step(self.begin + age - self._first, text, is_second=True))


def write_telemetry(folder: Path, begin: int) -> Path:
    """Constructed telemetry of a cluster that is registered in the hour `begin`: what is booked
    runs for a day, then nothing does."""
    booked = (booked_units(PLAN, hour) for hour in range(1 + BATCH))
    running = [units or 1 for units in booked] + [0] * (LENGTH - 1 - BATCH)
    moments = [units for units in running for _ in range(HOUR // STEP)]
    return write_trace(folder / "made-up.csv", begin * HOUR, STEP, UNITS, moments)
