"""A market whose bitcoin is bought on a real Uniswap v3 pool, in either order of the two coins."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from eth_typing import HexAddress, HexStr
from web3.types import Nonce
from web3.utils.address import get_create_address

from tests.support.rent import LEDGER, books, earnings, write_earnings
from tests.support.stage import GENESIS, MAX, Q, Stage, Terms, build_stage
from wellhead.chain import Anvil, Contract, Event, Receipt, UnlockedAccount, dev_account
from wellhead.chain.plan import Venue
from wellhead.chain.uniswap import (
    FEE,
    FEED_DECIMALS,
    PRICE,
    Q96,
    Pool,
    comes_first,
    deploy_feed,
    deploy_pool,
    exact_price,
    liquidity_for,
    root_of,
)

BITCOIN = 10**8
#: What bitcoin costs unless a test says otherwise: 100,000 dollars, stablecoin units per unit.
AT = exact_price(PRICE, FEED_DECIMALS, 6, 8)
#: All that a cluster earns is turned into bitcoin.
ALL_BITCOIN = Terms(operator_share=0, reporter_share=0, bitcoin_share=Q)


@dataclass
class Desk:
    """A stage with a pool and a feed at which it buys, and somebody who calls its sweeps."""

    stage: Stage
    pool: Pool
    feed: Contract
    venue: Venue

    @property
    def keeper(self) -> UnlockedAccount:
        return self.stage.stranger

    @property
    def cash_first(self) -> bool:
        return self.pool.cash_first

    # What waits

    def cluster(self, units: int = 10, terms: Terms = ALL_BITCOIN) -> int:
        return self.stage.cluster(units, terms)

    def earn(self, cluster: int, amount: int, hours: int = 1, cancelled: int = 0) -> Receipt:
        """Let a cluster have earned this in so many hours, `cancelled` of it by cancellations, and
        distribute it."""
        earn(self.stage, cluster, amount, hours, cancelled)
        return self.stage.router.send("distribute", cluster, sender=self.keeper)

    def waiting(self, amount: int, hours: int = 1, cancelled: int = 0) -> int:
        """A cluster of which so much waits to be swept."""
        cluster = self.cluster()
        self.earn(cluster, amount, hours, cancelled)
        assert self.pending(cluster) == amount
        return cluster

    def pending(self, cluster: int) -> int:
        return int(self.stage.router.call("bitcoinPendingOf", cluster))

    def sweep(self, cluster: int, amount: int = MAX) -> Receipt:
        return self.stage.router.send("sweep", cluster, amount, sender=self.keeper)

    def would_sweep(self, cluster: int, amount: int = MAX) -> tuple[int, int]:
        """What a sweep would spend and receive now."""
        caller = self.keeper.address
        found: tuple[int, int] = self.stage.router.call("sweep", cluster, amount, sender=caller)
        return found

    # The pool

    def limit(self) -> int:
        """How far the pool's price may go, in its own terms: the feed's price and the slippage are
        the most that the last unit may cost, its fee included."""
        most = self.feed_price() * (Q + self.venue.slippage) / Q * (Q - self.fee) / Q
        if not self.cash_first:
            return root_of(most, cash_first=False)
        root = root_of(most, cash_first=True)
        square = Fraction(Q96 * Q96) / most
        return root if root * root >= square else root + 1

    def most(self) -> Fraction:
        """The most that a sweep may pay on average, fee included."""
        return self.feed_price() * (Q + self.venue.slippage) / Q

    def cheap_enough(self, swept: Event | dict[str, int]) -> bool:
        """Whether a sweep paid no more on average than it may."""
        return bool(swept["spent"] <= swept["received"] * self.most())

    @property
    def fee(self) -> int:
        return int(self.pool.contract.call("fee"))

    def feed_price(self) -> Fraction:
        answer = int(self.feed.call("latestRoundData")[1])
        return exact_price(answer, int(self.feed.call("decimals")), 6, 8)

    def quote(self, amount: int, limit: int | None = None) -> tuple[int, int]:
        """What the pool itself takes of `amount` stablecoin units up to a price, and gives."""
        to = self.limit() if limit is None else limit
        asked = (self.pool.address, self.cash_first, amount, to)
        deltas = self.pool.liquidity.call("swap", *asked)
        paid, got = deltas if self.cash_first else reversed(deltas)
        return paid, -got

    def root(self) -> int:
        return int(self.pool.contract.call("slot0")[0])

    def move_to(self, root: int) -> None:
        """Trade with the pool until its price is exactly this."""
        down = root < self.root()
        asked = (self.pool.address, down, 10**30, root)
        self.pool.liquidity.send("swap", *asked, sender=self.keeper)
        assert self.root() == root

    def fill(self, bitcoin: int, ticks: int | None = None) -> tuple[int, int, int]:
        """Let so much bitcoin's worth stand on either side; the position."""
        liquidity = liquidity_for(bitcoin, AT)
        return (*self.pool.fill(liquidity, self.keeper, ticks), liquidity)

    def drain(self, position: tuple[int, int, int]) -> None:
        self.pool.liquidity.send("take", self.pool.address, *position, sender=self.keeper)

    # The venue

    def set_venue(self, **changes: Any) -> None:
        self.venue = replace(self.venue, **changes)
        self.stage.router.send("setVenue", self.venue.encoded(), sender=self.stage.governor)

    def answer(self, answer: int, age: int = 0) -> None:
        """Let the feed say this, given so many seconds ago."""
        self.feed.send("set", answer, self.stage.now() - age, sender=self.keeper)

    # The books

    def claims(self, cluster: int) -> dict[str, int]:
        """Every claim that a sweep may touch."""
        vault, cash, reserve = self.stage.vault, self.stage.cash.address, self.stage.reserve.address
        token, router = self.stage.token(cluster).address, self.stage.router.address
        asked = {
            "router's cash": (cash, router),
            "router's bitcoin": (reserve, router),
            "token's bitcoin": (reserve, token),
            "keeper's bitcoin": (reserve, self.keeper.address),
        }
        found = vault.call_many([("claimOf", pair) for pair in asked.values()])
        return dict(zip(asked, found, strict=True))

    def held(self) -> dict[str, int]:
        """Coins, wherever a sweep moves them."""
        places = (self.stage.vault.address, self.pool.address, self.stage.router.address)
        return {
            f"{name} of {place}": int(coin.call("balanceOf", place))
            for name, coin in (("cash", self.stage.cash), ("bitcoin", self.stage.reserve))
            for place in places
        }


