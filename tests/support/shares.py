"""A capacity token with its real vault and compliance: senders stand in for registry and router."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tests.support.raw import attempt, deploy, impersonate
from tests.support.reverts import expect_revert
from tests.support.stage import MAX, Stage, Terms
from tests.support.state import unchanged
from wellhead.chain import Contract, KeyAccount, Receipt, UnlockedAccount, dev_account
from wellhead.chain.signing import claim_digest

ZERO = "0x" + "00" * 20
DAY = 24 * 3600
#: What whoever pays revenue in has of each coin: more than any token can take.
PURSE = 2**192

Someone = UnlockedAccount | KeyAccount | Contract


@dataclass
class Share:
    """`registry`, `router` and `keeper` send as those contracts would; the keeper is Compliance."""

    stage: Stage
    token: Contract
    vault: Contract
    cash: Contract
    reserve: Contract
    cluster: int
    name: str
    registry: UnlockedAccount
    router: UnlockedAccount
    keeper: UnlockedAccount

    @property
    def holders(self) -> list[UnlockedAccount]:
        """Seven people with credentials, whose keys `key_of` knows."""
        return [*self.stage.tenants, *self.stage.holders]

    @property
    def coins(self) -> tuple[Contract, Contract]:
        return self.cash, self.reserve

    @property
    def all(self) -> tuple[Contract, ...]:
        """What a refused call must leave alone. Not compliance: the token only looks there."""
        return self.token, self.vault, self.cash, self.reserve

    # Supply and revenue

    def mint(self, account: Someone, amount: int) -> Receipt:
        return self.token.send("mint", account.address, amount, sender=self.registry)

    def burn(self, account: Someone, amount: int) -> Receipt:
        return self.token.send("burn", account.address, amount, sender=self.registry)

    def earn(self, cash: int = 0, reserve: int = 0, backlog: int = 0) -> None:
        """Revenue comes into the token's claim and raises its indices; of each currency up to
        `backlog` units vest."""
        for coin, function, amount in (
            (self.cash, "addCash", cash),
            (self.reserve, "addReserve", reserve),
        ):
            if amount:
                self.deposit(coin, amount)
                late = min(amount, backlog)
                self.token.send(function, amount, late, sender=self.router)

    def deposit(self, coin: Contract, amount: int) -> None:
        """Put coins into the token's claim."""
        payer = self.stage.guardian
        self.vault.send("deposit", coin.address, self.token.address, amount, sender=payer)

    # Holders

    def transfer(self, source: UnlockedAccount, to: Someone, amount: int) -> Receipt:
        return self.token.send("transfer", to.address, amount, sender=source)

    def claim(self, account: UnlockedAccount, to: Someone | None = None) -> Receipt:
        return self.token.send("claim", (to or account).address, sender=account)

    def claim_digest(
        self, account: Someone, to: Someone, deadline: int = MAX, nonce: int | None = None
    ) -> bytes:
        """What an account signs to be paid at `to`."""
        if nonce is None:
            nonce = self.token.call("nonces", account.address)
        return claim_digest(
            self.stage.deployment.chain_id,
            self.token.address,
            self.name,
            account.address,
            to.address,
            nonce,
            deadline,
        )

    # Compliance

    def freeze(self, account: Someone, amount: int) -> Receipt:
        """By the compliance contract."""
        return self.token.send("setFrozenTokens", account.address, amount, sender=self.keeper)

    def force(self, source: Someone, to: Someone, amount: int) -> Receipt:
        """By the compliance contract."""
        arguments = (source.address, to.address, amount)
        return self.token.send("forcedTransfer", *arguments, sender=self.keeper)

    def block(self, account: Someone, is_blocked: bool = True) -> Receipt:
        return self.officer("setBlocked", account.address, is_blocked)

    def officer(self, function: str, *arguments: Any) -> Receipt:
        """What the compliance role does."""
        return self.stage.compliance.send(function, *arguments, sender=self.stage.officer)

    # Looking

    def balance(self, account: Someone) -> int:
        return int(self.token.call("balanceOf", account.address))

    def frozen(self, account: Someone) -> int:
        return int(self.token.call("getFrozenTokens", account.address))

    def owed(self, account: Someone) -> tuple[int, int]:
        """Ledger integers owed: (cash, reserve)."""
        found: tuple[int, int] = self.token.call("owedLedgerOf", account.address)
        return found

    def claimable(self, account: Someone) -> tuple[int, int]:
        found: tuple[int, int] = self.token.call("claimable", account.address)
        return found

    def holds(self, account: Someone) -> tuple[int, int]:
        """Coins in the account itself: (cash, reserve)."""
        cash, reserve = (int(coin.call("balanceOf", account.address)) for coin in self.coins)
        return cash, reserve

    def revenues(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """The two currencies' state: (cash, reserve)."""
        return self.token.call("cashRevenue"), self.token.call("reserveRevenue")

    @contextmanager
    def refused(self, error: str, *arguments: Any) -> Iterator[None]:
        """The block must revert with exactly this and must change nothing of this token's."""
        with unchanged(self.stage, *self.all), expect_revert(error, *arguments):
            yield

    def refuse(self, function: str, *arguments: Any, by: UnlockedAccount) -> None:
        """Put a call of the token's that must fail on chain, and raise what it reverted with."""
        attempt(self.token, function, *arguments, sender=by)

    def assert_conserved(self, accounts: Iterable[Someone]) -> None:
        """Claimed, owed, carried and not yet vested are all that ever arrived, in ledger integers;
        the vault holds it."""
        owed = [self.owed(account) for account in accounts]
        claims = self.token.events("Claimed")
        for number, state in enumerate(self.revenues()):
            claimed = sum(event[("cash", "reserve")[number]] for event in claims)
            assert state["total"] == (
                (claimed << state["shift"])
                + sum(account[number] for account in owed)
                + state["carried"]
                + state["unvested"]
            )
            coin = self.coins[number].address
            left = (state["total"] >> state["shift"]) + state["held"] - claimed
            assert self.vault.call("claimOf", coin, self.token.address) == left


def key_of(account: Someone) -> KeyAccount:
    """The key of one of the node's accounts."""
    return next(key for i in range(40) if (key := dev_account(i)).address == account.address)


def packed(signature: tuple[int, bytes, bytes]) -> bytes:
    """A signature as bytes: r, s, v."""
    v, r, s = signature
    return r + s + bytes([v])


def set_up(stage: Stage, terms: Terms | None = None) -> Share:
    """The token of a registered cluster, with the stage's own vault and coins."""
    cluster = stage.register(terms)
    return _share(
        stage,
        token=stage.token(cluster),
        vault=stage.vault,
        coins=(stage.cash, stage.reserve),
        cluster=cluster,
        registry=impersonate(stage, stage.registry.address),
        router=impersonate(stage, stage.router.address),
    )


def set_up_alone(stage: Stage, cash: Contract, reserve: Contract) -> Share:
    """A token that no registry knows, with coins of its own and a vault for them. The stage's
    compliance still says who may hold it."""
    registry, router = stage.governor, stage.relay
    vault = deploy(stage, "Vault", *[stage.stranger.address] * 4)
    around = (
        registry.address,
        router.address,
        vault.address,
        stage.compliance.address,
        stage.deployment.metadata.address,
        cash.address,
        reserve.address,
    )
    token = deploy(stage, "CapacityToken", around, 7, 0, "Lone Capacity", "LONE")
    coins = (cash, reserve)
    return _share(stage, token, vault, coins, 7, registry, router)


def plain_coins(stage: Stage, cash: int, reserve: int) -> tuple[Contract, Contract]:
    """Two test coins with so many decimals."""
    return (
        deploy(stage, "TestCoin", "Cash", "C", cash),
        deploy(stage, "TestCoin", "Reserve", "R", reserve),
    )


def at_once(
    stage: Stage,
    calls: Sequence[tuple[Contract, str, Sequence[Any], UnlockedAccount]],
    gas: int,
) -> None:
    """Send many transactions in this order, each sender's own in a row of nonces, into one block;
    all must succeed."""
    rpc = stage.anvil.rpc
    nonces: dict[str, int] = {}
    bodies = []
    for contract, function, arguments, sender in calls:
        who = sender.address
        if who not in nonces:
            nonces[who] = rpc.integer("eth_getTransactionCount", who, "latest")
        bodies.append(
            {
                "from": who,
                "to": contract.address,
                "data": contract.functions[function].encode(arguments),
                "gas": hex(gas),
                "nonce": hex(nonces[who]),
            }
        )
        nonces[who] += 1
    rpc("evm_setAutomine", False)
    try:
        sent = rpc.batch([("eth_sendTransaction", [body]) for body in bodies])
        rpc("evm_mine")
    finally:
        rpc("evm_setAutomine", True)
    mined = rpc.batch([("eth_getTransactionReceipt", [hashed]) for hashed in sent])
    assert {(r["blockNumber"], r["status"]) for r in mined} == {(mined[0]["blockNumber"], "0x1")}


def _share(
    stage: Stage,
    token: Contract,
    vault: Contract,
    coins: tuple[Contract, Contract],
    cluster: int,
    registry: UnlockedAccount,
    router: UnlockedAccount,
) -> Share:
    payer = stage.guardian
    for coin in coins:
        coin.send("mint", payer.address, PURSE, sender=payer)
        coin.send("approve", vault.address, MAX, sender=payer)
    return Share(
        stage=stage,
        token=token,
        vault=vault,
        cash=coins[0],
        reserve=coins[1],
        cluster=cluster,
        name=token.call("name"),
        registry=registry,
        router=router,
        keeper=impersonate(stage, stage.compliance.address),
    )
