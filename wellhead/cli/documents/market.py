"""Documents of commands about clusters, quotes, reports and settling."""

from __future__ import annotations

from typing import Literal

from wellhead.cli.documents.chain import Cluster, Terms
from wellhead.cli.documents.leases import Payment
from wellhead.cli.documents.parts import Address, Document, Hash, Integer, Part, Sent, Word
from wellhead.cli.documents.revenue import Distribution


class ClusterRegister(Sent):
    cluster: Integer
    operator: Address
    token: Address | None
    genesis: Integer | None
    name: str
    symbol: str
    terms: Terms
    transaction: Hash | None


class ClusterList(Document):
    """`more` are there and were not asked for."""

    clusters: list[Cluster]
    more: Integer


class TopUp(Part):
    """What new units bring: stablecoin units, `pending` to what waits to be turned into bitcoin and
    `cash` to what vests, and bitcoin units, `reserve` to what vests of it."""

    pending: Integer
    cash: Integer
    reserve: Integer


class TopUpPayment(Payment):
    coin: Literal["cash", "reserve"]


class Mint(Sent):
    """In a dry run `top_up` is what it would cost now. What vests becomes less with time, what is
    distributed, swept or paid in meanwhile comes on top."""

    cluster: Integer
    units: Integer
    number: Integer
    evidence: Word
    digest: Word
    operator: Address
    token: Address
    attested: Integer
    sellable: Integer
    top_up: TopUp
    payments: list[TopUpPayment]
    transaction: Hash | None


class Start(Part):
    """A start, and what it costs; those up to `last` cost the same. `peak` is the first's."""

    start: Integer
    last: Integer
    first_seconds: Integer
    cost: Integer
    rate: Integer
    peak: Integer


class Comparison(Part):
    """Starts from `first` to `last` as of a block, ranked by what a unit-hour costs. `asked` is the
    one that was asked for; it and the saving against it are null where it is sold out. The saving
    is in stablecoin units, for the hours that the cheapest covers, and in millionths."""

    block: Integer
    first: Integer
    last: Integer
    starts: Integer
    sold_out: Integer
    asked: Start | None
    saving: Integer | None
    saving_share: Integer | None
    best: list[Start]


class Quote(Document):
    """`rate` is 2^-32 stablecoin units per hour, `base` 1e-18 per unit-hour. With a comparison it
    is the quote of the cheapest start."""

    cluster: Integer
    units: Integer
    start: Integer
    end: Integer
    hours: Integer
    first_seconds: Integer
    cost: Integer
    rate: Integer
    base: Integer
    peak: Integer
    default_max_cost: Integer
    comparison: Comparison | None = None


class Refund(Part):
    lease: Integer
    tenant: Address
    refund: Integer


class LeaseSettle(Sent):
    clusters: list[Distribution]
    leases: list[Refund]
    refunded: Integer


class Sample(Part):
    """Units are thousandths, utilization is millionths, energy is joules."""

    cluster: Integer
    hour: Integer
    working: Integer
    available: Integer
    measured: Integer
    energy: Integer
    work: Integer
    word: Word


class Skipped(Part):
    cluster: Integer
    hour: Integer
    reason: str


class Report(Sent):
    """A dry run off a local chain has only the digest that the reporters must sign."""

    samples: list[Sample]
    evidence: Word
    digest: Word
    recorded: Integer | None = None
    skipped: list[Skipped] | None = None
    final_at: Integer | None = None
    transaction: Hash | None = None
