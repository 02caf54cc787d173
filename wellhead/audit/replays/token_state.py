"""A capacity token's storage, and what follows from it at a unix time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from wellhead.audit.replay import Findings, Log, Replay, Slot
from wellhead.audit.replays.vesting import Ledger
from wellhead.audit.words import packed, slot_of

CASH_COINS_LOG2 = 40
RESERVE_COINS_LOG2 = 25
#: Flags of the supply: in which currency something vests.
CASH_VESTS = 1
RESERVE_VESTS = 2

_NONCES, _NAME, _SYMBOL, _TOTALS, _CASH, _RESERVE = 2, 3, 4, 5, 6, 9
_ACCOUNTS, _OWED, _FROZEN, _DAYS, _ALLOWANCE = 12, 13, 14, 15, 16


@dataclass(slots=True)
class Account:
    """A quantity of tokens, and both indices as far as they are in what is owed; or the supply,
    and both indices as last written, with the day of the last revenue."""

    tokens: int = 0
    cash: int = 0
    reserve: int = 0
    flags: int = 0
    day: int = 0

    @property
    def word(self) -> int:
        """As it is stored."""
        return packed(
            (self.reserve, 72), (self.cash, 72), (self.tokens, 88), (self.day, 16), (self.flags, 8)
        )


class TokenState(Replay):
    """Balances, indices, and what everybody is owed."""

    contract = "CapacityToken"

    def __init__(
        self,
        address: int,
        findings: Findings,
        registration: Log,
        cash_decimals: int,
        reserve_decimals: int,
    ) -> None:
        super().__init__(address, findings)
        self.name: str = registration.args["name"]
        self.symbol: str = registration.args["symbol"]
        self.totals = Account()
        self.cash = Ledger(shift_of(cash_decimals, CASH_COINS_LOG2))
        self.reserve = Ledger(shift_of(reserve_decimals, RESERVE_COINS_LOG2))
        self.accounts: dict[int, Account] = {}
        #: Cash and reserve ledger up to the account's indices.
        self.owed: dict[int, tuple[int, int]] = {}
        self.frozen: dict[int, int] = {}
        #: How everything stood before a day's first revenue, by day modulo `RING`.
        self.days: dict[int, Account] = {}
        self.allowances: dict[tuple[int, int], int] = {}
        self.nonces: dict[int, int] = {}
        #: Smallest units of cash and reserve that were claimed.
        self.claimed = [0, 0]

    # What others ask

    def owed_to(self, account: int, time: int) -> tuple[int, int]:
        """Cash and reserve ledger that an account is owed."""
        return self._owed_at(account, self._current(time))

    def covered(self) -> tuple[int, int]:
        """Smallest units of cash and reserve that the token's claims in the vault cover: what came
        and was not claimed."""
        cash, reserve = (
            (ledger.total >> ledger.shift) + ledger.held - claimed
            for ledger, claimed in zip((self.cash, self.reserve), self.claimed, strict=True)
        )
        return cash, reserve

    def unaccounted(self, time: int) -> tuple[int, int]:
        """Cash and reserve ledger that was added and is neither claimed nor owed to anybody, nor
        carried nor vesting: zero, or the replay is wrong."""
        totals = self._current(time)
        rest = [self.cash.total, self.reserve.total]
        for number, (ledger, now, written) in enumerate(
            (
                (self.cash, totals.cash, self.totals.cash),
                (self.reserve, totals.reserve, self.totals.reserve),
            )
        ):
            rest[number] -= self.claimed[number] << ledger.shift
            rest[number] -= ledger.carried + ledger.unvested - (now - written) * totals.tokens
            rest[number] -= sum(self._owed_at(account, totals)[number] for account in self.accounts)
        return rest[0], rest[1]

    # Within

    def _current(self, time: int) -> Account:
        """The supply and both indices, with what has vested."""
        totals = self.totals
        if not totals.flags:
            return totals
        now = replace(totals)
        if totals.flags & CASH_VESTS:
            now.cash += self.cash.growth(time, totals.tokens)
        if totals.flags & RESERVE_VESTS:
            now.reserve += self.reserve.growth(time, totals.tokens)
        return now

    def _change(self, address: int, totals: Account, amount: int) -> None:
        """Book what an account earned since its checkpoint, then change its balance."""
        account = self._account(address)
        if (account.cash, account.reserve) != (totals.cash, totals.reserve):
            if account.tokens:
                self.owed[address] = self._owed_at(address, totals)
            account.cash, account.reserve = totals.cash, totals.reserve
        account.tokens += amount

    def _owed_at(self, address: int, totals: Account) -> tuple[int, int]:
        account = self._account(address)
        cash, reserve = self.owed.get(address, (0, 0))
        return (
            cash + account.tokens * (totals.cash - account.cash),
            reserve + account.tokens * (totals.reserve - account.reserve),
        )

    def _account(self, address: int) -> Account:
        found = self.accounts.get(address)
        if found is None:
            found = self.accounts[address] = Account()
        return found

    # Storage

    def slots(self) -> Iterator[Slot]:
        yield _NAME, short_text(self.name), ("name",)
        yield _SYMBOL, short_text(self.symbol), ("symbol",)
        yield _TOTALS, self.totals.word, ("_totals",)
        yield from self.cash.slots(_CASH, "_cashLedger")
        yield from self.reserve.slots(_RESERVE, "_reserveLedger")
        for account, state in self.accounts.items():
            yield slot_of(_ACCOUNTS, account), state.word, ("_accounts", account)
        for account, (cash, reserve) in self.owed.items():
            word = packed((cash, 128), (reserve, 128))
            yield slot_of(_OWED, account), word, ("_owed", account)
        for account, amount in self.frozen.items():
            yield slot_of(_FROZEN, account), amount, ("_frozen", account)
        for day, before in self.days.items():
            yield slot_of(_DAYS, day), before.word, ("_days", day)
        for (owner, spender), amount in self.allowances.items():
            yield slot_of(_ALLOWANCE, owner, spender), amount, ("allowance", owner, spender)
        for account, nonce in self.nonces.items():
            yield slot_of(_NONCES, account), nonce, ("_nonces", account)


def shift_of(decimals: int, coins_log2: int) -> int:
    """Binary digits behind a ledger's point, where so many coins must fit before it. ValueError for
    a coin for which no token can be made."""
    shift = 128 - coins_log2 - int(10**decimals).bit_length()
    if shift < 0:
        raise ValueError(f"decimals of {decimals}")
    return shift


def short_text(text: str) -> int:
    """The word of a text below 32 bytes: left-aligned, with twice its length at the end."""
    data = text.encode("utf-8", "surrogateescape")
    return int.from_bytes(data.ljust(32, b"\0"), "big") | 2 * len(data)
