"""A pool and a feed of third parties on a rehearsal's chain."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from tests.support.live import Node, put_contract
from tests.support.rehearsal import Rehearsal, solc
from wellhead import toolchain
from wellhead.chain import Contract
from wellhead.chain.uniswap import (
    FEE,
    FEED_DECIMALS,
    PRICE,
    comes_first,
    exact_price,
    factory_bytecode,
    liquidity_for,
    root_of,
)

#: Dollars per bitcoin as stablecoin units per bitcoin unit.
AT = exact_price(PRICE, FEED_DECIMALS, 6, 8)
BITCOIN = 10**8
FEED = """
pragma solidity ^0.8.30;
contract Aggregator {
    address private immutable _owner = msg.sender;
    uint8 public immutable decimals;
    string public constant description = "BTC / USD";
    int256 private _answer;
    uint256 private _updatedAt;
    constructor(uint8 decimals_, int256 answer, uint256 updatedAt) {
        (decimals, _answer, _updatedAt) = (decimals_, answer, updatedAt);
    }
    function set(int256 answer, uint256 updatedAt) external {
        require(msg.sender == _owner);
        (_answer, _updatedAt) = (answer, updatedAt);
    }
    function latestRoundData() external view returns (uint80, int256, uint256, uint256, uint80) {
        return (7, _answer, _updatedAt, _updatedAt, 7);
    }
}
"""


@dataclass
class Market:
    """A chain on which a pool of the rehearsal's coins stands, and a feed."""

    node: Node
    cash: str
    reserve: str
    factory: Contract
    liquidity: Contract
    pool: str
    feed: str

    def act(self, contract: Contract, function: str, *arguments: Any) -> None:
        """A transaction of the node's own account."""
        act(self.node, contract, function, *arguments)

    def new_pool(self, other: str, fee: int = FEE) -> str:
        """A pool of the stablecoin and some coin, without a price."""
        self.act(self.factory, "createPool", self.cash, other, fee)
        return str(self.factory.call("getPool", self.cash, other, fee))

    def initialize(self, pool: str, root: int) -> None:
        self.act(Contract(self.node.rpc, "IUniswapV3Liquidity", pool), "initialize", root)

    def fill(self, pool: str, bitcoin: int) -> None:
        """Let so much bitcoin's worth stand on either side, at all prices."""
        bounds = (-887_270, 887_270)
        self.act(self.liquidity, "put", pool, *bounds, liquidity_for(bitcoin, AT))

    def new_feed(self, answer: int, age: int, decimals: int = FEED_DECIMALS) -> str:
        """A feed that answered so many seconds ago, from the block it is made in."""
        at = self.node.rpc.now() + 2 - age
        kinds = ["uint8", "int256", "uint256"]
        return put_contract(self.node, feed_bytecode(), kinds, [decimals, answer, at])


def act(node: Node, contract: Contract, function: str, *arguments: Any) -> None:
    (owner,) = node.rpc("eth_accounts")
    data = contract.functions[function].encode(arguments)
    body = {"from": owner, "to": contract.address, "data": data, "gas": hex(9_000_000)}
    hashed = node.rpc("eth_sendTransaction", body)
    node.mine()
    assert node.rpc("eth_getTransactionReceipt", hashed)["status"] == "0x1", function


def open_market(rehearsal: Rehearsal) -> Market:
    """A filled pool at 100,000 dollars, and a feed that says so."""
    node, cash, reserve = rehearsal.node, rehearsal.values["cash"], rehearsal.values["reserve"]
    factory = Contract(node.rpc, "IUniswapV3Factory", _put_factory(node))
    bytecode = toolchain.artifacts()["TestLiquidity"]["bytecode"]
    liquidity = Contract(node.rpc, "TestLiquidity", put_contract(node, bytecode, [], []))
    for coin, amount in ((cash, 10**14), (reserve, 10**14)):
        act(node, Contract(node.rpc, "TestCoin", coin), "transfer", liquidity.address, amount)
    market = Market(node, cash, reserve, factory, liquidity, "", "")
    market.pool = market.new_pool(reserve)
    market.initialize(market.pool, root_of(AT, comes_first(cash, reserve)))
    market.fill(market.pool, 100 * BITCOIN)
    market.feed = market.new_feed(PRICE, age=60)
    return market


def _put_factory(node: Node) -> str:
    (owner,) = node.rpc("eth_accounts")
    body = {"from": owner, "data": factory_bytecode(), "gas": hex(9_000_000)}
    hashed = node.rpc("eth_sendTransaction", body)
    node.mine()
    return str(node.rpc("eth_getTransactionReceipt", hashed)["contractAddress"])


@lru_cache(maxsize=1)
def feed_bytecode() -> str:
    asked = {
        "language": "Solidity",
        "sources": {"Feed.sol": {"content": FEED}},
        "settings": {
            "evmVersion": "cancun",
            "outputSelection": {"Feed.sol": {"Aggregator": ["evm.bytecode.object"]}},
        },
    }
    answer = json.loads(solc(json.dumps(asked)))
    return "0x" + str(answer["contracts"]["Feed.sol"]["Aggregator"]["evm"]["bytecode"]["object"])
