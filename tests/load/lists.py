"""What every list of the command line asks and takes at full load."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from tests.load.node import LoadNode
from tests.support.cli import Command
from tests.support.counting import counted

#: Requests to the node above which a list is of no use.
MOST_REQUESTS = 1_000


@dataclass(frozen=True)
class Listed:
    """One command: how it ended, what it asked the node, bytes of the answers, and seconds: on the
    clock, of this process, and of the node's."""

    command: str
    code: int
    requests: int
    calls: int
    received: int
    seconds: float
    busy: float
    node: float
    lines: int

    def objection(self) -> str | None:
        """What is not as it should be."""
        if self.code not in (0, 1, 6):
            return f"wellhead {self.command} ended with {self.code}"
        if self.requests > MOST_REQUESTS:
            return f"wellhead {self.command} made {self.requests:,} requests"
        return None


def commands(hub: int, other: int, tenant: str, holder: str) -> list[Sequence[object]]:
    """Every list, of everything, of one cluster, and of one account."""
    return [
        ("status",),
        ("cluster", "list"),
        ("cluster", "list", "--json"),
        ("cluster", "show", hub),
        ("lease", "list"),
        ("lease", "list", "--account", tenant),
        ("lease", "list", "--cluster", other),
        ("lease", "list", "--cluster", hub),
        ("lease", "list", "--state", "future"),
        ("lease", "list", "--json"),
        ("lease", "show", 1),
        ("lease", "offers"),
        ("lease", "offers", other),
        ("calendar", hub),
        ("holders", other),
        ("holders", hub),
        ("holders", hub, "--json"),
        ("revenue", "show", other),
        ("revenue", "show", hub),
        ("revenue", "show"),
        ("revenue", "show", other, "--account", holder),
        ("claim", "--account", holder, "--dry-run"),
        ("contest", "show", "--cluster", hub),
        ("compliance", "show"),
        ("credential", "show", holder),
        ("signers", "show"),
        ("doctor", other),
        ("doctor",),
    ]


def run(wellhead: Command, node: LoadNode, words: Sequence[object]) -> Listed:
    with counted() as found:
        began, busy, nodes = time.perf_counter(), time.process_time(), node.busy()
        outcome = wellhead(*words)
        seconds, busy = time.perf_counter() - began, time.process_time() - busy
        nodes = node.busy() - nodes
    return Listed(
        command=" ".join(map(str, words)),
        code=outcome.code,
        requests=found.requests,
        calls=found.singles,
        received=found.received,
        seconds=seconds,
        busy=busy,
        node=nodes,
        lines=outcome.stdout.count("\n"),
    )
