"""Several calls in one transaction: all or nothing, as the same caller, and without ether."""

from typing import Any

import pytest

from tests.support.payment import NONCE, authorization, encoded, permit
from tests.support.raw import attempt, pay
from tests.support.rent import cost
from tests.support.reverts import expect_revert
from tests.support.shows import shows
from tests.support.stage import HOUR, MAX, Stage, Terms
from tests.support.state import refused
from wellhead.chain import Contract, UnlockedAccount
from wellhead.chain.contract import Reverted, transact

UNITS = 100
TERMS = Terms(speed=0)
DESKS = ["LeaseMarket", "LeaseExchange", "Contests"]
#: Ten units for five hours.
PRICE = cost(TERMS, TERMS.base_start, UNITS, 10, [HOUR] * 5, [0] * 5)


@pytest.fixture
def cluster(stage: Stage) -> int:
    return stage.cluster(UNITS, TERMS)


@pytest.fixture
def payer(stage: Stage) -> UnlockedAccount:
    """Somebody with money and without any allowance."""
    stage.cash.send("mint", stage.holders[0].address, 10 * PRICE, sender=stage.stranger)
    return stage.holders[0]


def lease(stage: Stage, cluster: int, hours: int = 5) -> bytes:
    ask = (cluster, 10, stage.hour() + 2, hours, MAX)
    return encoded(stage.market, "lease", *ask)


def refuse(stage: Stage, payer: UnlockedAccount, calls: list[bytes], *error: Any) -> None:
    with refused(stage, *error):
        attempt(stage.market, "multicall", calls, sender=payer)


def signed(stage: Stage, *authorization_: Any) -> bytes:
    return encoded(stage.market, "authorizeCash", *authorization_)


@shows("PAY-1")
def test_all_calls_of_a_batch_or_none(stage: Stage, cluster: int, payer: UnlockedAccount) -> None:
    paid = signed(stage, *authorization(stage, PRICE - 1, payer))
    allowance = ("ERC20InsufficientAllowance", stage.vault.address, 0, 1)
    refuse(stage, payer, [paid, lease(stage, cluster)], *allowance)
    assert not stage.cash.call("authorizationState", payer.address, NONCE)
    paid = signed(stage, *authorization(stage, 10 * PRICE, payer))
    broken = encoded(stage.market, "settle", 77)
    calls = [paid, lease(stage, cluster), broken]
    refuse(stage, payer, calls, "LeaseMarket_UnknownLease", 77)


@shows("PAY-1")
def test_a_batch_reaches_all_that_the_market_does_and_returns_each_result(
    stage: Stage, cluster: int
) -> None:
    """Also what lives in the contracts behind it, and a batch within a batch."""
    tenant, start = stage.tenants[0], stage.hour() + 2
    user = stage.stranger.address
    market = stage.market
    calls = [
        encoded(market, "lease", cluster, 10, start, 5, MAX),
        encoded(market, "extend", 1, 2, MAX),
        encoded(market, "splitUnits", 1, 4),
        encoded(market, "splitHours", 1, start + 5),
        encoded(market, "multicall", [encoded(market, "cancel", 3, start + 5, 0)]),
        encoded(market, "setUser", 2, user, start * HOUR),
        encoded(market, "userOf", 2),
        encoded(market, "partsOf", 1),
    ]
    results = market.call("multicall", calls, sender=tenant.address)
    assert [int.from_bytes(results[i], "big") for i in (0, 2, 3)] == [1, 2, 3]
    assert int.from_bytes(results[6], "big") == int(user, 16)
    receipt = market.send("multicall", calls, sender=tenant)
    assert int.from_bytes(results[1], "big") == receipt.event("LeaseExtended")["cost"]
    assert [market.call("leaseOf", i)["units"] for i in (1, 2)] == [6, 4]
    assert market.functions["partsOf"].decode(results[7]) == market.call("partsOf", 1)
    with expect_revert("LeaseMarket_UnknownLease", 3):
        market.call("leaseOf", 3)


@shows("PAY-1")
def test_an_empty_batch_does_nothing(stage: Stage) -> None:
    for name in DESKS:
        contract = stage.deployment.contract(name)
        assert contract.call("multicall", []) == []
        assert contract.send("multicall", [], sender=stage.stranger).events == ()


@shows("PAY-5")
@pytest.mark.parametrize("desk", DESKS)
def test_no_ether(stage: Stage, payer: UnlockedAccount, desk: str) -> None:
    contract: Contract = stage.deployment.contract(desk)
    with refused(stage, "CashDesk_NoEther"):
        pay(contract, "multicall", [], value=1, sender=payer)
    paid = authorization(stage, 50, payer)
    for function, arguments in [("authorizeCash", paid), ("permitCash", permit(stage, 1, payer))]:
        with refused(stage, ""):
            pay(contract, function, *arguments, value=1, sender=payer)
    for data in ("0x", "0x12345678"):
        body = {"to": contract.address, "from": payer.address, "value": "0x1", "data": data}
        with pytest.raises(Reverted):
            transact(contract.rpc, body, payer, None)
    assert int(stage.anvil.rpc("eth_getBalance", contract.address, "latest"), 16) == 0
