"""Views tell what transactions do, and refuse what those refuse; and other corners of the books."""

from __future__ import annotations

from typing import Any

import pytest
from eth_utils.crypto import keccak

from tests.support.bonds import post
from tests.support.contests import reported, switch
from tests.support.rent import LEDGER, deliver, open_lease, refund_ledger
from tests.support.reverts import expect_revert
from tests.support.sales import on_sale
from tests.support.shares import set_up
from tests.support.shows import shows
from tests.support.stage import EVIDENCE, HOUR, MAX, UNIT, USD, Stage, Terms
from wellhead.chain import Contract, Reverted
from wellhead.chain.signing import attestation_digest, quorum, recount_digest, report_digest
from wellhead.model.samples import Sample

TERMS = Terms(bond=10 * USD, min_hours=2, max_hours=50, horizon_hours=100)
#: What Solady hashes behind the highest bytes of an id to find where its owner stands.
SEED = bytes.fromhex("7d882553")
DAY = 24 * HOUR


def said(contract: Contract, function: str, *arguments: Any, sender: str) -> tuple[str, Any]:
    """What a call answers, or what it is refused with."""
    try:
        return "", contract.call(function, *arguments, sender=sender)
    except Reverted as refusal:
        return refusal.name, tuple(refusal.arguments.values())


#: Cluster, units, hours from now on, hours; and what is wrong with it.
ASKS = [
    ((99, 1, 2, 5), "CapacityRegistry_UnknownCluster"),
    ((1, 0, 2, 5), "LeaseMarket_NoUnits"),
    ((1, 1, -1, 5), "LeaseMarket_StartInPast"),
    ((1, 1, 2, 1), "LeaseMarket_InvalidLength"),
    ((1, 1, 2, 51), "LeaseMarket_InvalidLength"),
    ((1, 1, 2, MAX), "LeaseMarket_InvalidLength"),
    ((1, 1, 99, 2), "LeaseMarket_PastHorizon"),
    ((1, 101, 2, 5), "LeaseMarket_SoldOut"),
    ((1, MAX, 2, 5), "LeaseMarket_SoldOut"),
    ((1, 91, 2, 5), "LeaseMarket_SoldOut"),
    ((1, 60, 2, 5), "LeaseMarket_Unbonded"),
    ((1, 60, 60, 5), "LeaseMarket_Unbonded"),
    ((1, 40, 2, 5), ""),
    ((1, 50, 60, 40), ""),
    ((1, 1, 0, 2), ""),
]


@pytest.fixture
def busy(stage: Stage) -> Stage:
    """Ten of a hundred units are booked for ten hours, and a bond stands behind fifty."""
    cluster = stage.cluster(100, TERMS)
    post(stage, cluster, 500 * USD)
    open_lease(stage, cluster, 10, stage.hour() + 2, 10)
    return stage


@shows("PRICE-14")
@pytest.mark.parametrize("paused", [False, True])
def test_a_quote_is_refused_what_a_lease_is_refused(busy: Stage, paused: bool) -> None:
    if paused:
        switch(busy, "pause")
    tenant = busy.tenants[1].address
    for (cluster, units, ahead, hours), error in ASKS:
        asked = (cluster, units, busy.hour() + ahead, hours)
        quoted = said(busy.market, "quote", *asked, sender=tenant)
        leased = said(busy.market, "lease", *asked, MAX, sender=tenant)
        assert quoted[0] == leased[0], asked
        if paused:
            assert quoted[0] == ("LeaseMarket_Paused" if cluster == 1 else error)
            continue
        assert quoted[0] == error
        if error:
            assert quoted[1] == leased[1]
        else:
            cost = quoted[1]["cost"]
            below = said(busy.market, "lease", *asked, cost - 1, sender=tenant)
            assert below == ("LeaseMarket_CostAboveMax", (cost, cost - 1))


@shows("PRICE-14")
def test_an_extensions_quote_is_refused_what_the_extension_is(busy: Stage) -> None:
    tenant = busy.tenants[0].address
    for lease, hours, error in (
        (1, 5, ""),
        (1, 0, "LeaseMarket_InvalidLength"),
        (1, 51, "LeaseMarket_InvalidLength"),
        (9, 5, "LeaseMarket_UnknownLease"),
    ):
        quoted = said(busy.market, "quoteExtension", lease, hours, sender=tenant)
        extended = said(busy.market, "extend", lease, hours, MAX, sender=tenant)
        assert (quoted[0], extended[0]) == (error, error)
        assert extended[1] == (quoted[1] if error else quoted[1]["cost"])
    busy.market.send("noticeSuspension", 1, EVIDENCE, sender=busy.operator)
    assert said(busy.market, "quoteExtension", 1, 5, sender=tenant)[0] == "LeaseMarket_Suspended"
    busy.market.send("liftSuspension", 1, sender=busy.operator)
    busy.to_hour(busy.hour() + 13)
    for function, more in (("quoteExtension", ()), ("extend", (MAX,))):
        assert said(busy.market, function, 1, 5, *more, sender=tenant)[0] == "LeaseMarket_Over"


@shows("SALE-4")
def test_a_price_is_refused_where_the_sale_is(stage: Stage) -> None:
    sale = on_sale(stage)
    buyer, bounds = sale.buyer.address, sale.bounds.encoded()

    def both() -> tuple[tuple[str, Any], tuple[str, Any]]:
        asked = (sale.exchange, "priceOf", sale.lease.id)
        return said(*asked, sender=buyer), said(
            sale.exchange, "buy", sale.lease.id, bounds, sender=buyer
        )

    assert [refusal for refusal, _ in both()] == ["LeaseExchange_NotListed"] * 2
    opens = stage.now() + 100
    sale.offer(90_000_001, 7, opens, opens + 50)
    assert [refusal for refusal, _ in both()] == ["LeaseExchange_NotOpen"] * 2
    for second in (0, 1, 33, 50):
        stage.to_time(opens + second)
        priced, bought = both()
        assert priced == bought
        assert priced[0] == ""
    stage.to_time(opens + 51)
    assert [refusal for refusal, _ in both()] == ["LeaseExchange_NotOpen"] * 2


