"""A measured hour, and the one word in which it is signed.

From the highest bit: cluster 32, hour 24, working 36, available 36, measured 20, energy 44,
work 64.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass

_WIDTHS = {
    "cluster": 32,
    "hour": 24,
    "working": 36,
    "available": 36,
    "measured": 20,
    "energy": 44,
    "work": 64,
}


@dataclass(frozen=True)
class Sample:
    """What the reporters measured of one cluster in one hour.

    `working` and `available` are thousandths of a unit, `measured` is millionths of the attested
    units, `energy` is joules, `work` is GFLOP or tokens; energy and work are 0 when not measured.
    """

    cluster: int
    hour: int
    working: int
    available: int
    measured: int = 0
    energy: int = 0
    work: int = 0

    def encode(self) -> int:
        """The sample as a word; ValueError where a field does not fit."""
        word = 0
        for (field, width), value in zip(_WIDTHS.items(), astuple(self), strict=True):
            if not 0 <= value < 1 << width:
                raise ValueError(f"{field} = {value} does not fit into {width} bits")
            word = word << width | value
        return word

    @classmethod
    def decode(cls, word: int) -> Sample:
        """The sample that a word holds; every word of 256 bits is one."""
        if not 0 <= word < 1 << 256:
            raise ValueError(f"{word} is not a word")
        values: list[int] = []
        for width in reversed(_WIDTHS.values()):
            values.append(word & ((1 << width) - 1))
            word >>= width
        return cls(*reversed(values))
