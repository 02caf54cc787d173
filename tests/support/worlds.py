"""Worlds of the model with one cluster in it, and its formulas in exact fractions.

The fractions are written down from the documentation, without scaling and rounding.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from fractions import Fraction

import pytest

from wellhead.model.compliance import Credential
from wellhead.model.errors import Revert
from wellhead.model.samples import Sample
from wellhead.model.terms import Kind, Pricing, Service, Split, Terms
from wellhead.model.units import HOUR, MAX_UINT256, Q
from wellhead.model.world import World

DAY = 24 * HOUR
NOW = 480_000 * HOUR
#: Stablecoin units.
COIN = 10**6
GOVERNOR = f"0x{1:040x}"
OPERATOR = f"0x{2:040x}"
TENANT = f"0x{3:040x}"
BUYER = f"0x{4:040x}"
USER = f"0x{5:040x}"
PEOPLE = (OPERATOR, TENANT, BUYER)
REPORTERS = [f"0x{number:040x}" for number in (11, 12, 13)]
QUORUM = REPORTERS[:2]
#: Says who people are: everybody belongs here, in this class.
ISSUER = f"0x{6:040x}"
NORWAY, RETAIL = 578, 0
FOREVER = 2**40 - 1

#: Half of ten units cost one coin an hour each where the hour is empty, 1.4 where it is half full.
PRICING = Pricing(
    base_start=COIN,
    base_floor=500_000,
    base_cap=4_000_000,
    low=800_000,
    high=1_600_000,
    target=500_000,
    speed=0,
    discount=0,
    discount_hours=720,
    cancel_fee=0,
    min_hours=1,
    max_hours=2_000,
    horizon_hours=4_000,
)
TERMS = Terms(
    kind=Kind.TRAINING,
    power=300,
    policy=0,
    sku="V100-SXM2-32GB",
    region="CN-EAST",
    pricing=PRICING,
    service=Service(sla=990_000, penalty=500_000),
    split=Split(operator=100_000, reporters=20_000, bitcoin=300_000),
)


def make_world(
    units: int = 10, pricing: Pricing = PRICING, terms: Terms = TERMS, offset: int = 0
) -> World:
    """A world with one cluster of `units` units, and people with much money."""
    world = World(NOW + offset, GOVERNOR, DAY, REPORTERS, 2)
    world.authority.grant("register", OPERATOR)
    world.compliance.accredit(GOVERNOR, ISSUER)
    world.compliance.set_rule(GOVERNOR, 0, [NORWAY], 1 << RETAIL)
    for account in PEOPLE:
        present(world, account)
    world.registry.register(OPERATOR, replace(terms, pricing=pricing), "One", "ONE")
    if units:
        world.registry.mint(OPERATOR, 1, units, 0, b"", QUORUM)
    for account in PEOPLE:
        world.cash.mint(account, 10**18)
        world.cash.approve(account, world.vault.address, MAX_UINT256)
    return world


def present(world: World, account: str, expires: int = FOREVER) -> None:
    """Let the issuer say who an account is."""
    said = Credential(account, NORWAY, RETAIL, world.now, expires)
    world.compliance.present(ISSUER, said, is_signed=True)


def lease(world: World, units: int, start: int, hours: int, caller: str = TENANT) -> int:
    """Lease at whatever it costs."""
    return world.market.lease(caller, 1, units, start, hours, MAX_UINT256)


def report(world: World, hours: Iterable[int], available: int, working: int | None = None) -> int:
    """Report the hours of cluster 1, thousandths of a unit."""
    shown = available if working is None else working
    samples = [Sample(1, hour, shown, available) for hour in hours]
    return world.oracle.report(samples, b"", QUORUM).recorded


def bonded(bond: int, penalty: int = 500_000) -> Terms:
    """Terms with a bond of so many stablecoin units a unit."""
    return replace(TERMS, service=Service(sla=990_000, penalty=penalty, bond=bond))


def outage(world: World, hours: range) -> None:
    """Hours in which nothing worked pass, are reported and become final."""
    world.now = max(world.now, hours.stop * HOUR)
    report(world, hours, 0)
    world.advance(DAY)


def claim(world: World, account: str) -> int:
    """Stablecoin units that an account can withdraw."""
    return world.vault.claim_of(world.cash.address, account)


def spent(world: World, *accounts: str) -> int:
    """Stablecoin units that accounts have parted with since `make_world`; claims are theirs."""
    held = sum(world.cash.balance_of(account) + claim(world, account) for account in accounts)
    return len(accounts) * 10**18 - held


def refused(call: Callable[[], object]) -> tuple[object, ...]:
    """The error, its name without the contract's, and the arguments of a call that reverts."""
    with pytest.raises(Revert) as caught:
        call()
    return (caught.value.name.rpartition("_")[2], *caught.value.args_)


def discount(pricing: Pricing, hours: Fraction | int) -> Fraction:
    """Term discount of so many hours."""
    ramp = min(Fraction(1), Fraction(hours) / pricing.discount_hours)
    return Fraction(pricing.discount, Q) * ramp


def exact_gross(
    pricing: Pricing,
    base: Fraction | int,
    attested: int,
    units: int,
    hours: Mapping[int, Fraction | int],
    booked: Mapping[int, int],
) -> Fraction:
    """Gross of `units` units in hours covered to a part, where others have booked."""
    low, high = Fraction(pricing.low, Q), Fraction(pricing.high, Q)
    gross = Fraction(0)
    for hour, covered in hours.items():
        steep = (high - low) / attested * (units * booked.get(hour, 0) + Fraction(units**2, 2))
        gross += base * covered * (low * units + steep)
    return gross


def exact_cost(
    pricing: Pricing,
    base: Fraction | int,
    attested: int,
    units: int,
    hours: Mapping[int, Fraction | int],
    booked: Mapping[int, int],
) -> Fraction:
    """The price as the documentation states it, hour by hour, without any rounding."""
    gross = exact_gross(pricing, base, attested, units, hours, booked)
    return gross * (1 - discount(pricing, sum(hours.values(), Fraction(0))))


def exact_refund(
    pricing: Pricing,
    cost: int,
    hours: Fraction | int,
    left: int,
    release: Fraction,
    empty: Fraction,
) -> Fraction:
    """What cancelling the last `left` of `hours` hours gives that cost `cost` together, where the
    curve gives a gross of `release` for them now, and `empty` where nobody else has booked."""
    e = discount(pricing, hours)
    gross = cost / (1 - e)
    r = min(gross * left / hours, release)
    fee = Fraction(pricing.cancel_fee, Q)
    kept = discount(pricing, hours - left)
    shifted = (Fraction(pricing.discount, Q) - kept) * (r - min(r, empty))
    return max(Fraction(0), (1 - e) * r * (1 - fee) - (e - kept) * (gross - r) - shifted)
