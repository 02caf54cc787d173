"""What `wellhead doctor` looks at, and the sentences that it finds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from wellhead.actions import outages
from wellhead.actions.contesting import CLOSABLE, Contest
from wellhead.actions.freshness import Freshness
from wellhead.actions.health import Facts, gas_price, issuers, members_of, mines
from wellhead.actions.offbook import OffBook
from wellhead.actions.outages import Outage
from wellhead.actions.records import Clock
from wellhead.actions.views import ClusterView
from wellhead.chain import Deployment, Rpc
from wellhead.cli.amounts import (
    show_allowance,
    show_count,
    show_hour,
    show_money,
    show_share,
    show_span,
    show_time,
)
from wellhead.model.book import DEFAULT_SECONDS

OK, NOTE, WRONG = "ok", "note", "wrong"

#: Seconds by which a live chain's latest block may lie behind this machine's clock, and ahead.
BEHIND, AHEAD = 300, 60
#: Hours after its end in which an hour's report is expected.
GRACE = 2
#: Final hours that may wait for somebody to accrue them.
LAG = 24
#: Commands that end an outage of 72 booked hours.
_ENDS = "default", "recover"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    check: str
    state: str
    message: str
    advice: str | None = None


def worst(findings: Sequence[Finding]) -> str:
    order = (OK, NOTE, WRONG)
    return max((finding.state for finding in findings), key=order.index, default=OK)


def local_clock(rpc: Rpc, wall: int, *, ours: bool) -> Iterator[Finding]:
    """A local chain's time may be any; the node of `up` must make blocks."""
    if ours and not mines(rpc):
        yield Finding(
            "clock",
            WRONG,
            f"no block comes after {show_time(rpc.now())}",
            "`wellhead down`, then `wellhead up`",
        )
        return
    now = rpc.now()
    ahead = now - wall
    said = f"the chain's time is {show_time(now)}"
    if abs(ahead) <= BEHIND:
        yield Finding("clock", OK, f"{said}, like this machine's")
    else:
        side = "ahead of" if ahead > 0 else "behind"
        yield Finding("clock", NOTE, f"{said}, {show_span(abs(ahead))} {side} this machine's")


def live_clock(rpc: Rpc, wall: int) -> Iterator[Finding]:
    """A live chain's latest block must be of now."""
    now = rpc.now()
    ahead = now - wall
    said = f"the latest block is of {show_time(now)}"
    if ahead < -BEHIND:
        yield Finding(
            "clock",
            WRONG,
            f"{said}, {show_span(-ahead)} ago: the chain stands still, or the node is behind it",
            "ask another node with --rpc, or wait until this one has caught up",
        )
    elif ahead > AHEAD:
        yield Finding(
            "clock",
            WRONG,
            f"{said}, {show_span(ahead)} ahead of this machine's clock",
            "set this machine's clock",
        )
    else:
        yield Finding("clock", OK, f"{said}, {show_span(max(-ahead, 0))} ago")


def roles(deployment: Deployment) -> Iterator[Finding]:
    """Who may register, pause and see to compliance, whether somebody has paused, who says who
    holders are, and who reports."""
    registry, compliance = deployment.registry, deployment.compliance
    for contract, name, what, role in (
        (registry, "register", "register clusters", "operator"),
        (registry, "pause", "pause", "guardian"),
        (compliance, "accredit", "see to compliance", "compliance"),
    ):
        members = members_of(deployment, contract, name)
        if members:
            yield Finding("roles", OK, f"who may {what}: {', '.join(members)}")
        else:
            advice = f"the governor grants the {role} role with Authority.grantRole"
            yield Finding("roles", WRONG, f"nobody may {what}", advice)
    accredited = issuers(deployment)
    if accredited:
        said = f"whose credentials count: {', '.join(accredited)}"
        yield Finding("issuers", OK, said)
    else:
        yield Finding(
            "issuers",
            WRONG,
            "nobody's credentials count, so nobody can receive tokens",
            "`wellhead compliance accredit ACCOUNT`, by an officer",
        )
    if deployment.registry.call("paused"):
        yield Finding(
            "pause",
            WRONG,
            "new leases and mints are paused, and with them the finality and silence clocks",
            "a guardian ends that with CapacityRegistry.unpause",
        )
    signers, threshold = deployment.oracle.call("signers")
    said = f"{threshold} of {len(signers)} must sign: {', '.join(signers)}"
    yield Finding("reporters", OK, said)
    _, enactable_at = deployment.oracle.call("announcement")
    if enactable_at:
        said = f"others are announced; anybody can enact them from {show_time(enactable_at)} on"
        yield Finding("reporters", NOTE, said, "`wellhead signers show` says who")


def account(rpc: Rpc, found: Facts) -> Iterator[Finding]:
    """Whether an account can pay for what it does, and what it may do."""
    if not found.ether and gas_price(rpc):
        said = f"{found.address} has no ether for gas"
        yield Finding("balances", WRONG, said, "send it some: it can send nothing")
    possible = (
        ("register clusters", found.can_register),
        ("pause", found.can_pause),
        ("govern", found.governs),
    )
    roles = "".join(f" and {what}" for what, can in possible if can)
    yield Finding(
        "balances",
        OK if found.cash else NOTE,
        f"{found.address} has {show_money(found.cash)}, of which the vault may take "
        f"{show_allowance(found.allowance)}; it may lease{roles}",
        None if found.cash else "to lease, it needs stablecoins",
    )


