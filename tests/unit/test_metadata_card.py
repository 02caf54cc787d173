"""The card of any cluster whatever: well-formed, without overlaps, legible in both modes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from itertools import combinations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.support.card import HEIGHT, SVG, WIDTH, Writer, lines, parse
from tests.support.faces import EMPTY, HOSTILE, LONG, Face, Figures, faces
from tests.support.shows import shows
from tests.support.stage import GENESIS
from wellhead.chain import Anvil

NOTHING = "\u2013"


@pytest.fixture(scope="module")
def writer() -> Iterator[Writer]:
    with Anvil(GENESIS) as anvil:
        yield Writer.deploy(anvil)


@pytest.fixture(scope="module")
def widths(writer: Writer) -> dict[str, int]:
    return writer.widths()


@shows("META-1")
@given(faces)
@example(Face())
@example(LONG)
@example(HOSTILE)
@example(Face(figures=EMPTY))
def test_a_card_is_a_picture_in_which_nothing_covers_anything(
    writer: Writer, widths: dict[str, int], face: Face
) -> None:
    svg = writer.svg(face)
    picture = parse(svg)
    assert picture.tag == SVG + "svg"
    box = [picture.attrib[name] for name in ("width", "height", "viewBox")]
    assert box == [str(WIDTH), str(HEIGHT), f"0 0 {WIDTH} {HEIGHT}"]
    # No text has become an element, or an attribute, of its own.
    tags = {element.tag.removeprefix(SVG) for element in picture.iter()}
    assert tags == {"svg", "title", "style", "rect", "path", "text", "tspan"}
    assert {name for element in picture.iter() for name in element.attrib} <= {
        *("width", "height", "viewBox", "role", "x", "y", "rx", "dx", "d"),
        *("class", "stroke-width", "font-size"),
    }
    found = lines(svg, widths)
    for line in found:
        assert 0 <= line.left < line.right <= WIDTH
        assert 0 <= line.top < line.bottom <= HEIGHT
        assert line.size >= 6
    for one, other in combinations(found, 2):
        assert not one.overlaps(other), (one, other)


@given(faces)
@example(LONG)
def test_what_is_in_a_window_has_room_in_it(
    writer: Writer, widths: dict[str, int], face: Face
) -> None:
    for window in parse(writer.svg(face)).findall(SVG + "svg"):
        (text,) = window
        parts = [(text.text or "", float(text.attrib["font-size"]))]
        parts += [(t.text or "", float(t.attrib["font-size"])) for t in text]
        gap = sum(float(t.attrib["dx"]) for t in text)
        room = float(window.attrib["width"])
        assert gap + sum(size * wide(word, widths) / 100 for word, size in parts) <= room


def wide(word: str, widths: dict[str, int]) -> int:
    return sum(widths.get(character, widths["é"]) for character in word)


@shows("META-2")
def test_a_card_tells_the_figures(writer: Writer, widths: dict[str, int]) -> None:
    assert told(writer.svg(Face()), widths) == [
        *("WELLHEAD TRAINING", "wNH1", "Northern H100", "H100-SXM5-80GB", "NO-1"),
        *("Price per unit-hour", "2.62USDC"),
        *("Earned per unit in 30 days", "412.07USDC", "+", "0.00123cbBTC"),
        *("Attested capacity", "1,000GPUs"),
        *("Average lease left", "29.8days"),
        *("Efficiency", "400GFLOP/J"),
        *("Booked now", "64.0 %", "Measured", "61.2 %", "Served", "100 %"),
        *("Measured 2026-01-01 04:00 to 05:00 UTC", "As of 2026-01-02 05:23 UTC"),
    ]


def test_a_card_says_where_there_is_nothing_to_tell(writer: Writer, widths: dict[str, int]) -> None:
    assert told(writer.svg(Face(kind=2, figures=EMPTY)), widths)[5:] == [
        *("Price per unit-hour", NOTHING),
        *("Earned per unit in 30 days", "0.00USDC", "+", "0cbBTC"),
        *("Attested capacity", "0nodes"),
        *("Average lease left", NOTHING),
        *("Efficiency", NOTHING),
        *("Booked now", NOTHING, "Measured", NOTHING, "Served", NOTHING),
        *("Nothing measured yet", "As of 2026-01-02 05:23 UTC"),
    ]


@pytest.mark.parametrize(
    ("kind", "units", "capacity", "efficiency"),
    [
        (0, 1, "1GPU", "400GFLOP/J"),
        (1, 1, "1k token/s", "400token/J"),
        (1, 2_000, "2,000k token/s", "400token/J"),
        (2, 1, "1node", "400token/J"),
        (2, 2, "2nodes", "400token/J"),
    ],
)
def test_units_are_named(
    writer: Writer,
    widths: dict[str, int],
    kind: int,
    units: int,
    capacity: str,
    efficiency: str,
) -> None:
    svg = writer.svg(Face(kind=kind, figures=replace(Figures(), units=units, booked=0)))
    assert {capacity, efficiency} <= set(told(svg, widths))


@pytest.mark.parametrize(
    ("hours", "term"),
    [(1, "1h"), (47, "47h"), (48, "2days"), (49, "2days"), (50, "2.1days"), (17_520, "730days")],
)
def test_long_terms_are_in_days(
    writer: Writer, widths: dict[str, int], hours: int, term: str
) -> None:
    svg = writer.svg(Face(figures=replace(Figures(), remaining=hours)))
    assert term in told(svg, widths)


@given(st.integers(0, 2**40), st.integers(1, 2**24 - 1))
@example(1_709_164_800, 474_767)  # the 29th of February
def test_times_are_utc(writer: Writer, widths: dict[str, int], timestamp: int, hour: int) -> None:
    svg = writer.svg(Face(timestamp=timestamp, figures=replace(Figures(), hour=hour)))
    record, now = told(svg, widths)[-2:]
    if timestamp < 253_402_300_800:  # Python's years have four digits
        assert now == f"As of {datetime.fromtimestamp(timestamp, UTC):%Y-%m-%d %H:%M} UTC"
    begin, end = (datetime.fromtimestamp(3600 * h, UTC) for h in (hour, hour + 1))
    assert record == f"Measured {begin:%Y-%m-%d %H:%M} to {end:%H:%M} UTC"


def test_a_bar_is_as_long_as_its_part_and_warns_of_an_outage(writer: Writer) -> None:
    def bars(**changes: int) -> list[tuple[str, str]]:
        picture = parse(writer.svg(Face(figures=replace(Figures(), **changes))))
        found = [r for r in picture.findall(SVG + "rect") if r.attrib["height"] == "6"]
        return [(r.attrib["class"], r.attrib["width"]) for r in found]

    rail = ("r", "132")
    assert bars() == [rail, ("a", "84"), rail, ("a", "80"), rail, ("a", "132")]
    assert bars(booked=0, measured=7_575, served=999_999) == [
        *(rail, rail),  # what is shorter than a point is nothing
        *(rail, ("w", "131")),
    ]
    assert bars(hour=0, bookedThen=0, booked=1_000) == [rail, ("a", "132"), rail, rail]


def told(svg: str, widths: dict[str, int]) -> list[str]:
    return [line.text for line in lines(svg, widths)]


def test_a_title_names_the_token(writer: Writer) -> None:
    title = parse(writer.svg(HOSTILE)).find(SVG + "title")
    assert title is not None
    assert title.text == "<script>alert(\"x\" & 'y')</scr\ufffd\ufffd (\ufffd漢&\"')"


# --- colours ---------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_everything_stands_out_in_both_modes(writer: Writer, mode: str) -> None:
    """WCAG 2 AA: 4.5 for texts, 3 for what is drawn."""
    colours = palette(writer.svg(Face()), mode)
    ground = colours[".c"]["fill"]
    assert (luminance(ground) > 0.5) == (mode == "light")
    for text in ("text", ".m", ".k"):
        assert contrast(colours[text]["fill"], ground) >= 4.5, text
    for drawn, kind in ((".a", "fill"), (".w", "fill"), (".g", "stroke")):
        assert contrast(colours[drawn][kind], ground) >= 3, drawn
    for bar in (".a", ".w"):
        assert contrast(colours[bar]["fill"], colours[".r"]["fill"]) >= 3, bar


def test_both_modes_colour_the_same_things(writer: Writer) -> None:
    light, dark = (palette(writer.svg(Face()), mode) for mode in ("light", "dark"))
    assert {name: set(rules) for name, rules in light.items()} == {
        name: set(rules) for name, rules in dark.items()
    }
    classes = {
        name
        for element in parse(writer.svg(Face())).iter()
        for name in element.attrib.get("class", "").split()
    }
    assert {f".{name}" for name in classes - {"b", "n", "p"}} <= set(light)


def palette(svg: str, mode: str) -> dict[str, dict[str, str]]:
    """Colours by selector, those of one mode."""
    style = parse(svg).findtext(SVG + "style") or ""
    light, dark = style.split("@media(prefers-color-scheme:dark){")
    assert dark.endswith("}}")
    found: dict[str, dict[str, str]] = {}
    for selectors, body in re.findall(r"([^{}]+)\{([^{}]*)\}", light if mode == "light" else dark):
        colours = re.findall(r"(fill|stroke):(#[0-9a-f]+)", body)
        for selector in selectors.split(","):
            if colours:
                found.setdefault(selector, {}).update(colours)
    return found


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    """Relative luminance, as WCAG defines it."""
    code = colour[1:] if len(colour) == 7 else "".join(2 * c for c in colour[1:])
    shares = [int(code[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    red, green, blue = (s / 12.92 if s <= 0.04045 else ((s + 0.055) / 1.055) ** 2.4 for s in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
