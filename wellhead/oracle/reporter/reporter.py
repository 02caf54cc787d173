"""One reporter: what the service does when it is asked, and what happens by itself."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Sequence

from wellhead.chain import KeyAccount
from wellhead.oracle import wire
from wellhead.oracle.chain import HOUR, portions
from wellhead.oracle.heard import heard
from wellhead.oracle.measurements import (
    Key,
    Kind,
    Signed,
    told,
)
from wellhead.oracle.reporter.measuring import Measuring
from wellhead.oracle.reporter.metrics import Metrics
from wellhead.oracle.reporter.peers import Peers
from wellhead.oracle.reporter.policy import Policy
from wellhead.oracle.reporter.refusals import Refusal
from wellhead.oracle.reporter.rounds import Rounds
from wellhead.oracle.reporter.store import Store
from wellhead.oracle.reporter.view import Unready, View
from wellhead.oracle.reporter.watching import Watch

log = logging.getLogger("wellhead.reporter")


class Reporter:
    """A reporter with its key, its store, its view of the chain and the clusters it watches. `now`
    is the machine's unix time."""

    def __init__(
        self,
        account: KeyAccount,
        store: Store,
        view: View,
        watches: Iterable[Watch] = (),
        peers: Sequence[str] = (),
        *,
        max_skew_s: int = 120,
        retention_s: int = 400 * 24 * HOUR,
        tick_s: int = 15,
        now: Callable[[], int] = lambda: int(time.time()),
    ) -> None:
        self._account, self._store, self._view, self._now = account, store, view, now
        self._peers = Peers(peers, account)
        self.metrics = Metrics()
        self.measuring = Measuring(
            store, view, account, watches, max_skew_s, now, heard=self.metrics.heard
        )
        self._policy = Policy(store, view, account, self.measuring.settle_of, self._gather)
        self.rounds = Rounds(store, view, self.measuring, self.metrics, tick_s, retention_s, now)

    @property
    def address(self) -> str:
        return self._account.address

    def start(self) -> None:
        """Begin to look and to measure by itself."""
        self.rounds.start()

    def close(self) -> None:
        """Stop all of it; what was begun is finished first. It may be closed twice."""
        self.rounds.stop()
        self._peers.close()
        self._store.close()

    # What is asked for

    def measurements(self, cluster: int, begin: int, end: int) -> list[Signed]:
        """All that it has seen of the hours [begin, end)."""
        self.measuring.make_due(cluster, range(begin, end))
        return self._store.seen(cluster, begin, end)

    def take(self, measurements: Iterable[Signed]) -> int:
        return self._policy.take(measurements)

    def grant(self, kind: Kind, batch: wire.Batch) -> wire.Granted:
        """Its signature on a batch, or Refusal, after it asked its peers for what it lacks."""
        try:
            grant = self._policy.grant(self._policy.prepare(kind, batch))
        except Refusal as refusal:
            self.metrics.refused.labels(kind, refusal.reason).inc()
            raise
        self.metrics.granted.labels(kind).inc()
        return wire.Granted(
            reporter=self.address,
            digest="0x" + grant.digest.hex(),
            signature="0x" + grant.signature.hex(),
        )

    def signed_batch(self, cluster: int, hour: int) -> wire.Batch | None:
        found = self._store.signed_for("report", (cluster, hour))
        return found[1].batch if found else None

    def signed_under(self, digest: bytes) -> wire.Batch | None:
        """The batch or recount with this digest, if it was signed."""
        found = self._store.granted(digest)
        return found.batch if found else None

    def raw_samples(self, cluster: int, hour: int) -> wire.RawSamples | None:
        """What its own measurement rests on; made now if it is due."""
        if self._store.own(cluster, hour) is None:
            self.measuring.make_due(cluster, [hour])
        own, samples = self._store.own(cluster, hour), self._store.raws.samples(cluster, hour)
        if own is None or samples is None:
            return None
        return wire.RawSamples.of(own.signed, own.bookings, own.attested, samples)

    def stored_bytes(self, cluster: int, hour: int) -> int:
        """How large in the store the looks are that its own measurement rests on."""
        return self._store.raws.stored(cluster, hour)

    def heartbeat(self, body: wire.HeartbeatBody) -> int:
        return self._policy.heartbeat(body, lambda cluster: cluster in self.measuring.watches)

    # How it is

    def health(self) -> wire.Health:
        """How it is; whoever reads it needs no log."""
        problems = []
        chain_time, is_signer = None, None
        try:
            chain_time = self._view.now()
            is_signer = self.address in self._view.signers().addresses
        except Unready as error:
            problems.append(str(error))
        if is_signer is False:
            problems.append(f"{self.address} is none of the chain's reporters")
        if self._store.database.refusal:
            problems.append(f"nothing can be written to the store: {self._store.database.refusal}")
        problems += self.measuring.shares.problems()
        watches = self.measuring.watches.values()
        if chain_time is not None and any(watch.is_live for watch in watches):
            skew = self.measuring.skew_problem(chain_time)
            problems += [skew] if skew else []
        problems += [text for text in self.rounds.problems() if text not in problems]
        problems += [f"the peer {url} does not answer" for url in self._peers.silent()]
        clusters = []
        for watch in watches:
            measured, signed = self._store.last_hours(watch.cluster)
            clusters.append(
                wire.ClusterHealth(
                    cluster=watch.cluster,
                    last_moment_s=self._store.raws.last_time(watch.cluster),
                    last_measured_hour=measured,
                    last_signed_hour=signed,
                )
            )
            refused = self._store.raws.refused(watch.cluster)
            for other in sorted({item.elsewhere for item in refused}):
                names = [heard(it.device, 80) for it in refused if it.elsewhere == other]
                problems.append(
                    f"{len(names)} devices of cluster {watch.cluster} count as absent, they stand "
                    f"in cluster {other}: {', '.join(names[:3])}{', ...' if names[3:] else ''}"
                )
        return wire.Health(
            reporter=self.address,
            chain_id=self._store.domain.chain_id,
            oracle=self._store.domain.oracle,
            ok=not problems,
            is_signer=is_signer,
            chain_time_s=chain_time,
            skew_s=None if chain_time is None else self.measuring.skew_s(chain_time),
            clusters=clusters,
            problems=problems,
        )

    def metrics_text(self) -> bytes:
        """For Prometheus."""
        health = self.health()
        for item in health.clusters:
            label = str(item.cluster)
            self.metrics.signed_hours.labels(label).set(self._store.signed_hours(item.cluster))
            refused = self._store.raws.refused(item.cluster)
            self.metrics.refused_devices.labels(label).set(len(refused))
        self.metrics.show(health, self._store.database.used_bytes())
        return self.metrics.text()

    def _gather(self, keys: Sequence[Key]) -> None:
        """Make the own measurements of hours, and ask the peers for those of others that are not
        known here, be it only because they contradict what is."""
        for cluster, hours in _by_cluster(keys).items():
            left = self.measuring.make_due(cluster, hours)
            if left is not None:
                raise Refusal(
                    "busy",
                    f"hour {left} of cluster {cluster} is still to be measured: ask again",
                    (cluster, left),
                )
            for part in portions(hours, wire.MOST_SAMPLES):
                asked = {(cluster, hour) for hour in part}
                answers = self._peers.answers(cluster, part[0], part[-1] + 1)
                # Each by itself: what one peer forged must not hide what another shows.
                forged = self._policy.hear(
                    [signed for signed in answer if signed.key in asked]
                    for answer in answers.values()
                )
                for url, lie in zip(answers, forged, strict=True):
                    if lie is not None:
                        log.warning(
                            "the peer %s shows a measurement of %s that %s did not sign",
                            *(url, told(lie.key), lie.reporter),
                        )
                        self._peers.forged(url)


def _by_cluster(keys: Iterable[Key]) -> dict[int, list[int]]:
    """The hours of each cluster."""
    found: dict[int, list[int]] = {}
    for cluster, hour in keys:
        found.setdefault(cluster, []).append(hour)
    return found
