"""Files that people give: tables, samples, attestations, signatures. What is wrong with one is
said with its name and the place in it."""

from __future__ import annotations

import csv
import io
import json
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from wellhead.actions.errors import BadInput
from wellhead.actions.quorum import Signature
from wellhead.actions.supply import Attestation
from wellhead.cli import amounts
from wellhead.model.samples import Sample

T = TypeVar("T")

LARGEST = 16 * 2**20  # bytes
SAMPLE_FIELDS = ("cluster", "hour", "working", "available", "measured", "energy", "work")
OPTIONAL_FIELDS = ("energy", "work")


def read_text(path: Path) -> str:
    """A file's text, or BadInput."""
    try:
        if path.stat().st_size > LARGEST:
            raise BadInput(f"{path}: larger than {LARGEST // 2**20} MiB")
        return path.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadInput(f"{path}: not UTF-8 text") from error
    except OSError as error:
        raise BadInput(f"{path}: can not be read ({error.strerror or error})") from error


def hash_of(path: Path) -> bytes:
    """The Keccak-256 hash of a file's bytes, or BadInput."""
    from eth_utils.crypto import keccak

    try:
        return bytes(keccak(path.read_bytes()))
    except OSError as error:
        raise BadInput(f"{path}: can not be read ({error.strerror or error})") from error


def read_json(path: Path) -> Any:
    try:
        return json.loads(read_text(path), parse_float=str)
    except json.JSONDecodeError as error:
        place = f"{path}, line {error.lineno}, column {error.colno}"
        raise BadInput(f"{place}: not JSON ({error.msg})") from error
    except (RecursionError, ValueError) as error:
        raise BadInput(f"{path}: not JSON that can be used ({error})") from error


def read_table(path: Path) -> Mapping[str, Any]:
    """A TOML or JSON file of names and values; numbers with a point stay text."""
    if path.suffix == ".json":
        return _object(str(path), read_json(path))
    try:
        return tomllib.loads(read_text(path), parse_float=str)
    except (ValueError, RecursionError) as error:
        raise BadInput(f"{path}: not TOML ({error})") from error


def read_samples(path: Path) -> tuple[list[Sample], bytes | None]:
    """Samples from CSV, or from JSON: a list, or {"samples": [...], "evidence": "0x..."}."""
    evidence = None
    if path.suffix == ".json":
        body = read_json(path)
        if isinstance(body, dict):
            if "evidence" in body:
                evidence = value_of(str(path), body, "evidence", amounts.parse_word)
            body = body.get("samples")
        listed = _list(str(path), body, "samples")
        rows = [(f"{path}, sample {number}", row) for number, row in enumerate(listed, 1)]
    else:
        rows = _csv_rows(path)
    if not rows:
        raise BadInput(f"{path}: no samples in it")
    return [_sample(place, row) for place, row in rows], evidence


def read_signatures(path: Path) -> list[Signature]:
    """Signatures from JSON: a list, or {"signatures": [...]}; each {"r": "0x...", "vs": "0x..."} or
    64 (r, vs) or 65 (r, s, v) bytes in hexadecimal."""
    body = read_json(path)
    if isinstance(body, dict):
        body = body.get("signatures")
    return [
        _signature(f"{path}, signature {number}", item)
        for number, item in enumerate(_list(str(path), body, "signatures"), 1)
    ]


def read_attestation(path: Path) -> Attestation:
    """{"cluster": 1, "units": 64, "number": 0, "evidence": "0x...", "signatures": [...]}"""
    place = str(path)
    body = _object(place, read_json(path))
    return Attestation(
        cluster=value_of(place, body, "cluster", parse_integer),
        units=value_of(place, body, "units", parse_integer),
        number=value_of(place, body, "number", parse_integer),
        evidence=value_of(place, body, "evidence", amounts.parse_word),
        signatures=read_signatures(path),
    )


