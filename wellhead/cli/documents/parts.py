"""What documents are made of.

Integers are strings, since many readers of JSON keep only 53 bits of a number. Amounts are in a
coin's smallest unit, hours are unix time / 3600, times are unix seconds, shares are millionths.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Integer = Annotated[str, Field(pattern=r"^-?[0-9]+$")]
Address = Annotated[str, Field(pattern=r"^0x[0-9a-fA-F]{40}$")]
Word = Annotated[str, Field(pattern=r"^0x[0-9a-f]{64}$")]
Hash = Word


class Part(BaseModel):
    """Something in a document."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Document(Part):
    """A document says which one it is."""

    schema_: str = Field(alias="schema")


class Sent(Document):
    """What a command that sends says. With `dry_run` nothing was sent."""

    dry_run: bool
