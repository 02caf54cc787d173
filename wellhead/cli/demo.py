"""`wellhead demo`: a real cluster's trace, replayed."""

from __future__ import annotations

from pathlib import Path

import click

from wellhead.cli import options
from wellhead.cli.session import Session, Settings, run

demonstration = options.stack(
    click.option(
        "--trace",
        type=options.FILE,
        help="A CSV file, gzipped or not, with the columns timestamp_utc, gpus_total_count and "
        "gpus_running_count.  [default: the one that comes with Wellhead]",
    ),
    click.option(
        "--infer-down/--no-infer-down",
        default=True,
        show_default=True,
        help="Take moments at which no unit of the cluster ran for outages.",
    ),
    click.option(
        "--report",
        type=options.FILE,
        default=Path("demo-report.json"),
        show_default=True,
        help="Where the final books go.",
    ),
)


@click.command()
@demonstration
@options.shows
@options.pass_settings
def demo(settings: Settings, trace: Path | None, infer_down: bool, report: Path) -> None:
    """Replay a real cluster's trace on a chain of its own.

    Deploys, mints, leases, reports every hour, settles, buys bitcoin, claims dollars and bitcoin,
    and ends with the books. Leases are extended, cancelled and sold on the way, and an investor's
    tokens are frozen for a while; a second cluster, made up, goes dark and defaults.
    Without --trace it is the trace that comes with Wellhead: 856 GPUs for 24 days.
    """
    run(settings, lambda session: execute(session, trace, infer_down, report))


def execute(session: Session, trace: Path | None, infer_down: bool, report: Path) -> None:
    from rich.console import Console

    from wellhead.actions.errors import BadInput, SetupError
    from wellhead.cli.files import read_table
    from wellhead.demo.run import DemoError, run_demo
    from wellhead.demo.trace import TraceError

    console = Console(stderr=True, quiet=True) if session.settings.as_json else None
    try:
        run_demo(trace, infer_down=infer_down, report_path=report, console=console)
    except TraceError as error:
        raise BadInput(str(error)) from error
    except DemoError as error:
        raise SetupError(str(error)) from error
    if session.settings.as_json:
        session.out.document("demo", {"report": report, "books": read_table(report)})
