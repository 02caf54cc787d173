"""Deploying: to a local chain with everything a person needs to try it, or to another chain."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from wellhead.actions import credentials, people
from wellhead.actions.errors import SetupError
from wellhead.chain import Account, Deployment, Parameters, Rpc, deploy, deploy_coins, dev_account
from wellhead.chain.contract import Contract
from wellhead.chain.locality import is_local
from wellhead.chain.plan import NO_VENUE, Venue
from wellhead.chain.uniswap import PRICE, deploy_venue
from wellhead.sources import ToolchainError

Say = Callable[[str], None]

#: What every funded dev account of a local chain gets: 10 million dollars and 100 bitcoin.
CASH_GIFT = 10_000_000 * 10**6
RESERVE_GIFT = 100 * 10**8
#: What contesting a report takes, where nothing else is asked for, and at most; stablecoin units.
CONTEST_DEPOSIT = 100 * 10**6
MOST_DEPOSIT = 10**12


@dataclass(frozen=True)
class Plan:
    """What to deploy. On a local chain all of it may be left out."""

    cash: str | None = None
    reserve: str | None = None
    reporters: Sequence[str] = ()
    threshold: int | None = None
    operators: Sequence[str] = ()
    guardians: Sequence[str] = ()
    officers: Sequence[str] = ()
    venue: Venue = NO_VENUE
    #: Of a pool that a local chain gets, dollars per bitcoin with the digits of the feed.
    bitcoin_price: int = PRICE
    finality: int = 24 * 3600
    contest_deposit: int = CONTEST_DEPOSIT

    def missing(self) -> list[str]:
        """What a chain that is not local needs and this plan lacks."""
        needed = {
            "--cash": self.cash,
            "--reserve": self.reserve,
            "--reporter": self.reporters,
            "--threshold": self.threshold,
        }
        return [option for option, value in needed.items() if not value]


def _silent(line: str) -> None:
    """Says nothing."""


def deploy_all(
    rpc: Rpc, sender: Account, plan: Plan, say: Say = _silent, gas: int | None = None
) -> Deployment:
    """Deploy everything; on a local chain the coins too, unless they are given, and where both are
    test coins a pool of them."""
    if is_local(rpc):
        plan = _with_dev_defaults(rpc, sender, plan, say)
    if plan.missing():
        raise SetupError("a chain that is not local needs a file of --parameters")
    assert plan.cash is not None  # noqa: S101
    assert plan.reserve is not None  # noqa: S101
    assert plan.threshold is not None  # noqa: S101
    parameters = Parameters(
        cash=plan.cash,
        reserve=plan.reserve,
        reporters=plan.reporters,
        threshold=plan.threshold,
        operators=plan.operators,
        guardians=plan.guardians,
        officers=plan.officers,
        venue=plan.venue,
        finality=plan.finality,
        contest_deposit=plan.contest_deposit,
    )
    return deploy(rpc, sender, parameters, gas=gas)


def deploy_local(
    rpc: Rpc, finality: int, bitcoin_price: int = PRICE, say: Say = _silent
) -> Deployment:
    """Everything on a fresh local chain, coins in the people's hands, and credentials to their
    names."""
    governor = people.unlocked(people.GOVERNOR)
    plan = Plan(finality=finality, bitcoin_price=bitcoin_price)
    deployment = deploy_all(rpc, governor, plan, say)
    fund_people(deployment, governor)
    admit_people(deployment, governor)
    return deployment


def fund_people(deployment: Deployment, sender: Account) -> None:
    """Give the dev accounts test coins. What the vault may take of them stays at nothing."""
    for index in people.FUNDED:
        address = people.dev_address(index)
        deployment.cash.send("mint", address, CASH_GIFT, sender=sender)
        deployment.reserve.send("mint", address, RESERVE_GIFT, sender=sender)


def admit_people(deployment: Deployment, sender: Account) -> None:
    """Let the dev accounts receive the tokens of every cluster of policy 0: the officer accredits
    the issuer and says where holders may belong, and the issuer says that all belong there."""
    officer, issuer = people.unlocked(people.OFFICER), dev_account(people.ISSUER)
    compliance = deployment.compliance
    compliance.send("accredit", issuer.address, sender=officer)
    compliance.send("setRule", 0, [people.JURISDICTION], people.CLASSES, sender=officer)
    now = deployment.rpc.now()  # what an issuer said before it was accredited does not count
    for index in people.FUNDED:
        said = credentials.Credential(
            people.dev_address(index), people.JURISDICTION, people.CLASS, now, credentials.LAST
        )
        signed = credentials.sign(deployment, said, issuer)
        compliance.send("present", issuer.address, said.encoded(), signed.signature, sender=sender)


def _with_dev_defaults(rpc: Rpc, sender: Account, plan: Plan, say: Say) -> Plan:
    plan = replace(
        plan,
        reporters=plan.reporters or [account.address for account in people.reporters()],
        threshold=plan.threshold or people.THRESHOLD,
        operators=plan.operators or [people.dev_address(people.OPERATOR)],
        guardians=plan.guardians or [people.dev_address(people.GUARDIAN)],
        officers=plan.officers or [people.dev_address(people.OFFICER)],
    )
    if plan.cash is not None and plan.reserve is not None:
        return plan
    coins = deploy_coins(rpc, sender)
    if plan.cash is None and plan.reserve is None and plan.venue == NO_VENUE:
        plan = replace(plan, venue=_pool(rpc, sender, coins, plan.bitcoin_price, say))
    cash, reserve = (coin.address for coin in coins)
    return replace(plan, cash=plan.cash or cash, reserve=plan.reserve or reserve)


def _pool(
    rpc: Rpc, sender: Account, coins: tuple[Contract, Contract], price: int, say: Say
) -> Venue:
    """A pool of the test coins; nowhere where an installed package can not fetch what makes one."""
    try:
        return deploy_venue(rpc, sender, *coins, price)
    except ToolchainError as error:
        say(f"no pool to buy bitcoin on: {error}")
        return NO_VENUE
