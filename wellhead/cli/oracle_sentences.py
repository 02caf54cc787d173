"""The errors of the oracle and of contests, as sentences."""

from __future__ import annotations

from collections.abc import Callable

from wellhead.cli.amounts import show_count, show_hour, show_money, show_span, show_time

Sentence = Callable[..., str]


def _hour_of(cluster: int, hour: int) -> str:
    return f"The hour {show_hour(hour)} of cluster {cluster}"


def _signature_count(needed: int, given: int) -> str:
    verb = "is" if needed == 1 else "are"
    return f"Exactly {show_count(needed, 'signature')} {verb} needed, {given} were given."


def _too_few_signers(count: int, threshold: int) -> str:
    return (
        f"{show_count(count, 'reporter')} can not be fewer: {threshold} must sign a report. The "
        "governor can announce others."
    )


def _not_silent(cluster: int, hour: int, closable_at: int, clock: int) -> str:
    return (
        f"{_hour_of(cluster, hour)} can be closed as zero only after seven days of silence: in "
        f"{show_span(closable_at - clock)}."
    )


def _already_final(cluster: int, hour: int, final_at: int, clock: int) -> str:
    since = f"has been final for {show_span(clock - final_at)}" if clock > final_at else "is final"
    return f"{_hour_of(cluster, hour)} can not be contested any more: it {since}."


ORACLE: dict[str, Sentence] = {
    "MetricsOracle_EmptyBatch": lambda: "A report needs at least one sample.",
    "MetricsOracle_SignatureCount": _signature_count,
    "MetricsOracle_InvalidSignature": lambda index: (
        f"Signature {index + 1} is no signature of anybody."
    ),
    "MetricsOracle_UnknownSigner": lambda index, signer: (
        f"Signature {index + 1} is by {signer}, who is no reporter, or was made for other contents."
    ),
    "MetricsOracle_RepeatedSigner": lambda index, signer: (
        f"Signature {index + 1} is by {signer}, who signed already."
    ),
    "MetricsOracle_SignerOrder": lambda index, signer: (
        f"Signature {index + 1} by {signer} is out of order: signatures go by ascending address."
    ),
    "MetricsOracle_InvalidSigners": lambda count, threshold: (
        f"{threshold} of {count} reporters is not possible: 1 to 32 different reporters, and more "
        "than half of them must sign."
    ),
    "MetricsOracle_TooFewSigners": _too_few_signers,
    "MetricsOracle_NoSigner": lambda signer: f"{signer} is no reporter.",
    "MetricsOracle_NotAnnounced": lambda: (
        "No such reporters are announced: the governor announces them first."
    ),
    "MetricsOracle_TooEarly": lambda enactable_at, now: (
        f"The announced reporters can take their place from {show_time(enactable_at)} on, in "
        f"{show_span(enactable_at - now)}."
    ),
    "MetricsOracle_NotContests": lambda caller: (
        f"Only the contests contract holds and decides records, not {caller}."
    ),
    "MetricsOracle_NotReported": lambda cluster, hour: (
        f"{_hour_of(cluster, hour)} has no report that could be contested."
    ),
    "MetricsOracle_AlreadyFinal": _already_final,
    "MetricsOracle_AlreadyContested": lambda cluster, hour: (
        f"{_hour_of(cluster, hour)} is contested already."
    ),
    "MetricsOracle_NotContested": lambda cluster, hour: (
        f"{_hour_of(cluster, hour)} is not contested."
    ),
    "MetricsOracle_MalformedSample": lambda sample: (
        f"The sample 0x{sample:064x} contradicts itself: at most what worked was available, and "
        "utilization is at most 100 %."
    ),
    "MetricsOracle_HourReported": lambda cluster, hour: (
        f"{_hour_of(cluster, hour)} has a report already."
    ),
    "MetricsOracle_HourOutOfRange": lambda cluster, hour: (
        f"The hour {show_hour(hour)} lies before cluster {cluster}'s record, or more than two "
        "years back."
    ),
    "MetricsOracle_NotSilent": _not_silent,
    "MetricsOracle_InvalidFinality": lambda seconds: (
        f"A finality of {show_span(seconds)} is not possible: between an hour and 30 days are."
    ),
}


def _not_silent_contest(cluster: int, hour: int, closable_at: int, clock: int) -> str:
    return (
        f"{_hour_of(cluster, hour)} can still be counted again: without a recount it can be closed "
        f"as zero in {show_span(closable_at - clock)}."
    )


CONTESTS: dict[str, Sentence] = {
    "Contests_NotTenant": lambda lease, caller: (
        f"Only the owner of lease {lease} can contest its hours, not {caller}."
    ),
    "Contests_HourNotLeased": lambda lease, hour, start, stop: (
        f"Lease {lease} is not of the hour {show_hour(hour)}: it goes from {show_hour(start)} to "
        f"{show_hour(stop)}."
    ),
    "Contests_NotContested": lambda cluster, hour: f"{_hour_of(cluster, hour)} is not contested.",
    "Contests_NotSilent": _not_silent_contest,
    "Contests_InvalidDeposit": lambda deposit: (
        f"A deposit of {show_money(deposit)} is not possible: between $0.000001 and $1,000,000 are."
    ),
}
