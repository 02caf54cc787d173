"""`wellhead holders` and `wellhead transfer`."""

from __future__ import annotations

from typing import Any

import click

from wellhead.actions import holding, people
from wellhead.actions.errors import SetupError
from wellhead.actions.holding import BooksError, Holding, Register, Transfer
from wellhead.cli import amounts, looking, options, standings
from wellhead.cli.output import Row
from wellhead.cli.session import Session, Settings, run

#: Holders in a table.
USUAL = 100


@click.command("holders")
@looking.one("cluster", "The cluster's id.")
@looking.limit(USUAL, "holders, the largest,")
@options.node
@options.deployment
@options.shows
@options.pass_settings
def holders(settings: Settings, cluster: int, limit: int | None) -> None:
    """List who holds a cluster's token.

    From the token's events, checked against the supply, every balance, and to the last fraction
    against all that the token has earned. With each holder's part of the supply, what of it is
    frozen, the credential, what could be claimed now in both currencies, and what was claimed so
    far. Former holders are listed while something is owed to them. Where not all are shown, it is
    the shown ones who are checked.
    """
    run(settings, lambda session: _holders(session, cluster, limit))


@click.command("transfer")
@click.argument("cluster", type=options.WHOLE, metavar="CLUSTER")
@click.argument("to", type=looking.VIEWED, metavar="TO")
@click.argument("amount", type=options.TOKENS, metavar="UNITS")
@click.option(
    "--from",
    "owner",
    type=looking.VIEWED,
    help="Whose tokens: an address, or a dev account's index on a local chain. Who sends has to be "
    "allowed to take them, by ERC-20's approve.  [default: the sender's]",
)
@options.sender(f"--from where that is given, else {people.OPERATOR}, the operator")
@options.node
@options.deployment
@options.shows
@options.pass_settings
def transfer(
    settings: Settings, cluster: int, to: int | str, amount: int, owner: int | str | None
) -> None:
    """Hand tokens of a cluster over to somebody else.

    CLUSTER is the cluster's id, TO an address, or a dev account's index on a local chain, UNITS a
    number such as 2.5: one token is one unit. What would stop it is said before anything is sent:
    the receiver needs a credential that the cluster's policy admits, and what is frozen stays. What
    the tokens earned until then stays the former holder's.
    """
    run(settings, lambda session: _transfer(session, cluster, to, amount, owner))


def _holders(session: Session, cluster: int, limit: int | None) -> None:
    deployment, most = session.deployment, looking.most(session, limit, USUAL)
    deployment.registry.call("clusterOf", cluster)  # an unknown one is refused
    try:
        with session.out.working("reading holders"):
            found = holding.register_of(deployment, cluster, most=most)
    except BooksError as error:
        said = f"what cluster {cluster}'s holders have does not add up: {error}. Please report this"
        raise SetupError(said) from error
    count = amounts.show_count(len(found.holdings), "holder")
    rows: list[Row] = [("supply", f"{amounts.show_tokens(found.supply)} tokens, {count}")]
    for one in found.holdings:
        rows += _rows(found, one)
    lines = standings.vesting_lines(found.vesting)
    rows += [("vesting" if not number else "", line) for number, line in enumerate(lines)]
    session.out.result("holders", _document(found), f"Holders of cluster {cluster}", rows)
    if not session.settings.as_json:
        looking.tell_more(session, found.more, "account")


def _rows(found: Register, one: Holding) -> list[Row]:
    """A holder in a few lines, the part of the supply before it."""
    tokens = f"{amounts.show_tokens(one.tokens)} tokens"
    if one.frozen:
        tokens += f", {amounts.show_tokens(one.frozen)} frozen"
    claimable = amounts.show_both(one.cash, one.reserve)
    claimed = amounts.show_both(one.cash_claimed, one.reserve_claimed)
    return [
        (amounts.show_share(found.share(one)), one.account),
        ("", f"{tokens}; credential: {standings.in_short(one.standing, one.objection)}"),
        ("", f"claimable {claimable}, claimed {claimed}"),
    ]


def _document(found: Register) -> dict[str, Any]:
    return {
        "block": found.block,
        "cluster": found.cluster,
        "token": found.token,
        "policy": found.policy,
        "supply": found.supply,
        "vesting": standings.vesting_document(found.vesting),
        "more": found.more,
        "holders": [
            {
                "account": one.account,
                "tokens": one.tokens,
                "share": found.share(one),
                "frozen": one.frozen,
                "claimable": {"cash": one.cash, "reserve": one.reserve},
                "claimed": {"cash": one.cash_claimed, "reserve": one.reserve_claimed},
                "credential": standings.document(one.standing),
                **standings.eligibility(one.objection),
            }
            for one in found.holdings
        ],
    }


def _transfer(
    session: Session, cluster: int, to: int | str, amount: int, owner: int | str | None
) -> None:
    deployment = session.deployment
    if isinstance(owner, str) and not session.settings.names_a_sender:
        session.settings.account = owner
    sender = session.sender(owner if isinstance(owner, int) else people.OPERATOR)
    receiver = str(session.address_of(to))
    holder = session.address_of(owner) or sender.address
    made = holding.prepare(deployment, cluster, holder, receiver, amount, sender)
    if not session.dry_run:
        whole = amounts.show_tokens(_before(made))
        session.confirm(
            f"Hand {amounts.show_tokens(amount)} of the {whole} tokens of {holder} over to "
            f"{receiver}?"
        )
        with session.turn_of(sender):
            made = holding.transfer(deployment, made, sender)
    session.mined(made.receipt)
    document = {
        "dry_run": session.dry_run,
        "cluster": cluster,
        "from": made.owner,
        "to": made.to,
        "by": sender.address,
        "amount": made.amount,
        "from_left": made.owner_left,
        "to_now": made.to_now,
        "transaction": made.receipt.hash if made.receipt else None,
    }
    rows: list[Row] = [
        ("cluster", str(cluster)),
        ("tokens", amounts.show_tokens(amount)),
        ("from", f"{made.owner}, {amounts.show_tokens(made.owner_left)} left"),
        ("to", f"{made.to}, {amounts.show_tokens(made.to_now)} now"),
    ]
    if sender.address != holder:
        rows.append(("sent by", sender.address))
    if made.receipt:
        rows.append(("transaction", made.receipt.hash))
    title = "Tokens, not handed over" if session.dry_run else "Tokens handed over"
    session.out.result("transfer", document, title, rows)


def _before(made: Transfer) -> int:
    """What the owner has as long as nothing is sent."""
    return made.owner_left + (0 if made.owner == made.to else made.amount)
