"""Who sends a command's transactions, from what was named on the command line."""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from wellhead import toolchain
from wellhead.actions import people
from wellhead.actions.errors import SetupError
from wellhead.chain import Account, UnlockedAccount, locality
from wellhead.chain.keys import (
    ExternalSigner,
    KeyfileAccount,
    ape_keyfile,
    refuse_inside,
    signer_at,
)
from wellhead.chain.rpc import shown
from wellhead.sources import ToolchainError

if TYPE_CHECKING:
    from wellhead.cli.session import Session


def find_sender(session: Session, default: int) -> Account:
    """The account that was named, else a local chain's dev account `default`."""
    sender = _named(session, default)
    known = None if session.is_local else locality.publicly_known(sender.address)
    if known is not None:
        raise SetupError(
            f"{sender.address} is {known}, whose key everybody has: it is for local chains only"
        )
    return sender


def ask_passphrase(question: str) -> str | None:
    """From whoever sits at the terminal; None if nobody does."""
    if sys.stdin is None or not sys.stdin.isatty():
        return None
    return str(click.prompt(question, hide_input=True, err=True, default="", show_default=False))


def _named(session: Session, default: int) -> Account:
    settings = session.settings
    if settings.signer is not None:
        return settings.signer
    account = settings.account
    address = account if isinstance(account, str) and account.startswith("0x") else None
    if settings.keyfile is not None and settings.signer_url is not None:
        raise SetupError("--keyfile and --signer name two senders: give one of them")
    if settings.signer_url is not None:
        return signer_at(settings.signer_url, address)
    if settings.keyfile is not None:
        return _keyfile(session, settings.keyfile, None, address)
    if isinstance(account, str) and address is None:
        return _keyfile(session, ape_keyfile(account), account, None)
    if address is not None:
        return _held_by_the_node(session, address)
    if not session.is_local:
        raise SetupError(
            f"chain {session.chain_id} is not local: name the sender with --account ALIAS, "
            "--keyfile or --signer"
        )
    index = default if account is None else int(account)
    return _held_by_the_node(session, people.dev_address(index))


def _keyfile(session: Session, path: Path, alias: str | None, address: str | None) -> Account:
    if not session.is_local:
        with suppress(ToolchainError):  # an installed package has no project folder
            refuse_inside(path, toolchain.project_root())
    account = KeyfileAccount(path, ask_passphrase, alias)
    if address is not None and address != account.address:
        raise SetupError(f"{path} is the keystore of {account.address}, not of {address}")
    return account


def _held_by_the_node(session: Session, address: str) -> Account:
    held = {str(account).lower() for account in session.rpc("eth_accounts")}
    if address.lower() not in held and not session.dry_run:
        raise SetupError(
            f"the node at {shown(session.rpc.url)} holds no key for {address}: name an alias of "
            "ape's, a --keyfile or a --signer"
        )
    return UnlockedAccount(address) if session.is_local else ExternalSigner(session.rpc, address)
