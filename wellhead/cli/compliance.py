"""`wellhead compliance`: the rulebook, and what officers do about it."""

from __future__ import annotations

from collections.abc import Sequence

import click

from wellhead.actions import complying, people
from wellhead.actions.complying import Rulebook
from wellhead.cli import acts, looking, options
from wellhead.cli.acts import Intent
from wellhead.cli.jurisdictions import (
    code_of,
    listed,
    parse_classes,
    parse_jurisdiction,
    show_classes,
    show_jurisdiction,
)
from wellhead.cli.output import Row
from wellhead.cli.session import Session, Settings, run

_OFFICER = f"{people.OFFICER}, an officer for compliance"
JURISDICTION = options.Parsed("country", parse_jurisdiction)
CLASSES = options.Parsed("classes", parse_classes)
_ACCOUNT = click.argument("named", type=looking.VIEWED, metavar="ACCOUNT")


@click.command("show")
@click.option("--policy", type=options.WHOLE, metavar="ID", help="Of this policy.  [default: all]")
@options.node
@options.deployment
@options.shows
@options.pass_settings
def shown(settings: Settings, policy: int | None) -> None:
    """Show the rules: who issues credentials, and whom policies admit.

    A cluster follows one policy, by its terms, for ever; the rules of a policy can change. With the
    accounts that are blocked, and those that need no credential.
    """
    run(settings, lambda session: _show(session, policy))


@click.command("accredit")
@click.argument("issuer", type=looking.VIEWED, metavar="ISSUER")
@options.sender(_OFFICER)
@options.node
@options.deployment
@options.shows
@options.pass_settings
def accredit(settings: Settings, issuer: int | str) -> None:
    """Let an issuer's credentials count from now on.

    ISSUER is an address, or a dev account's index on a local chain. Credentials from before a
    dismissal stay void.
    """
    run(settings, lambda session: _issuer(session, issuer, dismissed=False))


@click.command("dismiss")
@click.argument("issuer", type=looking.VIEWED, metavar="ISSUER")
@options.sender(_OFFICER)
@options.node
@options.deployment
@options.shows
@options.pass_settings
def dismiss(settings: Settings, issuer: int | str) -> None:
    """Make all credentials of an issuer void at once.

    ISSUER is an address, or a dev account's index on a local chain. Its holders keep their tokens
    and can send them.
    """
    run(settings, lambda session: _issuer(session, issuer, dismissed=True))


@click.command("rule")
@click.argument("policy", type=options.WHOLE, metavar="POLICY")
@click.argument(
    "jurisdictions", type=JURISDICTION, nargs=-1, required=True, metavar="JURISDICTION..."
)
@click.option(
    "--classes",
    type=CLASSES,
    required=True,
    help="Who may receive: retail, professional, accredited, institution, 4 to 7, with commas "
    "between; all, or none.",
)
@options.sender(_OFFICER)
@options.node
@options.deployment
@options.shows
@options.pass_settings
def rule(settings: Settings, policy: int, jurisdictions: tuple[int, ...], classes: int) -> None:
    """Say whom a policy admits of some jurisdictions.

    POLICY is the policy's number, JURISDICTION a country by ISO 3166-1: NO, or 578. It takes the
    place of the rule before. Nobody loses tokens by it; who is not admitted any more can only send.
    """
    run(settings, lambda session: _rule(session, policy, jurisdictions, classes))


@click.command("block")
@_ACCOUNT
@options.sender(_OFFICER)
@options.node
@options.deployment
@options.shows
@options.pass_settings
def block(settings: Settings, named: int | str) -> None:
    """Forbid an account to send and to receive the tokens of all clusters.

    ACCOUNT is an address, or a dev account's index on a local chain. What it has earned it can
    claim all the same.
    """
    run(settings, lambda session: _block(session, named, blocked=True))


@click.command("unblock")
@_ACCOUNT
@options.sender(_OFFICER)
@options.node
@options.deployment
@options.shows
@options.pass_settings
def unblock(settings: Settings, named: int | str) -> None:
    """Let a blocked account send and receive again.

    ACCOUNT is an address, or a dev account's index on a local chain.
    """
    run(settings, lambda session: _block(session, named, blocked=False))


@click.command("system-holder")
@_ACCOUNT
@options.sender(f"{people.GOVERNOR}, the governor")
@options.node
@options.deployment
@options.shows
@options.pass_settings
def system_holder(settings: Settings, named: int | str) -> None:
    """Make a contract a system holder, for ever.

    ACCOUNT is its address: that of a pool or a wrapper. It needs no credential, and can be neither
    blocked, nor frozen, nor taken from. Only the governor may do this.
    """
    run(settings, lambda session: _system_holder(session, named))


