"""Bitcoin that anybody pays to a cluster's holders, and coins that come past all books."""

from __future__ import annotations

import pytest

from tests.support.raw import attempt
from tests.support.rent import FLAT, deliver, open_lease
from tests.support.shows import shows
from tests.support.stage import HOUR, MAX, UNIT, Stage
from tests.support.state import refused, unchanged
from wellhead.chain import Contract, Receipt, UnlockedAccount

DAY = 24 * HOUR
BTC = 10**8


@pytest.fixture
def cluster(stage: Stage) -> int:
    """Four units, one of them a holder's."""
    made = stage.cluster(4, FLAT.but(operator_share=0, reporter_share=0, bitcoin_share=0))
    stage.token(made).send("transfer", stage.holders[0].address, UNIT, sender=stage.operator)
    return made


@pytest.fixture
def payer(stage: Stage) -> UnlockedAccount:
    """A stranger with ten bitcoins, who lets the vault take them."""
    account = stage.stranger
    stage.reserve.send("mint", account.address, 10 * BTC, sender=account)
    stage.reserve.send("approve", stage.vault.address, MAX, sender=account)
    return account


def pay_in(stage: Stage, cluster: int, amount: int, payer: UnlockedAccount) -> Receipt:
    return stage.router.send("payIn", cluster, amount, sender=payer)


def claim_of(stage: Stage, account: UnlockedAccount | Contract) -> int:
    return int(stage.vault.call("claimOf", stage.reserve.address, account.address))


@shows("ROUT-10")
def test_who_pays_in_pays_the_holders_alone(
    stage: Stage, cluster: int, payer: UnlockedAccount
) -> None:
    token = stage.token(cluster)
    receipt = pay_in(stage, cluster, BTC, payer)
    assert [event.name for event in receipt.events if event.name != "Transfer"] == [
        "PaidIn",
        "Deposited",
        "ReserveAdded",
    ]
    assert receipt.event("PaidIn").arguments == {
        "clusterId": cluster,
        "payer": payer.address,
        "amount": BTC,
    }
    assert receipt.event("ReserveAdded").arguments == {"amount": BTC, "backlog": BTC}
    assert claim_of(stage, token) == BTC
    assert [claim_of(stage, who) for who in (stage.operator, stage.oracle, stage.router)] == [0] * 3
    assert stage.reserve.call("balanceOf", payer.address) == 9 * BTC


