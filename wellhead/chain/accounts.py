"""Who sends a transaction: an account that the node holds, or a key of our own."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, Protocol

from eth_account import Account as EthAccount
from eth_keys.datatypes import PrivateKey
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak
from urllib3.exceptions import ConnectTimeoutError

from wellhead.chain.fees import Bounds, single_offer
from wellhead.chain.record import DeploymentError
from wellhead.chain.rpc import NodeUnreachable, Rpc, RpcError
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


class MaybeSent(NotMined):
    """A transaction was handed to a node, and whether it is mined is not known: who sends it again
    may do it twice."""

    def __init__(self, why: str, unsure: str) -> None:
        Exception.__init__(self, f"{why}. {unsure}")


class OtherChain(DeploymentError):  # noqa: N818
    """The node is of another chain than what is sent is for."""

    def __init__(self, wanted: int, found: int) -> None:
        super().__init__(
            f"the node is of chain {found} now, and this is for chain {wanted}: nothing is signed"
        )


class Account(Protocol):
    """Somebody who can put a transaction on chain. One that signs does so within its bounds, where
    it was given any."""

    bounds: Bounds | None

    @property
    def address(self) -> str: ...

    def transact(self, rpc: Rpc, transaction: dict[str, Any]) -> dict[str, Any]:
        """Send, wait until it is mined, and return the node's receipt."""
        ...


class UnlockedAccount:
    """An account whose key the node holds, as on a local chain. What it signs is up to the node."""

    bounds: Bounds | None = None

    def __init__(self, address: str) -> None:
        self.address = to_checksum_address(address)

    def transact(self, rpc: Rpc, transaction: dict[str, Any]) -> dict[str, Any]:
        body, doubt = {"from": self.address, **transaction}, unsure_of(self.address)
        with sending(doubt):
            try:
                return _receipt(rpc("eth_sendTransactionSync", body), doubt)
            except RpcError as error:
                if not _waited_too_long(error):
                    raise
                hashed = _kept(rpc, self.address, body.get("data", "0x"))
                if hashed is None:
                    lost = f"the node keeps no such transaction of {self.address}: it lost it"
                    error.add_note(lost)
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

    bounds: Bounds | None = None

    def __init__(self, key: bytes) -> None:
        self._key = PrivateKey(key)
        self.address = self._key.public_key.to_checksum_address()

    def transact(self, rpc: Rpc, transaction: dict[str, Any]) -> dict[str, Any]:
        body = fill_in(rpc, self.address, transaction, self.bounds)
        return send_raw(rpc, self.sign_transaction(body))

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


def fill_in(
    rpc: Rpc, sender: str, transaction: dict[str, Any], bounds: Bounds | None = None
) -> dict[str, Any]:
    """A transaction with the chain, nonce and fees that it needs to be signed; TooDear or
    OtherChain where that is outside the bounds."""
    chain_id = require_chain(rpc, bounds.chain_id if bounds else None)
    offer = single_offer(rpc, bounds.caps if bounds else None)
    gas = int(transaction["gas"], 16)
    body = {
        "chainId": chain_id,
        "nonce": rpc.integer("eth_getTransactionCount", sender, "pending"),
        "maxPriorityFeePerGas": offer.tip,
        "maxFeePerGas": offer.max_fee,
        "value": 0,
        "data": transaction["data"],
        "gas": gas,
    }
    if "to" in transaction:
        body["to"] = transaction["to"]
    if bounds is not None:
        bounds.told(gas, offer)
    return body


def require_chain(rpc: Rpc, wanted: int | None) -> int:
    """The node's chain; OtherChain where that is not the one that is wanted."""
    found = rpc.integer("eth_chainId")
    if wanted is not None and found != wanted:
        raise OtherChain(wanted, found)
    return found


def send_raw(rpc: Rpc, signed: bytes) -> dict[str, Any]:
    """Send a signed transaction, wait until it is mined, and return the node's receipt."""
    hashed = transaction_hash(signed)
    with sending(unsure(hashed)):
        try:
            answer = rpc("eth_sendRawTransactionSync", "0x" + signed.hex())
            if isinstance(answer, dict):
                return answer
        except RpcError as error:
            if error.code == METHOD_NOT_FOUND:
                rpc("eth_sendRawTransaction", "0x" + signed.hex())
            elif not _waited_too_long(error):
                raise
    return wait_for(rpc, hashed)


@contextmanager
def sending(doubt: str) -> Iterator[None]:
    """From here on a node that does not answer may have the transaction, and whoever stops waiting
    does not stop it: both hear the sentence of `unsure` or `unsure_of`."""
    try:
        yield
    except NodeUnreachable as error:
        if isinstance(error.__cause__, ConnectTimeoutError):
            raise  # nobody was there to take it
        raise MaybeSent(str(error), doubt) from error
    except KeyboardInterrupt as error:
        if error.args:
            raise  # it says more
        raise KeyboardInterrupt(doubt) from error


def unsure(hashed: str) -> str:
    """What whoever sent a transaction should know where nobody says what became of it."""
    return (
        f"Transaction {hashed} may have been sent: before you do this again, see whether it was "
        "mined, at a block explorer or with the node's eth_getTransactionReceipt"
    )


def unsure_of(address: str) -> str:
    """The same where nobody knows its hash."""
    return (
        f"A transaction of {address} may have been sent: before you do this again, see whether it "
        "was mined, at a block explorer or with the node's eth_getTransactionCount"
    )


def transaction_hash(signed: bytes) -> str:
    return "0x" + keccak(signed).hex()


def wait_for(rpc: Rpc, hashed: str, patience: float = 600.0) -> dict[str, Any]:
    """The receipt of a transaction that was sent, when it is mined."""
    deadline, pause = time.monotonic() + patience, 0.1
    try:
        while (found := rpc("eth_getTransactionReceipt", hashed)) is None:
            if time.monotonic() > deadline:
                raise NotMined(hashed, patience)
            time.sleep(pause)
            pause = min(pause * 1.5, 3.0)
    except (NodeUnreachable, RpcError) as error:
        raise MaybeSent(str(error), unsure(hashed)) from error
    except KeyboardInterrupt as error:
        raise KeyboardInterrupt(unsure(hashed)) from error
    return _receipt(found, unsure(hashed))


@lru_cache(maxsize=128)
def dev_key(index: int) -> bytes:
    """Key of the local chain's account `index`. Publicly known: never use one elsewhere."""
    EthAccount.enable_unaudited_hdwallet_features()
    account = EthAccount.from_mnemonic(DEV_MNEMONIC, account_path=f"m/44'/60'/0'/0/{index}")
    return bytes(account.key)


def dev_account(index: int) -> KeyAccount:
    """The local chain's account `index`, with its key."""
    return KeyAccount(dev_key(index))


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


def _receipt(answer: Any, doubt: str) -> dict[str, Any]:
    if not isinstance(answer, dict):
        raise MaybeSent(f"the node returned no receipt but {answer!r}", doubt)
    return answer
