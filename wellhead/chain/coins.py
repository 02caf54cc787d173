"""What a coin takes instead of an allowance that was sent before: ERC-2612 permits and ERC-3009
authorizations, signed by whoever pays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from eth_abi.exceptions import DecodingError

from wellhead.chain.abi import decode
from wellhead.chain.contract import Contract, Reverted
from wellhead.chain.rpc import RpcError
from wellhead.chain.typed import TypedData, separator

_PERMIT = {
    "owner": "address",
    "spender": "address",
    "value": "uint256",
    "nonce": "uint256",
    "deadline": "uint256",
}
_RECEIVE = {
    "from": "address",
    "to": "address",
    "value": "uint256",
    "validAfter": "uint256",
    "validBefore": "uint256",
    "nonce": "bytes32",
}
_VERSION = "0x54fd4d50"  # version()


@dataclass(frozen=True)
class SignedCoin:
    """A coin that takes signatures, and the domain it takes them under."""

    contract: Contract
    domain: Mapping[str, Any]

    def permit(self, owner: str, spender: str, value: int, deadline: int) -> TypedData:
        """ERC-2612: `spender` may spend `value`, until the unix time `deadline`."""
        nonce = int(self.contract.call("nonces", owner))
        return self._data("Permit", _PERMIT, (owner, spender, value, nonce, deadline))

    def authorization(
        self, payer: str, to: str, value: int, before: int, nonce: bytes
    ) -> TypedData:
        """ERC-3009: `to` may fetch `value` once, before the unix time `before`."""
        listed = (payer, to, value, 0, before, nonce)
        return self._data("ReceiveWithAuthorization", _RECEIVE, listed)

    def _data(self, kind: str, fields: Mapping[str, str], listed: tuple[Any, ...]) -> TypedData:
        return TypedData(self.domain, kind, fields, dict(zip(fields, listed, strict=True)))


def signed_coin(contract: Contract, chain_id: int) -> SignedCoin | None:
    """The coin with its domain; None where the coin takes no signatures, or under a domain that
    can not be told for certain."""
    try:
        wanted = bytes(contract.call("DOMAIN_SEPARATOR"))
        name = str(contract.call("name"))
        contract.call("nonces", contract.address)
    except (Reverted, RpcError):
        return None
    for version in dict.fromkeys((_version_of(contract), "1", "2")):
        domain = {
            "name": name,
            "version": version,
            "chainId": chain_id,
            "verifyingContract": contract.address,
        }
        if separator(domain) == wanted:
            return SignedCoin(contract, domain)
    return None


def _version_of(contract: Contract) -> str:
    """Not every coin has it in its interface."""
    try:
        answer = contract.rpc("eth_call", {"to": contract.address, "data": _VERSION}, "latest")
        (version,) = decode(["string"], bytes.fromhex(str(answer)[2:]))
    except (RpcError, DecodingError):
        return "1"
    return str(version)
