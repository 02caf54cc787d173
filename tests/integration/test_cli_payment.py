"""How leases are paid: claims, allowances, permits, authorizations; who signs, and who can not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from eth_abi.abi import encode
from eth_account import Account as EthAccount
from eth_account.messages import encode_typed_data
from eth_account.signers.local import LocalAccount

from tests.support.cli import Command, block_number, purse
from tests.support.rehearsal import PASSPHRASE, write_keyfile
from tests.support.signer import SignerServer, serving
from tests.support.stage import GENESIS, HOUR, Stage
from wellhead.actions import leasing, paying
from wellhead.chain import Contract, RpcError, UnlockedAccount, dev_account, dev_key
from wellhead.chain.coins import signed_coin
from wellhead.chain.fees import Bounds
from wellhead.chain.typed import separator

NOW = GENESIS // HOUR
FUNDS = 10**12
#: A holder: nobody has given the vault an allowance of its.
PAYER = 9


@pytest.fixture
def payer(stage: Stage) -> UnlockedAccount:
    """Has coins and has approved nothing."""
    account = stage.holders[0]
    stage.cash.send("mint", account.address, FUNDS, sender=account)
    stage.cluster(1000)
    return account


def order(*more: object) -> list[object]:
    lease = ["--cluster", 1, "--units", 8, "--hours", 24, "--start", "now+1"]
    return ["lease", *lease, *more]


def paid(document: dict[str, Any]) -> tuple[str, int, int, int]:
    payment = document["payment"]
    numbers = (int(payment[name]) for name in ("from_claim", "from_coins", "approved"))
    claim, coins, approved = numbers
    assert claim + coins == int(document["cost"])
    return payment["way"], claim, coins, approved


def give_claim(stage: Stage, account: UnlockedAccount, amount: int) -> None:
    stage.cash.send("mint", stage.stranger.address, amount, sender=stage.stranger)
    stage.cash.send("approve", stage.vault.address, amount, sender=stage.stranger)
    stage.vault.send("deposit", stage.cash.address, account.address, amount, sender=stage.stranger)


def test_who_has_no_allowance_signs_a_permit_of_exactly_the_cost(
    wellhead: Command, stage: Stage, payer: UnlockedAccount
) -> None:
    before = block_number(stage)
    document = wellhead.json(*order("--account", PAYER, "--yes"))
    cost = int(document["cost"])
    assert document["schema"] == "wellhead.lease.open/1"
    assert paid(document) == ("permit", 0, cost, 0)
    assert document["approved"] == "0"
    assert block_number(stage) == before + 1
    assert purse(stage, payer) == (FUNDS - cost, 0)
    lease = stage.market.call("leaseOf", int(document["lease"]))
    assert (lease["units"], lease["start"], lease["end"]) == (8, NOW + 1, NOW + 25)
    assert stage.market.call("ownerOf", int(document["lease"])) == payer.address
    assert int(document["max_cost"]) == -(-cost * 101 // 100)
    shown = wellhead(*order("--account", PAYER, "--yes")).stdout
    assert "of the account, by a signed permit" in " ".join(shown.split())


def test_an_approval_is_sent_for_who_wants_no_signature(
    wellhead: Command, stage: Stage, payer: UnlockedAccount
) -> None:
    before = block_number(stage)
    document = wellhead.json(*order("--account", PAYER, "--pay", "allowance", "--yes"))
    cost = int(document["cost"])
    assert paid(document) == ("approval", 0, cost, cost)
    assert document["approved"] == document["cost"]
    assert block_number(stage) == before + 2
    assert purse(stage, payer) == (FUNDS - cost, 0)


def test_an_authorization_pays_in_one_transaction(
    wellhead: Command, stage: Stage, payer: UnlockedAccount
) -> None:
    before = block_number(stage)
    given = order("--account", PAYER, "--pay", "authorization", "--yes")
    first, second = wellhead.json(*given), wellhead.json(*given)
    for document in (first, second):
        assert paid(document) == ("authorization", 0, int(document["cost"]), 0)
    assert block_number(stage) == before + 2
    cost = int(first["cost"]) + int(second["cost"])
    assert purse(stage, payer) == (FUNDS - cost, 0)
    assert stage.claim_of(payer) == 0


def test_the_claim_in_the_vault_goes_first(
    wellhead: Command, stage: Stage, payer: UnlockedAccount
) -> None:
    give_claim(stage, payer, 10**6)
    dry = wellhead.json(*order("--account", PAYER, "--dry-run"))
    assert (dry["payment"]["way"], dry["payment"]["from_claim"]) == ("permit", "1000000")
    document = wellhead.json(*order("--account", PAYER, "--yes"))
    cost = int(document["cost"])
    assert paid(document) == ("permit", 10**6, cost - 10**6, 0)
    assert (purse(stage, payer), stage.claim_of(payer)) == ((FUNDS - cost + 10**6, 0), 0)
    give_claim(stage, payer, 10**10)
    document = wellhead.json(*order("--account", PAYER, "--pay", "permit", "--yes"))
    second = int(document["cost"])
    assert paid(document) == ("claim", second, 0, 0)
    assert stage.claim_of(payer) == 10**10 - second
    shown = wellhead(*order("--account", PAYER), answer="n\n")
    assert "of the claim in the vault?" in shown.stderr


def test_what_account_and_claim_can_not_pay_is_said(
    wellhead: Command, stage: Stage, payer: UnlockedAccount
) -> None:
    poor = stage.holders[1]
    give_claim(stage, poor, 1_500_000)
    before = block_number(stage)
    for way in ([], ["--pay", "permit"], ["--pay", "authorization"], ["--pay", "allowance"]):
        said = wellhead.refused(1, *order("--account", 10, "--yes", *way))
        assert f"{poor.address} has $0.00 and a claim of $1.50 in the vault, and $" in said
    assert block_number(stage) == before


@pytest.mark.parametrize("way", [None, "permit", "authorization", "allowance"])
def test_a_price_that_moved_is_paid_anew(
    stage: Stage, payer: UnlockedAccount, way: str | None
) -> None:
    wanted = leasing.Order(1, 8, NOW + 1, 24)
    payment = leasing.prepare(stage.deployment, wanted, payer, None, way)
    # Somebody books the same hours between the quote and the payment.
    stage.lease(1, 1, NOW + 1, 24)
    opened = leasing.open_lease(stage.deployment, payment, payer)
    assert opened.cost > payment.quote.cost
    assert opened.approved == (opened.cost if way == "allowance" else 0)
    assert (purse(stage, payer), stage.claim_of(payer)) == ((FUNDS - opened.cost, 0), 0)


def test_a_price_above_the_limit_approves_nothing(stage: Stage, payer: UnlockedAccount) -> None:
    wanted = leasing.Order(1, 8, NOW + 1, 24)
    cost = leasing.quote(stage.deployment, wanted).cost
    payment = leasing.prepare(stage.deployment, wanted, payer, cost, "allowance")
    stage.lease(1, 500, NOW + 1, 24)
    with pytest.raises(Exception, match="LeaseMarket_CostAboveMax"):
        leasing.open_lease(stage.deployment, payment, payer)
    assert purse(stage, payer) == (FUNDS, 0)


def test_a_keystore_signs(wellhead: Command, stage: Stage, tmp_path: Path) -> None:
    stage.cluster(64)
    signer = dev_account(30)
    stage.anvil.rpc("anvil_setBalance", signer.address, hex(10**18))
    stage.cash.send("mint", signer.address, FUNDS, sender=stage.stranger)
    wellhead.environment["WELLHEAD_PASSPHRASE"] = PASSPHRASE
    store = write_keyfile(tmp_path / "key.json", signer)
    for way in ("permit", "authorization"):
        document = wellhead.json(*order("--keyfile", store, "--pay", way, "--yes"))
        assert paid(document)[0] == way
        assert document["tenant"] == signer.address


class Typing:
    """Lets a signer of the tests' sign typed data, as eth_account understands it."""

    def __init__(self, server: SignerServer, method: str, key: bytes) -> None:
        self._server, self._method, self._answer = server, method, server.answer
        self._account: LocalAccount = EthAccount.from_key(key)

    def answer(self, method: str, params: list[Any]) -> Any:
        if method != self._method:
            return self._answer(method, params)
        assert params[0] == self._server.account.address
        signed = self._account.sign_message(encode_typed_data(full_message=params[1]))
        return "0x" + bytes(signed.signature).hex()


