"""Every slot and every packed word of the replays lies where the compiler puts it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.layouts import fields, slots, unpacked
from tests.support.shows import shows
from wellhead.audit.replay import Slot
from wellhead.audit.replays import market_state, router, token_state
from wellhead.audit.replays.book import Book, Era, Mark
from wellhead.audit.replays.leases import Access, Term
from wellhead.audit.replays.token_state import Account
from wellhead.audit.replays.vesting import Ledger
from wellhead.audit.words import slot_of

BOOK = Book(
    cursor=1,
    booked=2,
    rate=3,
    lost=4,
    down=5,
    phase=6,
    earned=7,
    cancelled=8,
    remainder=9,
    hours_covered=10,
    base=11,
    bond=12,
    base_hour=13,
    era=14,
    eras={3: Era(15, 16, {17: 18}, {19: Mark(-20, -21, 22, 23, True)})},
)
TERM = Term(1, 2, 3, 4, 5, 6, 7, 8, 9)
ACCESS = Access(1, 2, 3, True)


@shows("AUD-4")
def test_the_market_keeps_its_state_there() -> None:
    assert slots("LeaseMarket") == {
        "_leaseCount": market_state._COUNT,
        "_books": market_state._BOOKS,
        "_terms": market_state._TERMS,
        "_access": market_state._ACCESS,
        "_shared": market_state._SHARED,
    }


@shows("AUD-4")
@pytest.mark.parametrize("other", ["LeaseChanges", "LeaseRecords"])
def test_what_runs_on_the_markets_storage_sees_it_alike(other: str) -> None:
    assert slots(other) == slots("LeaseMarket")


@shows("AUD-4")
def test_the_router_keeps_its_state_there() -> None:
    assert slots("RevenueRouter") == {
        "_authority": router._AUTHORITY,
        "_payees": router._PAYEES,
        "_routed": router._ROUTED,
        "_paid": router._PAID,
        "_venue": router._VENUE,
    }


@shows("AUD-4")
def test_a_token_keeps_its_state_there() -> None:
    assert slots("CapacityToken") == {
        "_nameFallback": 0,  # for names of 32 bytes and more, which the registry does not admit
        "_versionFallback": 1,
        "_nonces": token_state._NONCES,
        "name": token_state._NAME,
        "symbol": token_state._SYMBOL,
        "_totals": token_state._TOTALS,
        "_cashLedger": token_state._CASH,
        "_reserveLedger": token_state._RESERVE,
        "_accounts": token_state._ACCOUNTS,
        "_owed": token_state._OWED,
        "_frozen": token_state._FROZEN,
        "_days": token_state._DAYS,
        "allowance": token_state._ALLOWANCE,
    }


@shows("AUD-4")
def test_books_are_packed_as_the_compiler_packs_them() -> None:
    words = _words(BOOK.slots(100, ()))
    assert unpacked(words[100], "LeaseMarket", "LeaseBook.Meter") == {
        "cursor": 1,
        "booked": 2,
        "rate": 3,
        "lost": 4,
        "down": 5,
        "phase": 6,
    }
    assert unpacked(words[101], "LeaseMarket", "LeaseBook.Earnings") == {
        "earned": 7,
        "cancelled": 8,
        "remainder": 9,
        "hoursCovered": 10,
    }
    assert unpacked(words[102], "LeaseMarket", "LeaseBook.Book", 2) == {
        "base": 11,
        "bond": 12,
        "baseHour": 13,
        "era": 14,
    }
    assert _slot("LeaseMarket", "LeaseBook.Book", "eras") == 3


@shows("AUD-4")
def test_eras_are_packed_as_the_compiler_packs_them() -> None:
    words, era = _words(BOOK.slots(100, ())), slot_of(103, 3)
    assert unpacked(words[era], "LeaseMarket", "LeaseBook.Era") == {"end": 15, "compensation": 16}
    assert words[slot_of(era + _slot("LeaseMarket", "LeaseBook.Era", "flags"), 17)] == 18
    mark = words[slot_of(era + _slot("LeaseMarket", "LeaseBook.Era", "marks"), 19)]
    assert unpacked(mark, "LeaseMarket", "LeaseBook.Mark") == {
        "rate": 2**112 - 20,
        "units": 2**40 - 21,
        "late": 22,
        "lost": 23,
        "closes": 1,
    }


def test_a_calendar_lies_behind_an_eras_marks() -> None:
    book = Book(eras={0: Era()})
    book.era_of(0).calendar.add(7, 9, 5)
    words = _words(book.slots(100, ()))
    calendar = slot_of(103, 0) + _slot("LeaseMarket", "LeaseBook.Era", "calendar")
    assert words[slot_of(calendar, 1, 0)] == 5 << 7 * 32
    assert words[slot_of(calendar, 1, 1)] == 5
    assert words[slot_of(calendar, 8, 0)] == 5 | 5 << 48 | (5 | 5 << 48) << 80


def test_parts_and_their_use_are_packed_as_the_compiler_packs_them() -> None:
    assert unpacked(TERM.word, "LeaseMarket", "LeaseBook.Term") == {
        "rate": 1,
        "clusterId": 2,
        "units": 3,
        "start": 4,
        "end": 5,
        "firstSeconds": 6,
        "era": 7,
        "extensions": 8,
        "flags": 9,
    }
    assert unpacked(ACCESS.word, "LeaseMarket", "LeaseState.Access") == {
        "user": 1,
        "expires": 2,
        "due": 3,
        "isSuspended": 1,
    }


@shows("AUD-4")
def test_revenue_is_packed_as_the_compiler_packs_it() -> None:
    words = _words(Ledger(0, 1, 2, 3, 4, 5, 6).slots(100, ""))
    assert unpacked(words[100], "CapacityToken", "RevenueIndex.Ledger") == {
        "total": 1,
        "carried": 2,
    }
    assert unpacked(words[101], "CapacityToken", "RevenueIndex.Ledger", 1) == {
        "unvested": 3,
        "since": 4,
        "until": 5,
    }
    assert unpacked(words[102], "CapacityToken", "RevenueIndex.Ledger", 2) == {"held": 6}


def test_an_account_is_packed_as_the_contract_says() -> None:
    word = Account(tokens=1, cash=2, reserve=3, flags=4, day=5).word
    assert word == 4 << 248 | 5 << 232 | 1 << 144 | 2 << 72 | 3


@shows("AUD-4")
def test_what_is_routed_is_packed_as_the_compiler_packs_it() -> None:
    replay = router.RouterReplay(1, Any, Any, Any)  # type: ignore[arg-type]
    payees = router.Payees(1, 2, 3, 4)
    replay.routed[9] = router.Routed(payees, 5, 6, 2, 8, 9, 17, 10, 11)
    replay.venue = router.Venue(12, 13, 14, 15, 16)
    words = _words(replay.slots())
    assert unpacked(words[slot_of(1, 9)], "RevenueRouter", "RevenueRouter.Payees") == {
        "token": 1,
        "operator": 2,
        "reporters": 3,
        "bitcoin": 4,
    }
    assert unpacked(words[slot_of(2, 9)], "RevenueRouter", "RevenueRouter.Routed") == {
        "total": 5,
        "bitcoinPending": 6,
        "bitcoinBacklog": 4,
        "remainders": 8,
        "pendingSince": 9,
        "distributedAt": 17,
    }
    assert unpacked(words[slot_of(3, 9)], "RevenueRouter", "RevenueRouter.Paid") == {
        "operator": 10,
        "reporters": 11,
    }
    assert unpacked(words[4], "RevenueRouter", "IRevenueRouter.Venue") == {"pool": 12}
    assert unpacked(words[5], "RevenueRouter", "IRevenueRouter.Venue", 1) == {
        "feed": 13,
        "maxAge": 14,
        "slippage": 15,
        "tip": 16,
    }


def _words(found: Any) -> dict[int, int]:
    listed: list[Slot] = list(found)
    words = {slot: word for slot, word, _ in listed}
    assert len(words) == len(listed)
    return words


def _slot(contract: str, struct: str, name: str) -> int:
    return next(slot for field, slot, _, _ in fields(contract, struct) if field == name)
