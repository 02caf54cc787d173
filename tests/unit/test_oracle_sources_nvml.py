"""Reading this machine's GPUs: a stand-in for NVML that shows recorded values, and made-up ones.

There is no GPU here. The power draws are those of a recorded nvidia-smi; names, slices, errors and
profiling counters are constructed.
"""

from __future__ import annotations

import csv
import ctypes
import sys
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pynvml  # type: ignore[import-untyped]
import pytest

from wellhead.oracle.readings import Moment, Reading
from wellhead.oracle.sources import NvmlConfig, SourceError, make_source
from wellhead.oracle.sources.nvml import NvmlSource

TELEMETRY = Path(__file__).parents[1] / "data" / "telemetry"
NOW = 1_780_000_123
H100 = "NVIDIA H100 80GB HBM3"


@dataclass
class Gpu:
    """What one GPU or slice answers; what is None it does not support."""

    uuid: str
    name: str = H100
    serial: str | None = "1650522003820"
    utilization: int | None = 0
    power_mw: int | None = None
    energy_mj: int | None = None
    remapped: tuple[int, int, int, int] | None = (0, 0, 0, 0)
    action: int | None = 0
    #: (graphics, tensor) percent, at every sample that is taken.
    profile: list[tuple[float, float]] = field(default_factory=list)
    slices: dict[int, Gpu] = field(default_factory=dict)
    is_lost: bool = False


class StandIn:
    """As much of the module pynvml as the source asks, with its own error classes and structures,
    and nothing that it would not know."""

    def __init__(self, *gpus: Gpu) -> None:
        self.gpus = list(gpus)
        self.starts = 0
        #: What lent samples hold, by their addresses; and the memory behind them.
        self.shown: dict[int, tuple[float, float] | None] = {}
        self._memory: list[Any] = []
        self.failure: type[Exception] | None = None

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("nvml"):
            return getattr(pynvml, name)  # constants, structures, errors
        assert callable(getattr(pynvml, name))
        answer = getattr(self, "_" + name.removeprefix("nvml"), None)
        assert answer, f"{name} is not stood in for"
        return answer

    def _Init(self) -> None:  # noqa: N802
        if self.failure:
            raise self.failure()
        self.starts += 1

    def _Shutdown(self) -> None:  # noqa: N802
        assert self.shown == {}

    def _DeviceGetCount(self) -> int:  # noqa: N802
        if self.failure:
            raise self.failure()
        return len(self.gpus)

    def _DeviceGetHandleByIndex(self, index: int) -> Gpu:  # noqa: N802
        gpu = self.gpus[index]
        if gpu.is_lost:
            raise pynvml.NVMLError_GpuIsLost
        return gpu

    def _DeviceGetUUID(self, gpu: Gpu) -> str:  # noqa: N802
        return gpu.uuid

    def _DeviceGetName(self, gpu: Gpu) -> str:  # noqa: N802
        return gpu.name

    def _DeviceGetSerial(self, gpu: Gpu) -> Any:  # noqa: N802
        return _given(gpu.serial)

    def _DeviceGetUtilizationRates(self, gpu: Gpu) -> SimpleNamespace:  # noqa: N802
        return SimpleNamespace(gpu=_given(gpu.utilization), memory=0)

    def _DeviceGetPowerUsage(self, gpu: Gpu) -> Any:  # noqa: N802
        return _given(gpu.power_mw)

    def _DeviceGetTotalEnergyConsumption(self, gpu: Gpu) -> Any:  # noqa: N802
        return _given(gpu.energy_mj)

    def _DeviceGetRemappedRows(self, gpu: Gpu) -> Any:  # noqa: N802
        return _given(gpu.remapped)

    def _DeviceGetFieldValues(self, gpu: Gpu, wanted: list[int]) -> list[SimpleNamespace]:  # noqa: N802
        assert wanted == [pynvml.NVML_FI_DEV_GET_GPU_RECOVERY_ACTION]
        code = pynvml.NVML_ERROR_NOT_SUPPORTED if gpu.action is None else pynvml.NVML_SUCCESS
        return [SimpleNamespace(nvmlReturn=code, value=SimpleNamespace(uiVal=gpu.action or 0))]

    def _DeviceGetMigMode(self, gpu: Gpu) -> list[int]:  # noqa: N802
        return [int(bool(gpu.slices)), 0]

    def _DeviceGetMaxMigDeviceCount(self, gpu: Gpu) -> int:  # noqa: N802
        return 7

    def _DeviceGetMigDeviceHandleByIndex(self, gpu: Gpu, index: int) -> Gpu:  # noqa: N802
        found = list(gpu.slices.values())
        if index >= len(found):
            raise pynvml.NVMLError_NotFound
        return found[index]

    def _DeviceGetGpuInstanceId(self, part: Gpu) -> int:  # noqa: N802
        (number,) = (
            number for gpu in self.gpus for number, one in gpu.slices.items() if one is part
        )
        return number

    def _GpmQueryDeviceSupport(self, gpu: Gpu) -> SimpleNamespace:  # noqa: N802
        has_any = bool(gpu.profile or any(part.profile for part in gpu.slices.values()))
        return SimpleNamespace(isSupportedDevice=int(has_any))

    def _GpmSampleAlloc(self) -> Any:  # noqa: N802
        self._memory.append(ctypes.create_string_buffer(8))
        sample = ctypes.cast(self._memory[-1], pynvml.c_nvmlGpmSample_t)
        self.shown[_address(sample)] = None
        return sample

    def _GpmSampleFree(self, sample: Any) -> None:  # noqa: N802
        del self.shown[_address(sample)]

    def _GpmSampleGet(self, gpu: Gpu, sample: Any) -> Any:  # noqa: N802
        if not gpu.profile:
            raise pynvml.NVMLError_NotSupported
        self.shown[_address(sample)] = gpu.profile.pop(0)
        return sample

    def _GpmMigSampleGet(self, gpu: Gpu, number: int, sample: Any) -> Any:  # noqa: N802
        return self._GpmSampleGet(gpu.slices[number], sample)

    def _GpmMetricsGet(self, wanted: Any) -> Any:  # noqa: N802
        assert (wanted.version, wanted.numMetrics) == (pynvml.NVML_GPM_METRICS_GET_VERSION, 2)
        assert [wanted.metrics[i].metricId for i in (0, 1)] == [
            pynvml.NVML_GPM_METRIC_GRAPHICS_UTIL,
            pynvml.NVML_GPM_METRIC_ANY_TENSOR_UTIL,
        ]
        assert self.shown[_address(wanted.sample1)]
        shown = self.shown[_address(wanted.sample2)]
        assert shown
        for index, value in enumerate(shown):
            wanted.metrics[index].value = value
            wanted.metrics[index].nvmlReturn = (
                pynvml.NVML_SUCCESS if value >= 0 else pynvml.NVML_ERROR_NOT_SUPPORTED
            )
        return wanted


