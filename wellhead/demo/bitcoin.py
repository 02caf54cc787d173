"""Where the demonstration buys bitcoin: on a Uniswap v3 pool of the local chain, deep and fair.

No bitcoin prices of the trace's days come with Wellhead, so the price stands still. After each
purchase somebody trades the pool back to it, as traders do on a live one.
"""

from __future__ import annotations

from dataclasses import dataclass

from wellhead.chain import Account, Contract, Rpc
from wellhead.chain.plan import Venue
from wellhead.chain.uniswap import (
    DEPTH,
    FEED_DECIMALS,
    Pool,
    deploy_feed,
    deploy_pool,
    exact_price,
    liquidity_for,
)

#: What a bitcoin costs, dollars.
PRICE = 9_000
#: Less than so many stablecoin units is not worth a purchase: a cent.
LEAST = 10_000


@dataclass(frozen=True)
class Exchange:
    """The pool, the feed that says the price, and that price as the pool counts it."""

    pool: Pool
    feed: Contract
    root: int

    @property
    def venue(self) -> Venue:
        return Venue(pool=self.pool.address, feed=self.feed.address)

    def level(self, sender: Account) -> None:
        """Sell to the pool what was bought from it, up to the feed's price."""
        if self._root() != self.root:
            asked = (self.pool.address, not self.pool.cash_first, DEPTH, self.root)
            self.pool.liquidity.send("swap", *asked, sender=sender)

    def _root(self) -> int:
        return int(self.pool.contract.call("slot0")[0])


def open_exchange(rpc: Rpc, sender: Account, cash: Contract, reserve: Contract) -> Exchange:
    """Make a pool of the test coins and fill it; make a feed that says its price for ever."""
    answer = PRICE * 10**FEED_DECIMALS
    digits = (int(coin.call("decimals")) for coin in (cash, reserve))
    price = exact_price(answer, FEED_DECIMALS, *digits)
    pool = deploy_pool(rpc, sender, cash, reserve, price)
    # One part fills the pool, the other is for trading it back.
    pool.fund(2 * int(DEPTH * price), 2 * DEPTH, sender)
    pool.fill(liquidity_for(DEPTH, price), sender)
    root = int(pool.contract.call("slot0")[0])
    return Exchange(pool, deploy_feed(rpc, sender, answer), root)
