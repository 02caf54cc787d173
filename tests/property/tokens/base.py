"""What all parts of the machine share: how a step is taken, and what must hold after each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant

from tests.property.machine.base import Reach, reach
from tests.property.tokens.pair import TokenPair
from tests.support.stage import UNIT, Q, Stage
from wellhead.chain import Contract, UnlockedAccount, dev_account
from wellhead.model import invariants
from wellhead.model.token import CapacityToken

PEOPLE, ACCOUNTS = 8, 10
#: Where nobody has been paid before.
FRESH = dev_account(39)

people = st.integers(0, PEOPLE - 1)
accounts = st.integers(0, ACCOUNTS - 1)
currencies = st.integers(0, 1)
#: Parts of a whole in millionths, with the edges drawn often.
parts = st.one_of(st.sampled_from([0, 1, Q // 2, Q - 1, Q]), st.integers(0, Q))
edges = st.sampled_from([0, 0, 1])


def near(limit: int, part: int, edge: int) -> int:
    """`part` millionths of a limit; at the ends, moved by `edge` so that bounds are crossed."""
    return max(0, limit * part // Q + (edge if part in (0, Q) else 0))


class TokenMachine(RuleBasedStateMachine):
    """One token; `pair` is it on chain and in the model."""

    #: What the rules of a class call, "contract.function"; test_reach.py compares it with the ABIs.
    calls: Reach = (
        "CapacityToken.mint",
        "CapacityToken.addCash",
        "CapacityToken.addReserve",
        "Vault.deposit",
    )
    stage: Stage
    pair: TokenPair

    def __init__(self) -> None:
        super().__init__()
        self.snapshot = self.stage.anvil.snapshot()
        self.agreed = False
        self.steps = 0
        #: Balances before the last step, and coins claimed so far.
        self.held: dict[str, int] = {}
        self.claimed = [0, 0]

    @initialize(
        hour=st.integers(0, 23),
        units=st.lists(st.integers(0, 400), min_size=3, max_size=3),
        cash=st.integers(0, 10**9),
    )
    def begin(self, hour: int, units: list[int], cash: int) -> None:
        """Some hour of a day; three people and the pool hold something, and something vests."""
        self.stage.skip(hour * 3600 + 1)
        self.pair = TokenPair(self.stage)
        for who, some in enumerate(units):
            self.mint_to(who, some + 1)
        self.mint_to(PEOPLE, 5)
        self.earn_in(0, cash, cash // 2)

    def teardown(self) -> None:
        try:
            if self.agreed:
                self.pair.compare(everything=True)
                assert self.pair.called <= reach(type(self)), self.pair.called - reach(type(self))
                self.nobody_is_held_up()
        finally:
            self.stage.anvil.revert(self.snapshot)

    @property
    def share(self) -> CapacityToken:
        return self.pair.share

    def account(self, number: int) -> UnlockedAccount:
        return self.pair.accounts[number]

    # Steps

    def act(
        self,
        sender: UnlockedAccount,
        function: str,
        arguments: tuple[Any, ...],
        model: Callable[..., Any],
        contract: Contract | None = None,
    ) -> bool:
        """Somebody calls a function, of the token if no other contract, whose twin takes the
        caller's address first."""
        return self.pair.step(
            contract or self.pair.token,
            function,
            arguments,
            sender,
            lambda: model(sender.address, *arguments),
        )

    def mint_to(self, who: int, units: int) -> bool:
        arguments = (self.account(who).address, units * UNIT)
        return self.act(self.pair.registry, "mint", arguments, self.share.mint)

    def earn_in(self, currency: int, amount: int, backlog: int) -> bool:
        """The router puts revenue into the token's claim, and adds it."""
        if not self.pay_in(currency, amount):
            return False
        name, model = (("addCash", self.share.add_cash), ("addReserve", self.share.add_reserve))[
            currency
        ]
        return self.act(self.pair.router, name, (amount, backlog), model)

    def pay_in(self, currency: int, amount: int) -> bool:
        """Into the token's claim."""
        pair, coin = self.pair, self.pair.coins[currency].address
        deposit = (coin, pair.token.address, amount)
        return self.act(pair.payer, "deposit", deposit, pair.world.vault.deposit, self.stage.vault)

    # What must hold

    @invariant()
    def chain_and_model_agree(self) -> None:
        """[REV-1, VAULT-1, COMP-1, APART-2]"""
        if not hasattr(self, "pair"):
            return
        self.agreed = False
        self.pair.compare()
        self.steps += 1
        self.supply_is_the_sum_of_balances()
        self.vault_covers_all_claims()
        self.revenue_is_all_accounted_for()
        self.tokens_arrive_where_they_may()
        self.agreed = True

    def supply_is_the_sum_of_balances(self) -> None:
        """Invariant 2, of what the chain says."""
        pair, token = self.pair, self.pair.token
        balances = [pair.ask(token, "balanceOf", who.address) for who in pair.accounts]
        assert pair.ask(token, "totalSupply") == sum(balances)

    def vault_covers_all_claims(self) -> None:
        """Invariant 3: the vault's balance is the sum of claims and donations; only the token and
        its holders have any here."""
        pair, vault = self.pair, self.stage.vault
        for coin in pair.coins:
            owners = [pair.token.address, *(account.address for account in pair.accounts)]
            claim = sum(pair.ask(vault, "claimOf", coin.address, owner) for owner in owners)
            held = pair.ask(coin, "balanceOf", vault.address)
            assert held == claim + pair.donated[coin.address]
        invariants.check_vault(pair.world)

    def revenue_is_all_accounted_for(self) -> None:
        """Invariant 5: claimed, owed, carried and not yet vested are all that was added, to the
        ledger's last integer, per currency; with what is held the vault has all that is not paid
        out."""
        pair, token = self.pair, self.pair.token
        owed = [pair.ask(token, "owedLedgerOf", who.address) for who in pair.accounts]
        for number, name in enumerate(("cashRevenue", "reserveRevenue")):
            _, total, carried, unvested, _, held, shift = pair.ask(token, name)
            claimed = self.claimed[number]
            waiting = carried + unvested + sum(part[number] for part in owed)
            assert (claimed << shift) + waiting == total
            coin = pair.coins[number].address
            claim = pair.ask(self.stage.vault, "claimOf", coin, token.address)
            assert claim + claimed == (total >> shift) + held

    def tokens_arrive_where_they_may(self) -> None:
        """Invariant 11: whoever has more than before may receive; the chain says so in the same
        block. With an expired credential tokens can only leave."""
        pair, token = self.pair, self.pair.token
        held: dict[str, int] = {}
        for account in pair.accounts:
            held[account.address] = pair.ask(token, "balanceOf", account.address)
        for who, balance in held.items():
            if balance > self.held.get(who, 0):
                assert pair.ask(token, "canReceive", who) is True
        self.held = held
        invariants.check_receivers(pair.world)

    def nobody_is_held_up(self) -> None:
        """Invariant 10: whatever accounts a coin refuses, everybody can have all it is owed at an
        address that the coin accepts, unless a coin stops altogether."""
        pair, claim = self.pair, self.pair.token.functions["claim"]
        paused = [pair.world.coins[coin.address].paused for coin in pair.coins]
        data = claim.encode([FRESH.address])
        asked, expected = [], []
        for account in pair.accounts:
            owed = self.share.claimable(account.address)
            if not any(stopped and part for stopped, part in zip(paused, owed, strict=True)):
                call = {"from": account.address, "to": pair.token.address, "data": data}
                asked.append(("eth_call", [call, "latest"]))
                expected.append(owed)
        answers = self.stage.anvil.rpc.batch(asked)
        assert [claim.decode(bytes.fromhex(answer[2:])) for answer in answers] == expected
