"""What has to be met in full, and the outcomes of it that nothing can bring about, if any."""

from __future__ import annotations

from dataclasses import dataclass

ALL = ("*",)

#: Contract or library -> its functions and modifiers that move coins, claims, ledgers or tokens, or
#: decide how much of them moves, and for whom.
MONEY: dict[str, tuple[str, ...]] = {
    "CapacityCalendar": ALL,
    "CapacityRegistry": (
        "whenRunning",
        "mint",
        "setSellable",
        "retire",
        "setOperator",
        "serviceOf",
        "_requireCurrent",
        "_entry",
        "_ownEntry",
    ),
    "CapacityToken": ALL,
    "CapacityTokenFactory": ALL,
    "CashDesk": ALL,
    "Compliance": ("setBlocked", "setFrozenTokens", "forcedTransfer", "canSend", "canReceive"),
    "Contests": ALL,
    "HourFlags": ALL,
    "LeaseBase": ALL,
    "LeaseBook": ALL,
    "LeaseChanges": ALL,
    "LeaseExchange": ALL,
    "LeaseMarket": ALL,
    "LeaseRecords": ALL,
    "LeaseState": ALL,
    "MarketClock": ALL,
    "MetricsOracle": (
        "onlyContests",
        "report",
        "closeSilent",
        "hold",
        "decide",
        "payReporters",
        "requireSupermajority",
        "finalAvailable",
        "_record",
        "_isMalformed",
        "_require",
        "_stored",
        "_isAncient",
    ),
    "PriceCurve": ALL,
    "RevenueIndex": ALL,
    "RevenueRouter": ALL,
    "ServiceLevel": ALL,
    "SweepPrice": ALL,
    "TokenAccountLib": ALL,
    "Vault": ALL,
}


@dataclass(frozen=True)
class Unreachable:
    """An outcome of a condition that no call can have; to meet it is an error."""

    where: str
    condition: str
    outcome: str
    why: str


UNREACHABLE: tuple[Unreachable, ...] = ()


def moves_money(where: str) -> bool:
    """Whether a contract.function is on a money path."""
    contract, function = where.split(".", 1)
    listed = MONEY.get(contract, ())
    return listed == ALL or function in listed
