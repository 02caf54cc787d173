"""`wellhead relay run`: what the reporters measured, brought on chain."""

from __future__ import annotations

import atexit
import secrets
import time
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from wellhead.actions import local, people
from wellhead.actions.errors import SetupError, Unanswered
from wellhead.chain import Account, KeyAccount
from wellhead.cli import amounts, options
from wellhead.cli.output import Output, Row
from wellhead.cli.relay_plan import Plan
from wellhead.cli.relaying import relaying
from wellhead.cli.session import Session, Settings, run
from wellhead.oracle.client import ReporterClient
from wellhead.oracle.measurements import Key
from wellhead.oracle.relay import Outcome, Relay, run_forever, words
from wellhead.oracle.relay.journal import JournalError, only_one
from wellhead.oracle.relay.outcome import Reported

#: Seconds for which the same warning is not repeated.
SILENT_FOR = 3600.0


@click.command("run")
@relaying
@options.sender(f"{people.ANYBODY}, anybody", pays=False)
@options.node
@options.deployment
@options.shows
@options.pass_settings
def relay(settings: Settings, /, **given: Any) -> None:
    """Bring what the reporters measured on chain.

    Looks for hours without a report, collects measurements, has enough reporters sign the medians,
    submits them, and does what follows: it moves clusters' books over final hours, raises the alarm
    where more was measured than booked, and has contested hours counted again. Anybody may run one,
    several may run at once, and none can leave anything out.

    It runs until it is stopped, and can be stopped in any way at any time. With --once it does one
    round and says what it did; with --dry-run it only says which hours wait, and for what.
    """
    run(settings, lambda session: execute(session, **given))


def execute(session: Session, *, once: bool, **given: Any) -> None:
    """One round, or rounds without end; `given` is what `relaying` takes."""
    plan = Plan(**given)
    if session.settings.as_json and not (once or session.dry_run):
        raise click.UsageError("--json needs --once: a document is of one round")
    with ExitStack() as stack:
        made, sender = _open(session, plan, stack)
        if session.dry_run:
            _show_waiting(session, made)
            return
        reporters = words.count(len(plan.reporters), "reporter")
        session.confirm(f"Relay for {reporters} as {sender.address}?")
        unlock = getattr(sender, "unlock", None)
        if unlock is not None:
            unlock()  # a wrong passphrase comes to light before anything is asked
        if once:
            _show(session, made, _round(session, made, sender))
            return
        session.out.note(f"relaying for {reporters} as {sender.address}")
        run_forever(made, plan.poll, round_=lambda: _round(session, made, sender))


def opened(session: Session, config_file: Path) -> Callable[[], Outcome]:
    """A relay by its file, for whoever calls its rounds as long as the process lives."""
    stack = ExitStack()
    made, sender = _open(session, Plan(config_file=config_file), stack)
    atexit.register(stack.close)
    return lambda: _round(session, made, sender)


def _open(session: Session, plan: Plan, stack: ExitStack) -> tuple[Relay, Account]:
    sender = session.sender(people.ANYBODY)
    terms, deployment = plan.terms(is_local=session.is_local), session.deployment
    path = plan.journal or _journal(session, sender)
    # Whoever asks is told apart by a key; the one that pays signs transactions alone.
    asking = KeyAccount(secrets.token_bytes(32))
    clients = [stack.enter_context(ReporterClient(url, asking)) for url in plan.reporters]
    try:
        if not session.dry_run:
            stack.enter_context(only_one(path))
        made = Relay(
            deployment,
            sender,
            clients,
            options=plan.options,
            terms=terms,
            journal=path,
            say=session.out.note,
            warn=_Voice(session.out).warn,
        )
    except JournalError as error:
        raise SetupError(str(error)) from error
    return made, sender


def _round(session: Session, made: Relay, sender: Account) -> Outcome:
    session.freshen()
    with session.turn_of(sender):
        return made.run_once()


class _Voice:
    """Warnings on stderr; what was said lately is not said again."""

    def __init__(self, out: Output) -> None:
        self._out = out
        self._said: dict[str, float] = {}

    def warn(self, text: str) -> None:
        now = time.monotonic()
        if now - self._said.get(text, -SILENT_FOR) >= SILENT_FOR:
            self._said = {t: at for t, at in self._said.items() if now - at < SILENT_FOR}
            self._said[text] = now
            self._out.warn(text)


def _journal(session: Session, sender: Account) -> Path:
    oracle = session.deployment.oracle.address[2:10].lower()
    name = f"{session.chain_id}-{oracle}-{sender.address.lower()}.json"
    return local.state_folder() / "relay" / name


