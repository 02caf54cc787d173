"""Contracts that keep nothing and say nothing: what they are is in their code."""

from __future__ import annotations

from collections.abc import Iterator

from wellhead.audit.replay import Findings, Replay, Slot


class FixedReplay(Replay):
    """A contract without events, and without a word of storage."""

    def __init__(self, address: int, findings: Findings, contract: str) -> None:
        super().__init__(address, findings)
        self.contract = contract

    def slots(self) -> Iterator[Slot]:
        return iter(())
