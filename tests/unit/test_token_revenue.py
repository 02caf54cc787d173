"""What a token's holders earn: exact to the ledger integer, through every kind of movement."""

from random import Random

import pytest

from tests.support.bench import ADD, Bench, set_up
from tests.support.raw import attempt, in_one_block, slots_touched
from tests.support.reverts import expect_revert
from tests.support.shows import shows
from tests.support.stage import MAX, UNIT, Stage
from tests.support.state import refused, unchanged
from wellhead.chain import UnlockedAccount


@pytest.fixture
def bench(stage: Stage) -> Bench:
    return set_up(stage)


@shows("REV-2")
def test_revenue_is_shared_by_balance(bench: Bench) -> None:
    first, second, _ = bench.holders
    bench.mint(first, 3 * UNIT)
    bench.mint(second, UNIT)

    receipts = bench.revenue(1_000_000, 400)

    cash, reserve = bench.revenues()
    assert cash["index"] == (1_000_000 << cash["shift"]) // (4 * UNIT)
    assert reserve["index"] == (400 << reserve["shift"]) // (4 * UNIT)
    said = [(event.name, event.arguments) for receipt in receipts for event in receipt.events]
    assert said == [
        ("CashAdded", {"amount": 1_000_000, "backlog": 0}),
        ("ReserveAdded", {"amount": 400, "backlog": 0}),
    ]
    assert bench.owed(first) == (3 * UNIT * cash["index"], 3 * UNIT * reserve["index"])
    assert bench.owed(second) == (UNIT * cash["index"], UNIT * reserve["index"])
    assert cash["carried"] == (1_000_000 << cash["shift"]) % (4 * UNIT)
    assert (cash["total"], cash["held"]) == (1_000_000 << cash["shift"], 0)
    bench.assert_conserved(bench.holders)


class Reference:
    """The plain rule: each revenue step credits every account its balance times the step."""

    def __init__(self, shift: int) -> None:
        self.shift = shift
        self.carried = self.index = 0
        self.owed: dict[str, int] = {}

    def add(self, amount: int, balances: dict[str, int]) -> None:
        supply = sum(balances.values())
        step, self.carried = divmod(self.carried + (amount << self.shift), supply)
        self.index += step
        for account, balance in balances.items():
            self.owed[account] = self.owed.get(account, 0) + balance * step

    def claim(self, account: str) -> int:
        paid, self.owed[account] = divmod(self.owed.get(account, 0), 1 << self.shift)
        return paid


@shows("REV-1")
@pytest.mark.parametrize("seed", range(6))
def test_earned_amounts_are_exact_through_any_history(bench: Bench, seed: int) -> None:
    random = Random(seed)
    people = bench.holders
    balances: dict[str, int] = {person.address: 0 for person in people}
    references = [Reference(state["shift"]) for state in bench.revenues()]
    bench.mint(people[0], UNIT)
    balances[people[0].address] = UNIT
    for _ in range(40):
        who, to = random.choice(people), random.choice(people)
        amount = random.choice([0, 1, balances[who.address], random.randrange(UNIT)])
        amount = min(amount, balances[who.address])
        match random.choice(["revenue", "transfer", "transfer", "claim", "mint", "burn"]):
            case "revenue":
                added = random.choice([1, 7, 10**6]), random.choice([0, 1, 10**8 + 1])
                bench.revenue(*added)
                for reference, part in zip(references, added, strict=True):
                    reference.add(part, balances)
            case "transfer":
                bench.transfer(who, to, amount)
                balances[who.address] -= amount
                balances[to.address] += amount
            case "claim":
                event = bench.claim(who).event("Claimed")
                paid = [reference.claim(who.address) for reference in references]
                assert [event["cash"], event["reserve"]] == paid
            case "mint":
                bench.mint(to, 3 * UNIT + amount)
                balances[to.address] += 3 * UNIT + amount
            case "burn" if sum(balances.values()) - amount >= UNIT:
                bench.burn(who, amount)
                balances[who.address] -= amount
        owed = [tuple(r.owed.get(person.address, 0) for r in references) for person in people]
        assert [bench.owed(person) for person in people] == owed
    assert [state["index"] for state in bench.revenues()] == [r.index for r in references]
    assert [bench.balance(person) for person in people] == list(balances.values())
    bench.assert_conserved(people)


