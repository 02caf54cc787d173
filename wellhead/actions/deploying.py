"""Deploying: to a local chain with everything a person needs to try it, or to another chain."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from wellhead.actions import people
from wellhead.actions.errors import SetupError
from wellhead.chain import Account, Deployment, Parameters, Rpc, deploy, deploy_coins
from wellhead.chain.locality import is_local

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


def deploy_all(rpc: Rpc, sender: Account, plan: Plan, gas: int | None = None) -> Deployment:
    """Deploy everything; on a local chain the coins too, unless they are given."""
    if is_local(rpc):
        plan = _with_dev_defaults(rpc, sender, plan)
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
        finality=plan.finality,
        contest_deposit=plan.contest_deposit,
    )
    return deploy(rpc, sender, parameters, gas=gas)


def deploy_local(rpc: Rpc, finality: int) -> Deployment:
    """Everything on a fresh local chain, and coins in the people's hands."""
    governor = people.unlocked(people.GOVERNOR)
    deployment = deploy_all(rpc, governor, Plan(finality=finality))
    fund_people(deployment, governor)
    return deployment


def fund_people(deployment: Deployment, sender: Account) -> None:
    """Give the dev accounts test coins. What the vault may take of them stays at nothing."""
    for index in people.FUNDED:
        address = people.dev_address(index)
        deployment.cash.send("mint", address, CASH_GIFT, sender=sender)
        deployment.reserve.send("mint", address, RESERVE_GIFT, sender=sender)


def _with_dev_defaults(rpc: Rpc, sender: Account, plan: Plan) -> Plan:
    cash, reserve = plan.cash, plan.reserve
    if cash is None or reserve is None:
        test_cash, test_reserve = deploy_coins(rpc, sender)
        cash, reserve = cash or test_cash.address, reserve or test_reserve.address
    return Plan(
        cash=cash,
        reserve=reserve,
        reporters=plan.reporters or [account.address for account in people.reporters()],
        threshold=plan.threshold or people.THRESHOLD,
        operators=plan.operators or [people.dev_address(people.OPERATOR)],
        guardians=plan.guardians or [people.dev_address(people.GUARDIAN)],
        finality=plan.finality,
        contest_deposit=plan.contest_deposit,
    )
