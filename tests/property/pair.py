"""A chain and the model beside it: every step is taken on both, and both must agree on all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tests.property.agreement import Agreement
from tests.property.twin import fund, twin
from tests.support.stage import EVIDENCE, HOUR, Stage, Terms
from wellhead.chain import KeyAccount, Receipt, Reverted, UnlockedAccount, dev_account
from wellhead.chain.signing import attestation_digest, quorum, recount_digest, report_digest
from wellhead.model.errors import Revert
from wellhead.model.samples import Sample


class Pair:
    """One stage, one world. `cluster` is the cluster that the people in it use."""

    def __init__(self, stage: Stage, terms: Terms, units: int) -> None:
        self.stage = stage
        self.people = [stage.operator, *stage.tenants, *stage.holders]
        stage.fund(stage.operator)
        #: Who reports, or may be asked to, in the order of their addresses.
        self.reporters = sorted(
            [*stage.reporters, dev_account(25), dev_account(26)], key=lambda r: int(r.address, 16)
        )
        self.errors: set[str] = set()
        self.world = twin(stage, self.people)
        fund(stage, self.world)
        self.cluster = self._register(terms)
        self.agreement = Agreement(
            stage,
            self.world,
            self.cluster,
            [person.address for person in self.people],
            [reporter.address for reporter in self.reporters],
        )
        self.step("mint", *self.mint(units))

    def step(
        self, _name: str, chain: Callable[[], Receipt], model: Callable[[], Any], wait: int = 1
    ) -> bool:
        """Take a step on both, `wait` seconds later; True when it went through, on both."""
        self.now += wait
        self.stage.anvil.next_block_at(self.now)
        self.world.now = self.now
        said = expected = ""
        try:
            chain()
        except Reverted as error:
            said = f"{error.name}{tuple(error.arguments.values())}"
            self.errors.add(error.name)
        try:
            model()
        except Revert as error:
            expected = f"{error.name}{error.args_}"
        assert said == expected, f"chain: {said or 'went through'}; model: {expected or 'agrees'}"
        return not said

    def wait(self, seconds: int) -> None:
        """Let time pass: the same block time on both."""
        self.now += seconds
        self.stage.to_time(self.now)
        self.world.now = self.now

    @property
    def hour(self) -> int:
        return self.now // HOUR

    @property
    def operator(self) -> UnlockedAccount:
        """Whoever of the people runs the cluster now."""
        running = self.world.registry.operator_of(self.cluster)
        return next(person for person in self.people if person.address == running)

    # Steps that need signatures

    @property
    def present(self) -> list[KeyAccount]:
        """The reporters as they are now."""
        signers = self.world.oracle.signers
        return [reporter for reporter in self.reporters if reporter.address in signers]

    @property
    def quorum(self) -> list[KeyAccount]:
        """The first of them, as many as a batch needs."""
        return self.present[: self.world.oracle.threshold]

    @property
    def supermajority(self) -> list[KeyAccount]:
        """The last of them, as many as a recount needs."""
        return self.present[-max(len(self.present) - 1, self.world.oracle.threshold) :]

    def mint(self, units: int, short: int = 0) -> tuple[Callable[[], Receipt], Callable[[], Any]]:
        """Attest and mint, signed by a quorum, `short` of so many."""
        stage, number = self.stage, self.world.registry.cluster_of(self.cluster).attestations
        digest = attestation_digest(
            stage.deployment.chain_id, stage.registry.address, self.cluster, units, number, EVIDENCE
        )
        who = self.quorum[short:]
        signed = quorum(digest, who)
        operator = self.operator
        return (
            lambda: stage.registry.send(
                "mint", self.cluster, units, number, EVIDENCE, signed, sender=operator
            ),
            lambda: self.world.registry.mint(
                operator.address, self.cluster, units, number, EVIDENCE, [r.address for r in who]
            ),
        )

    def report(
        self, samples: Sequence[Sample], who: Sequence[KeyAccount] | None = None
    ) -> tuple[Callable[[], Receipt], Callable[[], Any]]:
        """Report, signed by these in this order, or by a quorum."""
        stage = self.stage
        words = [sample.encode() for sample in samples]
        digest = report_digest(stage.deployment.chain_id, stage.oracle.address, words, EVIDENCE)
        who = self.quorum if who is None else who
        signed = [reporter.sign_digest(digest) for reporter in who]
        return (
            lambda: stage.oracle.send("report", words, EVIDENCE, signed, sender=stage.relay),
            lambda: self.world.oracle.report(samples, EVIDENCE, [r.address for r in who]),
        )

    def recount(
        self, sample: Sample, who: Sequence[KeyAccount]
    ) -> tuple[Callable[[], Receipt], Callable[[], Any]]:
        """Decide a contest, signed by these."""
        stage, word = self.stage, sample.encode()
        digest = recount_digest(stage.deployment.chain_id, stage.contests.address, word, EVIDENCE)
        signed = quorum(digest, who)
        return (
            lambda: stage.contests.send("recount", word, EVIDENCE, signed, sender=stage.relay),
            lambda: self.world.contests.recount(sample, EVIDENCE, [r.address for r in who]),
        )

    # Agreement

    def compare(self, everything: bool = False) -> None:
        """Every balance, claim, index, ledger, lease and standing; of booked hours those where
        something changes, and of records the new ones, or all."""
        self.agreement.compare(everything)

    # Beginning

    def _register(self, terms: Terms) -> int:
        self.now = self.stage.now()
        self.wait(1)
        cluster = self.stage.register(terms)
        self.now = self.world.now = self.stage.now()
        token = self.stage.token(cluster).address
        operator = self.stage.operator.address
        assert cluster == self.world.registry.register(
            operator, terms.model(), "Northern H100", "wNH1", token
        )
        return cluster
