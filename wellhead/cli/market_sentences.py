"""The errors of the lease market, the lease exchange and what they are paid with, as sentences."""

from __future__ import annotations

from collections.abc import Callable

from wellhead.cli.amounts import show_count, show_hour, show_money, show_span, show_time

Sentence = Callable[..., str]


def _hours(count: int) -> str:
    return show_count(count, "hour")


def _units(count: int) -> str:
    return show_count(count, "unit")


def _sold_out(peak: int, units: int, sellable: int) -> str:
    free = max(sellable - peak, 0)
    return (
        f"Not enough capacity: {_units(units)} wanted, but in the fullest hour {peak:,} of "
        f"{sellable:,} are booked and {free:,} are free."
    )


def _unbonded(peak: int, units: int, bonded: int) -> str:
    return (
        f"The operator's bond stands behind {_units(bonded)}: in the fullest hour {peak:,} are "
        f"booked, and {units:,} more are wanted. The operator can add to it."
    )


def _out_of_range(hour: int, first: int, last: int) -> str:
    if first > last:
        return f"Nothing of it can be cut any more: {show_hour(hour)} is too late."
    if first == last:
        return f"{show_hour(hour)} is not possible: only {show_hour(first)} is."
    return (
        f"{show_hour(hour)} is not possible: hours from {show_hour(first)} to {show_hour(last)} "
        "are."
    )


def _invalid_units(units: int, limit: int) -> str:
    if limit == 0:
        return "A lease of a single unit can not be split by units."
    return f"{_units(units)} can not be split off: between 1 and {limit:,} can."


def _in_use(lease: int, user: str, expires: int) -> str:
    return (
        f"Lease {lease} has a user until {show_time(expires)}, {user}: until then nobody else can "
        "be named, and nothing be taken from it."
    )


def _not_due(lease: int, due: int, clock: int) -> str:
    if due == 0:
        return f"There is no notice for lease {lease}: give one first."
    return f"The notice for lease {lease} is due only in {show_span(max(due - clock, 0))}."


def _not_in_default(cluster: int, down: int, needed: int) -> str:
    return (
        f"Cluster {cluster} is not in default: nothing was available for {show_span(down)} of "
        f"booked hours in a row on record, and {show_span(needed)} are needed."
    )


def _bond_in_use(cluster: int, bond: int, needed: int) -> str:
    free = max(bond - needed, 0)
    return (
        f"Of cluster {cluster}'s bond of {show_money(bond)}, {show_money(needed)} must stay for "
        f"what is booked: at most {show_money(free)} can be withdrawn."
    )


MARKET: dict[str, Sentence] = {
    "LeaseMarket_NoUnits": lambda: "A lease needs at least one unit.",
    "LeaseMarket_SoldOut": _sold_out,
    "LeaseMarket_StartInPast": lambda start, current: (
        f"{show_hour(start)} is over: the current hour began at {show_hour(current)}."
    ),
    "LeaseMarket_PastHorizon": lambda start, hours, end: (
        f"{_hours(hours)} from {show_hour(start)} would end after {show_hour(end)}, the last hour "
        "that can be booked."
    ),
    "LeaseMarket_InvalidLength": lambda hours, least, most: (
        f"A lease of {_hours(hours)} is not possible here: between {least:,} and {most:,} are."
    ),
    "LeaseMarket_CostAboveMax": lambda cost, limit: (
        f"The lease costs {show_money(cost)}, more than the limit of {show_money(limit)}."
    ),
    "LeaseMarket_Paused": lambda: "New leases are paused.",
    "LeaseMarket_Unbonded": _unbonded,
    "LeaseMarket_NotTenant": lambda lease, caller: (
        f"Only the owner of lease {lease}, or whom the owner approved, may do this, not {caller}."
    ),
    "LeaseMarket_Over": lambda lease, stop: f"Lease {lease} is over since {show_hour(stop)}.",
    "LeaseMarket_TooManyParts": lambda lease, limit: (
        f"Lease {lease} has as many parts as a lease can have, {limit}: open another one."
    ),
    "LeaseMarket_HourOutOfRange": _out_of_range,
    "LeaseMarket_InvalidUnits": _invalid_units,
    "LeaseMarket_Cut": lambda lease, start: (
        f"The part of lease {lease} that begins at {show_hour(start)} was cut, and holds a "
        "discount that was meant for more hours: it can not be cancelled, but sold."
    ),
    "LeaseMarket_RefundBelowMin": lambda refund, least: (
        f"Cancelling gives {show_money(refund)}, less than the limit of {show_money(least)}."
    ),
    "LeaseMarket_InUse": _in_use,
    "LeaseMarket_UseTooLong": lambda lease, expires, limit: (
        f"A user of lease {lease} can stay until {show_time(limit)} at most, not until "
        f"{show_time(expires)}."
    ),
    "LeaseMarket_Suspended": lambda lease: (
        f"The use of lease {lease} is suspended, or about to be: the operator can lift that."
    ),
    "LeaseMarket_NotDue": _not_due,
    "LeaseMarket_NotInDefault": _not_in_default,
    "LeaseMarket_WorksAgain": lambda cluster, hour: (
        f"Cluster {cluster} worked in {show_hour(hour)}, one of the last 72 hours, by its report: "
        f"no default can be declared. `wellhead cluster recover {cluster}` notes that it works "
        "again, once such a report is final."
    ),
    "LeaseMarket_StillDown": lambda cluster: (
        f"No final report says that cluster {cluster} works again since the last booked hour in "
        "which nothing was available. Report an hour in which something was available, or worked "
        "while nobody had booked, and wait until that is final."
    ),
    "LeaseMarket_InDefault": lambda cluster: (
        f"Nobody can book in cluster {cluster} now: nothing was available for 72 booked hours in a "
        "row, and who books would share in its bond. Anybody may declare its default, `wellhead "
        f"cluster default {cluster}`, or, once it works again on final record, note that with "
        f"`wellhead cluster recover {cluster}`: after either it can be booked. `wellhead doctor "
        f"--cluster {cluster}` says which of them is possible."
    ),
    "LeaseMarket_NotAccrued": lambda cluster, cursor: (
        f"The books of cluster {cluster} stand at {show_hour(cursor)}, but later hours are final "
        "too: settle one of its leases first, again until they stand still."
    ),
    "LeaseMarket_BondInUse": _bond_in_use,
    "LeaseMarket_UnknownLease": lambda lease: f"There is no lease {lease}.",
    "LeaseMarket_NotRouter": lambda caller: (
        f"Only the revenue router collects earned rent, not {caller}."
    ),
}


