"""Documents of commands about the chain, and of failures."""

from __future__ import annotations

from typing import Any, Literal

from wellhead.cli.documents.parts import Address, Document, Integer, Part


class People(Part):
    governor: Address
    operator: Address
    guardian: Address
    tenant: Address
    holder: Address
    officer: Address
    issuer: Address
    reporters: list[Address]


class Venue(Part):
    """Where bitcoin is bought; `max_age` in seconds, `slippage` and `tip` in millionths."""

    pool: Address
    feed: Address
    max_age: Integer
    slippage: Integer
    tip: Integer


class Up(Document):
    """`bitcoin_price` is stablecoin units for a whole bitcoin; it and the venue are null where
    bitcoin is bought nowhere."""

    url: str
    pid: Integer
    keeper: Integer | None
    log: str
    earlier: bool
    chain_id: Integer
    time: Integer
    finality: Integer
    deployment: str
    addresses: dict[str, Address]
    venue: Venue | None
    bitcoin_price: Integer | None
    accounts: People


class Down(Document):
    stopped: bool
    url: str | None
    kept: bool


class Skip(Document):
    time: Integer
    hour: Integer


class Terms(Part):
    """A cluster's terms: prices are stablecoin units per unit-hour, the bond stablecoin units per
    unit, power is watts of a unit; `policy` says who may receive the cluster's token."""

    kind: Literal["training", "inference", "edge"]
    sku: str
    region: str
    power: Integer
    policy: Integer
    base_start: Integer
    base_floor: Integer
    base_cap: Integer
    low: Integer
    high: Integer
    target: Integer
    speed: Integer
    discount: Integer
    discount_hours: Integer
    cancel_fee: Integer
    min_hours: Integer
    max_hours: Integer
    horizon_hours: Integer
    sla: Integer
    penalty: Integer
    bond: Integer
    operator_share: Integer
    reporter_share: Integer
    bitcoin_share: Integer


class Cluster(Part):
    """A cluster; `base` is 1e-18 stablecoin units per unit-hour, `price` that of one more unit for
    the current hour without discount. Of the `bond`, `bond_needed` must stay, and it can stand
    behind `covered` units, null where the terms ask for none. In the last `down` seconds of accrued
    booked hours nothing was available; `era` counts defaults."""

    cluster: Integer
    name: str
    symbol: str
    operator: Address
    token: Address
    attested: Integer
    sellable: Integer
    booked: Integer
    genesis: Integer
    attestations: Integer
    base: Integer
    price: Integer
    accrued_to: Integer
    bond: Integer
    bond_needed: Integer
    covered: Integer | None
    down: Integer
    era: Integer
    terms: Terms


class Balance(Part):
    account: Address
    ether: Integer
    cash: Integer
    reserve: Integer
    allowance: Integer


class ContestedHour(Part):
    """An hour that waits for a recount."""

    cluster: Integer
    hour: Integer


class Status(Document):
    """Without a node only the first two and `kept` are there: whether `up` would go on. `more`
    clusters are there and were not asked for."""

    running: bool
    node: str
    kept: bool | None
    pid: Integer | None = None
    chain_id: Integer | None = None
    local: bool | None = None
    block: Integer | None = None
    time: Integer | None = None
    hour: Integer | None = None
    deployment: str | None = None
    problem: str | None = None
    paused: bool | None = None
    clusters: list[Cluster] | None = None
    more: Integer | None = None
    contested: list[ContestedHour] | None = None
    balances: list[Balance] | None = None


class Finding(Part):
    check: str
    state: Literal["ok", "note", "wrong"]
    message: str
    advice: str | None


class Doctor(Document):
    node: str
    healthy: bool
    findings: list[Finding]


class Demo(Document):
    report: str
    books: dict[str, Integer]


class Error(Document):
    """What every command prints instead when it fails; `error` names a contract's error."""

    exit_code: Integer
    message: str
    error: str | None = None
    arguments: dict[str, Any] | None = None
