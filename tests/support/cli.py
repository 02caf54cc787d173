"""Calling the command line in this process, against a node of the tests."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from tests.support.stage import Stage
from wellhead.chain import UnlockedAccount
from wellhead.cli import cli, documents


@dataclass(frozen=True)
class Outcome:
    """What a command said and how it ended."""

    code: int
    stdout: str
    stderr: str

    @property
    def document(self) -> dict[str, Any]:
        """The one JSON document on stdout."""
        body = json.loads(self.stdout)
        assert isinstance(body, dict)
        documents.check(body)
        return body


class Command:
    """`wellhead ARGUMENTS`, with its state in a folder of the test."""

    def __init__(self, folder: Path, rpc_url: str | None = None) -> None:
        self.folder = folder
        self.environment: dict[str, str | None] = {
            "WELLHEAD_STATE": str(folder),
            "WELLHEAD_RPC": rpc_url,
            "WELLHEAD_NETWORK": None,
            "WELLHEAD_DEPLOYMENT": None,
            "WELLHEAD_ACCOUNT": None,
        }

    def __call__(self, *arguments: object, answer: str | None = None) -> Outcome:
        runner = CliRunner(mix_stderr=False, env=self.environment)
        words = [str(argument) for argument in arguments]
        ended = runner.invoke(cli, words, input=answer, catch_exceptions=False)
        assert "Traceback" not in ended.stderr
        return Outcome(ended.exit_code, ended.stdout, ended.stderr)

    def json(self, *arguments: object, code: int = 0) -> dict[str, Any]:
        """A command that must end with this code, without questions; its document."""
        outcome = self(*arguments, "--json")
        assert outcome.code == code, outcome.stderr
        return outcome.document

    def refused(self, code: int, *arguments: object) -> str:
        """A command that must end with this code; what it said, and said in JSON too."""
        outcome = self(*arguments, "--json")
        assert outcome.code == code, (outcome.code, outcome.stdout, outcome.stderr)
        if code == 2:
            return outcome.stderr
        document = outcome.document
        assert document["schema"] == "wellhead.error/1"
        assert document["exit_code"] == str(code)
        message = str(document["message"])
        assert outcome.stderr.splitlines()[-1] == f"error: {message}"
        return message


def command_on(stage: Stage, folder: Path) -> Command:
    """Commands against a stage's node, its deployment file in place."""
    command = Command(folder, stage.anvil.rpc.url)
    stage.deployment.save(folder / "deployments" / f"{stage.deployment.chain_id}.json")
    return command


def block_number(stage: Stage) -> int:
    return stage.anvil.rpc.integer("eth_blockNumber")


def purse(stage: Stage, account: UnlockedAccount) -> tuple[int, int]:
    """An account's stablecoins, and what the vault may take of them."""
    balance = stage.cash.call("balanceOf", account.address)
    allowance = stage.cash.call("allowance", account.address, stage.vault.address)
    return int(balance), int(allowance)
