"""`wellhead audit` on a chain, in a process of its own, and what that takes."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from tests.load.proxy import without_proofs


@dataclass(frozen=True)
class Audited:
    """What the audit found, seconds of its processor and on the clock, and the most memory that it
    had, bytes. Storage is compared word by word: the load's node has no state roots to prove it."""

    logs: int
    blocks: int
    vouched_for: int
    contracts: int
    disagreements: int
    busy: float
    seconds: float
    memory: int
    #: The first of the disagreements.
    said: str = ""


def run(folder: Path, url: str) -> Audited:
    """RuntimeError where it ends otherwise than with a document."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    with without_proofs(url) as proofless:
        ended = subprocess.run(
            [sys.executable, "-m", "wellhead", "audit", "--json"],
            env={**os.environ, "WELLHEAD_STATE": str(folder), "WELLHEAD_RPC": proofless},
            capture_output=True,
            text=True,
        )
    seconds, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    if ended.returncode not in (0, 6):
        raise RuntimeError(f"wellhead audit ended with {ended.returncode}: {ended.stderr}")
    document = json.loads(ended.stdout)
    found = [str(each["message"]) for each in document["findings"]]
    return Audited(
        logs=int(document["logs"]),
        blocks=int(document["blocks"]),
        vouched_for=int(document["blocks_vouched_for"]),
        contracts=len(document["contracts"]),
        disagreements=int(document["disagreements"]),
        busy=after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
        seconds=seconds,
        memory=after.ru_maxrss * 1024,
        said=found[0] if found else "",
    )
