"""EIP-712 digests that reporters and holders sign, computed here and equal to the contracts'."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

from eth_abi.abi import encode
from eth_utils.crypto import keccak

from wellhead.chain.accounts import KeyAccount

_DOMAIN = keccak(
    text="EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
)
_REPORT = keccak(text="Report(uint256[] samples,bytes32 evidence)")
_RECOUNT = keccak(text="Recount(uint256 sample,bytes32 evidence)")
_MEASUREMENT = keccak(
    text="Measurement(uint256 sample,bytes32 root,uint32 moments,uint32 gap,"
    "uint32 canaries,uint32 heartbeats)"
)
_HEARTBEAT = keccak(text="Heartbeat(uint256 leaseId,uint256 hour,uint256 units)")
_ATTESTATION = keccak(
    text="Attestation(uint256 clusterId,uint256 units,uint256 number,bytes32 evidence)"
)
_PERMIT = keccak(
    text="Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)"
)
_CREDENTIAL = keccak(
    text="Credential(address holder,uint16 jurisdiction,uint8 class,uint40 issued,uint40 expires)"
)
_CLAIM = keccak(text="Claim(address account,address to,uint256 nonce,uint256 deadline)")

#: Holder, jurisdiction, class, issued and expires, as Compliance takes them.
Credential = tuple[str, int, int, int, int]


def report_digest(chain_id: int, oracle: str, samples: Sequence[int], evidence: bytes) -> bytes:
    """What reporters sign for a batch of samples."""
    listed = keccak(b"".join(sample.to_bytes(32, "big") for sample in samples))
    contents = encode(["bytes32", "bytes32", "bytes32"], [_REPORT, listed, evidence])
    return _typed("Wellhead MetricsOracle", chain_id, oracle, contents)


def recount_digest(chain_id: int, contests: str, sample: int, evidence: bytes) -> bytes:
    """What all reporters but one sign to decide a contest."""
    contents = encode(["bytes32", "uint256", "bytes32"], [_RECOUNT, sample, evidence])
    return _typed("Wellhead Contests", chain_id, contests, contents)


@lru_cache(maxsize=16_384)
def measurement_digest(
    chain_id: int,
    oracle: str,
    sample: int,
    root: bytes,
    moments: int,
    gap: int,
    canaries: int,
    heartbeats: int,
) -> bytes:
    """What a reporter signs for the others: what it measured of one hour, and from what."""
    # Reporters hash thousands of them: every field is one word.
    numbers = (number.to_bytes(32, "big") for number in (moments, gap, canaries, heartbeats))
    contents = b"".join((_MEASUREMENT, sample.to_bytes(32, "big"), root, *numbers))
    return _typed("Wellhead MetricsOracle", chain_id, oracle, contents)


def heartbeat_digest(chain_id: int, oracle: str, lease_id: int, hour: int, units: int) -> bytes:
    """What the user of a lease signs for the reporters: that it used so many units in an hour. No
    contract reads it."""
    contents = encode(
        ["bytes32", "uint256", "uint256", "uint256"], [_HEARTBEAT, lease_id, hour, units]
    )
    return _typed("Wellhead MetricsOracle", chain_id, oracle, contents)


def attestation_digest(
    chain_id: int, registry: str, cluster_id: int, units: int, number: int, evidence: bytes
) -> bytes:
    """What reporters sign for `units` new units; `number` counts the cluster's attestations."""
    contents = encode(
        ["bytes32", "uint256", "uint256", "uint256", "bytes32"],
        [_ATTESTATION, cluster_id, units, number, evidence],
    )
    return _typed("Wellhead CapacityRegistry", chain_id, registry, contents)


def permit_digest(
    chain_id: int,
    token: str,
    name: str,
    owner: str,
    spender: str,
    value: int,
    nonce: int,
    deadline: int,
) -> bytes:
    """What a holder signs to let `spender` spend, ERC-2612; `name` is the token's."""
    contents = encode(
        ["bytes32", "address", "address", "uint256", "uint256", "uint256"],
        [_PERMIT, owner, spender, value, nonce, deadline],
    )
    return _typed(name, chain_id, token, contents)


def credential_digest(chain_id: int, compliance: str, credential: Credential) -> bytes:
    """What an issuer signs to say who a holder is."""
    contents = encode(
        ["bytes32", "address", "uint256", "uint256", "uint256", "uint256"],
        [_CREDENTIAL, *credential],
    )
    return _typed("Wellhead Compliance", chain_id, compliance, contents)


def claim_digest(
    chain_id: int, token: str, name: str, account: str, to: str, nonce: int, deadline: int
) -> bytes:
    """What a holder signs to have its revenue paid to `to`; `name` is the token's."""
    contents = encode(
        ["bytes32", "address", "address", "uint256", "uint256"],
        [_CLAIM, account, to, nonce, deadline],
    )
    return _typed(name, chain_id, token, contents)


def quorum(digest: bytes, signers: Iterable[KeyAccount]) -> list[tuple[bytes, bytes]]:
    """Signatures in the order that the oracle asks for: ascending by the signer's address."""
    ordered = sorted(signers, key=lambda signer: int(signer.address, 16))
    return [signer.sign_digest(digest) for signer in ordered]


def _typed(name: str, chain_id: int, contract: str, contents: bytes) -> bytes:
    return keccak(b"\x19\x01" + _domain(name, chain_id, contract) + keccak(contents))


@lru_cache(maxsize=64)
def _domain(name: str, chain_id: int, contract: str) -> bytes:
    return keccak(
        encode(
            ["bytes32", "bytes32", "bytes32", "uint256", "address"],
            [_DOMAIN, keccak(text=name), keccak(text="1"), chain_id, contract],
        )
    )
