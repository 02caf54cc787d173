"""Every error of the contracts, and every refusal of ours, as one plain sentence.

A test checks that no custom error of any contract is missing here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from wellhead.cli.amounts import (
    show_bitcoin,
    show_count,
    show_hour,
    show_money,
    show_share,
    show_time,
    show_tokens,
)
from wellhead.cli.compliance_sentences import COMPLIANCE, HOLDERS, TOKEN
from wellhead.cli.library_sentences import LIBRARIES
from wellhead.cli.market_sentences import CASH, EXCHANGE, MARKET
from wellhead.cli.oracle_sentences import CONTESTS, ORACLE
from wellhead.cli.router_sentences import ROUTER

Sentence = Callable[..., str]


def sentence(name: str, arguments: dict[str, Any]) -> str:
    """What an error says to a person; arguments are taken by position."""
    values = list(arguments.values())
    if name == "Panic":
        return f"A contract failed its own checks (panic code {values[0]:#x}): please report this."
    if name == "Error":
        return f"A contract refused: {values[0]}"
    if name == "":
        return "A contract refused without saying why."
    if name not in SENTENCES:
        return f"A contract refused: {name}({', '.join(str(value) for value in values)})"
    return SENTENCES[name](*values)


def _hours(count: int) -> str:
    return show_count(count, "hour")


def _units(count: int) -> str:
    return show_count(count, "unit")


_TERMS = {
    "baseFloor": "the lowest base price must be at least $0.000001",
    "baseCap": "the highest base price must be at least the lowest and at most $1,000,000",
    "baseStart": "the first base price must lie between the lowest and the highest",
    "low": "the multiple for an empty hour must be above 0",
    "high": "the multiple for a full hour must be at least that for an empty one and at most 100",
    "target": "the target must be at most 100 %",
    "speed": "the speed must be at most 1",
    "discountHours": "the discount's hours must lie between 1 and 17,520",
    "minHours": "the shortest lease must be at least 1 hour",
    "maxHours": "the longest lease must be at least the shortest",
    "horizonHours": "the horizon must lie between the longest lease and 17,520 hours",
    "cancelFee": "the cancelling fee must be at most 100 %",
    "sla": "the service level must lie above 0 % and at most at 100 %",
    "penalty": "the penalty must be at most 10",
    "bond": "the bond must be at most $1,000,000 a unit",
    "split": "the shares of operator, reporters and bitcoin must add up to at most 100 %",
}


def _invalid_terms(field: str) -> str:
    return f"The terms are not valid: {_TERMS.get(field, f'{field} is out of its bounds')}."


def _too_steep(discount: int, low: int, high: int) -> str:
    # discount * high <= (Q - discount) * low
    most = low * 10**6 // (low + high) if low + high else 0
    return (
        f"A discount of {show_share(discount)} would make longer leases cheaper than shorter ones: "
        f"between these prices at most {show_share(most)} is possible."
    )


def _not_current(cluster: int, accrued_to: int, due: int) -> str:
    return (
        f"Cluster {cluster} still has unreported or unaccrued hours from {show_hour(accrued_to)} "
        f"to {show_hour(due)}: report and settle them first, so that new units take no part of "
        "old revenue."
    )


def _no_start_free(units: int, hours: int, first: int, last: int, free: int, sellable: int) -> str:
    where = "at" if first == last else f"at any of {last - first + 1:,} starts from"
    until = "" if first == last else f" to {show_hour(last)}"
    return (
        f"Sold out: {_units(units)} can not be had for {_hours(hours)} {where} {show_hour(first)}"
        f"{until}. At most {free:,} of {sellable:,} are free for so long."
    )


def _within_booked(cluster: int, hour: int, measured: int, limit: int) -> str:
    return (
        f"There is nothing to raise an alarm about: in the hour {show_hour(hour)} of cluster "
        f"{cluster}, {show_share(measured)} of the attested units was measured as used, and up to "
        f"{show_share(limit)} is in order by what was booked and the tolerance."
    )


_REGISTRY: dict[str, Sentence] = {
    "CapacityRegistry_UnknownCluster": lambda cluster: f"There is no cluster {cluster}.",
    "CapacityRegistry_NotOperator": lambda cluster, caller: (
        f"Only the operator of cluster {cluster} may do this, not {caller}."
    ),
    "CapacityRegistry_InvalidOperator": lambda operator: (
        f"{operator} can not become the cluster's operator: it is that already, or nobody."
    ),
    "CapacityRegistry_InvalidTerms": _invalid_terms,
    "CapacityRegistry_InvalidName": lambda name, symbol: (
        f"A token's name has 1 to 31 bytes and its symbol 1 to 11; these have {name} and {symbol}."
    ),
    "CapacityRegistry_DiscountTooSteep": _too_steep,
    "CapacityRegistry_InvalidUnits": lambda units, limit: (
        f"{_units(units)} is not possible: between 1 and {limit:,} are."
    ),
    "CapacityRegistry_AttestationNumber": lambda expected, given: (
        f"This attestation has number {given}, but the cluster's next one is number {expected}: "
        "it was used already, or others come first."
    ),
    "CapacityRegistry_RecordNotCurrent": _not_current,
    "CapacityRegistry_SellableAboveAttested": lambda sellable, attested: (
        f"{_units(sellable)} can not be open to bookings: only {attested:,} are attested."
    ),
    "CapacityRegistry_StillBooked": lambda cluster, peak, remaining: (
        f"Cluster {cluster} has up to {_units(peak)} booked, more than the {remaining:,} that "
        "would remain."
    ),
    "CapacityRegistry_NotReported": lambda cluster, hour: (
        f"The hour {show_hour(hour)} of cluster {cluster} has no report yet."
    ),
    "CapacityRegistry_WithinBooked": _within_booked,
    "CapacityRegistry_Paused": lambda: "New leases and mints are paused.",
    "CapacityRegistry_NotPaused": lambda: "Nothing is paused.",
}


def _top_up(account: str, coin: str, balance: int, claim: int, needed: int) -> str:
    show = show_money if coin == "cash" else show_bitcoin
    missing = show(needed - balance - claim)
    return (
        f"New units bring their part of what waits and vests, here {show(needed)}, and {account} "
        f"has {show(balance)} and a claim of {show(claim)} in the vault: {missing} is missing. "
        "Send it as much, or let it collect what it is owed, `wellhead claim`; what vests becomes "
        "less with time."
    )


OURS: dict[str, Sentence] = {
    **HOLDERS,
    "NotEnoughCash": lambda account, balance, needed, claim=0: (
        f"{account} has {show_money(balance)}"
        + (f" and a claim of {show_money(claim)} in the vault" if claim else "")
        + f", and {show_money(needed)} is needed."
    ),
    "TopUpTooLarge": _top_up,
    "BooksBehind": lambda cluster, cursor: (
        f"Cluster {cluster} is not in default: its books stand at {show_hour(cursor)} and count an "
        "outage that is over. `wellhead revenue distribute --cluster "
        f"{cluster}` brings them up to date."
    ),
    "OwnLease": lambda lease, account: f"Lease {lease} belongs to {account} already.",
    "UseOver": lambda lease, expires, now: (
        f"The use of lease {lease} would be over since {show_time(expires)}: it is "
        f"{show_time(now)}."
    ),
    "NotEnoughTokens": lambda cluster, account, balance, needed: (
        f"{account} has {show_tokens(balance)} tokens of cluster {cluster}, and "
        f"{show_tokens(needed)} would be burned: only units whose tokens the operator has can be "
        "retired."
    ),
    "NoStartFree": _no_start_free,
    "BeyondHorizon": lambda start, end: (
        f"{show_hour(start)} lies beyond the horizon: hours can be booked up to {show_hour(end)}."
    ),
    "NoHours": lambda cluster, genesis, current: (
        f"Cluster {cluster} has no hours there: its record goes from {show_hour(genesis)} to "
        f"{show_hour(current)}, and two years back at most."
    ),
    "Reorganised": lambda block: (
        f"Block {block:,} is not what it was a moment ago: the chain was reorganised, or the node "
        "has not all of it. Try again."
    ),
    "ClosedAsZero": lambda cluster, hour: (
        f"The hour {show_hour(hour)} of cluster {cluster} was closed as zero: there is no evidence "
        "behind it."
    ),
    "NothingToClaim": lambda account: f"Nothing is owed to {account} there.",
    "SampleSkipped_UnknownCluster": lambda cluster, hour: f"There is no cluster {cluster}.",
    "SampleSkipped_BeforeGenesis": lambda cluster, hour: (
        f"The hour {show_hour(hour)} lies before cluster {cluster} was registered."
    ),
    "SampleSkipped_Unfinished": lambda cluster, hour: (
        f"The hour {show_hour(hour)} of cluster {cluster} is not over."
    ),
    "SampleSkipped_Ancient": lambda cluster, hour: (
        f"The hour {show_hour(hour)} of cluster {cluster} lies more than two years back."
    ),
    "SampleSkipped_Reported": lambda cluster, hour: (
        f"The hour {show_hour(hour)} of cluster {cluster} has a report already."
    ),
    "SampleSkipped_Malformed": lambda cluster, hour: (
        f"The sample of {show_hour(hour)} of cluster {cluster} contradicts itself: at most what "
        "worked was available, and utilization is at most 100 %."
    ),
}

SENTENCES: dict[str, Sentence] = {
    **_REGISTRY,
    **MARKET,
    **EXCHANGE,
    **ORACLE,
    **CONTESTS,
    **TOKEN,
    **COMPLIANCE,
    **ROUTER,
    **CASH,
    **LIBRARIES,
    **OURS,
}
