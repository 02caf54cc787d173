"""Who sends a transaction: an account that the node holds, or a key of our own."""

from __future__ import annotations

import time
from functools import lru_cache
from typing import Any, Protocol

from eth_account import Account as EthAccount
from eth_keys.datatypes import PrivateKey
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from wellhead.chain.rpc import Rpc, RpcError
from wellhead.chain.typed import TypedData, Vrs, ask, vrs_of

DEV_MNEMONIC = "test test test test test test test test test test test junk"

METHOD_NOT_FOUND = -32601
#: The transaction was sent and is not mined yet: by EIP-7966, and as anvil says it, after 30 s.
_SYNC_TIMEOUTS = (4, 5)
_ANVIL_TIMEOUT = "Transaction confirmation timeout"


class NotMined(Exception):  # noqa: N818
    """A transaction was sent, and no block took it in time."""

    def __init__(self, hashed: str, seconds: float) -> None:
        super().__init__(f"transaction {hashed} was sent and is not mined after {seconds:.0f} s")


class Account(Protocol):
    """Somebody who can put a transaction on chain."""

    @property
    def address(self) -> str: ...

    def transact(self, rpc: Rpc, transaction: dict[str, Any]) -> dict[str, Any]:
        """Send, wait until it is mined, and return the node's receipt."""
        ...


class UnlockedAccount:
    """An account whose key the node holds, as on a local chain."""

    def __init__(self, address: str) -> None:
        self.address = to_checksum_address(address)

    def transact(self, rpc: Rpc, transaction: dict[str, Any]) -> dict[str, Any]:
        body = {"from": self.address, **transaction}
        try:
            return _receipt(rpc("eth_sendTransactionSync", body))
        except RpcError as error:
            if not _waited_too_long(error):
                raise
            hashed = _kept(rpc, self.address, body.get("data", "0x"))
            if hashed is None:
                error.add_note(f"the node keeps no such transaction of {self.address}: it lost it")
                raise
        return wait_for(rpc, hashed, patience=60.0)

    def sign_typed(self, rpc: Rpc, data: TypedData) -> Vrs | None:
        """The signature; None where the node makes none for this account."""
        try:
            return vrs_of(ask(rpc, "eth_signTypedData_v4", self.address, data), data, self.address)
        except RpcError:
            return None

    def __repr__(self) -> str:
        return f"UnlockedAccount({self.address})"


class KeyAccount:
    """An account that signs with a key held in this process."""

    def __init__(self, key: bytes) -> None:
        self._key = PrivateKey(key)
        self.address = self._key.public_key.to_checksum_address()

    def transact(self, rpc: Rpc, transaction: dict[str, Any]) -> dict[str, Any]:
        return send_raw(rpc, self.sign_transaction(fill_in(rpc, self.address, transaction)))

    def sign_transaction(self, body: dict[str, Any]) -> bytes:
        """A transaction with all its fields, signed and encoded."""
        signed = EthAccount.sign_transaction(body, self._key.to_bytes())
        return bytes(signed.raw_transaction)

    def sign_digest(self, digest: bytes) -> tuple[bytes, bytes]:
        """Sign a 32-byte digest: (r, vs), the compact form of ERC-2098."""
        signature = self._key.sign_msg_hash(digest)
        vs = signature.s | (signature.v << 255)
        return signature.r.to_bytes(32, "big"), vs.to_bytes(32, "big")

    def sign_digest_vrs(self, digest: bytes) -> tuple[int, bytes, bytes]:
        """Sign a 32-byte digest: (v, r, s) with v of 27 or 28."""
        signature = self._key.sign_msg_hash(digest)
        r, s = signature.r.to_bytes(32, "big"), signature.s.to_bytes(32, "big")
        return signature.v + 27, r, s

    def sign_typed(self, rpc: Rpc, data: TypedData) -> Vrs:
        """The signature; the node is not asked."""
        return self.sign_digest_vrs(data.digest())

    def __repr__(self) -> str:
        return f"KeyAccount({self.address})"


def fill_in(rpc: Rpc, sender: str, transaction: dict[str, Any]) -> dict[str, Any]:
    """A transaction with the chain, nonce and fees that it needs to be signed."""
    head = rpc("eth_getBlockByNumber", "latest", False)
    base_fee = int(head.get("baseFeePerGas", "0x0"), 16)
    tip = _priority_fee(rpc) if base_fee else 0
    body = {
        "chainId": rpc.integer("eth_chainId"),
        "nonce": rpc.integer("eth_getTransactionCount", sender, "pending"),
        "maxPriorityFeePerGas": tip,
        "maxFeePerGas": 2 * base_fee + tip,
        "value": 0,
        "data": transaction["data"],
        "gas": int(transaction["gas"], 16),
    }
    if "to" in transaction:
        body["to"] = transaction["to"]
    return body


def send_raw(rpc: Rpc, signed: bytes) -> dict[str, Any]:
    """Send a signed transaction, wait until it is mined, and return the node's receipt."""
    try:
        return _receipt(rpc("eth_sendRawTransactionSync", "0x" + signed.hex()))
    except RpcError as error:
        if error.code == METHOD_NOT_FOUND:
            rpc("eth_sendRawTransaction", "0x" + signed.hex())
        elif not _waited_too_long(error):
            raise
    return wait_for(rpc, transaction_hash(signed))


def transaction_hash(signed: bytes) -> str:
    return "0x" + keccak(signed).hex()


def wait_for(rpc: Rpc, hashed: str, patience: float = 600.0) -> dict[str, Any]:
    """The receipt of a transaction that was sent, when it is mined."""
    deadline, pause = time.monotonic() + patience, 0.1
    while (found := rpc("eth_getTransactionReceipt", hashed)) is None:
        if time.monotonic() > deadline:
            raise NotMined(hashed, patience)
        time.sleep(pause)
        pause = min(pause * 1.5, 3.0)
    return _receipt(found)


@lru_cache(maxsize=128)
def dev_key(index: int) -> bytes:
    """Key of the local chain's account `index`. Publicly known: never use one elsewhere."""
    EthAccount.enable_unaudited_hdwallet_features()
    account = EthAccount.from_mnemonic(DEV_MNEMONIC, account_path=f"m/44'/60'/0'/0/{index}")
    return bytes(account.key)


def dev_account(index: int) -> KeyAccount:
    """The local chain's account `index`, with its key."""
    return KeyAccount(dev_key(index))


def _priority_fee(rpc: Rpc) -> int:
    try:
        return rpc.integer("eth_maxPriorityFeePerGas")
    except RpcError:
        return 10**9


def _waited_too_long(error: RpcError) -> bool:
    """Whether the node took a transaction, and gave up waiting for a block with it."""
    return error.code in _SYNC_TIMEOUTS or error.message == _ANVIL_TIMEOUT


def _kept(rpc: Rpc, sender: str, data: str) -> str | None:
    """The hash of a transaction that waits in the node's pool; the error of the node that waited
    for it in vain does not name it."""
    own = {
        nonce: transaction
        for account, transactions in rpc("txpool_content")["pending"].items()
        if account.lower() == sender.lower()
        for nonce, transaction in transactions.items()
    }
    hashes = [own[nonce]["hash"] for nonce in sorted(own, key=int) if own[nonce]["input"] == data]
    return hashes[-1] if hashes else None


def _receipt(receipt: Any) -> dict[str, Any]:
    if not isinstance(receipt, dict):
        raise TypeError(f"the node returned no receipt but {receipt!r}")
    return receipt
