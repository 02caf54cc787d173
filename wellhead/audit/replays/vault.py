"""The vault from its events: who holds which claim."""

from __future__ import annotations

from collections.abc import Iterator

from wellhead.audit.replay import Findings, Log, Replay, Slot
from wellhead.audit.words import slot_of


class VaultReplay(Replay):
    """The vault's storage. An event that leaves less than nothing is a finding at once."""

    contract = "Vault"

    def __init__(self, address: int, findings: Findings) -> None:
        super().__init__(address, findings)
        #: What each account holds, by coin.
        self.claims: dict[int, dict[int, int]] = {}
        #: The latest move.
        self.latest: Log | None = None

    def claim(self, coin: int, account: int) -> int:
        """What an account holds, at this point of the replay."""
        return self.claims.get(coin, {}).get(account, 0)

    def Deposited(self, log: Log) -> None:  # noqa: N802
        args = log.args
        self._add(args["coin"], args["account"], args["amount"])

    def Moved(self, log: Log) -> None:  # noqa: N802
        args = log.args
        coin, amount = args["coin"], args["amount"]
        self._take(log, coin, args["from"], amount)
        self._add(coin, args["to"], amount)
        self.latest = log

    def Withdrawn(self, log: Log) -> None:  # noqa: N802
        args = log.args
        self._take(log, args["coin"], args["account"], args["amount"])

    def _add(self, coin: int, account: int, amount: int) -> None:
        of_coin = self.claims.get(coin)
        if of_coin is None:
            of_coin = self.claims[coin] = {}
        of_coin[account] = of_coin.get(account, 0) + amount

    def _take(self, log: Log, coin: int, account: int, amount: int) -> None:
        left = self.claim(coin, account) - amount
        if left < 0:
            self.differ(log, "amount", amount, f"at most {left + amount}")
        self.claims.setdefault(coin, {})[account] = left

    def slots(self) -> Iterator[Slot]:
        for coin, accounts in self.claims.items():
            first = slot_of(0, coin)
            for account, claim in accounts.items():
                if claim:
                    yield slot_of(first, account), claim, ("claimOf", coin, account)
