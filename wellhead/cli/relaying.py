"""The options of a relay, which `ape run feed_oracle` has too. Light to import."""

from __future__ import annotations

import click

from wellhead.cli import options

HOURS = click.IntRange(1, 17_519)

relaying = options.stack(
    click.option(
        "--reporter",
        "reporters",
        metavar="URL",
        multiple=True,
        help="Where a reporter listens; once for each.",
    ),
    click.option(
        "--config",
        "config_file",
        type=options.FILE,
        help="Everything from a TOML file; deployments/relay.toml is one.",
    ),
    click.option("--once", is_flag=True, help="One round, and what it did."),
    click.option(
        "--poll",
        type=click.IntRange(1, 3600),
        metavar="SECONDS",
        help="Between two rounds.  [default: 60]",
    ),
    click.option(
        "--cluster",
        "clusters",
        type=options.WHOLE,
        multiple=True,
        metavar="ID",
        help="Only these clusters; may repeat.  [default: all]",
    ),
    click.option(
        "--lookback",
        type=HOURS,
        metavar="HOURS",
        help="How far back hours without a report are looked for.  [default: 216, nine days]",
    ),
    click.option(
        "--batch",
        type=click.IntRange(1, 512),
        metavar="HOURS",
        help="Most hours in a transaction.  [default: 100]",
    ),
    click.option(
        "--low-balance",
        type=click.IntRange(0, 10**6),
        metavar="REPORTS",
        help="Warn when the gas money is enough for fewer.  [default: 100]",
    ),
    click.option(
        "--close-silent",
        is_flag=True,
        default=None,
        help="Also close as zero what stayed without a report, or without a recount, for seven "
        "days.",
    ),
    click.option(
        "--revenue-every",
        "revenue_hours",
        type=click.IntRange(0, 720),
        metavar="HOURS",
        help="Also distribute what clusters have earned, and sweep their bitcoin part for the tip, "
        "so often; 24 keeps less than a day's waiting.  [default: 0, never]",
    ),
    click.option(
        "--max-fee", type=options.FEE, help="Most for a unit of gas; needed off local chains."
    ),
    click.option(
        "--max-priority-fee", type=options.FEE, help="Most of that for whoever builds the block."
    ),
    click.option(
        "--confirmations",
        type=click.IntRange(1, 1000),
        metavar="BLOCKS",
        help="So deep a report must be in the chain.  [default: 5, on a local chain 1]",
    ),
    click.option(
        "--journal",
        "journal_file",
        type=options.FILE,
        help="What must survive an interruption.  [default: in .wellhead/relay]",
    ),
)
