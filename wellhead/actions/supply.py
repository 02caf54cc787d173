"""Clusters and their units: registering, attesting, and who runs them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from typing import Any

from wellhead.actions.errors import BadInput
from wellhead.actions.governing import Act, govern
from wellhead.actions.quorum import Signature, sign_locally
from wellhead.chain import Account, Deployment, Receipt
from wellhead.chain.signing import attestation_digest
from wellhead.model.terms import Terms

UNIT = 10**18


@dataclass(frozen=True)
class Registration:
    """A cluster that was registered, or would be; without a receipt it was not."""

    operator: str
    cluster: int | None = None
    token: str | None = None
    genesis: int | None = None
    receipt: Receipt | None = None


def encode_terms(terms: Terms) -> tuple[Any, ...]:
    """In the order of ICapacityRegistry.Terms; BadInput where a field does not fit."""
    sku, region = (_left_aligned(text, field) for field, text in _texts(terms))
    pricing = astuple(terms.pricing)
    numbers = {**terms.pricing.__dict__, **terms.service.__dict__, **terms.split.__dict__}
    for field, value in {**numbers, "power": terms.power, "policy": terms.policy}.items():
        limit = 2**64 if field.startswith("base_") or field == "bond" else 2**32
        if not 0 <= value < limit:
            raise BadInput(f"{field} is {value}; it must be below {limit}")
    return (
        int(terms.kind),
        terms.power,
        terms.policy,
        sku,
        region,
        pricing,
        astuple(terms.service),
        astuple(terms.split),
    )


def register(
    deployment: Deployment, terms: Terms, name: str, symbol: str, sender: Account, *, dry: bool
) -> Registration:
    """Register a cluster run by the sender. With `dry` the chain is only asked."""
    arguments = (encode_terms(terms), name, symbol)
    registry = deployment.registry
    if dry:
        cluster = int(registry.call("register", *arguments, sender=sender.address))
        return Registration(operator=sender.address, cluster=cluster)
    receipt = registry.send("register", *arguments, sender=sender, gas=None)
    event = receipt.event("ClusterRegistered")
    return Registration(
        operator=sender.address,
        cluster=int(event["clusterId"]),
        token=str(event["token"]),
        genesis=int(event["genesis"]),
        receipt=receipt,
    )


def set_operator(
    deployment: Deployment, cluster: int, account: str, sender: Account, *, dry: bool
) -> Act:
    """Let another account run a cluster: its operator's to do, or the governor's."""
    return govern(
        deployment, deployment.registry, "setOperator", [cluster, account], sender, dry=dry
    )


@dataclass(frozen=True)
class Attestation:
    """A quorum's word that units exist; `number` counts the cluster's attestations."""

    cluster: int
    units: int
    number: int
    evidence: bytes
    signatures: Sequence[Signature]


def digest_of(deployment: Deployment, attestation: Attestation) -> bytes:
    """What the reporters sign."""
    return attestation_digest(
        deployment.chain_id,
        deployment.registry.address,
        attestation.cluster,
        attestation.units,
        attestation.number,
        attestation.evidence,
    )


def attest_locally(
    deployment: Deployment, cluster: int, units: int, evidence: bytes
) -> Attestation:
    """The next attestation of a cluster, signed by the dev reporters of a local chain."""
    number = int(deployment.registry.call("clusterOf", cluster)["attestations"])
    unsigned = Attestation(cluster, units, number, evidence, ())
    signatures = sign_locally(deployment, digest_of(deployment, unsigned))
    return Attestation(cluster, units, number, evidence, signatures)


def _texts(terms: Terms) -> tuple[tuple[str, str], tuple[str, str]]:
    return ("sku", terms.sku), ("region", terms.region)


def _left_aligned(text: str, field: str) -> bytes:
    """ASCII of at most 32 bytes, as terms carry it."""
    if not text.isascii() or len(text) > 32 or not text.isprintable():
        raise BadInput(f"{field} {text!r} must be at most 32 printable ASCII characters")
    return text.encode("ascii").ljust(32, b"\0")
