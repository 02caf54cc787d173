"""Documents of commands about a cluster's units: which are open, and which are booked."""

from __future__ import annotations

from pydantic import Field

from wellhead.cli.documents.parts import Address, Document, Hash, Integer, Part, Sent


class ClusterSellable(Sent):
    """`peak` is the most that is booked in any hour to come; it may be above `sellable`."""

    cluster: Integer
    operator: Address
    attested: Integer
    sellable_before: Integer
    sellable: Integer
    peak: Integer
    transaction: Hash | None


class ClusterRetire(ClusterSellable):
    """`units` went, and as many of the operator's tokens."""

    units: Integer


class Range(Part):
    """Hours [from, to) in each of which as many units are booked."""

    from_: Integer = Field(alias="from")
    to: Integer
    booked: Integer


class Calendar(Document):
    """Bookings of the hours [from, to) as of a block; the ranges leave none out. `hour` is the
    current one, and hours from `horizon_end` on can not be booked yet. No more can be booked than
    the `bonded` units that the bond stands behind, null where the terms ask for none."""

    cluster: Integer
    block: Integer
    time: Integer
    hour: Integer
    horizon_end: Integer
    attested: Integer
    sellable: Integer
    bonded: Integer | None
    paused: bool
    from_: Integer = Field(alias="from")
    to: Integer
    ranges: list[Range]
