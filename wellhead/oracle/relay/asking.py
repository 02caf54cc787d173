"""Asking one reporter for its signature on one batch, and believing nothing that it says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from wellhead.oracle import wire
from wellhead.oracle.chain import Signers
from wellhead.oracle.client import ReporterRefused, ReporterUnreachable
from wellhead.oracle.measurements import (
    Domain,
    Key,
    Kind,
    Proposal,
    recovered,
)
from wellhead.oracle.relay.collect import Forged, Panel, Peer, Pool, tell

#: How often in a round a reporter may come up with measurements that it did not show before.
_AFTERTHOUGHTS = 3
#: The chain has no use for the hour (any more); to be checked there, for one may say it falsely.
_MOOT = ("reported", "not_contested")


@dataclass(frozen=True)
class Grant:
    """A batch and exactly as many signatures as it needs, in ascending order of the signers."""

    proposal: Proposal
    signatures: dict[str, bytes]

    def on_chain(self) -> list[tuple[bytes, bytes]]:
        """(r, vs) of each."""
        return [(signature[:32], signature[32:]) for signature in self.signatures.values()]


@dataclass
class Asked:
    """What came of asking for a batch. `against` are the refusals that are about one hour; `bound`
    the hours for which a reporter signed another value, and the batch in which it did; `changed`
    that what is known has changed: the batch must be made anew."""

    signatures: dict[str, bytes] = field(default_factory=dict)
    against: dict[Key, list[tuple[Peer, wire.Refused]]] = field(default_factory=dict)
    bound: list[tuple[Key, tuple[Peer, Proposal]]] = field(default_factory=list)
    changed: bool = False


class Asker:
    """Asks the reporters of a round. `moot_among` asks the chain which hours need nothing."""

    def __init__(
        self,
        kind: Kind,
        panel: Panel,
        pool: Pool,
        domain: Domain,
        moot_among: Callable[[Iterable[Key]], set[Key]],
    ) -> None:
        self.kind, self.panel, self.pool = kind, panel, pool
        self.needed = needed(kind, panel.signers)
        #: Hours that came out as needing nothing.
        self.moot: set[Key] = set()
        self._domain, self._moot_among = domain, moot_among
        self._afterthoughts: Counter[str] = Counter()
        self._sound: dict[str, Proposal | None] = {}

    def ask(self, proposal: Proposal) -> Asked:
        """Ask for a batch in turn, passing along the signatures gathered so far; stops as soon as
        there are enough, or the batch must change. Nobody is asked for a value any more that
        another reporter can not sign: it would bind one to it for nothing."""
        asked, digest = Asked(), self.digest_of(proposal)
        keys = keys_of(proposal)
        for peer in list(self.panel.peers):
            if len(asked.signatures) == self.needed:
                break
            answer = self.sign(peer, proposal, digest, asked.signatures.values())
            if isinstance(answer, wire.Refused):
                asked.changed = self._learn(peer, answer)
                if not asked.changed and self._taught(peer, answer):
                    answer = self.sign(peer, proposal, digest, asked.signatures.values())
            if isinstance(answer, bytes):
                asked.signatures[peer.address] = answer
            elif answer is not None and not asked.changed:
                asked.changed = self._objects(peer, answer, keys, proposal, asked)
            if asked.changed or asked.bound:
                break
        return asked

    def sign(
        self, peer: Peer, proposal: Proposal, digest: bytes, signatures: Iterable[bytes]
    ) -> bytes | wire.Refused | None:
        """Its signature, checked; or its refusal; or None where it is left out from now on."""
        if peer not in self.panel.peers:
            return None
        client = peer.client
        grant = client.grant if self.kind == "report" else client.grant_recount
        try:
            signature = grant(proposal, tuple(signatures))
        except ReporterRefused as error:
            return error.refused
        except ReporterUnreachable as error:
            self.panel.leave_out(peer, error)
            return None
        signer = recovered(digest, signature)
        if signer == peer.address:
            return signature
        whose = f"{signer}'s" if signer in self.panel.signers.addresses else "nobody's"
        self.panel.leave_out(
            peer, f"{peer.url} gave a signature that is {whose} and not {peer.address}'s"
        )
        return None

    def digest_of(self, proposal: Proposal) -> bytes:
        if self.kind == "report":
            return proposal.digest(self._domain)
        return proposal.recount_digest(self._domain)

    def granted(self, proposal: Proposal, signatures: dict[str, bytes]) -> Grant:
        ascending = sorted(signatures, key=lambda address: int(address, 16))
        return Grant(proposal, {address: signatures[address] for address in ascending})

    def sound(self, batch: wire.Batch) -> Proposal | None:
        """A batch that reporters could have signed; None for anything else."""
        # The same batch comes up for each of its hours, and checking it takes its time.
        known = batch.model_dump_json(exclude={"signatures"})
        if known not in self._sound:
            self._sound[known] = self._checked(batch.proposal())
        return self._sound[known]

    def _checked(self, given: Proposal) -> Proposal | None:
        proposal = Proposal.of(given.measurements)
        if proposal.samples != given.samples:
            return None
        signers = self.panel.signers.addresses
        for signed in proposal.measurements:
            if signed.reporter not in signers or not signed.is_genuine(self._domain):
                return None
        count = Counter(signed.key for signed in proposal.measurements)
        return proposal if min(count.values(), default=0) >= self.needed else None

    def _learn(self, peer: Peer, refused: wire.Refused) -> bool:
        """Take what it says is missing; whether that was new."""
        try:
            news = [self.pool.add(body.signed(), peer.url) for body in refused.missing]
        except Forged as error:
            self.panel.leave_out(peer, error)
            return False
        if not any(news):
            return False
        self._afterthoughts[peer.address] += 1
        if self._afterthoughts[peer.address] > _AFTERTHOUGHTS:
            self.panel.leave_out(
                peer, f"{peer.url} shows what it has seen bit by bit: it is not asked any more"
            )
        return True

    def _taught(self, peer: Peer, refused: wire.Refused) -> bool:
        """Show it the equivocations that it does not know of, if it misses an equivocator's
        measurement; whether to ask again."""
        listed = [body.signed() for body in refused.missing]
        places = {(signed.key, signed.reporter) for signed in listed}
        known = [pair for place, pair in self.pool.proofs.items() if place in places]
        proofs = [signed for pair in known for signed in pair]
        return bool(proofs) and tell(self.panel, peer, proofs)

    def _objects(
        self,
        peer: Peer,
        refused: wire.Refused,
        keys: set[Key],
        proposal: Proposal,
        asked: Asked,
    ) -> bool:
        """Note a refusal; whether the batch must change for it."""
        if peer not in self.panel.peers:
            return False
        if refused.cluster is None or refused.hour is None:
            self.panel.leave_out(peer, ReporterRefused(peer.url, refused))
            return False
        key = (refused.cluster, refused.hour)
        if key not in keys:
            self.panel.leave_out(
                peer, f"{peer.url} refuses for an hour that it was not asked for: {refused.detail}"
            )
            return False
        if refused.reason in _MOOT and key in (moot := self._moot_among(keys)):
            self.moot |= moot
            return True
        earlier = self.sound(refused.batch) if refused.batch is not None else None
        conflicts = _conflicts(earlier, proposal) if earlier else []
        if refused.reason == "signed" and earlier is not None and key in conflicts:
            asked.bound += [(other, (peer, earlier)) for other in conflicts]
        else:
            asked.against.setdefault(key, []).append((peer, refused))
        return False


def needed(kind: Kind, signers: Signers) -> int:
    """Measurements, and signatures, without which there is no report or recount."""
    return signers.threshold if kind == "report" else signers.supermajority


def keys_of(proposal: Proposal) -> set[Key]:
    """The hours of a batch."""
    return {(sample.cluster, sample.hour) for sample in proposal.samples}


def _conflicts(earlier: Proposal, proposal: Proposal) -> list[Key]:
    """All hours for which the earlier batch says something else."""
    asked = {(sample.cluster, sample.hour): sample for sample in proposal.samples}
    listed = [((sample.cluster, sample.hour), sample) for sample in earlier.samples]
    return [key for key, sample in listed if asked.get(key, sample) != sample]
