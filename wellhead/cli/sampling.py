"""The options of what was measured or attested, and by whom. Light to import."""

from __future__ import annotations

import click

from wellhead.cli import options

evidence = click.option(
    "--evidence",
    type=options.WORD,
    default="0x" + "00" * 32,
    metavar="WORD",
    help="Merkle root of the data behind it, 32 bytes.  [default: zero]",
)

attestation = options.stack(
    click.option("--cluster", type=options.WHOLE, metavar="ID", help="The cluster's id."),
    click.option("--units", type=options.WHOLE, help="Units that are added."),
    evidence,
    click.option(
        "--attestation",
        "attestation_file",
        type=options.FILE,
        help="An attestation with the reporters' signatures (JSON).  [default: on a local chain "
        "the dev reporters sign]",
    ),
)

#: What was measured of an hour.
measures = options.stack(
    click.option("--working", type=options.THOUSANDTHS, help="Mean units that worked, e.g. 63.5."),
    click.option(
        "--available",
        type=options.THOUSANDTHS,
        help="Mean of what tenants could use.  [default: as much as was booked and worked]",
    ),
    click.option(
        "--measured",
        type=options.SHARE,
        help="Utilization of the attested units, e.g. 43.1%.  [default: all that was available]",
    ),
    click.option("--energy", type=options.LARGE, default=0, help="Joules in the hour."),
    click.option("--work", type=options.LARGE, default=0, help="GFLOP or tokens in the hour."),
)

samples = options.stack(
    click.option("--cluster", type=options.WHOLE, metavar="ID", help="The cluster's id."),
    click.option(
        "--hour",
        type=options.HOUR,
        help="First hour that is reported.  [default: the last one that is over]",
    ),
    click.option(
        "--hours", type=options.WHOLE, default=1, show_default=True, help="Hours, all alike."
    ),
    measures,
    click.option(
        "--file",
        "sample_file",
        type=options.FILE,
        help="Samples from a JSON or CSV file instead, with the columns cluster, hour, working, "
        "available, measured, energy, work.",
    ),
    evidence,
    click.option(
        "--signatures",
        "signature_file",
        type=options.FILE,
        help="The reporters' signatures (JSON).  [default: on a local chain the dev reporters "
        "sign]",
    ),
)
