"""Says of queries whether they contradict themselves as integers; see solver.py and integers.py.

Prints its port, and serves until it is ended, each query in a process of its own.
"""

from __future__ import annotations

import socketserver
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

import z3  # type: ignore[import-not-found]  # noqa: E402

from tests.proofs.bounds import Bounds  # noqa: E402
from tests.proofs.integers import Integers  # noqa: E402

#: What Z3 may do for a query, in its own measure, which does not depend on how busy the machine is:
#: some ten seconds of one processor.
EFFORT = 10_000_000
#: What the end of a query says of its variables helps at its beginning.
_PASSES = 4


def asserted(text: str) -> list[Any]:
    """What a query asserts before it first asks: to that the answer is one."""
    return list(z3.parse_smt2_string(text.partition("(check-sat")[0]))


def translated(assertions: list[Any]) -> Integers:
    """A query as an integer one."""
    known: dict[int, Bounds] = {}
    for _ in range(_PASSES):
        integers = Integers(known)
        for assertion in assertions:
            integers.assertion(assertion)
        before, known = known, integers.leaves()
        if known == before:
            break
    return integers


def is_contradiction(text: str) -> bool:
    solver = z3.Solver()
    solver.set("rlimit", EFFORT)
    solver.add(translated(asserted(text)).all())
    return bool(solver.check() == z3.unsat)


class Query(socketserver.StreamRequestHandler):
    """A line with the query's file, answered by a line."""

    def handle(self) -> None:
        text = Path(self.rfile.readline().decode().strip()).read_text("utf-8")
        self.wfile.write(b"unsat\n" if is_contradiction(text) else b"open\n")


class Server(socketserver.ForkingMixIn, socketserver.TCPServer):
    """Many queries at once."""

    request_queue_size = 64
    max_children = 64


if __name__ == "__main__":
    with Server(("127.0.0.1", 0), Query) as server:
        print(server.server_address[1], flush=True)
        server.serve_forever()
