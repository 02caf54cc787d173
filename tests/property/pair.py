"""A chain and the model beside it: every step is taken on both, and both must agree on all."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

from tests.property.agreement import Agreement
from tests.property.hostile import HostileCoin
from tests.property.roles import Roles
from tests.property.twin import fund, twin
from tests.support.raw import deploy, impersonate
from tests.support.stage import EVIDENCE, HOUR, Stage, Terms
from wellhead.chain import Contract, KeyAccount, Receipt, Reverted, UnlockedAccount, dev_account
from wellhead.chain.signing import attestation_digest, quorum, recount_digest, report_digest
from wellhead.model.errors import Revert
from wellhead.model.samples import Sample

Both = tuple[Callable[[], Receipt], Callable[[], Any]]
#: Errors of which the model knows the name alone.
NAMED_ALONE = {"ERC2612InvalidSigner"}


class Pair:
    """One stage, one world. `cluster` is the one that the people in it use at the moment."""

    def __init__(self, stage: Stage, terms: Terms, units: int) -> None:
        self.stage = stage
        self.people = [stage.operator, *stage.tenants, *stage.holders]
        self.receiver_contract = deploy(stage, "TestReceiver")
        self.receiver = impersonate(stage, self.receiver_contract.address)
        coin = deploy(stage, "TestHostileCoin")
        #: Whoever else has to do with it; what all of them have is compared, too.
        self.others = [stage.stranger, stage.governor, self.receiver]
        self.others.append(UnlockedAccount(coin.address))
        stage.fund(stage.operator)
        #: Who reports, or may be asked to, in the order of their addresses.
        self.reporters = sorted(
            [*stage.reporters, dev_account(25), dev_account(26)], key=lambda r: int(r.address, 16)
        )
        self.coins = [stage.cash, stage.reserve, coin]
        self.errors: set[str] = set()
        #: What was called: "contract.function".
        self.called: set[str] = set()
        self.world = twin(stage, self.people, self.others)
        fund(stage, self.world)
        self.hostile = HostileCoin(coin.address, stage.vault.address)
        self.world.coins[coin.address] = self.hostile
        # Transactions of the world put back whatever hangs on it.
        vars(self.world)["hostile"] = self.hostile
        self.tokens: dict[int, Contract] = {}
        #: What was named once, and must still be what the model says: hours that were booked, hours
        #: that were contested, approvals of tenants.
        self.hours: defaultdict[int, set[int]] = defaultdict(set)
        self.contested: set[tuple[int, int]] = set()
        self.approved: set[tuple[str, str]] = set()
        self.agreement = Agreement(self)
        self.cluster = 0
        self.now = stage.now()
        self.step("CapacityRegistry.register", *self.register(terms, stage.operator))
        self.cluster = max(self.tokens)
        self.step("CapacityRegistry.mint", *self.mint(units))

    def step(
        self, name: str, chain: Callable[[], Receipt], model: Callable[[], Any], wait: int = 1
    ) -> bool:
        """Call what is named on both, `wait` seconds later; True when it went through, on both."""
        self.called.add(name)
        self.now += wait
        self.stage.anvil.next_block_at(self.now)
        self.world.now = self.now
        said = expected = ""
        try:
            chain()
        except Reverted as error:
            said = self._told(error.name, tuple(error.arguments.values()))
            self.errors.add(error.name)
        try:
            model()
        except Revert as error:
            expected = self._told(error.name, error.args_)
        assert said == expected, (
            f"{name}: chain: {said or 'went through'}; model: {expected or 'agrees'}"
        )
        return not said

    @staticmethod
    def _told(name: str, arguments: tuple[Any, ...]) -> str:
        return name if name in NAMED_ALONE else f"{name or 'no data'}{arguments}"

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
        return self.who(self.world.registry.operator_of(self.cluster))

    def who(self, address: str) -> UnlockedAccount:
        """One of all who have to do with it."""
        return next(one for one in (*self.people, *self.others) if one.address == address)

    @property
    def accounts(self) -> list[str]:
        """Everybody who may have anything: people, reporters, contracts."""
        stage = self.stage
        contracts = (stage.market, stage.router, stage.oracle, stage.contests)
        accounts: list[str] = [one.address for one in (*self.people, *self.others)]
        accounts += [reporter.address for reporter in self.reporters]
        return accounts + [one.address for one in (*contracts, stage.deployment.exchange)]

    @property
    def token(self) -> Contract:
        """The token of the cluster."""
        return self.tokens[self.cluster]

    @property
    def roles(self) -> Roles:
        """Who may do what."""
        assert isinstance(self.world.authority, Roles)
        return self.world.authority

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

    def register(self, terms: Terms, by: UnlockedAccount) -> Both:
        """A cluster more; its token is where the chain has put it."""
        stage, number = self.stage, self.world.registry.cluster_count + 1
        named = (f"Northern H100 no. {number}", f"wNH{number}")

        def chain() -> Receipt:
            receipt = stage.registry.send("register", terms.encoded(), *named, sender=by)
            self.tokens[number] = stage.token(number)
            return receipt

        def model() -> None:
            token = self.tokens[number].address if number in self.tokens else None
            self.world.registry.register(by.address, terms.model(), *named, token)

        return chain, model

    def mint(self, units: int, short: int = 0) -> Both:
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

    def report(self, samples: Sequence[Sample], who: Sequence[KeyAccount] | None = None) -> Both:
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

    def recount(self, sample: Sample, who: Sequence[KeyAccount]) -> Both:
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
        """Everything that the last step may have changed, or everything."""
        self.agreement.compare(everything)
