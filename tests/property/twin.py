"""A world of the model in the state of a freshly deployed stage."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tests.property.roles import Roles
from tests.support.stage import FINALITY, MAX, NORWAY, RETAIL, Stage
from tests.support.sweeps import Desk
from wellhead.chain import Receipt, Reverted, UnlockedAccount
from wellhead.chain.plan import ADMIN_ROLE, COMPLIANCE_ROLE, GUARDIAN_ROLE, OPERATOR_ROLE
from wellhead.model.compliance import Credential
from wellhead.model.sweep import Feed, Pool, Venue
from wellhead.model.world import Addresses, World

#: What the operator and the first holder have of the bitcoin token.
RESERVE = 10**15


def empty_world(stage: Stage, now: int) -> World:
    """The world at the stage's addresses, before anything happened."""
    return World(
        now=now,
        governor=stage.governor.address,
        finality=FINALITY,
        signers=[reporter.address for reporter in stage.reporters],
        threshold=3,
        addresses=Addresses(
            registry=stage.registry.address,
            market=stage.market.address,
            oracle=stage.oracle.address,
            router=stage.router.address,
            vault=stage.vault.address,
            cash=stage.cash.address,
            reserve=stage.reserve.address,
            exchange=stage.deployment.exchange.address,
            contests=stage.contests.address,
            compliance=stage.compliance.address,
        ),
    )


def twin(
    stage: Stage, people: Sequence[UnlockedAccount], others: Sequence[UnlockedAccount] = ()
) -> World:
    """The world, where these people have what they have on the chain, and others are known."""
    world = empty_world(stage, stage.now())
    # The clock counts from the registry's own block.
    world.registry.market_clock = type(world.registry.market_clock)(
        world.now - stage.registry.call("clock")
    )
    members: dict[int, str] = {
        ADMIN_ROLE: stage.governor.address,
        OPERATOR_ROLE: stage.operator.address,
        GUARDIAN_ROLE: stage.guardian.address,
        COMPLIANCE_ROLE: stage.officer.address,
    }
    since: dict[int, dict[str, int]] = {
        role: {who: stage.authority.call("getAccess", role, who)[0]}
        for role, who in members.items()
    }
    world.authority = Roles(world, stage.authority.address, since)
    for person in people:
        world.cash.mint(person.address, stage.cash.call("balanceOf", person.address))
    for payer in (stage.operator, *stage.tenants):
        world.cash.approve(payer.address, world.vault.address, MAX)
    _identify(stage, world, [*people, *others])
    return world


def fund(stage: Stage, world: World) -> None:
    """Give bitcoin to the operator and the first holder, who let the vault take it."""
    for person in (stage.operator, stage.holders[0]):
        stage.reserve.send("mint", person.address, RESERVE, sender=person)
        stage.reserve.send("approve", stage.vault.address, MAX, sender=person)
        world.reserve.mint(person.address, RESERVE)
        world.reserve.approve(person.address, world.vault.address, MAX)


def sweeping(
    desk: Desk, world: World, cluster: int, keeper: UnlockedAccount, amount: int
) -> tuple[Callable[[], Receipt], Callable[[], Any]]:
    """A sweep on the chain, and then in the model, which learns what the pool took and gave,
    whether that was good enough or not."""
    pool, feed, done = pool_of(desk), feed_of(desk), [0, 0]

    def chain() -> Receipt:
        try:
            receipt = desk.stage.router.send("sweep", cluster, amount, sender=keeper)
        except Reverted as error:
            if error.name == "RevenueRouter_BadSwap":
                done[:] = error.arguments["spent"], error.arguments["received"]
            raise
        swept = receipt.event("Swept")
        done[:] = swept["spent"], swept["received"]
        return receipt

    def model() -> Any:
        return world.router.sweep(keeper.address, cluster, amount, pool, feed, *done)

    return chain, model


def _identify(stage: Stage, world: World, people: Sequence[UnlockedAccount]) -> None:
    """Say who everybody is, as it was said on the chain."""
    compliance, officer = world.compliance, stage.officer.address
    compliance.accredit(officer, stage.issuer.address)
    compliance.since[1] = stage.accredited_since(stage.issuer.address)
    compliance.set_rule(officer, 0, [NORWAY], 1 << RETAIL)
    for person in people:
        known = stage.compliance.call("standingOf", person.address)
        if known["issued"] == 0:
            continue
        said = Credential(person.address, NORWAY, RETAIL, known["issued"], known["expires"])
        compliance.present(stage.issuer.address, said, is_signed=True)


def venue_of(desk: Desk) -> Venue:
    """Where bitcoin is bought."""
    return Venue(*desk.venue.encoded())


def pool_of(desk: Desk) -> Pool:
    """The pool, as it stands now."""
    contract = desk.pool.contract
    tokens = contract.call("token0"), contract.call("token1")
    return Pool(*tokens, contract.call("fee"), contract.call("slot0")[0])


def feed_of(desk: Desk) -> Feed:
    """What the feed says now."""
    _, answer, _, updated, _ = desk.feed.call("latestRoundData")
    return Feed(desk.feed.call("decimals"), answer, updated)
