"""Gas, its floor and newly filled storage slots of every core operation.

`python -m tests.gas.measure` prints the tables and writes gas-report.json; with `--renew` it also
renews the committed snapshot, which `make test` compares with and docs/gas.md is made from.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from tests.gas.floor import Touched, ratio, touched
from tests.gas.operations import OPERATIONS
from tests.support.stage import GENESIS
from wellhead.chain import Anvil

ROOT = Path(__file__).resolve().parents[2]
REPORT = ROOT / "gas-report.json"
SNAPSHOT = ROOT / "tests" / "gas" / "snapshot.json"

Figures = dict[str, dict[str, int]]


@dataclass(frozen=True)
class Measured:
    """One transaction: the gas it used, and what it touched."""

    gas: int
    touched: Touched


def measure() -> dict[str, list[Measured]]:
    """Every operation's transactions, each operation on a fresh deployment of its own kind."""
    measured: dict[str, list[Measured]] = {}
    for place in dict.fromkeys(operation.place for operation in OPERATIONS.values()):
        with Anvil(GENESIS) as anvil:
            stage, cluster = place(anvil)
            for name, operation in OPERATIONS.items():
                if operation.place is place:
                    with stage.scratch():
                        measured[name] = [
                            Measured(receipt.gas_used, touched(anvil.rpc, receipt.hash))
                            for receipt in operation.run(stage, cluster)
                        ]
    return {name: measured[name] for name in OPERATIONS}


def worst(transactions: Sequence[Measured]) -> Measured:
    """The one that used most gas, the first of equals."""
    return max(transactions, key=lambda transaction: transaction.gas)


def figures_of(measured: Mapping[str, Sequence[Measured]]) -> Figures:
    """What the snapshot keeps: the worst transaction's gas and floor, the most new slots of any."""
    return {
        name: {
            "gas": worst(transactions).gas,
            "new_slots": max(transaction.touched.filled for transaction in transactions),
            "floor": worst(transactions).touched.floor,
        }
        for name, transactions in measured.items()
    }


def over_limit(figures: Figures) -> dict[str, int]:
    """Operations that use more gas than they may -> how much more."""
    return {
        name: figures[name]["gas"] - operation.limit
        for name, operation in OPERATIONS.items()
        if operation.limit is not None and figures[name]["gas"] > operation.limit
    }


def table(figures: Figures, snapshot: Figures) -> Table:
    """Everything that is compared with the snapshot, and what has changed."""
    shown = _table(
        "Gas per transaction (cancun, solc 0.8.30), and its change",
        ["operation", "gas", "", "floor", "", "ratio", "new slots", "", "limit"],
    )
    for name, now in figures.items():
        cells = {
            key: (f"{now[key]:,}", _change(now[key] - snapshot.get(name, now).get(key, now[key])))
            for key in ("gas", "floor", "new_slots")
        }
        limit = OPERATIONS[name].limit
        shown.add_row(
            name,
            *cells["gas"],
            *cells["floor"],
            ratio(now["gas"], now["floor"]),
            *cells["new_slots"],
            f"{limit:,}" if limit is not None else "",
        )
    return shown


def parts_table(measured: Mapping[str, Sequence[Measured]]) -> Table:
    """What each floor is made of."""
    parts = {name: worst(transactions).touched.parts for name, transactions in measured.items()}
    kinds = [kind for kind in Touched().parts if kind != "base"]
    shown = _table("What the floors are made of, beside 21,000 each", ["operation", *kinds])
    for name, row in parts.items():
        shown.add_row(name, *(f"{row[kind]:,}" if row[kind] else "" for kind in kinds))
    return shown


def read_snapshot() -> Figures:
    if not SNAPSHOT.is_file():
        return {}
    figures: Figures = json.loads(SNAPSHOT.read_text("utf-8"))
    return figures


def write(path: Path, figures: Figures) -> None:
    path.write_text(json.dumps(figures, indent=2) + "\n", "utf-8")


def _table(title: str, columns: Sequence[str]) -> Table:
    shown = Table(title=title, box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    for number, column in enumerate(columns):
        shown.add_column(column, justify="right" if number else "left", no_wrap=True)
    return shown


def _change(difference: int) -> str:
    return f"{difference:+,}" if difference else ""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, prog="python -m tests.gas.measure")
    parser.add_argument("--renew", action="store_true", help="renew the committed snapshot")
    arguments = parser.parse_args()
    measured = measure()
    figures = figures_of(measured)
    write(REPORT, figures)
    console = Console(width=110)
    console.print(table(figures, read_snapshot()))
    console.print(parts_table(measured))
    if arguments.renew:
        write(SNAPSHOT, figures)
    print(f"written to {REPORT.name}", file=sys.stderr)
    over = over_limit(figures)
    for name, excess in over.items():
        print(f"{name} is {excess:,} gas over its limit", file=sys.stderr)
    return 1 if over else 0


if __name__ == "__main__":
    sys.exit(main())
