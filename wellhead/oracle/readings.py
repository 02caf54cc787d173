"""What sources show: devices at moments, in integers whose names carry their units.

Everything that a measurement rests on has one canonical line of JSON: it is stored, hashed into
the measurement's Merkle tree, and handed to whoever checks.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from types import NoneType
from typing import Any, TypeVar


@dataclass(frozen=True, slots=True)
class Reading:
    """One device at one moment. None where the source does not say.

    `weight_milli` is how much of a unit the device is, in thousandths: 1000 for a whole GPU, less
    for a slice of one, more for a line that stands for many. Counters count from any beginning.
    """

    device: str  # UUID, or what the source calls it
    serial: str = ""
    model: str = ""
    weight_milli: int = 1000
    healthy: bool = True
    active_ppm: int | None = None  # millionths of the time in which it worked
    tensor_ppm: int | None = None  # millionths of the time in which its tensor cores worked
    power_mw: int | None = None
    energy_mj: int | None = None  # counter, millijoules
    tokens_count: int | None = None  # counter, tokens served


@dataclass(frozen=True, slots=True)
class Moment:
    """One look at a cluster: every device that was seen. Looking in vain is a moment, too, with no
    device; not looking is none."""

    time_s: int  # unix time
    readings: tuple[Reading, ...] = ()


@dataclass(frozen=True, slots=True)
class Canary:
    """A job of the reporter's own on the cluster, and whether it answered right and in time. What
    failed counts as absent until it passes again; without a `device` that is everything."""

    time_s: int
    device: str
    job: str  # which kind of job it was, and on what it ran
    passed: bool


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """A statement of a lease's user, who signed it: it used so many units in that hour."""

    lease_id: int
    hour: int
    units: int
    user: str
    signature: str  # r and vs, hexadecimal


@dataclass(frozen=True, slots=True)
class Device:
    """The identity of a device that was seen in an hour."""

    device: str
    serial: str
    model: str


@dataclass(frozen=True, slots=True)
class _Head:
    time_s: int
    devices: int


Raw = Canary | Heartbeat | Device

_READING = tuple(field.name for field in fields(Reading))
_Made = TypeVar("_Made", Reading, Canary, Heartbeat, Device, _Head)
_TYPES: dict[Any, tuple[type, ...]] = {
    "str": (str,),
    "int": (int,),
    "bool": (bool,),
    "int | None": (int, NoneType),
}


def line_of(raw: Raw) -> bytes:
    """The canonical line of what is not of a moment."""
    return _line({"kind": type(raw).__name__.lower(), **asdict(raw)})


def lines_of(moment: Moment) -> list[bytes]:
    """The canonical lines of a moment: how many devices there were, then each of them."""
    head = _line({"kind": "moment", "time_s": moment.time_s, "devices": len(moment.readings)})
    readings = (
        _line(
            {
                "kind": "reading",
                "time_s": moment.time_s,
                **{name: getattr(reading, name) for name in _READING},
            }
        )
        for reading in moment.readings
    )
    return [head, *readings]


@dataclass(frozen=True)
class HourSamples:
    """All that a measurement of one hour rests on. `before` is the last moment before it: the
    first counters count from it."""

    before: Moment | None
    moments: tuple[Moment, ...]
    canaries: tuple[Canary, ...] = ()
    heartbeats: tuple[Heartbeat, ...] = ()

    def devices(self) -> list[Device]:
        """Every device seen in the hour, in order."""
        seen = {
            Device(reading.device, reading.serial, reading.model)
            for moment in self.moments
            for reading in moment.readings
        }
        return sorted(seen, key=lambda device: (device.device, device.serial, device.model))

    def lines(self) -> list[bytes]:
        """The canonical lines of all of it: the leaves of the measurement's tree."""
        moments = (*([self.before] if self.before else []), *self.moments)
        listed = [line for moment in moments for line in lines_of(moment)]
        others: list[Raw] = [*self.canaries, *self.heartbeats, *self.devices()]
        return listed + [line_of(raw) for raw in others]

    @classmethod
    def parse(cls, lines: Sequence[bytes], begin_s: int) -> HourSamples:
        """From canonical lines in any order; ValueError where they are not such lines, or do not
        belong together. `begin_s` is the unix time at which the hour begins."""
        heads: dict[int, int] = {}
        readings: dict[int, list[Reading]] = {}
        canaries, heartbeats, devices = [], [], set()
        for line in lines:
            body = _parsed(line)
            kind = body.pop("kind", None)
            try:
                if kind == "moment":
                    head = _made(_Head, body)
                    heads[head.time_s] = head.devices
                elif kind == "reading":
                    time_s = _made(_Head, {"time_s": body.pop("time_s"), "devices": 1}).time_s
                    readings.setdefault(time_s, []).append(_made(Reading, body))
                elif kind == "canary":
                    canaries.append(_made(Canary, body))
                elif kind == "heartbeat":
                    heartbeats.append(_made(Heartbeat, body))
                elif kind == "device":
                    devices.add(_made(Device, body))
                else:
                    raise ValueError(f"unknown kind {kind!r}")
            except (TypeError, KeyError) as error:
                raise ValueError(f"no line of kind {kind}: {line!r}") from error
        for time_s in heads.keys() | readings.keys():
            if heads.get(time_s) != len(readings.get(time_s, [])):
                raise ValueError(f"devices are missing at {time_s}, or are too many")
        moments = [Moment(time_s, _ordered(readings.get(time_s, []))) for time_s in sorted(heads)]
        early = [moment for moment in moments if moment.time_s < begin_s]
        if len(early) > 1:
            raise ValueError("more than one moment before the hour")
        samples = cls(
            before=early[0] if early else None,
            moments=tuple(moments[len(early) :]),
            canaries=tuple(sorted(canaries, key=lambda c: (c.time_s, c.device))),
            heartbeats=tuple(sorted(heartbeats, key=lambda h: (h.lease_id, h.user))),
        )
        if devices != set(samples.devices()):
            raise ValueError("the devices listed are not those of the readings")
        return samples


def _ordered(readings: Sequence[Reading]) -> tuple[Reading, ...]:
    return tuple(sorted(readings, key=lambda reading: reading.device))


#: One for all lines: json.dumps makes a new one for each.
_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"))


def _line(body: dict[str, Any]) -> bytes:
    return _ENCODER.encode(body).encode("ascii")


_KINDS = (Reading, Canary, Heartbeat, Device, _Head)
#: Of each kind its fields' names, and their types.
_FIELDS: dict[Any, list[tuple[str, tuple[type, ...], str]]] = {
    kind: [(field.name, _TYPES[field.type], str(field.type)) for field in fields(kind)]
    for kind in _KINDS
}


def _made(kind: type[_Made], body: dict[str, Any]) -> _Made:
    """TypeError where a field is missing, unknown or of another type: lines come from anybody."""
    made: _Made = kind(**body)
    for name, types, told in _FIELDS[kind]:
        if type(getattr(made, name)) not in types:
            raise TypeError(f"{name} is no {told}")
    return made


def _parsed(line: bytes) -> dict[str, Any]:
    try:
        body = json.loads(line)
    except RecursionError as error:
        raise ValueError(f"not a canonical line: {line[:80]!r}") from error
    if not isinstance(body, dict) or _line(body) != bytes(line):
        raise ValueError(f"not a canonical line: {line!r}")
    return body
