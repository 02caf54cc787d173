"""Gas and newly written storage slots of every core operation.

`python -m tests.gas.measure` prints the table and writes gas-report.json; with `--renew` it also
renews the committed snapshot, which `make test` compares with.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.gas.operations import OPERATIONS
from tests.support.stage import GENESIS, Stage, build_stage
from wellhead.chain import Anvil, Receipt

ROOT = Path(__file__).resolve().parents[2]
REPORT = ROOT / "gas-report.json"
SNAPSHOT = ROOT / "tests" / "gas" / "snapshot.json"

Figures = dict[str, dict[str, int]]


def measure() -> Figures:
    """Figures of every operation, each on a snapshot of the same fresh deployment."""
    figures: Figures = {}
    with Anvil(GENESIS) as anvil:
        stage = build_stage(anvil)
        cluster = stage.cluster(units=1000)
        for name, run in OPERATIONS.items():
            gas = slots = 0
            with stage.scratch():
                for receipt in run(stage, cluster):
                    gas = max(gas, receipt.gas_used)
                    slots = max(slots, new_slots(stage, receipt))
            figures[name] = {"gas": gas, "new_slots": slots}
    return figures


def new_slots(stage: Stage, receipt: Receipt) -> int:
    """Storage slots that were zero before the transaction and are not after it."""
    change = stage.anvil.rpc(
        "debug_traceTransaction",
        receipt.hash,
        {"tracer": "prestateTracer", "tracerConfig": {"diffMode": True}},
    )
    count = 0
    for address, after in change["post"].items():
        before = change["pre"].get(address, {}).get("storage", {})
        for slot, value in after.get("storage", {}).items():
            if int(value, 16) and not int(before.get(slot, "0x0"), 16):
                count += 1
    return count


def table(figures: Figures, snapshot: Figures) -> Table:
    shown = Table(title="Gas per transaction (cancun, solc 0.8.30)")
    for column in ("operation", "gas", "change", "new slots", "change"):
        shown.add_column(column, justify="left" if column == "operation" else "right")
    for name, now in figures.items():
        old = snapshot.get(name, now)
        shown.add_row(
            name,
            f"{now['gas']:,}",
            _change(now["gas"] - old["gas"]),
            str(now["new_slots"]),
            _change(now["new_slots"] - old["new_slots"]),
        )
    return shown


def read_snapshot() -> Figures:
    if not SNAPSHOT.is_file():
        return {}
    figures: Figures = json.loads(SNAPSHOT.read_text("utf-8"))
    return figures


def write(path: Path, figures: Figures) -> None:
    path.write_text(json.dumps(figures, indent=2) + "\n", "utf-8")


def _change(difference: int) -> str:
    return f"{difference:+,}" if difference else ""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, prog="python -m tests.gas.measure")
    parser.add_argument("--renew", action="store_true", help="renew the committed snapshot")
    arguments = parser.parse_args()
    figures = measure()
    write(REPORT, figures)
    Console().print(table(figures, read_snapshot()))
    if arguments.renew:
        write(SNAPSHOT, figures)
    print(f"written to {REPORT.name}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
