"""The tables that are made from the project's own data: gas, and every command's help."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import click

from docs.world import World
from wellhead.cli import cli

SNAPSHOT = Path(__file__).resolve().parent.parent / "tests" / "gas" / "snapshot.json"

#: Operation of the snapshot -> what it is.
OPERATIONS = {
    "register": "register a cluster, its token deployed",
    "mint": "mint attested units, 3 of 5 signatures",
    "set_sellable": "open or close units to bookings",
    "retire": "retire units",
    "report": "report one hour, 3 of 5 signatures",
    "report_24": "report 24 hours in one batch",
    "close_silent": "close an hour that nobody reported",
    "lease_24h": "lease 24 hours",
    "lease_720h": "lease 720 hours",
    "lease_8760h": "lease 8,760 hours",
    "lease_first_24h": "lease 24 hours that nobody has booked yet",
    "lease_transfer": "transfer a lease",
    "accrue": "accrue a final hour",
    "settle_refund": "settle a lease, with a refund",
    "update_base": "update the base price over 24 hours",
    "distribute": "accrue an hour and distribute it",
    "pay_reporters": "pay the reporters",
    "transfer_idle": "transfer tokens, nothing newly earned",
    "transfer_after_distribution": "transfer tokens after a distribution",
    "claim": "claim a holder's revenue",
    "withdraw": "withdraw from the vault",
}

#: What others publish for the nearest thing they do: operation -> figure and source.
PEERS = {
    "report": "81,025: Scribe `poke`, 5 signatures [1]; 68,944 optimistic [1]",
    "lease_24h": "about 1,530,000 in three transactions: AEP-79, deployment, bid and lease [2]",
    "lease_first_24h": "110,530 to 137,629 without the transaction: Sablier Lockup, create [3]",
    "settle_refund": "about 180,000: AEP-79 `withdrawLease` [2]",
    "claim": "19,002 to 29,701 without the transaction: Sablier Lockup, withdraw [3]",
    "transfer_idle": "34,371: OpenZeppelin 5.7.0 ERC-20 [4]",
}


def gas(_world: World) -> Iterator[str]:
    """The committed snapshot."""
    figures = json.loads(SNAPSHOT.read_text("utf-8"))
    if set(figures) != set(OPERATIONS):
        raise KeyError(sorted(set(figures) ^ set(OPERATIONS)))
    yield "| operation | gas | new slots | others |"
    yield "|---|---:|---:|---|"
    for name, what in OPERATIONS.items():
        figure = figures[name]
        row = (what, f"{figure['gas']:,}", str(figure["new_slots"]), PEERS.get(name, ""))
        yield f"| {' | '.join(row)} |"


def commands(world: World) -> Iterator[str]:
    """The help of every command."""
    for number, path in enumerate(command_paths()):
        if number:
            yield ""
        yield f"## {' '.join(path)}"
        yield ""
        yield "```text"
        yield from world.run([*path, "--help"]).splitlines()
        yield "```"


def command_paths(
    group: click.Group = cli, above: tuple[str, ...] = ("wellhead",)
) -> list[list[str]]:
    """Every command and group, as it is called."""
    found = [list(above)]
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        path = (*above, name)
        found += command_paths(command, path) if isinstance(command, click.Group) else [list(path)]
    return found


TABLES: dict[str, Callable[[World], Iterator[str]]] = {"gas": gas, "commands": commands}
