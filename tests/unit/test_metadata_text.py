"""Texts and numbers of the document and the card, against Python's own ways to write them."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Context, Decimal, localcontext

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.support.card import Writer, parse
from tests.support.faces import PIECES, texts
from tests.support.shows import shows
from tests.support.stage import GENESIS
from wellhead.chain import Anvil

UNKNOWN = "\ufffd"
#: Marks without a form of their own that tell in which direction to read.
MARKS = "\u061c\u200e\u200f"
TURNS = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}


@pytest.fixture(scope="module")
def writer() -> Iterator[Writer]:
    with Anvil(GENESIS) as anvil:
        yield Writer.deploy(anvil)


@shows("META-1")
@given(texts)
@example(b"")
@example(b"".join(PIECES))
def test_json_says_what_utf_8_can_say(writer: Writer, text: bytes) -> None:
    told = json.loads(f'"{writer.text("jsonText", text)}"')
    assert told == text.decode("utf-8", "replace")


@shows("META-1")
@given(texts)
@example(b"")
@example(b"".join(PIECES))
def test_xml_says_what_can_be_shown(writer: Writer, text: bytes) -> None:
    told = parse(f"<a>{writer.text('xmlText', text)}</a>").text or ""
    assert told == "".join(
        UNKNOWN if is_hidden(character) else character
        for character in text.decode("utf-8", "replace")
    )
    attribute = parse(f"<a b='{writer.text('xmlText', text)}'/>").attrib["b"]
    assert attribute == told


def is_hidden(character: str) -> bool:
    """Whether XML does not know it, or it breaks or turns the line."""
    return (
        unicodedata.category(character) in ("Cc", "Zl", "Zp")
        or unicodedata.bidirectional(character) in TURNS
        or character in MARKS
        or ord(character) & 0xFFFE == 0xFFFE
    )


def test_every_character_counts_as_one(writer: Writer) -> None:
    """All that UTF-8 has, in pieces, and what is just beside it."""
    for first in range(0, 0x110000, 0x1111):
        codes = [c for c in range(first, first + 7) if not 0xD800 <= c < 0xE000 and c < 0x110000]
        text = "".join(map(chr, codes))
        assert json.loads(f'"{writer.text("jsonText", text.encode())}"') == text


# --- numbers ---------------------------------------------------------------------------------

amounts = st.one_of(
    st.integers(0, 2**128), st.integers(0, 2**24), st.integers(0, 38).map(lambda n: 10**n - 1)
)


@shows("META-2")
@given(amounts, st.integers(0, 38))
@example(0, 0)
@example(0, 18)
@example(1, 38)
@example(2**256 - 1, 70)
def test_exact_is_exact(writer: Writer, value: int, decimals: int) -> None:
    told = writer.text("exact", value, decimals)
    with localcontext(Context(prec=100)):
        assert Decimal(told) == Decimal(value).scaleb(-decimals)
    whole, point, digits = told.partition(".")
    assert whole == str(int(whole))
    assert not digits.endswith("0")
    assert bool(point) == bool(digits)


@given(st.integers(0, 2**256 - 1))
@example(0)
@example(999)
@example(1000)
@example(1_000_000)
def test_thousands_are_separated(writer: Writer, value: int) -> None:
    assert writer.text("grouped", value) == f"{value:,}"


@given(amounts, st.integers(0, 26), st.integers(0, 2))
def test_numbers_are_rounded_for_the_eye(
    writer: Writer, value: int, decimals: int, least: int
) -> None:
    assert writer.text("rounded", value, decimals, least) == rounded(value, decimals, least)


@pytest.mark.parametrize(
    ("value", "decimals", "least", "told"),
    [
        (0, 6, 2, "0.00"),
        (0, 8, 0, "0"),
        (1_600_000, 6, 2, "1.60"),
        (1_600_000, 6, 0, "1.6"),
        (1_604_999, 6, 2, "1.60"),
        (1_605_000, 6, 2, "1.61"),
        (1_995_000, 6, 0, "2"),
        (412_000, 6, 2, "0.412"),
        (999_999, 6, 2, "1.00"),
        (4_125, 6, 2, "0.00413"),
        (1, 6, 2, "0.000001"),
        (1, 8, 0, "0.00000001"),
        (5 * 10**9, 18, 0, "0.00000001"),
        (5 * 10**9 - 1, 18, 0, "<0.00000001"),
        (1, 18, 2, "<0.00000001"),
        (1_234_567_890, 6, 2, "1,234.57"),
        (99_999_990_000, 6, 2, "99,999.99"),
        (99_999_999_999, 6, 2, "100,000.00"),
        (10**11, 6, 2, "100,000"),
        (123_456_500_000, 6, 2, "123,457"),
        (10**15 - 1, 6, 2, "1,000,000,000"),
        (10**15, 6, 2, "1 bn"),
        (1_234_560_000 * 10**6, 6, 2, "1.23 bn"),
        (10**18, 6, 2, "1 tn"),
        (2**64, 0, 0, "18,446,744.07 tn"),
        (12, 0, 2, "12.00"),
    ],
)
def test_rounding(writer: Writer, value: int, decimals: int, least: int, told: str) -> None:
    assert writer.text("rounded", value, decimals, least) == told
    assert rounded(value, decimals, least) == told


def rounded(value: int, decimals: int, least: int) -> str:
    """The rule in its own words, on decimals."""
    with localcontext(Context(prec=100)):
        amount = Decimal(value).scaleb(-decimals)
        for bound, name in ((12, " tn"), (9, " bn")):
            if amount >= 10**bound:
                return in_digits(amount.scaleb(-bound), 2, 0) + name
        if amount >= 100_000:
            return in_digits(amount, 0, 0)
        if amount >= 1 or amount == 0:
            return in_digits(amount, 2, least)
        places = min(8, 2 - amount.adjusted())
        if in_digits(amount, places, 0) == "0":
            return "<0.00000001"
        return in_digits(amount, places, least)


def in_digits(amount: Decimal, most: int, least: int) -> str:
    text = f"{amount.quantize(Decimal(1).scaleb(-most), ROUND_HALF_UP):,f}"
    for _ in range(most - least):
        text = text.removesuffix("0")
    return text.removesuffix(".")


@shows("META-2")
@given(st.integers(0, 1_000_000))
@example(0)
@example(999_999)
@example(1_000_000)
def test_only_all_is_a_hundred_percent(writer: Writer, part: int) -> None:
    expected = {0: "0", 1_000_000: "100"}.get(part, f"{part // 10_000}.{part // 1_000 % 10}")
    assert writer.text("percent", part) == expected


# --- room ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def widths(writer: Writer) -> dict[str, int]:
    return writer.widths()


def test_wide_letters_are_wider(widths: dict[str, int]) -> None:
    assert widths["i"] < widths["t"] < widths["a"] < widths["A"] < widths["m"] < widths["W"]
    assert len({widths[digit] for digit in "0123456789"}) == 1
    assert all(20 < width < 112 for character, width in widths.items() if character != "é")
    assert widths["é"] == 112


@given(texts, st.integers(20, 500), st.integers(91, 250))
@example(b"W" * 31, 424, 240)
@example(b"", 424, 240)
@example(b"\xff" * 32, 278, 130)
def test_what_is_fitted_has_room(
    writer: Writer, widths: dict[str, int], text: bytes, room: int, most: int
) -> None:
    fitted, size = writer.fit(text, room, most, 90)
    whole = text.decode("utf-8", "replace")
    # In tenths of a point and hundredths of an em, so the room counts a thousandfold.
    assert 90 <= size <= most
    assert length_of(fitted.decode("utf-8", "replace"), widths) * size <= 1000 * room
    if fitted == text:
        larger = length_of(whole, widths) * (size + 1) > 1000 * room
        assert size == most or larger
        return
    assert size == 90
    assert length_of(whole, widths) * 90 > 1000 * room
    kept = fitted.removesuffix("…".encode())
    assert text.startswith(kept)
    assert kept != fitted
    # One more character would not have had room with the ellipsis.
    shown = kept.decode("utf-8", "replace")
    assert whole.startswith(shown)
    assert length_of(whole[: len(shown) + 1] + "…", widths) * 90 > 1000 * room


def length_of(text: str, widths: dict[str, int]) -> int:
    return sum(widths.get(character, widths["é"]) for character in text)
