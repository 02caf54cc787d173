"""Documents of commands about the reporters who sign."""

from __future__ import annotations

from pydantic import Field

from wellhead.cli.documents.parts import Address, Document, Hash, Integer, Part, Sent


class Signers(Part):
    """Reporters in ascending order, and how many of them sign a report and a recount."""

    addresses: list[Address]
    threshold: Integer
    for_recount: Integer


class Announced(Part):
    """Reporters to come, and the time from which anybody can enact them."""

    signers: Signers
    enactable_at: Integer
    enactable: bool


class SignersShow(Document):
    present: Signers
    announced: Announced | None


class Call(Part):
    """The call to the oracle, as a multisig sends it. With a `delay` it is scheduled with the
    authority that many seconds before it is executed."""

    to: Address
    data: str = Field(pattern=r"^0x[0-9a-f]*$")
    delay: Integer


class SignersChange(Sent):
    by: Address
    before: Signers
    after: Signers
    call: Call
    transaction: Hash | None


class SignersAnnounce(SignersChange):
    """`after` are those that are announced, to be enacted from `enactable_at` on."""

    enactable_at: Integer


class SignersEnact(SignersChange):
    """`each` is what every reporter of before was paid."""

    each: Integer


class SignersRemove(SignersEnact):
    """`removed` is one of those before; `void` is whether an announcement went with it."""

    removed: Address
    void: bool
