"""`wellhead oracle canary`: doing a reporter's job on this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import click

from wellhead.cli import options
from wellhead.cli.session import Session, Settings, run

if TYPE_CHECKING:
    from wellhead.oracle.canary import Kind


@click.command()
@click.option(
    "--kind",
    type=click.Choice(["gemm", "checksum"]),
    required=True,
    help="A product of matrices on the GPU, by torch or cupy, or a chain of SHA-256 on the CPU.",
)
@click.option("--seed", type=click.IntRange(min=0), required=True, help="What the job is made of.")
@options.shows
@options.pass_settings
def canary(settings: Settings, kind: str, seed: int) -> None:
    """Do a reporter's job on this machine, and answer.

    Reporters run it on the clusters that they measure, and know what the answer must be. It is one
    line of JSON on stdout, without --json too: the answer is a SHA-256, and `ran_on` says what
    computed it. Needs no node and no key.
    """
    run(settings, lambda session: execute(session, cast("Kind", kind), seed))


def execute(session: Session, kind: Kind, seed: int) -> None:
    from wellhead.actions.errors import SetupError
    from wellhead.oracle.canary import CanaryUnavailableError, run_job

    try:
        answer = run_job(kind, seed)
    except CanaryUnavailableError as error:
        raise SetupError(str(error)) from error
    if session.settings.as_json:
        session.out.document("oracle.canary", answer.model_dump())
    else:
        session.out.plain(answer.model_dump_json() + "\n")