def _address(sample: Any) -> int:
    address = ctypes.cast(sample, ctypes.c_void_p).value
    assert address
    return address


def _given(value: Any) -> Any:
    if value is None:
        raise pynvml.NVMLError_NotSupported
    return value


def look(library: StandIn, weight: int = 1000) -> Moment:
    source = NvmlSource(NvmlConfig(weight_milli=weight), lambda: NOW, library)
    (moment,) = source.read(NOW, NOW + 1)
    return moment


def recorded() -> list[list[Gpu]]:
    """The recorded looks at eight GPUs, the last of which shows only three."""
    looks: dict[str, list[Gpu]] = {}
    with (TELEMETRY / "nvidia_smi_query_8gpu.csv").open(encoding="utf-8", newline="") as text:
        for time, number, utilization, _, _, watts, _ in list(csv.reader(text))[1:]:
            gpu = Gpu(
                uuid=f"GPU-{number.strip()}",
                utilization=int(utilization),
                power_mw=round(float(watts) * 1000),
                serial=None,
            )
            looks.setdefault(time, []).append(gpu)
    return list(looks.values())


def test_recorded_values() -> None:
    first, *_, last = recorded()
    moment = look(StandIn(*first))
    assert [r.power_mw for r in moment.readings] == [
        *(74_010, 73_230, 72_990, 73_990, 72_600, 73_600, 74_180, 73_430)
    ]
    assert {(r.model, r.serial, r.active_ppm, r.tensor_ppm) for r in moment.readings} == {
        (H100, "", 0, None)
    }
    assert [len(look(StandIn(*gpus)).readings) for gpus in recorded()].count(8) == 5
    assert len(look(StandIn(*last)).readings) == 3


def test_what_a_gpu_does_not_support_it_does_not_show() -> None:
    bare = Gpu("GPU-0", "NVIDIA L4", None, None, None, None, None, None)
    assert look(StandIn(bare)).readings == (Reading("GPU-0", model="NVIDIA L4"),)


def test_a_gpu_that_shows_everything() -> None:
    gpu = Gpu("GPU-0", utilization=100, power_mw=698_123, energy_mj=238_749_445_947)
    assert look(StandIn(gpu), weight=125).readings == (
        Reading(
            "GPU-0",
            serial="1650522003820",
            model=H100,
            weight_milli=125,
            active_ppm=1_000_000,
            power_mw=698_123,
            energy_mj=238_749_445_947,
        ),
    )


