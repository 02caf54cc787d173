"""What a reporter tells Prometheus about itself. Times are unix seconds, hours unix time / 3600."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest

from wellhead.actions.offbook import limit_of
from wellhead.oracle import wire
from wellhead.oracle.reporter.judging import MEASURED_TOLERANCE
from wellhead.oracle.reporter.measuring import Made


class Metrics:
    """One reporter's numbers, in a registry of their own."""

    def __init__(self) -> None:
        registry = self._registry = CollectorRegistry()

        def counter(name: str, said: str, *labels: str) -> Counter:
            return Counter(f"wellhead_reporter_{name}", said, labels, registry=registry)

        def gauge(name: str, said: str, *labels: str) -> Gauge:
            return Gauge(f"wellhead_reporter_{name}", said, labels, registry=registry)

        self.moments = counter("moments", "Looks at live sources", "cluster")
        self.failed_looks = counter("failed_looks", "Looks that could not be made", "cluster")
        self.canaries = counter("canaries", "Jobs of its own on the cluster", "cluster", "outcome")
        self.granted = counter("granted", "Batches and recounts signed", "kind")
        self.refused = counter("refused", "Batches and recounts not signed", "kind", "reason")
        self.measured_hour = gauge("last_measured_hour", "The last hour it measured", "cluster")
        self.signed_hour = gauge("last_signed_hour", "The last hour it signed", "cluster")
        self.signed_hours = gauge("signed_hours", "Hours it signed", "cluster")
        self.available = gauge(
            "available_thousandths", "Thousandths of a unit, in the last hour measured", "cluster"
        )
        self.off_book = gauge(
            "off_book",
            "1 where more than 2 points above what was booked was measured, in the last hour",
            "cluster",
        )
        self.refused_devices = gauge(
            "refused_devices", "Devices that stand in another cluster's evidence", "cluster"
        )
        self.skew = gauge("skew_seconds", "The machine's clock less the chain's time")
        self.store = gauge("store_bytes", "Bytes that the store holds")
        self.problems = gauge("problems", "What is wrong, see /health")

    def heard(self, made: Made) -> None:
        """Show what was measured last."""
        sample, cluster = made.own.signed.measurement.sample, str(made.frame.cluster)
        self.available.labels(cluster).set(sample.available)
        self.off_book.labels(cluster).set(
            is_off_book(sample.measured, made.own.bookings.covered, made.own.attested)
        )

    def show(self, health: wire.Health, store_bytes: int) -> None:
        """Show the state that health tells."""
        self.store.set(store_bytes)
        self.problems.set(len(health.problems))
        if health.skew_s is not None:
            self.skew.set(health.skew_s)
        for item in health.clusters:
            label = str(item.cluster)
            if item.last_measured_hour is not None:
                self.measured_hour.labels(label).set(item.last_measured_hour)
            if item.last_signed_hour is not None:
                self.signed_hour.labels(label).set(item.last_signed_hour)

    def text(self) -> bytes:
        return generate_latest(self._registry)


def is_off_book(measured: int, covered: int, attested: int) -> bool:
    """Whether more was in use than the unit-seconds that were booked explain, by more than two
    points: as the registry asks before it raises the alarm."""
    return measured > limit_of(covered, attested, MEASURED_TOLERANCE)
