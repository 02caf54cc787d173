"""Whether a sample is what the reporters measured: decisions on what is given, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from wellhead.model.samples import Sample
from wellhead.model.units import Q
from wellhead.oracle.chain import HOUR, Signers
from wellhead.oracle.measurements import (
    Key,
    Kind,
    Proposal,
    Signed,
    is_sound,
    median,
    told,
    without_equivocators,
)
from wellhead.oracle.reporter.refusals import Refusal

#: Millionths of the larger by which two values of working or available may differ and count as the
#: same measurement; the contests contract's, too.
TOLERANCE = 5_000
#: Millionths of the attested units, for measured utilization.
MEASURED_TOLERANCE = 20_000
#: Looks by which honest measurements of an hour may differ: one at each end of an outage, of which
#: one reporter saw a little more than another because it looked at other moments.
LOOKS_APART = 2
#: Who looked fewer times in an hour agrees with no more than who looked as often as this: what
#: agrees with anything decides nothing.
FEWEST_LOOKS = 12
#: Hours after its end in which an hour that was signed for comes on chain, or its word may be
#: replaced.
REBIND_HOURS = 6


@dataclass(frozen=True)
class Case:
    """One sample, the measurements given for it, and all that this reporter has seen of its hour
    by present signers. For a recount also `own`, what this reporter measured itself, with the
    `looks` that it rests on and what was `booked` in the hour, thousandths of a unit: `available`
    is at most that."""

    kind: Kind
    sample: Sample
    given: Sequence[Signed]
    seen: Sequence[Signed]
    own: Sample | None
    looks: int = 0
    booked: int = 0

    @property
    def key(self) -> Key:
        return self.sample.cluster, self.sample.hour


def check_shape(proposal: Proposal, kind: Kind) -> None:
    """Samples in ascending order of their hours, sound, each with measurements, one of a
    reporter."""
    keys = [(sample.cluster, sample.hour) for sample in proposal.samples]
    if not keys:
        raise Refusal("malformed", "a batch without samples says nothing")
    if kind == "recount" and len(keys) != 1:
        raise Refusal("malformed", f"a recount is of one hour, and this has {len(keys)}")
    for before, after in pairwise(keys):
        if before >= after:
            raise Refusal("malformed", "samples go by ascending cluster and hour", after)
    for sample, key in zip(proposal.samples, keys, strict=True):
        if not is_sound(sample):
            raise Refusal("malformed", f"the sample of {told(key)} contradicts itself", key)
    found: dict[tuple[Key, str], Signed] = {}
    for signed in proposal.measurements:
        if signed.key not in keys:
            raise Refusal("malformed", f"no sample of {told(signed.key)}", signed.key)
        other = found.setdefault((signed.key, signed.reporter), signed)
        if other is not signed:
            if other.measurement != signed.measurement:
                raise Refusal(
                    "equivocation",
                    f"{signed.reporter} signed two different measurements of {told(signed.key)}",
                    signed.key,
                    missing=[other, signed],
                )
            raise Refusal(
                "malformed",
                f"{signed.reporter}'s measurement of {told(signed.key)} is there twice",
                signed.key,
            )


def judge(
    case: Case, signers: Signers, is_excused: Callable[[], bool], *, is_bound: bool = False
) -> None:
    """Refuse, unless the sample is the median of what this reporter has seen.

    `is_excused` says whether as many others signed this very batch as, with this reporter, a batch
    needs. They are bound to its words. So what this reporter has seen and they have not yet is no
    reason to refuse, as long as it makes no difference that matters. `is_bound` says that this
    reporter signed this very word before: nothing is given away by signing it in another batch,
    and refusing could leave the hour without a report for good.
    """
    if not is_bound:
        _check_complete(case, without_equivocators(case.seen), is_excused)
    needed = signers.threshold if case.kind == "report" else signers.supermajority
    if len(case.given) < needed:
        raise Refusal(
            "too_few",
            f"{len(case.given)} measurements of {told(case.key)}, and {needed} are needed",
            case.key,
        )
    exact = median([signed.measurement.sample for signed in case.given])
    if case.sample != exact:
        raise Refusal(
            "not_median",
            f"the sample of {told(case.key)} is not the median of its measurements",
            case.key,
        )
    if case.kind == "recount":
        _check_agreement(case)


def may_rebind(case: Case, former: Sequence[Signed], now: int) -> bool:
    """Whether a reporter that signed another word for an hour, which rests on the measurements
    `former`, may sign this one; the chain has no record of the hour, and its time is `now`.

    Else one reporter could stop an hour for good: it shows its measurement when some have signed
    without it and before the others do, who then can not leave it out. So after `REBIND_HOURS` a
    word may be replaced by one that leaves out nobody who counts still. Being another, it rests on
    more, or no more on one that was removed or contradicted itself: of such steps there are only a
    few. And the chain takes the first report alone, so whatever becomes of the former batch, two
    words can not both count.
    """
    if case.kind != "report" or now < (case.sample.hour + 1 + REBIND_HOURS) * HOUR:
        return False
    counting = {signed.reporter for signed in without_equivocators(case.seen)}
    given = {(signed.reporter, signed.measurement) for signed in case.given}
    return given.issuperset(
        (signed.reporter, signed.measurement) for signed in former if signed.reporter in counting
    )


def is_near(a: int, b: int) -> bool:
    """Whether two values differ by at most `TOLERANCE` of the larger."""
    return abs(a - b) * Q <= TOLERANCE * max(a, b)


def apart_by_looks(looks: int, booked: int) -> int:
    """How far apart, thousandths of a unit, honest measurements of `available` may lie because the
    reporters looked at other moments: the part of `LOOKS_APART` among `looks` of what was booked,
    rounded up. Of what was booked over the whole hour, not at its end: so nobody widens it by a
    large booking in the last second."""
    return -(-LOOKS_APART * booked // max(looks, FEWEST_LOOKS))


def _check_complete(case: Case, sound: Sequence[Signed], is_excused: Callable[[], bool]) -> None:
    honest = {signed.reporter for signed in sound}
    given = {signed.reporter for signed in case.given}
    missing = [signed for signed in sound if signed.reporter not in given]
    false = given & ({signed.reporter for signed in case.seen} - honest)
    if not missing and not false:
        return
    if is_excused() and sound and _is_harmless(case.sample, sound):
        return
    if false:
        reporter = min(false)
        raise Refusal(
            "equivocation",
            f"{reporter} signed different measurements of {told(case.key)}: none of them counts",
            case.key,
            missing=[signed for signed in case.seen if signed.reporter in false],
        )
    raise Refusal(
        "incomplete",
        f"{len(missing)} more measurements of {told(case.key)} are known here",
        case.key,
        missing=missing,
    )


def _is_harmless(sample: Sample, sound: Sequence[Signed]) -> bool:
    """Whether it is nearly what all that this reporter has seen comes to: else the others could
    leave out whom they like, being one fewer than a batch needs."""
    whole = median([signed.measurement.sample for signed in sound])
    return (
        is_near(sample.working, whole.working)
        and is_near(sample.available, whole.available)
        and abs(sample.measured - whole.measured) <= MEASURED_TOLERANCE
    )


def _check_agreement(case: Case) -> None:
    """As many reporters as a report needs must not decide a contest by themselves, so each sees to
    it that the recount is what it measured: but for half a percent, and for what looks at other
    moments make."""
    if case.own is None:
        raise Refusal(
            "disagrees",
            f"this reporter did not measure {told(case.key)}: it can not say who is right",
            case.key,
        )
    apart = abs(case.own.available - case.sample.available)
    by_looks = apart_by_looks(case.looks, case.booked)
    if (apart - by_looks) * Q > TOLERANCE * max(case.own.available, case.sample.available):
        raise Refusal(
            "disagrees",
            f"{case.sample.available} thousandths were available in {told(case.key)} by the "
            f"recount, and {case.own.available} by this reporter's own measurement",
            case.key,
        )
