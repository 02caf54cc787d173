"""Whether those signed a batch who had to, read from its event and its transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from eth_abi.abi import decode
from eth_abi.exceptions import DecodingError

from wellhead.chain import Contract, Deployment
from wellhead.chain.signing import recount_digest, report_digest
from wellhead.model.samples import Sample
from wellhead.oracle.audit.findings import Check
from wellhead.oracle.audit.history import Ending, Report
from wellhead.oracle.chain import Signers
from wellhead.oracle.measurements import Domain, recovered

Problem = tuple[Check, str]


@dataclass(frozen=True)
class Statement:
    """What was signed, a batch or the recount of one hour, and how the call that carries it is
    read: `digest_of` takes all arguments but the last, the signatures."""

    contract: Contract
    function: str
    digest_of: Callable[..., bytes]
    digest: bytes
    needed: int
    bitmap: int


def report_statement(
    deployment: Deployment, domain: Domain, report: Report, signers: Signers
) -> Statement:
    return Statement(
        contract=deployment.oracle,
        function="report",
        digest_of=lambda *given: report_digest(domain.chain_id, domain.oracle, *given),
        digest=report.digest,
        needed=signers.threshold,
        bitmap=report.signers,
    )


def recount_statement(
    deployment: Deployment, domain: Domain, ending: Ending, sample: Sample, signers: Signers
) -> Statement:
    """Of a contest that ended with the recount `sample`."""

    def digest_of(word: int, evidence: bytes) -> bytes:
        return recount_digest(domain.chain_id, domain.contests, word, evidence)

    return Statement(
        contract=deployment.contests,
        function="recount",
        digest_of=digest_of,
        digest=digest_of(sample.encode(), ending.evidence),
        needed=signers.supermajority,
        bitmap=ending.signers,
    )


def check_bitmap(statement: Statement, signers: Signers) -> Iterator[Problem]:
    """What the event says by itself."""
    count = statement.bitmap.bit_count()
    if statement.bitmap >> len(signers.addresses):
        yield "signers", f"the event names signers beyond the {len(signers.addresses)} of the set"
    elif count < statement.needed:
        yield "signers", f"{count} signed, and {statement.needed} of the set then had to"


def check_signatures(
    statement: Statement, signers: Signers, transaction: dict[str, Any]
) -> list[Problem] | None:
    """What the transaction's call data says; None when it called another contract, which passed
    the signatures on: then there is only the contract's own check, and its event."""
    arguments = _arguments(statement, transaction)
    if arguments is None:
        return None
    *given, signatures = arguments
    if statement.digest_of(*given) != statement.digest:
        return [("signatures", "the transaction's call says other things than its event")]
    found = [recovered(statement.digest, bytes(r) + bytes(vs)) for r, vs in signatures]
    named = _named(statement.bitmap, signers.addresses)
    strangers = [signer or "nobody" for signer in found if signer not in named]
    absent = [signer for signer in named if signer not in found]
    problems: list[Problem] = []
    if strangers:
        told = ", ".join(strangers)
        problems.append(("signatures", f"signed by {told}, whom the event does not name"))
    if absent:
        told = ", ".join(absent)
        problems.append(("signatures", f"not signed by {told}, whom the event names"))
    return problems


def _named(bitmap: int, addresses: Sequence[str]) -> list[str]:
    return [address for i, address in enumerate(addresses) if bitmap >> i & 1]


def _arguments(statement: Statement, transaction: dict[str, Any]) -> tuple[Any, ...] | None:
    """The call's arguments; None when it is no direct call of the function."""
    function = statement.contract.functions[statement.function]
    data = bytes.fromhex(str(transaction["input"])[2:])
    called = str(transaction.get("to") or "").lower()
    if called != statement.contract.address.lower() or data[:4] != function.selector:
        return None
    try:
        return decode(function.inputs, data[4:])
    except DecodingError:
        return None
