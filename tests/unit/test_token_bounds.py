"""How far the revenue indices reach, and that nothing is lost or gained on the way by rounding."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from tests.support.shares import DAY, Share, at_once, plain_coins, set_up_alone
from tests.support.shows import shows
from tests.support.stage import UNIT, Stage

MILLION = 10**6
YEAR = 8760
YEARS = 20
#: Whole coins that a token can take in its life: of the stablecoin, and of bitcoin.
CASH_BOUND, RESERVE_BOUND = 2**40, 2**25
#: An index needs fewer bits than this; there is room for 72.
INDEX_BITS = 69


@dataclass(frozen=True)
class Coins:
    """Decimals of the stablecoin and of bitcoin, and the binary digits of their ledgers."""

    cash: int
    reserve: int
    cash_shift: int
    reserve_shift: int


#: As USDC and cbBTC have them; 8 of both; as DAI and tBTC have them.
USUAL = Coins(6, 8, 68, 76)
EIGHT = Coins(8, 8, 61, 76)
EIGHTEEN = Coins(18, 18, 28, 43)


def set_up(stage: Stage, coins: Coins = USUAL) -> Share:
    made = set_up_alone(stage, *plain_coins(stage, coins.cash, coins.reserve))
    assert [state["shift"] for state in made.revenues()] == [coins.cash_shift, coins.reserve_shift]
    return made


def most(share: Share, number: int) -> int:
    """The most smallest units of a currency that a token takes."""
    shift: int = share.revenues()[number]["shift"]
    return (1 << 128 - shift) - 1


def add(share: Share, number: int, amount: int, backlog: int = 0) -> None:
    """Revenue in one currency."""
    share.earn(*((amount, 0) if number == 0 else (0, amount)), backlog=backlog)


@shows("REV-7")
@pytest.mark.parametrize("coins", [USUAL, EIGHT, EIGHTEEN])
@pytest.mark.parametrize("price", [10_000, 10_000_000])
@pytest.mark.parametrize("units", [1, MILLION])
def test_twenty_years(stage: Stage, coins: Coins, price: int, units: int) -> None:
    """Twenty years of all hours at 2 dollars, 20 % of it in bitcoin at `price` dollars; a late year
    of it as a backlog. A million units earn 280 billion dollars of the 1,099 billion and more that
    fit, and 7 million bitcoins at 10,000 dollars or 7,008 at 10 million, of the 33.5 million and
    more that fit (21 million exist). Both holders get their part of the index to the last ledger
    integer; what is carried is less than a step of the index, which a million tokens take for
    0.0034 to 0.0043 dollars, and for 14 satoshi or less."""
    share = set_up(stage, coins)
    first, second = share.holders[:2]
    share.mint(first, units * UNIT // 4)
    share.mint(second, units * UNIT - units * UNIT // 4)
    dollars = 2 * YEAR * units
    cash = dollars * 8 // 10 * 10**coins.cash
    reserve = dollars * 2 * 10**coins.reserve // (10 * price)
    for year in range(YEARS):
        share.earn(cash, reserve, backlog=cash if year == 7 else 0)
        stage.skip(YEAR * 3600)
    for state, amount, decimals in zip(
        share.revenues(), (cash, reserve), (coins.cash, coins.reserve), strict=True
    ):
        ledger = YEARS * amount << state["shift"]
        assert (state["total"], state["held"], state["unvested"]) == (ledger, 0, 0)
        assert state["index"] == ledger // (units * UNIT)
        assert state["index"].bit_length() <= INDEX_BITS
        assert state["carried"] == ledger % (units * UNIT)
        assert state["carried"] * 230 < 10**decimals << state["shift"]
    indices = [state["index"] for state in share.revenues()]
    assert share.owed(first) == tuple(units * UNIT // 4 * index for index in indices)
    share.assert_conserved([first, second])
    paid = [share.claim(holder).event("Claimed") for holder in (first, second)]
    lost = YEARS * cash - sum(event["cash"] for event in paid)
    # Two fractions, and what is carried.
    assert lost <= 2 + (units * UNIT >> coins.cash_shift)
    share.assert_conserved([first, second])


@shows("REV-7")
def test_a_million_units_above_the_bound(stage: Stage) -> None:
    """At 10 dollars all hours of twenty years, all of it in stablecoin, a million units earn 1,752
    billion dollars: the token takes 1,152,921,504,606.846975 of them, up to its 14th year, and
    holds the rest for ever."""
    share = set_up(stage)
    holder = share.holders[0]
    share.mint(holder, MILLION * UNIT)
    yearly = 10 * YEAR * MILLION * 10**6
    for year in range(YEARS):
        share.earn(yearly, backlog=yearly // 3)
        stage.skip(YEAR * 3600)
        assert (share.revenues()[0]["held"] == 0) is (year < 13)
    cash = share.revenues()[0]
    assert cash["total"] >> cash["shift"] == most(share, 0) == 1_152_921_504_606_846_975
    assert cash["held"] == YEARS * yearly - most(share, 0)
    share.assert_conserved([holder])
    paid = share.claim(holder).event("Claimed")["cash"]
    assert most(share, 0) - 1 - (MILLION * UNIT >> cash["shift"]) <= paid <= most(share, 0)


@shows("REV-6")
@pytest.mark.parametrize("number", [0, 1], ids=["cash", "reserve"])
@pytest.mark.parametrize("coins", [USUAL, EIGHT, EIGHTEEN])
def test_the_bounds_are_those_that_are_promised(stage: Stage, coins: Coins, number: int) -> None:
    """At least 2^40 dollars and 2^25 bitcoins, less one smallest unit, and less than twice that:
    1,153 billion dollars and 45.0 million bitcoins of the usual coins, 1,476 billion of a dollar
    with 8 decimals, 1,268 billion and 38.7 million of coins with 18."""
    share = set_up(stage, coins)
    decimals = (coins.cash, coins.reserve)[number]
    bound = (CASH_BOUND, RESERVE_BOUND)[number] * 10**decimals
    assert bound <= most(share, number) + 1 < 2 * bound


@shows("REV-6")
@pytest.mark.parametrize("number", [0, 1], ids=["cash", "reserve"])
@pytest.mark.parametrize("coins", [USUAL, EIGHTEEN])
@pytest.mark.parametrize("units", [1, 2**26 - 1])
@pytest.mark.parametrize("late", [False, True])
def test_what_exceeds_the_bound_is_held(
    stage: Stage, coins: Coins, number: int, units: int, late: bool
) -> None:
    """Up to the last unit of the bound all is shared; what is above it, of a backlog too, is held.
    Nothing reverts: tokens move, are minted and burned, and earn in the other currency. One token
    alone brings the index to 69 bits."""
    share = set_up(stage, coins)
    first, second = share.holders[:2]
    share.mint(first, units * UNIT)
    bound = most(share, number)
    add(share, number, bound - 5)
    add(share, number, 9, backlog=7 if late else 0)
    state = share.revenues()[number]
    assert (state["total"] >> state["shift"], state["held"]) == (bound, 4)
    # Of the 5 units that fit, a backlog comes first.
    assert state["unvested"] == (5 << state["shift"] if late else 0)
    add(share, number, 3, backlog=3 if late else 0)
    stage.skip(DAY)
    state = share.revenues()[number]
    assert (state["total"] >> state["shift"], state["held"]) == (bound, 7)
    assert state["index"] == (bound << state["shift"]) // (units * UNIT)
    assert state["index"].bit_length() <= INDEX_BITS
    add(share, 1 - number, 10**6)
    share.transfer(first, second, UNIT // 2)
    share.transfer(second, first, 1)
    share.freeze(second, 1)
    share.mint(second, UNIT)
    share.burn(first, UNIT // 4)
    add(share, number, 2**120)
    share.assert_conserved([first, second])
    paid = share.claim(first).event("Claimed")[("cash", "reserve")[number]]
    # The index has no finer steps than a unit for each 2^shift of 1e-18 tokens.
    coarse = units * UNIT >> state["shift"]
    assert bound - 1 - coarse <= paid <= bound
    share.assert_conserved([first, second])


@pytest.mark.parametrize("number", [0, 1], ids=["cash", "reserve"])
@pytest.mark.parametrize("amount", [2**128 - 1, 2**190])
def test_one_revenue_beyond_everything(stage: Stage, number: int, amount: int) -> None:
    """More than any coin has at once: all above the bound is held."""
    share = set_up(stage)
    share.mint(share.holders[0], UNIT)
    add(share, number, amount, backlog=amount)
    state = share.revenues()[number]
    assert (state["total"] >> state["shift"], state["held"]) == (
        most(share, number),
        amount - most(share, number),
    )
    stage.skip(DAY)
    assert share.revenues()[number]["index"].bit_length() == INDEX_BITS
    share.assert_conserved([share.holders[0]])


@shows("REV-3")
@pytest.mark.parametrize("coins", [USUAL, EIGHTEEN])
@pytest.mark.parametrize("units", [1, MILLION - 17, 2**26 - 1])
def test_single_units(stage: Stage, coins: Coins, units: int) -> None:
    """Six hundred times one smallest unit is the same as once six hundred: what an index can not
    express is carried until it suffices for a step. That takes one token less than a unit, a
    million of them 3,388 millionths of a dollar or 14 satoshi."""
    many, once = set_up(stage, coins), set_up(stage, coins)
    for share in (many, once):
        share.mint(share.holders[0], units * UNIT)
    for number, function in enumerate(("addCash", "addReserve")):
        many.deposit(many.coins[number], 600)
        step = (many.token, function, (1, 0), many.router)
        for _ in range(3):
            at_once(stage, [step] * 200, gas=140_000)
        add(once, number, 600)
    for left, right in zip(many.revenues(), once.revenues(), strict=True):
        expected, carried = divmod(600 << left["shift"], units * UNIT)
        assert (left["index"], left["carried"]) == (expected, carried)
        assert (right["index"], right["carried"]) == (expected, carried)
    many.assert_conserved(many.holders)


@shows("REV-3")
def test_dust_transfers_grind_nothing_away(stage: Stage) -> None:
    """A thousand times 1e-18 of a token goes to and fro while revenue comes and a backlog vests: of
    three holders, whoever did not move earned its balance times the index's growth, the others the
    same and a step of at most one 1e-18 token's growth more or less; all together is exact."""
    share = set_up(stage)
    first, second, third = share.holders[:3]
    for holder in (first, second, third):
        share.mint(holder, 1001 * UNIT)
    share.earn(10**12 + 7, 10**9 + 7, backlog=10**12)
    pair = [
        (share.token, "transfer", (second.address, 1), first),
        (share.token, "transfer", (first.address, 1), second),
    ]
    for step in range(10):
        at_once(stage, pair * 50, gas=250_000)
        share.transfer(first, second, 1)
        stage.skip(3600 + step)
        share.transfer(second, first, 1)
        share.earn(3, 1)
    indices = [state["index"] for state in share.revenues()]
    assert min(indices) > 0
    still = share.owed(third)
    assert still == tuple(1001 * UNIT * index for index in indices)
    for number, index in enumerate(indices):
        moved = [share.owed(holder)[number] for holder in (first, second)]
        assert sum(moved) == 2 * still[number]
        assert abs(moved[0] - still[number]) <= index
    share.assert_conserved(share.holders)


