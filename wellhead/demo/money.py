"""Integers as people read them. No floating-point number touches an amount."""

from __future__ import annotations

from wellhead.model.units import LEDGER_SCALE

COIN = 10**6  # stablecoin units in a dollar
CENT = COIN // 100


def rounded(value: int, divisor: int) -> int:
    """`value / divisor` to the nearest integer, halves away from zero."""
    quotient = (2 * abs(value) + divisor) // (2 * divisor)
    return quotient if value >= 0 else -quotient


def decimal(value: int, places: int) -> str:
    """An integer count of 10^-places, with thousands separators: 1,234.56."""
    whole, rest = divmod(abs(value), 10**places)
    sign = "-" if value < 0 else ""
    return f"{sign}{whole:,}" + (f".{rest:0{places}d}" if places else "")


def dollars(units: int, places: int = 2) -> str:
    """Stablecoin units as $1,234.56."""
    text = decimal(rounded(units, 10 ** (6 - places)), places)
    return f"-${text[1:]}" if text.startswith("-") else f"${text}"


def bitcoin(units: int) -> str:
    """Bitcoin units as 1.23456789."""
    return decimal(units, 8)


def ledger_dollars(ledger: int) -> str:
    """Ledger units as $1,234.56."""
    return dollars(rounded(ledger, LEDGER_SCALE * CENT) * CENT)


def percent(part: int, whole: int, places: int = 1) -> str:
    """`part / whole` as 12.3 %; nothing of nothing is 0 %."""
    return decimal(rounded(100 * 10**places * part, whole) if whole else 0, places) + " %"
