"""The same token on chain and in the model, step by step at the same block times."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.property.asking import Asker, Expected, Key, agree, key_of
from tests.property.twin import empty_world
from tests.support.raw import deploy, impersonate
from tests.support.shares import PURSE
from tests.support.stage import MAX, NORWAY, RETAIL, Stage, Terms
from wellhead.chain import Contract, KeyAccount, Reverted, UnlockedAccount, dev_account
from wellhead.model.authority import COMPLIANCE
from wellhead.model.compliance import Credential
from wellhead.model.errors import Revert
from wellhead.model.revenue import Revenue
from wellhead.model.token import CapacityToken
from wellhead.model.world import World


class TokenPair:
    """`accounts` are eight people with credentials, a contract that is a system holder, and one
    that is not yet; there are three issuers. Accounts stand in for the registry and the router."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.cluster = stage.register(Terms())
        self.token = stage.token(self.cluster)
        self.registry = impersonate(stage, stage.registry.address)
        self.router = impersonate(stage, stage.router.address)
        self.payer = stage.guardian
        self.issuers = [stage.issuer, dev_account(14), dev_account(15)]
        people = [stage.operator, *stage.tenants, *stage.holders]
        keys = {key.address: key for key in map(dev_account, range(40))}
        self.keys: list[KeyAccount | None] = [keys[person.address] for person in people]
        contracts = [deploy(stage, "TestSigner") for _ in range(2)]
        self.accounts = [*people, *(impersonate(stage, made.address) for made in contracts)]
        self.keys += [None, None]
        stage.compliance.send("addSystemHolder", contracts[0].address, sender=stage.governor)
        stage.credential(contracts[1].address)
        for issuer in self.issuers[1:]:
            stage.compliance.send("accredit", issuer.address, sender=stage.officer)
        for coin in (stage.cash, stage.reserve):
            coin.send("mint", self.payer.address, PURSE, sender=self.payer)
            coin.send("approve", stage.vault.address, MAX, sender=self.payer)
        self.now = stage.now()
        self.errors: set[str] = set()
        #: What was called: "contract.function".
        self.called: set[str] = set()
        #: Coins that were sent to the vault past its books.
        self.donated = {stage.cash.address: 0, stage.reserve.address: 0}
        self.asker = Asker(stage.anvil.rpc)
        self.seen: dict[Key, Any] = {}
        self.known: dict[Key, Any] = {}
        self.world = self._twin()

    @property
    def share(self) -> CapacityToken:
        """The model's token."""
        return self.world.token(self.cluster)

    @property
    def coins(self) -> tuple[Contract, Contract]:
        return self.stage.cash, self.stage.reserve

    @property
    def revenues(self) -> tuple[Revenue, Revenue]:
        """The model's: (cash, reserve)."""
        return self.share.cash, self.share.reserve

    def step(
        self,
        contract: Contract,
        function: str,
        arguments: tuple[Any, ...],
        sender: UnlockedAccount,
        model: Callable[[], Any],
    ) -> bool:
        """Take a step on both, a second later; True when it went through, on both."""
        self.called.add(f"{contract.name}.{function}")
        self.now += 1
        self.stage.anvil.next_block_at(self.now)
        self.world.now = self.now
        said = expected = ""
        try:
            contract.send(function, *arguments, sender=sender)
        except Reverted as error:
            said = f"{error.name}{tuple(error.arguments.values())}"
            self.errors.add(error.name)
        try:
            model()
        except Revert as error:
            expected = f"{error.name}{error.args_}"
        assert said == expected, (
            f"{function}{arguments}: chain: {said or 'went through'}; "
            f"model: {expected or 'went through'}"
        )
        return not said

    def wait_until(self, timestamp: int) -> None:
        """Let time pass, at least a second: the same block time on both."""
        self.now = max(timestamp, self.now + 1)
        self.stage.to_time(self.now)
        self.world.now = self.now

    # Agreement

    def compare(self, everything: bool = False) -> None:
        """Every balance, ledger, index, freeze and permission, in one request; and what the model
        has another value of than before, or `everything`: what is known of each account, nonces,
        allowances, coins, issuers and rules."""
        expected = self._expected()
        for call, wanted in self._expected_besides():
            if everything or self.known.get(key_of(call), self) != wanted:
                expected.append((call, wanted))
                self.known[key_of(call)] = wanted
        answers = agree(self.asker, expected)
        keys = (key_of(call) for call, _ in expected)
        self.seen = dict(zip(keys, answers, strict=True))

    def ask(self, contract: Contract, function: str, *arguments: Any) -> Any:
        """What the chain said when both were compared last."""
        return self.seen[contract.address, function, arguments]

    def _expected(self) -> Expected:
        world, share, token, vault = self.world, self.share, self.token, self.stage.vault
        expected: Expected = [((token, "totalSupply", ()), share.total_supply())]
        for coin, revenue, name in zip(
            self.coins, self.revenues, ("cashRevenue", "reserveRevenue"), strict=True
        ):
            claim = world.vault.claim_of(coin.address, token.address)
            held = world.coins[coin.address].balance_of(vault.address)
            expected += [
                ((token, name, ()), state_of(revenue)),
                ((vault, "claimOf", (coin.address, token.address)), claim),
                ((coin, "balanceOf", (vault.address,)), held),
            ]
        for account in self.accounts:
            who = account.address
            expected += [
                ((vault, "claimOf", (coin.address, who)), world.vault.claim_of(coin.address, who))
                for coin in self.coins
            ]
            expected += [
                ((token, "balanceOf", (who,)), share.balance_of(who)),
                ((token, "owedLedgerOf", (who,)), share.owed_ledger_of(who)),
                ((token, "getFrozenTokens", (who,)), share.frozen_of(who)),
                ((token, "canReceive", (who,)), share.can_receive(who)),
            ]
        return expected

    def _expected_besides(self) -> Expected:
        world, share, token = self.world, self.share, self.token
        compliance = self.stage.compliance
        expected: Expected = [
            ((token, "allowance", asked), allowed) for asked, allowed in share.allowances.items()
        ]
        for asked, classes in world.compliance.rules.items():
            expected.append(((compliance, "ruleOf", asked), classes))
        for issuer in world.compliance.numbers:
            number = world.compliance.issuer_number_of(issuer)
            expected.append(((compliance, "issuerNumberOf", (issuer,)), number))
        for account in self.accounts:
            who = account.address
            standing = tuple(vars(world.compliance.standing_of(who)).values())
            expected += [
                ((token, "claimable", (who,)), share.claimable(who)),
                ((token, "nonces", (who,)), share.nonce_of(who)),
                ((token, "canSend", (who,)), share.can_send(who)),
                ((compliance, "standingOf", (who,)), standing),
            ]
            expected += [
                ((coin, "balanceOf", (who,)), world.coins[coin.address].balance_of(who))
                for coin in self.coins
            ]
        return expected

    # Beginning

    def _twin(self) -> World:
        """A world in the state of the stage, with this token in it."""
        stage = self.stage
        world = empty_world(stage, self.now)
        operator, officer = stage.operator.address, stage.officer.address
        world.authority.grant("register", operator)
        for function in COMPLIANCE:
            world.authority.grant(function, officer)
            world.authority.revoke(function, stage.governor.address)
        terms = Terms().model()
        world.registry.register(operator, terms, "Northern H100", "wNH1", self.token.address)
        compliance = world.compliance
        for issuer in self.issuers:
            compliance.accredit(officer, issuer.address)
            number = compliance.issuer_number_of(issuer.address)
            compliance.since[number] = stage.accredited_since(issuer.address)
        compliance.set_rule(officer, 0, [NORWAY], 1 << RETAIL)
        pool = self.accounts[-2].address
        compliance.add_system_holder(stage.governor.address, pool, is_contract=True)
        for account in self.accounts:
            who = account.address
            found = stage.compliance.call("standingOf", who)
            if found["issued"]:
                said = (found[name] for name in ("jurisdiction", "class", "issued", "expires"))
                compliance.present(stage.issuer.address, Credential(who, *said), is_signed=True)
        for coin in self.coins:
            twin = world.coins[coin.address]
            for account in (self.payer, *self.accounts):
                twin.mint(account.address, coin.call("balanceOf", account.address))
            twin.approve(self.payer.address, world.vault.address, MAX)
        return world


def state_of(revenue: Revenue) -> tuple[int, ...]:
    """In the order of ICapacityToken.Revenue."""
    return (
        revenue.index,
        revenue.total,
        revenue.carried,
        revenue.unvested,
        revenue.until,
        revenue.held,
        revenue.shift,
    )
