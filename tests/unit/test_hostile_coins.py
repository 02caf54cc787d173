"""A stablecoin that fails, lies, burns all gas or calls back: nothing but paying in and taking out
touches it, and what was going on when it was called is finished already."""

from dataclasses import dataclass
from typing import Any

import pytest
from eth_typing import HexAddress, HexStr
from web3.types import Nonce
from web3.utils.address import get_create_address

from tests.support.lifecycle import cancel, refund_of, split_hours, split_units
from tests.support.payment import encoded
from tests.support.raw import attempt, deploy
from tests.support.rent import LEDGER, RATE, deliver, open_lease
from tests.support.reverts import expect_revert
from tests.support.safe import Mode
from tests.support.sales import on_sale, seen
from tests.support.shows import shows
from tests.support.stage import EVIDENCE, HOUR, MAX, Q, Stage, Terms
from tests.support.state import unchanged
from wellhead.chain import Contract, UnlockedAccount
from wellhead.chain.signing import quorum, recount_digest
from wellhead.model.samples import Sample

BROKEN = {"burns all gas": "0xfe", "reverts": "0x60006000fd", "does nothing": "0x00"}
PRICE = 5_000_000


@shows("VAULT-10")
@pytest.mark.parametrize("code", BROKEN)
def test_a_coin_that_is_broken_stops_payments_alone(stage: Stage, code: str) -> None:
    """Who has claims leases, buys and sells on; refunds, earnings and sales are booked."""
    sale = on_sale(stage, hours=60)
    lease, buyer = sale.lease, sale.buyer
    deposit = ("deposit", stage.cash.address, buyer.address, 10**9)
    stage.vault.send(*deposit, sender=buyer)
    sale.offer(PRICE)
    stage.anvil.rpc("anvil_setCode", stage.cash.address, BROKEN[code])

    deliver(stage, lease.cluster, {lease.start: 0})
    stage.market.send("settle", lease.id, sender=stage.stranger)
    refunded = lease.rate * Q // LEDGER
    assert stage.claim_of(sale.seller) == refunded
    split, _ = split_units(stage, lease.id, 2)
    later, _ = split_hours(stage, lease.id, lease.start + 50)
    stage.market.send("setUser", split, buyer.address, lease.end * HOUR, sender=sale.seller)
    sale.buy(seen(stage.market, lease.id))
    assert stage.claim_of(sale.seller) == refunded + PRICE
    own = open_lease(stage, lease.cluster, 5, stage.hour() + 5, 20, buyer)
    stage.market.send("extend", own.id, 2, MAX, sender=buyer)
    refund = refund_of(cancel(stage, own.id, own.start + 20, by=buyer))
    assert refund > 0
    stage.market.send("transferFrom", sale.seller.address, buyer.address, later, sender=sale.seller)
    stage.router.send("accrueAndDistribute", lease.cluster, sender=stage.stranger)
    stage.vault.send("move", stage.cash.address, stage.stranger.address, 7, sender=buyer)
    for payer in stage.tenants[2:3]:
        with expect_revert(""), unchanged(stage, stage.market, stage.vault):
            ask = (lease.cluster, 5, stage.hour() + 5, 20, MAX)
            attempt(stage.market, "lease", *ask, sender=payer)


@dataclass
class World:
    """A market, an exchange and contests of their own, for a coin that misbehaves."""

    stage: Stage
    coin: Contract
    vault: Contract
    market: Contract
    exchange: Contract
    contests: Contract
    cluster: int

    @property
    def all(self) -> tuple[Contract, ...]:
        return (self.coin, self.vault, self.market, self.exchange, self.contests)

    def lease(self, tenant: UnlockedAccount, units: int = 10) -> int:
        ask = (self.cluster, units, self.stage.hour() + 3, 24, MAX)
        return int(self.market.send("lease", *ask, sender=tenant).event("LeaseOpened")["leaseId"])

    def claim(self, account: UnlockedAccount | Contract) -> int:
        return int(self.vault.call("claimOf", self.coin.address, account.address))

    def reenter(self, target: Contract, function: str, *values: Any) -> None:
        """From each transfer on the coin makes this call."""
        call = encoded(target, function, *values)
        self.coin.send("setCall", target.address, call, sender=self.stage.stranger)
        self.coin.send("setMode", Mode.REENTER, sender=self.stage.stranger)


