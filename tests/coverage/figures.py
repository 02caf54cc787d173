"""From what was met to figures, and to what is wrong with them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from tests.coverage.instrument import Point
from tests.coverage.money import MONEY, UNREACHABLE, Unreachable, moves_money

#: Lines that must run, in thousandths of all that can.
LEAST_LINES = 980


@dataclass
class Count:
    """How many of how many."""

    met: int = 0
    all: int = 0

    def add(self, is_met: bool) -> None:
        self.met += is_met
        self.all += 1

    def __add__(self, other: Count) -> Count:
        return Count(self.met + other.met, self.all + other.all)

    def percent(self) -> str:
        """With one digit, rounded down: 100 is all of them."""
        if self.all == 0:
            return ""
        thousandths = 1000 * self.met // self.all
        return f"{thousandths // 10}.{thousandths % 10}"


@dataclass
class Figures:
    """Of one source, or of all."""

    lines: Count = field(default_factory=Count)
    branches: Count = field(default_factory=Count)
    money: Count = field(default_factory=Count)

    def __add__(self, other: Figures) -> Figures:
        return Figures(
            self.lines + other.lines, self.branches + other.branches, self.money + other.money
        )


@dataclass
class Coverage:
    """All points, and those that were met."""

    points: Sequence[Point]
    met: Collection[int]
    unreachable: Sequence[Unreachable] = UNREACHABLE

    def by_file(self) -> dict[str, Figures]:
        found: dict[str, Figures] = defaultdict(Figures)
        for file, _, missing in self.lines():
            found[file].lines.add(not missing)
        for point in self.points:
            if point.is_branch and not self.excuses(point):
                found[point.file].branches.add(point.number in self.met)
                if moves_money(point.where):
                    found[point.file].money.add(point.number in self.met)
        return dict(sorted(found.items()))

    def lines(self) -> Iterator[tuple[str, int, list[Point]]]:
        """Each line on which a statement begins, and those of its statements that never ran."""
        by_line: dict[tuple[str, int], list[Point]] = defaultdict(list)
        for point in self.points:
            if not point.is_branch:
                by_line[point.file, point.line].append(point)
        for (file, line), points in sorted(by_line.items()):
            yield file, line, [point for point in points if point.number not in self.met]

    def missed_branches(self) -> list[Point]:
        return [
            point
            for point in sorted(self.points)
            if point.is_branch and point.number not in self.met and not self.excuses(point)
        ]

    def excuses(self, point: Point) -> list[Unreachable]:
        return [
            one
            for one in self.unreachable
            if (one.where, one.condition, one.outcome) == (point.where, point.text, point.outcome)
        ]

    def faults(self) -> list[str]:
        """What must not be so, in sentences; none of a good run."""
        said = []
        total = sum(self.by_file().values(), Figures())
        lines = total.lines
        if lines.met * 1000 < lines.all * LEAST_LINES:
            least = Count(LEAST_LINES, 1000).percent()
            said.append(f"{lines.percent()} % of the lines ran; {least} % must")
        if missed := [p for p in self.missed_branches() if moves_money(p.where)]:
            said.append(f"{len(missed)} outcomes on money paths were not met")
        return said + list(self._wrong_lists())

    def _wrong_lists(self) -> Iterator[str]:
        """The lists of money.py must fit the contracts."""
        for one in self.unreachable:
            named = f"{one.where}: {one.condition} is {one.outcome}"
            points = [point for point in self.points if one in self.excuses(point)]
            if not points:
                yield f"no such outcome, though it is listed as out of reach: {named}"
            elif any(point.number in self.met for point in points):
                yield f"met, though it is listed as out of reach: {named}"
        functions = {point.where for point in self.points}
        known = functions | {f"{where.split('.')[0]}.*" for where in functions}
        for name in (f"{contract}.{one}" for contract, listed in MONEY.items() for one in listed):
            if name not in known:
                yield f"no such function, though it is listed as a money path: {name}"


def total(figures: Iterable[Figures]) -> Figures:
    return sum(figures, Figures())
