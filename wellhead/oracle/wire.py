"""What reporters and relays say to each other over HTTP, as JSON. Bytes are 0x-hexadecimal.

* `GET /health`, by anybody: `Health`.
* `GET /metrics`, by anybody: Prometheus text.
* `GET /measurements?cluster=&begin=&end=`: `Measurements`, all that the reporter has seen of the
  hours from `begin` to before `end`; its own are made now if they are due.
* `POST /measurements` of `Measurements`: `Taken`. What comes after one that its reporter did not
  sign is not looked at.
* `POST /batches` of `Batch`: `Granted`, or 409 with `Refused`.
* `POST /recounts` of `Batch`, of one hour: the same.
* `GET /batches/{cluster}/{hour}`: `Batch`, what binds the reporter for that hour, or 404.
* `GET /signed/{digest}`: `Batch`, the batch or recount that it signed under this digest, or 404:
  of an hour it keeps what binds it and what it signed last.
* `GET /samples/{cluster}/{hour}`: `RawSamples` of its own measurement, or 404; 429 also while it
  gives some to that address, or to several others.
* `POST /heartbeats` of `HeartbeatBody`: `Taken`.

All but the first two must be signed requests (`wellhead.oracle.requests`). Other refusals, with
`Refused`: 401 for a request that is not signed, 422 for a body of another shape, 429 for too many,
503 while the reporter can not reach its node, 507 while it can not write.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from wellhead.model.samples import Sample
from wellhead.model.units import HOUR
from wellhead.oracle.bookings import Bookings
from wellhead.oracle.heard import heard
from wellhead.oracle.measurements import Measurement, Proposal, Signed
from wellhead.oracle.readings import HourSamples

Word = Annotated[str, Field(pattern=r"^0x[0-9a-f]{64}$")]
SignatureHex = Annotated[str, Field(pattern=r"^0x[0-9a-f]{128}$")]
AddressHex = Annotated[str, Field(pattern=r"^0x[0-9a-fA-F]{40}$")]
Count = Annotated[int, Field(ge=0, lt=2**32)]

#: Most samples in a batch, and measurements in a body.
MOST_SAMPLES = 512
MOST_MEASUREMENTS = 16 * MOST_SAMPLES

#: Characters of a sentence. Who reads it writes it into a log, or before a person.
MOST_SENTENCE = 500

Sentence = Annotated[str, AfterValidator(lambda text: heard(text, MOST_SENTENCE))]

#: Why a batch is not signed.
Reason = Literal[
    "malformed",  # not in order, no samples, or measurements without a sample
    "unfinished",  # an hour that is not over by the reporter's chain
    "unknown",  # no such cluster, or before its genesis
    "reported",  # an hour that the chain has a record of
    "too_few",  # fewer measurements than a batch needs
    "foreign",  # a measurement whose signature is not a reporter's
    "equivocation",  # a reporter that signed two different measurements
    "incomplete",  # leaves out what this reporter has seen: see `missing`
    "not_median",  # another value than the median of the measurements
    "signed",  # another value than the one signed before: see `batch`
    "not_contested",  # a recount of an hour that nobody contests
    "disagrees",  # a recount that is far from what this reporter measured
    "unsigned",  # the request is not signed, or not in time
    "busy",  # too many requests
    "unready",  # no node, or no room to write
    "unfit",  # a heartbeat that is not the lease's user's, or of no such hour
]


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class MeasurementBody(Body):
    reporter: AddressHex
    sample: Word
    root: Word
    moments: Count
    gap: Count
    canaries: Count
    heartbeats: Count
    signature: SignatureHex

    @classmethod
    def of(cls, signed: Signed) -> MeasurementBody:
        made = signed.measurement
        return cls(
            reporter=signed.reporter,
            sample=word_of(made.sample.encode()),
            root="0x" + made.root.hex(),
            moments=made.moments,
            gap=made.gap,
            canaries=made.canaries,
            heartbeats=made.heartbeats,
            signature="0x" + signed.signature.hex(),
        )

    def signed(self) -> Signed:
        made = Measurement(
            sample=Sample.decode(int(self.sample, 16)),
            root=bytes.fromhex(self.root[2:]),
            moments=self.moments,
            gap=self.gap,
            canaries=self.canaries,
            heartbeats=self.heartbeats,
        )
        return Signed(self.reporter, made, bytes.fromhex(self.signature[2:]))


class Measurements(Body):
    measurements: list[MeasurementBody] = Field(max_length=MOST_MEASUREMENTS)

    @classmethod
    def of(cls, listed: Any) -> Measurements:
        return cls(measurements=[MeasurementBody.of(signed) for signed in listed])


class Batch(Body):
    """A batch to be signed. `signatures` are those that other reporters gave for it already."""

    samples: list[Word] = Field(min_length=1, max_length=MOST_SAMPLES)
    measurements: list[MeasurementBody] = Field(max_length=MOST_MEASUREMENTS)
    signatures: list[SignatureHex] = Field(default_factory=list, max_length=32)

    @classmethod
    def of(cls, proposal: Proposal, signatures: Any = ()) -> Batch:
        return cls(
            samples=[word_of(sample.encode()) for sample in proposal.samples],
            measurements=[MeasurementBody.of(signed) for signed in proposal.measurements],
            signatures=["0x" + signature.hex() for signature in signatures],
        )

    def proposal(self) -> Proposal:
        """As it was sent, unchecked."""
        return Proposal(
            tuple(Sample.decode(int(word, 16)) for word in self.samples),
            tuple(body.signed() for body in self.measurements),
        )


class Granted(Body):
    reporter: AddressHex
    digest: Word
    signature: SignatureHex


class Refused(Body):
    """`detail` is a sentence for people: whoever made it, it is on one line, as it can be printed,
    and cut. `cluster` and `hour` say which sample it is about."""

    reason: Reason
    detail: Sentence
    cluster: int | None = None
    hour: int | None = None
    missing: list[MeasurementBody] = Field(default_factory=list)
    batch: Batch | None = None


class Taken(Body):
    taken: int


class RawSamples(Body):
    """The canonical lines (`wellhead.oracle.readings`) under a measurement's root, with what the
    formulas take from the chain: units booked in the hour and attested after it. `late` are those
    of the booked that were booked in the course of the hour: (second of it, units)."""

    measurement: MeasurementBody
    booked: int
    late: list[tuple[Count, Count]] = Field(max_length=HOUR)
    attested: int
    lines: list[str]

    @classmethod
    def of(
        cls, signed: Signed, bookings: Bookings, attested: int, samples: HourSamples
    ) -> RawSamples:
        return cls(
            measurement=MeasurementBody.of(signed),
            booked=bookings.booked,
            late=list(bookings.late),
            attested=attested,
            lines=[line.decode("ascii") for line in samples.lines()],
        )


class HeartbeatBody(Body):
    lease_id: int = Field(ge=1, lt=2**64)
    hour: int = Field(ge=0, lt=2**24)
    units: int = Field(ge=1, lt=2**32)
    signature: SignatureHex


class ClusterHealth(Body):
    cluster: int
    last_moment_s: int | None
    last_measured_hour: int | None
    last_signed_hour: int | None


class Health(Body):
    """`ok` when nothing is in `problems`, a sentence each. `skew_s` is the reporter's clock less
    the chain's latest block; null where the node does not answer."""

    reporter: AddressHex
    chain_id: int
    oracle: AddressHex
    ok: bool
    is_signer: bool | None
    chain_time_s: int | None
    skew_s: int | None
    clusters: list[ClusterHealth]
    problems: list[Sentence]


def word_of(value: int) -> str:
    return f"0x{value:064x}"
