"""The reporters' signatures: made with the dev keys of a local chain, or put into order."""

from __future__ import annotations

from collections.abc import Sequence

from eth_keys.datatypes import Signature as KeySignature
from eth_keys.exceptions import BadSignature, ValidationError

from wellhead.actions import people
from wellhead.actions.errors import SetupError
from wellhead.chain import Deployment
from wellhead.chain.locality import is_local
from wellhead.chain.signing import quorum

#: (r, vs): the compact form of ERC-2098.
Signature = tuple[bytes, bytes]

_HIGH_BIT = 1 << 255


def sign_locally(
    deployment: Deployment, digest: bytes, *, recount: bool = False
) -> list[Signature]:
    """As many dev reporters' signatures as the oracle asks for: of a recount, of all but one."""
    signers, threshold = deployment.oracle.call("signers")
    needed = supermajority(len(signers), threshold) if recount else int(threshold)
    known = [account for account in people.reporters() if account.address in signers]
    if len(known) < needed or not is_local(deployment.rpc):
        raise SetupError(
            f"the reporters of chain {deployment.chain_id} are not a local chain's dev accounts: "
            "give their signatures in a file"
        )
    return quorum(digest, known[:needed])


def supermajority(reporters: int, threshold: int) -> int:
    """How many of the reporters must sign a recount."""
    return max(threshold, reporters - 1)


def in_order(digest: bytes, signatures: Sequence[Signature]) -> list[Signature]:
    """Ascending by signer, as the oracle wants them. Those that name no signer come first, so
    that the oracle says which they are."""
    return sorted(signatures, key=lambda signature: signer_of(digest, signature))


def signer_of(digest: bytes, signature: Signature) -> int:
    """The signer's address as a number; 0 when the signature is none."""
    r, vs = (int.from_bytes(part, "big") for part in signature)
    try:
        given = KeySignature(vrs=(vs >> 255, r, vs & (_HIGH_BIT - 1)))
        return int(given.recover_public_key_from_msg_hash(digest).to_address(), 16)
    except (BadSignature, ValidationError):
        return 0
