"""Amounts and times as people write them, to and from the chain's integers. No floats anywhere."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime

HOUR = 3600
Q = 1_000_000
CASH_DECIMALS = 6
RESERVE_DECIMALS = 8
TOKEN_DECIMALS = 18
THOUSANDTHS = 3
MILLIONTHS = 6

_DECIMAL = re.compile(r"([0-9]{1,30})(?:\.([0-9]{1,30}))?")
_HOUR = re.compile(r"[0-9]{1,9}")
_NOW = re.compile(r"now(?:([+-])([0-9]{1,6}))?")
_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")
_WORD = re.compile(r"0x[0-9a-fA-F]{64}")
_LAST_SECOND = 253_402_300_799  # 9999-12-31T23:59:59Z, the last that datetime knows


# Reading. Each raises ValueError with a sentence that says what was expected.


def parse_decimal(text: str, places: int) -> int:
    """A decimal number as a whole number of its last place: ("1.5", 3) is 1500."""
    match = _DECIMAL.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{text!r} is no number like 1234.56")
    fraction = match[2] or ""
    if len(fraction.rstrip("0")) > places:
        raise ValueError(f"{text!r} has more than {places} digits after the point")
    return int(match[1] + fraction[:places].ljust(places, "0"))


def parse_price(text: str) -> int:
    """Dollars per unit-hour as stablecoin units: "2.00", "$2.00" or "$2.00/GPU-hour"."""
    amount, _, unit = text.strip().partition("/")
    if unit.strip().lower() not in ("", "h", "hour", "gpu-hour", "unit-hour", "node-hour"):
        raise ValueError(f"{text!r} is no price like 2.00 or $2.00/GPU-hour")
    return parse_money(amount.rstrip())


def parse_money(text: str, decimals: int = CASH_DECIMALS) -> int:
    """Dollars as stablecoin units: "1234.56" or "$1234.56"."""
    return parse_decimal(text.strip().removeprefix("$"), decimals)


def parse_bitcoin(text: str) -> int:
    """Bitcoin as its smallest units: "0.5" or "0.5 BTC"."""
    return parse_decimal(text.strip().removesuffix("BTC"), RESERVE_DECIMALS)


def parse_tokens(text: str) -> int:
    """Units as 1e-18 tokens."""
    return parse_decimal(text, TOKEN_DECIMALS)


def parse_share(text: str) -> int:
    """A part of the whole as millionths: "15%" or "0.15"."""
    text = text.strip()
    if text.endswith("%"):
        return parse_decimal(text[:-1].rstrip(), MILLIONTHS - 2)
    return parse_decimal(text, MILLIONTHS)


@dataclass(frozen=True)
class HourAt:
    """An hour that a person named: a fixed one, or one counted from the chain's current hour."""

    hour: int
    relative: bool = False

    def resolve(self, current: int) -> int:
        """The hour, given the chain's current one. Before 1970 there are none."""
        return max(current + self.hour, 0) if self.relative else self.hour


NOW = HourAt(0, relative=True)