def read_recount(path: Path) -> tuple[Sample, bytes, list[Signature] | None]:
    """{"sample": {...}, "evidence": "0x...", "signatures": [...]}: the sample by its fields or as
    its word; None without signatures."""
    place = str(path)
    body = _object(place, read_json(path))
    if isinstance(body.get("sample"), dict):
        sample = _sample(f"{place}, sample", body["sample"])
    else:
        word = value_of(place, body, "sample", amounts.parse_word)
        sample = Sample.decode(int.from_bytes(word, "big"))
    evidence = value_of(place, body, "evidence", amounts.parse_word)
    return sample, evidence, read_signatures(path) if "signatures" in body else None


def value_of(place: str, row: Mapping[str, Any], name: str, parser: Callable[[str], T]) -> T:
    """One value, read like an option's."""
    if name not in row:
        raise BadInput(f"{place}: {name} is missing")
    value = row[name]
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise BadInput(f"{place}: {name} must be a number or a text")
    try:
        return parser(str(value))
    except ValueError as error:
        raise BadInput(f"{place}: {name}: {error}") from error


def parse_integer(text: str) -> int:
    return amounts.parse_decimal(text, 0)


def _fixed_hour(text: str) -> int:
    named = amounts.parse_hour(text)
    if named.relative:
        raise ValueError("a file names hours by number or time")
    return named.hour


def _thousandths(text: str) -> int:
    return amounts.parse_decimal(text, amounts.THOUSANDTHS)


def _csv_rows(path: Path) -> list[tuple[str, Any]]:
    reader = csv.DictReader(io.StringIO(read_text(path), newline=""), strict=True)
    try:
        header = list(reader.fieldnames or ())
        for field in SAMPLE_FIELDS:
            count = header.count(field)
            if count > 1 or (count == 0 and field not in OPTIONAL_FIELDS):
                problem = "is there twice" if count else "is missing"
                raise BadInput(f"{path}, row 1: column {field} {problem}")
        rows: list[tuple[str, Any]] = []
        for row in reader:
            place = f"{path}, row {reader.line_num}"
            if None in row or None in row.values():
                raise BadInput(f"{place}: it must have {len(header)} fields like the header")
            rows.append((place, {k: v for k, v in row.items() if k in SAMPLE_FIELDS}))
        return rows
    except csv.Error as error:
        raise BadInput(f"{path}, row {reader.line_num}: not CSV ({error})") from error


def _sample(place: str, given: Any) -> Sample:
    row = _object(place, given)
    unknown = sorted(set(row) - set(SAMPLE_FIELDS))
    if unknown:
        raise BadInput(f"{place}: unknown field {unknown[0]!r}")
    row = {**dict.fromkeys(OPTIONAL_FIELDS, 0), **row}
    sample = Sample(
        cluster=value_of(place, row, "cluster", parse_integer),
        hour=value_of(place, row, "hour", _fixed_hour),
        working=value_of(place, row, "working", _thousandths),
        available=value_of(place, row, "available", _thousandths),
        measured=value_of(place, row, "measured", amounts.parse_share),
        energy=value_of(place, row, "energy", parse_integer),
        work=value_of(place, row, "work", parse_integer),
    )
    try:
        sample.encode()
    except ValueError as error:
        raise BadInput(f"{place}: {error}") from error
    return sample


def _signature(place: str, item: Any) -> Signature:
    if isinstance(item, dict):
        return (
            value_of(place, item, "r", amounts.parse_word),
            value_of(place, item, "vs", amounts.parse_word),
        )
    try:
        raw = bytes.fromhex(str(item).removeprefix("0x"))
    except ValueError as error:
        raise BadInput(f"{place}: not hexadecimal") from error
    if len(raw) == 64:
        return raw[:32], raw[32:]
    if len(raw) != 65 or raw[64] not in (0, 1, 27, 28):
        raise BadInput(f"{place}: neither 64 bytes (r, vs) nor 65 (r, s, v)")
    parity = (raw[64] % 27) << 255
    return raw[:32], (int.from_bytes(raw[32:64], "big") | parity).to_bytes(32, "big")


def _object(place: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise BadInput(f"{place}: not an object of names and values")
    return value


def _list(place: str, value: Any, what: str) -> list[Any]:
    if not isinstance(value, list):
        raise BadInput(f"{place}: neither a list nor an object with a list of {what}")
    return value
