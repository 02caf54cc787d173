"""What the reporters measured: asked of each, and nothing taken that is not signed by one."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from wellhead.oracle.chain import Signers
from wellhead.oracle.client import ReporterClient, ReporterRefused, ReporterUnreachable
from wellhead.oracle.deadline import within
from wellhead.oracle.measurements import (
    Domain,
    Key,
    Signed,
    is_sound,
    told,
)
from wellhead.oracle.relay.journal import Proofs

Warn = Callable[[str], None]
#: What asking a reporter raises.
FAILURES = (ReporterUnreachable, ReporterRefused)
#: Most hours of a cluster that a reporter is asked for at once.
SPAN = 200
#: Seconds that a reporter has to show all that is asked for, however many questions that takes.
PATIENCE = 60.0


class Forged(Exception):  # noqa: N818
    """Something was shown as a reporter's that it did not sign; a sentence says what, and by
    whom. No reporter that works does that."""


@dataclass(frozen=True)
class Peer:
    """A reporter that answers: `address` is what it signs with."""

    address: str
    client: ReporterClient

    @property
    def url(self) -> str:
        return self.client.url


class Panel:
    """The reporters that take part in a round. One that fails is left out of the rest of it."""

    def __init__(self, clients: Sequence[ReporterClient], signers: Signers, warn: Warn) -> None:
        self.signers = signers
        self.peers: list[Peer] = []
        self._warn = warn
        for client in clients:
            try:
                address = client.reporter
            except FAILURES as error:
                warn(str(error))
                continue
            if address not in signers.addresses:
                warn(f"{client.url} is {address}, who is no reporter: it is not asked")
            elif any(peer.address == address for peer in self.peers):
                warn(f"{client.url} is {address} once more: it is not asked twice")
            else:
                self.peers.append(Peer(address, client))

    def leave_out(self, peer: Peer, why: object) -> None:
        """For the rest of the round."""
        if peer in self.peers:
            self.peers.remove(peer)
            self._warn(str(why))


class Pool:
    """Genuine measurements of some hours by present reporters. Those who signed two different
    ones of an hour count for nothing in it; `proofs` keeps both, and is shared."""

    def __init__(
        self, domain: Domain, signers: Signers, keys: Iterable[Key], proofs: Proofs, warn: Warn
    ) -> None:
        self._domain, self._signers, self._warn = domain, signers, warn
        self._found: dict[Key, dict[str, Signed]] = {key: {} for key in keys}
        self.proofs = proofs
        #: The equivocations that came to light here.
        self.caught: list[tuple[Signed, Signed]] = []

    def add(self, signed: Signed, source: str) -> bool:
        """Take a measurement that `source` shows; whether it says anything new. Forged where
        its reporter did not sign it."""
        listed, place = self._found.get(signed.key), (signed.key, signed.reporter)
        if listed is None or signed.reporter not in self._signers.addresses:
            return False
        known = listed.get(signed.reporter)
        if place in self.proofs or (known and known.measurement == signed.measurement):
            return False
        if not signed.is_genuine(self._domain):
            raise Forged(
                f"{source} shows a measurement of {told(signed.key)} that {signed.reporter} did "
                "not sign: it is not asked any more"
            )
        if not is_sound(signed.measurement.sample):
            self._warn(
                f"{signed.reporter}'s measurement of {told(signed.key)} contradicts itself: it "
                "does not count"
            )
            return False
        if known is None:
            listed[signed.reporter] = signed
            return True
        del listed[signed.reporter]
        self.proofs[place] = known, signed
        self.caught.append((known, signed))
        self._warn(
            f"{signed.reporter} signed two different measurements of {told(signed.key)}: neither "
            "counts, and both are kept"
        )
        return True

    def count(self, key: Key) -> int:
        """How many reporters' measurements of an hour count."""
        return len(self._found[key])

    def of(self, keys: Collection[Key]) -> list[Signed]:
        """The measurements that count of some hours."""
        return [signed for key in keys for signed in self._found[key].values()]

    def proofs_of(self, keys: Collection[Key]) -> list[Signed]:
        """Both measurements of each equivocator of some hours."""
        return [one for (key, _), pair in self.proofs.items() if key in keys for one in pair]


def collect(panel: Panel, pool: Pool, keys: Sequence[Key]) -> None:
    """Ask every reporter for all that it has seen of some hours, and show each the equivocations
    that it does not know, so that all judge alike."""
    shown: dict[str, list[Signed]] = {}
    asked = list(panel.peers)
    # At once: each may have to measure first. One that is slow keeps the round for no longer than
    # its patience, and is left out of the rest.
    with ThreadPoolExecutor(max_workers=max(len(asked), 1)) as threads:
        answers = [threads.submit(_shown_by, peer, keys) for peer in asked]
    for peer, answer in zip(asked, answers, strict=True):
        try:
            shown[peer.address] = answer.result()
            for signed in shown[peer.address]:
                pool.add(signed, peer.url)
        except (*FAILURES, Forged) as error:
            panel.leave_out(peer, error)
    proofs = pool.proofs_of(keys)
    for peer in list(panel.peers):
        seen = {(one.reporter, one.measurement) for one in shown[peer.address]}
        lacking = [one for one in proofs if (one.reporter, one.measurement) not in seen]
        if lacking:
            tell(panel, peer, lacking)


def tell(panel: Panel, peer: Peer, measurements: Sequence[Signed]) -> bool:
    """Show a reporter measurements; whether that went well."""
    try:
        peer.client.push(measurements)
    except FAILURES as error:
        panel.leave_out(peer, error)
        return False
    return True


def _shown_by(peer: Peer, keys: Sequence[Key]) -> list[Signed]:
    with within(PATIENCE):
        return [
            signed
            for cluster, begin, end in _stretches(keys)
            for signed in peer.client.measurements(cluster, begin, end)
        ]


def _stretches(keys: Iterable[Key]) -> list[tuple[int, int, int]]:
    """(cluster, first hour, hour after the last) of questions that cover all hours."""
    found: list[tuple[int, int, int]] = []
    for cluster, hour in sorted(keys):
        if found and found[-1][0] == cluster and hour - found[-1][1] < SPAN:
            found[-1] = (cluster, found[-1][1], hour + 1)
        else:
            found.append((cluster, hour, hour + 1))
    return found