@pytest.fixture
def world(stage: Stage) -> World:
    cluster = stage.cluster(100, Terms(speed=0))
    coin = deploy(stage, "TestHostileCoin")
    nonce = stage.anvil.rpc.integer("eth_getTransactionCount", stage.governor.address, "latest")
    market, exchange = (
        get_create_address(HexAddress(HexStr(stage.governor.address)), Nonce(nonce + step))
        for step in (4, 5)
    )
    vault = deploy(stage, "Vault", market, exchange, stage.contests.address, stage.router.address)
    registry, oracle, router = stage.registry, stage.oracle, stage.router
    around = (registry.address, oracle.address, vault.address, router.address, coin.address)
    metadata = deploy(stage, "LeaseMetadata")
    records = deploy(stage, "LeaseRecords", around)
    changes = deploy(stage, "LeaseChanges", around, metadata.address, records.address)
    made = World(
        stage,
        coin,
        vault,
        deploy(stage, "LeaseMarket", around, metadata.address, changes.address),
        deploy(stage, "LeaseExchange", market, vault.address, coin.address),
        stage.contests,
        cluster,
    )
    assert (made.market.address, made.exchange.address) == (market, exchange)
    # The oracle knows one contests contract alone: that one gets the code of one for this coin.
    here = (registry.address, oracle.address, market, vault.address, coin.address)
    contests = deploy(stage, "Contests", *here, PRICE)
    code = stage.anvil.rpc("eth_getCode", contests.address, "latest")
    stage.anvil.rpc("anvil_setCode", stage.contests.address, code)
    for payer in stage.tenants:
        coin.send("mint", payer.address, 10**15, sender=payer)
        coin.send("approve", vault.address, MAX, sender=payer)
    return made


PAYMENTS = ["lease", "extend", "postBond", "buy"]


def payment(world: World, which: str) -> tuple[Contract, tuple[Any, ...], UnlockedAccount]:
    """A call that pays, and who makes it: a second tenant, where the first has a lease on offer."""
    stage, (seller, buyer) = world.stage, world.stage.tenants[:2]
    lease = world.lease(seller)
    world.market.send("setApprovalForAll", world.exchange.address, True, sender=seller)
    offer = ("list", lease, PRICE, PRICE, 0, 2**64 - 1)
    world.exchange.send(*offer, sender=seller)
    bounds = seen(world.market, lease).encoded()
    calls: dict[str, tuple[Contract, tuple[Any, ...], UnlockedAccount]] = {
        "lease": (world.market, ("lease", world.cluster, 5, stage.hour() + 3, 24, MAX), buyer),
        "extend": (world.market, ("extend", lease, 5, MAX), seller),
        "postBond": (world.market, ("postBond", world.cluster, PRICE), buyer),
        "buy": (world.exchange, ("buy", lease, bounds), buyer),
    }
    return calls[which]


@pytest.mark.parametrize("which", PAYMENTS)
@pytest.mark.parametrize("mode", [Mode.FEE, Mode.BONUS, Mode.FALSE])
def test_a_coin_that_delivers_another_amount_buys_nothing(
    world: World, which: str, mode: Mode
) -> None:
    contract, call, payer = payment(world, which)
    world.coin.send("setMode", mode, sender=payer)
    error = "SafeERC20FailedOperation" if mode == Mode.FALSE else "Vault_InexactTransfer"
    with unchanged(world.stage, *world.all), expect_revert(error):
        attempt(contract, *call, sender=payer)


@shows("PAY-6")
@pytest.mark.parametrize("which", PAYMENTS)
@pytest.mark.parametrize("again", PAYMENTS)
def test_a_coin_does_not_pay_again_from_within_a_payment(
    world: World, which: str, again: str
) -> None:
    contract, call, payer = payment(world, which)
    other, (function, *values), _ = payment(world, again)
    world.reenter(other, function, *values)
    error = "ReentrancyGuardReentrantCall"
    if again == "extend":
        error = "LeaseMarket_NotTenant"
    with unchanged(world.stage, *world.all), expect_revert(error):
        attempt(contract, *call, sender=payer)


@shows("PAY-6")
@pytest.mark.parametrize("which", PAYMENTS)
def test_what_a_coin_asks_for_meanwhile_finds_all_done(world: World, which: str) -> None:
    """Anyone's steps, from within a payment: they find the books as they are afterwards."""
    stage = world.stage
    contract, call, payer = payment(world, which)
    for function in ("settle", "accrue", "updateBase"):
        with stage.scratch():
            first = 1 if function == "settle" else world.cluster
            world.reenter(world.market, function, first)
            contract.send(*call, sender=payer)
            held = int(world.coin.call("balanceOf", world.vault.address))
            claims = [world.claim(tenant) for tenant in stage.tenants]
            assert sum(claims) + world.claim(world.market) == held
            if which == "buy":
                assert world.market.call("ownerOf", 1) == payer.address


@shows("PAY-6")
def test_a_coin_takes_no_lease_while_it_is_paid(world: World) -> None:
    seller, _ = world.stage.tenants[:2]
    _, call, payer = payment(world, "buy")
    for error, function, values in [
        ("TransferFromIncorrectOwner", "transferFrom", (seller.address, world.coin.address, 1)),
        ("LeaseMarket_NotTenant", "cancel", (1, world.stage.hour() + 4, 0)),
        ("LeaseMarket_NotTenant", "splitUnits", (1, 1)),
    ]:
        with world.stage.scratch():
            world.reenter(world.market, function, *values)
            with unchanged(world.stage, *world.all), expect_revert(error):
                attempt(world.exchange, *call, sender=payer)


