"""The floor against transactions that are counted by hand, and against the opcodes themselves."""

from __future__ import annotations

from typing import Any

import pytest

from tests.gas.floor import Touched, ratio, touched
from tests.gas.operations import OPERATIONS
from tests.support.raw import deploy
from tests.support.shows import shows
from tests.support.stage import USD, Stage
from wellhead.chain import UnlockedAccount
from wellhead.chain.contract import GAS_CEILING, Receipt, transact

#: 20 bytes, none of them zero.
SOMEBODY = "0x" + "11" * 20
#: What every Transfer and Approval has: three topics and a word.
EVENT = {"events": 1, "topics": 3, "event_bytes": 32}
#: Selector, a full address behind 12 zeros, a word of 3 bytes behind 29 zeros.
CALL = {"zero_bytes": 12 + 29, "nonzero_bytes": 4 + 20 + 3}
AMOUNT = 0x112233

#: Every address and slot that an opcode touches, once each; addresses as numbers in hexadecimal.
OPCODES = """{
  slots: {}, accounts: {},
  step: function (log) {
    var op = log.op.toString(), top = function (at) { return log.stack.peek(at).toString(16) };
    if (op == "SLOAD" || op == "SSTORE") {
      this.slots[toHex(log.contract.getAddress()) + " " + top(0)] = 1;
    } else if (["BALANCE", "EXTCODESIZE", "EXTCODECOPY", "EXTCODEHASH"].indexOf(op) >= 0) {
      this.accounts[top(0)] = 1;
    } else if (["CALL", "CALLCODE", "DELEGATECALL", "STATICCALL"].indexOf(op) >= 0) {
      this.accounts[top(1)] = 1;
    }
  },
  fault: function () {},
  result: function () { return {
    slots: Object.keys(this.slots).length, accounts: Object.keys(this.accounts)
  } }
}"""


def send(stage: Stage, sender: UnlockedAccount, data: str = "0x", **body: Any) -> Receipt:
    whole = {"from": sender.address, "data": data, **body}
    return transact(stage.anvil.rpc, whole, sender, GAS_CEILING)


def test_ether_sent_is_the_floor(stage: Stage) -> None:
    receipt = send(stage, stage.stranger, to=stage.relay.address, value="0x1")
    counted = touched(stage.anvil.rpc, receipt.hash)
    assert counted == Touched()
    assert counted.floor == receipt.gas_used == 21_000


def test_a_coin_transferred_to_somebody_who_has_some(stage: Stage) -> None:
    holder = stage.tenants[0]
    stage.cash.send("mint", SOMEBODY, USD, sender=holder)
    receipt = stage.cash.send("transfer", SOMEBODY, AMOUNT, sender=holder)
    counted = touched(stage.anvil.rpc, receipt.hash)
    # The pause, both entries of the blocklist, both balances; the balances change.
    assert counted == Touched(**CALL, **EVENT, slots=5, changed=2)
    calldata, event = 41 * 4 + 27 * 16, 375 + 3 * 375 + 32 * 8
    assert counted.floor == 21_000 + calldata + 5 * 2_100 + 2 * 2_900 + event == 39_652
    assert counted.floor < receipt.gas_used


def test_a_coin_transferred_to_somebody_new(stage: Stage) -> None:
    receipt = stage.cash.send("transfer", SOMEBODY, AMOUNT, sender=stage.tenants[0])
    counted = touched(stage.anvil.rpc, receipt.hash)
    assert counted == Touched(**CALL, **EVENT, slots=5, filled=1, changed=1)
    assert counted.floor == 39_652 - 2_900 + 20_000