def _show(session: Session, made: Relay, outcome: Outcome) -> None:
    if outcome.reporters and not outcome.answering:
        raise Unanswered(f"none of {words.count(outcome.reporters, 'reporter')} answers")
    document = {
        "dry_run": False,
        **_head(made, outcome),
        "resumed": outcome.resumed,
        "reports": [_report(report, made) for report in outcome.reports],
        "left": [
            {**_hour(left.key), "reason": left.reason, "early": left.early} for left in outcome.left
        ],
        "recounted": [_hour(key) for key in outcome.recounted],
        "flagged": [_hour(key) for key in outcome.flagged],
        "accrued": [
            {"cluster": cluster, "accrued_to": hour} for cluster, hour in outcome.accrued.items()
        ],
        "distributed": [
            {"cluster": cluster, "amount": amount}
            for cluster, amount in outcome.distributed.items()
        ],
        "swept": [
            {"cluster": cluster, "spent": spent, "received": received}
            for cluster, (spent, received) in outcome.swept.items()
        ],
        "closed": [_hour(key) for key in outcome.closed],
        "equivocations": [
            {
                "reporter": found.reporter,
                **_hour(found.key),
                "words": [_word(one.measurement.sample.encode()) for one in found.proof],
            }
            for found in outcome.equivocations
        ],
    }
    session.out.result("relay.run", document, "Relay", _rows(outcome))


def _head(made: Relay, outcome: Outcome) -> dict[str, Any]:
    return {
        "account": made.desk.address,
        "time": outcome.now,
        "reporters": outcome.answering,
        "warnings": outcome.warnings,
    }


def _report(report: Reported, made: Relay) -> dict[str, Any]:
    proposal = report.proposal
    return {
        "samples": [
            {**asdict(sample), "word": _word(sample.encode())} for sample in proposal.samples
        ],
        "signers": report.signers,
        "measurements": len(proposal.measurements),
        "inputs": asdict(report.inputs),
        "recorded": report.recorded,
        "evidence": proposal.evidence(made.domain),
        "transaction": report.transaction,
        "block": report.block,
        "cost": report.cost,
    }


def _rows(outcome: Outcome) -> list[Row]:
    rows = [("reporters", f"{len(outcome.answering)} of {outcome.reporters} answer")]
    for report in outcome.reports:
        rows += [
            ("reported", words.batch(report)),
            ("  hours", f"{_span(report.hours)}, {report.recorded} recorded"),
            ("  transaction", report.transaction),
        ]
    waiting = [left for left in outcome.left if left.early]
    several: list[tuple[str, Iterable[str]]] = [
        ("resumed", outcome.resumed),
        ("counted again", map(_told, outcome.recounted)),
        ("alarm raised", map(_told, outcome.flagged)),
        ("closed as zero", map(_told, outcome.closed)),
        (
            "books moved",
            (f"cluster {c} to {amounts.show_hour(hour)}" for c, hour in outcome.accrued.items()),
        ),
        (
            "distributed",
            (f"cluster {c}: {amounts.show_money(sum_)}" for c, sum_ in outcome.distributed.items()),
        ),
        (
            "swept",
            (
                f"cluster {c}: {amounts.show_bitcoin(received)} for {amounts.show_money(spent)}"
                for c, (spent, received) in outcome.swept.items()
            ),
        ),
        ("only just over", (_told(left.key) for left in waiting)),
    ]
    for name, listed in several:
        rows += [(name, text) for text in listed]
    if not outcome.has_moved:
        rows.append(("on chain", "nothing to do" if not outcome.left else "nothing possible"))
    return rows


def _show_waiting(session: Session, made: Relay) -> None:
    counts, outcome = made.look()
    document = {
        "dry_run": True,
        **_head(made, outcome),
        "waiting": [{**_hour(key), "measurements": count} for key, count in counts.items()],
    }
    if session.settings.as_json:
        session.out.document("relay.run", document)
        return
    session.out.table(
        "Hours without a report, nothing sent",
        ("hour", "cluster", "measurements"),
        [
            (amounts.show_hour(hour), str(cluster), str(count))
            for (cluster, hour), count in counts.items()
        ],
    )


def _hour(key: Key) -> dict[str, int]:
    return {"cluster": key[0], "hour": key[1]}


def _told(key: Key) -> str:
    return f"{amounts.show_hour(key[1])} of cluster {key[0]}"


def _span(hours: list[int]) -> str:
    first = amounts.show_hour(hours[0])
    return first if len(hours) == 1 else f"{first} to {amounts.show_hour(hours[-1])}"


def _word(word: int) -> str:
    return f"0x{word:064x}"
