"""How checks of records and proofs are shown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from wellhead.cli import amounts
from wellhead.cli.output import Row

if TYPE_CHECKING:
    from wellhead.oracle.audit.findings import Audit, Finding
    from wellhead.oracle.audit.proving import Checked, Proof

#: Stretches of hours without a record that are shown.
SHOWN = 12


def title(audit: Audit) -> str:
    first, last = amounts.show_hour(audit.begin), amounts.show_hour(audit.end)
    return f"Records of cluster {audit.cluster}, {first} to {last}"


def rows(audit: Audit) -> list[Row]:
    """What there was, how much of it was looked at, and how it came out."""
    totals = audit.totals
    ended = totals.upheld + totals.rejected + totals.undecided
    rows = [
        ("hours", f"{totals.hours:,}"),
        ("reported", f"{totals.reported:,}"),
    ]
    if ended or totals.contested:
        rows.append(
            (
                "contested",
                f"{totals.upheld:,} upheld, {totals.rejected:,} rejected, {totals.undecided:,} "
                f"closed as zero, {totals.contested:,} not decided",
            )
        )
    if totals.silent:
        rows.append(("closed as zero", f"{totals.silent:,}"))
    rows.append(("without a record", f"{totals.unreported:,}"))
    rows += [("", _show_hours(begin, end)) for begin, end in audit.gaps[:SHOWN]]
    if len(audit.gaps) > SHOWN:
        rows.append(("", f"and {len(audit.gaps) - SHOWN:,} more stretches"))
    behind = totals.batches + totals.batches_missing
    rows += [
        (
            "signatures",
            f"of {amounts.show_count(totals.signatures_read, 'transaction')} recovered, of "
            f"{totals.signatures_unread:,} left to the oracle's own check",
        ),
        ("evidence at hand", f"for {totals.batches:,} of {amounts.show_count(behind, 'hour')}"),
        (
            "outside input",
            f"canaries in {totals.canaries:,}, heartbeats in {totals.heartbeats:,}, neither in "
            f"{amounts.show_count(totals.no_outside_input, 'hour')}",
        ),
        (
            "measurements",
            f"{totals.raw:,} of {totals.measurements:,} made anew from raw samples, "
            f"{totals.raw_missing:,} without",
        ),
    ]
    if totals.left_out:
        rows.append(("left out", f"{amounts.show_count(totals.left_out, 'more measurement')}"))
    said = {
        "sound": "all of it holds",
        "wrong": "something is wrong",
        "missing": "nothing is wrong, but evidence is missing",
    }
    return [*rows, ("result", said[audit.verdict])]


def finding_rows(findings: Sequence[Finding]) -> list[Row]:
    """Two lines for each."""
    rows = []
    for finding in findings:
        whose = f"{finding.reporter}: " if finding.reporter else ""
        sign = "WRONG" if finding.level == "wrong" else "missing"
        rows.append((f"{sign}  {finding.check}", _show_hours(finding.begin, finding.end)))
        rows.append(("", f"{whose}{finding.detail}"))
    return rows


def _show_hours(begin: int, end: int) -> str:
    """One hour, or a stretch of them."""
    if end == begin + 1:
        return f"{amounts.show_hour(begin)} (hour {begin})"
    count = amounts.show_count(end - begin, "hour")
    return f"{amounts.show_hour(begin)} to {amounts.show_hour(end)} ({count} from {begin})"


def document(audit: Audit, findings: Sequence[Finding]) -> dict[str, Any]:
    """For programs."""
    return {
        "cluster": audit.cluster,
        "block": audit.block,
        "from": audit.begin,
        "to": audit.end,
        "verdict": audit.verdict,
        "totals": vars(audit.totals),
        "gaps": [{"from": begin, "to": end} for begin, end in audit.gaps],
        "findings": [
            {
                "from": finding.begin,
                "to": finding.end,
                "level": finding.level,
                "check": finding.check,
                "reporter": finding.reporter,
                "detail": finding.detail,
            }
            for finding in findings
        ],
    }


def proof_rows(proof: Proof, checks: Sequence[Checked]) -> list[Row]:
    """What is proven, and whether all of it holds."""
    rows = [
        ("hour", f"{amounts.show_hour(proof.hour)} of cluster {proof.cluster}"),
        ("raw sample", proof.line.decode("ascii", "replace")),
        ("measured by", proof.signed.reporter),
        ("evidence", "0x" + proof.evidence.hex()),
        ("transaction", proof.transaction),
    ]
    rows += [
        (f"{'ok' if checked.holds else 'WRONG':5}  {checked.check}", checked.detail)
        for checked in checks
    ]
    return rows
