"""What the machines draw seldom, here in any case: the same rules, with chosen arguments."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.property.machine.bonds import BondRules
from tests.property.machine.compliance import ComplianceRules
from tests.property.machine.lifecycle import LifecycleRules
from tests.property.machine.mints import MintRules
from tests.property.machine.roles import ACTS, DELAY, RoleRules
from tests.property.roles import ROLE_OF
from tests.support.shows import shows
from tests.support.stage import HOUR, MAX, USD, Q, Stage, Terms
from wellhead.chain.plan import GUARDIAN_ROLE
from wellhead.model.routed import TopUp

TERMS = Terms(
    max_hours=96,
    discount=150_000,
    discount_hours=48,
    cancel_fee=100_000,
    bond=10 * USD,
    penalty=Q,
    speed=10_000,
    operator_share=100_000,
    reporter_share=50_000,
    bitcoin_share=300_000,
)
#: Seconds of an hour that have passed, also one right after the other.
SECONDS = [[0], [1], [3598], [3599], [3598, 3599], [0, 1800, 3599]]


class Directed(LifecycleRules, BondRules, MintRules):
    """A hundred units, of which two holders have most."""

    def agree(self) -> None:
        """What hypothesis looks at after every step."""
        self.chain_and_model_agree()
        self.the_design_holds()


class Office(RoleRules, ComplianceRules):
    """Who may do what, and who may hold tokens."""


@pytest.fixture
def machine(deployed: Stage) -> Iterator[Directed]:
    yield from begun(deployed, TERMS)


@pytest.fixture
def free(deployed: Stage) -> Iterator[Directed]:
    """Where the terms ask for no bond, so that bookings stay open in an outage."""
    yield from begun(deployed, TERMS.but(bond=0))


def begun(deployed: Stage, terms: Terms) -> Iterator[Directed]:
    Directed.stage = deployed
    machine = Directed()
    try:
        machine.start(terms, 100, 7)
        machine.post(100_000 * USD)
        machine.give_tokens(5, Q // 3)
        machine.give_tokens(6, Q // 2)
        yield machine
        machine.agree()
    finally:
        machine.teardown()


@pytest.fixture
def office(deployed: Stage) -> Iterator[Office]:
    Office.stage = deployed
    office = Office()
    try:
        office.start(TERMS, 100, 7)
        yield office
        office.chain_and_model_agree()
    finally:
        office.teardown()


@pytest.mark.parametrize("seconds", SECONDS, ids=str)
@pytest.mark.parametrize("up", [Q, 989_999, 0])
@shows("ACC-1", "CAL-2")
def test_units_that_come_late_count_for_the_rest_of_the_hour(
    machine: Directed, seconds: list[int], up: int
) -> None:
    """Alone in the hour, and beside a lease of all of it; the hour is served as well as any other,
    and the base price follows what was booked of it."""
    hour = machine.pair.hour + 1
    machine.lease_late(0, Q // 3, 2, seconds, None)
    machine.agree()
    market = machine.world.market
    late = sum(
        lease.units * (HOUR - part.first_seconds)
        for lease in market.leases.values()
        for part in lease.parts
    )
    covered = market.booked_at(machine.key, hour) * HOUR - late
    assert market.covered_at(machine.key, hour) == covered
    machine.live_hours(1, up)
    machine.update_base()
    machine.agree()
    machine.lease_late(1, Q // 5, 1, seconds, up)
    for lease_id in sorted(market.leases):
        machine.settle_lease(lease_id)
    machine.update_base()


@pytest.mark.parametrize("second", [0, 1, 1800, 3597])
def test_units_that_come_late_in_the_hour_of_a_default(free: Directed, second: int) -> None:
    """Those of the old era are void with what they lack; those of the new one count."""
    machine = free
    machine.open_lease(0, 40, 0, 96, MAX)
    machine.live_hours(73, 0)
    hour = machine.pair.hour + 1
    machine.lease_late(1, Q // 5, 3, [second], None)
    machine.agree()
    before = machine.world.market.covered_at(machine.key, hour)
    machine.declare_default()
    machine.agree()
    market = machine.world.market
    assert market.book_of(machine.key).era == 1
    assert before > 0
    assert market.covered_at(machine.key, hour) == 0
    machine.open_lease(2, 7, 0, 3, MAX)
    assert market.covered_at(machine.key, hour) == 7 * (HOUR - machine.pair.now % HOUR)
    machine.agree()
    machine.live_hours(4, Q)
    machine.update_base()
    for lease_id in sorted(market.leases):
        machine.settle_lease(lease_id)


@shows("REG-4")
@pytest.mark.parametrize(
    ("means", "error"),
    [
        (("exact", "exact"), ""),
        (("claims", "claims"), ""),
        (("much", "claims"), ""),
        (("claims", "much"), ""),
        (("short", "exact"), "ERC20InsufficientAllowance"),
        (("exact", "short"), "ERC20InsufficientAllowance"),
        (("none", "much"), "ERC20InsufficientAllowance"),
        (("claims", "none"), "ERC20InsufficientAllowance"),
    ],
)
def test_an_operator_pays_for_its_mint_to_the_unit(
    machine: Directed, means: tuple[str, str], error: str
) -> None:
    """In both coins, from claims and by allowance; or nothing has happened at all."""
    machine.open_lease(0, 50, 0, 96, MAX)
    machine.live_hours(2, Q)
    machine.cancel_decoys(1, Q, 5, 48, 1)
    machine.agree()
    machine.pair.errors.clear()
    machine.mint_while_revenue_waits(2, Q // 2, 9, Q, 600, 37, 10**6, means)
    assert machine.pair.errors == ({error} if error else set())
    paid = machine.world.router.routed_of(machine.key).topped_up
    events = machine.stage.router.events("ToppedUp")
    if error:
        assert (paid, events) == (TopUp(), [])
    else:
        assert min(vars(paid).values()) > 0
        (told,) = events
        assert (told["pending"], told["cash"], told["reserve"]) == tuple(vars(paid).values())
        assert told["operator"] == machine.pair.operator.address


@shows("REG-4")
@pytest.mark.parametrize(("lender", "borrower"), [(5, 6), (6, 3), (0, 7), (5, 0)])
def test_tokens_that_are_borrowed_around_a_mint_bring_nothing(
    machine: Directed, lender: int, borrower: int
) -> None:
    machine.open_lease(0, 50, 0, 96, MAX)
    machine.mint_while_revenue_waits(1, Q, 30, Q, 60, 20, 10**6, ("much", "much"))
    machine.pair.wait(7 * HOUR)
    machine.pair.errors.clear()
    machine.borrow_around_a_mint(lender, borrower, Q, 50, 2, Q)
    assert machine.pair.errors == set()
    assert len(machine.world.registry.cluster_of(machine.key).mints) == 2


@pytest.mark.parametrize("early", [-1, 0, 1, HOUR])
def test_a_shorter_delay_counts_after_the_difference(office: Office, early: int) -> None:
    """A second before it, and from then on; to act at once and to schedule."""
    member = office.pair.people[5]
    office.shorten_a_delay(5, ACTS[0], 6, DELAY, 0, early)
    office.chain_and_model_agree()
    at_once, delay = office.pair.roles.may("pause", member.address)
    assert (at_once, delay) == ((True, 0) if early <= 1 else (False, DELAY))
    assert "AccessManagerNotScheduled" in office.pair.errors
    assert office.world.registry.paused == (early <= 1)


def test_who_is_granted_a_role_waits_for_the_grant_delay(office: Office) -> None:
    """Five days after it was set; and to the second."""
    office.grant(GUARDIAN_ROLE, 4, 0, False)
    office.set_grant_delay(GUARDIAN_ROLE, HOUR, -1, False)
    office.grant(GUARDIAN_ROLE, 5, 0, False)
    office.grant(GUARDIAN_ROLE, 6, 0, False)
    known, now = office.pair.roles, office.pair.now
    since = [known.access_of(GUARDIAN_ROLE, office.pair.people[who].address)[0] for who in (5, 6)]
    assert since == [now - 1, now + HOUR]
    office.act_at_once(6, ACTS[0], 0)
    assert office.pair.errors == {"AccessManagedUnauthorized"}
    office.pair.wait(HOUR - 3)
    for paused in (False, True):
        office.act_at_once(6, ACTS[0], 0)
        assert office.world.registry.paused is paused
    office.chain_and_model_agree()


@pytest.mark.parametrize(("name", "what"), [("registry", ACTS[0]), ("compliance", ACTS[2])])
@pytest.mark.parametrize("delay", [0, HOUR])
def test_a_closed_contract_does_nothing_restricted(
    office: Office, name: str, what: tuple[str, str, str], delay: int
) -> None:
    """For nobody, and opens again; the other contracts go on."""
    for act in ACTS[0], ACTS[2]:
        office.grant(ROLE_OF[act[2]], 5, delay, False)
    office.close_a_target(name, 5, what, 6, True, False)
    office.chain_and_model_agree()
    told = {"AccessManagedUnauthorized", "AccessManagerUnauthorizedCall"}
    assert told <= office.pair.errors
    office.pair.wait(HOUR)
    for act in ACTS[0], ACTS[2]:
        office.act_later(5, act, 6, 0, 0, "itself", False, False)
    paused = office.world.registry.paused
    blocked = not office.world.compliance.can_send(office.pair.people[6].address)
    assert (paused, blocked) == (name != "registry", name != "compliance")
    office.close_a_target(name, 5, what, 6, False, False)
    office.act_through_the_authority(5, what, 6)


def test_an_issuer_takes_back_only_its_own_word(office: Office) -> None:
    """A second issuer says who somebody is whom the first knows already."""
    office.change_issuers(5, 1, 400 * DELAY, True)
    known, who = office.world.compliance, office.pair.people[5].address
    assert known.can_receive(0, who)
    office.revoke(5, 0)
    assert office.pair.errors == {"AccessManagedUnauthorized"}
    assert known.can_receive(0, who)
    office.accredit(False, "officer", 1)
    assert not known.can_receive(0, who)
    office.chain_and_model_agree()
    office.identify(5, 400 * DELAY)
    assert known.can_receive(0, who)


@shows("DEF-14")
def test_what_worked_amid_an_outage_is_no_recovery(machine: Directed) -> None:
    """An idle hour in which all worked lies before the last dark one; later ones end the outage."""
    market = machine.world.market
    assert machine.open_lease(0, 40, 1, 70, MAX)
    assert machine.open_lease(0, 40, 72, 3, MAX)
    machine.live_hours(75, 0)
    assert not machine.anyone(machine.stage.market, "recover", market.recover)
    assert market.walk(machine.key).down == 72 * HOUR
    machine.agree()
    machine.live_hours(1, Q)
    assert machine.anyone(machine.stage.market, "recover", market.recover)
    assert market.book_of(machine.key).down == 0
    machine.agree()
