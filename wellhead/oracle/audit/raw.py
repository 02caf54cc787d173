"""Whether raw samples come to the measurement that was signed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from wellhead.chain import Deployment, Reverted
from wellhead.chain.signing import heartbeat_digest
from wellhead.oracle import wire
from wellhead.oracle.audit.batches import Problem, difference
from wellhead.oracle.audit.findings import Check
from wellhead.oracle.bookings import told
from wellhead.oracle.chain import HOUR
from wellhead.oracle.hours import Frame, measure_hour
from wellhead.oracle.measurements import Domain, Measurement, Signed, recovered, root_of
from wellhead.oracle.readings import Heartbeat, HourSamples

#: What lines may be that are not what they should be: whoever wrote them may have meant harm.
_UNFIT = (ValueError, TypeError, AttributeError, KeyError, ArithmeticError, RecursionError)


class Leases:
    """Who had which lease, from the market's events."""

    def __init__(self, deployment: Deployment, block: int) -> None:
        self._market, self._first = deployment.market, deployment.block
        self._block = block
        self._known: dict[int, tuple[int, set[str]] | None] = {}

    def of(self, number: int) -> tuple[int, set[str]] | None:
        """A lease's cluster, and all who ever owned or used it; None when there is none."""
        if number not in self._known:
            self._known[number] = self._read(number)
        return self._known[number]

    def _read(self, number: int) -> tuple[int, set[str]] | None:
        market, span = self._market, (self._first, self._block)
        try:
            cluster = int(market.call("leaseOf", number, block=self._block)["clusterId"])
        except Reverted:
            return None
        moves = market.events("Transfer", *span, indexed=[None, None, number])
        uses = market.events("UpdateUser", *span, indexed=[number])
        people = {str(event["to"]) for event in moves} | {str(event["user"]) for event in uses}
        return cluster, people


class RawCheck:
    """Checks the raw samples of one cluster; `frame_of` tells what the chain says of an hour."""

    def __init__(
        self, domain: Domain, leases: Leases, cluster: int, frame_of: Callable[[int], Frame]
    ) -> None:
        self._domain, self._leases = domain, leases
        self._cluster, self._frame_of = cluster, frame_of
        self._latest: tuple[Frame, Sequence[bytes], HourSamples, Measurement] | None = None

    def problems(self, signed: Signed, raw: wire.RawSamples) -> list[Problem]:
        """What is wrong with the raw samples of a measurement. Of lines that are others than the
        signed ones nothing more is said."""
        return [
            Problem(check, detail, signed.reporter)
            for check, detail in self._problems(signed.measurement, raw)
        ]

    def _problems(
        self, measurement: Measurement, raw: wire.RawSamples
    ) -> Iterator[tuple[Check, str]]:
        frame = self._frame_of(measurement.sample.hour)
        if (raw.booked, (*raw.late,)) != (frame.bookings.booked, frame.bookings.late):
            said = told(raw.booked, raw.late)
            yield "booked", f"booked {said} by the reporter, {frame.bookings.told} by the market"
        if raw.attested != frame.attested:
            said = f"attested {raw.attested} by the reporter, {frame.attested} by the registry"
            yield "attested", said
        lines = [line.encode("utf-8", "replace") for line in raw.lines]
        if len({*lines}) != len(lines):
            yield _lines_problem(lines, measurement, "are not all different")
            return
        try:
            samples, again = self._measured(frame, lines)
            beats = [self._beat_problem(beat) for beat in samples.heartbeats]
        except _UNFIT as error:
            yield _lines_problem(lines, measurement, f"make no measurement: {error}")
            return
        if again.root != measurement.root:
            # What was read is not all that was there, or there is more.
            yield _lines_problem(lines, measurement, "are not in their canonical form")
            return
        for beat in beats:
            if beat is not None:
                yield "heartbeat", beat
        if again != measurement:
            yield "measurement", _differences(measurement, again)

    def _measured(self, frame: Frame, lines: Sequence[bytes]) -> tuple[HourSamples, Measurement]:
        """Reporters that read the same source have the same lines: they are measured once."""
        if self._latest is None or self._latest[:2] != (frame, lines):
            samples = HourSamples.parse(lines, frame.hour * HOUR)
            self._latest = (frame, lines, samples, measure_hour(frame, samples))
        return self._latest[2:]

    def _beat_problem(self, beat: Heartbeat) -> str | None:
        """Of the right hour it is, or there would be no measurement."""
        domain, number = self._domain, beat.lease_id
        digest = heartbeat_digest(domain.chain_id, domain.oracle, number, beat.hour, beat.units)
        signature = bytes.fromhex(beat.signature.removeprefix("0x"))
        if recovered(digest, signature) != beat.user:
            return f"{beat.user} did not sign the heartbeat of lease {number}"
        lease = self._leases.of(number)
        if lease is None:
            return f"there is no lease {number} that had a heartbeat"
        cluster, people = lease
        if cluster != self._cluster:
            return f"lease {number}, which had a heartbeat, is of cluster {cluster}"
        if beat.user not in people:
            return f"{beat.user}, who signed a heartbeat, never had lease {number}"
        return None


def _lines_problem(
    lines: Sequence[bytes], measurement: Measurement, said: str
) -> tuple[Check, str]:
    """Why lines lead to another measurement, or to none: that they are not what was signed, where
    they are not."""
    if root_of(lines) != measurement.root:
        return "root", f"the {len(lines)} raw samples at hand are not those that were signed"
    return "lines", f"the raw samples {said}"


def _differences(signed: Measurement, again: Measurement) -> str:
    """Signed and recomputed values, where they differ."""
    parts = [
        difference(signed.sample, again.sample),
        difference(replace(signed, sample=again.sample), again),
    ]
    return f"signed and recomputed differ: {', '.join(part for part in parts if part)}"
