"""What new units bring is paid out of claims first, then by allowance; an operator that
can not pay mints nothing, and a coin that calls back finds the attestation used."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.minting import (
    TERMS,
    at_once,
    give,
    make_wait,
    mint_now,
    order,
    purses,
    topped_up,
    waiting_of,
)
from tests.support.payment import encoded
from tests.support.raw import attempt, deploy, impersonate
from tests.support.safe import Mode
from tests.support.shows import shows
from tests.support.stage import FINALITY, HOUR, UNIT, Stage
from tests.support.state import refused
from tests.support.sweeps import desk_on
from wellhead.chain import Contract, UnlockedAccount

UNITS, MORE = 100, 33


@pytest.fixture
def cluster(stage: Stage) -> int:
    """Something waits, and both currencies vest; the operator has nothing."""
    made = stage.cluster(UNITS, TERMS)
    give(stage, made, 40)
    make_wait(stage, made, 9_000_000_000, 10**8, 30, 10**9)
    stage.skip(HOUR)
    return made


def due(stage: Stage, cluster: int) -> tuple[int, int]:
    """What the operator pays in each coin."""
    pending, cash, reserve = waiting_of(stage, cluster).part(MORE)
    return pending + cash, reserve


@shows("REG-4", "VAULT-7")
@pytest.mark.parametrize("part", [0, 1, 500, 999, 1000, 2000])
def test_claims_in_the_vault_come_first_and_the_rest_by_allowance(
    stage: Stage, cluster: int, part: int
) -> None:
    """So many thousandths of what is due are claims, in either currency; what the vault may take is
    just the rest."""
    stage.afford_mints()
    coins, vault = (stage.cash, stage.reserve), stage.vault
    needed = due(stage, cluster)
    claims = [amount * part // 1000 for amount in needed]
    rests = [max(amount - claim, 0) for amount, claim in zip(needed, claims, strict=True)]
    for coin, claim, rest in zip(coins, claims, rests, strict=True):
        deposit = (coin.address, stage.operator.address, claim)
        at_once(stage, vault, "deposit", *deposit)
        at_once(stage, coin, "approve", vault.address, rest)
    before = purses(stage)
    assert [claim for claim, _ in before] == claims
    assert due(stage, cluster) == needed
    mint_now(stage, cluster, MORE)
    assert purses(stage) == [
        (max(claim - amount, 0), balance - rest)
        for (claim, balance), amount, rest in zip(before, needed, rests, strict=True)
    ]
    for coin in coins:
        assert coin.call("allowance", stage.operator.address, vault.address) == 0


@shows("REG-3", "REG-4")
@pytest.mark.parametrize("number", [0, 1], ids=["cash", "reserve"])
@pytest.mark.parametrize("lacks", ["allowance", "coins"])
def test_an_operator_that_can_not_pay_mints_nothing(
    stage: Stage, cluster: int, number: int, lacks: str
) -> None:
    """A unit of one currency is missing: nothing has changed, units and attestation are as before,
    and the same attestation mints them when it is there."""
    stage.afford_mints()
    coin, vault = (stage.cash, stage.reserve)[number], stage.vault
    pending, cash, reserve = waiting_of(stage, cluster).part(MORE)
    last, has = ((cash, pending + cash - 1), (reserve, reserve - 1))[number]
    if lacks == "allowance":
        at_once(stage, coin, "approve", vault.address, has)
        error, who = "ERC20InsufficientAllowance", vault.address
    else:
        surplus = coin.call("balanceOf", stage.operator.address) - has
        at_once(stage, coin, "transfer", stage.stranger.address, surplus)
        error, who = "ERC20InsufficientBalance", stage.operator.address
    call = order(stage, cluster, MORE)
    with refused(stage, error, who, last - 1, last):
        at_once(stage, stage.registry, "mint", *call)
    state = stage.registry.call("clusterOf", cluster)
    assert (state["attested"], state["attestations"]) == (UNITS, 1)
    if lacks == "allowance":
        at_once(stage, coin, "approve", vault.address, has + 1)
    else:
        at_once(stage, coin, "mint", stage.operator.address, 1)
    assert topped_up(stage, at_once(stage, stage.registry, "mint", *call))[1:] == (cash, reserve)
    assert stage.registry.call("clusterOf", cluster)["attestations"] == 2


@shows("REG-3")
def test_a_mint_that_fails_later_has_charged_nothing(stage: Stage, cluster: int) -> None:
    """Of an operator that may not receive, which the token says last."""
    stage.afford_mints()
    call = order(stage, cluster, MORE)
    with stage.scratch():
        stage.compliance.send("setBlocked", stage.operator.address, True, sender=stage.officer)
        with refused(stage, "ERC7943CannotReceive", stage.operator.address):
            at_once(stage, stage.registry, "mint", *call)


@shows("REG-5")
def test_a_record_that_is_not_current_is_said_before_the_price(stage: Stage, cluster: int) -> None:
    """The operator has nothing to pay with, and is not told so in vain."""
    call = order(stage, cluster, MORE)
    hour = stage.hour() + 1
    stage.lease(cluster, 1, hour, 1)
    stage.to_hour(hour + 2, FINALITY)
    make_wait(stage, cluster, 10**9, 0)
    assert min(due(stage, cluster)) == 0 < max(due(stage, cluster))
    with refused(stage, "CapacityRegistry_RecordNotCurrent", cluster, hour, hour + 1):
        at_once(stage, stage.registry, "mint", *call)


# A stablecoin that calls back while it is charged


@pytest.fixture
def coin(stage: Stage, cluster: int) -> UnlockedAccount:
    """The stablecoin gets the code of one that calls back, and runs the cluster itself: so what it
    calls is called by the operator. What it holds, and what others do, stays as it was."""
    code = stage.anvil.rpc("eth_getCode", deploy(stage, "TestHostileCoin").address, "latest")
    stage.anvil.rpc("anvil_setCode", stage.cash.address, code)
    operator = impersonate(stage, stage.cash.address)
    stage.credential(operator.address)
    stage.registry.send("setOperator", cluster, operator.address, sender=stage.governor)
    stage.afford_mints(operator)
    return operator


def call_back(stage: Stage, contract: Contract, function: str, *arguments: Any) -> None:
    """From each transfer on the coin makes this call."""
    data = encoded(contract, function, *arguments)
    hostile = Contract(stage.anvil.rpc, "TestHostileCoin", stage.cash.address)
    hostile.send("setCall", contract.address, data, sender=stage.stranger)
    hostile.send("setMode", Mode.REENTER, sender=stage.stranger)


@shows("REG-3")
def test_nothing_is_minted_twice_with_an_attestation(
    stage: Stage, cluster: int, coin: UnlockedAccount
) -> None:
    call = order(stage, cluster, MORE)
    call_back(stage, stage.registry, "mint", *call)
    with refused(stage, "CapacityRegistry_AttestationNumber", 2, 1):
        attempt(stage.registry, "mint", *call, sender=coin)


@shows("REG-3", "VAULT-7")
@pytest.mark.parametrize("function", ["mint", "payIn", "sweep"])
def test_nothing_else_is_paid_while_a_mint_is(
    stage: Stage, cluster: int, coin: UnlockedAccount, function: str
) -> None:
    """No mint by the next attestation, and nothing that waits is swept."""
    desk_on(stage).fill(10**8)
    if function == "mint":
        call_back(stage, stage.registry, "mint", *order(stage, cluster, 1, later=1))
    else:
        call_back(stage, stage.router, function, cluster, 1_000)
    with refused(stage, "ReentrancyGuardReentrantCall"):
        attempt(stage.registry, "mint", *order(stage, cluster, MORE), sender=coin)


@shows("REG-1", "REG-4")
@pytest.mark.parametrize(
    "function", ["accrueAndDistribute", "distribute", "release", "retire", "transfer"]
)
def test_what_a_coin_asks_for_meanwhile_takes_nothing_from_the_others(
    stage: Stage, cluster: int, coin: UnlockedAccount, function: str
) -> None:
    """Each token's part of what waits and vests is not less than before, and all books agree."""
    token, holder = stage.token(cluster), stage.holders[0]
    token.send("transfer", coin.address, 60 * UNIT, sender=stage.operator)
    calls: dict[str, tuple[Contract, tuple[Any, ...]]] = {
        "retire": (stage.registry, (cluster, 20)),
        "transfer": (token, (holder.address, UNIT)),
    }
    contract, arguments = calls.get(function, (stage.router, (cluster,)))
    call = order(stage, cluster, MORE)
    call_back(stage, contract, function, *arguments)
    before = waiting_of(stage, cluster)
    stage.anvil.next_block_at(stage.now())
    receipt = stage.registry.send("mint", *call, sender=coin)
    after = waiting_of(stage, cluster)
    # It is called once for what waits and once for what vests.
    attested = UNITS + MORE - (2 * 20 if function == "retire" else 0)
    assert after.attested == receipt.event("Attested")["attested"] == attested
    assert token.call("totalSupply") == attested * UNIT
    for name in ("pending", "cash", "reserve"):
        assert getattr(after, name) * UNITS >= getattr(before, name) * attested, name
    for held, view in ((stage.cash, "cashRevenue"), (stage.reserve, "reserveRevenue")):
        revenue = token.call(view)
        claim = stage.vault.call("claimOf", held.address, token.address)
        assert claim == revenue["total"] >> revenue["shift"]
    waits = sum(stage.router.call("releasableOf", cluster)) + after.pending
    assert stage.claim_of(stage.router) == waits + stage.router.call("carriedOf", cluster)
