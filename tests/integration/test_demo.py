"""The demonstration from end to end on short, constructed traces."""

from __future__ import annotations

import fcntl
import io
import json
import os
import pickle
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from rich.console import Console

from tests.support.demo import without_processes
from wellhead.actions.books import PARTS
from wellhead.demo import run as run_module
from wellhead.demo.bitcoin import PRICE
from wellhead.demo.money import dollars
from wellhead.demo.results import BooksError, DemoResult
from wellhead.demo.run import DemoError, run_demo
from wellhead.demo.second import LENGTH
from wellhead.demo.terms import BONDED
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


Story = tuple[DemoResult, dict[str, int]]


def demo(folder: Path, *, infer_down: bool = True) -> Story:
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


@pytest.fixture(scope="session")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    """With five real reporters, and so once for all of pytest's workers."""
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    told = folder / "demo.pickle"
    with (folder / "demo.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not told.exists():
            told.write_bytes(pickle.dumps(demo(tmp_path_factory.mktemp("demo"))))
    found: Story = pickle.loads(told.read_bytes())  # noqa: S301
    return found


def test_three_days_with_an_outage(story: Story, tmp_path: Path) -> None:
    result, report = story
    trace = load_trace(write_trace(tmp_path / "trace.csv"))
    assert report["hours"] == report["reports"] == len(trace.hours) == 73
    assert report["leases"] == len(result.leases) > 12
    assert report["ledger_scale"] == LEDGER_SCALE

    for prefix in ("", "second_"):
        bond = report[f"{prefix}bond"] + report[f"{prefix}bond_withdrawn"]
        parts = sum(report[prefix + part] for part in PARTS)
        assert report[f"{prefix}paid_in"] + report[f"{prefix}bond_posted"] == parts + bond
    assert report["paid_in"] == LEDGER_SCALE * sum(lease.cost for lease in result.leases)
    assert report["refunded"] == LEDGER_SCALE * sum(lease.refunded for lease in result.leases)
    assert report["outage_refund"] == report["refunded"] + report["refund_owed"] > 0
    assert report["bond_posted"] == report["void_refund"] == report["compensation"] == 0
    assert report["escrowed"] > 0
    assert report["routed"] > 0
    assert report["operator_waiting"] == report["reporters_waiting"] == 0
    assert report["bitcoin_pending"] == 0

    short = [n for n, hour in enumerate(result.hours) if hour.served < 10**6]
    assert short == [n for n, hour in enumerate(trace.hours) if hour.down]
    assert result.hours[short[1]].served == 0
    assert all(lease.refunded == 0 for lease in result.leases if lease.start > short[-1])
    signed = [reporter.signed for reporter in result.reporters]
    assert sum(signed) == 3 * result.batches > 0
    assert any(0 < lease.first_seconds < 3600 for lease in result.leases)


def test_holders_claim_both_currencies(story: Story) -> None:
    result, report = story
    assert report["sweep_spent"] * LEDGER_SCALE == report["bitcoin_swept"] > 0
    assert report["holders_cash"] * report["cash_scale"] == report["cash_added"] * LEDGER_SCALE
    tips = report["sweep_tips"]
    assert tips > 0
    bought = (report["sweep_bought"] - tips) * report["bitcoin_scale"]
    assert report["bitcoin_added"] == bought
    # The pool takes 0.05 %, and its price moves by little.
    fair = report["sweep_spent"] * 100 // PRICE
    assert fair * 998 // 1000 < report["sweep_bought"] < fair
    for name in ("cash", "bitcoin"):
        claimed = sum(getattr(holder, name) for holder in result.holders)
        assert claimed * report[f"{name}_scale"] == report[f"{name}_claimed"] > 0
        # Everything has vested, and nobody leaves more than a fraction; the made-up cluster's
        # operator is gone, and leaves all.
        assert report[f"{name}_unvested"] == 0
        left = report[f"{name}_added"] - report[f"{name}_claimed"]
        assert 0 <= left < report[f"{name}_scale"] * (len(result.holders) + 1)
        assert report[f"second_{name}_claimed"] == 0 < report[f"second_{name}_claimable"]
        for prefix in ("", "second_"):
            parts = ("claimed", "claimable", "carried", "unvested")
            added = sum(report[f"{prefix}{name}_{part}"] for part in parts)
            assert added == report[f"{prefix}{name}_added"]


def test_tokens_go_to_holders_with_a_credential_and_wait_while_frozen(story: Story) -> None:
    result, _ = story
    refused, frozen = (step for step in result.steps if "token" in step.text)
    assert (refused.hour, frozen.hour) == (60 * 73 // 576, 400 * 73 // 576)
    assert refused.text == "Fund sends tokens to Tenant A, who has no credential: refused"
    figures = r"since hour 25, .* earned \$(\d+\.\d+) and (\d\.\d{8}) BTC meanwhile"
    found = re.search(figures, frozen.text)
    assert found, frozen.text
    assert float(found[1]) > 0
    assert float(found[2]) > 0


def test_a_shallow_pool_is_bought_from_again_and_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A purchase ends where bitcoin costs too much; traders bring more, and nothing is left."""
    without_processes(monkeypatch)
    _, deep = demo(tmp_path)
    monkeypatch.setattr("wellhead.demo.bitcoin.DEPTH", 10**8)
    _, shallow = demo(tmp_path)
    assert shallow["bitcoin_pending"] == 0 < shallow["sweep_spent"]
    fair = shallow["sweep_spent"] * 100 // PRICE
    assert fair * 990 // 1000 < shallow["sweep_bought"] < fair * 998 // 1000
    assert deep["sweep_bought"] > deep["sweep_spent"] * 100 // PRICE * 998 // 1000


def test_every_report_was_made_again_from_what_reporters_keep(story: Story) -> None:
    result, report = story
    for audit, reports in zip(
        result.checks, (report["reports"], report["second_reports"]), strict=True
    ):
        totals = audit.totals
        assert (audit.verdict, audit.findings) == ("sound", [])
        assert totals.reported == totals.batches == totals.no_outside_input == reports
        assert totals.raw == totals.measurements >= 3 * reports
        assert (totals.raw_missing, totals.batches_missing, totals.signatures_unread) == (0, 0, 0)


def test_leases_are_extended_cancelled_and_sold(story: Story) -> None:
    result, report = story
    (extended,) = (lease for lease in result.leases if lease.extended)
    assert extended.start > extended.booked_at, "booked ahead"
    short = next(n for n, hour in enumerate(result.hours) if hour.served < 10**6)
    assert 0 <= short - extended.start - extended.hours < extended.extended
    assert extended.refunded > 0, "the outage fell into the hours that were added"
    (cancelled,) = (lease for lease in result.leases if lease.sold_back)
    assert report["cancelled"] == LEDGER_SCALE * cancelled.cancelled > 0
    assert cancelled.cancelled < cancelled.cost * cancelled.sold_back // cancelled.hours
    hour = cancelled.start + cancelled.hours - cancelled.sold_back
    others = [lease for lease in result.leases if lease is not cancelled]
    for at, wanted in ((hour - 1, cancelled.units), (hour, 0)):
        rest = (x.units for x in others if x.start <= at < x.start + x.hours + x.extended)
        assert result.hours[at].booked == sum(rest) + wanted
    said = [step.text for step in result.steps if not step.is_second and "token" not in step.text]
    assert [text.split()[2] for text in said] == ["books", "extends", "cancels", "offers", "buys"]
    # What was lost of the hours that were final went to the seller, who had them.
    seller = result.leases[0]
    (settled,) = re.findall(rf"refunds of \$([\d.]+) go to {seller.tenant} first", said[-1])
    assert 0 < int(settled.replace(".", "")) * 10**4 <= seller.refunded


def test_the_made_up_cluster_defaults(story: Story) -> None:
    """It holds to what its terms say, whatever the trace."""
    result, report = story
    second = {
        name.removeprefix("second_"): value
        for name, value in report.items()
        if name.startswith("second_")
    }
    service, pricing = BONDED.service, BONDED.pricing
    cut, ended, ahead = result.second.leases
    assert [lease.void for lease in (cut, ended, ahead)] == [120, 0, ahead.hours]
    declared = cut.start + cut.hours - cut.void
    assert declared == ahead.start - 24 == len(result.hours) - 1
    # The bond was posted for the peak; penalties of 72 hours were out of it at the default.
    peak = cut.units + ahead.units
    assert second["bond_posted"] == LEDGER_SCALE * peak * service.bond
    # Nothing was available for 72 hours before the last that was final, and 24 more of the first.
    lost = cut.cost * 96 // cut.hours + ended.cost * 72 // ended.hours
    assert abs(lost * 3 // 2 - second["outage_refund"] // LEDGER_SCALE) < 4
    penalties = second["from_bond"] - second["compensation"]
    assert abs(lost // 2 - penalties // LEDGER_SCALE) < 4
    # A tenant has all rent of void hours back, and for each unit-hour the same compensation.
    void = cut.cost * cut.void // cut.hours + ahead.cost
    assert abs(void - second["void_refund"] // LEDGER_SCALE) < 4
    unit_hours = cut.units * cut.void + ahead.units * ahead.void
    share, rest = divmod(second["compensation"], unit_hours)
    assert rest == 0
    most = LEDGER_SCALE * service.bond // pricing.horizon_hours
    assert most * 9 // 10 < share < most, "the penalties before left less than a whole bond"
    assert second["escrowed"] == 0
    assert second["bond"] == second["bond_posted"] - second["from_bond"] > 0
    assert second["reports"] == LENGTH
    said = [step.text for step in result.steps if step.is_second]
    assert "72 hours" in said[-1]
    assert dollars(second["compensation"] // LEDGER_SCALE) in said[-1]


@pytest.mark.parametrize(
    ("place", "wrong", "said"),
    [
        ("wellhead.demo.history.refund", lambda *_: 0, "the refund of cancelling lease"),
        ("wellhead.actions.losses.loss", lambda *_: 10**6, "recomputed"),
        ("wellhead.demo.books.LEDGER_SCALE", 1, "the holders' cash"),
        ("wellhead.demo.earnings._sum", lambda *_: 0, "the cash that was added"),
        ("wellhead.demo.holders.SENT", 0, "transfer went through"),
        ("wellhead.demo.market.Market.claim_of", lambda *_: 0, "the market's claim"),
    ],
)
def test_figures_that_differ_from_the_chain_s_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str, wrong: object, said: str
) -> None:
    without_processes(monkeypatch)
    monkeypatch.setattr(place, wrong)
    trace = write_trace(tmp_path / "trace.csv", rows=24 * 12)
    report = tmp_path / "demo-report.json"
    with pytest.raises(BooksError, match=said):
        run_demo(trace, report_path=report, progress_console=Console(file=io.StringIO()))
    assert not report.exists()


@pytest.mark.parametrize("hours", [1, 2, 123, 124])
def test_a_trace_of_any_length(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hours: int) -> None:
    """The chain begins before short traces; each has all of the made-up cluster's life."""
    without_processes(monkeypatch)
    trace = write_trace(tmp_path / "trace.csv", rows=hours * 12 - 3)
    result = run_demo(
        trace,
        report_path=tmp_path / "demo-report.json",
        console=Console(file=io.StringIO()),
        progress_console=Console(file=io.StringIO()),
    )
    assert len(result.hours) == hours
    assert result.second.books.compensation > 0
    assert result.second.books.escrowed == 0


def test_the_same_trace_gives_the_same_books_and_no_inference_no_refunds(
    story: Story, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without reporters' processes the hours are the same. Money differs by a little: their reports
    take more blocks, and each block is a second."""
    without_processes(monkeypatch)
    result, first = demo(tmp_path)
    _, again = demo(tmp_path)
    assert first == again
    measured, direct = (
        [(hour.booked, hour.measured, hour.served) for hour in each.hours]
        for each in (story[0], result)
    )
    assert measured == direct
    _, without = demo(tmp_path, infer_down=False)
    assert without["outage_refund"] == without["refunded"] == without["refund_owed"] == 0
    for name in ("paid_in", "cancelled", *(n for n in first if n.startswith("second_"))):
        assert without[name] == first[name], name


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
