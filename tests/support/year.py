"""A year of bookings, changes, outages and a default; somebody keeps up with it, or catches up with
it at its end."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

from tests.support.bonds import accrue, declare, post
from tests.support.rent import report
from tests.support.stage import EVIDENCE, HOUR, MAX, Q, Stage, Terms
from wellhead.chain import Contract, Receipt, UnlockedAccount
from wellhead.chain.signing import quorum, report_digest
from wellhead.model.samples import Sample

UNITS = 100
BOND = 100_000_000
TERMS = Terms(penalty=3 * Q, bond=BOND, speed=2_000)
#: Months, hours of a month, and of these the hours that are booked.
MONTHS, MONTH, BUSY = 12, 730, 150
#: The month with the default, the last hour in which somebody books into the outage, when fewer
#: than 72 of its hours are final, and that of the default, until which nothing works.
OUTAGE, BOOKED, DECLARED = 1, 76, 100


@dataclass
class Year:
    """What people do is the same in both runs, to the second; when hours are reported, accrued and
    settled is not."""

    stage: Stage
    cluster: int
    keeps_up: bool
    begin: int
    leases: list[int] = field(default_factory=list)
    #: Thousandths of a unit that work, by hour.
    available: dict[int, int] = field(default_factory=dict)
    _chance: random.Random = field(default_factory=lambda: random.Random(20_260_101))
    _now: int = 0
    _reported: int = 0
    _sent: list[str] = field(default_factory=list)

    def run(self) -> None:
        self._now = self.stage.hour()
        post(self.stage, self.cluster, 1_000 * BOND)
        for month in range(MONTHS):
            self._month(month, self.begin + month * MONTH)
        self._live_until(self.begin + MONTHS * MONTH)
        self._live_until(self.begin + MONTHS * MONTH + 30)
        self._check()

    def _check(self) -> None:
        """Everything that was sent without looking must have gone through."""
        asked = [("eth_getTransactionReceipt", [hash_]) for hash_ in self._sent]
        for first in range(0, len(asked), 100):
            for mined in self.stage.anvil.rpc.batch(asked[first : first + 100]):
                assert mined["status"] == "0x1"

    def _month(self, month: int, first: int) -> None:
        for hour in range(first, first + BUSY + 20):
            self.available[hour] = self._chance.choice([0, 9_000, 31_000, 60_000, 95_000])
        if month == OUTAGE:
            self.available |= dict.fromkeys(range(first + 1, first + DECLARED), 0)
        self._live_until(first - 1)
        long = self._lease(100, 11, first, BUSY)
        cut, split, shared = (
            self._lease(200 + n, units, first + n, 50) for n, units in ((2, 13), (3, 17), (4, 19))
        )
        for n in range(4):
            start = first + self._chance.randrange(BUSY - 5)
            hours = self._chance.choice([1, 2, 5])
            self._lease(300 + n, self._chance.randint(1, 2), start, hours)
        self._live_until(first)
        self._lease(1_111, 9, first, 7)  # pays its first hour by the second
        self._live_until(first + 20)
        self._change(300, cut, "cancel", first + 33, 0)
        self._change(400, split, "splitHours", first + 41)
        if month <= OUTAGE:  # this settles, and the later months are to be caught up with
            self._change(500, shared, "splitUnits", 7)
        self._change(600, long, "extend", 10, MAX)
        if month == OUTAGE:
            self._default(first)

    def _default(self, first: int) -> None:
        self._live_until(first + BOOKED)
        self._lease(100, 31, first + DECLARED - 1, 1)
        self._lease(101, 32, first + DECLARED, 5)
        self._lease(102, 33, first + DECLARED + 10, 30)
        self._live_until(first + DECLARED)
        while accrue(self.stage, self.cluster).events:
            pass
        self.stage.anvil.next_block_at((first + DECLARED) * HOUR + 700)
        declare(self.stage, self.cluster)
        self._lease(800, 40, first + DECLARED, 30)

    def _lease(self, second: int, units: int, start: int, hours: int) -> int:
        tenant = self.stage.tenants[len(self.leases) % 4]
        asked = (self.cluster, units, start, hours, MAX)
        event = self._send(second, tenant, "lease", *asked).event("LeaseOpened")
        self.leases.append(event["leaseId"])
        return self.leases[-1]

    def _change(self, second: int, lease_id: int, function: str, *arguments: int) -> None:
        owner = self.stage.market.call("ownerOf", lease_id)
        tenant = next(t for t in self.stage.tenants if t.address == owner)
        receipt = self._send(second, tenant, function, lease_id, *arguments)
        for name in ("UnitsSplit", "HoursSplit"):
            self.leases += [event["newLeaseId"] for event in receipt.all(name)]

    def _send(
        self, second: int, sender: UnlockedAccount, function: str, *arguments: int
    ) -> Receipt:
        self.stage.anvil.next_block_at(self._now * HOUR + second)
        return self.stage.market.send(function, *arguments, sender=sender)

    def _live_until(self, hour: int) -> None:
        """Let time pass, up to the beginning of this hour, and report what is over."""
        now, self._now = self._now, hour
        if not self.keeps_up:
            if now < hour:
                self.stage.to_hour(hour)
            if seen := self._unreported(hour):
                report(self.stage, self.cluster, seen)
            return
        self.stage.anvil.rpc("evm_setAutomine", False)
        try:
            while now < hour:
                now = min(hour, now + self._pace(now))
                self._live(now)
        finally:
            self.stage.anvil.rpc("evm_setAutomine", True)

    def _pace(self, now: int) -> int:
        """Hours until somebody looks again: one in the month of the default, twelve in others; and
        a hundred when there has been nothing to account for since a day."""
        if not any(hour in self.available for hour in range(now - 25, now + 12)):
            ahead = min((hour for hour in self.available if hour > now), default=now + 100)
            return min(100, ahead - now)
        return 1 if (now - self.begin) // MONTH == OUTAGE else 12

    def _live(self, hour: int) -> None:
        """One block at the beginning of an hour: report what is over, accrue, settle some lease."""
        stage = self.stage
        sent = [_transaction(stage.stranger, stage.market, "accrue", self.cluster)]
        if seen := self._unreported(hour):
            sent.append(_transaction(stage.relay, stage.oracle, "report", *self._signed(seen)))
        if self.leases:
            some = self.leases[hour % len(self.leases)]
            sent.append(_transaction(stage.governor, stage.market, "settle", some))
        if hour % 50 == 0:
            asked = (stage.guardian, stage.router, "accrueAndDistribute", self.cluster)
            sent.append(_transaction(*asked))
        self._sent += stage.anvil.rpc.batch(sent)
        stage.anvil.rpc("evm_mine", hour * HOUR)

    def _unreported(self, hour: int) -> dict[int, int]:
        seen = {h: a for h, a in self.available.items() if self._reported <= h < hour}
        self._reported = hour
        return seen

    def _signed(self, seen: dict[int, int]) -> tuple[Any, ...]:
        stage = self.stage
        samples = [
            Sample(self.cluster, hour, max(working, UNITS * 1_000), working).encode()
            for hour, working in seen.items()
        ]
        chain_id = stage.deployment.chain_id
        digest = report_digest(chain_id, stage.oracle.address, samples, EVIDENCE)
        return samples, EVIDENCE, quorum(digest, stage.reporters[:3])


def _transaction(
    sender: UnlockedAccount, contract: Contract, function: str, *arguments: Any
) -> tuple[str, list[Any]]:
    body = {
        "from": sender.address,
        "to": contract.address,
        "data": contract.functions[function].encode(arguments),
        "gas": hex(7_000_000),
    }
    return "eth_sendTransaction", [body]
