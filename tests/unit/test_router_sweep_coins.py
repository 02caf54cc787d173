"""A coin that misbehaves in a sweep: it can not sweep again, nor be paid twice, and what it breaks
is its own."""

from dataclasses import dataclass, replace

import pytest

from tests.support.hostile_pool import HostilePool, hostile_pool
from tests.support.payment import encoded
from tests.support.raw import deploy
from tests.support.reverts import expect_revert
from tests.support.safe import Mode
from tests.support.stage import MAX, NORWAY, RETAIL, Stage
from tests.support.state import refused
from tests.support.sweeps import ALL_BITCOIN, earn
from wellhead.chain import Contract, Parameters
from wellhead.chain import deploy as deploy_wellhead


def another_wellhead(stage: Stage, cash: Contract, reserve: Contract) -> Stage:
    """A deployment for other coins on the same chain, with the same people."""
    parameters = Parameters(
        cash=cash.address,
        reserve=reserve.address,
        reporters=[reporter.address for reporter in stage.reporters],
        threshold=3,
        operators=[stage.operator.address],
        officers=[stage.officer.address],
    )
    made = deploy_wellhead(stage.anvil.rpc, stage.governor, parameters, gas=29_000_000)
    another = replace(stage, deployment=made)
    another.compliance.send("accredit", stage.issuer.address, sender=stage.officer)
    another.compliance.send("setRule", 0, [NORWAY], 1 << RETAIL, sender=stage.officer)
    another.credential(stage.operator.address)
    another.fund(stage.tenants[-1])
    return another


@dataclass
class Bad:
    """A deployment with a coin that can misbehave, and a venue that behaves."""

    stage: Stage
    coin: Contract
    pool: HostilePool
    cluster: int
    amount: int

    def sweep(self) -> int:
        sweep = self.stage.router.send("sweep", self.cluster, MAX, sender=self.stage.stranger)
        return int(sweep.event("Swept")["spent"])

    def set_mode(self, mode: Mode) -> None:
        self.coin.send("setMode", mode, sender=self.stage.stranger)

    def reenter(self, target: Contract, function: str, *arguments: object) -> None:
        """From each transfer on the coin makes this call."""
        call = encoded(target, function, *arguments)
        self.coin.send("setCall", target.address, call, sender=self.stage.stranger)
        self.set_mode(Mode.REENTER)


@pytest.fixture(params=["cash", "bitcoin"])
def bad(stage: Stage, request: pytest.FixtureRequest) -> Bad:
    """TestHostileCoin has 18 digits: a bitcoin unit then costs other amounts."""
    hostile, plain = deploy(stage, "TestHostileCoin"), deploy(stage, "TestCoin", "P", "P", 18)
    coins = (hostile, plain) if request.param == "cash" else (plain, hostile)
    other = another_wellhead(stage, *coins)
    pool = hostile_pool(other)
    pool.stand_at(2**96)  # one for one
    feed = deploy(other, "TestFeed", 18, 10**18)
    venue = (pool.address, feed.address, 3600, 10_000, 0)
    other.router.send("setVenue", venue, sender=other.governor)
    cluster, amount = other.cluster(10, ALL_BITCOIN), 10**9
    earn(other, cluster, amount, 1)
    other.router.send("distribute", cluster, sender=other.stranger)
    pool.will(pool.pay(amount), pool.ask(amount), spent=amount, received=amount)
    return Bad(other, hostile, pool, cluster, amount)


def test_coins_that_behave(bad: Bad) -> None:
    assert bad.sweep() == bad.amount


def test_a_coin_can_not_sweep_in_a_sweep(bad: Bad) -> None:
    bad.reenter(bad.stage.router, "sweep", bad.cluster, MAX)
    with refused(bad.stage, "ReentrancyGuardReentrantCall"):
        bad.sweep()


def test_a_coin_can_not_ask_for_money(bad: Bad) -> None:
    bad.reenter(bad.stage.router, "uniswapV3SwapCallback", 1, 1, b"")
    with refused(bad.stage, "RevenueRouter_NotPool", bad.coin.address):
        bad.sweep()


def test_what_a_coin_may_do_in_a_sweep_leaves_the_books_right(bad: Bad) -> None:
    earn(bad.stage, bad.cluster, 7, 1)
    bad.reenter(bad.stage.router, "distribute", bad.cluster)
    assert bad.sweep() == bad.amount
    assert bad.stage.router.call("bitcoinPendingOf", bad.cluster) == 7


def test_a_coin_that_moves_nothing(bad: Bad) -> None:
    bad.set_mode(Mode.FALSE)
    with expect_revert("SafeERC20FailedOperation", bad.coin.address):
        bad.sweep()


def test_a_coin_that_charges_for_a_transfer(bad: Bad) -> None:
    """The pool gets a unit less of the stablecoin, and that is its own affair; of bitcoin the vault
    must get what the pool said."""
    bad.set_mode(Mode.FEE)
    if bad.coin.address == bad.stage.cash.address:
        assert bad.sweep() == bad.amount
        assert bad.coin.call("balanceOf", bad.pool.address) == bad.amount - 1
    else:
        with expect_revert("Vault_InexactTransfer"):
            bad.sweep()
