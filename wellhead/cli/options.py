"""Options that commands share, and the types of their values. Light to import."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from wellhead.cli import amounts

#: Where a command's context keeps its settings; its object may be somebody else's, ape's for one.
KEY = "wellhead.settings"
pass_settings = click.decorators.pass_meta_key(KEY)

F = TypeVar("F", bound=Callable[..., Any])


class Parsed(click.ParamType):
    """A value that one of the parsers in `amounts` reads."""

    def __init__(self, name: str, parser: Callable[[str], Any]) -> None:
        self.name = name
        self._parser = parser

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if not isinstance(value, str):
            return value
        try:
            return self._parser(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


def _below(limit: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        number = amounts.parse_decimal(text, 0)
        if number >= limit:
            raise ValueError(f"{text!r} is too large")
        return number

    return parse


MONEY = Parsed("dollars", amounts.parse_money)
SHARE = Parsed("share", amounts.parse_share)
THOUSANDTHS = Parsed("units", lambda text: amounts.parse_decimal(text, amounts.THOUSANDTHS))
BITCOIN = Parsed("bitcoin", amounts.parse_bitcoin)
TOKENS = Parsed("units", amounts.parse_tokens)
HOUR = Parsed("hour", amounts.parse_hour)
TIME = Parsed("time", amounts.parse_moment)
ADDRESS = Parsed("address", amounts.parse_address)
WORD = Parsed("word", amounts.parse_word)
WHOLE = Parsed("number", _below(2**32))
#: Joules, GFLOP or tokens of an hour.
LARGE = Parsed("number", _below(2**64))
#: In wei.
FEE = Parsed("gwei", lambda text: amounts.parse_decimal(text, 9))
FILE = click.Path(path_type=Path)


def _account(text: str) -> int | str:
    if _KEY.fullmatch(text):
        raise ValueError(
            "that looks like a private key: never give one as an argument, and use another from "
            "now on. Keys are read from a keystore (--keyfile) or stay with a signer (--signer)"
        )
    if text.isascii() and text.isdigit() and len(text) < 4:
        return int(text)
    if _ALIAS.fullmatch(text) and not text.startswith("0x"):
        return text
    try:
        return amounts.parse_address(text)
    except ValueError as error:
        raise ValueError(
            f"{error}; the other ways to name an account are a dev account's index and an alias "
            "of ape's"
        ) from None


_KEY = re.compile(r"(0x)?[0-9a-fA-F]{64}")
_ALIAS = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,63}")
ACCOUNT = Parsed("index|address|alias", _account)


def stack(*options: Callable[[F], F]) -> Callable[[F], F]:
    """Several options as one decorator, listed in this order."""

    def decorate(function: F) -> F:
        for option in reversed(options):
            function = option(function)
        return function

    return decorate


def _shared(name: str) -> Callable[[click.Context, click.Parameter, Any], None]:
    """Keep an option's value for the session instead of handing it to the command."""

    def keep(ctx: click.Context, param: click.Parameter, value: Any) -> None:
        from wellhead.cli.session import Settings

        setattr(ctx.meta.setdefault(KEY, Settings()), name, value)

    return keep


def _option(field: str, *names: str, **attributes: Any) -> Callable[[F], F]:
    return click.option(*names, expose_value=False, callback=_shared(field), **attributes)


as_json = _option("as_json", "--json", is_flag=True, help="Print one JSON document on stdout.")
#: How the outcome is shown.
shows = stack(
    as_json,
    _option("verbose", "-v", "--verbose", is_flag=True, help="Say on stderr what is done."),
)


def _network(text: str) -> str:
    from wellhead.actions import networks

    return networks.parse(text)


#: Which node, and which deployment on it.
node = stack(
    _option(
        "network",
        "--network",
        type=Parsed("name|url", _network),
        envvar="WELLHEAD_NETWORK",
        help="local (the chain of `up`), mainnet, sepolia, hoodi, base, base-sepolia, arbitrum, "
        "arbitrum-sepolia, optimism, or a node's URL. A name is checked against the chain.",
    ),
    _option(
        "rpc_url",
        "--rpc",
        metavar="URL",
        envvar="WELLHEAD_RPC",
        help="The node.  [default: the network's, else that of `up` if it runs, else "
        "http://127.0.0.1:8545]",
    ),
)
deployment = _option(
    "deployment_file",
    "--deployment",
    type=FILE,
    envvar="WELLHEAD_DEPLOYMENT",
    help="The deployment file.  [default: deployments/CHAIN_ID.json in .wellhead]",
)