def parse_hour(text: str) -> HourAt:
    """`now`, `now+24`, a time on the hour such as 2026-12-01T00:00Z, or an hour's number."""
    text = text.strip()
    if match := _NOW.fullmatch(text):
        return HourAt(int((match[1] or "") + (match[2] or "0")), relative=True)
    if _HOUR.fullmatch(text):
        return HourAt(int(text))
    seconds = parse_time(text)
    if seconds % HOUR:
        raise ValueError(f"{text!r} is not the beginning of an hour")
    return HourAt(seconds // HOUR)


@dataclass(frozen=True)
class TimeAt:
    """A time that a person named: a fixed one, or one counted from the chain's latest block."""

    seconds: int
    relative: bool = False

    def resolve(self, now: int) -> int:
        """Unix seconds, given the chain's time."""
        return max(now + self.seconds, 0) if self.relative else self.seconds


def parse_moment(text: str) -> TimeAt:
    """`now`, `now+24` in hours, a time such as 2026-12-01T00:00:30Z, or an hour's number."""
    text = text.strip()
    if match := _NOW.fullmatch(text):
        return TimeAt(int((match[1] or "") + (match[2] or "0")) * HOUR, relative=True)
    if _HOUR.fullmatch(text):
        return TimeAt(int(text) * HOUR)
    return TimeAt(parse_time(text))


def parse_time(text: str) -> int:
    """An ISO-8601 time as unix seconds; without a zone it is UTC."""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise ValueError(
            f"{text!r} is no time: write now, now+24, 2026-12-01T00:00Z or an hour's number"
        ) from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    if moment.microsecond or not 1970 < moment.year < 9999:
        raise ValueError(f"{text!r} is out of range")
    return int(moment.timestamp())


def parse_address(text: str) -> str:
    """An account with its checksum; one of a single case is taken as it is."""
    if not _ADDRESS.fullmatch(text):
        raise ValueError(f"{text!r} is no address: 0x and 40 hexadecimal digits")
    from eth_utils.address import to_checksum_address

    checksummed = to_checksum_address(text)
    digits = text[2:]
    if text != checksummed and digits not in (digits.lower(), digits.upper()):
        raise ValueError(f"{text!r} has a wrong checksum: a digit or the case of one is off")
    return str(checksummed)


def parse_word(text: str) -> bytes:
    """32 bytes in hexadecimal."""
    if not _WORD.fullmatch(text):
        raise ValueError(f"{text!r} is no 32-byte word: 0x and 64 hexadecimal digits")
    return bytes.fromhex(text[2:])


# Writing.


def show_decimal(value: int, places: int, at_least: int = 0) -> str:
    """A whole number of the last place as a decimal, without zeros that say nothing."""
    whole, fraction = divmod(abs(value), 10**places)
    digits = str(fraction).rjust(places, "0").rstrip("0") if places and fraction else ""
    digits = digits.ljust(at_least, "0")
    sign = "-" if value < 0 else ""
    return f"{sign}{whole:,}.{digits}" if digits else f"{sign}{whole:,}"


def show_money(value: int) -> str:
    """Stablecoin units as dollars, every digit of them: $1,234.56."""
    shown = show_decimal(value, CASH_DECIMALS, at_least=2)
    return f"-${shown[1:]}" if value < 0 else f"${shown}"


def show_allowance(value: int) -> str:
    """What somebody may take; the largest allowances stand for no limit."""
    return "any amount" if value >= 2**128 else show_money(value)


def show_bitcoin(value: int) -> str:
    return f"{show_decimal(value, RESERVE_DECIMALS)} BTC"


def show_per_bitcoin(value: int) -> str:
    """A price in stablecoin units for a whole bitcoin."""
    return f"{show_money(value)}/BTC"


def show_both(cash: int, reserve: int) -> str:
    """Money of both currencies; bitcoin only where there is some."""
    bitcoin = f" and {show_bitcoin(reserve)}" if reserve else ""
    return f"{show_money(cash)}{bitcoin}"


def show_tokens(value: int) -> str:
    """An ERC-20 amount of capacity as units."""
    return show_decimal(value, TOKEN_DECIMALS)


def show_share(millionths: int) -> str:
    return f"{show_decimal(millionths, MILLIONTHS - 2)} %"


def show_thousandths(value: int) -> str:
    """Mean units of an hour, kept in thousandths."""
    return show_decimal(value, THOUSANDTHS)


def show_mean_units(unit_seconds: int, noun: str) -> str:
    """How many units unit-seconds of an hour are on average, rounded up: 15.5 units."""
    thousandths = -(-unit_seconds * 10**THOUSANDTHS // HOUR)
    return f"{show_thousandths(thousandths)} {noun}{'' if unit_seconds == HOUR else 's'}"


def show_time(seconds: int) -> str:
    """Unix seconds as a UTC time to the minute, or to the second where it matters."""
    if not is_date(seconds):
        return f"second {seconds}"
    moment = datetime.fromtimestamp(seconds, UTC)
    return moment.strftime("%Y-%m-%d %H:%M:%S UTC" if seconds % 60 else "%Y-%m-%d %H:%M UTC")


def is_date(seconds: int) -> bool:
    """Whether unix seconds are a date that can be written."""
    return 0 <= seconds <= _LAST_SECOND


def show_hour(hour: int) -> str:
    """The beginning of an hour."""
    return show_time(hour * HOUR) if is_date(hour * HOUR) else f"hour {hour}"


def show_count(number: int, noun: str) -> str:
    """A number of things: 1 hour, 2 hours."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def show_span(seconds: int) -> str:
    """A length of time in its two largest parts."""
    parts = []
    for size, noun in ((86_400, "day"), (HOUR, "hour"), (60, "minute"), (1, "second")):
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(show_count(count, noun))
    return " ".join(parts[:2]) or "0 seconds"


def unit_hour(kind: int) -> str:
    """What a price is for: a unit is a GPU, 1,000 output tokens a second, or a node."""
    return ("GPU-hour", "unit-hour", "node-hour")[kind]


def span_rows(start: int, end: int, first_seconds: int) -> list[tuple[str, str]]:
    """From when to when a lease goes, its first hour included as far as it is covered."""
    begin = (start + 1) * HOUR - first_seconds
    length = show_count(end - start, "hour")
    if first_seconds < HOUR:
        length += f", {show_span(first_seconds)} of the first"
    return [("from", show_time(begin)), ("to", f"{show_hour(end)} ({length})")]


def show_per_unit_hour(cost: int, units: int, seconds: int) -> str:
    """What a unit-hour costs on average over `seconds`, to a hundredth of a cent."""
    unit_seconds = units * seconds
    if not unit_seconds:
        return "-"
    hundredths = 10 ** (CASH_DECIMALS - 4)
    rounded = (2 * cost * HOUR + unit_seconds * hundredths) // (2 * unit_seconds * hundredths)
    return f"${show_decimal(rounded, 4, at_least=2)}"
