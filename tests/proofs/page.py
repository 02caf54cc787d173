"""The seconds that each proof took, in docs/proofs.md."""

from __future__ import annotations

import re
from pathlib import Path

from tests.proofs.properties import Result

ROW = re.compile(r"^(\| `(\w+)\.(\w+)` \|.*\|)[^|]*\|$", re.MULTILINE)


def renew(page: Path, results: list[Result]) -> None:
    """Write the seconds of those that passed; what was not proved keeps what it had."""
    took = {(r.contract, r.name): f"{r.seconds:.0f}" for r in results if r.passed}

    def row(match: re.Match[str]) -> str:
        seconds = took.get((match[2], match[3]))
        return f"{match[1]} {seconds} |" if seconds is not None else match[0]

    page.write_text(ROW.sub(row, page.read_text("utf-8")), "utf-8")
