"""What the scripts share: ape's network and account behind the command line's functions.

    ape run lease --account TEST::5 --cluster 1 --units 8 --hours 24

ape names the network and the account; all else is as in `wellhead lease`. Where ape would start an
anvil of its own, the one of `wellhead up` is used if it runs, or that which APE_FOUNDRY_HOST names.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click
from ape.cli import ConnectedProviderCommand, account_option

from wellhead.cli.options import F

if TYPE_CHECKING:
    from wellhead.chain import Rpc
    from wellhead.chain.fees import Bounds
    from wellhead.cli.session import Settings

HOST = "APE_FOUNDRY_HOST"

#: ape's --account: an alias, an index or TEST::0; asked for when it is not given.
by_ape: Callable[[F], F] = account_option()


class NodeCommand(ConnectedProviderCommand):  # type: ignore[misc]
    """Connects to the node of `wellhead up` instead of starting another, if it runs."""

    def invoke(self, ctx: click.Context) -> Any:
        from wellhead.actions import local

        if self.settings(ctx).as_json:
            from ape.logging import logger

            logger.set_level("ERROR")  # what ape says below that goes to stdout
        node = local.running()
        if HOST not in os.environ and node is not None:
            os.environ[HOST] = node.url
        return super().invoke(ctx)

    @staticmethod
    def settings(ctx: click.Context) -> Settings:
        from wellhead.cli.options import KEY

        found: Settings = ctx.meta[KEY]
        return found


class ApeAccount:
    """An account of ape's, as the chain driver wants it: ape signs, and nothing more."""

    def __init__(self, account: Any, provider: Any) -> None:
        self.bounds: Bounds | None = None
        self._account = account
        self._ecosystem = provider.network.ecosystem
        self.address = str(account.address)

    def unlock(self) -> None:
        """Let ape ask for the passphrase once instead of for each transaction."""
        from ape.exceptions import ApeException

        from wellhead.chain.keys import KeyProblem

        if not hasattr(self._account, "set_autosign"):
            return
        try:
            self._account.set_autosign(True)
        except ApeException as error:
            raise KeyProblem(f"{self._account.alias} can not be used: {error}") from error

    def transact(self, rpc: Rpc, transaction: dict[str, Any]) -> dict[str, Any]:
        """Sign with ape, send, and wait for the receipt."""
        from wellhead.chain.accounts import fill_in, send_raw

        body = fill_in(rpc, self.address, transaction, self.bounds)
        return send_raw(rpc, self.sign_transaction(body))

    def sign_transaction(self, body: dict[str, Any]) -> bytes:
        """A transaction with all its fields, signed by ape and encoded."""
        unsigned = self._ecosystem.create_transaction(type=2, **body)
        signed = self._account.sign_transaction(unsigned)
        if signed is None:
            raise click.Abort
        return bytes(signed.serialize_transaction())


def with_ape(settings: Settings, provider: Any, account: Any) -> Settings:
    """The shared options, with ape's node and account."""
    settings.rpc_url = str(provider.http_uri)
    settings.called_local = provider.network.name == "local"
    settings.signer = ApeAccount(account, provider)
    if getattr(provider, "process", None) is not None:
        click.echo(
            "note: ape started this chain for this command alone; that of `wellhead up` stays",
            err=True,
        )
    return settings
