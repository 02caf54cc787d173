"""Ways to pay within one transaction: claims first, permits, signed authorizations."""

from typing import Any

import pytest

from tests.support.payment import NONCE, authorization, encoded, permit
from tests.support.raw import attempt
from tests.support.rent import cost
from tests.support.shows import shows
from tests.support.stage import HOUR, MAX, Stage, Terms
from tests.support.state import refused
from wellhead.chain import Receipt, UnlockedAccount

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


def wallet(stage: Stage, account: UnlockedAccount) -> tuple[int, int, int]:
    """Coins, claim, and what the vault may still take."""
    return (
        stage.cash.call("balanceOf", account.address),
        stage.claim_of(account),
        stage.cash.call("allowance", account.address, stage.vault.address),
    )


def lease(stage: Stage, cluster: int, hours: int = 5) -> bytes:
    ask = (cluster, 10, stage.hour() + 2, hours, MAX)
    return encoded(stage.market, "lease", *ask)


def batch(stage: Stage, payer: UnlockedAccount, *calls: bytes) -> Receipt:
    return stage.market.send("multicall", list(calls), sender=payer)


def refuse(stage: Stage, payer: UnlockedAccount, calls: list[bytes], *error: Any) -> None:
    with refused(stage, *error):
        attempt(stage.market, "multicall", calls, sender=payer)


def signed(stage: Stage, *authorization_: Any) -> bytes:
    return encoded(stage.market, "authorizeCash", *authorization_)


def test_all_desks_take_the_stablecoin(stage: Stage) -> None:
    for name in DESKS:
        assert stage.deployment.contract(name).call("cash") == stage.cash.address


@shows("PAY-2")
def test_a_permit_and_a_lease_in_one(stage: Stage, cluster: int, payer: UnlockedAccount) -> None:
    allow = encoded(stage.market, "permitCash", *permit(stage, PRICE, payer))
    receipt = batch(stage, payer, allow, lease(stage, cluster))
    assert receipt.event("LeaseOpened")["cost"] == PRICE
    assert receipt.event("LeaseOpened")["tenant"] == payer.address
    assert wallet(stage, payer) == (9 * PRICE, 0, 0)


@shows("PAY-2")
def test_a_permit_that_somebody_sent_before_is_good(
    stage: Stage, cluster: int, payer: UnlockedAccount
) -> None:
    amount, deadline, *signature = permit(stage, PRICE, payer)
    allow = encoded(stage.market, "permitCash", amount, deadline, *signature)
    stage.cash.send(
        "permit",
        payer.address,
        stage.vault.address,
        amount,
        deadline,
        *signature,
        sender=stage.stranger,
    )
    batch(stage, payer, allow, lease(stage, cluster))
    assert wallet(stage, payer) == (9 * PRICE, 0, 0)


def test_a_permit_is_good_once(stage: Stage, cluster: int, payer: UnlockedAccount) -> None:
    allow = encoded(stage.market, "permitCash", *permit(stage, PRICE, payer))
    batch(stage, payer, allow, lease(stage, cluster))
    refuse(stage, payer, [allow, lease(stage, cluster)], "ERC2612InvalidSigner")


@shows("PAY-2")
@pytest.mark.parametrize("desk", DESKS)
def test_a_permit_expires(stage: Stage, payer: UnlockedAccount, desk: str) -> None:
    deadline = stage.now()
    contract = stage.deployment.contract(desk)
    allow = permit(stage, PRICE, payer, deadline)
    with refused(stage, "ERC2612ExpiredSignature", deadline):
        attempt(contract, "permitCash", *allow, sender=payer)
    stage.cash.send("approve", stage.vault.address, PRICE - 1, sender=payer)
    with refused(stage, "ERC2612ExpiredSignature", deadline):
        attempt(contract, "permitCash", *allow, sender=payer)
    stage.cash.send("approve", stage.vault.address, PRICE, sender=payer)
    contract.send("permitCash", *allow, sender=payer)
    assert wallet(stage, payer) == (10 * PRICE, 0, PRICE)


@shows("PAY-2")
@pytest.mark.parametrize("desk", DESKS)
def test_a_permit_is_its_signers(stage: Stage, payer: UnlockedAccount, desk: str) -> None:
    thief = stage.tenants[1]
    stage.cash.send("approve", stage.vault.address, 0, sender=thief)
    with refused(stage, "ERC2612InvalidSigner"):
        attempt(
            stage.deployment.contract(desk),
            "permitCash",
            *permit(stage, PRICE, payer),
            sender=thief,
        )


@shows("PAY-4")
def test_an_authorization_and_a_lease_in_one(
    stage: Stage, cluster: int, payer: UnlockedAccount
) -> None:
    """No allowance is ever needed; what is not spent stays the payer's claim."""
    paid = signed(stage, *authorization(stage, PRICE + 7, payer))
    receipt = batch(stage, payer, paid, lease(stage, cluster))
    assert receipt.event("LeaseOpened")["cost"] == PRICE
    assert receipt.event("Deposited").arguments == {
        "coin": stage.cash.address,
        "payer": payer.address,
        "account": payer.address,
        "amount": PRICE + 7,
    }
    assert receipt.event("Moved").arguments == {
        "coin": stage.cash.address,
        "from": payer.address,
        "to": stage.market.address,
        "amount": PRICE,
    }
    assert wallet(stage, payer) == (9 * PRICE - 7, 7, 0)
    stage.vault.send("withdraw", stage.cash.address, payer.address, 7, sender=payer)
    assert wallet(stage, payer) == (9 * PRICE, 0, 0)