def test_profiling_counters_are_means_since_the_last_look() -> None:
    gpu = Gpu("GPU-0", utilization=100, profile=[(0, 0), (43.25, 12.3456789), (-1, 99)])
    library = StandIn(gpu)
    source = NvmlSource(NvmlConfig(), lambda: NOW, library)
    shown = [source.read(NOW, NOW + 1)[0].readings[0] for _ in range(4)]
    assert [(r.active_ppm, r.tensor_ppm) for r in shown] == [
        (1_000_000, None),  # nothing to compare with yet
        (432_500, 123_456),
        (1_000_000, 990_000),  # one of both is not supported
        (1_000_000, None),  # neither is
    ]
    assert (len(library.shown), library.starts) == (1, 1)


def test_slices() -> None:
    parts = {
        3: Gpu("MIG-3", f"{H100} MIG 3g.40gb", profile=[(0, 0), (80, 40)]),
        9: Gpu("MIG-9", f"{H100} MIG 4g.40gb", profile=[(0, 0), (20, 10)]),
        11: Gpu("MIG-11", f"{H100} MIG odd"),
    }
    gpu = Gpu("GPU-0", utilization=None, power_mw=300_000, remapped=None, slices=parts)
    source = NvmlSource(NvmlConfig(), lambda: NOW, StandIn(gpu))
    source.read(NOW, NOW + 1)
    (moment,) = source.read(NOW, NOW + 1)
    assert moment.readings == (
        Reading("GPU-0", "1650522003820", H100, weight_milli=0, power_mw=300_000),
        Reading("MIG-11", model=f"{H100} MIG odd", weight_milli=0),
        Reading("MIG-3", "", f"{H100} MIG 3g.40gb", 428, True, 800_000, 400_000),
        Reading("MIG-9", "", f"{H100} MIG 4g.40gb", 572, True, 200_000, 100_000),
    )


@pytest.mark.parametrize("action", [1, 2, 4, 6, 7])
def test_a_gpu_that_needs_a_reset_is_not_healthy(action: int) -> None:
    assert not look(StandIn(Gpu("GPU-0", action=action))).readings[0].healthy


@pytest.mark.parametrize("action", [None, 0, 3, 5])
def test_a_gpu_that_needs_none_is(action: int | None) -> None:
    assert look(StandIn(Gpu("GPU-0", action=action))).readings[0].healthy


def test_a_row_that_could_not_be_remapped() -> None:
    assert look(StandIn(Gpu("GPU-0", remapped=(9, 9, 1, 0)))).readings[0].healthy
    assert not look(StandIn(Gpu("GPU-0", remapped=(0, 0, 0, 1)))).readings[0].healthy


def test_a_lost_gpu_is_absent_until_it_is_found() -> None:
    gpus = Gpu("GPU-0", profile=[(0, 0)] * 9), Gpu("GPU-1", is_lost=True)
    library = StandIn(*gpus)
    source = NvmlSource(NvmlConfig(), lambda: NOW, library)
    (moment,) = source.read(NOW, NOW + 1)
    assert [r.device for r in moment.readings] == ["GPU-0"]
    # The library is started anew, and what it lent was given back.
    assert (library.starts, library.shown) == (1, {})
    gpus[1].is_lost = False
    (moment,) = source.read(NOW, NOW + 1)
    assert [r.device for r in moment.readings] == ["GPU-0", "GPU-1"]
    assert library.starts == 2


def test_a_driver_that_is_gone_is_a_look_in_vain() -> None:
    library = StandIn(Gpu("GPU-0"))
    source = NvmlSource(NvmlConfig(), lambda: NOW, library)
    assert len(source.read(NOW, NOW + 1)[0].readings) == 1
    library.failure = pynvml.NVMLError_Unknown  # while it is in use
    assert source.read(NOW, NOW + 1) == [Moment(NOW)]
    library.failure = pynvml.NVMLError_DriverNotLoaded
    assert source.read(NOW, NOW + 1) == [Moment(NOW)]
    library.failure = None
    assert len(source.read(NOW, NOW + 1)[0].readings) == 1


def test_a_library_that_does_not_start_is_no_look() -> None:
    library = StandIn()
    library.failure = pynvml.NVMLError_LibraryNotFound
    with pytest.raises(SourceError, match=r"NVML does not start here: .*Not Found"):
        look(library)


def test_without_the_package_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", None)
    source = make_source(NvmlConfig(), lambda: NOW)
    assert source.read(NOW + 1, NOW + 2) == []
    with pytest.raises(SourceError, match=r"install wellhead\[nvml\]"):
        source.read(NOW, NOW + 1)


def test_the_real_library_or_its_absence() -> None:
    """On a machine with a GPU this looks at it; without one it must say so."""
    source = make_source(NvmlConfig(), lambda: NOW)
    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError_DriverNotLoaded:
        assert source.read(NOW, NOW + 1) == [Moment(NOW)]
    except pynvml.NVMLError:
        with pytest.raises(SourceError, match="NVML does not start here"):
            source.read(NOW, NOW + 1)
    else:
        (moment,) = source.read(NOW, NOW + 1)
        assert {r.weight_milli for r in moment.readings} <= set(range(1001))
