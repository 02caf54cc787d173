"""The document of an audit."""

from __future__ import annotations

from typing import Literal

from wellhead.cli.documents.parts import Address, Document, Hash, Integer, Part


class AuditContract(Part):
    """One contract. `slots` counts the words that are not zero; `proven` says whether the node
    proved that no other word is set; `cluster` is a token's, null for the others."""

    contract: str
    cluster: Integer | None
    address: Address
    events: Integer
    slots: Integer
    agrees: bool
    proven: bool


class AuditFinding(Part):
    """Something that disagrees. `kind` says what: an event with those before it, a word of storage
    with all events (or the root of all, where none can be named, or more words than are listed), a
    contract's code, a proof with its block, a node's logs with the receipts of their block, a block
    with its own hash or with the one before it, the archive with what was written to it, or a total
    with its parts. `said` is what is there, `expected` what should be; `log` is the index in the
    block."""

    kind: Literal[
        "event", "storage", "root", "more", "code", "proof", "logs", "block", "archive", "total"
    ]
    contract: str
    where: str
    what: str
    said: str
    expected: str
    block: Integer | None
    log: Integer | None
    message: str


class Audit(Document):
    """State rebuilt from events, as of a block. `blocks_vouched_for` of the blocks with logs are
    vouched for by their receipts; `every_block` says whether all blocks since the deployment lead
    to this one by their hashes and were looked at, which only `--every-block` does;
    `storage_proven` says whether all storage is, `coins_proven` whether what the vault has of the
    coins that it owes is. Of very many disagreements only the first 10,000 are among the
    findings."""

    block: Integer
    hash: Hash
    time: Integer
    archive: str
    agrees: bool
    disagreements: Integer
    logs: Integer
    blocks: Integer
    blocks_vouched_for: Integer
    every_block: bool
    storage_proven: bool
    coins_proven: bool
    contracts: list[AuditContract]
    findings: list[AuditFinding]
