"""Contests: a tenant contests what was reported of an hour, and reporters count it again.

Amounts are stablecoin units, available is in thousandths of a unit, and an hour is unix time /
3600. With `dry` the chain is only asked; then there is no receipt.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from wellhead.actions import paying
from wellhead.actions.errors import BadInput, Refusal
from wellhead.actions.paying import Paid, Plan, Purchase
from wellhead.actions.quorum import Signature, in_order, sign_locally
from wellhead.actions.records import Clock, Record, clock_of, records_of
from wellhead.chain import Account, Deployment, Event, Receipt
from wellhead.chain.signing import recount_digest
from wellhead.model.samples import Sample

#: IContests.Verdict, in its order, and what a contest is before it has one.
VERDICTS = UPHELD, REJECTED, UNDECIDED = "upheld", "rejected", "undecided"
OPEN, CLOSABLE = "open", "closable"


@dataclass(frozen=True)
class Contest:
    """A contest that was opened. `available` is what had been reported, and `closable_at` the
    market clock from which it can be closed as zero. Once it has ended, `decided` is the hour's
    record, None where two years had passed; `evidence` and the bitmap `signers` are the
    recount's."""

    cluster: int
    hour: int
    lease: int
    tenant: str
    deposit: int
    available: int
    closable_at: int
    verdict: str | None = None
    decided: Sample | None = None
    evidence: bytes | None = None
    signers: int | None = None

    def state(self, clock: Clock) -> str:
        """Its verdict, or what it is before it has one."""
        if self.verdict is not None:
            return self.verdict
        return CLOSABLE if clock.shown >= self.closable_at else OPEN


def contests(
    deployment: Deployment,
    cluster: int | None = None,
    hour: int | None = None,
    block: int | None = None,
) -> list[Contest]:
    """Every contest that there was, of a cluster or an hour of it if one is named; by cluster and
    hour. An hour is contested once."""
    desk, first = deployment.contests, deployment.block
    at = deployment.rpc.integer("eth_blockNumber") if block is None else block
    opened = desk.events("Contested", first, at, indexed=[cluster, hour])
    if not opened:
        return []
    ended = {
        (int(event["clusterId"]), int(event["hour"])): event
        for event in desk.events("Ended", first, at, indexed=[cluster, hour])
    }
    # The oracle records what was decided right before the contest ends.
    decided = {
        (event.block, event.index + 1): Sample.decode(event["sample"])
        for event in (deployment.oracle.events("Decided", first, at) if ended else ())
    }
    found = [
        _contest(event, ended.get((int(event["clusterId"]), int(event["hour"]))), decided)
        for event in opened
    ]
    return sorted(found, key=lambda contest: (contest.cluster, contest.hour))


def open_contests(
    deployment: Deployment, cluster: int | None = None, block: int | None = None
) -> list[Contest]:
    """Those that nobody has decided."""
    found = contests(deployment, cluster, block=block)
    return [contest for contest in found if contest.verdict is None]


def _contest(opened: Event, ended: Event | None, decided: dict[tuple[int, int], Sample]) -> Contest:
    verdict = None if ended is None else VERDICTS[int(ended["verdict"])]
    recounted = ended is not None and verdict != UNDECIDED
    return Contest(
        cluster=int(opened["clusterId"]),
        hour=int(opened["hour"]),
        lease=int(opened["leaseId"]),
        tenant=str(opened["tenant"]),
        deposit=int(opened["deposit"]),
        available=int(opened["available"]),
        closable_at=int(opened["closableAt"]),
        verdict=verdict,
        decided=None if ended is None else decided.get((ended.block, ended.index)),
        evidence=bytes(ended["evidence"]) if ended is not None and recounted else None,
        signers=int(ended["signers"]) if ended is not None and recounted else None,
    )


def deposit_of(deployment: Deployment) -> int:
    """What contesting an hour takes."""
    return int(deployment.contests.call("deposit"))


@dataclass(frozen=True)
class Booked:
    """What was booked in an hour: units at its end, and unit-seconds."""

    units: int
    covered: int


def booked_in(deployment: Deployment, cluster: int, hour: int) -> Booked:
    """As the market has it."""
    units, covered = deployment.market.call_many(
        [("bookedAt", [cluster, hour]), ("coveredAt", [cluster, hour])]
    )
    return Booked(int(units), int(covered))


@dataclass(frozen=True)
class Intent:
    """An hour that is to be contested: what was reported of it and booked in it, and the deposit.
    `until` is the unix time before which it can be contested, and `closable` that from which it
    could be closed as zero, both if nothing pauses, None while something does."""

    lease: int
    record: Record
    booked: Booked
    deposit: int
    until: int | None
    closable: int | None
    plan: Plan
    purchase: Purchase
    asked: str | None = None