def earn(stage: Stage, cluster: int, amount: int, hours: int, cancelled: int = 0) -> None:
    """Let a cluster have earned this in so many hours, `cancelled` of it by cancellations, and pay
    for it: no lease could bring every amount."""
    payer = stage.tenants[-1]
    stage.cash.send("mint", payer.address, amount, sender=payer)
    before, waiting = books(stage, cluster)["earned"], earnings(stage, cluster)
    changes = {
        "earned": waiting["earned"] + amount * LEDGER,
        "cancelled": waiting["cancelled"] + cancelled,
        "hoursCovered": hours,
    }
    write_earnings(stage, cluster, amount, **changes)
    found = books(stage, cluster)["earned"]
    assert found == before + amount * LEDGER, "the storage layout changed"


def desk_on(stage: Stage, fee: int = FEE, decimals: int = FEED_DECIMALS) -> Desk:
    """A pool without liquidity and a feed at the same price, and the router buys there."""
    rpc, somebody = stage.anvil.rpc, stage.stranger
    pool = deploy_pool(rpc, somebody, stage.cash, stage.reserve, AT, fee)
    feed = deploy_feed(rpc, somebody, PRICE * 10**decimals // 10**FEED_DECIMALS, decimals)
    pool.fund(10**30, 10**30, somebody)
    desk = Desk(stage, pool, feed, Venue(pool.address, feed.address))
    desk.set_venue()
    return desk


@contextmanager
def ordered_stage(cash_first: bool) -> Iterator[Stage]:
    """A stage of its own, with its two coins in the order that is wanted."""
    with Anvil(GENESIS) as anvil:
        deployer = UnlockedAccount(dev_account(0).address)
        while _coins_ahead(anvil, deployer.address) is not cash_first:
            deployer.transact(anvil.rpc, {"from": deployer.address, "to": deployer.address})
        stage = build_stage(anvil)
        assert comes_first(stage.cash.address, stage.reserve.address) is cash_first
        yield stage


def _coins_ahead(anvil: Anvil, deployer: str) -> bool:
    """Whether the stablecoin comes first when the next two creations are the coins."""
    nonce = anvil.rpc.integer("eth_getTransactionCount", deployer, "latest")
    sender = HexAddress(HexStr(deployer))
    cash, reserve = (str(get_create_address(sender, Nonce(nonce + n))) for n in range(2))
    return comes_first(cash, reserve)


def backlog_of(amount: int, waited: int, late: int = 0) -> int:
    """What vests of bitcoin, `late` of it for a backlog: that, and all but a day's part of what is
    for the rest, which waited for so many hours."""
    rest = amount - late
    return amount - (rest * 24 // waited if waited > 24 else rest)