def _show(session: Session, policy: int | None) -> None:
    found = complying.rulebook(session.deployment, policy)
    numbers = sorted({rule.policy for rule in found.rules} | set(found.clusters))
    document = {
        "block": found.block,
        "issuers": [
            {"issuer": one.address, "number": one.number, "accredited": one.is_accredited}
            for one in found.issuers
        ],
        "policies": [
            {
                "policy": number,
                "clusters": found.clusters.get(number, []),
                "rules": [
                    {
                        "jurisdiction": each.jurisdiction,
                        "country": code_of(each.jurisdiction),
                        "classes": listed(each.classes),
                    }
                    for each in found.rules
                    if each.policy == number
                ],
            }
            for number in numbers
        ],
        "blocked": found.blocked,
        "system_holders": found.system_holders,
    }
    rows = [*_issuers(found)]
    for number in numbers:
        rows += _policy(found, number)
    if policy is not None and not numbers:
        rows.append((f"policy {policy}", "admits nobody, and no cluster follows it"))
    rows += _accounts("blocked", found.blocked)
    rows += _accounts("system holders", found.system_holders)
    session.out.result("compliance.show", document, "Who may hold tokens", rows)


def _issuers(found: Rulebook) -> list[Row]:
    rows: list[Row] = []
    for one in found.issuers:
        said = one.address if one.is_accredited else f"{one.address}, dismissed"
        rows.append(("issuers" if not rows else "", said))
    return rows or [("issuers", "none: nobody can get a credential")]


def _policy(found: Rulebook, number: int) -> list[Row]:
    clusters = ", ".join(str(cluster) for cluster in found.clusters.get(number, []))
    followed = f"followed by cluster {clusters}" if clusters else "no cluster follows it"
    rows: list[Row] = [(f"policy {number}", followed)]
    admitted = [
        (f"  {show_jurisdiction(each.jurisdiction)}", show_classes(each.classes))
        for each in found.rules
        if each.policy == number
    ]
    return rows + (admitted or [("  admits", "nobody")])


def _accounts(name: str, found: Sequence[str]) -> list[Row]:
    return [("" if number else name, account) for number, account in enumerate(found)]


def _issuer(session: Session, named: int | str, *, dismissed: bool) -> None:
    deployment = session.deployment
    sender = session.sender(people.OFFICER)
    issuer = str(session.address_of(named))
    act = complying.dismiss if dismissed else complying.accredit
    name = "dismiss" if dismissed else "accredit"
    intent = Intent(
        schema=f"compliance.{name}",
        question=f"Make all credentials of {issuer} void?"
        if dismissed
        else f"Let the credentials of {issuer} count?",
        title=f"Issuer {name}ed",
        undone=f"Issuer, not {name}ed",
        document={"issuer": issuer},
        rows=[("issuer", issuer)],
    )
    acts.perform(session, sender, intent, lambda dry: act(deployment, issuer, sender, dry=dry))


def _rule(session: Session, policy: int, jurisdictions: tuple[int, ...], classes: int) -> None:
    deployment = session.deployment
    sender = session.sender(people.OFFICER)
    places = list(dict.fromkeys(jurisdictions))
    names = ", ".join(show_jurisdiction(place) for place in places)
    admitted = show_classes(classes)
    intent = Intent(
        schema="compliance.rule",
        question=f"Let policy {policy} admit of {names}: {admitted}?",
        title="Rule set",
        undone="Rule, not set",
        document={"policy": policy, "jurisdictions": places, "classes": listed(classes)},
        rows=[("policy", str(policy)), ("of", names), ("admits", admitted)],
    )
    acts.perform(
        session,
        sender,
        intent,
        lambda dry: complying.set_rule(deployment, policy, places, classes, sender, dry=dry),
    )


def _block(session: Session, named: int | str, *, blocked: bool) -> None:
    deployment = session.deployment
    sender = session.sender(people.OFFICER)
    account = str(session.address_of(named))
    verb = "block" if blocked else "unblock"
    intent = Intent(
        schema=f"compliance.{verb}",
        question=f"{verb.capitalize()} {account} in the tokens of all clusters?",
        title=f"Account {verb}ed",
        undone=f"Account, not {verb}ed",
        document={"account": account, "blocked": blocked},
        rows=[("account", account)],
    )
    acts.perform(
        session,
        sender,
        intent,
        lambda dry: complying.set_blocked(deployment, account, sender, blocked=blocked, dry=dry),
    )


def _system_holder(session: Session, named: int | str) -> None:
    deployment = session.deployment
    sender = session.sender(people.GOVERNOR)
    account = str(session.address_of(named))
    intent = Intent(
        schema="compliance.system-holder",
        question=f"Make {account} a system holder, for ever?",
        title="System holder added",
        undone="System holder, not added",
        document={"account": account},
        rows=[("account", account)],
    )
    acts.perform(
        session,
        sender,
        intent,
        lambda dry: complying.add_system_holder(deployment, account, sender, dry=dry),
    )
