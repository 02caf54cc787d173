"""What a venue is like, before it is trusted: a Uniswap v3 pool of the two coins, and a price feed.

Prices are stablecoin units for a whole bitcoin, rounded down; shares are millionths.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from eth_abi.exceptions import DecodingError

from wellhead.actions.errors import SetupError
from wellhead.chain import Contract, Reverted, Rpc, RpcError
from wellhead.chain.abi import decode
from wellhead.chain.parameters import Venue
from wellhead.chain.uniswap import comes_first, exact_price, price_of
from wellhead.model.units import Q

#: More digits than these the router does not take.
MOST_DECIMALS = 18
_DESCRIPTION = "0x7284e416"  # description()
_SOMEBODY = "0x" + "5e" * 20
_NO_ANSWER = (Reverted, RpcError)


@dataclass(frozen=True)
class Sight:
    """A venue as it describes itself: the pool, what made it, its fee, the liquidity in use and its
    price; the feed, what it is of, and its answer of `updated_at`, unix time."""

    venue: Venue
    factory: str
    fee: int
    liquidity: int
    pool_price: int
    description: str
    feed_price: int
    updated_at: int
    anyone_answers: bool

    @property
    def limit(self) -> int:
        """The most that a sweep pays."""
        return self.feed_price * (Q + self.venue.slippage) // Q

    def warnings(self) -> Iterator[str]:
        """What does not speak against naming it, but keeps sweeps from buying."""
        if not self.liquidity:
            yield f"the pool {self.venue.pool} has no liquidity at its price: nothing is bought yet"
        elif self.pool_price * Q > self.limit * (Q - self.fee):
            yield (
                f"the pool {self.venue.pool} asks for more than the feed's price and the slippage: "
                "nothing is bought at that"
            )


def sight(rpc: Rpc, venue: Venue, cash: str, reserve: str, decimals: tuple[int, int]) -> Sight:
    """Look at a venue; SetupError where the router would refuse it, or never buy there."""
    pool = _contract(rpc, "the pool", "IUniswapV3Liquidity", venue.pool)
    feed = _contract(rpc, "the feed", "IPriceFeed", venue.feed)
    root, fee, liquidity, factory = _pool(pool, cash, reserve)
    if fee >= venue.slippage:
        raise SetupError(
            f"the pool {venue.pool} takes a fee of {_percent(fee)}, and the slippage of "
            f"{_percent(venue.slippage)}, which includes it, must be more"
        )
    digits, answer, updated_at = _feed(feed)
    now = rpc.now()
    if not now - venue.max_age <= updated_at <= now:
        age = now - updated_at
        how = f"{age:,} seconds old" if age > 0 else f"of {-age:,} seconds in the future"
        raise SetupError(
            f"the feed's answer at {venue.feed} is {how}: up to {venue.max_age:,} are allowed"
        )
    bitcoin = 10 ** decimals[1]
    return Sight(
        venue=venue,
        factory=factory,
        fee=fee,
        liquidity=liquidity,
        pool_price=int(price_of(root, comes_first(cash, reserve)) * bitcoin),
        description=_description(feed),
        feed_price=int(exact_price(answer, digits, *decimals) * bitcoin),
        updated_at=updated_at,
        anyone_answers=_anyone_answers(rpc, venue.feed),
    )


def _pool(pool: Contract, cash: str, reserve: str) -> tuple[int, int, int, str]:
    """Its price as it counts, fee, liquidity in use, and what made it."""
    names = ("token0", "token1", "slot0", "fee", "liquidity", "factory")
    asked: list[tuple[str, list[Any]]] = [(name, []) for name in names]
    try:
        first, second, slot, fee, liquidity, factory = pool.call_many(asked)
    except _NO_ANSWER as error:
        raise SetupError(f"{pool.address} does not answer as a Uniswap v3 pool") from error
    if {int(first, 16), int(second, 16)} != {int(cash, 16), int(reserve, 16)}:
        raise SetupError(
            f"the pool {pool.address} is of {first} and {second}, not of the cash and reserve coins"
        )
    if not slot[0]:
        raise SetupError(f"the pool {pool.address} has no price yet: nobody initialized it")
    return int(slot[0]), int(fee), int(liquidity), str(factory)


def _feed(feed: Contract) -> tuple[int, int, int]:
    """Its digits, its answer, and when that was given."""
    try:
        digits, (_, answer, _, updated_at, _) = feed.call_many(
            [("decimals", []), ("latestRoundData", [])]
        )
    except _NO_ANSWER as error:
        raise SetupError(f"{feed.address} does not answer as a price feed") from error
    if digits > MOST_DECIMALS:
        raise SetupError(
            f"the feed {feed.address} has {digits} decimals: up to {MOST_DECIMALS} can be used"
        )
    if answer <= 0:
        raise SetupError(f"the feed {feed.address} answers {answer}, which is no price")
    return int(digits), int(answer), int(updated_at)


def _contract(rpc: Rpc, what: str, kind: str, address: str) -> Contract:
    if rpc("eth_getCode", address, "latest") == "0x":
        raise SetupError(f"{what}: there is no contract at {address}")
    return Contract(rpc, kind, address)


def _description(feed: Contract) -> str:
    """What Chainlink's feeds say they are of, in one line; empty where it says nothing."""
    try:
        answer = feed.rpc("eth_call", {"to": feed.address, "data": _DESCRIPTION}, "latest")
        (said,) = decode(["string"], bytes.fromhex(str(answer)[2:]))
    except (RpcError, DecodingError):
        return ""
    return " ".join(str(said).split())


def _anyone_answers(rpc: Rpc, feed: str) -> bool:
    """Whether it is a test feed, which says what anybody tells it."""
    try:
        Contract(rpc, "TestFeed", feed).call("set", 1, 1, sender=_SOMEBODY)
    except _NO_ANSWER:
        return False
    return True


def _percent(millionths: int) -> str:
    whole, rest = divmod(millionths, 10_000)
    digits = f"{rest:04}".rstrip("0")
    return f"{whole}.{digits} %" if digits else f"{whole} %"
