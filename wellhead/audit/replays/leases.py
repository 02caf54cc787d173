"""Leases as the market's storage has them: their parts, who uses them, and who owns them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from wellhead.audit.replay import Slot
from wellhead.audit.words import MAX, keccak, packed

HOUR = 3600
#: Of a part that was split in time or partly cancelled; of a lease whose refund ledger shares a
#: fraction with another's.
CUT = 1
SHARED = 2
#: What Solady's ERC721 hashes with a lease's id, and with an account.
_TITLE_SEED = bytes.fromhex("7d882553")
_ACCOUNT_SEED = bytes.fromhex("0a5a2e7a00000000")
_TRANSFERS = 2**16 - 1


@dataclass(slots=True)
class Term:
    """A part of a lease; `extensions` and `SHARED` are the first one's."""

    rate: int
    cluster: int
    units: int
    start: int
    end: int
    first_seconds: int
    era: int
    extensions: int = 0
    flags: int = 0

    @property
    def first_rate(self) -> int:
        """Rent of the first hour, 2^-32 stablecoin units, rounded down."""
        return self.rate * self.first_seconds // HOUR

    @property
    def rent(self) -> int:
        """Rent of all of it, 2^-32 stablecoin units."""
        return self.first_rate + self.rate * (self.end - self.start - 1)

    @property
    def time(self) -> int:
        """Seconds that it covers."""
        return (self.end - self.start - 1) * HOUR + self.first_seconds

    @property
    def word(self) -> int:
        """As it is stored."""
        return packed(
            (self.rate, 96),
            (self.cluster, 32),
            (self.units, 32),
            (self.start, 24),
            (self.end, 24),
            (self.first_seconds, 16),
            (self.era, 16),
            (self.extensions, 8),
            (self.flags, 8),
        )


@dataclass(slots=True)
class Access:
    """Who uses a lease until when, and the operator's notice or suspension."""

    user: int = 0
    expires: int = 0
    due: int = 0
    is_suspended: bool = False

    @property
    def word(self) -> int:
        """As it is stored."""
        return packed((self.user, 160), (self.expires, 48), (self.due, 40), (self.is_suspended, 8))


@dataclass(slots=True)
class Title:
    """Who owns a lease, and who may move it for the owner; beside the owner stand what was
    refunded and how often the lease changed hands. Those stay when it is burnt."""

    owner: int = 0
    approved: int = 0
    refunded: int = 0
    transfers: int = 0


@dataclass(slots=True)
class Titles:
    """Solady's ERC721: the title of every lease, how many an account has, and whom it lets move
    them all."""

    of: dict[int, Title] = field(default_factory=dict)
    balances: dict[int, int] = field(default_factory=dict)
    operators: dict[tuple[int, int], bool] = field(default_factory=dict)

    def title(self, lease: int) -> Title:
        """The title of a lease, which there is from now on."""
        found = self.of.get(lease)
        if found is None:
            found = self.of[lease] = Title()
        return found

    def move(self, lease: int, sender: int, to: int) -> None:
        """Mint from 0, burn to 0, or hand on; an approval ends with that."""
        title = self.title(lease)
        if sender:
            self.balances[sender] = self.balances.get(sender, 0) - 1
            title.approved = 0
        if to:
            self.balances[to] = self.balances.get(to, 0) + 1
        if sender and to:
            title.transfers = (title.transfers + 1) & _TRANSFERS
        title.owner = to

    def slots(self) -> Iterator[Slot]:
        """All words."""
        for lease, title in self.of.items():
            at = _number((lease >> 32).to_bytes(28, "big") + _TITLE_SEED) + 2 * lease & MAX
            word = packed((title.owner, 160), (title.refunded, 80), (title.transfers, 16))
            yield at, word, ("ownerOf", lease)
            yield at + 1 & MAX, title.approved, ("getApproved", lease)
        for owner, balance in self.balances.items():
            at = _number(owner.to_bytes(20, "big") + _ACCOUNT_SEED)
            yield at, balance, ("balanceOf", owner)
        for (owner, operator), may in self.operators.items():
            pair = owner.to_bytes(20, "big") + _ACCOUNT_SEED + operator.to_bytes(20, "big")
            name = ("isApprovedForAll", owner, operator)
            yield _number(pair), int(may), name


def _number(data: bytes) -> int:
    return int.from_bytes(keccak(data), "big")
