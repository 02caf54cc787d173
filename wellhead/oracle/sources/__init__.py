"""Where measurements come from: sources that look at a cluster and show its devices.

`wellhead.oracle.sources.base.Source` says what a source is; a `SourceConfig` says which one, and
`make_source` makes it. docs/metrics.md says which of a source's fields become which number.
"""

from __future__ import annotations

from typing import Annotated

import httpx
from pydantic import Field

from wellhead.oracle.deadline import http_client
from wellhead.oracle.sources.base import Clock as Clock
from wellhead.oracle.sources.base import Source as Source
from wellhead.oracle.sources.base import SourceError as SourceError
from wellhead.oracle.sources.base import machine_clock
from wellhead.oracle.sources.dcgm import DcgmConfig as DcgmConfig
from wellhead.oracle.sources.dcgm import DcgmSource
from wellhead.oracle.sources.nvml import NvmlConfig as NvmlConfig
from wellhead.oracle.sources.nvml import NvmlSource
from wellhead.oracle.sources.prometheus import PrometheusConfig as PrometheusConfig
from wellhead.oracle.sources.prometheus import PrometheusSource
from wellhead.oracle.sources.trace import TraceConfig as TraceConfig
from wellhead.oracle.sources.trace import TraceSource

SourceConfig = Annotated[
    DcgmConfig | PrometheusConfig | NvmlConfig | TraceConfig, Field(discriminator="kind")
]


def make_source(
    config: SourceConfig, now: Clock = machine_clock, http: httpx.Client | None = None
) -> Source:
    """The source that a configuration asks for. `now` is the machine's clock, in unix seconds."""
    if isinstance(config, NvmlConfig):
        return NvmlSource(config, now)
    if isinstance(config, TraceConfig):
        return TraceSource(config)
    client = http or http_client()
    if isinstance(config, DcgmConfig):
        return DcgmSource(config, now, client)
    return PrometheusSource(config, now, client)
