"""Collecting what an account is owed: a holder's earnings, and claims in the vault."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from wellhead.actions.errors import Refusal
from wellhead.chain import Account, Contract, Deployment, Receipt


@dataclass(frozen=True)
class Payout:
    """What one source paid, or would pay, in the coins' smallest units.

    `source` is "cluster 1" for a holder's earnings and "vault" for a claim in the vault.
    """

    source: str
    cash: int
    reserve: int
    receipts: Sequence[Receipt] = ()


def every_cluster(deployment: Deployment) -> list[int]:
    return list(range(1, int(deployment.registry.call("clusterCount")) + 1))


def claim(
    deployment: Deployment,
    clusters: Sequence[int],
    include_vault: bool,
    to: str,
    sender: Account,
    *,
    dry: bool,
) -> list[Payout]:
    """Collect the sender's earnings of these clusters, and its claims in the vault if asked.

    Sources that owe nothing are left out; when none owes anything that is refused.
    """
    payouts = [_claim_earnings(deployment, cluster, to, sender, dry=dry) for cluster in clusters]
    if include_vault:
        payouts.append(_withdraw(deployment, to, sender, dry=dry))
    found = [payout for payout in payouts if payout.cash or payout.reserve]
    if not found:
        raise Refusal("NothingToClaim", account=sender.address)
    return found


def _claim_earnings(
    deployment: Deployment, cluster: int, to: str, sender: Account, *, dry: bool
) -> Payout:
    token = deployment.token(cluster)
    cash, reserve = (int(value) for value in token.call("claimable", sender.address))
    source = f"cluster {cluster}"
    if not (cash or reserve):
        return Payout(source, 0, 0)
    if dry:
        token.call("claim", to, sender=sender.address)
        return Payout(source, cash, reserve)
    receipt = token.send("claim", to, sender=sender, gas=None)
    event = receipt.event("Claimed")
    return Payout(source, int(event["cash"]), int(event["reserve"]), [receipt])


def _withdraw(deployment: Deployment, to: str, sender: Account, *, dry: bool) -> Payout:
    receipts: list[Receipt] = []
    amounts: dict[str, int] = {}
    for coin in (deployment.cash, deployment.reserve):
        amount = int(deployment.vault.call("claimOf", coin.address, sender.address))
        amounts[coin.address] = amount
        if amount:
            _withdraw_one(deployment.vault, coin, to, amount, sender, receipts, dry=dry)
    return Payout(
        source="vault",
        cash=amounts[deployment.cash.address],
        reserve=amounts[deployment.reserve.address],
        receipts=receipts,
    )


def _withdraw_one(
    vault: Contract,
    coin: Contract,
    to: str,
    amount: int,
    sender: Account,
    receipts: list[Receipt],
    *,
    dry: bool,
) -> None:
    if dry:
        vault.call("withdraw", coin.address, to, amount, sender=sender.address)
    else:
        receipts.append(vault.send("withdraw", coin.address, to, amount, sender=sender, gas=None))
