"""Tables and chart: they fit, they need no colour, and figures are exact."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from wellhead.actions.books import PARTS
from wellhead.demo.chart import LABEL, chart
from wellhead.demo.earnings import Earnings, Purchases
from wellhead.demo.money import bitcoin, decimal, dollars, ledger_dollars, percent, rounded
from wellhead.demo.progress import DemoProgress
from wellhead.demo.render import notes, show
from wellhead.demo.results import (
    Accounts,
    Books,
    BooksError,
    DemoResult,
    HolderResult,
    HourResult,
    LeaseResult,
    ReporterResult,
    SecondResult,
    Step,
)
from wellhead.demo.terms import BONDED, TERMS
from wellhead.demo.trace import Trace, TraceHour
from wellhead.model.units import LEDGER_SCALE, UNIT
from wellhead.oracle.audit.findings import Audit, Totals

USD = 10**6
OUTAGE = range(40, 52)

BOOKS = Books(
    paid_in=400_000 * USD * LEDGER_SCALE,
    bond_posted=0,
    from_bond=0,
    routed=300_000 * USD * LEDGER_SCALE,
    undistributed=7,
    refunded=58_000 * USD * LEDGER_SCALE - 12,
    refund_owed=5,
    cancelled=2_000 * USD * LEDGER_SCALE,
    escrowed=40_000 * USD * LEDGER_SCALE,
    outage_refund=58_000 * USD * LEDGER_SCALE - 7,
    void_refund=0,
    compensation=0,
    operator=100_000 * USD * LEDGER_SCALE,
    reporters=20_000 * USD * LEDGER_SCALE,
    holders_cash=150_000 * USD * LEDGER_SCALE,
    bitcoin_swept=27_000 * USD * LEDGER_SCALE,
    bitcoin_pending=3_000 * USD * LEDGER_SCALE,
    operator_waiting=20_000 * USD * LEDGER_SCALE,
    reporters_waiting=1_000 * USD * LEDGER_SCALE,
    bond=0,
    bond_withdrawn=0,
    topped_up=0,
)

#: Of a bond of $6,000, $600 were penalties, $1,100 compensated, $300 went back to the operator.
SECOND = Books(
    paid_in=3_000 * USD * LEDGER_SCALE,
    bond_posted=6_000 * USD * LEDGER_SCALE,
    from_bond=1_700 * USD * LEDGER_SCALE,
    routed=0,
    undistributed=500 * USD * LEDGER_SCALE,
    refunded=4_200 * USD * LEDGER_SCALE,
    refund_owed=0,
    cancelled=0,
    escrowed=0,
    outage_refund=1_800 * USD * LEDGER_SCALE,
    void_refund=1_300 * USD * LEDGER_SCALE,
    compensation=1_100 * USD * LEDGER_SCALE,
    operator=0,
    reporters=0,
    holders_cash=0,
    bitcoin_swept=0,
    bitcoin_pending=0,
    operator_waiting=0,
    reporters_waiting=0,
    bond=4_000 * USD * LEDGER_SCALE,
    bond_withdrawn=300 * USD * LEDGER_SCALE,
    topped_up=0,
)

CASH = Earnings(150_000 * USD << 4, 149_000 * USD << 4, 999 * USD << 4, 7, (USD << 4) - 7, 4)
#: Three bitcoin less a tip; of what is left a fraction is owed, a part carried, a tenth vests.
BITCOIN = Earnings(299_700_000 << 8, 250_000_000 << 8, 3_333, 251, 49_699_986 << 8, 8)
ACCOUNTS = Accounts(BOOKS, CASH, BITCOIN, Purchases(27_000 * USD, 300_000_000, 300_000))
NOTHING = Earnings(0, 0, 0, 0, 0, 4)
SECOND_ACCOUNTS = Accounts(SECOND, NOTHING, NOTHING, Purchases(0, 0, 0))


def result(hours: int = 96) -> DemoResult:
    """A made-up outcome: an outage of half a day, prices that rise."""
    outcomes = [
        HourResult(
            booked=700,
            measured=0 if h in OUTAGE else 650_000,
            served=0 if h in OUTAGE else 10**6,
            price=900_000 + 5_000 * h,
        )
        for h in range(hours)
    ]
    trace_hours = tuple(
        TraceHour(1000 + h, 856, 60, 0 if h in OUTAGE else 60, 33_384) for h in range(hours)
    )
    return DemoResult(
        trace=Trace("trace.csv", 856, 3_600_000, 60, trace_hours),
        infer_down=True,
        terms=TERMS,
        token="wDEMO",
        reports=hours,
        batches=hours + 5,
        leases=[
            LeaseResult(1, "Tenant A", 222, 0, 0, 576, 3_600, 94_551_834_567, 4_289_612_345),
            LeaseResult(
                9,
                "Tenant K",
                52,
                booked_at=330,
                start=420,
                hours=120,
                first_seconds=3_600,
                cost=8_381_460_000,
                refunded=1_000_000,
                sold_back=84,
                cancelled=5_543_840_000,
            ),
            LeaseResult(12, "Tenant L", 17, 540, 540, 24, 1_800, 720_512_345, 0),
            LeaseResult(13, "Tenant H", 69, 20, 132, 72, 3_600, 9_574_460_000, 0, extended=48),
        ],
        hours=outcomes,
        checks=[
            Audit(1, 0, hours, 1, Totals(reported=hours, raw=5 * hours, no_outside_input=hours))
        ],
        steps=[
            Step(180, "Tenant H extends lease 7 by 48 hours: $4,041.73"),
            Step(479, "it goes dark, and its operator is gone", is_second=True),
        ],
        holders=[
            HolderResult("Operator", 342_400 * UNIT // 1000, 0, 72_445_504_321, 800_000_000),
            HolderResult(
                "Family office", 513_600 * UNIT // 1000, 1_027_200 * USD, 54_334_120_000, 1_234
            ),
        ],
        reporters=[ReporterResult(f"Reporter {i}", 57, 3_622_270_000) for i in range(1, 6)],
        accounts=ACCOUNTS,
        second=SecondResult(
            token="wMADEUP",
            units=24,
            terms=BONDED,
            reports=120,
            leases=[
                LeaseResult(
                    21, "Tenant E", 10, 454, 455, 240, 3_600, 2_010_670_000, 2_761_440_000, void=120
                )
            ],
            accounts=SECOND_ACCOUNTS,
        ),
    )


def shown(width: int, encoding: str = "utf-8") -> str:
    buffer = io.BytesIO()
    with io.TextIOWrapper(buffer, encoding) as file:
        show(result(), Console(file=file, width=width))
        file.flush()
        return buffer.getvalue().decode(encoding)


@pytest.mark.parametrize("width", [60, 72, 80, 120])
def test_everything_fits(width: int) -> None:
    text = shown(width)
    assert max(len(line) for line in text.splitlines()) <= width
    for title in ("Cluster and terms", "Leases", "On the way", "Holders", "Reporters", "Books"):
        assert title in text
    assert "made up: its telemetry is constructed" in " ".join(text.split())


@pytest.mark.parametrize("width", [60, 80])
def test_no_figure_is_cut(width: int) -> None:
    text = shown(width)
    cost = "$94,551.83" if width == 80 else "$94,552"
    for figure in (cost, "$4,289.61", "$0.7394", "23.50", "$72,445.50", "$400,000.00", "342.400"):
        assert figure in text
    for figure in ("72+48", "120-84", "$5,544.84", "240-120", "$2,761.44", "$1,300.00", "$300.00"):
        assert figure in text
    # Released, waiting for release, to be swept; and both currencies.
    for figure in ("$80,000.00", "$21,000.00", "$3,000.00", "$1,027,200", "0.00001234"):
        assert figure in text
    assert "…" not in text


def test_there_is_no_colour_unless_on_a_terminal() -> None:
    assert "\x1b" not in shown(80)


def test_plain_ascii_will_do() -> None:
    text = shown(80, "ascii")
    assert "#" in text
    assert "|" in text


def test_the_chart_shows_an_outage_and_a_rising_price() -> None:
    outcome = result()
    text = chart(outcome.hours, 856, 72, ascii_only=False).plain
    lines = text.splitlines()
    assert max(map(len, lines)) == 72
    titles = ("booked", "measured", "price")
    booked, measured, price = (
        next(n for n, line in enumerate(lines) if line.strip().startswith(title))
        for title in titles
    )
    column = LABEL + 1 + 45 * 63 // 96
    assert lines[booked + 4][column] == "█"
    assert lines[measured + 4][column] == " "
    assert lines[measured + 4][LABEL + 1] == "█"
    bars = [sum(lines[price + r][c] != " " for r in range(1, 5)) for c in (LABEL + 1, 71)]
    assert bars[0] < bars[1]
    assert "day" in lines[-1]


@given(
    hours=st.integers(1, 700),
    price=st.integers(0, 10**13),
    width=st.integers(20, 100),
    booked=st.integers(0, 10),
)
def test_any_chart_can_be_drawn(hours: int, price: int, width: int, booked: int) -> None:
    outcomes = [HourResult(booked, 10**6, 10**6, price * (h + 1) // hours) for h in range(hours)]
    text = chart(outcomes, 10, width, ascii_only=True).plain
    assert max(map(len, text.splitlines())) <= max(width, 17)
    assert text.isascii()


def test_notes_tell_what_is_inferred_and_what_alarms() -> None:
    outcome = result()
    said = " ".join(notes(outcome))
    assert "Availability is inferred" in said
    assert "720 of 5,760 rows, in 12 hours" in said
    assert "not measured" in said
    assert "ALARM" not in said
    assert "switched off" in " ".join(notes(replace(outcome, infer_down=False)))
    sold = replace(outcome, hours=[replace(outcome.hours[0], measured=900_000)])
    assert "ALARM: more was measured than booked in 1 hour," in " ".join(notes(sold))


def test_the_report_holds_integers_as_strings() -> None:
    report = result().report()
    assert {"ledger_scale", "reports", "leases", "hours", "outage_refund"} <= set(report)
    assert all(isinstance(value, str) and int(value) >= 0 for value in report.values())
    for prefix, books in (("", BOOKS), ("second_", SECOND)):
        parts = [int(report[prefix + part]) for part in PARTS]
        assert int(report[f"{prefix}paid_in"]) + books.from_bond == sum(parts)
        assert int(report[f"{prefix}compensation"]) == books.compensation


def test_the_bitcoin_adds_up_to_the_unit() -> None:
    BITCOIN.check("bitcoin")
    text = shown(80)
    rows = dict(
        line.rstrip().rsplit(None, 2)[:2]
        for line in text[text.index("Holders' bitcoin") :].splitlines()
        if line.endswith("0.00000000")
    )
    parts = {name: int(amount.replace(".", "")) for name, amount in rows.items()}
    assert parts == {
        "swept: bitcoin received": 300_000_000,
        "tips for sweeping": 300_000,
        "claimed": 250_000_000,
        "not claimed": 13,
        "not vested yet": 49_699_986,
        "carried, fractions": 1,
    }


def test_earnings_that_do_not_add_up_are_refused() -> None:
    for part in ("claimed", "claimable", "carried", "unvested"):
        wrong = replace(CASH, **{part: getattr(CASH, part) + 1})
        with pytest.raises(BooksError, match="the holders' cash"):
            wrong.check("cash")


def test_books_that_do_not_add_up_are_refused() -> None:
    BOOKS.check()
    SECOND.check()
    assert SECOND.penalties == 600 * USD * LEDGER_SCALE
    for wrong, said in (
        (replace(BOOKS, refund_owed=6), "given .*, accounted for"),
        (replace(BOOKS, cancelled=6), "given .*, accounted for"),
        (replace(SECOND, bond=6), "bond of .*, accounted for"),
        (replace(SECOND, bond_withdrawn=6), "bond of .*, accounted for"),
        (replace(SECOND, compensation=6), "due back .*, recomputed"),
        (replace(SECOND, void_refund=6), "due back .*, recomputed"),
        (replace(BOOKS, outage_refund=6), "due back .*, recomputed"),
        (replace(BOOKS, operator=6), "split into"),
    ):
        with pytest.raises(BooksError, match=said):
            wrong.check()


def test_a_partial_first_hour_is_in_the_price() -> None:
    lease = LeaseResult(1, "Tenant A", 2, 0, 0, 2, 1_800, 6 * USD, 0)
    assert lease.price == 2 * USD


def test_all_hours_that_were_paid_for_are_in_the_price() -> None:
    lease = LeaseResult(1, "Tenant A", 2, 0, 0, 3, 3_600, 24 * USD, USD, 3, 4, 0, 5 * USD)
    assert lease.price == 2 * USD
    assert lease.returned == 6 * USD


@pytest.mark.parametrize(
    ("units", "text"),
    [
        (0, "$0.00"),
        (1_234_560_000, "$1,234.56"),
        (4_999, "$0.00"),
        (5_000, "$0.01"),
        (999_995_000, "$1,000.00"),
        (-1_234_560_000, "-$1,234.56"),
        (10**30 + 10**4, "$1,000,000,000,000,000,000,000,000.01"),
    ],
)
def test_dollars_are_exact(units: int, text: str) -> None:
    assert dollars(units) == text
    assert ledger_dollars(units * LEDGER_SCALE) == text


def test_other_figures() -> None:
    assert dollars(1_234_567, 4) == "$1.2346"
    assert bitcoin(123_456_789_012) == "1,234.56789012"
    assert dollars(1_500_000, 0) == "$2"
    assert percent(1, 3) == "33.3 %"
    assert percent(1, 0) == "0.0 %"
    assert decimal(1_234, 3) == "1.234"
    assert [rounded(n, 2) for n in (-3, -1, 0, 1, 3)] == [-2, -1, 0, 1, 2]


@pytest.mark.parametrize("is_terminal", [True, False])
def test_progress_is_a_bar_on_a_terminal_and_few_lines_elsewhere(is_terminal: bool) -> None:
    file = io.StringIO()
    console = Console(file=file, force_terminal=is_terminal, width=80)
    with DemoProgress(576, console) as progress:
        progress.step("replaying")
        for hour in range(576):
            progress.hour(hour + 1)
    said = file.getvalue()
    if is_terminal:
        assert "576/576" in said
    else:
        assert said.startswith("wellhead: replaying\nwellhead: replayed 72 of 576 hours\n")
        assert said.endswith("wellhead: replayed 576 of 576 hours\n")
        assert said.count("\n") == 9
