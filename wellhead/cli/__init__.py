"""The command line. Commands are loaded when they are called, so that `--help` is quick."""

from __future__ import annotations

import importlib

import click

#: Command -> what it does in a line. Each is the function of its name in the module of its name.
COMMANDS = {
    "up": "Start a local chain with everything deployed.",
    "down": "Stop the local chain and forget it.",
    "skip": "Let the local chain's time jump ahead.",
    "deploy": "Deploy the contracts to the node's chain.",
    "register": "Register a cluster and its terms.",
    "mint": "Mint the tokens of newly attested units.",
    "quote": "Show what a lease would cost now.",
    "lease": "Lease units of a cluster for whole hours.",
    "report": "Submit what was measured, hour by hour.",
    "settle": "Credit refunds, and split what a cluster earned.",
    "claim": "Collect what an account is owed.",
    "demo": "Replay a real cluster's trace on a chain of its own.",
}

EPILOG = """\b
Exit codes:
  0  done
  1  a contract refused, or would have; the message says why
  2  wrong usage, or the question was answered with no
  3  no node answers, or the node can not do what was asked
  4  the deployment, the account or the local set-up is not right
  5  a file that was given can not be used

Time is the chain's: "now" is the latest block's. Hours are whole hours of unix time. People read
tables on stdout; --json prints one JSON document there instead, integers as strings. Everything
else goes to stderr."""


class LazyGroup(click.Group):
    """A group whose commands are imported when they are needed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"wellhead.cli.{cmd_name}")
        command = getattr(module, cmd_name)
        assert isinstance(command, click.Command)  # noqa: S101
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=LazyGroup, epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="wellhead", prog_name="wellhead")
def cli() -> None:
    """Wellhead: GPU capacity as an on-chain asset.

    Operators register clusters and mint tokens for units that reporters attested; tenants lease
    units by the hour in a stablecoin; holders earn the rent that was served. Start with `up`.
    """