@shows("SETTLE-6")
def test_what_views_say_is_due_is_what_is_paid(stage: Stage) -> None:
    """Claims, releases, refunds and the reporters' pay, and the base."""
    cluster, holder = stage.cluster(100, Terms(operator_share=123_457)), stage.holders[0]
    token, router, stranger = stage.token(cluster), stage.router, stage.stranger.address
    token.send("transfer", holder.address, 33 * UNIT + 7, sender=stage.operator)
    lease = open_lease(stage, cluster, 20, stage.hour() + 1, 9)
    deliver(stage, cluster, {lease.start + n: 4_999 * n for n in range(5)})
    stage.market.send("accrue", cluster, sender=stage.stranger)
    due = refund_ledger(stage, lease) // LEDGER
    assert stage.market.call("settle", lease.id, sender=stranger) == due > 0
    router.send("distribute", cluster, sender=stage.stranger)
    stage.skip(7 * HOUR + 11)
    owed = router.call("releasableOf", cluster)
    assert router.call("release", cluster, sender=stranger) == owed
    assert min(owed) > 0
    earned = token.call("claimable", holder.address)
    assert token.call("claim", stranger, sender=holder.address) == earned
    assert earned[0] == token.call("owedLedgerOf", holder.address)[0] >> 68 > 0
    router.send("release", cluster, sender=stage.stranger)
    assert stage.oracle.call("payReporters") == stage.claim_of(stage.oracle) // 5 > 0
    base = stage.market.call("baseOf", cluster)
    assert stage.market.call("updateBase", cluster) == base


@shows("PAUSE-6")
def test_seconds_of_a_pause_are_seconds_to_whatever_is_no_deadline(stage: Stage) -> None:
    """A pause stops neither what vests, nor a falling price, nor the base."""
    share = set_up(stage)
    share.mint(share.holders[0], 4 * UNIT)
    cluster = stage.cluster(100, Terms(target=0))
    open_lease(stage, cluster, 50, stage.hour() + 1, 40)
    share.earn(cash=86_400, backlog=86_400)
    begin = stage.now()
    base = stage.market.call("baseOf", cluster)
    switch(stage, "pause")
    stage.to_time(begin + DAY // 2)
    assert share.claimable(share.holders[0])[0] == 43_199  # and a fraction
    assert stage.market.call("baseOf", cluster) > base
    stage.to_time(begin + DAY)
    assert share.claimable(share.holders[0])[0] == 86_399


@shows("LEASE-19")
def test_transfers_are_counted_modulo_2_to_the_16_beside_refunds(stage: Stage) -> None:
    """The count wraps around, and neither the owner nor what was refunded changes by it."""
    cluster = stage.cluster(100, Terms(speed=0))
    lease = open_lease(stage, cluster, 20, stage.hour() + 1, 9)
    deliver(stage, cluster, {lease.start: 1_000})
    stage.market.send("settle", lease.id, sender=stage.stranger)
    before = stage.market.call("leaseOf", lease.id)
    slot = 2 * lease.id + int.from_bytes(keccak(bytes(28) + SEED), "big")
    at = (stage.market.address, hex(slot))
    stored = int(stage.anvil.rpc("eth_getStorageAt", *at, "latest"), 16)
    assert stored & (2**160 - 1) == int(lease.tenant.address, 16), "the storage layout changed"
    assert stored >> 160 == before["refunded"] > 0
    full = stored | 0xFFFF << 240
    stage.anvil.rpc("anvil_setStorageAt", *at, f"0x{full:064x}")
    assert stage.market.call("leaseOf", lease.id) == {**before, "transfers": 2**16 - 1}
    buyer = stage.tenants[1]
    moved = (lease.tenant.address, buyer.address, lease.id)
    stage.market.send("transferFrom", *moved, sender=lease.tenant)
    assert stage.market.call("leaseOf", lease.id) == before
    assert stage.market.call("ownerOf", lease.id) == buyer.address


@shows("SIG-4")
def test_what_reporters_sign_is_for_one_chain(stage: Stage) -> None:
    """Reports, attestations and recounts of a chain with another id are nobody's here."""
    case, other = reported(stage), stage.deployment.chain_id + 1
    sender, three, four = stage.operator, stage.reporters[:3], stage.reporters[1:]
    words = [Sample(case.cluster, case.hour + 1, 9, 9).encode()]
    stage.to_hour(case.hour + 2)
    signed = quorum(report_digest(other, stage.oracle.address, words, EVIDENCE), three)
    with expect_revert("MetricsOracle_UnknownSigner"):
        stage.oracle.call("report", words, EVIDENCE, signed)
    attested = attestation_digest(other, stage.registry.address, case.cluster, 5, 1, EVIDENCE)
    minted = (case.cluster, 5, 1, EVIDENCE, quorum(attested, three))
    with expect_revert("MetricsOracle_UnknownSigner"):
        stage.registry.call("mint", *minted, sender=sender.address)
    case.contest()
    word = case.sample(5).encode()
    counted = recount_digest(other, stage.contests.address, word, EVIDENCE)
    with expect_revert("MetricsOracle_UnknownSigner"):
        stage.contests.call("recount", word, EVIDENCE, quorum(counted, four))
