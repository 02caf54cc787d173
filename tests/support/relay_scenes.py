"""A cluster on a chain, its reporters, and relays between them: whatever happens to the relays."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from tests.support.relays import Desk, desks_of, measure_all
from tests.support.stage import Stage
from wellhead.chain import dev_account
from wellhead.chain.transactions import Clock
from wellhead.model.samples import Sample
from wellhead.oracle.relay import Relay


class Still(Clock):
    """A clock whose time passes only where somebody sleeps; `hooks` are called then."""

    def __init__(self) -> None:
        self.time = 0.0
        self.slept: list[float] = []
        self.hooks: list[Callable[[], None]] = []

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += seconds
        self.slept.append(seconds)
        for hook in list(self.hooks):
            hook()


@dataclass
class Scene:
    """A cluster of 64 units on a stage, its reporters, and relays with accounts of their own."""

    stage: Stage
    folder: Path
    desks: list[Desk]
    cluster: int
    #: The first hour that the cluster has.
    first: int
    clock: Still = field(default_factory=Still)
    said: list[str] = field(default_factory=list)

    @classmethod
    def on(cls, stage: Stage, folder: Path) -> Scene:
        cluster = stage.cluster(64)
        return cls(stage, folder, desks_of(stage, folder), cluster, stage.hour())

    @property
    def text(self) -> str:
        return "\n".join(self.said)

    def relay(self, index: int = 0, **given: Any) -> Relay:
        """The relay of one of the dev accounts from 30 on; its journal is a file."""
        account = dev_account(30 + index)
        return Relay(
            self.stage.deployment,
            account,
            [desk.client() for desk in self.desks],
            journal=self.folder / f"relay-{index}.json",
            clock=self.clock,
            say=self.said.append,
            warn=self.said.append,
            **given,
        )

    def journal(self, index: int = 0) -> dict[str, Any]:
        found = json.loads((self.folder / f"relay-{index}.json").read_text())
        assert isinstance(found, dict)
        return found

    def measure(self, hours: Iterable[int], cluster: int | None = None) -> None:
        """Let all reporters measure hours in which nearly everything worked."""
        for hour in hours:
            sample = self.stage.sample(cluster or self.cluster, hour, 990_000)
            measure_all(self.desks, replace(sample, energy=5_000_000, work=9))

    def pass_hours(self, count: int) -> range:
        """Let hours pass that the reporters measure; up to a minute into the next."""
        begin = self.stage.hour()
        self.stage.to_hour(begin + count, 60)
        self.measure(range(begin, begin + count))
        return range(begin, begin + count)

    def nonce(self, index: int = 0, when: str = "latest") -> int:
        address = dev_account(30 + index).address
        return self.stage.anvil.rpc.integer("eth_getTransactionCount", address, when)

    def reported(self, cluster: int | None = None) -> list[int]:
        """Hours that have a record, of all that are over."""
        hours = range(self.first, self.stage.hour())
        calls = [("recordOf", [cluster or self.cluster, hour]) for hour in hours]
        records = self.stage.oracle.call_many(calls)
        return [h for h, record in zip(hours, records, strict=True) if record["reported"]]

    def batches(self) -> list[list[Sample]]:
        """The samples of every report on chain."""
        return [
            [Sample.decode(word) for word in event["samples"]]
            for event in self.stage.oracle.events("Reported", self.stage.deployment.block)
        ]

    def check_the_end(self, hours: range, transactions: int = 1) -> None:
        """These hours alone are on record, by one report, and nothing was sent in vain."""
        assert self.reported() == list(hours)
        assert [[s.hour for s in batch] for batch in self.batches()] == [list(hours)]
        assert self.nonce() == self.nonce(when="pending") == transactions
        assert self.journal()["orders"] == []

    @contextmanager
    def mining_by_hand(self) -> Iterator[None]:
        """Transactions wait until somebody mines."""
        rpc = self.stage.anvil.rpc
        rpc("evm_setAutomine", False)
        try:
            yield
        finally:
            rpc("evm_setAutomine", True)

    def mine(self) -> None:
        self.stage.anvil.rpc("evm_mine")
