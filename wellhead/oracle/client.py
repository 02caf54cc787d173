"""Asking a reporter."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from types import TracebackType
from typing import TypeVar

import httpx
from pydantic import BaseModel, ValidationError

from wellhead.chain import KeyAccount
from wellhead.oracle import requests, wire
from wellhead.oracle.deadline import exchange, http_client
from wellhead.oracle.heard import heard
from wellhead.oracle.measurements import Proposal, Signed

Answer = TypeVar("Answer", bound=BaseModel)

#: Bytes of an answer. In the largest, a refusal with the batch that was signed, are the words of
#: `MOST_SAMPLES` hours and `MOST_MEASUREMENTS` of 0.4 kB each: less than 4 MiB.
MOST_BYTES = 16 * 2**20
#: Bytes of an hour's raw samples. A device in a look is a line of 0.33 kB; 32,768 of them, as many
#: as a source can be told of, with a look a minute and the one before make 616 MiB.
MOST_RAW_BYTES = 2**30


class ReporterUnreachable(Exception):  # noqa: N818
    """No reporter answers at the address, or not as one."""

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(f"no reporter answers at {url}: {heard(reason)}")
        self.url = url


class ReporterRefused(Exception):  # noqa: N818
    """A reporter will not do it, and says why."""

    def __init__(self, url: str, refused: wire.Refused) -> None:
        super().__init__(f"the reporter at {url} refuses: {refused.detail}")
        self.url, self.refused = url, refused


class ReporterClient:
    """A reporter at an address; requests are signed by `account`, in this machine's time. A
    question and its whole answer take `timeout` seconds at most, however it trickles in. One that
    is larger than any honest one is none."""

    def __init__(
        self,
        url: str,
        account: KeyAccount,
        timeout: float = 10.0,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self.url = url.rstrip("/")
        self._account = account
        self._http = http_client(timeout, transport)
        self._reporter: str | None = None

    @property
    def reporter(self) -> str:
        """The address that the reporter signs with, by its own word."""
        if self._reporter is None:
            self._reporter = self.health().reporter
        return self._reporter

    def health(self) -> wire.Health:
        return self._parse(wire.Health, self._send("GET", "/health", b"", {}))

    def measurements(self, cluster: int, begin: int, end: int) -> list[Signed]:
        """All that the reporter has seen of the hours [begin, end) of a cluster, unchecked."""
        target = f"/measurements?cluster={cluster}&begin={begin}&end={end}"
        answer = self._ask(wire.Measurements, "GET", target)
        return [body.signed() for body in answer.measurements]

    def push(self, measurements: Iterable[Signed]) -> int:
        """Show it measurements; how many it takes."""
        return self._ask(
            wire.Taken, "POST", "/measurements", wire.Measurements.of(measurements)
        ).taken

    def grant(self, proposal: Proposal, signatures: Sequence[bytes] = ()) -> bytes:
        """Its signature on a batch, 64 bytes; ReporterRefused with the reason else."""
        body = wire.Batch.of(proposal, signatures)
        return bytes.fromhex(self._ask(wire.Granted, "POST", "/batches", body).signature[2:])

    def grant_recount(self, proposal: Proposal, signatures: Sequence[bytes] = ()) -> bytes:
        """Its signature on the recount of a contested hour."""
        body = wire.Batch.of(proposal, signatures)
        return bytes.fromhex(self._ask(wire.Granted, "POST", "/recounts", body).signature[2:])

    def signed_batch(self, cluster: int, hour: int) -> wire.Batch:
        """The batch that binds it for an hour."""
        return self._ask(wire.Batch, "GET", f"/batches/{cluster}/{hour}")

    def signed_under(self, digest: bytes) -> wire.Batch:
        """The batch, or recount, that it signed under this digest."""
        return self._ask(wire.Batch, "GET", f"/signed/0x{digest.hex()}")

    def raw_samples(self, cluster: int, hour: int) -> wire.RawSamples:
        """What its own measurement of an hour rests on."""
        target = f"/samples/{cluster}/{hour}"
        return self._ask(wire.RawSamples, "GET", target, most=MOST_RAW_BYTES)

    def heartbeat(self, body: wire.HeartbeatBody) -> int:
        return self._ask(wire.Taken, "POST", "/heartbeats", body).taken

    def close(self) -> None:
        self._http.close()

    def __enter__(self) -> ReporterClient:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _ask(
        self,
        kind: type[Answer],
        method: str,
        target: str,
        body: BaseModel | None = None,
        most: int = MOST_BYTES,
    ) -> Answer:
        content = b"" if body is None else body.model_dump_json().encode()
        now = time.time_ns() // 10**9
        signed = requests.headers_for(self._account, method, target, now, self.reporter, content)
        return self._parse(kind, self._send(method, target, content, signed, most))

    def _send(
        self,
        method: str,
        target: str,
        content: bytes,
        headers: dict[str, str],
        most: int = MOST_BYTES,
    ) -> httpx.Response:
        if content:
            headers = {**headers, "content-type": "application/json"}
        try:
            response = exchange(
                self._http, method, self.url + target, most, headers, content=content
            )
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise ReporterUnreachable(self.url, str(error) or type(error).__name__) from error
        if response.is_success:
            return response
        try:
            refused = wire.Refused.model_validate_json(response.content)
        except ValidationError as error:
            raise ReporterUnreachable(self.url, f"status {response.status_code}") from error
        raise ReporterRefused(self.url, refused)

    def _parse(self, kind: type[Answer], response: httpx.Response) -> Answer:
        try:
            return kind.model_validate_json(response.content)
        except ValidationError as error:
            raise ReporterUnreachable(self.url, f"its answer is no {kind.__name__}") from error
