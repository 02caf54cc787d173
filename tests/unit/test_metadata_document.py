"""The document of any cluster whatever: valid JSON, and exact."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from decimal import Context, Decimal, localcontext
from typing import Any

import pytest
from hypothesis import example, given

from tests.support.card import Writer
from tests.support.faces import EMPTY, HOSTILE, LONG, Face, faces
from tests.support.shows import shows
from tests.support.stage import GENESIS
from wellhead.chain import Anvil


@pytest.fixture(scope="module")
def writer() -> Iterator[Writer]:
    with Anvil(GENESIS) as anvil:
        yield Writer.deploy(anvil)


@shows("META-2")
@given(faces)
@example(Face())
@example(LONG)
@example(HOSTILE)
@example(Face(figures=EMPTY))
def test_a_document_is_exact(writer: Writer, face: Face) -> None:
    told = json.loads(writer.json(face), object_pairs_hook=without_repetition)
    kind, svg = told.pop("image").split(",", 1)
    assert kind == "data:image/svg+xml;base64"
    assert base64.b64decode(svg, validate=True).decode("utf-8") == writer.svg(face)
    f = face.figures
    assert told == {
        "name": shown(face.name),
        "symbol": shown(face.symbol),
        "description": (
            f"Wellhead cluster {face.cluster}: {shown(face.sku)} in {shown(face.region)}. "
            f"One token is one attested unit of it, {unit_of(face)}, and earns its share of the "
            f"rent in {shown(face.cash.symbol)} and in {shown(face.reserve.symbol)}."
        ),
        "properties": {
            "clusterId": face.cluster,
            "kind": ("training", "inference", "edge")[face.kind],
            "sku": shown(face.sku),
            "region": shown(face.region),
            "unit": unit_of(face),
            "timestamp": face.timestamp,
            "units": f.units,
            "unitsSellable": f.sellable,
            "unitsBooked": f.booked,
            "cash": shown(face.cash.symbol),
            "reserve": shown(face.reserve.symbol),
            "pricePerUnitHour": digits(f.price, face.cash.decimals) if f.units else None,
            "bookedUtilization": digits(10**6 * f.booked // f.units, 6) if f.units else None,
            "weightedAverageRemainingLeaseTermHours": f.remaining,
            "cashPerUnit30Days": digits(f.cash, face.cash.decimals),
            "reservePerUnit30Days": digits(f.reserve, face.reserve.decimals),
            "measuredFrom": 3600 * f.hour if f.hour else None,
            "measuredUtilization": digits(f.measured, 6) if f.hour else None,
            "served": digits(f.served, 6) if f.bookedThen else None,
            "unitsBookedThen": f.bookedThen,
            "work": str(f.work) if f.energy else None,
            "joules": str(f.energy) if f.energy else None,
            "workPerJoule": digits(10**6 * f.work // f.energy, 6) if f.energy else None,
            "workUnit": "token" if face.kind else "GFLOP",
        },
    }


def without_repetition(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    assert len(found) == len(pairs)
    return found


def shown(text: bytes) -> str:
    return text.decode("utf-8", "replace")


def unit_of(face: Face) -> str:
    return ("one GPU", "1,000 sustained output tokens per second", "one node")[face.kind]


def digits(value: int, decimals: int) -> str:
    """As short as it can be written without a loss."""
    with localcontext(Context(prec=100)):
        text = f"{Decimal(value).scaleb(-decimals):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
