"""Batches that enough reporters sign: the medians of what they measured."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from wellhead.oracle.measurements import Key, Proposal
from wellhead.oracle.relay.adopt import Adopter
from wellhead.oracle.relay.asking import Asked, Asker, Grant, keys_of
from wellhead.oracle.relay.collect import Peer
from wellhead.oracle.relay.outcome import Left

#: Times that a batch is made anew without the hours that reporters object to; then it is halved.
_ROUNDS = 4


def gather(asker: Asker, keys: Iterable[Key]) -> tuple[list[Grant], list[Left]]:
    """Signed batches that cover as many of the hours as can be had now, and the hours that can
    not. Hours that turn out to need nothing are in neither."""
    return _Gathering(asker).run(sorted(keys))


class _Gathering:
    def __init__(self, asker: Asker) -> None:
        self._asker = asker
        self._grants: list[Grant] = []
        self._left: dict[Key, Left] = {}
        #: Hours for which reporters are bound to another value, and the batches that bind them.
        self._bound: dict[Key, list[tuple[Peer, Proposal]]] = {}

    def run(self, keys: list[Key]) -> tuple[list[Grant], list[Left]]:
        queue = [keys]
        while queue:
            queue = self._agree(queue.pop(0)) + queue
        adopter = Adopter(self._asker)
        for key, hints in self._bound.items():
            if key in self._covered():
                continue  # by an earlier batch as it was
            grant = adopter.adopt(key, hints)
            if grant is not None:
                self._grants.append(grant)
                continue
            bound = ", ".join(peer.url for peer, _ in hints)
            self._give_up([key], f"{bound} signed another value before, and it can not be had")
        covered = self._covered() | self._asker.moot
        return self._grants, [self._left[key] for key in sorted(self._left.keys() - covered)]

    def _agree(self, keys: Sequence[Key]) -> list[list[Key]]:
        """Get a batch of these hours signed, less those that it fails for; what is to be tried
        for itself after it."""
        apart: list[list[Key]] = []
        remade = 0
        while keys := self._with_enough(keys):
            answering = len(self._asker.panel.peers)
            if answering < self._asker.needed:
                self._give_up(keys, f"{answering} of {self._asker.needed} reporters answer")
                break
            proposal = Proposal.of(self._asker.pool.of(keys))
            asked = self._asker.ask(proposal)
            if len(asked.signatures) == self._asker.needed:
                self._grants.append(self._asker.granted(proposal, asked.signatures))
                break
            for key, hint in asked.bound:
                self._bound.setdefault(key, []).append(hint)
            keys = [key for key in keys if key not in self._bound]
            if asked.changed or asked.bound:
                continue
            if not asked.against:
                self._give_up(keys, f"{len(asked.signatures)} of {self._asker.needed} signatures")
                break
            if len(keys) == 1:
                self._give_up(keys, _told(asked, keys[0]))
                break
            # Each failed for some reporters only; without it the others may be signed by all.
            apart += [[key] for key in keys if key in asked.against]
            keys = [key for key in keys if key not in asked.against]
            remade += 1
            if remade == _ROUNDS and len(keys) > 1:
                half = len(keys) // 2
                return [list(keys[:half]), list(keys[half:]), *apart]
        return apart

    def _with_enough(self, keys: Iterable[Key]) -> list[Key]:
        found = []
        for key in keys:
            count, needed = self._asker.pool.count(key), self._asker.needed
            if key in self._asker.moot:
                continue
            if count >= needed:
                found.append(key)
            else:
                self._give_up([key], f"{count} of {needed} measurements")
        return found

    def _give_up(self, keys: Iterable[Key], reason: str) -> None:
        for key in keys:
            self._left[key] = Left(key, reason)

    def _covered(self) -> set[Key]:
        return {key for grant in self._grants for key in keys_of(grant.proposal)}


def _told(asked: Asked, key: Key) -> str:
    return "; ".join(f"{peer.url}: {refused.detail}" for peer, refused in asked.against[key])
