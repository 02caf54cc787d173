"""The demonstration from end to end on short, constructed traces."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from rich.console import Console

from wellhead.demo import run as run_module
from wellhead.demo.results import DemoResult
from wellhead.demo.run import DemoError, run_demo
from wellhead.demo.trace import COLUMNS, TraceError, load_trace
from wellhead.model.units import LEDGER_SCALE

UNITS = 64
STEP = 300
ROWS = 3 * 24 * 12
OUTAGE = range(30 * 12 + 7, 36 * 12 + 2)  # from 30:20 to 35:55 after the first row's hour began


def write_trace(path: Path, rows: int = ROWS) -> Path:
    """Three constructed days with a constructed outage; they begin within an hour."""
    begin = datetime(2024, 2, 28, 22, 15, tzinfo=UTC)
    lines = [",".join(COLUMNS)]
    for row in range(rows):
        running = 0 if row in OUTAGE else 20 + row * 7 % 23
        lines.append(
            f"{begin + timedelta(seconds=STEP * row):%Y-%m-%dT%H:%M:%SZ},{UNITS},{running}"
        )
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


def demo(folder: Path, *, infer_down: bool = True) -> tuple[DemoResult, dict[str, int]]:
    result = run_demo(
        write_trace(folder / "trace.csv"),
        infer_down=infer_down,
        report_path=folder / "demo-report.json",
        console=Console(file=io.StringIO(), width=80),
        progress_console=Console(file=io.StringIO()),
    )
    written = json.loads((folder / "demo-report.json").read_text("utf-8"))
    assert all(isinstance(value, str) for value in written.values())
    return result, {name: int(value) for name, value in written.items()}


def test_three_days_with_an_outage(tmp_path: Path) -> None:
    result, report = demo(tmp_path)
    trace = load_trace(tmp_path / "trace.csv")
    assert report["hours"] == report["reports"] == len(trace.hours) == 73
    assert report["leases"] == len(result.leases) > 12
    assert report["ledger_scale"] == LEDGER_SCALE

    parts = ("routed", "undistributed", "refunded", "refund_owed", "escrowed")
    assert report["paid_in"] == sum(report[part] for part in parts)
    assert report["paid_in"] == LEDGER_SCALE * sum(lease.cost for lease in result.leases)
    assert report["refunded"] == LEDGER_SCALE * sum(lease.refunded for lease in result.leases)
    assert report["outage_refund"] == report["refunded"] + report["refund_owed"] > 0
    assert report["escrowed"] > 0
    assert report["routed"] > 0
    assert report["bitcoin_pending"] > 0

    short = [n for n, hour in enumerate(result.hours) if hour.served < 10**6]
    assert short == [n for n, hour in enumerate(trace.hours) if hour.down]
    assert result.hours[short[1]].served == 0
    assert all(lease.refunded == 0 for lease in result.leases if lease.start > short[-1])
    claimed = LEDGER_SCALE * sum(holder.claimed for holder in result.holders)
    assert 0 <= report["holders_cash"] - claimed < LEDGER_SCALE * (len(result.holders) + 1)
    assert {reporter.signed for reporter in result.reporters} <= {43, 44, 45}
    assert any(0 < lease.first_seconds < 3600 for lease in result.leases)


def test_the_same_trace_gives_the_same_books_and_no_inference_no_refunds(tmp_path: Path) -> None:
    _, first = demo(tmp_path)
    _, again = demo(tmp_path)
    assert first == again
    _, without = demo(tmp_path, infer_down=False)
    assert without["outage_refund"] == without["refunded"] == without["refund_owed"] == 0
    assert without["paid_in"] == first["paid_in"]


def test_a_bad_trace_starts_nothing_and_leaves_the_report_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_chain(*_: object, **__: object) -> None:
        raise AssertionError("a chain was started")

    monkeypatch.setattr(run_module, "Anvil", no_chain)
    report = tmp_path / "demo-report.json"
    report.write_text("what was here before", "utf-8")
    trace = write_trace(tmp_path / "trace.csv")
    trace.write_text(trace.read_text("utf-8").rstrip("\n")[:-2] + "-5\n", "utf-8")
    with pytest.raises(TraceError, match=r"trace.csv, row 865, column gpus_running_count: .*neg"):
        run_demo(trace, report_path=report)
    assert report.read_text("utf-8") == "what was here before"
    assert {path.name for path in tmp_path.iterdir()} == {"trace.csv", "demo-report.json"}


@pytest.mark.parametrize("where", ["nowhere/demo-report.json", "."])
def test_a_report_that_can_not_be_written_starts_nothing(tmp_path: Path, where: str) -> None:
    with pytest.raises(DemoError, match="no report file can be written"):
        run_demo(write_trace(tmp_path / "trace.csv"), report_path=tmp_path / where)
