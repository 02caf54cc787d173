"""The terms of the demonstration's two clusters: its own, since a trace has none."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from wellhead.demo.plan import HORIZON, LONGEST
from wellhead.model.terms import Kind, Pricing, Service, Split, Terms

USD = 10**6
#: The policy of both clusters: who may hold their tokens.
POLICY = 1

#: The cluster of the trace, which names no GPU model, region or power.
TERMS = Terms(
    kind=Kind.TRAINING,
    power=0,
    policy=POLICY,
    sku="GPU",
    region="",
    pricing=Pricing(
        base_start=USD,
        base_floor=USD // 2,
        base_cap=4 * USD,
        low=700_000,
        high=1_500_000,
        target=750_000,
        speed=10_000,
        discount=100_000,
        discount_hours=720,
        cancel_fee=50_000,
        min_hours=1,
        max_hours=LONGEST,
        horizon_hours=HORIZON,
    ),
    service=Service(sla=990_000, penalty=500_000),
    split=Split(operator=250_000, reporters=50_000, bitcoin=200_000),
)

#: The small cluster that is made up: a bond behind every unit, and a month that can be booked.
BONDED = replace(
    TERMS,
    pricing=replace(TERMS.pricing, max_hours=720, horizon_hours=720),
    service=replace(TERMS.service, bond=360 * USD),
)


def encoded(terms: Terms) -> tuple[Any, ...]:
    """Terms as the registry takes them."""
    p, service, split = terms.pricing, terms.service, terms.split
    pricing = (p.base_start, p.base_floor, p.base_cap, p.low, p.high, p.target, p.speed)
    lengths = (p.discount, p.discount_hours, p.cancel_fee, p.min_hours, p.max_hours)
    return (
        int(terms.kind),
        terms.power,
        terms.policy,
        terms.sku.encode("ascii").ljust(32, b"\0"),
        terms.region.encode("ascii").ljust(32, b"\0"),
        (*pricing, *lengths, p.horizon_hours),
        (service.sla, service.penalty, service.bond),
        (split.operator, split.reporters, split.bitcoin),
    )
