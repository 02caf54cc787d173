"""Settling: refunds credited to tenants, and what clusters earned split and released."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from wellhead.actions.held import find_leases
from wellhead.actions.vesting import Vesting, vesting_of
from wellhead.chain import Account, Deployment, Event, Receipt
from wellhead.model.units import Q


@dataclass(frozen=True)
class Settlement:
    """What settling one lease paid, or would pay, into the tenant's claim."""

    lease: int
    tenant: str
    refund: int
    receipt: Receipt | None = None


def settle(deployment: Deployment, lease: int, sender: Account, *, dry: bool) -> Settlement:
    """Credit what is due for accrued hours; sends nothing when nothing is."""
    market = deployment.market
    refund = int(market.call("settle", lease, sender=sender.address))
    found = Settlement(lease, str(market.call("ownerOf", lease)), refund)
    if dry or not refund:
        return found
    receipt = market.send("settle", lease, sender=sender, gas=None)
    paid = sum(int(event["amount"]) for event in receipt.all("Settled"))
    return replace(found, refund=paid, receipt=receipt)


def due(deployment: Deployment, leases: Sequence[int]) -> list[Settlement]:
    """What settling each of these leases would pay; asked for many at once."""
    asked = [(name, [lease]) for lease in leases for name in ("settle", "ownerOf")]
    answers = iter(deployment.market.call_many(asked))
    return [
        Settlement(lease, str(owner), int(refund))
        for lease, refund, owner in zip(leases, answers, answers, strict=False)
    ]


def leases_of(deployment: Deployment, cluster: int) -> list[int]:
    """Every lease of a cluster that there is, by number."""
    return list(find_leases(deployment, cluster))


@dataclass(frozen=True)
class Release:
    """What became claims in the vault, or would, in cash units: the operator's, and that of the
    oracle for the reporters. Nothing is sent when nothing waits."""

    cluster: int
    operator: str
    operator_amount: int
    reporter_amount: int
    receipt: Receipt | None = None

    @property
    def total(self) -> int:
        return self.operator_amount + self.reporter_amount


def release(deployment: Deployment, cluster: int, sender: Account, *, dry: bool) -> Release:
    """Make the operator's and the reporters' parts of what was distributed claims of theirs."""
    router, operator = deployment.router, str(deployment.registry.call("operatorOf", cluster))
    first, second = router.call("release", cluster, sender=sender.address)
    found = Release(cluster, operator, int(first), int(second))
    if dry or not found.total:
        return found
    receipt = router.send("release", cluster, sender=sender, gas=None)
    for event in receipt.all("Released"):
        amounts = int(event["operatorAmount"]), int(event["reporterAmount"])
        return Release(cluster, str(event["operator"]), *amounts, receipt)
    return Release(cluster, operator, 0, 0, receipt)  # somebody else did it meanwhile


def pay_reporters(deployment: Deployment, sender: Account) -> Receipt | None:
    """Divide among the reporters what was released to them; nothing is sent when nothing was."""
    oracle = deployment.oracle
    if not int(oracle.call("payReporters", sender=sender.address)):
        return None
    return oracle.send("payReporters", sender=sender, gas=None)


@dataclass(frozen=True)
class Distribution:
    """A cluster's books brought up to date, and how what it earned was split, in cash units.

    Of `parts` the operator's, its remainders and the reporters' were released, those of the holders
    are the token's, and `bitcoin` waits for a sweep. `vesting` is what the holders get only
    bit by bit, and None where nothing was sent.
    """

    cluster: int
    accrued_to: int
    distributed: int
    parts: Mapping[str, int]
    released: Release
    vesting: Vesting | None = None
    receipts: Sequence[Receipt] = field(default=())


def distribute(deployment: Deployment, cluster: int, sender: Account, *, dry: bool) -> Distribution:
    """Accrue all final hours, split what they earned, and release it; reporters are paid too."""
    market, router = deployment.market, deployment.router
    receipts: list[Receipt] = []
    cursor = int(market.call("accrue", cluster, sender=sender.address))
    if dry:
        due = int(router.call("accrueAndDistribute", cluster, sender=sender.address))
        waiting = release(deployment, cluster, sender, dry=True)
        return Distribution(cluster, cursor, due, {}, waiting)
    while int(market.call("booksOf", cluster)["cursor"]) < cursor:
        receipts.append(market.send("accrue", cluster, sender=sender, gas=None))
        cursor = int(market.call("accrue", cluster, sender=sender.address))
    distributed = 0
    parts: dict[str, int] = {}
    if int(router.call("distribute", cluster, sender=sender.address)):
        receipts.append(router.send("distribute", cluster, sender=sender, gas=None))
        for event in receipts[-1].all("Distributed"):
            distributed = int(event["earned"]) + int(event["remainder"])
            parts = split_of(deployment, cluster, event)
    released = release(deployment, cluster, sender, dry=False)
    paid = pay_reporters(deployment, sender)
    receipts += [receipt for receipt in (released.receipt, paid) if receipt is not None]
    vesting = vesting_of(deployment, cluster)
    return Distribution(cluster, cursor, distributed, parts, released, vesting, receipts)


def split_of(deployment: Deployment, cluster: int, event: Event) -> dict[str, int]:
    """What a distribution gave to whom: each part is the floor of its share of all that the cluster
    has earned, so what it grew by depends on what there was before."""
    split = deployment.registry.call("payeesOf", cluster, block=event.block)[2]
    earned = int(event["earned"])
    total = int(deployment.router.call("totalOf", cluster, block=event.block))

    def part(share: int) -> int:
        return total * share // Q - (total - earned) * share // Q

    return {
        "operator": part(int(split["operator"])),
        "remainder": int(event["remainder"]),
        "reporters": part(int(split["reporters"])),
        "cash": int(event["cash"]),
        "bitcoin": int(event["bitcoin"]),
    }
