"""Whether the proofs notice: each library broken in one place must yield a counterexample."""

from __future__ import annotations

from dataclasses import dataclass

from tests.proofs import project, properties


@dataclass(frozen=True)
class Fault:
    """A text in a library that is replaced, and the property that must fail of it."""

    library: str
    old: str
    new: str
    proof: str


FAULTS = (
    Fault(
        "ServiceLevel",
        "(Q + penalty) * (promised - delivered) / promised",
        "(Q + penalty) * (promised - delivered) / promised + 1",
        "ServiceLevelProofs.check_lossIsTheFloorOfTheFormula",
    ),
    Fault(
        "PriceCurve",
        "(time < ramp ? time : ramp)",
        "time",
        "CostProofs.check_costIsTheExactCostRoundedUp",
    ),
    Fault(
        "TokenAccount",
        "type(uint256).max >> 8",
        "type(uint256).max >> 9",
        "TokenAccountProofs.check_withFlags",
    ),
    Fault(
        "Holder",
        "uint256 flags = Holder.unwrap(self) & (BLOCKED | SYSTEM);",
        "uint256 flags = Holder.unwrap(self) & SYSTEM;",
        "HolderProofs.check_withCredential",
    ),
    Fault(
        "RevenueIndex",
        "self.unvested += uint128(amount << shift);",
        "self.unvested += uint128(amount);",
        "RevenueIndexProofs.check_joinVestsWithTheRest_cash",
    ),
    Fault(
        "MarketClock",
        "change.clock, low % 2 == 0, timestamp",
        "change.clock, low % 2 != 0, timestamp",
        "MarketClockProofs.check_atThePresentIsNow",
    ),
    Fault(
        "HourFlags",
        "hour = (hour | 255) + 1;",
        "hour = (hour | 255) + 2;",
        "HourFlagsProofs.check_nextIsTheFirst",
    ),
    Fault(
        "CapacityCalendar",
        "total = across * covered + below.sum;",
        "total = below.sum;",
        "CalendarProofs.check_loadOfAPart_24_50",
    ),
)


def main(only: str) -> bool:
    """Print each fault's outcome; whether all were noticed."""
    noticed = True
    for fault in FAULTS:
        if only not in fault.library and only not in fault.proof:
            continue
        file = f"contracts/libraries/{fault.library}.sol"
        copy = project.copied("broken", {file: (fault.old, fault.new)})
        (result,), said = properties.prove(copy, fault.proof)
        print(f"{fault.library}: {fault.new!r}: {fault.proof}: {result.outcome}", flush=True)
        if result.outcome != "COUNTEREXAMPLE":
            noticed = False
            print(said)
    return noticed