def test_an_allowance_taken_back(stage: Stage) -> None:
    holder = stage.tenants[0]
    stage.cash.send("approve", SOMEBODY, AMOUNT, sender=holder)
    receipt = stage.cash.send("approve", SOMEBODY, 0, sender=holder)
    counted = touched(stage.anvil.rpc, receipt.hash)
    data = {"zero_bytes": 12 + 32, "nonzero_bytes": 4 + 20}
    assert counted == Touched(**data, **EVENT, slots=1, cleared=1)
    # The refund is less than a fifth of the gross 28,316.
    gross = 21_000 + 44 * 4 + 24 * 16 + 2_100 + 2_900 + 1_756
    assert gross == 28_316
    assert counted.floor == gross - 4_800 < receipt.gas_used


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        (f"0x{1:040x}", {"recoveries": 1}),
        (f"0x{2:040x}", {}),
        (SOMEBODY, {"accounts": 1}),
    ],
    ids=["ecrecover", "another precompile", "an account"],
)
def test_a_call_to_somewhere_else(stage: Stage, target: str, expected: dict[str, int]) -> None:
    """A hostile coin makes a call of its own before it transfers."""
    coin, holder = deploy(stage, "TestHostileCoin"), stage.tenants[0]
    coin.send("mint", holder.address, 2 * AMOUNT, sender=holder)
    coin.send("mint", SOMEBODY, 1, sender=holder)
    coin.send("setCall", target, b"\x01\x02\x03\x04", sender=holder)
    coin.send("setMode", 4, sender=holder)
    receipt = coin.send("transfer", SOMEBODY, AMOUNT, sender=holder)
    counted = touched(stage.anvil.rpc, receipt.hash)
    # Mode and target share a slot, the four bytes have one; two balances.
    assert counted == Touched(**CALL, **EVENT, slots=4, changed=2, **expected)
    price = {"recoveries": 3_000, "accounts": 2_600}
    assert counted.floor == 21_000 + 596 + 4 * 2_100 + 2 * 2_900 + 1_756 + sum(
        price[kind] for kind in expected
    )
    assert counted.floor < receipt.gas_used


def test_a_contract_created(stage: Stage) -> None:
    # Slot 0 becomes 1, slot 1 becomes 1 and 0 again; the code is a single zero.
    code = "600160005560018055600060015560016000f3"
    receipt = send(stage, stage.stranger, "0x" + code)
    counted = touched(stage.anvil.rpc, receipt.hash)
    zeros = bytes.fromhex(code).count(0)
    assert zeros == 3
    data = {"zero_bytes": 3, "nonzero_bytes": 16}
    assert counted == Touched(**data, slots=2, filled=1, created=1, code_bytes=1)
    assert counted.floor == 21_000 + 268 + 32_000 + 200 + 2 * 2_100 + 20_000 < receipt.gas_used


def test_refunds_are_a_fifth_at_most() -> None:
    assert Touched(slots=9, cleared=9).parts["refund"] == -(21_000 + 9 * 5_000) // 5
    assert Touched(slots=1, cleared=1).floor == 21_000 + 5_000 - 4_800
    assert Touched(slots=2, cleared=2).floor == 31_000 - 31_000 // 5


def test_what_all_data_costs_at_least() -> None:
    assert Touched().data_floor == 21_000
    assert Touched(zero_bytes=3, nonzero_bytes=2).data_floor == 21_000 + 30 + 80


@shows("GAS-2")
@pytest.mark.parametrize(
    "name",
    [
        *("register", "mint", "report", "settle_refund", "distribute_backlog", "sweep"),
        *("transfer_while_vesting", "claim_both", "claim_for", "forced_transfer"),
        "present_credential",
    ],
)
def test_the_opcodes_touch_what_is_counted(stage: Stage, name: str) -> None:
    *_, receipt = OPERATIONS[name].run(stage, stage.cluster(units=1000))
    rpc = stage.anvil.rpc
    seen: dict[str, Any] = rpc("debug_traceTransaction", receipt.hash, {"tracer": OPCODES})
    sent = rpc("eth_getTransactionByHash", receipt.hash)
    accounts = {int(address, 16) for address in seen["accounts"]}
    accounts -= {*range(1, 11), int(sent["from"], 16), int(sent["to"], 16)}
    accounts -= {int(event["token"], 16) for event in receipt.all("ClusterRegistered")}
    counted = touched(rpc, receipt.hash)
    assert (counted.slots, counted.accounts) == (seen["slots"], len(accounts))


def test_only_what_succeeded_and_pays_usual_prices_is_counted(stage: Stage) -> None:
    rpc, tenant = stage.anvil.rpc, stage.tenants[0]
    body = {"from": tenant.address, "to": stage.cash.address, "gas": hex(100_000)}
    failed = rpc("eth_sendTransactionSync", {**body, "data": "0x12345678"})
    with pytest.raises(ValueError, match="failed"):
        touched(rpc, failed["transactionHash"])
    listed = [{"address": stage.cash.address, "storageKeys": []}]
    receipt = send(stage, tenant, to=SOMEBODY, accessList=listed)
    with pytest.raises(ValueError, match="other prices"):
        touched(rpc, receipt.hash)


@shows("GAS-2")
def test_ratios_have_two_digits() -> None:
    assert ratio(21_000, 21_000) == "1.00"
    assert ratio(2_004, 1_000) == "2.00"
    assert ratio(2_005, 1_000) == "2.01"
    assert ratio(1_999, 1_000) == "2.00"
    assert ratio(1_067, 1_000) == "1.07"
