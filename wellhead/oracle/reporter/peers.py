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
from wellhead.oracle.measurements import Signed

log = logging.getLogger("wellhead.reporter")

#: Seconds that all peers together have to answer.
PATIENCE = 4.0
#: Seconds for which a peer that did not answer is left alone.
REST = 10.0


class Peers:
    """Asks the other reporters, all at the same time; who does not answer is passed over."""

    def __init__(
        self,
        urls: Sequence[str],
        account: KeyAccount,
        clock: Callable[[], float] = time.monotonic,
        patience: float = PATIENCE,
    ) -> None:
        self._clients = [ReporterClient(url, account, timeout=patience) for url in urls]
        self._clock, self._patience = clock, patience
        self._resting: dict[str, float] = {}
        self._turn = threading.Lock()
        self._workers = ThreadPoolExecutor(max(1, 2 * len(urls)), "peers")

    def measurements(self, cluster: int, begin: int, end: int) -> list[Signed]:
        """What the peers have seen of the hours [begin, end), unchecked."""
        now = self._clock()
        asked = {
            self._workers.submit(self._ask, client, cluster, begin, end, now): client.url
            for client in self._clients
            if self._is_awake(client.url)
        }
        done, late = wait(asked, timeout=self._patience)
        for future in late:
            future.cancel()
            self._let_rest(asked[future], now)
        return [signed for future in done for signed in future.result()]

    def silent(self) -> list[str]:
        """Peers that did not answer when they were asked last."""
        with self._turn:
            return sorted(self._resting)

    def close(self) -> None:
        self._workers.shutdown(wait=False, cancel_futures=True)
        for client in self._clients:
            client.close()

    def _ask(
        self, client: ReporterClient, cluster: int, begin: int, end: int, now: float
    ) -> list[Signed]:
        try:
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
