"""Rules: which classes of which jurisdictions may receive under a policy."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.raw import attempt
from tests.support.reverts import expect_revert
from tests.support.shares import set_up
from tests.support.shows import shows
from tests.support.stage import NORWAY, RETAIL, UNIT, Stage, Terms
from tests.support.standing import SWEDEN, present, statement
from tests.support.state import unchanged
from wellhead.chain import Receipt, dev_account

HOLDER = dev_account(30).address
LAST_POLICY = 2**32 - 1
#: Jurisdictions beside each other in and across the words that the contract packs them in.
JURISDICTIONS = [1, 2, 30, 31, 32, 33, 63, 64, 578, 992, 1022, 1023]


def set_rule(stage: Stage, policy: int, jurisdictions: list[int], classes: int) -> Receipt:
    return stage.compliance.send("setRule", policy, jurisdictions, classes, sender=stage.officer)


def rules(stage: Stage, policy: int) -> dict[int, int]:
    """The rules of this policy that let anybody in."""
    calls = [("ruleOf", (policy, jurisdiction)) for jurisdiction in range(1024)]
    answers = enumerate(stage.compliance.call_many(calls))
    return {jurisdiction: classes for jurisdiction, classes in answers if classes}


def refuse(stage: Stage, arguments: tuple[int, list[int], int], error: str, *values: int) -> None:
    with unchanged(stage, stage.compliance), expect_revert(error, *values):
        attempt(stage.compliance, "setRule", *arguments, sender=stage.officer)


def test_a_rule_is_set_for_many_jurisdictions(stage: Stage) -> None:
    receipt = set_rule(stage, 5, JURISDICTIONS, 0b1010)
    assert [(event.name, event.arguments) for event in receipt.events] == [
        ("RuleSet", {"policy": 5, "jurisdiction": jurisdiction, "classes": 0b1010})
        for jurisdiction in JURISDICTIONS
    ]
    assert rules(stage, 5) == dict.fromkeys(JURISDICTIONS, 0b1010)
    assert rules(stage, 4) == rules(stage, 6) == {}


def test_a_rule_replaces_the_one_before(stage: Stage) -> None:
    set_rule(stage, 5, JURISDICTIONS, 255)
    set_rule(stage, 5, [31, 578], 1)
    set_rule(stage, 5, [32, 578], 0)
    expected = dict.fromkeys(JURISDICTIONS, 255) | {31: 1}
    del expected[32], expected[578]
    assert rules(stage, 5) == expected


def test_a_rule_for_nobody_in_particular(stage: Stage) -> None:
    """No jurisdictions change nothing; one that comes twice counts once."""
    assert set_rule(stage, 5, [], 255).events == ()
    assert rules(stage, 5) == {}
    set_rule(stage, 5, [7, 7], 3)
    assert rules(stage, 5) == {7: 3}


@shows("COMP-8")
@pytest.mark.property
@given(
    st.lists(
        st.tuples(
            st.sampled_from([0, 1, 2, LAST_POLICY - 1, LAST_POLICY]),
            st.lists(st.one_of(st.sampled_from(JURISDICTIONS), st.integers(1, 1023)), max_size=6),
            st.one_of(st.sampled_from([0, 255]), st.integers(0, 255)),
        ),
        max_size=8,
    )
)
def test_any_sequence_of_rules(deployed: Stage, settings: list[tuple[int, list[int], int]]) -> None:
    """Each rule is the last that was set for its policy and jurisdiction, and no other."""
    with deployed.scratch():
        expected = {(0, NORWAY): 1 << RETAIL}
        asked = {(policy, j) for policy in (0, 1, 2, LAST_POLICY) for j in JURISDICTIONS}
        for policy, jurisdictions, classes in settings:
            set_rule(deployed, policy, jurisdictions, classes)
            expected |= {(policy, jurisdiction): classes for jurisdiction in jurisdictions}
        keys = sorted(asked | set(expected))
        answers = deployed.compliance.call_many([("ruleOf", key) for key in keys])
        assert answers == [expected.get(key, 0) for key in keys]


@pytest.mark.parametrize("jurisdiction", [0, 1024, 2**16, 2**256 - 1])
def test_jurisdictions_that_are_none(stage: Stage, jurisdiction: int) -> None:
    error = ("Compliance_InvalidJurisdiction", jurisdiction, 1023)
    refuse(stage, (0, [1, jurisdiction], 1), *error)


@shows("COMP-12")
@pytest.mark.parametrize("policy", [2**32, 2**251, 2**256 - 1])
def test_policies_that_are_none(stage: Stage, policy: int) -> None:
    refuse(stage, (policy, [1], 1), "Compliance_InvalidPolicy", policy, LAST_POLICY)


@shows("COMP-12")
@pytest.mark.parametrize("classes", [256, 2**256 - 1])
def test_sets_of_classes_that_are_none(stage: Stage, classes: int) -> None:
    refuse(stage, (0, [1], classes), "Compliance_InvalidClass", classes, 255)


@shows("COMP-8")
@pytest.mark.parametrize("key", [(0, 1024), (0, 1024 + 578), (4, 2048 + 1), (2**251 + 5, 1)])
def test_no_rule_is_read_where_none_can_be(stage: Stage, key: tuple[int, int]) -> None:
    """Beyond the last jurisdiction and the last policy no rule of another one shows."""
    for policy in range(7):
        set_rule(stage, policy, [1, 32, 578], 255)
    assert stage.compliance.call("ruleOf", *key) == 0


@shows("COMP-8")
@pytest.mark.parametrize("jurisdiction", [1, 31, 32, 1023])
@pytest.mark.parametrize("kind", [0, 1, 7])
def test_a_class_is_one_bit_of_a_rule(stage: Stage, jurisdiction: int, kind: int) -> None:
    """Under each rule of one class only holders of that class may receive."""
    present(
        stage, stage.issuer, statement(HOLDER, stage.now(), jurisdiction=jurisdiction, kind=kind)
    )
    for bit in range(8):
        set_rule(stage, 9, [jurisdiction], 1 << bit)
        assert stage.compliance.call("canReceive", 9, HOLDER) is (bit == kind)
        set_rule(stage, 9, [jurisdiction], 255 ^ 1 << bit)
        assert stage.compliance.call("canReceive", 9, HOLDER) is (bit != kind)


@shows("COMP-8")
def test_a_rule_is_of_one_policy_and_one_jurisdiction(stage: Stage) -> None:
    present(stage, stage.issuer, statement(HOLDER, stage.now(), jurisdiction=SWEDEN, kind=2))
    set_rule(stage, 7, [SWEDEN], 1 << 2)
    set_rule(stage, 8, [SWEDEN - 1, SWEDEN + 1], 255)
    asked = [("canReceive", (policy, HOLDER)) for policy in (0, 7, 8, LAST_POLICY)]
    assert stage.compliance.call_many(asked) == [False, True, False, False]
    set_rule(stage, LAST_POLICY, [SWEDEN], 255)
    assert stage.compliance.call("canReceive", LAST_POLICY, HOLDER) is True
    both = [("eligible", (policy, HOLDER, HOLDER)) for policy in (7, 8)]
    assert stage.compliance.call_many(both) == [(True, True), (True, False)]


@shows("COMP-2")
def test_a_rule_counts_at_once(stage: Stage) -> None:
    """Nobody loses tokens by a rule; who is not eligible any more can only send."""
    share = set_up(stage)
    first, second = share.holders[:2]
    share.mint(first, 2 * UNIT)
    set_rule(stage, 0, [NORWAY], 0)
    with share.refused("ERC7943CannotReceive", second.address):
        share.refuse("transfer", second.address, UNIT, by=first)
    assert share.balance(first) == 2 * UNIT
    stage.credential(second.address, jurisdiction=SWEDEN)
    set_rule(stage, 0, [SWEDEN], 1 << RETAIL)
    share.transfer(first, second, UNIT)
    with share.refused("ERC7943CannotReceive", first.address):
        share.refuse("transfer", first.address, UNIT, by=second)
    set_rule(stage, 0, [NORWAY], 1 << RETAIL)
    share.transfer(second, first, UNIT)


@pytest.mark.parametrize("policy", [1, LAST_POLICY])
def test_a_cluster_follows_its_policy(stage: Stage, policy: int) -> None:
    """Two clusters' tokens, one rule for each; the policy is fixed by the terms."""
    plain, strict = set_up(stage), set_up(stage, Terms(policy=policy))
    holder = plain.holders[0]
    assert (plain.token.call("policy"), strict.token.call("policy")) == (0, policy)
    plain.mint(holder, UNIT)
    with strict.refused("ERC7943CannotReceive", holder.address):
        strict.refuse("mint", holder.address, UNIT, by=strict.registry)
    set_rule(stage, policy, [NORWAY], 1 << RETAIL)
    strict.mint(holder, UNIT)
    set_rule(stage, 0, [NORWAY], 0)
    assert plain.token.call("canReceive", holder.address) is False
    assert strict.token.call("canReceive", holder.address) is True
