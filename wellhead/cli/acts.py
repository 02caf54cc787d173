"""What somebody with a role does: asked first, sent, and shown; a dry run shows the call too, for a
multisig to send."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from wellhead.actions.governing import Act
from wellhead.chain import Account
from wellhead.cli import amounts
from wellhead.cli.output import Row
from wellhead.cli.session import Session


@dataclass(frozen=True)
class Intent:
    """What is to be done, in words, and what is shown of it."""

    schema: str
    question: str
    title: str
    undone: str
    document: dict[str, Any] = field(default_factory=dict)
    rows: list[Row] = field(default_factory=list)


def perform(session: Session, sender: Account, intent: Intent, make: Callable[[bool], Act]) -> None:
    """Do it, if the person agrees. `make` is given whether to ask the chain only."""
    act = make(True)
    if not session.dry_run:
        session.confirm(intent.question)
        with session.turn_of(sender):
            act = make(False)
    session.mined(act.receipt)
    call = {"to": act.call.to, "data": act.call.data, "delay": act.delay}
    transaction = act.receipt.hash if act.receipt else None
    document = {
        "dry_run": session.dry_run,
        "by": act.by,
        **intent.document,
        "call": call,
        "transaction": transaction,
    }
    title = intent.undone if session.dry_run else intent.title
    session.out.result(intent.schema, document, title, [*intent.rows, *_rows(act)])


def _rows(act: Act) -> list[Row]:
    """The transaction; where nothing was sent, the call."""
    if act.receipt is not None:
        return [("transaction", act.receipt.hash)]
    rows = [("call to", act.call.to), ("call data", act.call.data)]
    if act.delay:
        wait = amounts.show_span(act.delay)
        rows.append(("schedule", f"with the authority, {wait} before it is executed"))
    return rows
