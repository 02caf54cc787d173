"""All contracts wired together, at one moment."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from .authority import Authority
from .coin import Coin
from .compliance import Compliance
from .contests import Contests
from .errors import Revert
from .exchange import LeaseExchange
from .market import LeaseMarket
from .oracle import MetricsOracle
from .registry import CapacityRegistry
from .router import RevenueRouter
from .token import CapacityToken
from .units import HOUR, Address
from .vault import Vault

CASH_DECIMALS = 6
RESERVE_DECIMALS = 8


@dataclass(frozen=True)
class Addresses:
    """Where the contracts stand; those of a chain, to compare with one."""

    registry: Address = f"0x{0x1001:040x}"
    market: Address = f"0x{0x1002:040x}"
    oracle: Address = f"0x{0x1003:040x}"
    router: Address = f"0x{0x1004:040x}"
    vault: Address = f"0x{0x1005:040x}"
    cash: Address = f"0x{0x1006:040x}"
    reserve: Address = f"0x{0x1007:040x}"
    exchange: Address = f"0x{0x1008:040x}"
    contests: Address = f"0x{0x1009:040x}"
    compliance: Address = f"0x{0x100A:040x}"


class World:
    """The contracts at `now`, unix seconds.

    Every method that changes something changes nothing when it raises Revert. `copy.deepcopy` takes
    a snapshot.
    """

    def __init__(
        self,
        now: int,
        governor: Address,
        finality: int,
        signers: Sequence[Address],
        threshold: int,
        addresses: Addresses | None = None,
        contest_deposit: int = 100 * 10**CASH_DECIMALS,
    ) -> None:
        """Deploy everything at `now`; `finality` is seconds on the market clock, the deposit in
        stablecoin units."""
        at = addresses or Addresses()
        self.now = now
        self.authority = Authority(governor)
        self.cash = Coin(at.cash, CASH_DECIMALS)
        self.reserve = Coin(at.reserve, RESERVE_DECIMALS)
        self.coins = {coin.address: coin for coin in (self.cash, self.reserve)}
        self.vault = Vault(self, at.vault)
        self.compliance = Compliance(self, at.compliance)
        self.registry = CapacityRegistry(self, at.registry)
        self.oracle = MetricsOracle(self, at.oracle, finality, signers, threshold)
        self.market = LeaseMarket(self, at.market)
        self.router = RevenueRouter(self, at.router)
        self.exchange = LeaseExchange(self, at.exchange)
        self.contests = Contests(self, at.contests, contest_deposit)

    @property
    def hour(self) -> int:
        """The current hour."""
        return self.now // HOUR

    def advance(self, seconds: int) -> None:
        """Let time pass."""
        self.now += seconds

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Take all steps within, or none: a Revert puts everything back, then goes on.

        The contracts stay the same objects; leases and tokens are copies afterwards, so whoever
        held one takes it from its contract again.
        """
        contracts = [part for part in vars(self).values() if hasattr(part, "__dict__")]
        memo: dict[int, object] = {id(part): part for part in (self, *contracts)}
        before = [copy.deepcopy(vars(contract), memo) for contract in contracts]
        try:
            yield
        except Revert:
            for contract, attributes in zip(contracts, before, strict=True):
                vars(contract).clear()
                vars(contract).update(attributes)
            raise

    def token(self, cluster_id: int) -> CapacityToken:
        """The token of a cluster."""
        return self.registry.cluster_of(cluster_id).token