def outage(found: ClusterView, now: Outage | None) -> Iterator[Finding]:
    """Hours in which nothing was available, and where they are enough for a default, what can be
    done about it: where a bond is asked for, nobody can book before either is done."""
    name = f"cluster {found.cluster}"
    if now is not None:
        closed = "" if found.covered is None else "; bookings are closed"
        said = f"nothing was available for {show_span(DEFAULT_SECONDS)} of booked hours in a row"
        hour = show_hour(now.hour)
        default, recover = (f"`wellhead cluster {act} {found.cluster}`" for act in _ENDS)
        message, advice = {
            outages.DECLARABLE: (
                f"in default: {said}{closed}",
                f"anybody may declare it: {default}; or, once a final report says that it works "
                f"again, {recover}",
            ),
            outages.OVER: (
                f"{said}, and by the final report of {hour} it works again{closed}",
                f"anybody may note that: {recover}",
            ),
            outages.REPORTED: (
                f"{said}, and it works again from {hour} on, by a report that is not final yet; "
                f"no default can be declared{closed}",
                f"once such a report is final: {recover}",
            ),
            outages.BEHIND: (
                f"{said}, by books that are behind: what is final from {hour} on is not counted"
                f"{closed}",
                f"`wellhead revenue distribute --cluster {found.cluster}`",
            ),
        }[now.state]
        yield Finding(name, WRONG, message, advice)
    elif 0 < found.down < DEFAULT_SECONDS:
        yield Finding(
            name,
            NOTE,
            f"nothing was available for {show_span(found.down)} of booked hours in a row, up to "
            f"{show_hour(found.accrued_to)}; {show_span(DEFAULT_SECONDS)} are a default",
        )


def guarantees(found: ClusterView) -> Iterator[Finding]:
    """What stands behind a cluster."""
    name = f"cluster {found.cluster}"
    if found.covered is None:
        return
    said = f"the bond of {show_money(found.bond)} stands behind {show_count(found.covered, 'unit')}"
    advice = f"`wellhead cluster bond {found.cluster} --post AMOUNT`"
    if found.bond < found.bond_needed:
        more = f"{show_money(found.bond_needed)} is needed for what is booked"
        yield Finding(name, WRONG, f"{said}: {more}", advice)
    elif found.covered < found.sellable:
        more = f"{found.sellable:,} are open, and no more than it covers can be booked"
        yield Finding(name, NOTE, f"{said}: {more}", advice)
    else:
        yield Finding(name, OK, f"{said}, and {found.sellable:,} are open")


def cluster(found: Freshness) -> Iterator[Finding]:
    """Reports that are missing, and hours that nobody accrued."""
    number = found.cluster
    name = f"cluster {number}"
    last = "none" if found.last_reported is None else show_hour(found.last_reported)
    if found.waiting:
        first = found.waiting[0]
        count = show_count(len(found.waiting), "booked hour")
        closable = (
            f"; anybody can close {found.closable:,} of them as zero" if found.closable else ""
        )
        yield Finding(
            name,
            WRONG if found.behind >= GRACE else NOTE,
            f"{count} without a report, from {show_hour(first)} on, over for "
            f"{show_count(found.behind, 'hour')}{closable}; last report: {last}",
            f"`wellhead report --cluster {number} --hour {first} --working UNITS`: what comes "
            "after it is not paid before",
        )
    else:
        yield Finding(name, OK, f"no booked hour waits for a report; last report: {last}")
    if found.due:
        yield Finding(
            name,
            WRONG if found.due > LAG else NOTE,
            f"{show_count(found.due, 'final hour')} from {show_hour(found.accrued_to)} on not "
            "accrued",
            f"`wellhead revenue distribute --cluster {number}`",
        )


def contested(found: Sequence[Contest], clock: Clock) -> Iterator[Finding]:
    """Hours that wait for a recount."""
    for contest in found:
        hour = show_hour(contest.hour)
        said = f"{hour} is contested: nothing from it on is paid before it is decided"
        place = f"--cluster {contest.cluster} --hour {contest.hour}"
        if contest.state(clock) == CLOSABLE:
            more, advice = "; no recount came", f"`wellhead contest close {place}`"
            yield Finding(f"cluster {contest.cluster}", WRONG, said + more, advice)
        else:
            advice = f"`wellhead contest show {place}`"
            yield Finding(f"cluster {contest.cluster}", NOTE, said, advice)


def off_book(cluster: int, found: OffBook) -> Iterator[Finding]:
    """Hours in which more was measured than booked: wrong while nobody raised the alarm."""
    worst = found.worst
    if worst is None:
        return
    silent = [one for one in found.hours if one.hour not in found.flagged]
    message = (
        f"{show_count(len(found.hours), 'hour')} of the last 30 days off the books, "
        f"{found.day:,} of the last 24; worst {show_hour(worst.hour)}, with "
        f"{show_share(worst.measured)} measured where up to {show_share(worst.limit)} is in order"
    )
    if silent:
        advice = f"`wellhead cluster flag --cluster {cluster} --hour {silent[-1].hour}`"
        yield Finding(f"cluster {cluster}", WRONG, f"{message}; no alarm yet", advice)
    else:
        yield Finding(f"cluster {cluster}", NOTE, f"{message}; the alarm was raised")