def sender(default: str, *, pays: bool = True) -> Callable[[F], F]:
    """Who sends, how far it goes, and what it may cost, unless the command says that by itself.
    `default` names the local chain's account."""
    return stack(
        _option(
            "account",
            "--account",
            type=ACCOUNT,
            envvar="WELLHEAD_ACCOUNT",
            help="Who sends: a dev account's index on a local chain, an alias of ape's accounts, "
            "or an address that the node or the signer holds.  [default on a local chain: "
            f"{default}]",
        ),
        _option(
            "keyfile",
            "--keyfile",
            type=FILE,
            envvar="WELLHEAD_KEYFILE",
            help="Who sends: the account of a keystore file. Its passphrase is asked for, or read "
            "from $WELLHEAD_PASSPHRASE.",
        ),
        _option(
            "signer_url",
            "--signer",
            metavar="URL",
            envvar="WELLHEAD_SIGNER",
            help="Who sends: an account of another program that holds the key and signs, such as "
            "clef or web3signer.",
        ),
        sending,
        *([fees] if pays else []),
    )


#: How far a transaction goes; for the ape scripts too, where ape names the account.
sending = stack(
    _option("dry_run", "--dry-run", is_flag=True, help="Ask the chain, but send nothing."),
    _option("yes", "--yes", "-y", is_flag=True, help="Do not ask before sending."),
)

#: What a transaction may cost; for the ape scripts too.
fees = stack(
    _option(
        "max_fee",
        "--max-fee",
        type=FEE,
        help="Most for a unit of gas; nothing is sent where the chain asks for more.  [default: "
        "100, on a local chain no bound]",
    ),
    _option(
        "max_priority_fee",
        "--max-priority-fee",
        type=FEE,
        help="Most of that for whoever builds the block.  [default: 10, on a local chain no bound]",
    ),
)

deployment_plan = stack(
    click.option(
        "--parameters",
        type=FILE,
        help="Everything from a TOML file, for chains that are not local; deployments/example.toml "
        "is one.",
    ),
    click.option("--cash", type=ADDRESS, help="The stablecoin."),
    click.option("--reserve", type=ADDRESS, help="The bitcoin token."),
    click.option("--reporter", "reporters", type=ADDRESS, multiple=True, help="May repeat."),
    click.option("--threshold", type=click.IntRange(1, 32), help="Signatures that a report needs."),
    click.option("--operator", "operators", type=ADDRESS, multiple=True, help="May repeat."),
    click.option("--guardian", "guardians", type=ADDRESS, multiple=True, help="May repeat."),
    click.option(
        "--finality",
        type=click.IntRange(1, 720),
        default=24,
        show_default=True,
        metavar="HOURS",
        help="Hours after which a report is final.",
    ),
    click.option(
        "--contest-deposit",
        "contest_deposit",
        type=MONEY,
        help="What contesting a report takes, in dollars.  [default: 100]",
    ),
    click.option(
        "--again",
        is_flag=True,
        help="Deploy although there is a deployment, or one that was interrupted; its file is kept "
        "under another name.",
    ),
)

cluster = click.option(
    "--cluster", type=WHOLE, required=True, metavar="ID", help="The cluster's id."
)

#: A lease, by position.
lease = click.argument("lease", type=WHOLE, metavar="LEASE")

order = stack(
    cluster,
    click.option("--units", type=WHOLE, required=True, help="Units to lease."),
    click.option(
        "--start",
        type=HOUR,
        default="now",
        show_default=True,
        help="First hour: now, now+24, 2026-12-01T00:00Z or an hour's number.",
    ),
    click.option("--hours", type=WHOLE, required=True, help="Number of hours."),
)

max_cost = click.option(
    "--max-cost", type=MONEY, help="Pay no more than this.  [default: the quote and 1 %]"
)
