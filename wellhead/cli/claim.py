"""`wellhead claim`: what an account is owed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from wellhead.actions import claiming, people
from wellhead.actions.claiming import Payout, SignedClaim
from wellhead.cli import amounts, options
from wellhead.cli.output import Row
from wellhead.cli.session import Session, Settings, run
from wellhead.cli.statements import read_claim

_A_DAY = amounts.TimeAt(86_400, relative=True)


@click.command("claim")
@click.option(
    "--cluster",
    "clusters",
    type=options.WHOLE,
    multiple=True,
    metavar="ID",
    help="A holder's earnings of this cluster; may repeat.",
)
@click.option(
    "--vault",
    "include_vault",
    is_flag=True,
    help="Claims in the vault: a tenant's refunds, an operator's or a reporter's revenue.",
)
@click.option(
    "--coin",
    type=click.Choice(claiming.COINS),
    help="With --vault: only claims in this coin, while the other one refuses.",
)
@click.option("--to", type=options.ADDRESS, help="Who is paid.  [default: the sender]")
@click.option(
    "--keep",
    "keeps",
    is_flag=True,
    help="Make earnings claims in the vault, for which no coin is asked, instead of paying them.",
)
@click.option(
    "--sign",
    "signs",
    is_flag=True,
    help="Only sign, for one --cluster, and print that as JSON: anybody can bring it on chain.",
)
@click.option(
    "--until",
    type=options.TIME,
    metavar="TIME",
    help="Until when a signature is good: now+24 in hours, or 2026-12-01T00:00Z.  [default: "
    "now+24]",
)
@click.option(
    "--signed",
    "signed_file",
    type=options.FILE,
    help="Bring on chain what somebody else signed; the file is what --sign printed.",
)
@options.sender(f"{people.OPERATOR}, the operator; with --signed {people.ANYBODY}, anybody")
@options.node
@options.deployment
@options.shows
@options.pass_settings
def claim(
    settings: Settings,
    clusters: tuple[int, ...],
    include_vault: bool,
    coin: str | None,
    to: str | None,
    keeps: bool,
    signs: bool,
    until: amounts.TimeAt | None,
    signed_file: Path | None,
) -> None:
    """Collect what an account is owed, in dollars and in bitcoin.

    Without --cluster and --vault everything: the earnings of all clusters and all claims. Where a
    coin refuses the account, name another with --to; where it refuses everybody, --keep earnings in
    the vault, and withdraw the other --coin.
    """
    if keeps and (include_vault or to or signed_file):
        raise click.UsageError("--keep is for a holder's own earnings, and keeps them in the vault")
    if coin is not None and not include_vault:
        raise click.UsageError("--coin is for --vault: a cluster's earnings come in both")
    if signed_file is not None and (clusters or include_vault or to or signs):
        raise click.UsageError("a --signed claim says itself of what, and who is paid")
    if signs and (include_vault or len(clusters) != 1):
        raise click.UsageError("--sign is for one --cluster: claims in the vault need no signature")
    if until is not None and not signs:
        raise click.UsageError("--until is for --sign")
    if signed_file is not None:
        run(settings, lambda session: _bring(session, signed_file))
    elif signs:
        run(settings, lambda session: _sign(session, clusters[0], to, until or _A_DAY, keeps))
    else:
        run(settings, lambda session: execute(session, clusters, include_vault, to, coin, keeps))


def execute(
    session: Session,
    clusters: tuple[int, ...],
    include_vault: bool,
    to: str | None,
    coin: str | None = None,
    keeps: bool = False,
) -> None:
    deployment = session.deployment
    sender = session.sender(people.OPERATOR)
    receiver = deployment.vault.address if keeps else to or sender.address
    wanted = list(clusters)
    coins: tuple[str, ...] = claiming.COINS if include_vault else ()
    if not (clusters or include_vault):
        wanted = claiming.every_cluster(deployment)
        coins = () if keeps else claiming.COINS
    if coin is not None:
        coins = (coin,)
    if not session.dry_run:
        foreseen = claiming.claim(deployment, wanted, coins, receiver, sender, dry=True)
        session.confirm(f"Pay {_sum(foreseen)} to {receiver}?")
    with session.turn_of(sender):
        payouts = claiming.claim(deployment, wanted, coins, receiver, sender, dry=session.dry_run)
    _result(session, sender.address, receiver, payouts)


def _sign(
    session: Session, cluster: int, to: str | None, until: amounts.TimeAt, keeps: bool
) -> None:
    to = session.deployment.vault.address if keeps else to
    deployment = session.deployment
    holder = session.sender(people.OPERATOR)
    cash, reserve = deployment.token(cluster).call("claimable", holder.address)
    payout = Payout(f"cluster {cluster}", int(cash), int(reserve))
    deadline = until.resolve(session.rpc.now())
    signed = claiming.sign_claim(deployment, cluster, to or holder.address, deadline, holder)
    document = _document(session, holder.address, signed.to, [payout])
    session.out.document("revenue.claim", {**document, "signed": _signed_document(signed)})


def _bring(session: Session, file: Path) -> None:
    signed = read_claim(file)
    deployment = session.deployment
    sender = session.sender(people.ANYBODY)
    payout = claiming.claim_signed(deployment, signed, sender, dry=True)
    if not session.dry_run:
        session.confirm(f"Pay {_sum([payout])} of {signed.account} to {signed.to}?")
        with session.turn_of(sender):
            payout = claiming.claim_signed(deployment, signed, sender, dry=False)
    _result(session, signed.account, signed.to, [payout], by=sender.address)


def _result(
    session: Session, account: str, to: str, payouts: list[Payout], by: str | None = None
) -> None:
    for payout in payouts:
        session.mined(*payout.receipts)
    rows: list[Row] = [("account", account), ("paid to", to)]
    if by is not None:
        rows.append(("brought by", by))
    for payout in payouts:
        rows.append((payout.source, amounts.show_money(payout.cash)))
        if payout.reserve:
            rows.append(("", amounts.show_bitcoin(payout.reserve)))
    title = "Claim, not sent" if session.dry_run else "Claimed"
    document = _document(session, account, to, payouts)
    session.out.result("revenue.claim", {**document, "by": by or account}, title, rows)


def _document(session: Session, account: str, to: str, payouts: list[Payout]) -> dict[str, Any]:
    return {
        "dry_run": session.dry_run,
        "account": account,
        "to": to,
        "payouts": [{"source": p.source, "cash": p.cash, "reserve": p.reserve} for p in payouts],
        "cash": sum(payout.cash for payout in payouts),
        "reserve": sum(payout.reserve for payout in payouts),
        "transactions": [receipt.hash for payout in payouts for receipt in payout.receipts],
    }


def _signed_document(signed: SignedClaim) -> dict[str, Any]:
    return {
        "chain_id": signed.chain_id,
        "token": signed.token,
        "account": signed.account,
        "to": signed.to,
        "nonce": signed.nonce,
        "deadline": signed.deadline,
        "signature": signed.signature,
    }


def _sum(payouts: list[Payout]) -> str:
    return amounts.show_both(
        sum(payout.cash for payout in payouts), sum(payout.reserve for payout in payouts)
    )
