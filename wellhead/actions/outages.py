"""An outage that is long enough for a default, and what can be done about it now."""

from __future__ import annotations

from dataclasses import dataclass

from wellhead.actions.views import ClusterView
from wellhead.chain import Deployment, Reverted
from wellhead.model.book import DEFAULT_SECONDS

#: A default can be declared; the cluster works again, on final record, and that can be noted; it
#: does by a report that is not final yet; the books have to be brought up to date first.
DECLARABLE, OVER, REPORTED, BEHIND = "declarable", "over", "reported", "behind"

_WORKS, _DOWN = "LeaseMarket_WorksAgain", "LeaseMarket_StillDown"
_NONE, _OPEN = "LeaseMarket_NotInDefault", "LeaseMarket_NotAccrued"


@dataclass(frozen=True)
class Outage:
    """An outage of 72 booked hours, and its state. `hour` shows by its record that it is over: the
    last whose record is final, else the first of the last 72. Where a default can be declared it is
    the one from which on all is void; where the books are behind, the first not counted."""

    state: str
    hour: int


def outage_of(deployment: Deployment, view: ClusterView, block: int) -> Outage | None:
    """What the contract would do in this block, where it is asked for either end of an outage; None
    where there is none that long, final hours that nobody accrued included."""
    refusal, hour = _asked(deployment, "recover", view.cluster, block)
    if not refusal:
        return Outage(OVER, hour)
    if refusal == _NONE:
        counted = view.down >= DEFAULT_SECONDS and not _has_defaulted(deployment, view, block)
        return Outage(BEHIND, view.accrued_to) if counted else None
    refusal, hour = _asked(deployment, "declareDefault", view.cluster, block)
    if not refusal:
        return Outage(DECLARABLE, hour)
    return Outage(REPORTED, hour) if refusal == _WORKS else Outage(BEHIND, view.accrued_to)


def _has_defaulted(deployment: Deployment, view: ClusterView, block: int) -> bool:
    """Whether the books still stand in an era that a default has ended: that was its outage."""
    past = deployment.market.events("Defaulted", deployment.block, block, [view.cluster])
    return bool(past) and view.accrued_to <= int(past[-1]["hour"])


def _asked(deployment: Deployment, function: str, cluster: int, block: int) -> tuple[str, int]:
    """Why a call is refused, and the hour that it, or the refusal, names."""
    try:
        return "", int(deployment.market.call(function, cluster, block=block))
    except Reverted as error:
        if error.name not in (_WORKS, _DOWN, _NONE, _OPEN):
            raise
        return error.name, int(error.arguments.get("hour", 0))
