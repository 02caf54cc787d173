"""A cluster as the registry's storage has it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from wellhead.audit.replay import Log
from wellhead.audit.words import packed
from wellhead.model.terms import Pricing, Service, Split


@dataclass(frozen=True, slots=True)
class Offer:
    """What the market needs to price and book, at this point of the replay."""

    pricing: Pricing
    attested: int
    sellable: int
    genesis: int
    bond: int
    is_paused: bool


@dataclass(slots=True)
class Cluster:
    """One cluster's entry."""

    attested: int
    sellable: int
    genesis: int
    operator: int
    token: int
    attestations: int
    kind: int
    power: int
    policy: int
    sku: int
    region: int
    pricing: Pricing
    service: Service
    split: Split
    registration: Log

    @classmethod
    def registered(cls, log: Log, genesis: int) -> Cluster:
        """As it begins."""
        terms: dict[str, Any] = log.args["terms"]
        return cls(
            attested=0,
            sellable=0,
            genesis=genesis,
            operator=log.args["operator"],
            token=log.args["token"],
            attestations=0,
            kind=terms["kind"],
            power=terms["power"],
            policy=terms["policy"],
            sku=int.from_bytes(terms["sku"], "big"),
            region=int.from_bytes(terms["region"], "big"),
            pricing=Pricing(*terms["pricing"].values()),
            service=Service(*terms["service"].values()),
            split=Split(*terms["split"].values()),
            registration=log,
        )


#: What is in each word of an entry.
WORDS = ("state", "token", "kind", "sku", "region", "prices", "limits", "service", "split")


def words(entry: Cluster) -> tuple[int, ...]:
    """An entry, word by word."""
    p, service, split = entry.pricing, entry.service, entry.split
    return (
        packed((entry.attested, 32), (entry.sellable, 32), (entry.genesis, 32))
        | entry.operator << 96,
        entry.token | entry.attestations << 160,
        packed((entry.kind, 8), (entry.power, 32), (entry.policy, 32)),
        entry.sku,
        entry.region,
        packed((p.base_start, 64), (p.base_floor, 64), (p.base_cap, 64), (p.low, 32), (p.high, 32)),
        packed(
            (p.target, 32),
            (p.speed, 32),
            (p.discount, 32),
            (p.discount_hours, 32),
            (p.cancel_fee, 32),
            (p.min_hours, 32),
            (p.max_hours, 32),
            (p.horizon_hours, 32),
        ),
        packed((service.sla, 32), (service.penalty, 32), (service.bond, 64)),
        packed((split.operator, 32), (split.reporters, 32), (split.bitcoin, 32)),
    )
