"""From DCGM's metrics to readings: the same whether they were scraped or come out of Prometheus.

A GPU is present at a moment when at least one of its `ALIVE` fields has a value. Values in which
DCGM says that there is none ("blank") are none. The same field of the same device may come several
times, once for every container that shares it; the largest value counts, so the order of lines does
not matter.

A GPU that is cut into slices is told in parts: every slice is a device of its own with its share of
the weight, and the GPU is one without weight, that carries what there is once: serial number, power
and energy. DCGM shows power and energy at every slice, each time those of the whole GPU.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from wellhead.oracle.mig import part_of, shares
from wellhead.oracle.readings import Reading
from wellhead.oracle.sources.base import scaled

GPU_UTIL = "DCGM_FI_DEV_GPU_UTIL"  # %
GR_ENGINE_ACTIVE = "DCGM_FI_PROF_GR_ENGINE_ACTIVE"  # ratio
TENSOR_ACTIVE = "DCGM_FI_PROF_PIPE_TENSOR_ACTIVE"  # ratio
POWER = "DCGM_FI_DEV_POWER_USAGE"  # W
ENERGY = "DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION"  # mJ, counter
TEMPERATURE = "DCGM_FI_DEV_GPU_TEMP"
SM_CLOCK = "DCGM_FI_DEV_SM_CLOCK"
XID = "DCGM_FI_DEV_XID_ERRORS"  # the last error's number; it stays until the GPU is reset
REMAP_FAILURE = "DCGM_FI_DEV_ROW_REMAP_FAILURE"

ALIVE = (GPU_UTIL, GR_ENGINE_ACTIVE, POWER, ENERGY, TEMPERATURE, SM_CLOCK)
FIELDS = (*ALIVE, TENSOR_ACTIVE, XID, REMAP_FAILURE)

#: Tokens that a serving engine has put out, unless a source is told another counter.
TOKENS = "vllm:generation_tokens"

#: Errors after which a GPU does no more work until it, or its machine, is reset: those for which
#: NVIDIA's catalogue of XID errors has a reset as the immediate action (48 and 74 by a longer way).
#: Not among them: 63, 92 and 94, after which a GPU goes on working (a row is remapped, errors were
#: corrected, an error took one program with it), and what a tenant's program can bring about by
#: itself (13, 31, 43, 45, 109), or tenants could make themselves refunds.
FATAL_XIDS = {
    46: "the GPU stopped processing",
    48: "uncorrectable memory error",
    62: "its microcontroller halted",
    64: "a memory row could not be remapped",
    74: "NVLink failed",
    79: "the GPU has fallen off the bus",
    95: "uncontained memory error",
    110: "security fault",
    119: "its system processor does not answer",
    120: "its system processor failed",
    136: "NVLink could not be trained",
    140: "memory error that escaped correction",
    143: "the GPU could not be initialized",
    155: "NVLink failed, found by software",
    158: "fatal timeout",
}

_SERIALS = ("serial", "DCGM_FI_DEV_SERIAL")
_Q = 1_000_000

# What DCGM's dcgm_fields.h calls blank: 2^47 and a few above it for real numbers, all from
# 2^63 - 16 on for integers.
_REAL_BLANKS = range(2**47, 2**47 + 16)
_INTEGER_BLANK = 0x7FFFFFFFFFFFFFF0


@dataclass(frozen=True, slots=True)
class Shown:
    """One metric's value at one moment, as it was shown."""

    name: str
    labels: Mapping[str, str]
    value: Decimal


