"""The oracle from its events: the ring of records, and who signs."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from wellhead.audit.replay import Finding, Findings, Log, Replay, Slot
from wellhead.audit.replays.registry import HOUR, Q, RegistryReplay
from wellhead.audit.replays.vault import VaultReplay
from wellhead.audit.words import created, keccak, packed, slot_of

RING = 17_520
SILENCE = 7 * 24 * HOUR
SIGNER_DELAY = 2 * 24 * HOUR
#: The `finalAt` of a record that is contested.
CONTESTED = 2**32 - 1

_TOP = 224
_LOW = (1 << _TOP) - 1
_HOUR = (1 << 24) - 1
_THOUSANDTHS = (1 << 36) - 1
_MILLIONTHS = (1 << 20) - 1
_SET, _ANNOUNCEMENT, _RINGS = 3, 4, 6

UNKNOWN_CLUSTER, BEFORE_GENESIS, UNFINISHED, ANCIENT, REPORTED, MALFORMED = range(6)
REASONS = (
    "UnknownCluster",
    "BeforeGenesis",
    "Unfinished",
    "Ancient",
    "Reported",
    "Malformed",
)


def hour_of(word: int) -> int:
    return word >> 200 & _HOUR


def available_of(word: int) -> int:
    """Thousandths of a unit."""
    return word >> 128 & _THOUSANDTHS


def working_of(word: int) -> int:
    """Thousandths of a unit."""
    return word >> 164 & _THOUSANDTHS


@dataclass(frozen=True, slots=True)
class Standing:
    """An hour on record: thousandths of a unit."""

    is_contested: bool
    is_final: bool
    working: int
    available: int


class OracleReplay(Replay):
    """The oracle's storage, and what the others ask it. `time` is the asking event's."""

    contract = "MetricsOracle"

    def __init__(
        self,
        address: int,
        findings: Findings,
        registry: RegistryReplay,
        vault: VaultReplay,
        finality: int,
    ) -> None:
        super().__init__(address, findings)
        self.registry = registry
        self.vault = vault
        self.finality = finality
        self.authority = 0
        self.signers: tuple[int, ...] = ()
        self.threshold = 0
        #: All who signed, set by set; each went into a contract of its own.
        self.signer_sets: list[tuple[int, ...]] = []
        #: The hash of signers to come, and from when they can be enacted.
        self.announced: tuple[int, int] | None = None
        #: A cluster's stored words by hour modulo the ring's size.
        self.rings: dict[int, dict[int, int]] = {}
        self._skips: deque[tuple[int, int, int]] = deque()
        self._batch: Log | None = None
        #: Whose removal the next event must tell of.
        self._removed: int | None = None

    # What the others ask.

    def record(self, cluster: int, hour: int) -> int:
        """The stored word of an hour; 0 where there is none, or that of another hour."""
        word = self.rings.get(cluster, {}).get(hour % RING, 0)
        return word if word >> 200 & _HOUR == hour else 0

    def final_available(self, cluster: int, hour: int, time: int) -> tuple[bool, int]:
        """Whether an hour is final at `time`, and thousandths of a unit available if it is."""
        word = self.record(cluster, hour)
        if not word:
            return hour + RING <= time // HOUR, 0
        if self.registry.clock_now(time) < word >> _TOP:
            return False, 0
        return True, word >> 128 & _THOUSANDTHS

    def standing(self, cluster: int, hour: int, time: int) -> Standing | None:
        """What the record of an hour says at `time`; None where there is none."""
        word = self.record(cluster, hour)
        if not word:
            return None
        final_at = word >> _TOP
        return Standing(
            is_contested=final_at == CONTESTED,
            is_final=self.registry.clock_now(time) >= final_at,
            working=working_of(word),
            available=available_of(word),
        )

    def measured(self, cluster: int, hour: int) -> int:
        """Utilization of the attested units in an hour, millionths; 0 where nothing is recorded."""
        return self.record(cluster, hour) >> 108 & _MILLIONTHS

    def signer_contracts(self) -> Iterator[tuple[int, bytes]]:
        """The contracts whose code is a set of signers, the present one last, and the code that
        must stand there: it can not be run, and says who signs."""
        for number, signers in enumerate(self.signer_sets, 1):
            code = b"\0" + b"".join(signer.to_bytes(20, "big") for signer in signers)
            yield created(self.address, number), code

    def check_signers(self, replay: Replay, log: Log, needed: int) -> None:
        """The bitmap of an event's signers: as many as were needed, and none that there is not."""
        bitmap = log.args["signers"]
        if bitmap.bit_count() != needed or bitmap >> len(self.signers):
            replay.differ(
                log, "signers", f"{bitmap:#b}", f"{needed} bits, of {len(self.signers)} signers"
            )

    # Events.

    def apply(self, log: Log) -> None:
        if self._skips and log.name != "SampleSkipped":
            self.settle()
        if self._removed is not None and log.name != "SignerRemoved":
            self.settle()
        super().apply(log)

    def settle(self) -> None:
        """What must have followed an event, and did not."""
        while self._skips and self._batch is not None:
            cluster, hour, reason = self._skips.popleft()
            self._missed(
                self._batch,
                f"SampleSkipped of cluster {cluster}, hour {hour}: {REASONS[reason]}",
            )
        if self._removed is not None and self._batch is not None:
            self._missed(
                self._batch, f"SignersAnnounced before, or SignerRemoved of {self._removed:#042x}"
            )
            self._removed = None

    def _missed(self, log: Log, expected: str) -> None:
        self.findings.add(
            Finding(self.contract, log.name, "consequence", "none", expected, log.block, log.index)
        )

    def AuthorityUpdated(self, log: Log) -> None:  # noqa: N802
        self.authority = log.args["authority"]

    def Reported(self, log: Log) -> None:  # noqa: N802
        final_at = self.registry.clock_now(log.time) + self.finality
        self.expect(log, "finalAt", final_at)
        self.check_signers(self, log, self.threshold)
        self._batch = log
        genesis_of, rings, time = self.registry.genesis, self.rings, log.time
        oldest, top = time // HOUR - RING, final_at << _TOP
        for sample in log.args["samples"]:
            cluster, hour = sample >> _TOP, sample >> 200 & _HOUR
            ring = rings.get(cluster)
            if ring is None:
                ring = rings[cluster] = {}
            place = hour % RING
            present = ring.get(place, 0)
            genesis = genesis_of(cluster) if present == 0 else 1
            if genesis == 0:
                reason = UNKNOWN_CLUSTER
            elif hour < genesis:
                reason = BEFORE_GENESIS
            elif (hour + 1) * HOUR > time:
                reason = UNFINISHED
            elif hour <= oldest:
                reason = ANCIENT
            elif present and present >> 200 & _HOUR == hour:
                reason = REPORTED
            elif is_malformed(sample):
                reason = MALFORMED
            else:
                ring[place] = sample & _LOW | top
                continue
            self._skips.append((cluster, hour, reason))

    def SampleSkipped(self, log: Log) -> None:  # noqa: N802
        if not self._skips:
            self.differ(log, "event", "skipped", "no more samples that had to be skipped")
            return
        cluster, hour, reason = self._skips.popleft()
        self.expect(log, "clusterId", cluster)
        self.expect(log, "hour", hour)
        self.expect(log, "reason", reason)

    def SilenceClosed(self, log: Log) -> None:  # noqa: N802
        cluster, hour = log.args["clusterId"], log.args["hour"]
        clock = self.registry.clock_now(log.time)
        self.expect(log, "finalAt", clock)
        end = (hour + 1) * HOUR
        silent = self.registry.clock_at(min(end, log.time)) + SILENCE <= clock
        if self.record(cluster, hour) or not silent or hour < self.registry.genesis(cluster):
            self.differ(log, "hour", hour, "one without a record for seven days")
        self.rings.setdefault(cluster, {})[hour % RING] = clock << _TOP | hour << 200

    def Held(self, log: Log) -> None:  # noqa: N802
        cluster, hour = log.args["clusterId"], log.args["hour"]
        word = self.record(cluster, hour)
        if not word or self.registry.clock_now(log.time) >= word >> _TOP:
            self.differ(log, "hour", hour, "one with a record that is not final")
        if word:
            self.rings[cluster][hour % RING] = word & _LOW | CONTESTED << _TOP

    def Decided(self, log: Log) -> None:  # noqa: N802
        sample = log.args["sample"]
        cluster, hour = sample >> _TOP, hour_of(sample)
        clock = self.registry.clock_now(log.time)
        self.expect(log, "finalAt", clock)
        if self.record(cluster, hour) >> _TOP != CONTESTED:
            self.differ(log, "sample", hex(sample), "one of an hour that is contested")
        self.rings.setdefault(cluster, {})[hour % RING] = sample & _LOW | clock << _TOP

    def SignersAnnounced(self, log: Log) -> None:  # noqa: N802
        args = log.args
        self.expect(log, "enactableAt", log.time + SIGNER_DELAY)
        signers = [int(signer, 16) for signer in args["signers"]]
        self.announced = _announcement(signers, args["threshold"]), log.time + SIGNER_DELAY

    def SignersSet(self, log: Log) -> None:  # noqa: N802
        args = log.args
        signers = tuple(int(signer, 16) for signer in args["signers"])
        if self.signer_sets:
            self._check_change(log, signers)
        self.announced = None
        self.signers, self.threshold = signers, args["threshold"]
        self.signer_sets.append(signers)

    def _check_change(self, log: Log, signers: tuple[int, ...]) -> None:
        wanted = _announcement(signers, log.args["threshold"])
        if self.announced is not None and self.announced[0] == wanted:
            if self.announced[1] > log.time:
                self.differ(log, "event", f"at {log.time}", f"at {self.announced[1]} or later")
            return
        gone = [signer for signer in self.signers if signer not in signers]
        if len(gone) != 1 or len(signers) != len(self.signers) - 1:
            self.differ(log, "signers", len(signers), "those that were announced")
        else:
            self.expect(log, "threshold", self.threshold)
            self._removed, self._batch = gone[0], log

    def SignerRemoved(self, log: Log) -> None:  # noqa: N802
        if self._removed is not None:
            self.expect(log, "signer", self._removed)
        elif log.args["signer"] in self.signers:
            self.differ(log, "signer", f"{log.args['signer']:#042x}", "one that does not sign")
        self._removed = None

    def ReportersPaid(self, log: Log) -> None:  # noqa: N802
        self.expect(log, "reporters", len(self.signers))
        latest = self.vault.latest
        if latest is not None and latest.args["from"] == self.address:
            self.expect(log, "each", latest.args["amount"])
        else:
            self.differ(log, "event", log.name, "one after claims were moved")
        if latest is not None and self.signers:
            left = self.vault.claim(latest.args["coin"], self.address)
            if left >= len(self.signers):
                self.differ(log, "each", log.args["each"], f"all, but {left} were left")

    # Storage.

    def slots(self) -> Iterator[Slot]:
        if self.authority:
            yield 0, self.authority, ("_authority",)
        if self.signer_sets:
            pointer = created(self.address, len(self.signer_sets))
            word = packed((pointer, 160), (self.threshold, 8), (len(self.signers), 8))
            yield _SET, word, ("_signerSet",)
        if self.announced is not None:
            yield _ANNOUNCEMENT, self.announced[0], ("_announcement", "signers")
            yield _ANNOUNCEMENT + 1, self.announced[1], ("_announcement", "enactableAt")
        for cluster, ring in self.rings.items():
            first = slot_of(_RINGS, cluster)
            for place, word in ring.items():
                yield slot_of(first, place), word, ("_ring", cluster, place)


def is_malformed(sample: int) -> bool:
    return available_of(sample) > working_of(sample) or sample >> 108 & _MILLIONTHS > Q


def _announcement(signers: Sequence[int], threshold: int) -> int:
    words = (0x40, threshold, len(signers), *signers)
    return int.from_bytes(keccak(b"".join(word.to_bytes(32, "big") for word in words)), "big")
