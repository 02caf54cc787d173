"""Keys of live networks: a keystore file and its passphrase, or a signer that holds the key.

A key never comes as an argument, and never lies in the project folder.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from eth_account import Account as EthAccount
from eth_account.typed_transactions.typed_transaction import TypedTransaction
from eth_utils.address import to_checksum_address
from hexbytes import HexBytes

from wellhead.chain.accounts import (
    METHOD_NOT_FOUND,
    KeyAccount,
    fill_in,
    send_raw,
    sending,
    unsure_of,
    wait_for,
)
from wellhead.chain.fees import Bounds
from wellhead.chain.rpc import Rpc, RpcError
from wellhead.chain.typed import TypedData, Vrs, ask, vrs_of

PASSPHRASE_VARIABLE = "WELLHEAD_PASSPHRASE"  # noqa: S105
APE_FOLDER_VARIABLE = "APE_DATA_FOLDER"

#: Asks for a passphrase, given what it is for; None where nobody can be asked.
Ask = Callable[[str], str | None]


class KeyProblem(Exception):  # noqa: N818
    """A key can not be used: where it was looked for and what is wrong, in one sentence."""


class KeyfileAccount:
    """An account in a keystore file, opened when it first signs."""

    bounds: Bounds | None = None

    def __init__(self, path: Path, ask: Ask, alias: str | None = None) -> None:
        self.path = path
        self._ask = ask
        self._alias = alias
        self._store = _read_keystore(path)
        self._account: KeyAccount | None = None
        address = self._store.get("address")
        self.address = _address(path, address) if address else self.unlock().address

    def unlock(self) -> KeyAccount:
        """The account with its key; asks for the passphrase the first time."""
        if self._account is None:
            self._account = self._decrypt(self._passphrase())
        return self._account

    def transact(self, rpc: Rpc, transaction: dict[str, Any]) -> dict[str, Any]:
        account = self.unlock()
        account.bounds = self.bounds
        return account.transact(rpc, transaction)

    def sign_transaction(self, body: dict[str, Any]) -> bytes:
        return self.unlock().sign_transaction(body)

    def sign_typed(self, rpc: Rpc, data: TypedData) -> Vrs:
        return self.unlock().sign_typed(rpc, data)

    def __repr__(self) -> str:
        return f"KeyfileAccount({self.path})"

    def _passphrase(self) -> str:
        names = [PASSPHRASE_VARIABLE]
        if self._alias is not None:
            names.insert(0, f"APE_ACCOUNTS_{self._alias}_PASSPHRASE")
        for name in names:
            if name in os.environ:
                return os.environ[name]
        given = self._ask(f"Passphrase of {self.path}")
        if given is None:
            raise KeyProblem(
                f"{self.path} needs its passphrase: set {names[0]}, or run this in a terminal"
            )
        return given

    def _decrypt(self, passphrase: str) -> KeyAccount:
        try:
            account = KeyAccount(bytes(EthAccount.decrypt(self._store, passphrase)))
        except ValueError as error:
            if "MAC mismatch" in str(error):
                raise KeyProblem(f"the passphrase of {self.path} is wrong") from error
            raise KeyProblem(f"{self.path} can not be decrypted: {error}") from error
        except (KeyError, TypeError, NotImplementedError) as error:
            raise KeyProblem(f"{self.path} is no keystore that can be used") from error
        named = self._store.get("address")
        if named and account.address != _address(self.path, named):
            raise KeyProblem(f"{self.path} names another account than its key's")
        return account


class ExternalSigner:
    """An account whose key another program holds: a node, clef or web3signer, by JSON-RPC."""

    #: How signers call it; each takes a transaction and answers with it signed.
    METHODS = ("eth_signTransaction", "account_signTransaction")
    #: The same for typed data; each takes the address and the data.
    TYPED_METHODS = ("eth_signTypedData_v4", "eth_signTypedData", "account_signTypedData")

    bounds: Bounds | None = None

    def __init__(self, rpc: Rpc, address: str) -> None:
        self._rpc = rpc
        self.address = to_checksum_address(address)
        #: Whether the signer only sends what it signs, so that nobody else sees the signature.
        self.sends_only = False

    def transact(self, rpc: Rpc, transaction: dict[str, Any]) -> dict[str, Any]:
        body = fill_in(rpc, self.address, transaction, self.bounds)
        signed = self.sign_transaction(body)
        if signed is not None:
            return send_raw(rpc, signed)
        with sending(unsure_of(self.address)):
            hashed = self.send(body)
        return wait_for(rpc, hashed)

    def sign_transaction(self, body: dict[str, Any]) -> bytes | None:
        """The signed transaction; None when the signer only sends by itself."""
        if self.sends_only:
            return None
        for method in self.METHODS:
            try:
                answer = self._rpc(method, self._fields(body))
            except RpcError as error:
                if error.code == METHOD_NOT_FOUND:
                    continue
                raise
            return self._checked(answer, body)
        self.sends_only = True
        return None

    def sign_typed(self, rpc: Rpc, data: TypedData) -> Vrs | None:
        """The signature; None when the signer signs no typed data."""
        for method in self.TYPED_METHODS:
            try:
                answer = ask(self._rpc, method, self.address, data)
            except RpcError as error:
                if error.code == METHOD_NOT_FOUND or "not implemented" in error.message.lower():
                    continue
                raise
            signed = vrs_of(answer, data, self.address)
            if signed is None:
                raise KeyProblem(f"the signer did not sign the typed data as {self.address}")
            return signed
        return None

    def send(self, body: dict[str, Any]) -> str:
        """Let the signer send it; the transaction's hash."""
        return str(self._rpc("eth_sendTransaction", self._fields(body)))

    def __repr__(self) -> str:
        return f"ExternalSigner({self.address})"

    def _fields(self, body: dict[str, Any]) -> dict[str, Any]:
        fields = {name: hex(v) if isinstance(v, int) else v for name, v in body.items()}
        return {**fields, "from": self.address, "type": "0x2"}

    def _checked(self, answer: Any, body: dict[str, Any]) -> bytes:
        """The signed bytes, if they are what was asked for."""
        raw = answer.get("raw") if isinstance(answer, dict) else answer
        try:
            signed = HexBytes(str(raw))
            signer = EthAccount.recover_transaction(signed)
            fields = TypedTransaction.from_bytes(signed).as_dict()
        except (ValueError, TypeError, AttributeError) as error:
            raise KeyProblem(f"the signer answered with no signed transaction: {error}") from error
        if str(signer) != self.address:
            raise KeyProblem(f"the signer signed as {signer} and not as {self.address}")
        wanted = {**body, "to": body.get("to") or "0x"}
        for name in ("chainId", "nonce", "to", "value", "data"):
            if _plain(fields.get(name)) != _plain(wanted[name]):
                raise KeyProblem(f"the signer changed the transaction's {name}: it is not sent")
        return bytes(signed)


