"""Proofs as documents, and read from them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from eth_utils.address import to_checksum_address
from pydantic import BaseModel, Field, ValidationError

from wellhead.actions.errors import BadInput
from wellhead.oracle import wire
from wellhead.oracle.audit.proving import Checked, Proof

SCHEMA = "wellhead.oracle.prove/1"


class _Measurement(BaseModel):
    sample: wire.Word
    root: wire.Word
    moments: wire.Count
    gap: wire.Count
    canaries: wire.Count
    heartbeats: wire.Count
    signature: wire.SignatureHex


class _File(BaseModel):
    """What a proof needs of a document; what else is in it is passed over."""

    schema_: str = Field(alias="schema", pattern=f"^{SCHEMA}$")
    chain_id: int
    oracle: wire.AddressHex
    cluster: int = Field(ge=0, lt=2**32)
    hour: int = Field(ge=0, lt=2**24)
    evidence: wire.Word
    block: int = Field(ge=0, lt=2**64)
    transaction: wire.Word
    reporter: wire.AddressHex
    measurement: _Measurement
    path: list[wire.Word] = Field(max_length=64)
    raw: str = Field(pattern=r"^0x([0-9a-f]{2})*$")
    raw_path: list[wire.Word] = Field(max_length=64)


def document(proof: Proof, checks: Sequence[Checked]) -> dict[str, Any]:
    """As `wellhead oracle prove` prints it, with integers and bytes."""
    made = proof.signed.measurement
    return {
        "chain_id": proof.chain_id,
        "oracle": proof.oracle,
        "cluster": proof.cluster,
        "hour": proof.hour,
        "evidence": proof.evidence,
        "block": proof.block,
        "transaction": proof.transaction,
        "reporter": proof.signed.reporter,
        "measurement": {
            "sample": made.sample.encode().to_bytes(32, "big"),
            "root": made.root,
            "moments": made.moments,
            "gap": made.gap,
            "canaries": made.canaries,
            "heartbeats": made.heartbeats,
            "signature": proof.signed.signature,
        },
        "path": list(proof.path),
        "line": proof.line.decode("ascii", "backslashreplace"),
        "raw": proof.line,
        "raw_path": list(proof.raw_path),
        "checks": [vars(checked) for checked in checks],
    }


def read(path: Path) -> Proof:
    """The proof in such a document; BadInput where it is none."""
    try:
        body = _File.model_validate(json.loads(path.read_text("utf-8")))
    except OSError as error:
        raise BadInput(f"{path}: {error.strerror or error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise BadInput(f"{path} is no proof: {place}: {first['msg']}") from error
    except (ValueError, RecursionError) as error:
        raise BadInput(f"{path} is no JSON: {error}") from error
    measurement = wire.MeasurementBody(
        reporter=to_checksum_address(body.reporter), **body.measurement.model_dump()
    )
    return Proof(
        chain_id=body.chain_id,
        oracle=body.oracle,
        cluster=body.cluster,
        hour=body.hour,
        evidence=_bytes(body.evidence),
        block=body.block,
        transaction=body.transaction,
        signed=measurement.signed(),
        path=tuple(map(_bytes, body.path)),
        line=_bytes(body.raw),
        raw_path=tuple(map(_bytes, body.raw_path)),
    )


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text[2:])
