"""Which measurements their reporters signed. To find that out is what takes the time, and anybody
may show as many as they like; so it is asked once, and not of what makes no difference."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from wellhead.oracle import wire
from wellhead.oracle.measurements import Key, Signed
from wellhead.oracle.reporter.store import MOST_EACH, Store


@dataclass
class Examiner:
    """Looks at what one request or one answer shows. What the store holds was looked at before."""

    store: Store
    #: By (cluster, hour) and reporter, what is held: digests and the bodies with these.
    _held: dict[tuple[Key, str], dict[bytes, str]] = field(default_factory=dict)

    def news(self, shown: Iterable[Signed]) -> tuple[list[Signed], Signed | None]:
        """What of it is new and genuine, and the first that its reporter did not sign, None if
        there is none. What comes after that one is not looked at: nobody that works shows such,
        and each would take its time."""
        found: list[Signed] = []
        for signed in shown:
            held = self._held_of(signed)
            digest = signed.measurement.digest(self.store.domain)
            if digest in held or len(held) >= MOST_EACH:
                continue  # two different ones prove all that a third could
            if not signed.is_genuine(self.store.domain):
                return found, signed
            held[digest] = _body(signed)
            found.append(signed)
        return found, None

    def is_genuine(self, signed: Signed) -> bool:
        """Whether its reporter signed it, by just this signature."""
        digest = signed.measurement.digest(self.store.domain)
        is_held = self._held_of(signed).get(digest) == _body(signed)
        return is_held or signed.is_genuine(self.store.domain)

    def _held_of(self, signed: Signed) -> dict[bytes, str]:
        place = (signed.key, signed.reporter)
        if place not in self._held:
            self._held[place] = self.store.held(*place)
        return self._held[place]


def _body(signed: Signed) -> str:
    return wire.MeasurementBody.of(signed).model_dump_json()
