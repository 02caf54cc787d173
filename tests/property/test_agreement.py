"""Whatever changes on the chain alone is seen, if not at once then in the end."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from tests.property.pair import Pair
from tests.support.stage import MAX, NORWAY, UNIT, Stage, Terms
from wellhead.chain.plan import GUARDIAN_ROLE

Change = Callable[[Pair], object]


def first_lease(pair: Pair) -> None:
    """A lease on both, whose hours the views then know."""
    market, tenant = pair.stage.market, pair.people[1]
    asked = (1, 10, pair.hour + 2, 5, MAX)
    assert pair.step(
        "LeaseMarket.lease",
        lambda: market.send("lease", *asked, sender=tenant),
        lambda: pair.world.market.lease(tenant.address, *asked),
    )


def moved_claim(pair: Pair) -> object:
    stage, giver = pair.stage, pair.people[1]
    coin = stage.cash.address
    stage.vault.send("deposit", coin, giver.address, 5, sender=giver)
    return stage.vault.send("move", coin, pair.receiver.address, 5, sender=giver)


#: What is changed on the chain alone, and the view that shows it.
CHANGES: dict[str, tuple[str, Change]] = {
    "a coin's allowance": (
        "TestCoin.allowance",
        lambda p: p.stage.cash.send("approve", p.stage.vault.address, 7, sender=p.people[2]),
    ),
    "a coin's block": (
        "TestCoin.blocked",
        lambda p: p.stage.cash.send("setBlocked", p.people[3].address, True, sender=p.people[0]),
    ),
    "a claim of a contract's": ("Vault.claimOf", moved_claim),
    "a coin that breaks the rules": (
        "TestHostileCoin.balanceOf",
        lambda p: p.coins[2].send("mint", p.people[4].address, 1, sender=p.people[0]),
    ),
    "tokens": (
        "CapacityToken.balanceOf",
        lambda p: p.tokens[1].send("transfer", p.people[5].address, UNIT, sender=p.people[0]),
    ),
    "tokens of another cluster": (
        "CapacityToken.balanceOf",
        lambda p: p.tokens[2].send("transfer", p.people[5].address, UNIT, sender=p.people[0]),
    ),
    "a frozen amount": (
        "CapacityToken.getFrozenTokens",
        lambda p: p.stage.compliance.send(
            "setFrozenTokens", 1, p.people[6].address, 9, sender=p.stage.officer
        ),
    ),
    "a rule": (
        "Compliance.(eligible|ruleOf)",
        lambda p: p.stage.compliance.send("setRule", 0, [NORWAY], 255, sender=p.stage.officer),
    ),
    "a credential": (
        "Compliance.(eligible|standingOf)",
        lambda p: p.stage.compliance.send("revoke", p.people[7].address, sender=p.stage.officer),
    ),
    "a role": (
        "Authority.hasRole",
        lambda p: p.stage.authority.send(
            "revokeRole", GUARDIAN_ROLE, p.stage.guardian.address, sender=p.stage.governor
        ),
    ),
    "an hour of another cluster": (
        "LeaseMarket.(baseOf|booksOf|bookedAt|balanceOf|leaseOf)",
        lambda p: p.stage.lease(2, 3, p.hour + 3, 1, p.people[2]),
    ),
    "an approval": (
        "LeaseMarket.getApproved",
        lambda p: p.stage.market.send("approve", p.people[5].address, 1, sender=p.people[1]),
    ),
    "reporters to come": (
        "MetricsOracle.announcement",
        lambda p: p.stage.oracle.send(
            "announceSigners", [p.reporters[0].address], 1, sender=p.stage.governor
        ),
    ),
    "a pause": (
        "CapacityRegistry.paused",
        lambda p: p.stage.registry.send("pause", sender=p.stage.guardian),
    ),
}


@pytest.fixture
def pair(stage: Stage) -> Pair:
    """Two clusters; everybody is in the first."""
    pair = Pair(stage, Terms(), 100)
    assert pair.step("CapacityRegistry.register", *pair.register(Terms(), stage.operator))
    pair.cluster = 2
    assert pair.step("CapacityRegistry.mint", *pair.mint(50))
    pair.cluster = 1
    first_lease(pair)
    pair.compare(everything=True)
    return pair


def said_of(pair: Pair) -> str:
    """What is wrong in the end."""
    try:
        pair.compare(everything=True)
    except AssertionError as error:
        return str(error)
    return ""


def test_nothing_changes_on_the_chain_alone(pair: Pair) -> None:
    for what, (view, change) in CHANGES.items():
        with pair.stage.scratch():
            change(pair)
            pair.world.now = pair.stage.now()
            seen = said_of(pair)
            assert re.search(view, seen), f"{what}: {seen or 'nobody sees it'}"
    pair.world.now = pair.stage.now()
    assert not said_of(pair)


def test_every_hour_and_what_is_gone_is_looked_at(pair: Pair) -> None:
    """In the end also what the model does not say any more: here it forgets a lease."""
    lease = pair.world.market.leases.pop(1)
    with pytest.raises(AssertionError, match="no revert, wanted LeaseMarket_UnknownLease"):
        pair.agreement._gone()
    pair.world.market.leases[1] = lease
    hours = pair.world.market.book_of(1).eras[0].calendar.hours
    first = min(hours)
    hours[first] += 1
    with pytest.raises(AssertionError, match=rf"bookedAt\(1, {first}\): chain 10, model 11"):
        pair.compare()
