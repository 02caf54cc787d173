"""Amounts and times: read as people write them, written as people read them, exactly."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wellhead.cli import amounts, jurisdictions
from wellhead.cli.amounts import HourAt


@pytest.mark.parametrize(
    ("text", "places", "value"),
    [
        ("0", 6, 0),
        ("1234.56", 6, 1_234_560_000),
        ("0.000001", 6, 1),
        ("1.50", 1, 15),
        ("7", 0, 7),
        ("7.0", 0, 7),
        ("99999999999.999999", 6, 99_999_999_999_999_999),
    ],
)
def test_decimals_are_exact(text: str, places: int, value: int) -> None:
    assert amounts.parse_decimal(text, places) == value


@pytest.mark.parametrize(
    "text", ["", ".", "1.", ".5", "-1", "+1", "1e3", "1,5", "nan", "\uff11", "0x1"]
)
def test_what_is_no_decimal_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no number"):
        amounts.parse_decimal(text, 6)


@given(st.integers(0, 10**30), st.integers(0, 18))
def test_a_shown_decimal_reads_back(value: int, places: int) -> None:
    shown = amounts.show_decimal(value, places).replace(",", "")
    assert amounts.parse_decimal(shown, places) == value


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0, "$0.00"),
        (1, "$0.000001"),
        (1_500_000, "$1.50"),
        (1_234_567_890_000, "$1,234,567.89"),
        (-2_000_000, "-$2.00"),
    ],
)
def test_money_is_shown_to_the_last_digit(value: int, shown: str) -> None:
    assert amounts.show_money(value) == shown


@pytest.mark.parametrize("text", ["2.5", "$2.50", "$2.5/GPU-hour", "2.5 / unit-hour", "$2.50/h"])
def test_prices_are_per_unit_and_hour(text: str) -> None:
    assert amounts.parse_price(text) == 2_500_000


def test_what_is_no_price() -> None:
    with pytest.raises(ValueError, match="is no price like"):
        amounts.parse_price("$2/month")
    assert amounts.show_allowance(2**256 - 1) == "any amount"
    assert amounts.show_allowance(1_500_000) == "$1.50"
    assert [amounts.unit_hour(kind) for kind in range(3)] == ["GPU-hour", "unit-hour", "node-hour"]


def test_money_and_shares() -> None:
    assert amounts.parse_money("$1234.56") == 1_234_560_000
    assert amounts.parse_share("15%") == amounts.parse_share("0.15") == 150_000
    assert amounts.parse_share("43.1 %") == 431_000
    assert amounts.show_share(431_000) == "43.1 %"
    with pytest.raises(ValueError, match="more than 4 digits"):
        amounts.parse_share("0.00001%")


@pytest.mark.parametrize(
    ("text", "hour"),
    [
        ("now", HourAt(0, relative=True)),
        ("now+24", HourAt(24, relative=True)),
        ("now-3", HourAt(-3, relative=True)),
        ("490896", HourAt(490_896)),
        ("2026-01-01T00:00Z", HourAt(490_896)),
        ("2026-01-01 00:00", HourAt(490_896)),
        ("2026-01-01", HourAt(490_896)),
        ("2026-01-01T02:00+02:00", HourAt(490_896)),
    ],
)
def test_hours(text: str, hour: HourAt) -> None:
    assert amounts.parse_hour(text) == hour
    assert hour.resolve(1000) == (1000 + hour.hour if hour.relative else hour.hour)


@pytest.mark.parametrize(
    "text", ["", "tomorrow", "now+", "now+1.5", "-5", "2026-13-01", "2026-01-01T00:00:00.5Z"]
)
def test_what_is_no_hour_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"is no time|out of range"):
        amounts.parse_hour(text)


def test_times_are_shown_in_utc() -> None:
    assert amounts.show_hour(490_896) == "2026-01-01 00:00 UTC"
    assert amounts.show_time(1_767_225_601) == "2026-01-01 00:00:01 UTC"
    assert amounts.show_hour(2**32 - 1) == "hour 4294967295"
    assert amounts.show_span(90_061) == "1 day 1 hour"
    assert amounts.show_span(0) == "0 seconds"
    assert amounts.show_count(1, "hour") == "1 hour"


def test_a_unit_hour_is_rounded_once() -> None:
    assert amounts.show_per_unit_hour(1_000_000, 3, 3600) == "$0.3333"
    assert amounts.show_per_unit_hour(2_000_000, 3, 3600) == "$0.6667"
    assert amounts.show_per_unit_hour(50, 1, 3600) == "$0.0001"
    assert amounts.show_per_unit_hour(0, 0, 3600) == "-"


def test_unit_seconds_are_units_on_average_rounded_up() -> None:
    told = {0: "0 units", 1: "0.001 units", 3_600: "1 unit", 16 * 3_600: "16 units"}
    told |= {55_800: "15.5 units", 55_801: "15.501 units", 3_601: "1.001 units"}
    for unit_seconds, said in told.items():
        assert amounts.show_mean_units(unit_seconds, "unit") == said


def test_addresses_and_words() -> None:
    checksummed = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
    assert amounts.parse_address(checksummed.lower()) == checksummed
    assert amounts.parse_address(checksummed) == checksummed
    with pytest.raises(ValueError, match="checksum"):
        amounts.parse_address(checksummed.replace("d6e", "D6e"))
    assert amounts.parse_word("0x" + "01" * 32) == b"\1" * 32
    with pytest.raises(ValueError, match="32-byte"):
        amounts.parse_word("0x01")


def test_bitcoin_and_tokens() -> None:
    assert amounts.parse_bitcoin("0.5") == amounts.parse_bitcoin("0.5 BTC") == 50_000_000
    assert amounts.parse_tokens("2.5") == 5 * 10**18 // 2
    assert amounts.show_both(1_500_000, 0) == "$1.50"
    assert amounts.show_both(0, 1) == "$0.00 and 0.00000001 BTC"
    assert amounts.show_per_bitcoin(100_000 * 10**6) == "$100,000.00/BTC"
    for parse, text in ((amounts.parse_bitcoin, "0.123456789"), (amounts.parse_tokens, "-1")):
        with pytest.raises(ValueError, match=r"digits after the point|is no number"):
            parse(text)


def test_dates_that_can_be_written() -> None:
    last = 253_402_300_799
    assert [amounts.is_date(second) for second in (-1, 0, last, last + 1)] == [
        False,
        True,
        True,
        False,
    ]
    assert amounts.show_time(last + 1) == f"second {last + 1}"


# Jurisdictions and classes


def test_countries_are_those_of_iso_3166() -> None:
    found = jurisdictions.countries()
    assert len(found) == len({code for code, _ in found.values()}) == 249
    assert all(len(code) == 2 and code.isascii() and code.isupper() for code, _ in found.values())
    assert all(name and 1 <= number < 1000 for number, (_, name) in found.items())
    for number, code in ((578, "NO"), (840, "US"), (250, "FR"), (4, "AF"), (756, "CH")):
        assert found[number][0] == code


@given(st.integers(1, 1023))
def test_a_shown_jurisdiction_reads_back(number: int) -> None:
    code = jurisdictions.code_of(number)
    assert jurisdictions.parse_jurisdiction(str(number)) == number
    assert jurisdictions.parse_jurisdiction(code or str(number)) == number
    shown = jurisdictions.show_jurisdiction(number)
    assert shown.startswith(f"{code} (") if code else shown == f"jurisdiction {number}"


@pytest.mark.parametrize("text", ["", "N", "NOR", "0", "1024", "-1", "\uff11", "5.0", "ZZ"])
def test_what_is_no_jurisdiction(text: str) -> None:
    with pytest.raises(ValueError, match=r"no country of ISO 3166-1|is no jurisdiction"):
        jurisdictions.parse_jurisdiction(text)


@given(st.integers(0, 255))
def test_a_shown_set_of_classes_reads_back(classes: int) -> None:
    numbers = jurisdictions.listed(classes)
    assert sum(1 << number for number in numbers) == classes
    written = ",".join(str(number) for number in numbers) or "none"
    assert jurisdictions.parse_classes(written) == classes
    shown = jurisdictions.show_classes(classes)
    if classes in (0, 255):
        assert shown == ("all classes" if classes else "nobody")
    else:
        words = shown.replace("class ", "").replace(" ", "")
        assert jurisdictions.parse_classes(words) == classes


@pytest.mark.parametrize("text", ["", "rich", "8", "-1", "retail;1", "retail,", "\uff11"])
def test_what_is_no_set_of_classes(text: str) -> None:
    with pytest.raises(ValueError, match="is no class: write retail"):
        jurisdictions.parse_classes(text)
