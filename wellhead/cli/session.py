"""What a command works with: its settings, the node, the deployment, who sends, where it shows."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

if TYPE_CHECKING:
    from wellhead.chain import Account, Deployment, Receipt, Rpc
    from wellhead.cli.output import Output

HOUR = 3600
T = TypeVar("T")


@dataclass
class Settings:
    """The shared options as given."""

    rpc_url: str | None = None
    deployment_file: Path | None = None
    account: int | str | None = None
    as_json: bool = False
    verbose: bool = False
    dry_run: bool = False
    yes: bool = False
    #: An account that is there already, as in an ape script.
    signer: Account | None = field(default=None, repr=False)


class Session:
    """Settings, and what follows from them when it is first needed."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    @property
    def dry_run(self) -> bool:
        return self.settings.dry_run

    @cached_property
    def out(self) -> Output:
        from wellhead.cli.output import Output

        return Output(as_json=self.settings.as_json, verbose=self.settings.verbose)

    @cached_property
    def rpc(self) -> Rpc:
        from wellhead.actions import local
        from wellhead.chain import Rpc

        url = self.settings.rpc_url
        if url is None:
            node = local.running()
            url = node.url if node else f"http://127.0.0.1:{local.DEFAULT_PORT}"
        self.out.detail(f"node {url}")
        return Rpc(url)

    @cached_property
    def chain_id(self) -> int:
        return self.rpc.integer("eth_chainId")

    @property
    def is_local(self) -> bool:
        from wellhead.chain.anvil import LOCAL_CHAIN_ID

        return self.chain_id == LOCAL_CHAIN_ID

    @property
    def deployment_file(self) -> Path:
        from wellhead.actions import local

        return self.settings.deployment_file or local.deployment_file(self.chain_id)

    @cached_property
    def deployment(self) -> Deployment:
        from wellhead.chain import Deployment

        path = self.deployment_file
        self.out.detail(f"chain {self.chain_id}, deployment {path}")
        return Deployment.load(path, self.rpc)

    def current_hour(self) -> int:
        """By the latest block."""
        return self.rpc.now() // HOUR

    def sender(self, default: int) -> Account:
        """Who sends: the account that was named, else a local chain's account `default`."""
        from wellhead.actions import people
        from wellhead.actions.errors import SetupError
        from wellhead.chain import UnlockedAccount

        if self.settings.signer is not None:
            return self.settings.signer
        account = self.settings.account
        if not self.is_local and not isinstance(account, str):
            raise SetupError(
                f"chain {self.chain_id} is not local: name the sender by address with --account"
            )
        named = default if account is None else account
        address = people.dev_address(named) if isinstance(named, int) else named
        held = {str(a).lower() for a in self.rpc("eth_accounts")}
        if address.lower() not in held and not self.dry_run:
            raise SetupError(f"the node at {self.rpc.url} holds no key for {address}")
        return UnlockedAccount(address)

    def confirm(self, question: str) -> None:
        """Go on only if the person agrees; --yes and --dry-run do not ask."""
        if self.settings.yes or self.dry_run:
            return
        # click's own question would put a blank on stdout.
        sys.stderr.write(f"{question} [y/N] ")
        sys.stderr.flush()
        answer = sys.stdin.readline()
        if not answer.endswith("\n"):
            sys.stderr.write("\n")
        if answer.strip().lower() not in ("y", "yes"):
            raise click.Abort

    def mined(self, *receipts: Receipt | None) -> None:
        """Say what was put on chain."""
        for receipt in receipts:
            if receipt is not None:
                self.out.detail(
                    f"mined {receipt.hash} in block {receipt.block}, gas {receipt.gas_used:,}"
                )


def run(settings: Settings, work: Callable[[Session], T]) -> T:
    """Do a command's work; what goes wrong becomes a sentence and an exit code."""
    from wellhead.cli.failures import guarded

    session = Session(settings)
    with guarded(session):
        return work(session)
    raise AssertionError("guarded exits")
