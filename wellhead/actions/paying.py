"""Paying what contracts charge: out of what, and with how few transactions.

It comes out of the payer's claim in the vault first, the rest of the payer's coins: by an allowance
that the vault has, by a signature in the same transaction, or by an allowance that is sent before.
Amounts are the coin's smallest units, and the coin is the stablecoin unless another is named.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from eth_abi.abi import encode
from eth_utils.crypto import keccak

from wellhead.actions.errors import Refusal, SetupError
from wellhead.chain import Account, Contract, Deployment, Receipt, Reverted
from wellhead.chain.coins import SignedCoin, signed_coin
from wellhead.chain.typed import TypedSigner

#: Ways to pay what the claim does not cover; the first three can be asked for.
ALLOWANCE, PERMIT, AUTHORIZATION = "allowance", "permit", "authorization"
CLAIM, APPROVAL = "claim", "approval"
ASKED = (ALLOWANCE, PERMIT, AUTHORIZATION)

#: Seconds for which a signature is good.
SIGNATURE_LIFE = 3600
#: The price may move between the allowance and the purchase; so often is it tried anew.
ATTEMPTS = 3

#: What coins say when they can not be moved; contracts charge last of all.
_SHORT = ("ERC20InsufficientAllowance", "ERC20InsufficientBalance", "SafeERC20FailedOperation")


@dataclass(frozen=True)
class Purse:
    """What an account can pay with: its claim in the vault, its coins, and what of them the vault
    may take; `coin` is the coin's address."""

    coin: str
    account: str
    claim: int
    balance: int
    allowance: int


@dataclass(frozen=True)
class Plan:
    """How `cost` is to be paid, as things are now."""

    purse: Purse
    cost: int
    way: str

    @property
    def from_claim(self) -> int:
        return min(self.purse.claim, self.cost)

    @property
    def from_coins(self) -> int:
        return self.cost - self.from_claim

    @property
    def needs_approval(self) -> bool:
        """Whether it takes a transaction of its own to let the vault take the coins."""
        return self.way == APPROVAL


@dataclass(frozen=True)
class Purchase:
    """A call that charges its caller. `price` asks the chain what it costs now."""

    desk: Contract
    function: str
    arguments: Sequence[Any]
    price: Callable[[], int]


@dataclass(frozen=True)
class Paid:
    """A purchase that was made: how it was paid, and what was approved for it before."""

    plan: Plan
    approved: int
    receipt: Receipt

    def settled(self, cost: int) -> Paid:
        """The same with what it did cost, and what of it came from where."""
        purse = self.plan.purse
        taken = sum(
            int(event["amount"])
            for event in self.receipt.all("Deposited")
            if (event["coin"], event["payer"]) == (purse.coin, purse.account)
        )
        claim = cost - min(taken, cost)
        return replace(self, plan=replace(self.plan, purse=replace(purse, claim=claim), cost=cost))


def purse_of(deployment: Deployment, account: str, coin: Contract | None = None) -> Purse:
    asked, vault = coin or deployment.cash, deployment.vault
    balance, allowance = asked.call_many(
        [("balanceOf", [account]), ("allowance", [account, vault.address])]
    )
    claim = vault.call("claimOf", asked.address, account)
    return Purse(asked.address, account, int(claim), int(balance), int(allowance))


def plan(deployment: Deployment, payer: Account, cost: int, asked: str | None = None) -> Plan:
    """How to pay `cost` in the way that was asked for, else with the fewest transactions. Refusal
    when the payer has not got it; SetupError when it can not sign what was asked for."""
    purse = purse_of(deployment, payer.address)
    if cost > purse.claim + purse.balance:
        raise Refusal(
            "NotEnoughCash",
            account=payer.address,
            balance=purse.balance,
            needed=cost,
            claim=purse.claim,
        )
    unsigned = plan_unsigned(purse, cost)
    if unsigned.way == CLAIM:
        return unsigned
    if asked in (PERMIT, AUTHORIZATION):
        _require_signatures(deployment, payer)
        return Plan(purse, cost, asked)
    signs = asked is None and isinstance(payer, TypedSigner) and _coin(deployment) is not None
    return Plan(purse, cost, PERMIT) if unsigned.needs_approval and signs else unsigned


def plan_unsigned(purse: Purse, cost: int) -> Plan:
    """How to pay `cost` where no signature can be handed in; whether the payer has it is not
    asked."""
    rest = cost - min(purse.claim, cost)
    if rest == 0:
        return Plan(purse, cost, CLAIM)
    return Plan(purse, cost, ALLOWANCE if rest <= purse.allowance else APPROVAL)