@shows("REV-3")
def test_a_thousand_dust_transfers_grind_nothing_away(bench: Bench) -> None:
    first, second, third = bench.holders
    for holder in (first, second, third):
        bench.mint(holder, UNIT + 1)
    expected = [0, 0]
    for _ in range(10):
        with_index = [state["index"] for state in bench.revenues()]
        bench.revenue(1, 1)
        for number, state in enumerate(bench.revenues()):
            expected[number] += state["index"] - with_index[number]
        pair = [
            (bench.token, "transfer", (second.address, 1), first),
            (bench.token, "transfer", (first.address, 1), second),
        ]
        in_one_block(bench.stage, pair * 50, gas=200_000)
    # All three held the same all the time, and one of them did not move.
    owed = tuple((UNIT + 1) * growth for growth in expected)
    assert [bench.owed(holder) for holder in (first, second, third)] == [owed] * 3
    bench.assert_conserved(bench.holders)


def test_a_transfer_to_oneself_changes_nothing(bench: Bench) -> None:
    holder = bench.holders[0]
    bench.mint(holder, 5 * UNIT)
    bench.revenue(12_345, 67)
    owed = bench.owed(holder)
    for amount in (0, 1, 5 * UNIT):
        bench.transfer(holder, holder, amount)
        assert (bench.balance(holder), bench.owed(holder)) == (5 * UNIT, owed)
    with unchanged(bench.stage, bench.token):
        bench.transfer(holder, holder, UNIT)


@shows("GAS-3")
def test_with_nothing_newly_earned_a_transfer_touches_no_owed_slot(bench: Bench) -> None:
    first, second, third = bench.holders
    bench.mint(first, UNIT)
    bench.mint(second, UNIT)
    bench.revenue(3, 0)
    bench.transfer(first, second, 1)
    bench.transfer(second, first, 1)
    # The totals and two accounts; an owed slot for each account that earned since.
    assert slots_touched(bench.token, "transfer", second.address, 1, sender=first) == 3
    assert slots_touched(bench.token, "transfer", third.address, 1, sender=first) == 3
    bench.revenue(0, 1)
    assert slots_touched(bench.token, "transfer", third.address, 1, sender=first) == 4
    assert slots_touched(bench.token, "transfer", second.address, 1, sender=first) == 5


@shows("REV-2")
def test_tokens_earn_nothing_from_before_they_arrived(bench: Bench) -> None:
    first, second, _ = bench.holders
    bench.mint(first, UNIT)
    bench.revenue(1000, 1000)
    bench.transfer(first, second, UNIT)
    bench.mint(second, UNIT)
    assert bench.owed(second) == (0, 0)
    assert bench.token.call("claimable", first.address) == (999, 999)


