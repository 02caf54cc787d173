"""What others wrote does not command a terminal."""

from __future__ import annotations

import pytest

from wellhead.cli.output import Output
from wellhead.printable import printable

HOSTILE = "a\x1b[2Jb\x07\r\x9b\u202ec"
SHOWN = r"a\x1b[2Jb\x07\r\x9b\u202ec"


def test_codes_are_shown_and_not_obeyed() -> None:
    assert printable(HOSTILE) == SHOWN
    assert printable("Füße, 東京\n1 … 2") == "Füße, 東京\n1 … 2"


def test_neither_tables_nor_errors_carry_codes(capsys: pytest.CaptureFixture[str]) -> None:
    output = Output(as_json=False, verbose=True)
    output.table(HOSTILE, ["name"], [[HOSTILE]])
    output.facts(HOSTILE, [("name", HOSTILE)])
    for say in (output.fail, output.warn, output.note, output.detail):
        say(HOSTILE)
    shown = capsys.readouterr()
    assert (shown.out.count(SHOWN), shown.err.count(SHOWN)) == (4, 4)
    assert not {"\x1b", "\x07", "\r", "\x9b", "\u202e"} & {*shown.out, *shown.err}
