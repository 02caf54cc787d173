"""What a reporter asks its node, and a node that does not answer."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

from wellhead.chain import Deployment, NodeUnreachable, Reverted, RpcError
from wellhead.chain.record import DeploymentError
from wellhead.oracle.bookings import Bookings
from wellhead.oracle.chain import ChainView, Cluster, Signers
from wellhead.oracle.heard import heard
from wellhead.oracle.measurements import Domain, Key

NOBODY = "0x" + "0" * 40
#: Characters of what a node says.
MOST_SENTENCE = 500


class Unready(Exception):  # noqa: N818
    """The node does not answer, or is not on the deployment's chain; a sentence says which."""


@dataclass(frozen=True)
class Lease:
    """A lease as heartbeats need it: hours [start, stop), and who may say that it is used, its user
    or, where it has none, its owner."""

    number: int
    cluster: int
    units: int
    start: int
    stop: int
    holder: str


class View(Protocol):
    """What decisions rest on. Every method raises Unready while the chain can not be read."""

    @property
    def domain(self) -> Domain: ...

    def now(self) -> int:
        """Unix time of the latest block."""
        ...

    def settled(self, time_s: int) -> int:
        """The latest block's number, to read several things at; Unready where that block is older
        than a unix time."""
        ...

    def signers(self) -> Signers: ...

    def cluster(self, number: int) -> Cluster | None: ...

    def records(self, keys: Sequence[Key]) -> list[Mapping[str, Any]]:
        """IMetricsOracle.Record of each (cluster, hour)."""
        ...

    def bookings(
        self, cluster: int, hours: Sequence[int], block: int | None = None
    ) -> list[Bookings | None]:
        """What was booked in each hour, and from when on; the hours are over. None where the node
        disagrees with itself."""
        ...

    def attested(self, cluster: int, hours: Sequence[int], block: int | None = None) -> list[int]:
        """Units attested at the end of each hour, or at the block where that is earlier."""
        ...

    def lease(self, number: int) -> Lease | None: ...


class NodeView:
    """The view through a node. `check` runs before the first question, again until it passes: it
    raises where node and deployment do not belong together, or the key must not sign there."""

    def __init__(self, deployment: Deployment, check: Callable[[], None]) -> None:
        self.deployment = deployment
        self._chain = ChainView(deployment)
        self._check = check
        self._is_checked = False
        self._turn = threading.Lock()

    @property
    def domain(self) -> Domain:
        return self._chain.domain

    def now(self) -> int:
        with self._asking():
            return self._chain.now()

    def settled(self, time_s: int) -> int:
        with self._asking():
            return self._chain.settled(time_s)

    def signers(self) -> Signers:
        with self._asking():
            return self._chain.signers()

    def cluster(self, number: int) -> Cluster | None:
        with self._asking():
            try:
                return self._chain.cluster(number)
            except Reverted:
                return None

    def records(self, keys: Sequence[Key]) -> list[Mapping[str, Any]]:
        with self._asking():
            return list(self._chain.records(keys))

    def bookings(
        self, cluster: int, hours: Sequence[int], block: int | None = None
    ) -> list[Bookings | None]:
        with self._asking():
            return self._chain.bookings(cluster, hours, block)

    def attested(self, cluster: int, hours: Sequence[int], block: int | None = None) -> list[int]:
        with self._asking():
            return self._chain.attested(cluster, hours, block)

    def lease(self, number: int) -> Lease | None:
        with self._asking():
            try:
                body, user, owner = self.deployment.market.call_many(
                    [("leaseOf", [number]), ("userOf", [number]), ("ownerOf", [number])]
                )
            except Reverted:
                return None
        return Lease(
            number=number,
            cluster=int(body["clusterId"]),
            units=int(body["units"]),
            start=int(body["start"]),
            stop=int(body["stop"]),
            holder=str(owner if user == NOBODY else user),
        )

    @contextmanager
    def _asking(self) -> Iterator[None]:
        try:
            with self._turn:
                if not self._is_checked:
                    self._check()
                    self._is_checked = True
            yield
        except (NodeUnreachable, RpcError, DeploymentError) as error:
            raise Unready(heard(error, MOST_SENTENCE)) from error