def signer_at(url: str, address: str | None) -> ExternalSigner:
    """The signer at a URL. It names its account itself when it has but one."""
    rpc = Rpc(url)
    if address is not None:
        return ExternalSigner(rpc, address)
    try:
        held = list(rpc("eth_accounts"))
    except RpcError:
        held = list(rpc("account_list"))
    if len(held) != 1:
        raise KeyProblem(f"the signer holds {len(held)} accounts: name one with --account ADDRESS")
    return ExternalSigner(rpc, str(held[0]))


def ape_keyfile(alias: str) -> Path:
    """The keystore of one of the user's ape accounts."""
    folders = [Path.home() / ".ape"]
    if os.environ.get(APE_FOLDER_VARIABLE):
        folders.insert(0, Path(os.environ[APE_FOLDER_VARIABLE]))
    for folder in folders:
        path = folder / "accounts" / f"{alias}.json"
        if path.is_file():
            return path
    raise KeyProblem(
        f"there is no account {alias} in {folders[-1] / 'accounts'}: `ape accounts list` shows "
        "yours, `ape accounts import` adds one"
    )


def refuse_inside(path: Path, folder: Path) -> None:
    """Keys of live networks have no place in the project."""
    if path.resolve().is_relative_to(folder.resolve()):
        raise KeyProblem(f"{path} lies in the project folder: keep keys outside of it")


def _read_keystore(path: Path) -> dict[str, Any]:
    try:
        store = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise KeyProblem(f"{path}: can not be read ({error.strerror or error})") from error
    except ValueError as error:
        raise KeyProblem(f"{path} is no keystore: not JSON") from error
    if not isinstance(store, dict) or not isinstance(
        store.get("crypto", store.get("Crypto")), dict
    ):
        raise KeyProblem(f"{path} is no keystore: it has no field crypto")
    return store


def _address(path: Path, value: Any) -> str:
    try:
        return to_checksum_address("0x" + str(value).removeprefix("0x"))
    except ValueError as error:
        raise KeyProblem(f"{path} is no keystore: its address is none") from error


def _plain(value: Any) -> Any:
    """A field of a transaction, comparable."""
    if isinstance(value, int):
        return value
    return HexBytes(value or "0x").hex()
