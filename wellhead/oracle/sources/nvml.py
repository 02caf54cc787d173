"""Live: the GPUs of this machine through NVML, NVIDIA's own library.

For a reporter's agent that runs on the node itself. It needs `nvidia-ml-py` (the extra "nvml") and
NVIDIA's driver. What a GPU does not support it does not show.
"""

from __future__ import annotations

import importlib
import math
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any, Literal, TypeVar

from wellhead.oracle.mig import part_of, shares
from wellhead.oracle.readings import Moment, Reading
from wellhead.oracle.sources.base import Clock, SourceError, SourceTable, Weight, scaled

_Q = 1_000_000
_Given = TypeVar("_Given")

#: What the driver may ask for that keeps a GPU from working: resets and reboots, not 0 (nothing),
#: 3 and 5 (others must let go of it).
_RESETS = {1, 2, 4, 6, 7}


class NvmlConfig(SourceTable):
    kind: Literal["nvml"] = "nvml"
    weight_milli: Weight = 1000


class NvmlSource:
    """Looks at this machine's GPUs. `library` is the module `pynvml`, imported on the first look
    where it is not given."""

    name = "nvml"

    def __init__(self, config: NvmlConfig, now: Clock, library: Any = None) -> None:
        self._weight, self._now, self._library = config.weight_milli, now, library
        #: The last sample of each GPU's and slice's profiling counters.
        self._profiled: dict[str, Any] = {}
        self._is_started = False

    def read(self, begin_s: int, end_s: int) -> list[Moment]:
        time_s = self._now()
        if not begin_s <= time_s < end_s:
            return []
        nvml = self._started()
        if nvml is None:
            return [Moment(time_s)]
        count = self._ask(nvml.nvmlDeviceGetCount)
        gpus = [list(self._gpu(nvml, index)) for index in range(count or 0)]
        if count is None or not all(gpus):
            self._stop(nvml)
        readings = (reading for gpu in gpus for reading in gpu)
        return [Moment(time_s, tuple(sorted(readings, key=lambda reading: reading.device)))]

    def _stop(self, nvml: Any) -> None:
        """Begin anew at the next look: what is lost now may be back with another driver."""
        for sample in self._profiled.values():
            self._ask(nvml.nvmlGpmSampleFree, sample)
        self._profiled.clear()
        self._ask(nvml.nvmlShutdown)
        self._is_started = False

    def _started(self) -> Any:
        """The library, ready to be asked; None where the driver, and so every GPU, is gone."""
        if self._library is None:
            try:
                self._library = importlib.import_module("pynvml")
            except ImportError as error:
                raise SourceError(
                    "reading this machine's GPUs needs nvidia-ml-py: install wellhead[nvml]"
                ) from error
        nvml = self._library
        if not self._is_started:
            try:
                nvml.nvmlInit()
            except nvml.NVMLError_DriverNotLoaded:
                return None
            except nvml.NVMLError as error:
                raise SourceError(f"NVIDIA's library NVML does not start here: {error}") from error
            self._is_started = True
        return nvml

    def _ask(self, question: Callable[..., _Given], *arguments: Any) -> _Given | None:
        """The answer, or None where there is none: not supported, not found, the GPU lost."""
        try:
            return question(*arguments)
        except self._library.NVMLError:
            return None

    def _gpu(self, nvml: Any, index: int) -> Iterator[Reading]:
        ask = self._ask
        gpu = ask(nvml.nvmlDeviceGetHandleByIndex, index)
        uuid = ask(nvml.nvmlDeviceGetUUID, gpu) if gpu is not None else None
        if uuid is None:
            return
        slices = list(self._slices(nvml, gpu))
        rates = ask(nvml.nvmlDeviceGetUtilizationRates, gpu)
        by_gpm, tensor = (None, None) if slices else self._profile(nvml, uuid, gpu, None)
        by_driver = rates and scaled(Decimal(rates.gpu), _Q // 100, _Q)
        model = ask(nvml.nvmlDeviceGetName, gpu) or ""
        is_healthy = self._is_healthy(nvml, gpu)
        yield Reading(
            device=uuid,
            serial=ask(nvml.nvmlDeviceGetSerial, gpu) or "",
            model=model,
            weight_milli=0 if slices else self._weight,
            healthy=is_healthy,
            active_ppm=None if slices else by_driver if by_gpm is None else by_gpm,
            tensor_ppm=tensor,
            power_mw=ask(nvml.nvmlDeviceGetPowerUsage, gpu),
            energy_mj=ask(nvml.nvmlDeviceGetTotalEnergyConsumption, gpu),
        )
        # Their names end in their profiles.
        named = [(ask(nvml.nvmlDeviceGetName, one) or "", name, one) for name, one in slices]
        parts = [part_of(said.rpartition(" ")[2], model) for said, _, _ in named]
        known = iter(shares(self._weight, [part for part in parts if part is not None]))
        for (said, name, one), part in zip(named, parts, strict=True):
            number = ask(nvml.nvmlDeviceGetGpuInstanceId, one)
            active, tensor = self._profile(nvml, name, gpu, number)
            yield Reading(
                device=name,
                model=said,
                weight_milli=0 if part is None else next(known),
                healthy=is_healthy,
                active_ppm=active,
                tensor_ppm=tensor,
            )

    def _slices(self, nvml: Any, gpu: Any) -> Iterator[tuple[str, Any]]:
        """(UUID, handle) of the slices that a GPU is cut into."""
        mode = self._ask(nvml.nvmlDeviceGetMigMode, gpu)
        if not mode or mode[0] != nvml.NVML_DEVICE_MIG_ENABLE:
            return
        for index in range(self._ask(nvml.nvmlDeviceGetMaxMigDeviceCount, gpu) or 0):
            one = self._ask(nvml.nvmlDeviceGetMigDeviceHandleByIndex, gpu, index)
            name = self._ask(nvml.nvmlDeviceGetUUID, one) if one is not None else None
            if name is not None:
                yield name, one

    def _is_healthy(self, nvml: Any, gpu: Any) -> bool:
        remapped = self._ask(nvml.nvmlDeviceGetRemappedRows, gpu)
        if remapped and remapped[3]:
            return False
        wanted = self._ask(
            nvml.nvmlDeviceGetFieldValues, gpu, [nvml.NVML_FI_DEV_GET_GPU_RECOVERY_ACTION]
        )
        if not wanted or wanted[0].nvmlReturn != nvml.NVML_SUCCESS:
            return True
        return wanted[0].value.uiVal not in _RESETS

    def _profile(
        self, nvml: Any, name: str, gpu: Any, number: int | None
    ) -> tuple[int | None, int | None]:
        """(active, tensor) millionths since the last look, by the profiling counters that GPUs
        have since Hopper; of the slice with that number, if one is given."""
        ask = self._ask
        support = ask(nvml.nvmlGpmQueryDeviceSupport, gpu)
        sample = ask(nvml.nvmlGpmSampleAlloc) if support and support.isSupportedDevice else None
        if sample is None:
            return None, None
        taken = (
            ask(nvml.nvmlGpmSampleGet, gpu, sample)
            if number is None
            else ask(nvml.nvmlGpmMigSampleGet, gpu, number, sample)
        )
        if taken is None:
            ask(nvml.nvmlGpmSampleFree, sample)
            return None, None
        before, self._profiled[name] = self._profiled.get(name), sample
        if before is None:
            return None, None
        wanted = nvml.c_nvmlGpmMetricsGet_t()
        wanted.version, wanted.numMetrics = nvml.NVML_GPM_METRICS_GET_VERSION, 2
        wanted.sample1, wanted.sample2 = before, sample
        wanted.metrics[0].metricId = nvml.NVML_GPM_METRIC_GRAPHICS_UTIL
        wanted.metrics[1].metricId = nvml.NVML_GPM_METRIC_ANY_TENSOR_UTIL
        given = ask(nvml.nvmlGpmMetricsGet, wanted)
        ask(nvml.nvmlGpmSampleFree, before)
        if given is None:
            return None, None
        active, tensor = (
            scaled(Decimal(repr(metric.value)), _Q // 100, _Q)
            if metric.nvmlReturn == nvml.NVML_SUCCESS and math.isfinite(metric.value)
            else None
            for metric in (given.metrics[0], given.metrics[1])
        )
        return active, tensor
