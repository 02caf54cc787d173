"""Signatures that a quorum must refuse, and what a signature recovers to."""

from __future__ import annotations

from dataclasses import dataclass

from eth_keys.datatypes import PrivateKey, Signature

from wellhead.chain import KeyAccount, dev_account, dev_key

#: Order of secp256k1.
ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141

Compact = tuple[bytes, bytes]


@dataclass(frozen=True)
class Malleable:
    """A digest with both signatures that one key and one nonce give: s, and order - s."""

    digest: bytes
    low: Compact
    high: Compact


def compact(r: int, s: int, parity: int) -> Compact:
    """The form of ERC-2098."""
    return r.to_bytes(32, "big"), (s | parity << 255).to_bytes(32, "big")


def recovered(digest: bytes, signature: Compact) -> str:
    """The address that this signature of this digest recovers to."""
    r, vs = (int.from_bytes(part, "big") for part in signature)
    parsed = Signature(vrs=(vs >> 255, r, vs & (1 << 255) - 1))
    return str(parsed.recover_public_key_from_msg_hash(digest).to_checksum_address())


def malleable(signer: KeyAccount) -> Malleable:
    """Both signatures of `signer`. The compact form has room for very few values of s above half
    the order, so s is chosen first and the digest follows from it."""
    secret = int.from_bytes(_key_of(signer), "big")
    nonce = 2
    point = PrivateKey(nonce.to_bytes(32, "big")).public_key.to_bytes()
    r, parity = int.from_bytes(point[:32], "big") % ORDER, point[63] & 1
    high = ORDER // 2 + 1
    digest = (high * nonce - r * secret) % ORDER
    return Malleable(
        digest=digest.to_bytes(32, "big"),
        low=compact(r, ORDER - high, parity ^ 1),
        high=compact(r, high, parity),
    )


def _key_of(signer: KeyAccount) -> bytes:
    return next(dev_key(i) for i in range(40) if dev_account(i).address == signer.address)
