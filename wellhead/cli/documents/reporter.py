"""Documents of running a reporter, and of what is stated to reporters."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from wellhead.cli.documents.parts import Address, Document, Integer, Part, Sent, Word


class ReporterServe(Document):
    """A reporter that listens now. It goes on until it is stopped."""

    reporter: Address
    url: str
    store: str
    rpc: str
    clusters: list[Integer]
    peers: list[str]


class ReporterCluster(Part):
    """The last look at a cluster, and the last hours that were measured and signed, if any."""

    cluster: Integer
    last_moment_s: Integer | None
    last_measured_hour: Integer | None
    last_signed_hour: Integer | None


class ReporterStatus(Document):
    """How a reporter is. `ok` when there are no problems; `is_signer`, the chain's time and its
    clock less that, in seconds, are null where it can not reach its node."""

    url: str
    reporter: Address
    chain_id: Integer
    oracle: Address
    ok: bool
    is_signer: bool | None
    chain_time_s: Integer | None
    skew_s: Integer | None
    clusters: list[ReporterCluster]
    problems: list[str]


class HeartbeatAnswer(Part):
    """What a reporter made of it: `passed_over` when it counts for nothing, because it measured
    that hour before or has another statement of the lease."""

    url: str
    outcome: Literal["taken", "passed_over", "refused", "unanswered"]
    detail: str | None


class OracleHeartbeat(Sent):
    """A statement that a lease was used, signed by its user, and what reporters made of it. With
    `dry_run` nobody signed or was asked."""

    lease: Integer
    cluster: Integer
    hour: Integer
    units: Integer
    user: Address
    digest: Word
    signature: str | None = Field(pattern=r"^0x[0-9a-f]{128}$")
    reporters: list[HeartbeatAnswer]
