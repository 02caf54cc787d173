"""What every source is: something that can be asked for looks at a cluster."""

from __future__ import annotations

import time
from collections.abc import Callable
from decimal import Decimal
from typing import Annotated, Protocol
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field

from wellhead.oracle.heard import heard
from wellhead.oracle.readings import Moment, Reading

#: Unix time in seconds.
Clock = Callable[[], int]

Url = Annotated[str, Field(pattern=r"^https?://[^\s/]+")]

#: How many thousandths of a unit a whole device is: 1000 where a unit is a GPU, 125 where it is a
#: node with eight of them.
Weight = Annotated[int, Field(ge=0, le=1_000_000)]

#: Bytes of UTF-8 that a device's name, serial number and model may each have, and the name of what
#: serves tokens, which is all its labels. UUIDs have 40; an orchestrator's labels some hundred.
MOST_TEXT, MOST_LABELS = 256, 1024
#: Characters of a sentence, in which there may be words of others.
MOST_SENTENCE = 500


class SourceError(Exception):
    """The reporter's own means of looking failed: this was no look, and says nothing about the
    cluster. A sentence says what failed."""

    def __init__(self, sentence: str) -> None:
        super().__init__(heard(sentence, MOST_SENTENCE))


class Source(Protocol):
    """Looks at one cluster.

    A source that keeps a history gives all its looks in a range; a live one looks once, now, and
    gives that look if now lies in the range. Looking in vain (nobody answers, or with nonsense) is
    a moment without readings. SourceError where it could not look at all.
    """

    @property
    def name(self) -> str:
        """What it is, for people."""

    def read(self, begin_s: int, end_s: int) -> list[Moment]:
        """The looks at times in [begin_s, end_s), unix time, ascending."""


class SourceTable(BaseModel):
    """What a source is told; the members of `SourceConfig` derive from it."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def machine_clock() -> int:
    return int(time.time())


def place_of(url: str) -> str:
    """Host and port of an address, without the password that may stand before them: it goes into
    evidence and messages that anybody reads."""
    return urlsplit(url).netloc.rpartition("@")[2]


def scaled(value: Decimal, factor: int, most: int | None = None) -> int | None:
    """A measured value in a smaller unit, rounded down, at most `most`; None for what is negative
    or no number."""
    if not value.is_finite() or value < 0:
        return None
    whole = int(value * factor)
    return whole if most is None else min(whole, most)


def is_short(reading: Reading) -> bool:
    """Whether a device's texts are so short that they can be kept: they are its exporter's choice,
    and stand in the evidence of every look."""
    most = MOST_TEXT if reading.tokens_count is None else MOST_LABELS
    return _bytes(reading.device) <= most and all(
        _bytes(text) <= MOST_TEXT for text in (reading.serial, reading.model)
    )


def _bytes(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))
