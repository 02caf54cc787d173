"""Collecting what an account is owed: a holder's earnings, and claims in the vault."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from wellhead.actions.asking import ask
from wellhead.actions.credentials import signature_of
from wellhead.actions.errors import BadInput, Refusal
from wellhead.chain import Account, Contract, Deployment, Receipt
from wellhead.chain.typed import TypedData


@dataclass(frozen=True)
class Payout:
    """What one source paid, or would pay, in the coins' smallest units.

    `source` is "cluster 1" for a holder's earnings and "vault" for a claim in the vault.
    """

    source: str
    cash: int
    reserve: int
    receipts: Sequence[Receipt] = ()


@dataclass(frozen=True)
class SignedClaim:
    """A holder's word that all it has earned from a cluster be paid to `to`, whoever brings it on
    chain, until the unix time `deadline`. Good once: the nonce is the account's next."""

    chain_id: int
    token: str
    account: str
    to: str
    nonce: int
    deadline: int
    signature: bytes


#: The coins that claims are in, by their names in a deployment.
COINS = ("cash", "reserve")

_FIELDS = {"account": "address", "to": "address", "nonce": "uint256", "deadline": "uint256"}


def every_cluster(deployment: Deployment) -> list[int]:
    return list(range(1, int(deployment.registry.call("clusterCount")) + 1))


def claim(
    deployment: Deployment,
    clusters: Sequence[int],
    coins: Sequence[str],
    to: str,
    sender: Account,
    *,
    dry: bool,
) -> list[Payout]:
    """Collect the sender's earnings of these clusters, and its claims in the vault in these coins.

    Sources that owe nothing are left out; when none owes anything that is refused.
    """
    owed = claimable(deployment, clusters, sender.address)
    payouts = [
        _claim_earnings(deployment, cluster, to, sender, dry=dry)
        for cluster, amounts in owed.items()
        if any(amounts)
    ]
    if coins:
        payouts.append(_withdraw(deployment, coins, to, sender, dry=dry))
    found = [payout for payout in payouts if payout.cash or payout.reserve]
    if not found:
        raise Refusal("NothingToClaim", account=sender.address)
    return found


def claimable(
    deployment: Deployment, clusters: Sequence[int], account: str
) -> dict[int, tuple[int, int]]:
    """What an account could claim of each of these clusters, cash and bitcoin."""
    rpc, registry = deployment.rpc, deployment.registry
    states = ask(rpc, [(registry, "clusterOf", [cluster]) for cluster in clusters])
    tokens = [Contract(rpc, "CapacityToken", state["token"]) for state in states]
    found = ask(rpc, [(token, "claimable", [account]) for token in tokens])
    return {
        cluster: (int(cash), int(reserve))
        for cluster, (cash, reserve) in zip(clusters, found, strict=True)
    }


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


def _withdraw(
    deployment: Deployment, coins: Sequence[str], to: str, sender: Account, *, dry: bool
) -> Payout:
    receipts: list[Receipt] = []
    amounts = dict.fromkeys(COINS, 0)
    for name in coins:
        coin = deployment.contract(name)
        amounts[name] = int(deployment.vault.call("claimOf", coin.address, sender.address))
        if amounts[name]:
            _withdraw_one(deployment.vault, coin, to, amounts[name], sender, receipts, dry=dry)
    return Payout("vault", amounts["cash"], amounts["reserve"], receipts)


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


def sign_claim(
    deployment: Deployment, cluster: int, to: str, deadline: int, holder: Account
) -> SignedClaim:
    """SetupError where whoever holds the holder's key signs no typed data."""
    token = deployment.token(cluster)
    name, nonce = token.call_many([("name", []), ("nonces", [holder.address])])
    message = {"account": holder.address, "to": to, "nonce": int(nonce), "deadline": deadline}
    domain = {
        "name": str(name),
        "version": "1",
        "chainId": deployment.chain_id,
        "verifyingContract": token.address,
    }
    data = TypedData(domain, "Claim", _FIELDS, message)
    return SignedClaim(
        chain_id=deployment.chain_id,
        token=token.address,
        account=holder.address,
        to=to,
        nonce=int(nonce),
        deadline=deadline,
        signature=signature_of(deployment, data, holder),
    )


def claim_signed(
    deployment: Deployment, signed: SignedClaim, sender: Account, *, dry: bool
) -> Payout:
    """Bring another's signed claim on chain. BadInput where it is for another chain, or for a token
    that is no cluster's; Refusal where it was used, or there is nothing to pay."""
    cluster = _cluster_of(deployment, signed)
    token = deployment.token(cluster)
    nonce = int(token.call("nonces", signed.account))
    if nonce != signed.nonce:
        raise Refusal("UsedNonce", account=signed.account, given=signed.nonce, expected=nonce)
    arguments = (signed.account, signed.to, signed.deadline, signed.signature)
    cash, reserve = token.call("claimFor", *arguments, sender=sender.address)
    if not (int(cash) or int(reserve)):
        raise Refusal("NothingToClaim", account=signed.account)
    source = f"cluster {cluster}"
    if dry:
        return Payout(source, int(cash), int(reserve))
    receipt = token.send("claimFor", *arguments, sender=sender, gas=None)
    event = receipt.event("Claimed")
    return Payout(source, int(event["cash"]), int(event["reserve"]), [receipt])


def _cluster_of(deployment: Deployment, signed: SignedClaim) -> int:
    if signed.chain_id != deployment.chain_id:
        raise BadInput(
            f"the claim was signed for chain {signed.chain_id}, not {deployment.chain_id}"
        )
    ids = every_cluster(deployment)
    for cluster, found in zip(
        ids, deployment.registry.call_many([("clusterOf", [each]) for each in ids]), strict=True
    ):
        if str(found["token"]) == signed.token:
            return cluster
    raise BadInput(f"the claim was signed for {signed.token}, which is no cluster's token")