@dataclass(frozen=True)
class Opened:
    """A contest that was opened, and how its deposit was paid."""

    contest: Contest
    #: As in Intent, of what was opened.
    closable: int | None
    paid: Paid


def prepare(
    deployment: Deployment, lease: int, hour: int, sender: Account, asked: str | None = None
) -> Intent:
    """Check all that can be checked before anything is sent. `asked` is a way to pay."""
    cluster = int(deployment.market.call("leaseOf", lease)["clusterId"])
    deposit = deposit_of(deployment)
    purchase = Purchase(deployment.contests, "contest", (lease, hour), lambda: deposit)
    paying.objections(purchase, sender.address)
    (record,) = records_of(deployment, cluster, [hour])
    clock = clock_of(deployment)
    return Intent(
        lease=lease,
        record=record,
        booked=booked_in(deployment, cluster, hour),
        deposit=deposit,
        until=clock.time_of(record.final_at),
        closable=clock.time_of(clock.shown + int(deployment.oracle.call("SILENCE"))),
        plan=paying.plan(deployment, sender, deposit, asked),
        purchase=purchase,
        asked=asked,
    )


def open_contest(
    deployment: Deployment,
    intent: Intent,
    sender: Account,
    log: Callable[[str], None] = lambda _: None,
) -> Opened:
    """Pay the deposit, and contest the hour."""
    paid = paying.pay(deployment, intent.plan, intent.purchase, sender, intent.asked, log)
    contest = _contest(paid.receipt.event("Contested"), None, {})
    closable = clock_of(deployment).time_of(contest.closable_at)
    return Opened(contest, closable, paid.settled(contest.deposit))


@dataclass(frozen=True)
class Ending:
    """How a contest ended, or would end: `contest` with its verdict, and where the deposit goes.
    Without a receipt it did not end."""

    contest: Contest
    receipt: Receipt | None = None

    @property
    def is_returned(self) -> bool:
        """Whether the tenant gets the deposit back; else it is the reporters'."""
        return self.contest.verdict != REJECTED


def digest_of(deployment: Deployment, sample: Sample, evidence: bytes) -> bytes:
    """What all reporters but one sign to decide the contest of an hour."""
    try:
        word = sample.encode()
    except ValueError as error:
        raise BadInput(str(error)) from error
    return recount_digest(deployment.chain_id, deployment.contests.address, word, evidence)


def recount(
    deployment: Deployment,
    sample: Sample,
    evidence: bytes,
    signatures: Sequence[Signature] | None,
    sender: Account,
    *,
    dry: bool,
) -> Ending:
    """Decide a contest; without signatures the dev reporters of a local chain sign."""
    before = require_open(deployment, sample.cluster, sample.hour)
    digest = digest_of(deployment, sample, evidence)
    if signatures is None:
        signed = sign_locally(deployment, digest, recount=True)
    else:
        signed = in_order(digest, signatures)
    arguments = (sample.encode(), evidence, signed)
    if dry:
        verdict = int(deployment.contests.call("recount", *arguments, sender=sender.address))
        return Ending(_with(before, VERDICTS[verdict], sample, evidence))
    receipt = deployment.contests.send("recount", *arguments, sender=sender, gas=None)
    return _ended(before, receipt)


def close(deployment: Deployment, cluster: int, hour: int, sender: Account, *, dry: bool) -> Ending:
    """Close a contested hour as zero, when no recount has come for as long as silence takes."""
    before = require_open(deployment, cluster, hour)
    if dry:
        deployment.contests.call("close", cluster, hour, sender=sender.address)
        return Ending(_with(before, UNDECIDED, Sample(cluster, hour, 0, 0), None))
    receipt = deployment.contests.send("close", cluster, hour, sender=sender, gas=None)
    return _ended(before, receipt)


def require_open(deployment: Deployment, cluster: int, hour: int) -> Contest:
    """The contest of an hour that is contested now; else a refusal."""
    deployment.registry.call("clusterOf", cluster)
    found = contests(deployment, cluster, hour)
    if not found or found[0].verdict is not None:
        raise Refusal("Contests_NotContested", clusterId=cluster, hour=hour)
    return found[0]


def _ended(before: Contest, receipt: Receipt) -> Ending:
    event = receipt.event("Ended")
    decided = {
        (one.block, one.index + 1): Sample.decode(one["sample"]) for one in receipt.all("Decided")
    }
    verdict = VERDICTS[int(event["verdict"])]
    sample = decided.get((event.block, event.index))
    evidence = None if verdict == UNDECIDED else bytes(event["evidence"])
    return Ending(_with(before, verdict, sample, evidence, int(event["signers"])), receipt)


def _with(
    before: Contest,
    verdict: str,
    decided: Sample | None,
    evidence: bytes | None,
    signers: int | None = None,
) -> Contest:
    return replace(
        before,
        verdict=verdict,
        decided=decided,
        evidence=evidence,
        signers=None if evidence is None else signers,
    )