def _invalid_listing(start: int, end: int, opens: int, closes: int) -> str:
    if start < end:
        return f"The price can not rise, from {show_money(start)} to {show_money(end)}."
    if opens >= closes:
        return f"An offer from {show_time(opens)} can not close at {show_time(closes)}."
    return f"The offer would have closed at {show_time(closes)}, which is over."


EXCHANGE: dict[str, Sentence] = {
    "LeaseExchange_NotOwner": lambda lease, caller: (
        f"Lease {lease} can be offered or withdrawn by its owner only, not by {caller}."
    ),
    "LeaseExchange_NotApproved": lambda lease: (
        f"The exchange is not approved to move lease {lease}: its owner has to approve it."
    ),
    "LeaseExchange_InvalidListing": _invalid_listing,
    "LeaseExchange_NotListed": lambda lease: f"Lease {lease} is not for sale.",
    "LeaseExchange_NotOpen": lambda lease, opens, closes: (
        f"Lease {lease} can be bought from {show_time(opens)} to {show_time(closes)} only."
    ),
    "LeaseExchange_PriceAboveMax": lambda price, limit: (
        f"The price is {show_money(price)}, more than the limit of {show_money(limit)}."
    ),
    "LeaseExchange_Changed": lambda lease, units, end, parts: (
        f"Lease {lease} is not what was looked at: it has {_units(units)} now, ends at "
        f"{show_hour(end)}, and is made of the parts with the digest 0x{parts.hex()}."
    ),
    "LeaseExchange_AccruedFurther": lambda lease, accrued, limit: (
        f"Hours of lease {lease} up to {show_hour(accrued)} would be settled to the seller, beyond "
        f"the limit of {show_hour(limit)}."
    ),
    "LeaseExchange_InUse": lambda lease, expires, until: (
        f"Lease {lease} has a user until {show_time(expires)}, whoever owns it"
        + (f", longer than until {show_time(until)}." if until else ".")
    ),
    "LeaseExchange_Suspended": lambda lease: (
        f"The use of lease {lease} is suspended, or about to be: it can not be bought."
    ),
}


def _smallest(amount: int) -> str:
    return f"{amount:,} of the smallest units of the coin"


CASH: dict[str, Sentence] = {
    "CashDesk_NoEther": lambda: "Leases are paid and moved without ether.",
    "Vault_MayNotCharge": lambda caller, payer: (
        "Only the market, the exchange, the contests and the router charge accounts, each the one "
        f"that called it: {caller} may not charge {payer}."
    ),
    "Vault_InsufficientClaim": lambda coin, account, claim, amount: (
        f"{account} has a claim of {claim:,} smallest units of coin {coin} in the vault, less than "
        f"{amount:,}."
    ),
    "Vault_InexactTransfer": lambda coin, expected, received: (
        f"Coin {coin} delivered {received:,} smallest units instead of {expected:,}: such coins "
        "can not be used."
    ),
    "Vault_InvalidReceiver": lambda receiver: f"{receiver} can not receive this.",
    "Vault_LengthMismatch": lambda accounts, amounts: (
        f"{accounts} accounts and {amounts} amounts do not match."
    ),
    "ERC20InsufficientAllowance": lambda spender, allowance, needed: (
        f"{spender} may take {_smallest(allowance)}, and {needed:,} are needed: approve more."
    ),
    "ERC20InsufficientBalance": lambda sender, balance, needed: (
        f"{sender} has {_smallest(balance)}, and {needed:,} are needed."
    ),
    "ERC2612ExpiredSignature": lambda deadline: f"The permit was good until {show_time(deadline)}.",
    "ERC2612InvalidSigner": lambda signer, owner: (
        f"The permit was signed by {signer} and not by {owner}, or for other contents."
    ),
    "ERC3009InvalidAuthorizationTime": lambda after, before: (
        f"The authorization is good after {show_time(after)} and before {show_time(before)} only."
    ),
    "ERC3009InvalidSignature": lambda: "The authorization is not signed by whom it names.",
    "ERC3009UsedAuthorization": lambda account, nonce: (
        f"The authorization 0x{nonce.hex()} of {account} was used already."
    ),
}
