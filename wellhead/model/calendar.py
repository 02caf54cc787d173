"""Units booked, hour by hour."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Calendar:
    """Booked units of one cluster; an hour without any has no entry. Ranges are [start, end)."""

    hours: dict[int, int] = field(default_factory=dict)

    def add(self, start: int, end: int, units: int) -> None:
        """Book `units` more in every hour of the range; less where negative."""
        for hour in range(start, end):
            self.hours[hour] = self.at(hour) + units
            if self.hours[hour] == 0:
                del self.hours[hour]

    def at(self, hour: int) -> int:
        """Units booked in an hour."""
        return self.hours.get(hour, 0)

    def peak(self, start: int, end: int) -> int:
        """Most units booked in any hour of the range; 0 for an empty one."""
        return max((self.at(hour) for hour in range(start, end)), default=0)

    def sum(self, start: int, end: int) -> int:
        """Unit-hours booked over the range."""
        return sum(self.at(hour) for hour in range(start, end))
