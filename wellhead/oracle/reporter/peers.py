"""The other reporters: what they measured is asked for before an hour is judged, so that nobody in
between can hide it."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait

from wellhead.chain import KeyAccount
from wellhead.oracle.client import ReporterClient, ReporterRefused, ReporterUnreachable
from wellhead.oracle.deadline import within
from wellhead.oracle.measurements import Signed

log = logging.getLogger("wellhead.reporter")

#: Seconds that all peers together have to answer.
PATIENCE = 4.0
#: Seconds for which a peer that did not answer is left alone.
REST = 10.0
#: Questions that one peer is asked at the same time.
AT_ONCE = 2


class Peers:
    """Asks the other reporters, all at the same time; who does not answer is passed over. Each has
    workers of its own, so that one that is slow keeps nobody from hearing the others."""

    def __init__(
        self,
        urls: Sequence[str],
        account: KeyAccount,
        clock: Callable[[], float] = time.monotonic,
        patience: float = PATIENCE,
    ) -> None:
        self._workers = {
            ReporterClient(url, account, timeout=patience): ThreadPoolExecutor(AT_ONCE, "peer")
            for url in urls
        }
        self._clock, self._patience = clock, patience
        self._resting: dict[str, float] = {}
        self._turn = threading.Lock()

    def measurements(self, cluster: int, begin: int, end: int) -> list[Signed]:
        """What the peers have seen of the hours [begin, end), unchecked."""
        answers = self.answers(cluster, begin, end).values()
        return [signed for answer in answers for signed in answer]

    def answers(self, cluster: int, begin: int, end: int) -> dict[str, list[Signed]]:
        """The same, by the peers' addresses."""
        now, until = self._clock(), time.monotonic() + self._patience
        asked = {
            workers.submit(self._ask, client, cluster, begin, end, now, until): client.url
            for client, workers in self._workers.items()
            if self._is_awake(client.url)
        }
        done, late = wait(asked, timeout=self._patience)
        for future in late:
            # Whose turn did not come was not asked. Who was asked has no time left either.
            if not future.cancel():
                self._let_rest(asked[future], now)
        return {asked[future]: future.result() for future in done}

    def forged(self, url: str) -> None:
        """Leave a peer alone for a while that showed what was not signed."""
        self._let_rest(url, self._clock())

    def silent(self) -> list[str]:
        """Peers that did not answer when they were asked last."""
        with self._turn:
            return sorted(self._resting)

    def close(self) -> None:
        for client, workers in self._workers.items():
            workers.shutdown(wait=False, cancel_futures=True)
            client.close()

    def _ask(
        self,
        client: ReporterClient,
        cluster: int,
        begin: int,
        end: int,
        now: float,
        until: float,
    ) -> list[Signed]:
        left = until - time.monotonic()
        if left <= 0:
            return []  # its turn came too late: it was not asked
        try:
            with within(left):  # who it is may have to be asked first
                found = client.measurements(cluster, begin, end)
        except (ReporterUnreachable, ReporterRefused, ValueError) as error:
            log.warning("%s", error)
            self._let_rest(client.url, now)
            return []
        with self._turn:
            self._resting.pop(client.url, None)
        return found

    def _let_rest(self, url: str, asked: float) -> None:
        """From when it was asked: that it did not answer is known sooner or later, and twice."""
        with self._turn:
            self._resting[url] = max(asked, self._resting.get(url, asked))

    def _is_awake(self, url: str) -> bool:
        with self._turn:
            since = self._resting.get(url)
        return since is None or self._clock() - since >= REST