@shows("VAULT-10")
def test_a_withdrawal_that_calls_back_takes_nothing_more(world: World) -> None:
    tenant = world.stage.tenants[0]
    lease = world.lease(tenant)
    start = world.market.call("leaseOf", lease)["start"]
    refund = world.market.send("cancel", lease, start, 0, sender=tenant)
    amount = refund.event("LeaseCancelled")["refund"]
    world.reenter(world.vault, "withdraw", world.coin.address, tenant.address, 0)
    with unchanged(world.stage, *world.all), expect_revert("ReentrancyGuardReentrantCall"):
        withdrawal = ("withdraw", world.coin.address, tenant.address, amount)
        attempt(world.vault, *withdrawal, sender=tenant)
    world.coin.send("setMode", Mode.PLAIN, sender=tenant)
    world.vault.send("withdraw", world.coin.address, tenant.address, amount, sender=tenant)
    assert world.claim(tenant) == 0


def test_a_coin_without_signatures_has_no_signed_payments(world: World) -> None:
    tenant = world.stage.tenants[0]
    signed = (PRICE, 0, MAX, bytes(32), 27, bytes(32), bytes(32))
    for desk in (world.market, world.exchange):
        with unchanged(world.stage, *world.all), expect_revert(""):
            attempt(desk, "authorizeCash", *signed, sender=tenant)
        # The allowance is there already, so a permit is not needed.
        desk.send("permitCash", PRICE, MAX, 27, bytes(32), bytes(32), sender=tenant)
        stranger = world.stage.stranger
        with unchanged(world.stage, *world.all), expect_revert(""):
            attempt(desk, "permitCash", PRICE, MAX, 27, bytes(32), bytes(32), sender=stranger)


def test_a_market_for_another_coin_has_claims_of_its_own(world: World) -> None:
    tenant = world.stage.tenants[0]
    lease = world.market.call("leaseOf", world.lease(tenant))
    rent = lease["rate"] * (lease["end"] - lease["start"])
    assert 0 <= world.claim(world.market) - rent // RATE <= 1
    assert world.stage.claim_of(world.stage.market) == 0


def contestable(world: World) -> tuple[int, int]:
    """A lease of the first tenant's, and an hour of it that was just reported."""
    lease = world.lease(world.stage.tenants[0])
    hour = int(world.market.call("leaseOf", lease)["start"])
    world.stage.to_hour(hour + 1)
    world.stage.report([Sample(world.cluster, hour, 10_000, 10_000)])
    return lease, hour


@pytest.mark.parametrize("mode", [Mode.FEE, Mode.BONUS, Mode.FALSE])
def test_a_coin_that_delivers_another_amount_contests_nothing(world: World, mode: Mode) -> None:
    contest, tenant = ("contest", *contestable(world)), world.stage.tenants[0]
    world.coin.send("setMode", mode, sender=tenant)
    error = "SafeERC20FailedOperation" if mode == Mode.FALSE else "Vault_InexactTransfer"
    with unchanged(world.stage, *world.all, world.stage.oracle), expect_revert(error):
        attempt(world.contests, *contest, sender=tenant)


@shows("PAY-6")
def test_a_coin_that_is_a_deposit_finds_the_contest_begun(world: World) -> None:
    """It is no tenant, there was no silence yet, and to decide by a recount pays out a deposit that
    has not arrived: that fails, unless another one is there, and then it is made good."""
    stage, tenant = world.stage, world.stage.tenants[0]
    lease, hour = contestable(world)
    contest, key = ("contest", lease, hour), (world.cluster, hour)
    word = Sample(*key, 0, 0).encode()
    digest = recount_digest(stage.deployment.chain_id, world.contests.address, word, EVIDENCE)
    recount = (word, EVIDENCE, quorum(digest, stage.reporters[1:]))
    for error, function, values in [
        ("Contests_NotTenant", "contest", contest[1:]),
        ("Contests_NotSilent", "close", key),
        ("Vault_InsufficientClaim", "recount", recount),
    ]:
        with stage.scratch():
            world.reenter(world.contests, function, *values)
            with unchanged(stage, *world.all, stage.oracle), expect_revert(error):
                attempt(world.contests, *contest, sender=tenant)
    deposit = (world.coin.address, world.contests.address, PRICE)
    world.vault.send("deposit", *deposit, sender=stage.tenants[1])
    before = world.claim(tenant)
    world.reenter(world.contests, "recount", *recount)
    world.contests.send(*contest, sender=tenant)
    assert (world.claim(tenant), world.claim(world.contests)) == (before + PRICE, PRICE)
    assert stage.oracle.call("finalAvailable", *key) == (True, 0)
