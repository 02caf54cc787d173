"""What a reporter is told, in a TOML file; deployments/reporter.toml is one. Relative paths are
relative to the file."""

from __future__ import annotations

import os
import re
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from wellhead.actions.errors import BadInput
from wellhead.actions.settings import sentence
from wellhead.oracle.canary import Challenger
from wellhead.oracle.reporter.database import LEAST_BYTES
from wellhead.oracle.reporter.limits import Rate
from wellhead.oracle.sources import SourceConfig

#: Accounts of a local chain that sign reports.
DEV_REPORTERS = (20, 24)
DEFAULT_RETENTION_DAYS = 400

#: Sources that remember nothing.
LIVE = ("dcgm", "nvml")

_VARIABLE = re.compile(r"\$\{(\w+)\}")

Url = Annotated[str, Field(pattern=r"^https?://[^\s/]+")]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class LimitTable(_Table):
    """How much may be asked. A body of more than 64 KiB counts as several requests, and raw samples
    as many of their address as there are 8 KiB of looks in the store."""

    account_per_minute: int = Field(default=600, ge=1)
    account_burst: int = Field(default=300, ge=1)
    address_per_minute: int = Field(default=3000, ge=1)
    address_burst: int = Field(default=1500, ge=1)
    max_body_bytes: int = Field(default=8 * 2**20, ge=1024, le=2**28)

    @property
    def account(self) -> Rate:
        return Rate(self.account_per_minute, self.account_burst)

    @property
    def address(self) -> Rate:
        return Rate(self.address_per_minute, self.address_burst)


class CanaryTable(_Table):
    """A job that the reporter asks a cluster to do, see `wellhead.oracle.canary`. `device` is what
    it answers for, empty for the whole cluster."""

    command: list[str] = Field(min_length=1)
    kind: Literal["gemm", "checksum"]
    device: str = ""
    timeout_s: float = Field(default=60.0, gt=0, le=600)
    #: It is asked after half of this to all of it, at a time that nobody knows before.
    every_s: int = Field(default=1800, ge=10, le=86_400)

    def challenger(self) -> Challenger:
        return Challenger(self.command, self.kind, self.device, self.timeout_s)


class ClusterTable(_Table):
    """How one cluster is measured. Times are in seconds."""

    cluster: int = Field(ge=1, lt=2**32)
    sources: list[SourceConfig] = Field(min_length=1)
    canaries: list[CanaryTable] = Field(default_factory=list)
    #: Between two looks at a live source.
    interval_s: int = Field(default=60, ge=1, le=1800)
    #: Longest time without a look in an hour that is signed for.
    max_gap_s: int = Field(default=300, ge=1, le=3600)
    #: After an hour's end, until it is measured.
    settle_s: int = Field(default=60, ge=0, le=3600)

    @model_validator(mode="after")
    def _is_live_or_not(self) -> ClusterTable:
        if len({is_live(source) for source in self.sources}) > 1:
            raise ValueError(
                "live sources (dcgm, nvml) and such as remember (prometheus, trace) do not look "
                "at the same times: a cluster has ones of a kind"
            )
        return self

    @model_validator(mode="after")
    def _canaries_are_answered_in_time(self) -> ClusterTable:
        for table in self.canaries:
            if table.timeout_s > self.settle_s:
                raise ValueError(
                    f"a canary's timeout_s = {table.timeout_s:g} is longer than settle_s = "
                    f"{self.settle_s}: its hour would be measured before it has failed"
                )
        return self

    @model_validator(mode="after")
    def _looks_often_enough(self) -> ClusterTable:
        if self.interval_s > self.max_gap_s:
            raise ValueError(
                f"interval_s = {self.interval_s} is longer than max_gap_s = {self.max_gap_s}: no "
                "hour could be signed for"
            )
        return self


class ReporterConfig(_Table):
    """All of it. Of `keyfile` and `dev_account` there is one."""

    host: str = "127.0.0.1"
    #: 0 for any that is free.
    port: int = Field(default=9750, ge=0, le=65535)
    store: Path
    #: Cap of the store; without one the disk is it.
    max_bytes: int | None = Field(default=None, ge=LEAST_BYTES)
    retention_days: int = Field(default=DEFAULT_RETENTION_DAYS, ge=1)
    rpc: Url
    deployment: Path
    keyfile: Path | None = None
    dev_account: int | None = Field(default=None, ge=DEV_REPORTERS[0], le=DEV_REPORTERS[1])
    peers: list[Url] = Field(default_factory=list, max_length=31)
    #: Seconds that the machine's clock and the chain's time may lie apart while live sources are
    #: measured.
    max_skew_s: int = Field(default=120, ge=1, le=3600)
    #: Seconds between two looks for hours that are due.
    tick_s: int = Field(default=15, ge=1, le=3600)
    limits: LimitTable = Field(default_factory=LimitTable)
    clusters: list[ClusterTable] = Field(default_factory=list, max_length=256)

    @model_validator(mode="after")
    def _consistent(self) -> ReporterConfig:
        if (self.keyfile is None) == (self.dev_account is None):
            raise ValueError(
                "the key: give keyfile, the path of a keystore, or on a local chain dev_account"
            )
        numbers = [table.cluster for table in self.clusters]
        for number in numbers:
            if numbers.count(number) > 1:
                raise ValueError(f"clusters names cluster {number} twice")
        return self

    def cluster(self, number: int) -> ClusterTable | None:
        return next((table for table in self.clusters if table.cluster == number), None)


def is_live(source: SourceConfig) -> bool:
    """Whether a source shows only what is now, so that it must be looked at all the time."""
    return source.kind in LIVE


def read_config(path: Path) -> ReporterConfig:
    """The file's settings, or BadInput that says what is wrong and where."""
    try:
        body = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise BadInput(f"{path}: can not be read ({error.strerror or error})") from error
    except ValueError as error:
        raise BadInput(f"{path}: not TOML ({error})") from error
    try:
        config = ReporterConfig.model_validate(_placed(_filled(body), path.parent))
    except ValidationError as error:
        raise BadInput(f"{path}: {sentence(error)}") from error
    except KeyError as error:
        raise BadInput(
            f"{path} names the environment variable {error.args[0]}, which is not set"
        ) from error
    return config


def _filled(value: Any) -> Any:
    """With ${NAME} in texts taken from the environment: a node's address may hold a secret."""
    if isinstance(value, str):
        return _VARIABLE.sub(lambda match: os.environ[match[1]], value)
    if isinstance(value, dict):
        return {name: _filled(item) for name, item in value.items()}
    return [_filled(item) for item in value] if isinstance(value, list) else value


def _placed(body: dict[str, Any], folder: Path) -> dict[str, Any]:
    """With paths from the file's folder on."""

    def placed(table: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
        return {
            name: str(folder / value) if name in names and isinstance(value, str) else value
            for name, value in table.items()
        }

    body = placed(body, ("store", "deployment", "keyfile"))
    for table in _tables(body.get("clusters")):
        if "sources" in table:
            table["sources"] = [
                placed(source, ("path",)) if isinstance(source, dict) else source
                for source in table["sources"]
            ]
    return body


def _tables(value: Any) -> list[dict[str, Any]]:
    """The tables in what should be a list of them; what is not is refused later."""
    listed = value if isinstance(value, list) else []
    return [
        table
        for table in listed
        if isinstance(table, dict) and isinstance(table.get("sources", []), list)
    ]
