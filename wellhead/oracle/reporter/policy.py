"""What a reporter signs and takes: one word of an hour, and only what it can stand for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from wellhead.chain import KeyAccount
from wellhead.chain.signing import heartbeat_digest
from wellhead.model.samples import Sample
from wellhead.oracle import wire
from wellhead.oracle.chain import HOUR, Signers
from wellhead.oracle.measurements import (
    Key,
    Kind,
    Proposal,
    Signed,
    is_sound,
    recovered,
    told,
)
from wellhead.oracle.readings import Heartbeat
from wellhead.oracle.reporter.genuine import Examiner
from wellhead.oracle.reporter.judging import Case, check_shape, judge, may_rebind
from wellhead.oracle.reporter.refusals import Refusal
from wellhead.oracle.reporter.store import Conflict, Grant, Store
from wellhead.oracle.reporter.view import View

#: Hours that the chain keeps.
RING = 17_520
#: Hours after an hour in which heartbeats for it are taken.
HEARTBEAT_HOURS = 24


@dataclass(frozen=True)
class Request:
    """A batch that makes sense by itself, and what was answered to it before."""

    kind: Kind
    batch: wire.Batch
    proposal: Proposal
    digest: bytes
    granted: Grant | None

    @property
    def keys(self) -> list[Key]:
        """The hours in it, ascending."""
        return [(sample.cluster, sample.hour) for sample in self.proposal.samples]


class Policy:
    """Decides by the chain and the store. `settle_of` says how many seconds after an hour's end a
    cluster's own measurement is made, 0 for a cluster that this reporter does not measure. `gather`
    is given hours that are about to be judged, and brings into the store what can be known."""

    def __init__(
        self,
        store: Store,
        view: View,
        account: KeyAccount,
        settle_of: Callable[[int], int],
        gather: Callable[[Sequence[Key]], None] = lambda keys: None,
    ) -> None:
        self._store, self._view, self._account = store, view, account
        self._settle_of, self._gather = settle_of, gather

    def prepare(self, kind: Kind, batch: wire.Batch) -> Request:
        """Read a batch; Refusal where it makes no sense by itself."""
        proposal = batch.proposal()
        check_shape(proposal, kind)
        domain = self._store.domain
        digest = proposal.digest(domain) if kind == "report" else proposal.recount_digest(domain)
        return Request(kind, batch, proposal, digest, self._store.granted(digest))

    def grant(self, request: Request) -> Grant:
        """Sign a batch, or Refusal. Each hour in it is bound to its word on disk before the
        signature is returned. A batch that was signed before is answered with the same."""
        if request.granted is not None:
            return request.granted
        kind, proposal = request.kind, request.proposal
        keys = request.keys
        signers, now = self._view.signers(), self._view.now()
        self._check_hours(kind, keys, now)
        self._check_measurements(proposal.measurements, signers)
        # What others gave the relay counts as seen from now on.
        self._store.take(proposal.measurements)
        self._gather(keys)
        excused = _Once(lambda: self._is_excused(request, signers))
        given: dict[Key, list[Signed]] = {key: [] for key in keys}
        for signed in proposal.measurements:
            given[signed.key].append(signed)
        words: dict[Key, int] = {}
        released: dict[Key, bytes] = {}
        for sample, key in zip(proposal.samples, keys, strict=True):
            words[key] = sample.encode()
            earlier = self._store.signed_for(kind, key)
            is_bound = earlier is not None and earlier[0] == words[key]
            case = self._case(kind, sample, given[key], signers)
            judge(case, signers, excused, is_bound=is_bound)
            if earlier is not None and not is_bound:
                former = [
                    signed
                    for signed in earlier[1].batch.proposal().measurements
                    if signed.key == key
                ]
                if not may_rebind(case, former, now):
                    # Named before anything is written; the lock decides.
                    raise _signed(key, earlier[1].batch)
                released[key] = earlier[1].digest
        r, vs = self._account.sign_digest(request.digest)
        grant = Grant(request.digest, request.batch, r + vs)
        try:
            self._store.lock(kind, words, grant, released)
        except Conflict as conflict:
            raise _signed(conflict.key, conflict.batch) from conflict
        return grant

    def take(self, measurements: Iterable[Signed]) -> int:
        """Keep what is genuine, by a present signer, and of an hour that is over; how many are new.
        What is not is passed over; after one that its reporter did not sign, so is all the rest."""
        news, _ = self._examined([measurements])
        return self._store.take(news)

    def hear(self, answers: Iterable[Iterable[Signed]]) -> list[Signed | None]:
        """Keep the same of several answers. What is forged in one ends that one alone; of each the
        forged measurement that ended it."""
        news, forged = self._examined(answers)
        self._store.take(news)
        return forged

    def heartbeat(self, body: wire.HeartbeatBody, measures: Callable[[int], bool]) -> int:
        """Keep the statement of a lease's user, or Refusal; 1 when it counts, 0 when it comes too
        late or another of the lease and hour came first."""
        lease, hour = self._view.lease(body.lease_id), self._view.now() // HOUR
        if lease is None:
            raise Refusal("unfit", f"there is no lease {body.lease_id}")
        key = (lease.cluster, body.hour)
        if not measures(lease.cluster):
            raise Refusal("unfit", f"this reporter does not measure cluster {lease.cluster}", key)
        if not hour - HEARTBEAT_HOURS <= body.hour <= hour:
            raise Refusal(
                "unfit",
                f"heartbeats are for the current hour {hour} and the {HEARTBEAT_HOURS} before it, "
                f"not for hour {body.hour}",
                key,
            )
        if not lease.start <= body.hour < lease.stop:
            raise Refusal(
                "unfit",
                f"lease {lease.number} covers the hours {lease.start} to {lease.stop - 1}, not "
                f"hour {body.hour}",
                key,
            )
        if body.units > lease.units:
            raise Refusal(
                "unfit", f"lease {lease.number} has {lease.units} units, not {body.units}", key
            )
        domain = self._store.domain
        digest = heartbeat_digest(
            domain.chain_id, domain.oracle, body.lease_id, body.hour, body.units
        )
        if recovered(digest, bytes.fromhex(body.signature[2:])) != lease.holder:
            raise Refusal(
                "unfit",
                f"{lease.holder} has the use of lease {lease.number}, and did not sign this",
                key,
            )
        beat = Heartbeat(body.lease_id, body.hour, body.units, lease.holder, body.signature)
        return int(self._store.raws.add_heartbeat(lease.cluster, beat))

    def _examined(
        self, answers: Iterable[Iterable[Signed]]
    ) -> tuple[list[Signed], list[Signed | None]]:
        signers, now = self._view.signers(), self._view.now()
        examiner = Examiner(self._store)
        news: list[Signed] = []
        ends: list[Signed | None] = []
        for answer in answers:
            found, forged = examiner.news(
                signed
                for signed in answer
                if signed.reporter in signers.addresses
                and self._why_not(signed.key, now) is None
                and is_sound(signed.measurement.sample)
            )
            news += found
            ends.append(forged)
        return news, ends

    def _check_hours(self, kind: Kind, keys: Sequence[Key], now: int) -> None:
        for key in keys:
            problem = self._why_not(key, now - self._settle_of(key[0]))
            if problem is not None:
                raise problem
        for key, record in zip(keys, self._view.records(keys), strict=True):
            _check_record(kind, key, record)

    def _why_not(self, key: Key, now: int) -> Refusal | None:
        """Why an hour is not to be spoken of at all."""
        number, hour = key
        cluster = self._view.cluster(number)
        if cluster is None:
            return Refusal("unknown", f"there is no cluster {number}", key)
        if hour < cluster.genesis:
            return Refusal("unknown", f"{told(key)} lies before its genesis", key)
        if (hour + 1) * HOUR > now:
            return Refusal("unfinished", f"{told(key)} is not over, or only just", key)
        if now // HOUR - hour >= RING:
            return Refusal("unknown", f"{told(key)} is more than two years back", key)
        return None

    def _check_measurements(self, measurements: Sequence[Signed], signers: Signers) -> None:
        examiner = Examiner(self._store)
        for signed in measurements:
            if signed.reporter not in signers.addresses:
                raise Refusal("foreign", f"{signed.reporter} is no reporter", signed.key)
            if not is_sound(signed.measurement.sample):
                raise Refusal(
                    "malformed",
                    f"{signed.reporter}'s measurement of {told(signed.key)} contradicts itself",
                    signed.key,
                )
            if not examiner.is_genuine(signed):
                raise Refusal(
                    "foreign",
                    f"{signed.reporter} did not sign this measurement of {told(signed.key)}",
                    signed.key,
                )

    def _case(self, kind: Kind, sample: Sample, given: Sequence[Signed], signers: Signers) -> Case:
        key = (sample.cluster, sample.hour)
        own = self._store.own(*key) if kind == "recount" else None
        return Case(
            kind=kind,
            sample=sample,
            given=given,
            seen=[
                signed
                for signed in self._store.seen(sample.cluster, sample.hour, sample.hour + 1)
                if signed.reporter in signers.addresses
            ],
            own=own.signed.measurement.sample if own else None,
            looks=own.signed.measurement.moments if own else 0,
            booked=own.booked_milli if own else 0,
        )

    def _is_excused(self, request: Request, signers: Signers) -> bool:
        """Whether all but one of the reporters that a batch needs, others than this one, signed."""
        given = [bytes.fromhex(text[2:]) for text in request.batch.signatures]
        found = {recovered(request.digest, signature) for signature in given}
        others = (found & {*signers.addresses}) - {self._account.address}
        needed = signers.threshold if request.kind == "report" else signers.supermajority
        return len(others) >= needed - 1


class _Once:
    """An answer that is found when it is first asked for."""

    def __init__(self, find: Callable[[], bool]) -> None:
        self._find = find
        self._found: bool | None = None

    def __call__(self) -> bool:
        if self._found is None:
            self._found = self._find()
        return self._found


def _check_record(kind: Kind, key: Key, record: Mapping[str, Any]) -> None:
    if kind == "report" and record["reported"]:
        raise Refusal("reported", f"{told(key)} has a record already", key)
    if kind == "recount" and not record["isContested"]:
        raise Refusal("not_contested", f"nobody contests {told(key)}", key)


def _signed(key: Key, batch: wire.Batch) -> Refusal:
    return Refusal(
        "signed",
        f"this reporter signed another word for {told(key)}: see `batch`",
        key,
        batch=batch,
    )
