"""Branches of the document's and the card's texts that nothing else is sure to meet."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.support.card import Writer, parse
from tests.support.stage import GENESIS
from wellhead.chain import Anvil

UNKNOWN = "\ufffd"


@pytest.fixture(scope="module")
def writer() -> Iterator[Writer]:
    with Anvil(GENESIS) as anvil:
        yield Writer.deploy(anvil)


@pytest.mark.parametrize(
    ("code", "is_hidden"),
    [(0x61B, False), (0x61C, True), (0x200D, False), (0x200E, True), (0x200F, True)],
)
def test_marks_of_direction_are_not_drawn(writer: Writer, code: int, is_hidden: bool) -> None:
    """The document says them, the card shows that something is there; their neighbours stay."""
    text = f"a{chr(code)}b"
    assert json.loads(f'"{writer.text("jsonText", text.encode())}"') == text
    told = parse(f"<a>{writer.text('xmlText', text.encode())}</a>").text
    assert told == (f"a{UNKNOWN}b" if is_hidden else text)
