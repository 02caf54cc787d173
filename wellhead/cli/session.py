"""What a command works with: its settings, the node, the deployment, who sends, where it shows."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

if TYPE_CHECKING:
    from wellhead.actions.local import Node
    from wellhead.chain import Account, Deployment, Receipt, Rpc
    from wellhead.cli.output import Output

HOUR = 3600
T = TypeVar("T")


@dataclass
class Settings:
    """The shared options as given."""

    rpc_url: str | None = None
    #: A network's name or a node's URL.
    network: str | None = None
    deployment_file: Path | None = None
    account: int | str | None = None
    keyfile: Path | None = None
    signer_url: str | None = None
    as_json: bool = False
    verbose: bool = False
    dry_run: bool = False
    yes: bool = False
    #: Most for a unit of gas and most of that for whoever builds the block, wei.
    max_fee: int | None = None
    max_priority_fee: int | None = None
    #: An account that is there already, as in an ape script.
    signer: Account | None = field(default=None, repr=False)
    #: Whether whoever named the node says that it is a local one.
    called_local: bool = False

    @property
    def names_a_sender(self) -> bool:
        """Whether it was said who sends."""
        named = (self.account, self.keyfile, self.signer_url, self.signer)
        return any(each is not None for each in named)


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
        from wellhead.chain.rpc import Rpc, shown

        url = self._url()
        self.out.detail(f"node {shown(url)}")
        rpc = Rpc(url)
        if self.settings.called_local:
            _require_local(rpc)
        return rpc

    @cached_property
    def node(self) -> Node | None:
        """The node of `up`, if it is the one that is asked."""
        from wellhead.actions import local

        node = local.running()
        return node if node is not None and self.rpc.url.rstrip("/") == node.url else None

    @cached_property
    def chain_id(self) -> int:
        from wellhead.actions import networks
        from wellhead.actions.errors import SetupError
        from wellhead.chain.rpc import shown

        found = self.rpc.integer("eth_chainId")
        known = networks.KNOWN.get(self.settings.network or "")
        if known is not None and known.chain_id != found:
            where = shown(self.rpc.url)
            raise SetupError(
                f"{known.name} is chain {known.chain_id}, but {where} is chain {found}"
            )
        return found

    def _url(self) -> str:
        from wellhead.actions import local, networks

        network = self.settings.network
        if network is not None and networks.is_url(network):
            return network
        if self.settings.rpc_url is not None and network != networks.LOCAL:
            return self.settings.rpc_url
        if network is not None and network != networks.LOCAL:
            return networks.KNOWN[network].address
        node = local.running()
        return node.url if node else f"http://127.0.0.1:{local.DEFAULT_PORT}"

    @cached_property
    def is_local(self) -> bool:
        from wellhead.chain.locality import is_local

        return is_local(self.rpc)

    @property
    def deployment_file(self) -> Path:
        from wellhead.actions import local

        return self.settings.deployment_file or local.deployment_file(self.chain_id)

    @cached_property
    def deployment(self) -> Deployment:
        from wellhead.chain import Deployment
        from wellhead.chain.accounts import OtherChain

        path = self.deployment_file
        self.freshen()
        self.out.detail(f"chain {self.chain_id}, deployment {path}")
        found = Deployment.load(path, self.rpc)
        if found.chain_id != self.chain_id:
            raise OtherChain(self.chain_id, found.chain_id)
        return found

    def freshen(self) -> None:
        """Let contracts on the node of `up` see the present."""
        from wellhead.actions import local

        if self.node is not None:
            local.freshen(self.rpc)

    @contextmanager
    def turn_of(self, account: Account) -> Iterator[None]:
        """One command at a time sends from an account: others of this machine wait."""
        from wellhead.actions import local

        with ExitStack() as stack:
            if not self.dry_run:
                stack.enter_context(local.turn(self.chain_id, account.address))
            yield

    def address_of(self, account: int | str | None) -> str | None:
        """An account that is looked at, by address."""
        from wellhead.actions import people

        return people.dev_address(account) if isinstance(account, int) else account

    def current_hour(self) -> int:
        """By the latest block."""
        return self.rpc.now() // HOUR

    def sender(self, default: int) -> Account:
        """Who sends: the account that was named, else a local chain's account `default`."""
        from wellhead.cli.fees import bounds_of
        from wellhead.cli.senders import find_sender

        sender = find_sender(self, default)
        sender.bounds = bounds_of(self)
        return sender

    def confirm(self, question: str) -> None:
        """Go on only if the person agrees; --yes and --dry-run do not ask."""
        if self.settings.yes or self.dry_run:
            return
        # click's own question would put a blank on stdout.
        if sys.stdin is None or sys.stderr is None:
            raise click.Abort
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


def _require_local(rpc: Rpc) -> None:
    from wellhead.actions.errors import SetupError
    from wellhead.chain.locality import is_local
    from wellhead.chain.rpc import shown

    if not is_local(rpc):
        raise SetupError(
            f"the network is called local, but the node at {shown(rpc.url)} is of chain "
            f"{rpc.integer('eth_chainId')} and no local one: name its network with --network"
        )


def run(settings: Settings, work: Callable[[Session], T]) -> T:
    """Do a command's work; what goes wrong becomes a sentence and an exit code."""
    from wellhead.cli.failures import guarded

    session = Session(settings)
    with guarded(session):
        return work(session)
    raise AssertionError("guarded exits")
