"""EIP-712 typed data: what an account signs outside of a transaction, and its digest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from eth_abi.abi import encode
from eth_keys.datatypes import Signature
from eth_keys.exceptions import BadSignature
from eth_utils.crypto import keccak
from hexbytes import HexBytes

from wellhead.chain.rpc import Rpc

#: v of 27 or 28, r and s.
Vrs = tuple[int, bytes, bytes]

_DOMAIN = {
    "name": "string",
    "version": "string",
    "chainId": "uint256",
    "verifyingContract": "address",
}


@dataclass(frozen=True)
class TypedData:
    """A message of one struct without structs in it, under a domain. Fields are name to type."""

    domain: Mapping[str, Any]
    kind: str
    fields: Mapping[str, str]
    message: Mapping[str, Any]

    def digest(self) -> bytes:
        """The 32 bytes that are signed."""
        message = _struct(self.kind, self.fields, self.message)
        return keccak(b"\x19\x01" + separator(self.domain) + message)

    def plain(self) -> dict[str, Any]:
        """As eth_signTypedData_v4 takes it; numbers are texts, since JSON's keep only 53 bits."""
        types = {"EIP712Domain": _DOMAIN, self.kind: self.fields}
        return {
            "types": {
                name: [{"name": field, "type": kind} for field, kind in fields.items()]
                for name, fields in types.items()
            },
            "primaryType": self.kind,
            "domain": {**self.domain, "chainId": hex(self.domain["chainId"])},
            "message": {name: _written(value) for name, value in self.message.items()},
        }


@runtime_checkable
class TypedSigner(Protocol):
    """An account that signs typed data, if whoever holds its key does."""

    @property
    def address(self) -> str: ...

    def sign_typed(self, rpc: Rpc, data: TypedData) -> Vrs | None:
        """The signature; None where the key's holder signs no typed data."""
        ...


def separator(domain: Mapping[str, Any]) -> bytes:
    """The hash of a domain with name, version, chain and contract."""
    return _struct("EIP712Domain", _DOMAIN, domain)


def vrs_of(signature: bytes, data: TypedData, signer: str) -> Vrs | None:
    """A signature of 65 bytes, if it is the signer's over this data."""
    if len(signature) != 65 or signature[64] not in (0, 1, 27, 28):
        return None
    parity = signature[64] % 27
    try:
        signed = Signature(signature[:64] + bytes([parity]))
        key = signed.recover_public_key_from_msg_hash(data.digest())
    except (BadSignature, ValueError):
        return None
    if key.to_checksum_address() != signer:
        return None
    return 27 + parity, signature[:32], signature[32:64]


def ask(rpc: Rpc, method: str, signer: str, data: TypedData) -> bytes:
    """What a node or a signer answers when it is asked to sign; nothing where that is no
    signature."""
    try:
        return bytes(HexBytes(str(rpc(method, signer, data.plain()))))
    except ValueError:
        return b""


def _struct(kind: str, fields: Mapping[str, str], values: Mapping[str, Any]) -> bytes:
    listed = ",".join(f"{type_} {name}" for name, type_ in fields.items())
    types, encoded = ["bytes32"], [keccak(text=f"{kind}({listed})")]
    for name, type_ in fields.items():
        is_text = type_ == "string"
        types.append("bytes32" if is_text else type_)
        encoded.append(keccak(text=values[name]) if is_text else values[name])
    return keccak(encode(types, encoded))


def _written(value: Any) -> str:
    return "0x" + value.hex() if isinstance(value, bytes) else str(value)