@pytest.fixture
def signer(stage: Stage, payer: UnlockedAccount) -> Iterator[SignerServer]:
    """Holds the payer's key, and signs transactions alone."""
    methods = {"eth_signTransaction", "eth_accounts"}
    with serving(dev_account(PAYER), methods, stage.anvil.rpc) as server:
        yield server


@pytest.mark.parametrize("method", ["eth_signTypedData_v4", "account_signTypedData"])
def test_a_signer_signs_typed_data(wellhead: Command, signer: SignerServer, method: str) -> None:
    signer.answer = Typing(signer, method, dev_key(PAYER)).answer  # type: ignore[method-assign]
    for way in ("permit", "authorization"):
        document = wellhead.json(*order("--signer", signer.url, "--pay", way, "--yes"))
        assert paid(document)[0] == way


def test_a_signer_that_signs_no_typed_data_approves(
    wellhead: Command, stage: Stage, signer: SignerServer, payer: UnlockedAccount
) -> None:
    before = block_number(stage)
    for way in ("permit", "authorization"):
        said = wellhead.refused(4, *order("--signer", signer.url, "--pay", way, "--yes"))
        assert said == f"{payer.address} can not sign typed data: pay with --pay allowance"
    assert block_number(stage) == before
    document = wellhead.json(*order("--signer", signer.url, "--yes"))
    cost = int(document["cost"])
    assert paid(document) == ("approval", 0, cost, cost)
    assert block_number(stage) == before + 2


