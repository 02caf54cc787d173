"""`wellhead deploy --parameters FILE`: on a chain where mistakes cost money."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from wellhead.actions import people, prelude
from wellhead.actions.errors import SetupError
from wellhead.actions.prelude import Cost, Examined
from wellhead.actions.venues import Sight
from wellhead.chain import Account, Deployment, NodeUnreachable, Parameters, UnlockedAccount
from wellhead.chain.accounts import NotMined
from wellhead.chain.fees import show_gwei
from wellhead.chain.journal import Journal, journal_file, only_one, put_aside
from wellhead.chain.keys import ExternalSigner
from wellhead.chain.proof import Holding, prove
from wellhead.chain.record import Record
from wellhead.chain.rollout import Rollout, continues, new_journal
from wellhead.chain.rpc import shown
from wellhead.cli import amounts
from wellhead.cli.deploy import interrupted, refuse_standing
from wellhead.cli.fees import show_ether
from wellhead.cli.output import Row
from wellhead.cli.parameters import ParameterFile, read_parameters
from wellhead.cli.session import Session


def deploy_by_file(session: Session, file: Path, *, again: bool) -> None:
    """Show what would be deployed, ask, deploy or continue, and prove who holds which role."""
    given = read_parameters(file)
    if session.settings.rpc_url is None and session.settings.network is None:
        session.settings.rpc_url = given.rpc_url()
    if session.chain_id != given.chain_id:
        raise SetupError(
            f"{file} is for chain {given.chain_id}, but the node at {_host(session)} is of chain "
            f"{session.chain_id}: name the right one with --rpc, --network or in the file"
        )
    sender = session.sender(people.GOVERNOR)
    path = session.deployment_file
    if session.dry_run:
        _prepare(session, given, sender, path, again)
        document = {"dry_run": True, **_summary(session, given, sender, path)}
        session.out.result("deploy", document, "Deployment, not sent", [("file", str(path))])
        return
    with only_one(path), session.turn_of(sender):
        journal = _prepare(session, given, sender, path, again)
        session.confirm(_question(session, sender, journal))
        unlock = getattr(sender, "unlock", None)
        if unlock is not None:
            unlock()  # a wrong passphrase comes to light before anything is sent
        deployment, proof = _carry_out(session, given, sender, path, journal)
    _show(session, given, deployment, proof, path)


def _prepare(
    session: Session, given: ParameterFile, sender: Account, path: Path, again: bool
) -> Journal | None:
    """Check everything, show the plan, and return the journal if one is continued."""
    parameters = given.parameters()
    journal = None if again else interrupted(path)
    if journal is None:
        refuse_standing(session, path, again)
    else:
        continues(journal, session.rpc, sender.address, parameters)
    examined = prelude.examine(session.rpc, sender.address, parameters)
    done = journal.done() if journal else 0
    cost = prelude.cost_of(session.rpc, sender.address, parameters, given.terms().caps, done)
    for name, value in _plan(session, given, sender, path, examined, cost):
        session.out.note(f"{name:<20} {value}")
    _warn(session, given, examined)
    if journal is not None:
        session.out.note(
            f"a deployment was interrupted: {done} of {len(journal.entries)} transactions were "
            "mined, and the rest follows"
        )
    elif interrupted(path) is not None:
        session.out.warn("warning: an interrupted deployment to this chain is abandoned")
    if not session.dry_run and cost.balance < cost.now * 5 // 4:
        raise SetupError(
            f"{sender.address} has {show_ether(cost.balance)}, and "
            f"{show_ether(cost.now * 5 // 4)} should be there: the cost at today's fees and a "
            "quarter more"
        )
    return journal


def _warn(session: Session, given: ParameterFile, examined: Examined) -> None:
    """What can be deployed like this, and may surprise."""
    for coin in (examined.cash, examined.reserve):
        if coin.anyone_mints:
            session.out.warn(f"warning: anybody can mint {coin.symbol} at {coin.address}")
    if examined.venue is not None:
        for line in examined.venue.warnings():
            session.out.warn(f"warning: {line}")
    if not given.officers:
        session.out.warn(
            "warning: no officer is named: nobody can receive tokens before the governor grants "
            "the role COMPLIANCE to somebody who accredits an issuer"
        )


def _carry_out(
    session: Session, given: ParameterFile, sender: Account, path: Path, journal: Journal | None
) -> tuple[Deployment, list[Holding]]:
    partial = journal_file(path)
    if journal is None:
        if interrupted(path) is not None:
            session.out.note(f"the old journal is {put_aside(partial)} now")
        journal = new_journal(session.rpc, session.chain_id, sender.address, given.parameters())
    signer: Any = sender
    if isinstance(sender, UnlockedAccount):
        signer = ExternalSigner(session.rpc, sender.address)
    rollout = Rollout(session.rpc, signer, journal, partial, given.terms(), say=session.out.note)
    try:
        deployment = rollout.run()
        proof = prove(deployment)
    except (NodeUnreachable, NotMined, KeyboardInterrupt):
        session.out.warn(
            f"interrupted after {journal.done()} of {len(journal.entries)} transactions: the same "
            "command continues"
        )
        raise
    if path.exists() and Record.read(path).addresses != deployment.addresses:
        session.out.note(f"the old deployment file is {put_aside(path)} now")
    deployment.save(path)
    partial.unlink()
    return deployment, proof


def _plan(
    session: Session,
    given: ParameterFile,
    sender: Account,
    path: Path,
    examined: Examined,
    cost: Cost,
) -> list[Row]:
    p: Parameters = given.parameters()
    terms = given.terms()
    delays = {
        "governor": p.delays.governor,
        "operator": p.delays.operator,
        "guardian": p.delays.guardian,
        "officer": p.delays.officer,
        "grants": p.delays.grant,
    }
    return [
        ("chain", f"{session.chain_id} at {_host(session)}"),
        ("deployer", f"{sender.address}, has {show_ether(cost.balance)}"),
        ("governor", str(p.governor)),
        *(
            (name, f"{coin.address}, {coin.symbol}, {coin.decimals} decimals")
            for name, coin in (("cash", examined.cash), ("reserve", examined.reserve))
        ),
        *_venue_rows(examined.venue),
        *(("reporter", reporter) for reporter in p.reporters),
        ("threshold", f"{p.threshold} of {len(p.reporters)}"),
        ("finality", amounts.show_span(p.finality)),
        ("contest deposit", amounts.show_money(p.contest_deposit)),
        *(("operator", operator) for operator in p.operators),
        *(("guardian", guardian) for guardian in p.guardians),
        *(("officer", officer) for officer in p.officers),
        *((f"delay of {who}", amounts.show_span(span)) for who, span in delays.items()),
        ("fee caps", f"{show_gwei(terms.caps.max_fee)}, tip {show_gwei(terms.caps.tip)}"),
        ("confirmations", str(terms.confirmations)),
        ("replacement after", amounts.show_span(int(terms.replace_after))),
        ("patience", amounts.show_span(int(terms.patience))),
        ("base fee now", f"{show_gwei(cost.base_fee)}, usual tip {show_gwei(cost.tip)}"),
        (
            "estimated cost",
            f"{show_ether(cost.now)} now, {show_ether(cost.most)} at most: {cost.transactions} "
            f"transactions, {cost.gas:,} gas",
        ),
        ("deployment file", str(path)),
    ]


def _venue_rows(found: Sight | None) -> list[Row]:
    if found is None:
        return [("bitcoin is bought", "nowhere, until the governor says where")]
    venue, pool_price = found.venue, amounts.show_per_bitcoin(found.pool_price)
    feed_price, limit = (amounts.show_per_bitcoin(p) for p in (found.feed_price, found.limit))
    of = f"{found.description}, " if found.description else ""
    given = amounts.show_time(found.updated_at)
    return [
        ("pool", f"{venue.pool}, {pool_price} and a fee of {amounts.show_share(found.fee)}"),
        ("made by", found.factory),
        ("feed", f"{venue.feed}, {of}{feed_price} as of {given}"),
        ("answers may be", f"{amounts.show_span(venue.max_age)} old"),
        (
            "slippage",
            f"{amounts.show_share(venue.slippage)}: now up to {limit}, the fee included",
        ),
        ("tip of a sweep", f"{amounts.show_share(venue.tip)} of what it buys"),
    ]


def _summary(session: Session, given: ParameterFile, sender: Account, path: Path) -> dict[str, Any]:
    parameters = given.parameters()
    return {
        "chain_id": session.chain_id,
        "deployer": sender.address,
        "governor": parameters.governor,
        "parameters": parameters.plain(),
        "deployment": path,
    }


def _question(session: Session, sender: Account, journal: Journal | None) -> str:
    verb = "Continue deploying" if journal else "Deploy"
    return f"{verb} to chain {session.chain_id} as {sender.address}?"


def _show(
    session: Session,
    given: ParameterFile,
    deployment: Deployment,
    proof: list[Holding],
    path: Path,
) -> None:
    record = deployment.record
    document = {
        "dry_run": False,
        "chain_id": deployment.chain_id,
        "deployer": record.deployer,
        "governor": record.governor,
        "block": deployment.block,
        "deployment": path,
        "addresses": deployment.addresses,
        "parameters": given.parameters().plain(),
        "roles": [
            {"role": h.role, "account": h.account, "holds": h.holds, "delay": h.delay}
            for h in proof
        ],
    }
    rows: list[Row] = [
        ("chain", f"{deployment.chain_id} at {_host(session)}"),
        ("block", str(deployment.block)),
        ("file", str(path)),
        *deployment.addresses.items(),
    ]
    for holding in proof:
        names = {record.governor: ", the governor", record.deployer: ", the deployer"}
        if holding.holds or holding.account == record.deployer:
            delay = f" after {amounts.show_span(holding.delay)}" if holding.delay else ""
            rows.append(
                (
                    holding.role if holding.holds else f"not {holding.role}",
                    f"{holding.account}{names.get(holding.account, '')}{delay}",
                )
            )
    session.out.result("deploy", document, "Deployment", rows)


def _host(session: Session) -> str:
    return shown(session.rpc.url)
