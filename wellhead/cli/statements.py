"""Files with what others have signed: credentials of issuers, claims of holders."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from wellhead.actions.claiming import SignedClaim
from wellhead.actions.credentials import Credential, Signed
from wellhead.actions.errors import BadInput
from wellhead.chain import Deployment
from wellhead.cli import amounts, files


def read_credential(path: Path, deployment: Deployment) -> Signed:
    """What `credential issue` prints, or its "credential" alone; for this chain and contract where
    it names them."""
    place, body = _body(path, "credential")

    def number(name: str) -> int:
        return files.value_of(place, body, name, files.parse_integer)

    for name, limit in _LIMITS.items():
        if number(name) > limit:
            raise BadInput(f"{place}: {name} is {number(name)}; it can be at most {limit}")
    here = {"chain_id": str(deployment.chain_id), "compliance": deployment.compliance.address}
    for name, value in here.items():
        given = str(body.get(name, value))
        if given.lower() != value.lower():
            raise BadInput(f"{place}: it was signed for {name} {given}, and this is {value}")
    return Signed(
        credential=Credential(
            holder=files.value_of(place, body, "holder", amounts.parse_address),
            jurisdiction=number("jurisdiction"),
            kind=number("class"),
            issued=number("issued"),
            expires=number("expires"),
        ),
        issuer=files.value_of(place, body, "issuer", amounts.parse_address),
        signature=files.value_of(place, body, "signature", _bytes),
    )


def read_claim(path: Path) -> SignedClaim:
    """What `claim --sign` prints, or its "signed" alone."""
    place, body = _body(path, "signed")

    def number(name: str) -> int:
        return files.value_of(place, body, name, _word)

    def address(name: str) -> str:
        return files.value_of(place, body, name, amounts.parse_address)

    return SignedClaim(
        chain_id=number("chain_id"),
        token=address("token"),
        account=address("account"),
        to=address("to"),
        nonce=number("nonce"),
        deadline=number("deadline"),
        signature=files.value_of(place, body, "signature", _bytes),
    )


_LIMITS = {
    "jurisdiction": 2**16 - 1,
    "class": 2**8 - 1,
    "issued": 2**40 - 1,
    "expires": 2**40 - 1,
}


def _body(path: Path, name: str) -> tuple[str, dict[str, Any]]:
    body = files.read_json(path)
    if isinstance(body, dict) and name in body:
        body = body[name]
    if not isinstance(body, dict):
        raise BadInput(f"{path}: no {name} in it")
    return str(path), body


def _word(text: str) -> int:
    """A number of up to 256 bits; deadlines that never come are the largest."""
    if not text.isascii() or not text.isdigit() or len(text) > 78 or int(text) >= 2**256:
        raise ValueError(f"{text!r} is no number that fits into 256 bits")
    return int(text)


def _bytes(text: str) -> bytes:
    try:
        return bytes.fromhex(text.removeprefix("0x"))
    except ValueError:
        raise ValueError("not hexadecimal") from None
