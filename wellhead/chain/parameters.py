"""What a deployment is made with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class Delays:
    """Seconds between announcing an act of a role and doing it; `grant` between granting a role
    and its taking effect. The authority itself puts a first `grant` off for five days."""

    governor: int = 0
    operator: int = 0
    guardian: int = 0
    officer: int = 0
    grant: int = 0


@dataclass(frozen=True)
class Venue:
    """Where sweeps buy bitcoin: a Uniswap v3 pool, and a Chainlink feed of the price that bounds
    them. `max_age` is in seconds, `slippage` and `tip` in millionths."""

    pool: str
    feed: str
    max_age: int = 3600
    slippage: int = 10_000
    tip: int = 1_000

    def encoded(self) -> list[Any]:
        """In the order of IRevenueRouter.Venue."""
        return [self.pool, self.feed, self.max_age, self.slippage, self.tip]


_ZERO = "0x" + "00" * 20
#: Bitcoin is bought nowhere until the governor says where.
NO_VENUE = Venue(_ZERO, _ZERO, 0, 0, 0)


@dataclass(frozen=True)
class Parameters:
    """What a deployment is made with. `cash` and `reserve` are ERC-20 addresses; `finality` is in
    seconds; `contest_deposit` in stablecoin units; `reporters` in any order; `officers` see to
    compliance. Without a `governor` the deployer stays one."""

    cash: str
    reserve: str
    reporters: Sequence[str]
    threshold: int
    operators: Sequence[str] = ()
    guardians: Sequence[str] = ()
    officers: Sequence[str] = ()
    venue: Venue = NO_VENUE
    finality: int = 24 * 3600
    contest_deposit: int = 100 * 10**6
    governor: str | None = None
    delays: Delays = field(default_factory=Delays)

    def plain(self) -> dict[str, Any]:
        """As JSON has it."""
        body = asdict(self)
        return {k: list(v) if isinstance(v, tuple | list) else v for k, v in body.items()}

    @classmethod
    def from_plain(cls, body: dict[str, Any]) -> Parameters:
        delays, venue = Delays(**body["delays"]), Venue(**body["venue"])
        return cls(**{**body, "delays": delays, "venue": venue})
