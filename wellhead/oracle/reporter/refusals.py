"""What a reporter does not do, and why: a reason for programs, a sentence for people."""

from __future__ import annotations

from collections.abc import Iterable

from wellhead.oracle import wire
from wellhead.oracle.measurements import Key, Signed


class Refusal(Exception):  # noqa: N818
    """A request that will not be done. `key` is the (cluster, hour) that it is about."""

    def __init__(
        self,
        reason: wire.Reason,
        detail: str,
        key: Key | None = None,
        missing: Iterable[Signed] = (),
        batch: wire.Batch | None = None,
    ) -> None:
        super().__init__(detail)
        self.reason = reason
        self.body = wire.Refused(
            reason=reason,
            detail=detail,
            cluster=key[0] if key else None,
            hour=key[1] if key else None,
            missing=[wire.MeasurementBody.of(signed) for signed in missing],
            batch=batch,
        )