@pytest.mark.parametrize("amount", [UNIT // 2, UNIT])
def test_what_retired_tokens_earned_stays_owed(bench: Bench, amount: int) -> None:
    first, second, _ = bench.holders
    bench.mint(first, UNIT)
    bench.mint(second, UNIT)
    bench.revenue(1001, 10)
    owed = bench.owed(first)
    bench.burn(first, amount)
    assert bench.owed(first) == owed
    bench.revenue(500, 0)
    assert (bench.owed(first) == owed) == (amount == UNIT)
    paid = bench.claim(first).event("Claimed")
    assert paid["cash"] == (500 if amount == UNIT else 667)
    bench.assert_conserved(bench.holders)


@shows("REV-8")
def test_revenue_without_tokens_waits_for_the_first_ones(bench: Bench) -> None:
    holder = bench.holders[0]
    bench.revenue(77, 5)
    cash, reserve = bench.revenues()
    assert (cash["index"], cash["carried"], cash["total"]) == (
        0,
        cash["total"],
        77 << cash["shift"],
    )
    assert reserve["carried"] == 5 << reserve["shift"]
    bench.mint(holder, UNIT)
    assert bench.owed(holder) == tuple(
        (amount << found["shift"]) // UNIT * UNIT for amount, found in ((77, cash), (5, reserve))
    )
    bench.assert_conserved([holder])
    bench.revenue(1, 1)
    cash, reserve = bench.revenues()
    assert cash["index"] == (78 << cash["shift"]) // UNIT
    assert reserve["index"] == (6 << reserve["shift"]) // UNIT
    bench.assert_conserved([holder])


@shows("REV-8")
@pytest.mark.parametrize("paid", [(0, 0), (0, 1), (1, 0), (1, 1)])
def test_who_has_it_hangs_on_nothing_that_comes_later(bench: Bench, paid: tuple[int, int]) -> None:
    """A speck that comes before the first tokens, or after them, changes who has the rest: nobody
    but the first holder, who keeps it when it sells before the next revenue."""
    first, second, _ = bench.holders
    bench.revenue(700_000, 5_000)
    bench.revenue(*paid)
    bench.mint(first, UNIT)
    had = bench.owed(first)
    bench.transfer(first, second, UNIT)
    bench.revenue(3, 3)
    assert bench.owed(first) == had
    claimed = bench.claim(first).event("Claimed")
    assert (claimed["cash"], claimed["reserve"]) == (700_000 + paid[0] - 1, 5_000 + paid[1] - 1)
    bench.assert_conserved([first, second])


def test_after_all_are_retired_the_next_tokens_are_the_first_again(bench: Bench) -> None:
    first, second, _ = bench.holders
    bench.mint(first, 3 * UNIT)
    bench.revenue(100, 7)
    bench.burn(first, 3 * UNIT)
    had = bench.owed(first)
    bench.revenue(900, 70)
    bench.mint(second, 2 * UNIT)
    bench.mint(first, 2 * UNIT)
    assert bench.owed(first) == had
    shifts = [found["shift"] for found in bench.revenues()]
    pairs = zip(bench.owed(second), shifts, strict=True)
    owed = [(ledger + (1 << shift - 1)) >> shift for ledger, shift in pairs]
    assert owed == [900, 70]
    bench.assert_conserved([first, second])


def test_a_single_unit_is_spread_over_the_largest_supply(bench: Bench) -> None:
    holder = bench.holders[0]
    bench.mint(holder, (2**26 - 1) * UNIT)
    bench.revenue(1, 1)
    bench.assert_conserved([holder])
    cash, reserve = bench.revenues()
    assert bench.owed(holder)[1] + reserve["carried"] == 1 << reserve["shift"]
    assert cash["carried"] < (2**26 - 1) * UNIT
    for _ in range(3):
        bench.revenue(1, 1)
    bench.assert_conserved([holder])
    claimed = bench.claim(holder).event("Claimed")
    assert claimed["cash"] == bench.revenues()[0]["index"] * (2**26 - 1) * UNIT >> cash["shift"]


@shows("REV-6")
@pytest.mark.parametrize("number", [0, 1])
def test_revenue_above_the_bound_is_held(bench: Bench, number: int) -> None:
    holder = bench.holders[0]
    bench.mint(holder, UNIT)
    most = (1 << 128 - bench.revenues()[number]["shift"]) - 1

    def add(amount: int) -> None:
        bench.revenue(*((amount, 0) if number == 0 else (0, amount)))

    def state() -> tuple[int, int]:
        found = bench.revenues()[number]
        return found["total"] >> found["shift"], found["held"]

    add(most - 1)
    assert state() == (most - 1, 0)
    add(3)
    assert state() == (most, 2)
    index = bench.revenues()[number]["index"]
    add(10)
    assert state() == (most, 12)
    assert bench.revenues()[number]["index"] == index < 2**69
    other = (0, 9) if number == 0 else (9, 0)
    bench.revenue(*other)
    assert state() == (most, 12)
    assert bench.revenues()[1 - number]["total"] >> bench.revenues()[1 - number]["shift"] == 9
    bench.assert_conserved([holder])
    paid = bench.claim(holder).event("Claimed")[("cash", "reserve")[number]]
    assert most - 1 <= paid <= most


@shows("REV-6")
@pytest.mark.parametrize("first", [0, 5])
def test_one_huge_revenue_is_held_at_once(bench: Bench, first: int) -> None:
    bench.mint(bench.holders[0], UNIT)
    bench.revenue(first)
    most = (1 << 128 - bench.revenues()[0]["shift"]) - 1
    bench.token.send("addCash", MAX, 0, sender=bench.router)
    bench.token.send("addReserve", MAX, 0, sender=bench.router)
    cash, reserve = bench.revenues()
    assert (cash["total"] >> cash["shift"], cash["held"]) == (most, MAX - (most - first))
    assert reserve["held"] == MAX - (reserve["total"] >> reserve["shift"])
    assert max(cash["index"], reserve["index"]) < 2**69


@shows("REV-7")
@pytest.mark.parametrize("decimals", [0, 6, 8, 18, 26])
def test_the_bounds_leave_room_for_the_documented_coins(stage: Stage, decimals: int) -> None:
    bench = set_up(stage, cash_decimals=decimals, reserve_decimals=decimals)
    for state, coins in zip(bench.revenues(), (2**40, 2**25), strict=True):
        room = 2 ** (128 - state["shift"]) // 10**decimals
        assert coins <= room <= 2 * coins


@shows("REV-7")
def test_a_coin_with_too_many_decimals_is_refused(stage: Stage) -> None:
    with expect_revert("Panic", 0x11):
        set_up(stage, cash_decimals=27)


@pytest.mark.parametrize("function", ADD)
@pytest.mark.parametrize("caller", ["registry", "stranger"])
def test_only_the_router_adds_revenue(bench: Bench, caller: str, function: str) -> None:
    account: UnlockedAccount = bench.registry if caller == "registry" else bench.stage.stranger
    with refused(bench.stage, "CapacityToken_NotRouter", account.address):
        attempt(bench.token, function, 1, 0, sender=account)
