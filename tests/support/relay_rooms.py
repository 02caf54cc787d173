"""Reporters and a relay that talks to them, without a chain."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from tests.support.oracle_views import DOMAIN, GENESIS, REPORTERS, FakeView
from tests.support.relays import Desk, desks
from wellhead.model.samples import Sample
from wellhead.oracle.measurements import (
    Key,
    Kind,
    Signed,
    median,
    recovered,
)
from wellhead.oracle.relay.asking import Asker, Grant
from wellhead.oracle.relay.collect import Panel, Pool, collect
from wellhead.oracle.relay.journal import Proofs
from wellhead.oracle.relay.outcome import Left
from wellhead.oracle.relay.propose import gather

#: Hours that are over on the fake chain.
HOURS = range(GENESIS, GENESIS + 6)
KEY: Key = (1, GENESIS)


def hour(number: int = GENESIS, available: int = 8_000, cluster: int = 1) -> Sample:
    return Sample(cluster, number, 10_000, available, 500_000, 3_600_000, 7)


class Room:
    """The reporters and a relay that talks to them, without a chain."""

    def __init__(self, folder: Path) -> None:
        self.view = FakeView()
        self.desks = desks(folder, self.view)
        self.warnings: list[str] = []
        self.proofs: Proofs = {}
        self.pool: Pool | None = None

    def gather(
        self, keys: Iterable[Key], kind: Kind = "report", only: Iterable[Desk] | None = None
    ) -> tuple[list[Grant], list[Left]]:
        listed = sorted(keys)
        warn, signers = self.warnings.append, self.view.signing
        self.pool = Pool(DOMAIN, signers, listed, self.proofs, warn)
        panel = Panel([desk.client() for desk in only or self.desks], signers, warn)
        collect(panel, self.pool, listed)
        return gather(Asker(kind, panel, self.pool, DOMAIN, self.moot), listed)

    def moot(self, keys: Iterable[Key]) -> set[Key]:
        return {key for key in keys if key in self.view.reported}

    def agreed(self, keys: Iterable[Key] = (KEY,)) -> Grant:
        """One batch of all hours that can be submitted as it is."""
        listed = sorted(keys)
        (grant,), left = self.gather(listed)
        assert left == []
        assert [(s.cluster, s.hour) for s in grant.proposal.samples] == listed
        self.check(grant)
        return grant

    def check(self, grant: Grant, needed: int = 3) -> None:
        """What the oracle checks: exactly as many signatures as it asks for, ascending, by
        reporters; and what reporters promise: medians of what enough of them measured."""
        digest = grant.proposal.digest(DOMAIN)
        signers = [recovered(digest, r + vs) for r, vs in grant.on_chain()]
        assert signers == list(grant.signatures)
        assert len(signers) == needed
        assert set(signers) <= {account.address for account in REPORTERS}
        assert signers == sorted(signers, key=lambda address: int(str(address), 16))
        for sample in grant.proposal.samples:
            behind = behind_of(grant, (sample.cluster, sample.hour))
            assert len({signed.reporter for signed in behind}) == len(behind) >= needed
            assert sample == median([signed.measurement.sample for signed in behind])

    @property
    def told(self) -> str:
        return "\n".join(self.warnings)


def behind_of(grant: Grant, key: Key) -> list[Signed]:
    return [signed for signed in grant.proposal.measurements if signed.key == key]


def share(listed: Iterable[Desk]) -> None:
    """Let each reporter have seen what all measured, as they ask each other."""
    desks = list(listed)
    seen = [one for desk in desks for one in desk.store.seen(1, HOURS[0], HOURS[-1] + 1)]
    for desk in desks:
        desk.store.take(seen)