@shows("REV-9", "ROUT-10")
def test_it_vests_over_a_day(stage: Stage, cluster: int, payer: UnlockedAccount) -> None:
    token = stage.token(cluster)
    pay_in(stage, cluster, BTC, payer)
    begin = stage.now()
    for passed in (0, HOUR, DAY // 2, DAY, 2 * DAY):
        stage.to_time(begin + passed)
        due = BTC * min(passed, DAY) // DAY // 4
        cash, bitcoin = token.call("claimable", stage.holders[0].address)
        # A step of the index that is not full is carried: it may cost the last unit.
        assert (cash, bitcoin in (max(0, due - 1), due)) == (0, True)
    paid = token.send("claim", stage.holders[0].address, sender=stage.holders[0])
    assert paid.event("Claimed")["reserve"] in (BTC // 4 - 1, BTC // 4)


def test_a_claim_in_the_vault_is_taken_first(
    stage: Stage, cluster: int, payer: UnlockedAccount
) -> None:
    coin = stage.reserve.address
    stage.vault.send("deposit", coin, payer.address, 3 * BTC, sender=payer)
    pay_in(stage, cluster, 2 * BTC, payer)
    assert (claim_of(stage, payer), claim_of(stage, stage.token(cluster))) == (BTC, 2 * BTC)
    pay_in(stage, cluster, 5 * BTC, payer)
    assert (claim_of(stage, payer), claim_of(stage, stage.token(cluster))) == (0, 7 * BTC)
    assert stage.reserve.call("balanceOf", payer.address) == 3 * BTC


@shows("ROUT-10")
def test_paying_in_needs_the_coins(stage: Stage, cluster: int, payer: UnlockedAccount) -> None:
    with refused(stage, "ERC20InsufficientBalance", payer.address, 10 * BTC, 10 * BTC + 1):
        attempt(stage.router, "payIn", cluster, 10 * BTC + 1, sender=payer)
    stage.reserve.send("approve", stage.vault.address, BTC, sender=payer)
    with refused(stage, "ERC20InsufficientAllowance", stage.vault.address, BTC, BTC + 1):
        attempt(stage.router, "payIn", cluster, BTC + 1, sender=payer)


@shows("ROUT-10")
@pytest.mark.parametrize("cluster_id", [0, 2, MAX])
def test_an_unknown_cluster_is_paid_nothing(
    stage: Stage, cluster: int, payer: UnlockedAccount, cluster_id: int
) -> None:
    with refused(stage, "CapacityRegistry_UnknownCluster", cluster_id):
        attempt(stage.router, "payIn", cluster_id, 1, sender=payer)


def test_paying_in_nothing_changes_no_earnings(
    stage: Stage, cluster: int, payer: UnlockedAccount
) -> None:
    pay_in(stage, cluster, BTC, payer)
    begin = stage.now()
    ends = stage.token(cluster).call("reserveRevenue")["vestedAt"]
    stage.to_time(begin + 100)
    pay_in(stage, cluster, 0, payer)
    found = stage.token(cluster).call("reserveRevenue")
    assert (found["vestedAt"], found["total"]) == (ends, BTC << found["shift"])


def test_paying_in_stays_open_while_paused(
    stage: Stage, cluster: int, payer: UnlockedAccount
) -> None:
    stage.registry.send("pause", sender=stage.guardian)
    pay_in(stage, cluster, BTC, payer)
    assert claim_of(stage, stage.token(cluster)) == BTC


@shows("REV-8")
def test_without_tokens_what_is_paid_in_waits(stage: Stage, payer: UnlockedAccount) -> None:
    cluster = stage.register()
    pay_in(stage, cluster, BTC, payer)
    stage.skip(DAY)
    found = stage.token(cluster).call("reserveRevenue")
    assert (found["index"], found["carried"]) == (0, BTC << found["shift"])


@shows("VAULT-12")
@pytest.mark.parametrize("coin", ["cash", "reserve"])
@pytest.mark.parametrize("to", ["token", "router", "vault"])
def test_a_donation_changes_nothing(stage: Stage, cluster: int, coin: str, to: str) -> None:
    """Coins sent past the books are nobody's: not claimed, not distributed, not swept."""
    sent: Contract = getattr(stage, coin)
    target = stage.token(cluster) if to == "token" else getattr(stage, to)
    lease = open_lease(stage, cluster, 4, stage.hour() + 1, 3)
    deliver(stage, cluster, dict.fromkeys(range(lease.start, lease.end), 4_000))
    outcomes = []
    for gift in (0, 10**12):
        with stage.scratch():
            sent.send("mint", stage.stranger.address, 10**12, sender=stage.stranger)
            contracts = (stage.router, stage.token(cluster), stage.vault, stage.market)
            with unchanged(stage, *contracts):
                sent.send("transfer", target.address, gift, sender=stage.stranger)
            stage.router.send("accrueAndDistribute", cluster, sender=stage.stranger)
            stage.router.send("release", cluster, sender=stage.stranger)
            stage.skip(DAY)
            token, holder = stage.token(cluster), stage.holders[0]
            paid = token.send("claim", holder.address, sender=holder).event("Claimed").arguments
            everybody = (stage.operator, stage.oracle, stage.router, token, stage.market)
            outcomes.append(
                (
                    paid,
                    [stage.claim_of(who) for who in everybody],
                    [claim_of(stage, who) for who in everybody],
                    token.call("cashRevenue") | {"vestedAt": 0},
                    token.call("reserveRevenue") | {"vestedAt": 0},
                )
            )
            assert sent.call("balanceOf", target.address) >= gift
    assert outcomes[0] == outcomes[1]
    assert outcomes[0][0]["cash"] in (2, 3)
