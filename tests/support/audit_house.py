"""Replays without a chain, to which a test says what happened."""

from __future__ import annotations

from typing import Any

from wellhead.audit.replay import Findings, Log, Replay
from wellhead.audit.replays.authority import AuthorityReplay
from wellhead.audit.replays.compliance import ComplianceReplay
from wellhead.audit.replays.contests import ContestsReplay
from wellhead.audit.replays.exchange import ExchangeReplay
from wellhead.audit.replays.oracle import OracleReplay
from wellhead.audit.replays.registry import HOUR, RegistryReplay
from wellhead.audit.replays.vault import VaultReplay

NOW = 480_000 * HOUR
FINALITY = 24 * HOUR
CASH, SIGNERS = 0xCA, (1, 2, 3)


class Market:
    """Every lease is account 7's, and changed hands twice."""

    def owner(self, lease: int) -> int:
        return 7

    def transfers(self, lease: int) -> int:
        return 2


class House:
    """The replays, and a clock of seconds since NOW."""

    def __init__(self) -> None:
        self.findings = Findings()
        self.vault = VaultReplay(1, self.findings)
        self.registry = RegistryReplay(2, self.findings)
        self.oracle = OracleReplay(3, self.findings, self.registry, self.vault, FINALITY)
        self.contests = ContestsReplay(4, self.findings, self.registry, self.oracle, 100)
        self.exchange = ExchangeReplay(5, self.findings, Market())
        self.compliance = ComplianceReplay(6, self.findings)
        self.authority = AuthorityReplay(7, self.findings)
        self.registry.oracle = self.oracle
        self.say(self.registry, "AuthorityUpdated", authority=9)
        self.say(self.oracle, "SignersSet", signers=addresses(*SIGNERS), threshold=2)
        self.register(1)

    def register(self, cluster: int, at: int = 0) -> None:
        terms = {
            "kind": 0,
            "power": 1,
            "policy": 2,
            "sku": b"S" * 32,
            "region": b"R" * 32,
            "pricing": dict.fromkeys("abcdefghijklm", 1),
            "service": dict.fromkeys("abc", 1),
            "split": dict.fromkeys("abc", 1),
        }
        genesis = (NOW + at) // HOUR
        fields: dict[str, Any] = {"clusterId": cluster, "operator": 8, "token": 99}
        self.say(self.registry, "ClusterRegistered", at, **fields, genesis=genesis, terms=terms)

    def say(self, replay: Replay, name: str, at: int = 0, **args: Any) -> None:
        replay.apply(Log(replay.address, name, args, 10, 3, NOW + at))

    @property
    def found(self) -> list[tuple[str, str, str, str]]:
        """Event, field, what it says and what it should say, of each finding since the last
        look."""
        found = [(f.where, f.what, f.said, f.expected) for f in self.findings.found]
        self.findings.found.clear()
        return found


def addresses(*numbers: int) -> list[str]:
    return [f"{number:#042x}" for number in numbers]
