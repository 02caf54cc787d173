"""What a relay says to people."""

from __future__ import annotations

from collections.abc import Sequence

from wellhead.chain import Reverted
from wellhead.oracle.relay.outcome import Left, Reported

#: Reasons for which hours were given up that are told one by one.
MOST_TOLD = 10


def count(number: int, noun: str) -> str:
    """Like "1 hour", "2 hours"."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def ether(wei: int) -> str:
    whole, rest = divmod(wei, 10**18)
    digits = f"{rest:018}".rstrip("0")
    return f"{whole:,}{'.' + digits if digits else ''} ether"


def batch(report: Reported) -> str:
    """A report in a line: how much it covers, who signed, and what its hours rest on."""
    inputs = report.inputs
    return (
        f"{count(len(report.proposal.samples), 'hour')} of "
        f"{count(len(report.clusters), 'cluster')}, signed by {', '.join(report.signers)}; outside "
        f"input: canary {inputs.canary}, heartbeat {inputs.heartbeat}, none {inputs.none}"
    )


def given_up(listed: Sequence[Left]) -> list[str]:
    """A sentence for each cluster and reason, the first of them if there are many."""
    found: dict[tuple[int, str], list[int]] = {}
    for left in listed:
        found.setdefault((left.key[0], left.reason), []).append(left.key[1])
    told = []
    for (cluster, reason), hours in list(found.items())[:MOST_TOLD]:
        first, last = min(hours), max(hours)
        span = f"hour {first}" if first == last else f"hours {first} to {last}"
        what = count(len(hours), "hour")
        told.append(f"{what} of cluster {cluster} given up this time, {span}: {reason}")
    if len(found) > MOST_TOLD:
        told.append(f"{count(len(listed), 'hour')} given up this time in all")
    return told


def low_balance(address: str, balance: int, cost: int) -> str:
    """That gas money runs out; amounts in wei."""
    return (
        f"gas money is low: {address} has {ether(balance)}, enough for "
        f"{count(balance // cost, 'report')} like the last one, which cost {ether(cost)}"
    )


def stuck(cluster: int, hour: int, lookback: int) -> str:
    return (
        f"the books of cluster {cluster} wait for hour {hour}, which has no record and is more "
        f"than {count(lookback, 'hour')} back: look back further, or close it as zero"
    )


def not_swept(cluster: int, refusal: Reverted) -> str:
    return f"the bitcoin part of cluster {cluster} can not be swept now: {refusal}"
