"""How an audit is shown: a line for each contract, and a sentence for each finding."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from eth_utils.address import to_checksum_address

from wellhead.audit.replay import KEPT, told
from wellhead.cli import amounts
from wellhead.cli.output import Row

if TYPE_CHECKING:
    from wellhead.actions.auditing import Audit, Compared
    from wellhead.audit.replay import Finding

TITLE = "Rebuilt from events"
HEADER = ("contract", "events", "slots", "storage")
#: Findings that people are shown; programs are shown all that are kept.
SHOWN = 100


def rows(audit: Audit) -> list[tuple[str, ...]]:
    return [
        (
            _name(one),
            f"{one.events:,}",
            f"{one.agreement.slots:,}",
            "agrees" if one.agreement.agrees else "DIFFERS",
        )
        for one in audit.contracts
    ]


def facts(audit: Audit) -> list[Row]:
    """What vouches for it, and how it came out."""
    logs = amounts.show_count(audit.logs, "log")
    blocks = amounts.show_count(audit.blocks, "block")
    if audit.proven == audit.blocks:
        vouched = "all of them, by the receipts of their blocks"
    else:
        rest = audit.blocks - audit.proven
        vouched = (
            f"in {audit.proven:,} of {blocks}, by their receipts; those in {rest:,} are taken on "
            "the node's word"
        )
    wrong = sum(not one.agreement.agrees for one in audit.contracts)
    storage = (
        f"differs in {amounts.show_count(wrong, 'contract')}"
        if wrong
        else "proven as of this block: no other word of it is set"
        if audit.proofs
        else "read word by word: whether another word is set the node does not prove"
    )
    count = amounts.show_count(audit.found, "disagreement")
    every = [("every block", "leads to this one by its hash, and was looked at")]
    return [
        ("as of", f"block {audit.block:,}, {amounts.show_time(audit.time)}"),
        ("logs", f"{logs} in {blocks}"),
        ("vouched for", vouched),
        *(every if audit.linked else []),
        ("storage", storage),
        ("coins", "proven too" if audit.coins else "the vault's are the node's word"),
        ("result", "the chain agrees with its events" if not audit.findings else count),
    ]


def finding_rows(audit: Audit) -> list[Row]:
    rows = [(_place(finding), sentence(finding)) for finding in audit.findings[:SHOWN]]
    more = audit.found - SHOWN
    if more > 0:
        rows.append(("", f"and {more:,} more; --json lists up to {KEPT:,}"))
    return rows


def sentence(finding: Finding) -> str:
    """What disagrees, without its place; what a node said may be anything, and is shown so that a
    terminal obeys nothing of it."""
    return told(_sentence(finding))


def _sentence(finding: Finding) -> str:
    f, event = finding, f"{finding.contract}.{finding.where}"
    if f.kind == "storage":
        return f"{event} is {f.said} on chain, events give {f.expected}"
    if f.kind == "root":
        return (
            f"the storage root of {f.contract} at {to_checksum_address(f.where)} is {f.said} on "
            f"chain, events give {f.expected}: a word that no event tells of is set"
        )
    if f.kind == "more":
        return f"{f.where} of {f.contract} differ"
    if f.kind == "code":
        return f"the hash of the {f.what} ({event}) is {f.said}, and should be {f.expected}"
    if f.kind == "proof":
        where = to_checksum_address(f.where)
        return f"the node's proof for {where} is not valid: {f.said}; needed is {f.expected}"
    if f.kind == "block" and f.where == "header":
        return f"the header's {f.what} is {f.said}, what came before it gives {f.expected}"
    if f.kind == "block" and not f.expected:
        return f"the node's {f.what}: {f.said}"
    if f.kind == "block":
        return f"the node says that the {f.what} is {f.said}, its parts give {f.expected}"
    if f.kind == "total":
        return f"{f.what} of {f.contract} ({f.where}): {f.said}, needed {f.expected}"
    if f.kind in ("logs", "archive"):
        return f"{event}: {f.what} is {f.said}, {f.expected}".rstrip(", ")
    if f.what == "event":
        return f"{event}: {f.said} where {f.expected} follows"
    return f"{event}: {f.what} is {f.said}, what came before it gives {f.expected}"


def document(audit: Audit) -> dict[str, Any]:
    """For programs."""
    return {
        "block": audit.block,
        "hash": audit.hash,
        "time": audit.time,
        "archive": str(audit.archive),
        "agrees": not audit.findings,
        "disagreements": audit.found,
        "logs": audit.logs,
        "blocks": audit.blocks,
        "blocks_vouched_for": audit.proven,
        "every_block": audit.linked,
        "storage_proven": audit.proofs,
        "coins_proven": audit.coins,
        "contracts": [
            {
                "contract": one.agreement.contract,
                "cluster": one.cluster,
                "address": to_checksum_address(f"{one.agreement.address:#042x}"),
                "events": one.events,
                "slots": one.agreement.slots,
                "agrees": one.agreement.agrees,
                "proven": one.agreement.proven,
            }
            for one in audit.contracts
        ],
        "findings": [
            {
                "kind": finding.kind,
                "contract": finding.contract,
                "where": finding.where,
                "what": finding.what,
                "said": finding.said,
                "expected": finding.expected,
                "block": finding.block,
                "log": finding.index,
                "message": sentence(finding),
            }
            for finding in audit.findings
        ],
    }


def _name(one: Compared) -> str:
    cluster = f" of cluster {one.cluster}" if one.cluster is not None else ""
    return f"{one.agreement.contract}{cluster}"


def _place(finding: Finding) -> str:
    if finding.block is None:
        return "storage" if finding.kind in ("storage", "root", "more") else finding.kind
    log = f", log {finding.index}" if finding.index is not None else ""
    return f"block {finding.block:,}{log}"
