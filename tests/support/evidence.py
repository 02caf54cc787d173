"""Evidence as reporters make it, for a chain of the tests, which can then be damaged."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from tests.support.stage import GENESIS, Stage
from wellhead.chain import KeyAccount, Receipt, UnlockedAccount
from wellhead.chain.contract import transact
from wellhead.chain.signing import heartbeat_digest, quorum
from wellhead.oracle import wire
from wellhead.oracle.audit import verifying
from wellhead.oracle.audit.evidence import EvidenceSource
from wellhead.oracle.audit.findings import Audit
from wellhead.oracle.bookings import Bookings
from wellhead.oracle.chain import HOUR, ChainView
from wellhead.oracle.hours import Frame, measure_hour
from wellhead.oracle.measurements import Key, Proposal, Signed, sign
from wellhead.oracle.readings import Canary, Heartbeat, HourSamples, Moment, Reading
from wellhead.oracle.reporter.store import Grant, Own, Store

NOW = GENESIS // HOUR
#: Seconds between two looks.
STEP = 300
MODEL = "NVIDIA H100 80GB HBM3"


@dataclass
class Shelf:
    """An evidence source that tests fill and damage."""

    kept: dict[Key, list[wire.Batch]] = field(default_factory=lambda: defaultdict(list))
    raws: dict[Key, dict[str, wire.RawSamples]] = field(default_factory=lambda: defaultdict(dict))

    def batches(self, cluster: int, hour: int, digest: bytes) -> Iterator[wire.Batch]:
        yield from self.kept.get((cluster, hour), [])

    def raw(self, cluster: int, hour: int) -> Iterator[wire.RawSamples]:
        yield from self.raws.get((cluster, hour), {}).values()

    def change_raw(self, key: Key, reporter: str, **changes: Any) -> None:
        self.raws[key][reporter] = self.raws[key][reporter].model_copy(update=changes)

    def change_measurement(self, key: Key, index: int, **changes: Any) -> None:
        """Change one measurement of the hour's batch."""
        (batch,) = self.kept[key]
        listed = list(batch.measurements)
        listed[index] = listed[index].model_copy(update=changes)
        self.kept[key] = [batch.model_copy(update={"measurements": listed})]


def look_at(hour: int, units: int, who: int = 0, down: int = 0) -> HourSamples:
    """What a reporter sees in an hour of `units` GPUs, of which the last `down` are ill; the
    reporters' power meters differ a little."""

    def moment(time_s: int) -> Moment:
        return Moment(
            time_s,
            tuple(
                Reading(
                    device=f"GPU-{number}",
                    serial=f"S{number}",
                    model=MODEL,
                    healthy=number < units - down,
                    active_ppm=400_000 + 1000 * number,
                    tensor_ppm=200_000,
                    power_mw=500_000 + 1000 * who,
                )
                for number in range(units)
            ),
        )

    begin = hour * HOUR
    times = range(begin + 10, begin + 4 * STEP, STEP)
    return HourSamples(moment(begin - 290), tuple(map(moment, times)))


