"""`wellhead compliance freeze` and `wellhead compliance force`."""

from __future__ import annotations

import click

from wellhead.actions import complying, people
from wellhead.cli import acts, amounts, looking, options
from wellhead.cli.acts import Intent
from wellhead.cli.session import Session, Settings, run

_OFFICER = f"{people.OFFICER}, an officer for compliance"
_CLUSTER = click.argument("cluster", type=options.WHOLE, metavar="CLUSTER")


@click.command("freeze")
@_CLUSTER
@click.argument("named", type=looking.VIEWED, metavar="ACCOUNT")
@click.argument("amount", type=options.TOKENS, metavar="UNITS")
@options.sender(_OFFICER)
@options.node
@options.deployment
@options.shows
@options.pass_settings
def freeze(settings: Settings, cluster: int, named: int | str, amount: int) -> None:
    """Freeze tokens of an account, so that it can not send them.

    CLUSTER is the cluster's id, ACCOUNT an address, or a dev account's index on a local chain,
    UNITS a number such as 2.5. It takes the place of what was frozen before: 0 frees all. It may be
    more than the account has; what comes later is frozen too. What the tokens earn is not touched.
    """
    run(settings, lambda session: _freeze(session, cluster, named, amount))


@click.command("force")
@_CLUSTER
@click.argument("owner", type=looking.VIEWED, metavar="FROM")
@click.argument("to", type=looking.VIEWED, metavar="TO")
@click.argument("amount", type=options.TOKENS, metavar="UNITS")
@options.sender(_OFFICER)
@options.node
@options.deployment
@options.shows
@options.pass_settings
def force(settings: Settings, cluster: int, owner: int | str, to: int | str, amount: int) -> None:
    """Take tokens from one account and give them to another.

    CLUSTER is the cluster's id, FROM and TO are addresses, or dev accounts' indices on a local
    chain, UNITS is a number such as 2.5. Frozen ones too; but TO must be allowed to receive. What
    they earned until now stays FROM's.
    """
    run(settings, lambda session: _force(session, cluster, owner, to, amount))


def _freeze(session: Session, cluster: int, named: int | str, amount: int) -> None:
    deployment = session.deployment
    sender = session.sender(people.OFFICER)
    account = str(session.address_of(named))
    before = complying.tokens_of(deployment, cluster, account)
    shown = amounts.show_tokens(amount)
    intent = Intent(
        schema="compliance.freeze",
        question=f"Freeze {shown} of the {amounts.show_tokens(before.balance)} tokens of {account}?"
        if amount
        else f"Free all tokens of {account} in cluster {cluster}?",
        title="Tokens frozen" if amount else "Tokens freed",
        undone="Tokens, not frozen" if amount else "Tokens, not freed",
        document={
            "cluster": cluster,
            "account": account,
            "frozen": amount,
            "frozen_before": before.frozen,
            "balance": before.balance,
        },
        rows=[
            ("cluster", str(cluster)),
            ("account", account),
            ("tokens", amounts.show_tokens(before.balance)),
            ("frozen", f"{shown}, {amounts.show_tokens(before.frozen)} before"),
        ],
    )
    acts.perform(
        session,
        sender,
        intent,
        lambda dry: complying.freeze(deployment, cluster, account, amount, sender, dry=dry),
    )


def _force(session: Session, cluster: int, owner: int | str, to: int | str, amount: int) -> None:
    deployment = session.deployment
    sender = session.sender(people.OFFICER)
    giver, taker = str(session.address_of(owner)), str(session.address_of(to))
    before = complying.tokens_of(deployment, cluster, giver)
    shown = amounts.show_tokens(amount)
    whole = amounts.show_tokens(before.balance)
    intent = Intent(
        schema="compliance.force",
        question=f"Take {shown} of the {whole} tokens of {giver} and give them to {taker}?",
        title="Tokens taken",
        undone="Tokens, not taken",
        document={"cluster": cluster, "from": giver, "to": taker, "amount": amount},
        rows=[
            ("cluster", str(cluster)),
            ("tokens", shown),
            ("from", f"{giver}, {amounts.show_tokens(before.balance - amount)} left"),
            ("to", taker),
        ],
    )
    acts.perform(
        session,
        sender,
        intent,
        lambda dry: complying.force(deployment, cluster, giver, taker, amount, sender, dry=dry),
    )
