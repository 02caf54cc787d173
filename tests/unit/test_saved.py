"""A save of the local chain that the disk changed: the other one is taken."""

from __future__ import annotations

import gzip
import json
import random
from pathlib import Path

import pytest

from wellhead.actions import saved
from wellhead.actions.errors import SetupError
from wellhead.actions.keeper import HEAD, WHOLE


def chain(last: int) -> bytes:
    """Some blocks, and words that do not compress away."""
    blocks = [
        {"header": {"number": hex(n), "timestamp": hex(12 * n), "parentHash": f"{n:#066x}"}}
        for n in range(1, last + 1)
    ]
    words = random.Random(last).randbytes(500).hex()
    return gzip.compress(json.dumps({"blocks": blocks, "words": words}).encode(), mtime=0)


def test_whatever_byte_is_changed_the_other_save_is_taken(tmp_path: Path) -> None:
    body = chain(9)
    (tmp_path / WHOLE).write_bytes(chain(5))
    for place in range(len(body)):
        spoilt = bytearray(body)
        spoilt[place] ^= 0xFF
        (tmp_path / HEAD).write_bytes(spoilt)
        assert saved.prepare(tmp_path).block in (5, 9)
    (tmp_path / HEAD).write_bytes(body[: len(body) // 2])
    assert saved.prepare(tmp_path).block == 5


def test_where_both_are_spoilt_a_sentence_says_what_to_do(tmp_path: Path) -> None:
    body = bytearray(chain(9))
    body[40] ^= 0xFF
    for name in (HEAD, WHOLE):
        (tmp_path / name).write_bytes(body)
    with pytest.raises(SetupError, match="can not be read: `wellhead up --fresh` starts"):
        saved.prepare(tmp_path)
