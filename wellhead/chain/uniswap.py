"""A market for bitcoin on a local chain: a Uniswap v3 pool of the two coins, and a price feed.

The pool is made by Uniswap's own factory, whose bytecode npm brings and nobody copies. Liquidity
comes from a test contract: Uniswap's contract for positions would bring three more packages along.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from fractions import Fraction
from math import isqrt

from wellhead import toolchain
from wellhead.chain.accounts import Account
from wellhead.chain.contract import GAS_CEILING, Contract, deploy_contract, transact
from wellhead.chain.locality import is_local
from wellhead.chain.plan import Venue
from wellhead.chain.record import DeploymentError
from wellhead.chain.rpc import Rpc
from wellhead.sources import ToolchainError

PACKAGE = "@uniswap/v3-core"
#: The pool's fee, millionths of what is paid in.
FEE = 500
#: The feed's digits after the point, as Chainlink's feeds of dollars have them.
FEED_DECIMALS = 8
#: Dollars per bitcoin where nothing else is asked for, with the feed's digits.
PRICE = 100_000 * 10**FEED_DECIMALS
#: Bitcoin units that stand on one side of the pool: 1 % of the price is some 5 million dollars.
DEPTH = 10_000 * 10**8
#: How far a pool's ticks go, either way.
MAX_TICK = 887_272
#: A pool counts prices as square roots, times this.
Q96 = 1 << 96


@dataclass(frozen=True)
class Pool:
    """A pool that was made here, and the test contract that fills it and trades with it."""

    contract: Contract
    liquidity: Contract
    cash: Contract
    reserve: Contract

    @property
    def address(self) -> str:
        return self.contract.address

    @property
    def cash_first(self) -> bool:
        """Whether the stablecoin is the pool's token0."""
        return comes_first(self.cash.address, self.reserve.address)

    def fund(self, cash: int, reserve: int, sender: Account) -> None:
        """Mint test coins to the contract that fills the pool."""
        for coin, amount in ((self.cash, cash), (self.reserve, reserve)):
            coin.send("mint", self.liquidity.address, amount, sender=sender)

    def fill(self, liquidity: int, sender: Account, ticks: int | None = None) -> tuple[int, int]:
        """Add liquidity around the present price, `ticks` of 0.01 % to either side, or everywhere;
        the bounds of the position."""
        spacing = int(self.contract.call("tickSpacing"))
        tick = int(self.contract.call("slot0")[1])
        most = MAX_TICK // spacing
        low = -most if ticks is None else max((tick - ticks) // spacing, -most)
        high = most if ticks is None else min(-((-tick - ticks) // spacing), most)
        bounds = (low * spacing, high * spacing)
        self.liquidity.send("put", self.address, *bounds, liquidity, sender=sender)
        return bounds


def comes_first(cash: str, reserve: str) -> bool:
    """Whether the stablecoin is token0: pools order their coins by address."""
    return int(cash, 16) < int(reserve, 16)


def exact_price(
    answer: int, feed_decimals: int, cash_decimals: int, reserve_decimals: int
) -> Fraction:
    """A feed's answer as stablecoin units per bitcoin unit."""
    return Fraction(answer * 10**cash_decimals, 10 ** (feed_decimals + reserve_decimals))


def root_of(price: Fraction, cash_first: bool) -> int:
    """A price of stablecoin units per bitcoin unit as a pool counts it, rounded down."""
    above, below = (price.denominator, price.numerator) if cash_first else price.as_integer_ratio()
    return isqrt(above * Q96 * Q96 // below)


def price_of(root: int, cash_first: bool) -> Fraction:
    """A pool's price as stablecoin units per bitcoin unit, exactly."""
    price = Fraction(root * root, Q96 * Q96)
    return 1 / price if cash_first else price


def liquidity_for(reserve: int, price: Fraction) -> int:
    """The liquidity that stands on one side on `reserve` bitcoin units, and on the other on what
    they cost."""
    return isqrt(reserve * reserve * price.numerator // price.denominator)


def factory_bytecode() -> str:
    """Uniswap's factory, as npm brought it."""
    name = "UniswapV3Factory"
    folder = toolchain.node_modules() / PACKAGE / "artifacts" / "contracts"
    path = folder / f"{name}.sol" / f"{name}.json"
    try:
        return str(json.loads(path.read_text("utf-8"))["bytecode"])
    except OSError as error:
        raise ToolchainError(f"{PACKAGE} is not installed: run `make setup`") from error


def deploy_pool(
    rpc: Rpc, sender: Account, cash: Contract, reserve: Contract, price: Fraction, fee: int = FEE
) -> Pool:
    """Make a pool of the test coins on a local chain, at a price and with nothing in it."""
    if not is_local(rpc):
        chain_id = rpc.integer("eth_chainId")
        raise DeploymentError(f"a pool of test coins is for local chains, not for chain {chain_id}")
    body = {"data": factory_bytecode(), "from": sender.address}
    made = transact(rpc, body, sender, GAS_CEILING)
    factory = Contract(rpc, "IUniswapV3Factory", str(made.contract_address))
    coins = (cash.address, reserve.address)
    factory.send("createPool", *coins, fee, sender=sender)
    contract = Contract(rpc, "IUniswapV3Liquidity", factory.call("getPool", *coins, fee))
    contract.send("initialize", root_of(price, comes_first(*coins)), sender=sender)
    liquidity, _ = deploy_contract(rpc, "TestLiquidity", [], sender)
    return Pool(contract, liquidity, cash, reserve)


def deploy_feed(rpc: Rpc, sender: Account, answer: int, decimals: int = FEED_DECIMALS) -> Contract:
    """A feed whose answer never ages: nobody looks after it on a local chain."""
    feed, _ = deploy_contract(rpc, "TestFeed", [decimals, answer], sender)
    feed.send("keep", answer, sender=sender)
    return feed


def deploy_venue(
    rpc: Rpc, sender: Account, cash: Contract, reserve: Contract, answer: int = PRICE
) -> Venue:
    """Where sweeps buy bitcoin on a local chain: a deep pool, and a feed that says its price."""
    digits = (int(coin.call("decimals")) for coin in (cash, reserve))
    price = exact_price(answer, FEED_DECIMALS, *digits)
    pool = deploy_pool(rpc, sender, cash, reserve, price)
    pool.fund(2 * int(DEPTH * price), 2 * DEPTH, sender)
    pool.fill(liquidity_for(DEPTH, price), sender)
    return Venue(pool=pool.address, feed=deploy_feed(rpc, sender, answer).address)
