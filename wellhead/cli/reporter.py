"""`wellhead reporter serve` and `wellhead reporter status`."""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from wellhead.cli import options
from wellhead.cli.session import Session, Settings, run

if TYPE_CHECKING:
    from wellhead.cli.output import Row
    from wellhead.oracle import wire


@click.command()
@click.option(
    "--config",
    "config_file",
    type=options.FILE,
    required=True,
    help="Its configuration, a TOML file; deployments/reporter.toml is one.",
)
@options.shows
@options.pass_settings
def serve(settings: Settings, config_file: Path) -> None:
    """Run a reporter: measure clusters, and sign medians.

    It runs until it is stopped (SIGTERM), and can be stopped in any way at any time: what it must
    not forget is on disk before anybody sees it. What it is, and where it listens, is printed once
    it does.
    """
    run(settings, lambda session: _serve(session, config_file))


@click.command()
@click.argument("url", metavar="URL")
@options.shows
@options.pass_settings
def status(settings: Settings, url: str) -> None:
    """Show how a reporter is.

    URL is its address. Ends with code 6 when something is wrong with it, and with code 3 when none
    answers there.
    """
    run(settings, lambda session: _status(session, url))


def _serve(session: Session, config_file: Path) -> None:
    from wellhead.cli.senders import ask_passphrase
    from wellhead.oracle.reporter.config import read_config
    from wellhead.oracle.reporter.run import open_reporter, serve

    verbose = session.settings.verbose
    logging.basicConfig(
        stream=sys.stderr,
        level=logging.INFO if verbose else logging.WARNING,
        format="%(asctime)s %(levelname)s %(message)s",
    )
    logging.getLogger("httpx").setLevel(logging.WARNING)
    config = read_config(config_file)
    reporter = open_reporter(config, ask_passphrase)

    def ready(url: str) -> None:
        clusters = [table.cluster for table in config.clusters]
        document = {
            "reporter": reporter.address,
            "url": url,
            "store": config.store,
            "rpc": _shown(config.rpc),
            "clusters": clusters,
            "peers": config.peers,
        }
        rows = [
            ("reporter", reporter.address),
            ("listens at", url),
            ("store", str(config.store)),
            ("clusters", ", ".join(map(str, clusters)) or "none: it signs what others measure"),
            ("peers", ", ".join(config.peers) or "none"),
        ]
        session.out.result("reporter.serve", document, "Reporter", rows)

    serve(reporter, config, ready, verbose)


def _status(session: Session, url: str) -> None:
    from wellhead.actions.errors import Unanswered
    from wellhead.chain import KeyAccount
    from wellhead.cli.failures import WRONG
    from wellhead.oracle.client import ReporterClient, ReporterRefused, ReporterUnreachable

    # Nobody's key: asking how a reporter is needs no signature.
    with ReporterClient(url, KeyAccount(bytes(31) + b"\1")) as client:
        try:
            health = client.health()
        except (ReporterUnreachable, ReporterRefused) as error:
            raise Unanswered(str(error)) from error
    document = {"url": url, **health.model_dump()}
    session.out.result("reporter.status", document, "Reporter", list(_rows(url, health)))
    if not health.ok:
        sys.exit(WRONG)


def _rows(url: str, health: wire.Health) -> list[Row]:
    from wellhead.cli import amounts

    def hour(number: int | None) -> str:
        return "none" if number is None else amounts.show_hour(number)

    signs = {True: "one of the chain's reporters", False: "none of them", None: "not known"}
    rows = [
        ("reporter", health.reporter),
        ("listens at", url),
        ("chain", str(health.chain_id)),
        ("oracle", health.oracle),
        ("signs as", signs[health.is_signer]),
    ]
    if health.chain_time_s is not None:
        rows.append(("chain time", amounts.show_time(health.chain_time_s)))
    if health.skew_s is not None:
        rows.append(("its clock", f"{health.skew_s:+,} s from it"))
    for item in health.clusters:
        looked = (
            ""
            if item.last_moment_s is None
            else f", looked {amounts.show_time(item.last_moment_s)}"
        )
        rows.append(
            (
                f"cluster {item.cluster}",
                f"measured {hour(item.last_measured_hour)}, signed {hour(item.last_signed_hour)}"
                f"{looked}",
            )
        )
    rows += [("wrong", problem) for problem in health.problems] or [("wrong", "nothing")]
    return rows


def _shown(url: str) -> str:
    from wellhead.chain.rpc import shown

    return shown(url)