def test_a_signer_that_signs_as_somebody_else(
    wellhead: Command, stage: Stage, signer: SignerServer
) -> None:
    before = block_number(stage)
    wrong = Typing(signer, "eth_signTypedData_v4", dev_key(11))
    signer.answer = wrong.answer  # type: ignore[method-assign]
    said = wellhead.refused(4, *order("--signer", signer.url, "--yes"))
    assert said == f"the signer did not sign the typed data as {dev_account(PAYER).address}"
    assert block_number(stage) == before


class CoinOfVersion:
    """A coin as signed_coin looks at it: a domain of some version, told or not."""

    address = "0x" + "c0" * 20

    def __init__(self, version: str, told: str | None) -> None:
        domain = {"name": "USD Coin", "version": version, "chainId": 1}
        self._separator = separator({**domain, "verifyingContract": self.address})
        self._told = told
        self.rpc = self._answer

    def call(self, function: str, *_: Any) -> Any:
        return {"DOMAIN_SEPARATOR": self._separator, "name": "USD Coin", "nonces": 0}[function]

    def _answer(self, *_: Any) -> str:
        if self._told is None:
            raise RpcError("eth_call", {"message": "execution reverted"})
        return "0x" + encode(["string"], [self._told]).hex()


@pytest.mark.parametrize(
    ("version", "told", "found"),
    [("2", "2", "2"), ("2", None, "2"), ("1", None, "1"), ("3", None, None), ("3", "3", "3")],
)
def test_a_coin_is_signed_for_under_its_own_domain_only(
    version: str, told: str | None, found: str | None
) -> None:
    coin = signed_coin(cast(Contract, CoinOfVersion(version, told)), 1)
    assert (coin and coin.domain["version"]) == found


def test_a_coin_that_takes_no_signatures(
    stage: Stage, payer: UnlockedAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paying, "signed_coin", lambda contract, chain_id: None)
    assert paying.plan(stage.deployment, payer, 5).way == "approval"
    with pytest.raises(Exception, match="takes no signatures that could be made here"):
        paying.plan(stage.deployment, payer, 5, "authorization")


def test_an_account_that_only_sends_approves(stage: Stage, payer: UnlockedAccount) -> None:
    """As ape's accounts do."""

    class Sender:
        address = payer.address
        bounds: Bounds | None = None

        def transact(self, rpc: Any, transaction: dict[str, Any]) -> dict[str, Any]:
            return payer.transact(rpc, transaction)

    plan = paying.plan(stage.deployment, Sender(), 5)
    assert (plan.way, plan.needs_approval) == ("approval", True)
    with pytest.raises(Exception, match="can not sign typed data"):
        paying.plan(stage.deployment, Sender(), 5, "permit")
    payment = leasing.prepare(
        stage.deployment, leasing.Order(1, 8, NOW + 1, 24), Sender(), None, None
    )
    opened = leasing.open_lease(stage.deployment, payment, Sender())
    assert (opened.paid.plan.way, opened.approved) == ("approval", opened.cost)
