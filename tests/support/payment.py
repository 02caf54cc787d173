"""Signed payments, ERC-2612 and ERC-3009, and several calls in one."""

from __future__ import annotations

from typing import Any

from eth_abi.abi import encode
from eth_utils.crypto import keccak

from tests.support.stage import MAX, Stage
from wellhead.chain import Contract, KeyAccount, UnlockedAccount, dev_account
from wellhead.chain.signing import permit_digest

NONCE = bytes(31) + b"\x07"
_RECEIVE = keccak(
    text="ReceiveWithAuthorization(address from,address to,uint256 value,uint256 validAfter,"
    "uint256 validBefore,bytes32 nonce)"
)


def keys_of(account: UnlockedAccount) -> KeyAccount:
    """The node's account with its key, to sign with."""
    return next(k for k in map(dev_account, range(40)) if k.address == account.address)


def permit(
    stage: Stage,
    amount: int,
    owner: UnlockedAccount,
    deadline: int = MAX,
    signer: UnlockedAccount | None = None,
) -> tuple[Any, ...]:
    """Arguments of `permitCash`: an allowance of `owner` to the vault."""
    digest = permit_digest(
        stage.deployment.chain_id,
        stage.cash.address,
        "Test Dollar",
        owner.address,
        stage.vault.address,
        amount,
        stage.cash.call("nonces", owner.address),
        deadline,
    )
    return amount, deadline, *keys_of(signer or owner).sign_digest_vrs(digest)


def authorization(
    stage: Stage,
    amount: int,
    owner: UnlockedAccount,
    *,
    after: int = 0,
    before: int = MAX,
    nonce: bytes = NONCE,
    to: Contract | None = None,
    signer: UnlockedAccount | None = None,
) -> tuple[Any, ...]:
    """Arguments of `authorizeCash`: a payment of `owner` to the vault, or to another contract."""
    receiver = (to or stage.vault).address
    values = (owner.address, receiver, amount, after, before, nonce)
    types = ["bytes32", "address", "address", "uint256", "uint256", "uint256", "bytes32"]
    contents = keccak(encode(types, [_RECEIVE, *values]))
    digest = keccak(b"\x19\x01" + stage.cash.call("DOMAIN_SEPARATOR") + contents)
    return amount, after, before, nonce, *keys_of(signer or owner).sign_digest_vrs(digest)


def encoded(contract: Contract, function: str, *arguments: Any) -> bytes:
    """A call as `multicall` takes it."""
    return bytes.fromhex(contract.functions[function].encode(arguments)[2:])
