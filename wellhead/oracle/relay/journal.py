"""What a relay must not forget: transactions that may be on their way, and proofs of equivocation.

The file is written before a transaction is sent. A signed transaction in it is no secret: it can
only be sent as it is.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from wellhead.chain import locks
from wellhead.chain.journal import Entry, Sent
from wellhead.chain.record import write_json
from wellhead.oracle import wire
from wellhead.oracle.measurements import Key, Signed

SCHEMA = "wellhead.relay.journal/1"

Kind = Literal[
    "report", "recount", "flag", "accrue", "close", "close_silent", "distribute", "sweep"
]


class JournalError(Exception):
    """The journal is another relay's, or none; a sentence says which."""


@dataclass
class Order:
    """A call that is to be on chain once, and its transactions so far."""

    kind: Kind
    to: str
    calldata: str
    entry: Entry
    #: Of an `accrue`.
    cluster: int | None = None

    @property
    def label(self) -> str:
        return self.entry.label

    def data(self) -> str:
        return self.calldata


#: A reporter and an hour, and the two measurements that it signed.
Proofs = dict[tuple[Key, str], tuple[Signed, Signed]]


@dataclass
class Journal:
    """A relay's orders that are not sure yet. `path` None keeps them in memory alone."""

    chain_id: int
    oracle: str
    account: str
    path: Path | None = None
    orders: list[Order] = field(default_factory=list)
    proofs: Proofs = field(default_factory=dict)
    #: What the last report cost, wei; 0 before the first.
    last_cost: int = 0

    def save(self) -> None:
        if self.path is None:
            return
        body = {
            "schema": SCHEMA,
            "chain_id": self.chain_id,
            "oracle": self.oracle,
            "account": self.account,
            "last_cost": str(self.last_cost),
            "orders": [asdict(order) for order in self.orders],
            "equivocations": [
                [wire.MeasurementBody.of(signed).model_dump() for signed in pair]
                for pair in self.proofs.values()
            ],
        }
        write_json(self.path, body)

    @classmethod
    def open(cls, chain_id: int, oracle: str, account: str, path: Path | None) -> Journal:
        """The journal at `path`, or a new one; JournalError where it is not this relay's."""
        journal = cls(chain_id, oracle, account, path)
        if path is None or not path.exists():
            return journal
        try:
            body: dict[str, Any] = json.loads(path.read_text("utf-8"))
            if body["schema"] != SCHEMA:
                raise ValueError(f"its schema is not {SCHEMA}")
            theirs = tuple(body[name] for name in ("chain_id", "oracle", "account"))
            journal._fill(body)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise JournalError(f"{path} is no journal of a relay: {error}") from error
        if theirs != (chain_id, oracle, account):
            raise JournalError(
                f"{path} is the journal of {theirs[2]} on chain {theirs[0]} with the oracle "
                f"{theirs[1]}, not of {account} on chain {chain_id} with {oracle}"
            )
        return journal

    def _fill(self, body: Mapping[str, Any]) -> None:
        self.last_cost = int(body["last_cost"])
        for order in body["orders"]:
            entry = order.pop("entry")
            entry["sent"] = [Sent(**sent) for sent in entry["sent"]]
            self.orders.append(Order(**order, entry=Entry(**entry)))
        for pair in body["equivocations"]:
            first, second = (wire.MeasurementBody.model_validate(one).signed() for one in pair)
            self.proofs[first.key, first.reporter] = first, second


def only_one(path: Path) -> AbstractContextManager[None]:
    """One relay with a journal at a time; a second one is refused at once."""
    return locks.only_one(
        path.with_suffix(".lock"),
        lambda who: JournalError(
            f"another relay with the journal {path} is running (process {who})"
        ),
    )