@dataclass
class Network:
    """The stage's reporters, and what they keep."""

    stage: Stage
    shelf: Shelf = field(default_factory=Shelf)

    def __post_init__(self) -> None:
        self.view = ChainView(self.stage.deployment)
        self.domain = self.view.domain
        self._frames: dict[Key, Frame] = {}

    @property
    def reporters(self) -> list[KeyAccount]:
        return self.stage.reporters

    def address(self, who: int) -> str:
        return self.reporters[who].address

    def frame(self, key: Key) -> Frame:
        """What the chain says of an hour that is over."""
        if key not in self._frames:
            self._frames[key] = self._read_frame(*key)
        return self._frames[key]

    def _read_frame(self, cluster: int, hour: int) -> Frame:
        known = self.view.cluster(cluster)
        (bookings,) = self.view.sure_bookings(cluster, [hour])
        (attested,) = self.view.attested(cluster, [hour])
        return Frame(cluster, hour, bookings, attested, known.kind, known.sku)

    def measure(
        self, key: Key, who: int, samples: HourSamples | None = None, frame: Frame | None = None
    ) -> Signed:
        """What a reporter measures of an hour and signs; its raw samples are put on the shelf."""
        frame = frame or self.frame(key)
        seen = samples or look_at(key[1], frame.attested, who)
        signed = sign(self.domain, measure_hour(frame, seen), self.reporters[who])
        self.keep(signed, seen, frame)
        return signed

    def keep(self, signed: Signed, samples: HourSamples, frame: Frame) -> None:
        raw = wire.RawSamples.of(signed, frame.bookings, frame.attested, samples)
        self.shelf.raws[signed.key][signed.reporter] = raw

    def propose(self, keys: Iterable[Key], who: Iterable[int] = range(5)) -> Proposal:
        listed = list(who)
        return Proposal.of(self.measure(key, index) for key in keys for index in listed)

    def report(self, proposal: Proposal, signers: Sequence[KeyAccount] | None = None) -> Receipt:
        """Put a batch on chain and on the shelf."""
        self.shelve(proposal)
        return self.stage.report(proposal.samples, signers, proposal.evidence(self.domain))

    def report_hours(self, keys: Sequence[Key], who: Iterable[int] = range(5)) -> Receipt:
        return self.report(self.propose(keys, who))

    def shelve(self, proposal: Proposal) -> None:
        for sample in proposal.samples:
            key = sample.cluster, sample.hour
            self.shelf.kept[key].append(wire.Batch.of(proposal))

    def recount_call(self, proposal: Proposal, who: Sequence[int]) -> tuple[Any, ...]:
        """The arguments of Contests.recount."""
        (sample,) = proposal.samples
        digest = proposal.recount_digest(self.domain)
        signatures = quorum(digest, [self.reporters[index] for index in who])
        return sample.encode(), proposal.evidence(self.domain), signatures

    def recount(self, proposal: Proposal, who: Sequence[int] = range(4)) -> Receipt:
        self.shelve(proposal)
        call = self.recount_call(proposal, who)
        return self.stage.contests.send("recount", *call, sender=self.stage.relay)

    def audit(
        self,
        cluster: int,
        begin: int | None = None,
        end: int | None = None,
        source: EvidenceSource | None = None,
    ) -> Audit:
        deployment = self.stage.deployment
        hours = verifying.span(deployment, cluster, begin, end)
        return verifying.verify(deployment, source or self.shelf, hours)

    # Outside input

    def canary(self, hour: int, second: int = 20, *, passed: bool = True) -> Canary:
        return Canary(hour * HOUR + second, "GPU-0", "matmul", passed)

    def heartbeat(
        self, lease: int, hour: int, user: KeyAccount, by: KeyAccount | None = None
    ) -> Heartbeat:
        """Signed by the user, or wrongly by somebody else."""
        domain = self.domain
        digest = heartbeat_digest(domain.chain_id, domain.oracle, lease, hour, 1)
        r, vs = (by or user).sign_digest(digest)
        return Heartbeat(lease, hour, 1, user.address, (r + vs).hex())


@dataclass
class Market(Network):
    """Cluster 1 of 4 units, 2 of them leased; cluster 2 of 3; hours NOW to NOW + 5 are over."""

    first: int = 0
    second: int = 0
    lease: int = 0

    def key(self, hour: int) -> Key:
        """The hour NOW + `hour` of cluster 1."""
        return self.first, NOW + hour

    def check(self) -> Audit:
        return self.audit(self.first)

    def with_reports(self) -> Market:
        """With hours 1 to 3 of both clusters in one batch, and hour 4 of the first in another."""
        hours = [(c, NOW + h) for c in (self.first, self.second) for h in (1, 2, 3)]
        self.report_hours(hours)
        self.report_hours([self.key(4)], range(1, 4))
        return self


