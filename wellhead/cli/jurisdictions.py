"""Jurisdictions and classes of holders, as people write them and as the chain keeps them."""

from __future__ import annotations

import csv
from functools import lru_cache
from importlib import resources

#: Names of the first classes; the others have numbers alone.
CLASSES = ("retail", "professional", "accredited", "institution")
LAST_CLASS = 7
EVERY_CLASS = 2 ** (LAST_CLASS + 1) - 1
#: ISO 3166-1 numeric codes have three digits, but a few more fit on chain.
LAST_JURISDICTION = 1023


@lru_cache(maxsize=1)
def countries() -> dict[int, tuple[str, str]]:
    """ISO 3166-1: alpha-2 code and English name by numeric code."""
    table = resources.files("wellhead.cli").joinpath("data/iso3166.csv").read_text("utf-8")
    rows = csv.DictReader(table.splitlines())
    return {int(row["numeric"]): (row["alpha2"], row["name"]) for row in rows}


def parse_jurisdiction(text: str) -> int:
    """A country's alpha-2 code, or a numeric one."""
    text = text.strip()
    if text.isascii() and text.isdigit():
        number = int(text)
        if not 1 <= number <= LAST_JURISDICTION:
            raise ValueError(f"{text!r} is no jurisdiction: numbers go from 1 to 1023")
        return number
    for number, (code, _) in countries().items():
        if text.upper() == code:
            return number
    raise ValueError(f"{text!r} is no country of ISO 3166-1: write NO or 578 for Norway")


def code_of(number: int) -> str | None:
    """The alpha-2 code; None where ISO 3166-1 has none."""
    return countries().get(number, (None, ""))[0]


def show_jurisdiction(number: int) -> str:
    """NO (Norway), or jurisdiction 999."""
    found = countries().get(number)
    return f"jurisdiction {number}" if found is None else f"{found[0]} ({found[1]})"


def parse_class(text: str) -> int:
    """A class by its name or number."""
    text = text.strip().lower()
    if text in CLASSES:
        return CLASSES.index(text)
    if text.isascii() and text.isdigit() and len(text) < 3 and int(text) <= LAST_CLASS:
        return int(text)
    raise ValueError(f"{text!r} is no class: write {', '.join(CLASSES)}, or a number from 0 to 7")


def parse_classes(text: str) -> int:
    """A set of classes: several with commas between, all or none; bit n for class n."""
    word = text.strip().lower()
    if word in ("all", "none"):
        return EVERY_CLASS if word == "all" else 0
    found = 0
    for part in text.split(","):
        found |= 1 << parse_class(part)
    return found


def show_class(number: int) -> str:
    return CLASSES[number] if number < len(CLASSES) else f"class {number}"


def listed(classes: int) -> list[int]:
    """The classes of a set, ascending."""
    return [number for number in range(LAST_CLASS + 1) if classes >> number & 1]


def show_classes(classes: int) -> str:
    if classes == EVERY_CLASS:
        return "all classes"
    return ", ".join(show_class(number) for number in listed(classes)) or "nobody"
