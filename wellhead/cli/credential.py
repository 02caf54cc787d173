"""`wellhead credential issue`, `present`, `show` and `revoke`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from wellhead.actions import credentials, people
from wellhead.actions.credentials import Credential, Signed
from wellhead.actions.standing import objections, standings
from wellhead.chain import Receipt
from wellhead.cli import acts, amounts, looking, options
from wellhead.cli import standings as shown_standings
from wellhead.cli.jurisdictions import (
    code_of,
    parse_class,
    parse_jurisdiction,
    show_class,
    show_jurisdiction,
)
from wellhead.cli.output import Row
from wellhead.cli.session import Session, Settings, run
from wellhead.cli.statements import read_credential

_HOLDER = click.argument("holder", type=looking.VIEWED, metavar="HOLDER")
_DAY = 86_400
JURISDICTION = options.Parsed("country", parse_jurisdiction)
CLASS = options.Parsed("class", parse_class)


@click.command("issue")
@_HOLDER
@click.option(
    "--jurisdiction",
    type=JURISDICTION,
    required=True,
    help="Where the holder belongs, by ISO 3166-1: NO, or 578.",
)
@click.option(
    "--class",
    "kind",
    type=CLASS,
    required=True,
    help="What kind of holder it is: retail, professional, accredited, institution, or 4 to 7.",
)
@click.option(
    "--expires",
    type=options.TIME,
    metavar="TIME",
    help="Until then: 2027-01-01T00:00Z, now+24 in hours, or an hour's number.",
)
@click.option("--days", type=click.IntRange(1, 36_525), help="For so many days from now on.")
@click.option(
    "--offline",
    is_flag=True,
    help="Only sign, and print that as JSON; `credential present` brings it on chain.",
)
@options.sender(f"{people.ISSUER}, an accredited issuer")
@options.node
@options.deployment
@options.shows
@options.pass_settings
def issue(
    settings: Settings,
    holder: int | str,
    jurisdiction: int,
    kind: int,
    expires: amounts.TimeAt | None,
    days: int | None,
    offline: bool,
) -> None:
    """Sign a credential, and bring it on chain.

    HOLDER is an address, or a dev account's index on a local chain. The sender is the issuer, who
    has to be accredited. A later credential takes the place of an earlier one.
    """
    if (expires is None) == (days is None):
        raise click.UsageError("give --expires or --days")
    run(settings, lambda s: _issue(s, holder, jurisdiction, kind, expires, days, offline))


@click.command("present")
@click.argument("file", type=options.FILE, metavar="FILE")
@options.sender(f"{people.ANYBODY}, anybody")
@options.node
@options.deployment
@options.shows
@options.pass_settings
def present(settings: Settings, file: Path) -> None:
    """Bring a credential on chain that its issuer has signed.

    FILE is what `credential issue --offline` printed. Anybody may do this.
    """
    run(settings, lambda session: _present(session, file))


@click.command("show")
@_HOLDER
@click.option(
    "--cluster",
    type=options.WHOLE,
    metavar="ID",
    help="Also whether the account may receive this cluster's token, and why not.",
)
@options.node
@options.deployment
@options.shows
@options.pass_settings
def shown(settings: Settings, holder: int | str, cluster: int | None) -> None:
    """Show what is known of an account: its credential, and whether it is blocked.

    HOLDER is an address, or a dev account's index on a local chain.
    """
    run(settings, lambda session: _show(session, holder, cluster))


@click.command("revoke")
@_HOLDER
@options.sender(f"{people.ISSUER}, an accredited issuer")
@options.node
@options.deployment
@options.shows
@options.pass_settings
def revoke(settings: Settings, holder: int | str) -> None:
    """Take a holder's credential away.

    HOLDER is an address, or a dev account's index on a local chain. Whatever was signed for it up
    to now is void. Its issuer may do this, and an officer; where the credential is not valid any
    more, any accredited issuer. The holder keeps its tokens and can send them.
    """
    run(settings, lambda session: _revoke(session, holder))


def _issue(
    session: Session,
    holder: int | str,
    jurisdiction: int,
    kind: int,
    expires: amounts.TimeAt | None,
    days: int | None,
    offline: bool,
) -> None:
    deployment = session.deployment
    issuer = session.sender(people.ISSUER)
    address = str(session.address_of(holder))
    issued = credentials.time_to_issue(deployment, address)
    last = issued + (days or 0) * _DAY if expires is None else expires.resolve(issued)
    credential = Credential(address, jurisdiction, kind, issued, min(last, credentials.LAST))
    signed = credentials.sign(deployment, credential, issuer)
    if offline:
        credentials.present(deployment, signed, issuer, dry=True)
        session.out.document("credential.issue", _document(session, signed, None))
        return
    _bring(session, "credential.issue", signed, people.ISSUER)


def _present(session: Session, file: Path) -> None:
    signed = read_credential(file, session.deployment)
    _bring(session, "credential.present", signed, people.ANYBODY)


def _bring(session: Session, schema: str, signed: Signed, default: int) -> None:
    """Bring a credential on chain, and say so."""
    deployment = session.deployment
    sender = session.sender(default)
    receipt = credentials.present(deployment, signed, sender, dry=True)
    if not session.dry_run:
        session.confirm(f"Put on chain that {_said(signed.credential)}?")
        with session.turn_of(sender):
            receipt = credentials.present(deployment, signed, sender, dry=False)
    session.mined(receipt)
    credential = signed.credential
    rows: list[Row] = [
        ("holder", credential.holder),
        ("jurisdiction", show_jurisdiction(credential.jurisdiction)),
        ("class", show_class(credential.kind)),
        ("valid", shown_standings.until(credential.expires)),
        ("issuer", signed.issuer),
    ]
    if receipt:
        rows.append(("transaction", receipt.hash))
    title = "Credential, not sent" if session.dry_run else "Credential on chain"
    session.out.result(schema, _document(session, signed, receipt), title, rows)


def _said(credential: Credential) -> str:
    place, kind = show_jurisdiction(credential.jurisdiction), show_class(credential.kind)
    valid = shown_standings.until(credential.expires)
    return f"{credential.holder} belongs to {place} as {kind}, {valid}"


def _document(session: Session, signed: Signed, receipt: Receipt | None) -> dict[str, Any]:
    credential, deployment = signed.credential, session.deployment
    return {
        "dry_run": session.dry_run,
        "credential": {
            "chain_id": deployment.chain_id,
            "compliance": deployment.compliance.address,
            "issuer": signed.issuer,
            "holder": credential.holder,
            "jurisdiction": credential.jurisdiction,
            "country": code_of(credential.jurisdiction),
            "class": credential.kind,
            "issued": credential.issued,
            "expires": credential.expires,
            "signature": signed.signature,
        },
        "transaction": receipt.hash if receipt else None,
    }


def _show(session: Session, holder: int | str, cluster: int | None) -> None:
    deployment = session.deployment
    address = str(session.address_of(holder))
    (known,) = standings(deployment, [address])
    rows: list[Row] = [("account", address)]
    if known.issuer is None:
        rows.append(("credential", "none"))
    else:
        issued = "issued" if known.expires else "revoked"
        valid = shown_standings.until(known.expires) if known.expires else "no more"
        if known.expires and known.expires <= known.now:
            valid = f"no more, since {amounts.show_time(known.expires)}"
        dismissed = "" if known.is_accredited else ", dismissed: its credentials do not count"
        rows += [
            ("jurisdiction", show_jurisdiction(known.jurisdiction)),
            ("class", show_class(known.kind)),
            (issued, amounts.show_time(known.issued)),
            ("valid", valid),
            ("issuer", f"{known.issuer}{dismissed}"),
        ]
    if known.is_blocked:
        rows.append(("blocked", "yes: it can neither send nor receive any cluster's tokens"))
    if known.is_system_holder:
        rows.append(("system holder", "yes: it needs no credential"))
    document: dict[str, Any] = {
        "account": address,
        "credential": shown_standings.document(known),
        "blocked": known.is_blocked,
        "system_holder": known.is_system_holder,
        "cluster": cluster,
        "policy": None,
        "eligible": None,
        "reason": None,
        "message": None,
    }
    if cluster is not None:
        policy = int(deployment.token(cluster).call("policy"))
        objection = objections(deployment, policy, [known])[address]
        document |= {"policy": policy, **shown_standings.eligibility(objection)}
        rows += [
            (f"cluster {cluster}", f"follows policy {policy}"),
            ("may receive", shown_standings.reason(objection) or "yes"),
        ]
    session.out.result("credential.show", document, "Credential", rows)


def _revoke(session: Session, holder: int | str) -> None:
    deployment = session.deployment
    sender = session.sender(people.ISSUER)
    address = str(session.address_of(holder))
    acts.perform(
        session,
        sender,
        acts.Intent(
            schema="credential.revoke",
            question=f"Revoke the credential of {address}, and whatever was signed for it?",
            title="Credential revoked",
            undone="Credential, not revoked",
            document={"holder": address},
            rows=[("holder", address)],
        ),
        lambda dry: credentials.revoke(deployment, address, sender, dry=dry),
    )