def objections(purchase: Purchase, sender: str) -> None:
    """Reverted where the contract would refuse for anything but the payment."""
    try:
        purchase.desk.call(purchase.function, *purchase.arguments, sender=sender)
    except Reverted as error:
        if not is_short(error):
            raise


def is_short(error: Reverted) -> bool:
    """Whether a coin could not be moved for want of an allowance or of coins."""
    said = str(error.arguments.get("message", "")).lower() if error.name == "Error" else ""
    return error.name in _SHORT or "allowance" in said or "exceeds balance" in said


def pay(
    deployment: Deployment,
    planned: Plan,
    purchase: Purchase,
    sender: Account,
    asked: str | None = None,
    log: Callable[[str], None] = lambda _: None,
) -> Paid:
    """Make the purchase. Never more than what it costs is approved or signed for; where the price
    rose meanwhile, it is done anew."""
    approved = 0
    for attempt in range(1, ATTEMPTS + 1):
        desk, call = purchase.desk, (purchase.function, *purchase.arguments)
        signed = _signed(deployment, planned, sender, log)
        if signed is None and planned.way in (PERMIT, AUTHORIZATION):
            if asked is not None:
                raise _signs_nothing(sender)
            planned = replace(planned, way=APPROVAL)
        if planned.way == APPROVAL:
            planned = replace(planned, cost=purchase.price())  # or a refusal, before it is sent
            approved = planned.from_coins
            log(f"approving the vault for {approved} stablecoin units")
            vault = deployment.vault.address
            deployment.cash.send("approve", vault, approved, sender=sender, gas=None)
        try:
            if signed is None:
                receipt = desk.send(*call, sender=sender, gas=None)
            else:
                parts = [signed, _encoded(desk, *call)]
                receipt = desk.send("multicall", parts, sender=sender, gas=None)
        except Reverted as error:
            if not is_short(error) or attempt == ATTEMPTS:
                raise
            planned = plan(deployment, sender, purchase.price(), asked)
            continue
        return Paid(planned, approved, receipt)
    raise AssertionError("the loop returns or raises")


def _signed(
    deployment: Deployment, planned: Plan, sender: Account, log: Callable[[str], None]
) -> bytes | None:
    """The call of the cash desk that hands in a signature for the coins; None without one."""
    coin = _coin(deployment) if planned.way in (PERMIT, AUTHORIZATION) else None
    if coin is None or not isinstance(sender, TypedSigner):
        return None
    rpc, vault, amount = deployment.rpc, deployment.vault.address, planned.from_coins
    until = rpc.now() + SIGNATURE_LIFE
    log(f"signing a {planned.way} of {amount} stablecoin units")
    if planned.way == PERMIT:
        data = coin.permit(sender.address, vault, amount, until)
        call: tuple[Any, ...] = ("permitCash", amount, until)
    else:
        nonce = _fresh_nonce(deployment, sender.address, amount, until)
        data = coin.authorization(sender.address, vault, amount, until, nonce)
        call = ("authorizeCash", amount, 0, until, nonce)
    signature = sender.sign_typed(rpc, data)
    return None if signature is None else _encoded(deployment.market, *call, *signature)


def _fresh_nonce(deployment: Deployment, account: str, amount: int, until: int) -> bytes:
    """A word that belongs to the account's next transaction: what is signed twice for that can be
    used once."""
    count = deployment.rpc.integer("eth_getTransactionCount", account, "latest")
    types = ["address", "uint256", "uint256", "uint256"]
    return bytes(keccak(encode(types, [account, count, amount, until])))


def _encoded(contract: Contract, function: str, *arguments: Any) -> bytes:
    return bytes.fromhex(contract.functions[function].encode(arguments)[2:])


def _coin(deployment: Deployment) -> SignedCoin | None:
    return signed_coin(deployment.cash, deployment.chain_id)


def _require_signatures(deployment: Deployment, payer: Account) -> None:
    if not isinstance(payer, TypedSigner):
        raise _signs_nothing(payer)
    if _coin(deployment) is None:
        raise SetupError(
            f"the stablecoin at {deployment.cash.address} takes no signatures that could be made "
            "here: pay with --pay allowance"
        )


def _signs_nothing(payer: Account) -> SetupError:
    return SetupError(f"{payer.address} can not sign typed data: pay with --pay allowance")
