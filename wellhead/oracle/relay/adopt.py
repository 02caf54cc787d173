"""Hours for which reporters signed a value before, in a batch that never came on chain.

A reporter signs one value of an hour, for six hours after its end. So what others would make of the
hour today must not bind still more of them to something else before it is clear which value enough
can sign.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from wellhead.model.samples import Sample
from wellhead.oracle.client import ReporterRefused, ReporterUnreachable
from wellhead.oracle.measurements import Key, Proposal
from wellhead.oracle.relay.asking import Asker, Grant, keys_of
from wellhead.oracle.relay.collect import Peer

#: Earlier values of an hour that are tried.
_EARLIER = 3


@dataclass
class _Bound:
    """Who is bound to a value, and the batches in which it was signed."""

    peers: set[str] = field(default_factory=set)
    batches: list[Proposal] = field(default_factory=list)


class Adopter:
    """Tries them in turn, for one kind of batch and one round."""

    def __init__(self, asker: Asker) -> None:
        self._asker = asker
        #: Batches that were tried in vain.
        self._failed: set[bytes] = set()

    def adopt(self, key: Key, hints: Sequence[tuple[Peer, Proposal]]) -> Grant | None:
        """A batch for the hour, or of more than this hour; None where there is none now. `hints`
        are batches that reporters name as what binds them."""
        bound = self._bound(key, hints)
        most_first = sorted(bound.values(), key=lambda one: len(one.peers), reverse=True)
        for value in most_first[:_EARLIER]:
            if len(value.peers) + len(self._free(bound)) < self._asker.needed:
                continue
            for batch in value.batches:
                # First as it was: who signed it answers with the same signature, whatever it has
                # seen since, and the others are then excused from completeness.
                alone = Proposal.of(signed for signed in batch.measurements if signed.key == key)
                for proposal in (batch, alone):
                    if grant := self._insist(proposal, value.peers, bound):
                        return grant
        if self._asker.pool.count(key) < self._asker.needed:
            return None
        fresh = Proposal.of(self._asker.pool.of([key]))
        (sample,) = fresh.samples
        willing = bound.get(sample, _Bound()).peers
        if len(willing) + len(self._free(bound)) < self._asker.needed:
            return None
        return self._insist(fresh, willing, bound)

    def _free(self, bound: dict[Sample, _Bound]) -> set[str]:
        """Reporters that signed nothing for the hour."""
        taken = {address for value in bound.values() for address in value.peers}
        return {peer.address for peer in self._asker.panel.peers} - taken

    def _bound(self, key: Key, hints: Iterable[tuple[Peer, Proposal]]) -> dict[Sample, _Bound]:
        found = list(hints)
        if self._asker.kind == "report":
            for peer in list(self._asker.panel.peers):
                try:
                    proposal = self._asker.sound(peer.client.signed_batch(*key))
                except (ReporterRefused, ReporterUnreachable):
                    continue  # it signed nothing for that hour
                if proposal is not None:
                    found.append((peer, proposal))
        bound: dict[Sample, _Bound] = {}
        for peer, proposal in found:
            for sample in proposal.samples:
                if (sample.cluster, sample.hour) == key:
                    value = bound.setdefault(sample, _Bound())
                    value.peers.add(peer.address)
                    if proposal not in value.batches:
                        value.batches.append(proposal)
        return bound

    def _insist(
        self, proposal: Proposal, willing: set[str], bound: dict[Sample, _Bound]
    ) -> Grant | None:
        """Ask those that are bound to it first, then those that are free, again and again as long
        as that brings signatures: each may make another reporter sign."""
        asker, digest = self._asker, self._asker.digest_of(proposal)
        if digest in self._failed or not keys_of(proposal).isdisjoint(asker.moot):
            return None
        free = self._free(bound)
        signatures: dict[str, bytes] = {}
        grows = True
        while grows and len(signatures) < asker.needed:
            grows = False
            for group in (willing, free):
                for peer in list(asker.panel.peers):
                    if peer.address not in group or peer.address in signatures:
                        continue
                    if len(signatures) == asker.needed:
                        break
                    answer = asker.sign(peer, proposal, digest, signatures.values())
                    if isinstance(answer, bytes):
                        signatures[peer.address] = answer
                        grows = True
        if len(signatures) == asker.needed:
            return asker.granted(proposal, signatures)
        self._failed.add(digest)
        return None
