"""What must hold of the revenue that reaches the holders, in every World, whatever happened."""

from __future__ import annotations

from .checking import equal, require
from .revenue import Revenue
from .token import CapacityToken
from .world import World


def check_revenue(world: World) -> None:
    """5: claimed, owed, carried and what has not vested add up to the revenue that was added, per
    currency, to the last step; with what is held it is what the router sent. What waits to be
    swept was earned by cancellations in part at most, and not after now. [REV-1, REV-17]"""
    for cluster_id in world.registry.clusters:
        name = f"cluster {cluster_id}"
        token, routed = world.token(cluster_id), world.router.routed_of(cluster_id)
        topped_up = routed.topped_up
        for revenue, sent in (
            (token.cash, routed.parts.cash + topped_up.cash),
            (token.reserve, routed.reserve_sent + topped_up.reserve),
        ):
            _check_currency(world, token, revenue)
            added = (revenue.total >> revenue.shift) + revenue.held
            equal(added, sent, f"{name}: revenue in {revenue.coin}")
        require(
            0 <= routed.bitcoin_backlog <= routed.bitcoin_pending
            and routed.pending_since <= world.hour
            and routed.distributed_at <= world.hour,
            f"{name}: {routed} in hour {world.hour}",
        )


def check_mints(world: World) -> None:
    """5: of what waits and vests, each token had no less after a mint than before, and all that
    there were had less than a unit more; unless the ledger's bound held some back. [REG-4]"""
    for cluster_id, cluster in world.registry.clusters.items():
        cash, reserve = cluster.token.cash, cluster.token.reserve
        for before, after in cluster.mints:
            for name, shift, held in (
                ("pending", 0, 0),
                ("cash", cash.shift, cash.held),
                ("reserve", reserve.shift, reserve.held),
            ):
                had, has = getattr(before, name), getattr(after, name)
                beyond = has * before.attested - had * after.attested
                require(
                    held != 0 or 0 <= beyond < before.attested << shift,
                    f"cluster {cluster_id}: {name} of {before} is that of {after}",
                )


def _check_currency(world: World, token: CapacityToken, revenue: Revenue) -> None:
    """One currency of one token, and that its claim is there."""
    name = f"cluster {token.cluster_id}: {revenue.coin}"
    accounts = revenue.owed.keys() | token.balances.keys()
    owed = sum(revenue.owed_to(account) for account in accounts)
    waiting = revenue.carried + revenue.unvested
    require(min(revenue.carried, revenue.unvested) >= 0, f"{name}: {revenue}")
    equal(
        (revenue.claimed << revenue.shift) + owed + waiting,
        revenue.total,
        f"{name}: claimed {revenue.claimed}, owed {owed}, waiting {waiting}",
    )
    ledger = owed + waiting + (revenue.held << revenue.shift)
    claim = world.vault.claim_of(revenue.coin, token.address)
    require(claim << revenue.shift >= ledger, f"{name}: claim {claim} for ledger {ledger}")