@dataclass
class _Seen:
    """What was shown of a GPU, or of one slice of it."""

    values: dict[str, Decimal] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    has_failed: bool = False

    @property
    def is_alive(self) -> bool:
        return any(name in self.values for name in ALIVE)

    def add(self, shown: Shown, name: str) -> None:
        for label, text in sorted(shown.labels.items()):
            if text > self.labels.get(label, ""):
                self.labels[label] = text
        if is_blank(shown.value):
            return
        if name == XID:
            self.has_failed |= int(shown.value) in FATAL_XIDS
        elif name == REMAP_FAILURE:
            self.has_failed |= shown.value > 0
        else:
            self.values[name] = max(shown.value, self.values.get(name, shown.value))

    def scaled(self, name: str, factor: int, most: int | None = None) -> int | None:
        return scaled(self.values[name], factor, most) if name in self.values else None

    @property
    def active_ppm(self) -> int | None:
        engine = self.scaled(GR_ENGINE_ACTIVE, _Q, _Q)
        return self.scaled(GPU_UTIL, _Q // 100, _Q) if engine is None else engine

    @property
    def model(self) -> str:
        return self.labels.get("modelName", "")

    @property
    def serial(self) -> str:
        return next((self.labels[name] for name in _SERIALS if self.labels.get(name)), "")


def readings_of(
    shown: Iterable[Shown], weight_milli: int = 1000, tokens: str = TOKENS
) -> tuple[Reading, ...]:
    """The devices that these metrics of one moment show, ordered by name. `weight_milli` is a
    whole GPU's; `tokens` names the counter of tokens, without _total."""
    gpus: dict[str, dict[str, _Seen]] = {}
    served: dict[str, int] = {}
    for one in shown:
        name = one.name.removesuffix("_total")
        if name == tokens.removesuffix("_total"):
            count = None if is_blank(one.value) else scaled(one.value, 1)
            if count is not None:
                engine = _engine(one.labels)
                served[engine] = max(count, served.get(engine, 0))
        elif name in FIELDS and (gpu := _gpu(one.labels)):
            slices = gpus.setdefault(gpu, {})
            slices.setdefault(one.labels.get("GPU_I_ID", ""), _Seen()).add(one, name)
    readings = [
        reading
        for gpu, seen in gpus.items()
        for reading in _readings_of_gpu(gpu, seen, weight_milli)
    ]
    # Who serves is no device that could be leased: it has no weight.
    readings += [Reading(name, weight_milli=0, tokens_count=n) for name, n in served.items()]
    return tuple(sorted(readings, key=lambda reading: reading.device))


def is_blank(value: Decimal) -> bool:
    """Whether DCGM means by it that there is no value; none that it shows is below zero."""
    if not value.is_finite() or value < 0:
        return True
    return value >= _INTEGER_BLANK or value in _REAL_BLANKS


def _gpu(labels: Mapping[str, str]) -> str:
    """A GPU's name: its UUID, or where there is none its place; empty where it has neither."""
    uuid = labels.get("UUID") or labels.get("uuid")
    if uuid:
        return uuid
    host = labels.get("Hostname") or labels.get("hostname") or labels.get("instance")
    return f"{host}/{labels['gpu']}" if host and labels.get("gpu") else ""


def _engine(labels: Mapping[str, str]) -> str:
    said = ",".join(f"{name}={text}" for name, text in sorted(labels.items()) if name[:2] != "__")
    return f"serving:{said}"


def _readings_of_gpu(gpu: str, seen: dict[str, _Seen], weight: int) -> list[Reading]:
    whole = seen.pop("", _Seen())
    slices = [
        (name, part) for name in sorted(seen, key=_by_number) if (part := seen[name]).is_alive
    ]
    if not slices:
        return [_whole(gpu, whole, [], weight)] if whole.is_alive else []
    parts = [part_of(part.labels.get("GPU_I_PROFILE", ""), part.model) for _, part in slices]
    # A slice of a profile that nobody knows is there, but counts for nothing.
    known = iter(shares(weight, [part for part in parts if part is not None]))
    made = [_whole(gpu, whole, [part for _, part in slices], 0)]
    for (name, part), portion in zip(slices, parts, strict=True):
        made.append(
            Reading(
                device=f"{gpu}/{name}",
                model=f"{part.model} MIG {part.labels.get('GPU_I_PROFILE', '')}",
                weight_milli=0 if portion is None else next(known),
                healthy=not (part.has_failed or whole.has_failed),
                # GPU_UTIL is none of a slice's: DCGM shows 0 there, whatever runs.
                active_ppm=part.scaled(GR_ENGINE_ACTIVE, _Q, _Q),
                tensor_ppm=part.scaled(TENSOR_ACTIVE, _Q, _Q),
            )
        )
    return made


def _whole(gpu: str, seen: _Seen, slices: list[_Seen], weight: int) -> Reading:
    """The GPU itself. What it does not show of itself the slices show, each the same."""
    places = [seen, *slices]
    power = [watts for place in places if (watts := place.scaled(POWER, 1000)) is not None]
    energy = [joules for place in places if (joules := place.scaled(ENERGY, 1)) is not None]
    return Reading(
        device=gpu,
        serial=next((place.serial for place in places if place.serial), ""),
        model=next((place.model for place in places if place.model), ""),
        weight_milli=weight,
        healthy=not seen.has_failed,
        active_ppm=None if slices else seen.active_ppm,
        tensor_ppm=None if slices else seen.scaled(TENSOR_ACTIVE, _Q, _Q),
        power_mw=max(power, default=None),
        energy_mj=max(energy, default=None),
    )


def _by_number(name: str) -> tuple[int, str]:
    return (int(name) if name.isdecimal() else 0, name)
