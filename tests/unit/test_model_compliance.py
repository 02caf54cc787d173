"""Who may hold tokens, in the model."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import pytest

from tests.support.worlds import (
    BUYER,
    DAY,
    FOREVER,
    GOVERNOR,
    ISSUER,
    NORWAY,
    OPERATOR,
    QUORUM,
    RETAIL,
    TENANT,
    make_world,
    present,
    refused,
)
from wellhead.model import invariants
from wellhead.model.compliance import Credential
from wellhead.model.units import UNIT, ZERO
from wellhead.model.world import World

OTHER = f"0x{7:040x}"
POOL = f"0x{8:040x}"
SWEDEN = 752


@pytest.fixture
def world() -> World:
    """A second after the people had their credentials; the operator holds ten tokens."""
    made = make_world()
    made.advance(1)
    return made


def said(world: World, holder: str = OTHER) -> Credential:
    return Credential(holder, NORWAY, RETAIL, world.now, FOREVER)


def may(world: World, account: str, policy: int = 0) -> tuple[bool, bool]:
    return world.compliance.eligible(policy, account, account)


def test_a_credential_is_checked_in_order(world: World) -> None:
    """Each next fault is found once the one before is mended."""
    wrong = Credential(ZERO, 0, 8, world.now + 1, world.now)
    asked = world.compliance.present
    later = world.now + 1
    for fields, error in (
        ({}, ("InvalidJurisdiction", 0, 1023)),
        ({"jurisdiction": 1024}, ("InvalidJurisdiction", 1024, 1023)),
        ({"jurisdiction": NORWAY}, ("InvalidClass", 8, 7)),
        ({"kind": RETAIL}, ("InvalidAccount", ZERO)),
        ({"holder": TENANT}, ("Expired", world.now, world.now)),
        ({"expires": later}, ("NotYetIssued", later, world.now)),
        ({"issued": world.now - 1}, ("Outdated", world.now - 1, world.now - 1)),
        ({"issued": world.now}, ("InvalidSignature", ISSUER)),
    ):
        wrong = replace(wrong, **fields)
        assert refused(partial(asked, ISSUER, wrong, is_signed=False)) == error
    assert refused(lambda: asked(OTHER, wrong, is_signed=True)) == ("NotAccredited", OTHER)
    asked(ISSUER, wrong, is_signed=True)
    standing = world.compliance.standing_of(TENANT)
    assert (standing.issued, standing.expires, standing.issuer) == (world.now, later, ISSUER)
    assert may(world, TENANT) == (True, True)
    world.advance(1)
    assert may(world, TENANT) == (True, False)


def test_who_may_revoke(world: World) -> None:
    compliance = world.compliance
    compliance.accredit(GOVERNOR, OTHER)
    # Another accredited issuer only where nothing is valid.
    assert refused(lambda: compliance.revoke(OTHER, TENANT))[-1] == OTHER
    compliance.revoke(OTHER, POOL)
    assert compliance.holder_of(POOL).issued == world.now
    compliance.dismiss(GOVERNOR, ISSUER)
    # Without standing nothing, not even its own; and what it said before stays void when it comes
    # back.
    assert refused(lambda: compliance.revoke(ISSUER, TENANT))[-1] == ISSUER
    assert refused(lambda: compliance.revoke(ISSUER, POOL))[-1] == ISSUER
    compliance.accredit(GOVERNOR, ISSUER)
    assert compliance.issuer_number_of(ISSUER) == 3
    compliance.revoke(OTHER, BUYER)
    assert refused(lambda: present(world, BUYER)) == ("Outdated", world.now, world.now)
    world.advance(1)
    present(world, BUYER)
    assert may(world, BUYER) == (True, True)
    barred = ("AccessManagedUnauthorized", OTHER)
    assert refused(lambda: compliance.revoke(OTHER, BUYER)) == barred
    compliance.revoke(GOVERNOR, BUYER)
    assert may(world, BUYER) == (True, False)


def test_issuers_come_and_go(world: World) -> None:
    compliance = world.compliance
    for issuer, error in (
        (ZERO, ("InvalidAccount", ZERO)),
        (ISSUER, ("AlreadyAccredited", ISSUER)),
    ):
        assert refused(partial(compliance.accredit, GOVERNOR, issuer)) == error
    assert refused(lambda: compliance.dismiss(GOVERNOR, OTHER)) == ("NotAccredited", OTHER)
    compliance.dismiss(GOVERNOR, ISSUER)
    assert may(world, TENANT) == (True, False)
    assert not compliance.standing_of(TENANT).is_accredited
    for _ in range(254):
        compliance.accredit(GOVERNOR, ISSUER)
        compliance.dismiss(GOVERNOR, ISSUER)
    assert refused(lambda: compliance.accredit(GOVERNOR, ISSUER)) == ("TooManyIssuers", 255)


def test_rules_name_classes_of_jurisdictions(world: World) -> None:
    compliance = world.compliance
    assert [may(world, TENANT, policy)[1] for policy in (0, 1)] == [True, False]
    compliance.set_rule(GOVERNOR, 1, [SWEDEN, NORWAY], 0b11)
    compliance.set_rule(GOVERNOR, 0, [NORWAY], 0b10)
    assert [may(world, TENANT, policy)[1] for policy in (0, 1)] == [False, True]
    assert compliance.rule_of(1, SWEDEN) == 3
    for arguments, error in (
        ((2**32, [NORWAY], 0), ("InvalidPolicy", 2**32, 2**32 - 1)),
        ((0, [NORWAY], 256), ("InvalidClass", 256, 255)),
        ((0, [NORWAY, 0], 1), ("InvalidJurisdiction", 0, 1023)),
    ):
        assert refused(partial(compliance.set_rule, GOVERNOR, *arguments)) == error
    assert compliance.rule_of(0, NORWAY) == 0b10


def test_credentials_from_before_an_accreditation_stay_void(world: World) -> None:
    """An issuer that comes back has to say everything anew."""
    compliance, old = world.compliance, said(world)
    compliance.dismiss(GOVERNOR, ISSUER)
    world.advance(1)
    compliance.accredit(GOVERNOR, ISSUER)
    refusal = refused(lambda: compliance.present(ISSUER, old, is_signed=True))
    assert refusal == ("BeforeAccreditation", old.issued, world.now)
    present(world, OTHER)
    assert may(world, OTHER) == (True, True)


def test_what_was_frozen_of_a_system_holder_can_be_set_free(world: World) -> None:
    compliance, token = world.compliance, world.token(1)
    compliance.set_frozen_tokens(GOVERNOR, 1, POOL, UNIT)
    compliance.add_system_holder(GOVERNOR, POOL, is_contract=True)
    compliance.set_frozen_tokens(GOVERNOR, 1, POOL, 0)
    assert token.frozen_of(POOL) == 0
    assert refused(lambda: compliance.set_frozen_tokens(GOVERNOR, 1, ZERO, 0)) == (
        "InvalidAccount",
        ZERO,
    )


def test_system_holders_are_left_alone(world: World) -> None:
    compliance, token = world.compliance, world.token(1)
    compliance.set_blocked(GOVERNOR, POOL, True)
    missing = refused(lambda: compliance.add_system_holder(GOVERNOR, POOL, is_contract=False))
    assert missing == ("NotContract", POOL)
    compliance.add_system_holder(GOVERNOR, POOL, is_contract=True)
    assert may(world, POOL, 99) == (True, True)
    token.transfer(OPERATOR, POOL, UNIT)
    for call in (
        lambda: compliance.set_blocked(GOVERNOR, POOL, True),
        lambda: compliance.set_frozen_tokens(GOVERNOR, 1, POOL, 1),
        lambda: compliance.forced_transfer(GOVERNOR, 1, POOL, TENANT, 1),
        lambda: compliance.add_system_holder(GOVERNOR, POOL, is_contract=True),
    ):
        assert refused(call) == ("SystemHolder", POOL)
    invariants.check_all(world)


def test_only_those_in_charge(world: World) -> None:
    compliance = world.compliance
    for call in (
        lambda: compliance.accredit(TENANT, OTHER),
        lambda: compliance.dismiss(TENANT, ISSUER),
        lambda: compliance.set_rule(TENANT, 0, [], 0),
        lambda: compliance.set_blocked(TENANT, OTHER, True),
        lambda: compliance.add_system_holder(TENANT, POOL, is_contract=True),
        lambda: compliance.set_frozen_tokens(TENANT, 1, OTHER, 1),
        lambda: compliance.forced_transfer(TENANT, 1, OPERATOR, TENANT, 1),
    ):
        assert refused(call) == ("AccessManagedUnauthorized", TENANT)
    for call in (
        lambda: world.token(1).set_frozen_tokens(GOVERNOR, TENANT, 1),
        lambda: world.token(1).forced_transfer(GOVERNOR, OPERATOR, TENANT, 1),
    ):
        assert refused(call) == ("NotCompliance", GOVERNOR)


@pytest.mark.parametrize(
    ("frozen", "amount", "left"),
    [(4, 6, 4), (4, 7, 3), (4, 10, 0), (10, 1, 9), (12, 5, 7), (20, 10, 10)],
)
def test_a_forced_transfer_takes_what_is_free_first(
    world: World, frozen: int, amount: int, left: int
) -> None:
    compliance, token = world.compliance, world.token(1)
    compliance.set_frozen_tokens(GOVERNOR, 1, OPERATOR, frozen * UNIT)
    free = max(0, 10 - frozen) * UNIT
    assert token.can_transfer(OPERATOR, TENANT, free)
    assert not token.can_transfer(OPERATOR, TENANT, free + 1)
    stuck = refused(lambda: token.transfer(OPERATOR, TENANT, free + 1))
    assert stuck == ("ERC7943InsufficientUnfrozenBalance", OPERATOR, free + 1, free)
    compliance.forced_transfer(GOVERNOR, 1, OPERATOR, TENANT, amount * UNIT)
    assert token.balances == {OPERATOR: (10 - amount) * UNIT, TENANT: amount * UNIT}
    assert token.frozen_of(OPERATOR) == left * UNIT
    invariants.check_all(world)


def test_forced_transfers_have_bounds(world: World) -> None:
    force = world.compliance.forced_transfer
    for owner, to, amount, error in (
        (ZERO, TENANT, 1, ("InvalidAccount", ZERO)),
        (OPERATOR, OPERATOR, 1, ("ERC7943CannotTransfer", OPERATOR, OPERATOR, 1)),
        (OPERATOR, OTHER, 1, ("ERC7943CannotReceive", OTHER)),
        (TENANT, OPERATOR, 1, ("ERC20InsufficientBalance", TENANT, 0, 1)),
    ):
        assert refused(partial(force, GOVERNOR, 1, owner, to, amount)) == error


def test_a_barred_holder_neither_sends_nor_receives(world: World) -> None:
    token = world.token(1)
    token.transfer(OPERATOR, TENANT, UNIT)
    world.compliance.set_blocked(GOVERNOR, TENANT, True)
    assert refused(lambda: token.transfer(TENANT, BUYER, 1)) == ("ERC7943CannotSend", TENANT)
    assert refused(lambda: token.transfer(OPERATOR, TENANT, 1)) == ("ERC7943CannotReceive", TENANT)
    world.compliance.forced_transfer(GOVERNOR, 1, TENANT, BUYER, UNIT)
    world.compliance.set_blocked(GOVERNOR, TENANT, False)
    token.transfer(OPERATOR, TENANT, UNIT)
    invariants.check_all(world)


def test_an_operator_mints_and_retires_as_a_holder(world: World) -> None:
    registry = world.registry
    world.compliance.set_frozen_tokens(GOVERNOR, 1, OPERATOR, 4 * UNIT)
    stuck = refused(lambda: registry.retire(OPERATOR, 1, 7))
    assert stuck == ("ERC7943InsufficientUnfrozenBalance", OPERATOR, 7 * UNIT, 6 * UNIT)
    world.compliance.set_blocked(GOVERNOR, OPERATOR, True)
    assert refused(lambda: registry.retire(OPERATOR, 1, 1)) == ("ERC7943CannotSend", OPERATOR)
    refusal = refused(lambda: registry.mint(OPERATOR, 1, 1, 1, b"", QUORUM))
    assert refusal == ("ERC7943CannotReceive", OPERATOR)
    assert registry.cluster_of(1).attested == 10
    invariants.check_all(world)


def test_another_account_runs_a_cluster(world: World) -> None:
    registry = world.registry
    for caller, operator, error in (
        (TENANT, TENANT, ("AccessManagedUnauthorized", TENANT)),
        (OPERATOR, ZERO, ("InvalidOperator", ZERO)),
        (GOVERNOR, OPERATOR, ("InvalidOperator", OPERATOR)),
    ):
        assert refused(partial(registry.set_operator, caller, 1, operator)) == error
    registry.set_operator(OPERATOR, 1, TENANT)
    registry.set_operator(GOVERNOR, 1, BUYER)
    assert registry.operator_of(1) == BUYER
    assert refused(lambda: registry.set_operator(GOVERNOR, 2, BUYER)) == ("UnknownCluster", 2)


def test_the_check_of_receivers_finds_who_was_not_eligible(world: World) -> None:
    world.token(1).balances[OTHER] = 0
    world.token(1)._move(OPERATOR, OTHER, UNIT)
    with pytest.raises(AssertionError, match=OTHER):
        invariants.check_receivers(world)


def test_a_credential_from_before_a_day_counts_its_own_time(world: World) -> None:
    """What is issued later replaces what was issued before, even when it ends sooner."""
    present(world, OTHER, world.now + 10 * DAY)
    world.advance(DAY)
    present(world, OTHER, world.now + DAY)
    world.advance(DAY)
    assert may(world, OTHER) == (True, False)