@shows("SETTLE-7")
def test_a_claim_is_spent_before_anything_else(
    stage: Stage, cluster: int, payer: UnlockedAccount
) -> None:
    stage.cash.send("approve", stage.vault.address, MAX, sender=payer)
    stage.vault.send("deposit", stage.cash.address, payer.address, 3, sender=payer)
    stage.cash.send("approve", stage.vault.address, PRICE, sender=payer)
    batch(stage, payer, lease(stage, cluster))
    assert wallet(stage, payer) == (9 * PRICE, 0, 3)
    stage.cash.send("approve", stage.vault.address, MAX, sender=payer)
    stage.vault.send("deposit", stage.cash.address, payer.address, 8 * PRICE, sender=payer)
    stage.cash.send("approve", stage.vault.address, 0, sender=payer)
    paid = batch(stage, payer, lease(stage, cluster)).event("LeaseOpened")["cost"]
    assert wallet(stage, payer) == (PRICE, 8 * PRICE - paid, 0)


@shows("SETTLE-7")
def test_a_refund_pays_the_next_lease(stage: Stage, cluster: int) -> None:
    """Sell back and lease again in one transaction, with no coin moving but for the rest."""
    tenant = stage.tenants[0]
    leased = stage.lease(cluster, 10, stage.hour() + 2, 5, tenant)
    start = stage.market.call("leaseOf", leased)["start"]
    back = encoded(stage.market, "cancel", leased, start, 0)
    again = encoded(stage.market, "lease", cluster, 10, start + 50, 5, MAX)
    receipt = batch(stage, tenant, back, again)
    refund = receipt.event("LeaseCancelled")["refund"]
    assert 0 < refund < PRICE
    assert receipt.event("Deposited")["amount"] == PRICE - refund
    assert stage.claim_of(tenant) == 0


@shows("PAY-3")
@pytest.mark.parametrize("desk", DESKS)
@pytest.mark.parametrize("spent", ["alone", "in a batch", "at the vault"])
def test_an_authorization_is_good_once(
    stage: Stage, payer: UnlockedAccount, desk: str, spent: str
) -> None:
    contract = stage.deployment.contract(desk)
    paid = authorization(stage, 50, payer)
    if spent == "alone":
        contract.send("authorizeCash", *paid, sender=payer)
    elif spent == "in a batch":
        calls = [encoded(contract, "authorizeCash", *paid)]
        contract.send("multicall", calls, sender=payer)
    else:
        direct = (stage.cash.address, payer.address, *paid)
        stage.vault.send("depositWithAuthorization", *direct, sender=payer)
    assert stage.claim_of(payer) == 50
    for name in DESKS:
        with refused(stage, "ERC3009UsedAuthorization", payer.address, NONCE):
            attempt(stage.deployment.contract(name), "authorizeCash", *paid, sender=payer)
    with refused(stage, "ERC3009UsedAuthorization", payer.address, NONCE):
        direct = (stage.cash.address, payer.address, *paid)
        attempt(stage.vault, "depositWithAuthorization", *direct, sender=payer)


@shows("PAY-3")
@pytest.mark.parametrize("desk", DESKS)
def test_an_authorization_is_good_strictly_between_its_times(
    stage: Stage, payer: UnlockedAccount, desk: str
) -> None:
    contract = stage.deployment.contract(desk)
    now = stage.now() + 10
    for after, before in [(now, now + 10), (now - 10, now)]:
        stage.anvil.next_block_at(now)
        with refused(stage, "ERC3009InvalidAuthorizationTime", after, before):
            late = authorization(stage, 50, payer, after=after, before=before)
            attempt(contract, "authorizeCash", *late, sender=payer)
    stage.anvil.next_block_at(now)
    good = authorization(stage, 50, payer, after=now - 1, before=now + 1)
    contract.send("authorizeCash", *good, sender=payer)
    assert stage.claim_of(payer) == 50


@shows("PAY-3")
@pytest.mark.parametrize("desk", DESKS)
def test_nobody_else_uses_an_authorization(stage: Stage, payer: UnlockedAccount, desk: str) -> None:
    """Not at the desks, not at the vault, and not at the coin: it names the vault as receiver."""
    thief, contract = stage.tenants[1], stage.deployment.contract(desk)
    paid = authorization(stage, 50, payer)
    with refused(stage, "ERC3009InvalidSignature"):
        attempt(contract, "authorizeCash", *paid, sender=thief)
    with refused(stage, "Vault_MayNotCharge", thief.address, payer.address):
        direct = (stage.cash.address, payer.address, *paid)
        attempt(stage.vault, "depositWithAuthorization", *direct, sender=thief)
    with refused(stage, "ERC20InvalidReceiver", stage.vault.address):
        raw = (payer.address, stage.vault.address, *paid)
        attempt(stage.cash, "receiveWithAuthorization", *raw, sender=thief)
    with refused(stage, "ERC3009InvalidSignature"):
        raw = (payer.address, stage.vault.address, *paid)
        attempt(stage.cash, "transferWithAuthorization", *raw, sender=thief)
    contract.send("authorizeCash", *paid, sender=payer)
    assert stage.claim_of(payer) == 50


@shows("PAY-3")
@pytest.mark.parametrize("desk", DESKS)
def test_an_authorization_to_a_desk_is_none_to_the_vault(
    stage: Stage, payer: UnlockedAccount, desk: str
) -> None:
    contract = stage.deployment.contract(desk)
    with refused(stage, "ERC3009InvalidSignature"):
        wrong = authorization(stage, 50, payer, to=contract)
        attempt(contract, "authorizeCash", *wrong, sender=payer)
