"""`wellhead verify`: the source of what was deployed, for a block explorer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from wellhead.actions import verifying
from wellhead.cli import options
from wellhead.cli.session import Session, Settings, run


@click.command()
@click.option(
    "--json-input",
    type=options.FILE,
    help="Write the compiler's standard JSON input there, and ask nobody.",
)
@options.node
@options.deployment
@options.shows
@options.pass_settings
def verify(settings: Settings, json_input: Path | None) -> None:
    """Give the contracts' source to a block explorer.

    It goes to Etherscan with the key in $ETHERSCAN_API_KEY, which needs the extra `verify`. With
    --json-input it goes to a file instead, beside which each contract's name, address and
    constructor arguments are shown: what explorers' pages ask for.
    """
    run(settings, lambda session: execute(session, json_input))


def execute(session: Session, json_input: Path | None) -> None:
    record = session.deployment.record
    if json_input is None:
        verified = verifying.verify(record, session.rpc.url)
        document: dict[str, Any] = {"contracts": [vars(contract) for contract in verified]}
        rows = [(contract.name, f"{contract.address}  {contract.said}") for contract in verified]
        session.out.result("verify", document, "Verified", rows)
        return
    from wellhead.chain import compiler

    verifying.require_same_build(record)
    json_input.write_text(json.dumps(compiler.standard_input(), indent=1) + "\n", "utf-8")
    arguments = verifying.arguments_of(record)
    contracts = [
        {
            "name": compiler.qualified_name(name),
            "address": record.addresses[name],
            "arguments": given,
        }
        for name, given in arguments.items()
    ]
    document = {"file": json_input, "compiler": compiler.version(), "contracts": contracts}
    rows = [("file", str(json_input)), ("compiler", f"v{compiler.version()}")]
    for contract in contracts:
        rows += [(contract["name"], contract["address"]), ("  arguments", contract["arguments"])]
    session.out.result("verify", document, "Source for an explorer", rows)
