"""`wellhead up`: a local chain with everything deployed."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from typing import Any

import click

from wellhead.actions import deploying, local, people, sweeping
from wellhead.actions.errors import SetupError
from wellhead.chain import Deployment, Rpc
from wellhead.chain.anvil import LOCAL_CHAIN_ID
from wellhead.chain.record import DeploymentError
from wellhead.chain.uniswap import FEED_DECIMALS, PRICE
from wellhead.cli import amounts, options
from wellhead.cli.output import Row
from wellhead.cli.session import HOUR, Session, Settings, run

#: Hours, where none are asked for.
FINALITY = 24
#: What a bitcoin may cost, stablecoin units.
CHEAPEST, DEAREST = 10**6, 10**7 * 10**6
#: The feed's digits after the point, beyond a stablecoin's.
_DIGITS = 10 ** (FEED_DECIMALS - amounts.CASH_DECIMALS)


@click.command()
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    default=local.DEFAULT_PORT,
    show_default=True,
    help="Where the node listens, on this machine only.",
)
@click.option(
    "--finality",
    type=click.IntRange(1, 720),
    metavar="HOURS",
    help="Hours after which a report is final.  [default: 24; a kept chain has its own]",
)
@click.option(
    "--bitcoin-price",
    type=options.MONEY,
    metavar="DOLLARS",
    help="What a bitcoin costs on this chain.  [default: 100000; a kept chain has its own]",
)
@click.option("--fresh", is_flag=True, help="Forget an earlier chain, and start from nothing.")
@options.shows
@options.pass_settings
def up(
    settings: Settings,
    port: int,
    finality: int | None,
    bitcoin_price: int | None,
    fresh: bool,
) -> None:
    """Start a local chain with everything deployed.

    The first one starts now; later ones go on where `down`, a reboot or a crash left it. Its time
    passes like yours; `skip` lets it jump. Dev accounts 0 to 19 hold test dollars, test bitcoin and
    credentials: 0 is the governor, 1 an operator, 2 the guardian, 5 to 8 stand for tenants and 9 to
    11 for holders, 12 is the officer for compliance and 13 an issuer of credentials; 20 to 24 are
    the reporters. Bitcoin is bought on a Uniswap v3 pool of the test coins, and the price feed
    there never ages. It runs until `down`.
    """
    if bitcoin_price is not None and not CHEAPEST <= bitcoin_price <= DEAREST:
        raise click.UsageError(
            f"--bitcoin-price goes from {amounts.show_money(CHEAPEST)} to "
            f"{amounts.show_money(DEAREST)}"
        )
    asked = Asked(port, finality, bitcoin_price)
    run(settings, lambda session: start(session, asked, fresh=fresh))


@dataclass(frozen=True)
class Asked:
    """What a new chain is to be like: hours of finality, stablecoin units per bitcoin."""

    port: int
    finality: int | None
    bitcoin_price: int | None


def start(session: Session, asked: Asked, *, fresh: bool) -> None:
    with local.exclusive():
        if fresh:
            local.stop(forget=True)
        node, earlier = local.running(), local.remembers()
        if node is not None:
            session.out.note(f"a local chain runs already at {node.url}")
            rpc = Rpc(node.url)
            deployment = _known(rpc)
        else:
            with session.out.working("starting anvil"):
                node, rpc = local.start(asked.port, int(time.time()))
            try:
                deployment = _known(rpc) if earlier else _deployed(session, rpc, asked)
            except BaseException:
                local.stop(forget=not earlier)
                raise
        node = local.watch(node)
    _compare(session, deployment, asked)
    _show(session, node, rpc, deployment, earlier=earlier)


def _compare(session: Session, deployment: Deployment, asked: Asked) -> None:
    """A chain that was kept is as it was when it began."""
    hours, price = asked.finality, asked.bitcoin_price
    if hours is not None and int(deployment.oracle.call("finality")) != hours * HOUR:
        session.out.warn("this chain's finality is another: --fresh starts one with that")
    venue = sweeping.venue_of(deployment)
    if price is None or not venue.is_somewhere:
        return
    if sweeping.prices_at(deployment, venue).feed != price:
        session.out.warn("bitcoin has another price on this chain: --fresh starts one with that")


def _known(rpc: Rpc) -> Deployment:
    """The deployment that an earlier `up` left."""
    try:
        return Deployment.load(local.deployment_file(LOCAL_CHAIN_ID), rpc)
    except DeploymentError as error:
        raise SetupError(f"{error}. `wellhead up --fresh` starts from nothing") from error


def _deployed(session: Session, rpc: Rpc, asked: Asked) -> Deployment:
    price = PRICE if asked.bitcoin_price is None else asked.bitcoin_price * _DIGITS
    with session.out.working("deploying"):
        deployment = deploying.deploy_local(
            rpc, (asked.finality or FINALITY) * HOUR, price, session.out.warn
        )
        deployment.save(local.deployment_file(LOCAL_CHAIN_ID))
    return deployment


def _show(
    session: Session, node: local.Node, rpc: Rpc, deployment: Deployment, *, earlier: bool
) -> None:
    venue = sweeping.venue_of(deployment)
    prices = sweeping.prices_at(deployment, venue) if venue.is_somewhere else None
    document: dict[str, Any] = {
        "url": node.url,
        "pid": node.pid,
        "keeper": node.keeper,
        "log": node.log,
        "earlier": earlier,
        "chain_id": deployment.chain_id,
        "time": rpc.now(),
        "finality": int(deployment.oracle.call("finality")),
        "deployment": local.deployment_file(LOCAL_CHAIN_ID),
        "addresses": deployment.addresses,
        "venue": asdict(venue) if venue.is_somewhere else None,
        "bitcoin_price": prices.feed if prices else None,
        "accounts": {
            "governor": people.dev_address(people.GOVERNOR),
            "operator": people.dev_address(people.OPERATOR),
            "guardian": people.dev_address(people.GUARDIAN),
            "tenant": people.dev_address(people.TENANT),
            "holder": people.dev_address(people.HOLDER),
            "officer": people.dev_address(people.OFFICER),
            "issuer": people.dev_address(people.ISSUER),
            "reporters": [people.dev_address(index) for index in people.REPORTERS],
        },
    }
    rows: list[Row] = [
        ("node", f"{node.url} (process {node.pid})"),
        ("chain", f"{deployment.chain_id}, {'an earlier one goes on' if earlier else 'new'}"),
        ("time", amounts.show_time(document["time"])),
        ("final after", amounts.show_span(document["finality"])),
        ("bitcoin", _bitcoin(venue.pool, prices.feed) if prices else "is bought nowhere"),
        ("deployment", str(document["deployment"])),
        ("log", node.log),
        *((f"account {i}", f"{people.dev_address(i)}  {what}") for i, what in _ROLES),
    ]
    session.out.result("up", document, "Local chain", rows)
    if not deployment.registry.call("clusterCount"):
        session.out.note(
            "next: wellhead cluster register, then wellhead mint --cluster 1 --units 64"
        )


def _bitcoin(pool: str, price: int) -> str:
    return f"{amounts.show_per_bitcoin(price)}, bought on the pool {pool}"


_ROLES = (
    (people.GOVERNOR, "governor"),
    (people.OPERATOR, "operator"),
    (people.GUARDIAN, "guardian"),
    (people.TENANT, "a tenant"),
    (people.HOLDER, "a holder"),
    (people.OFFICER, "officer for compliance"),
    (people.ISSUER, "issuer of credentials"),
)
