"""A reporter behind a pool of nodes: what one of them has not seen yet is not signed as if it were
all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support.lagging import Lagging
from tests.support.oracle_bench import HISTORY
from tests.support.oracle_views import Recorded, looks
from tests.support.rent import FLAT, open_lease
from tests.support.stage import HOUR, Stage
from wellhead.chain import Deployment
from wellhead.oracle.reporter.config import ClusterTable
from wellhead.oracle.reporter.reporter import Reporter
from wellhead.oracle.reporter.store import Store
from wellhead.oracle.reporter.view import NodeView, Unready
from wellhead.oracle.reporter.watching import Watch

UNITS, LATE = 60, 2760


def reporter_of(stage: Stage, folder: Path, view: NodeView, cluster: int, hour: int) -> Reporter:
    """One that saw all units work in the hour."""
    table = ClusterTable.model_validate({"cluster": cluster, "sources": [HISTORY], "settle_s": 60})
    source = Recorded(looks(hour, [f"gpu-{number}" for number in range(UNITS)]))
    account = stage.reporters[0]
    store = Store(folder / "store", view.domain, account.address)
    return Reporter(account, store, view, [Watch(table, [source])])


@pytest.mark.parametrize(
    "late",
    [{"eth_call"}, {"eth_call", "eth_getLogs"}, {"eth_getLogs"}],
    ids=["state", "all", "logs"],
)
def test_an_hour_is_measured_once_the_nodes_have_seen_all_of_it(
    stage: Stage, tmp_path: Path, late: set[str]
) -> None:
    """A lease is booked and units are attested late in the hour; the node that says what time it
    is has seen them, another has not."""
    pool = Lagging(stage.anvil.rpc.url)
    view = NodeView(Deployment(pool, stage.deployment.record), lambda: None)
    cluster, hour = stage.cluster(UNITS - 10, FLAT), stage.hour() + 1
    open_lease(stage, cluster, 5, hour, 2)
    stage.to_hour(hour, LATE - 60)
    pool.last = stage.anvil.rpc.integer("eth_blockNumber")
    open_lease(stage, cluster, 30, hour, 2, at=hour * HOUR + LATE)
    stage.mint(cluster, 10)
    stage.to_hour(hour + 1, 60)
    reporter = reporter_of(stage, tmp_path, view, cluster, hour)
    pool.late = late
    with pytest.raises(Unready):
        reporter.measurements(cluster, hour, hour + 1)
    pool.late = set()
    (signed,) = reporter.measurements(cluster, hour, hour + 1)
    own = reporter._store.own(cluster, hour)
    assert own is not None
    assert (own.bookings.booked, own.bookings.late, own.attested) == (35, ((LATE, 30),), UNITS)
    assert signed.measurement.sample.available == 5000 + 30_000 * (HOUR - LATE) // HOUR
    reporter.close()


def test_an_hour_is_measured_at_a_block_that_is_as_old_as_it_must_settle(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Time has come by one node's word; the next, which says what the latest block is, lags."""
    view = NodeView(stage.deployment, lambda: None)
    cluster, hour = stage.cluster(UNITS, FLAT), stage.hour() + 1
    reporter = reporter_of(stage, tmp_path, view, cluster, hour)
    stage.to_hour(hour + 1, 59)
    monkeypatch.setattr(view, "now", lambda: (hour + 1) * HOUR + 60)
    with pytest.raises(Unready, match="is 1 s too old to read this at"):
        reporter.measurements(cluster, hour, hour + 1)
    stage.to_hour(hour + 1, 60)
    blocks: list[int | None] = []

    def noting(ask: Any) -> Any:
        def noted(number: int, hours: Any, block: int | None = None) -> Any:
            blocks.append(block)
            return ask(number, hours, block)

        return noted

    for name in ("bookings", "attested"):
        monkeypatch.setattr(view, name, noting(getattr(view, name)))
    assert len(reporter.measurements(cluster, hour, hour + 1)) == 1
    assert blocks == [stage.anvil.rpc.integer("eth_blockNumber")] * 2
    reporter.close()
