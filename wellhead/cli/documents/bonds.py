"""Documents of commands about a cluster's bond, its default and the end of an outage."""

from __future__ import annotations

from wellhead.cli.documents.leases import Payment
from wellhead.cli.documents.parts import Address, Hash, Integer, Sent


class ClusterBond(Sent):
    """The bond as it is after what was done, or would be. `peak` is the most that is booked in an
    hour that is not accrued; `needed` stays for it, and `free` can be withdrawn. `covered` are the
    units that it can stand behind, null where the terms ask for no bond. Without an amount nothing
    is sent."""

    cluster: Integer
    bond: Integer
    per_unit: Integer
    peak: Integer
    needed: Integer
    free: Integer
    covered: Integer | None
    sellable: Integer
    posted: Integer
    withdrawn: Integer
    account: Address | None
    payment: Payment | None
    transaction: Hash | None


class ClusterDefault(Sent):
    """From `hour` on `unit_hours` of `leases` are void, and their `rent` goes back. `compensation`
    is the ledger due for each unit-hour, `reserved` for all of them; in a dry run as the bond is
    now."""

    cluster: Integer
    by: Address
    era: Integer
    hour: Integer
    leases: Integer
    unit_hours: Integer
    rent: Integer
    compensation: Integer
    reserved: Integer
    transaction: Hash | None


class ClusterRecover(Sent):
    """By the final record of `hour` the cluster works again. Bookings were closed until then if it
    is `bonded`."""

    cluster: Integer
    by: Address
    hour: Integer
    bonded: bool
    transaction: Hash | None