@shows("REV-4")
def test_thousands_of_claims_pay_what_one_pays(stage: Stage) -> None:
    """Of two equal holders one claims two thousand times while a backlog vests, the other once: the
    fraction that a claim leaves stays owed, so they are paid and owed the same."""
    share = set_up(stage)
    often, once = share.holders[:2]
    share.mint(often, 7 * UNIT)
    share.mint(once, 7 * UNIT)
    share.earn(20_000_003, 5003, backlog=10**9)
    claim = (share.token, "claim", (often.address,), often)
    for _ in range(10):
        at_once(stage, [claim] * 190, gas=150_000)
        for _ in range(10):
            stage.skip(800)
            share.claim(often)
    stage.skip(DAY)
    events = share.token.events("Claimed")
    assert len(events) == 2000
    paid = [sum(event[part] for event in events) for part in ("cash", "reserve")]
    last = share.claim(often).event("Claimed")
    other = share.claim(once).event("Claimed")
    assert [paid[0] + last["cash"], paid[1] + last["reserve"]] == [other["cash"], other["reserve"]]
    assert share.owed(often) == share.owed(once)
    share.assert_conserved([often, once])


@shows("REV-10")
@pytest.mark.parametrize("number", [0, 1], ids=["cash", "reserve"])
def test_dust_puts_nothing_off(stage: Stage, number: int) -> None:
    """A backlog is under way; two hundred times a single unit comes late behind it, as anyone can
    have it in bitcoin. All has vested when it would have, to the second: the mean of the ends,
    weighted by amount, is less than a ten-thousandth of a second later."""
    share = set_up(stage)
    share.mint(share.holders[0], UNIT)
    add(share, number, 10**12, backlog=10**12)
    stage.skip(DAY // 2)
    end = share.revenues()[number]["vestedAt"]
    share.deposit(share.coins[number], 200)
    late = (share.token, ("addCash", "addReserve")[number], (1, 1), share.router)
    at_once(stage, [late] * 200, gas=140_000)
    assert end <= share.revenues()[number]["vestedAt"] <= end + 1
    stage.to_time(end + 1)
    assert share.revenues()[number]["unvested"] == 0
    share.assert_conserved(share.holders)


@shows("REV-12")
@pytest.mark.parametrize("number", [0, 1], ids=["cash", "reserve"])
def test_new_tokens_take_no_part_of_what_vests(stage: Stage, number: int) -> None:
    """They bring as much for each as vests for the others."""
    share = set_up(stage)
    first, second = share.holders[:2]
    share.mint(first, UNIT)
    add(share, number, 10**12, backlog=10**12)
    end = share.revenues()[number]["vestedAt"]
    brings = 3 * 10**12 * (DAY - 3600) // DAY
    share.deposit(share.coins[number], brings)
    stage.anvil.next_block_at(end - DAY + 3600)
    share.token.send("topUp", *((brings, 0) if number == 0 else (0, brings)), sender=share.router)
    stage.anvil.next_block_at(end - DAY + 3600)
    share.mint(second, 3 * UNIT)
    stage.to_time(end)
    assert 10**12 - 1 <= share.claimable(first)[number] <= 10**12
    assert brings - 1 <= share.claimable(second)[number] <= brings
    share.assert_conserved([first, second])
