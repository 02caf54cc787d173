"""Contests of reports, from their events."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from wellhead.audit.replay import Findings, Log, Replay, Slot
from wellhead.audit.replays.oracle import SILENCE, OracleReplay, available_of
from wellhead.audit.replays.registry import Q, RegistryReplay
from wellhead.audit.words import packed, slot_of

#: How far a recount may lie below the report that it confirms, millionths.
TOLERANCE = 5_000

_CONTESTS = 2
UPHELD, REJECTED, UNDECIDED = range(3)


@dataclass(slots=True)
class Contest:
    tenant: int
    closable_at: int
    available: int


class ContestsReplay(Replay):
    """The contests' storage."""

    contract = "Contests"

    def __init__(
        self,
        address: int,
        findings: Findings,
        registry: RegistryReplay,
        oracle: OracleReplay,
        deposit: int,
    ) -> None:
        super().__init__(address, findings)
        self.registry = registry
        self.oracle = oracle
        self.deposit = deposit
        self.contests: dict[tuple[int, int], Contest] = {}

    def Contested(self, log: Log) -> None:  # noqa: N802
        args = log.args
        cluster, hour = args["clusterId"], args["hour"]
        closable_at = self.registry.clock_now(log.time) + SILENCE
        available = available_of(self.oracle.record(cluster, hour))
        self.expect(log, "deposit", self.deposit)
        self.expect(log, "closableAt", closable_at)
        self.expect(log, "available", available)
        self.contests[cluster, hour] = Contest(args["tenant"], closable_at, available)

    def Ended(self, log: Log) -> None:  # noqa: N802
        args = log.args
        cluster, hour = args["clusterId"], args["hour"]
        contest = self.contests.pop((cluster, hour), None)
        if contest is None:
            self.differ(log, "hour", hour, "one that is contested")
            return
        self.expect(log, "tenant", contest.tenant)
        self.expect(log, "deposit", self.deposit)
        self.expect(log, "available", contest.available)
        if args["verdict"] == UNDECIDED:
            self.expect(log, "evidence", 0)
            self.expect(log, "signers", 0)
            if self.registry.clock_now(log.time) < contest.closable_at:
                self.differ(log, "verdict", UNDECIDED, "a recount")
            return
        needed = max(len(self.oracle.signers) - 1, self.oracle.threshold)
        self.oracle.check_signers(self, log, needed)
        counted = available_of(self.oracle.record(cluster, hour))
        is_less = counted * Q < contest.available * (Q - TOLERANCE)
        self.expect(log, "verdict", UPHELD if is_less else REJECTED)

    def slots(self) -> Iterator[Slot]:
        for (cluster, hour), contest in self.contests.items():
            first = slot_of(_CONTESTS, cluster, hour)
            word = packed((contest.tenant, 160), (contest.closable_at, 64))
            yield first, word, ("_contests", cluster, hour, "tenant")
            word = packed((self.deposit, 64), (contest.available, 64))
            yield first + 1, word, ("_contests", cluster, hour, "deposit")