def opened(stage: Stage) -> Market:
    market = Market(stage)
    market.first, market.second = stage.cluster(4), stage.cluster(3)
    market.lease = stage.lease(market.first, 2, NOW + 1, 5)
    stage.to_hour(NOW + 6, 60)
    return market


def keep_in(path: Path, network: Network, who: int, proposal: Proposal) -> Path:
    """The store of a reporter who measured the hours of a batch, as the shelf has them, and signed
    it."""
    store = Store(path, network.domain, network.address(who))
    for signed in proposal.measurements:
        if signed.reporter != network.address(who):
            continue
        raw = network.shelf.raws[signed.key][signed.reporter]
        lines = [line.encode() for line in raw.lines]
        samples = HourSamples.parse(lines, signed.key[1] * HOUR)
        own = Own(signed, Bookings(raw.booked, (*raw.late,)), raw.attested)
        assert store.keep_own(own, samples)
    digest = proposal.digest(network.domain)
    r, vs = network.reporters[who].sign_digest(digest)
    words = {(sample.cluster, sample.hour): sample.encode() for sample in proposal.samples}
    store.lock("report", words, Grant(digest, wire.Batch.of(proposal), r + vs))
    store.close()
    return path


def found(audit: Audit) -> list[tuple[str, str]]:
    """Level and check of each finding."""
    return [(finding.level, finding.check) for finding in audit.findings]


def with_more(
    samples: HourSamples, canaries: Sequence[Canary] = (), heartbeats: Sequence[Heartbeat] = ()
) -> HourSamples:
    return replace(samples, canaries=tuple(canaries), heartbeats=tuple(heartbeats))


# A chain that lies


def record_slot(stage: Stage, key: Key) -> str:
    """Where the oracle keeps the record of an hour."""
    oracle = stage.oracle
    data = oracle.functions["recordOf"].encode(key)
    seen = oracle.rpc("eth_createAccessList", {"to": oracle.address, "data": data}, "latest")
    own = [e for e in seen["accessList"] if e["address"].lower() == oracle.address.lower()]
    ((slot,),) = (entry["storageKeys"] for entry in own)
    return str(slot)


def change_record(stage: Stage, key: Key, change: Callable[[int], int]) -> None:
    """Overwrite an hour's stored word behind the contract's back."""
    rpc, address, slot = stage.anvil.rpc, stage.oracle.address, record_slot(stage, key)
    word = change(int(rpc("eth_getStorageAt", address, slot, "latest"), 16))
    rpc("anvil_setStorageAt", address, slot, f"0x{word:064x}")
    rpc("evm_mine")


#: Code that emits its call data as a log: the first two words are its topics.
_EMITS = "0x6040360360405f376020355f35604036035fa200"


def emit(stage: Stage, topics: Sequence[bytes], data: bytes) -> None:
    """Let the oracle's address emit a log that the oracle never would."""
    rpc, address = stage.anvil.rpc, stage.oracle.address
    code = rpc("eth_getCode", address, "latest")
    rpc("anvil_setCode", address, _EMITS)
    body = {"to": address, "data": "0x" + (b"".join(topics) + data).hex()}
    transact(rpc, {**body, "from": stage.relay.address}, stage.relay, 1_000_000)
    rpc("anvil_setCode", address, code)


def forwarder(stage: Stage, target: str, sender: UnlockedAccount) -> str:
    """A contract that passes its call data on to another one; its address."""
    # Call with all of the call data; revert unless that succeeds.
    runtime = f"365f5f375f5f365f5f73{target[2:].lower()}5af16026575f5ffd5b00"
    size = len(runtime) // 2
    creation = f"0x60{size:02x}600a5f39" + f"60{size:02x}5ff3" + runtime
    # The runtime begins after the ten bytes that return it.
    made = transact(stage.anvil.rpc, {"data": creation, "from": sender.address}, sender, 1_000_000)
    assert made.contract_address is not None
    return made.contract_address
