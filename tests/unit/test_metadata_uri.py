"""A token's `contractURI`: ERC-7572, whatever the operator has called it, and at what price."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from typing import Any

import pytest
from eth_abi.abi import encode

from tests.support.card import parse
from tests.support.faces import HOSTILE, LONG, Face
from tests.support.shows import shows
from tests.support.stage import FINALITY, HOUR, UNIT, Q, Stage, Terms
from wellhead.chain import Contract
from wellhead.model.samples import Sample

#: What an eth_call may use at any node that limits it at all.
LIMIT = 10_000_000
#: ERC-7572's own fields that are written here, all of them strings.
FIELDS = {"name", "symbol", "description", "image"}


def document(token: Contract) -> dict[str, Any]:
    head, body = token.call("contractURI").split(",", 1)
    assert head == "data:application/json;base64"
    found: dict[str, Any] = json.loads(base64.b64decode(body, validate=True).decode("utf-8"))
    return found


def register(stage: Stage, face: Face) -> tuple[int, Contract]:
    """A cluster with these texts, which need not be any encoding's."""
    values = list(Terms(kind=face.kind).encoded())
    values[3:5] = face.sku.ljust(32, b"\0"), face.region.ljust(32, b"\0")
    function = stage.registry.functions["register"]
    types = [kind.replace("string", "bytes") for kind in function.inputs]
    data = function.selector + encode(types, [tuple(values), face.name, face.symbol])
    body = {"from": stage.operator.address, "to": stage.registry.address, "data": "0x" + data.hex()}
    mined = stage.anvil.rpc("eth_sendTransactionSync", {**body, "gas": hex(5_000_000)})
    assert mined["status"] == "0x1"
    cluster = stage.registry.call("clusterCount")
    return cluster, stage.token(cluster)


def test_a_token_shows_its_cluster(stage: Stage) -> None:
    cluster = stage.cluster(100)
    token, metadata = stage.token(cluster), stage.deployment.metadata
    told = document(token)
    assert token.call("contractURI") == metadata.call("uri", cluster)
    assert set(told) == FIELDS | {"properties"}
    assert all(isinstance(told[field], str) for field in FIELDS)
    assert (told["name"], told["symbol"]) == ("Northern H100", "wNH1")
    assert told["properties"]["clusterId"] == cluster
    assert told["properties"]["timestamp"] == stage.now()
    assert told["properties"]["region"] == "NO-1"
    coins = stage.cash.call("symbol"), stage.reserve.call("symbol")
    assert (told["properties"]["cash"], told["properties"]["reserve"]) == coins
    head, body = told["image"].split(",", 1)
    assert head == "data:image/svg+xml;base64"
    assert base64.b64decode(body, validate=True).decode("utf-8") == metadata.call("card", cluster)


@shows("META-1")
@pytest.mark.parametrize(
    "face", [HOSTILE, LONG, replace(LONG, kind=2)], ids=["hostile", "long", "edge"]
)
def test_any_words_of_an_operator_are_shown_as_words(stage: Stage, face: Face) -> None:
    cluster, token = register(stage, face)
    told = document(token)
    assert told["name"] == face.name.decode("utf-8", "replace")
    assert told["symbol"] == face.symbol.decode("utf-8", "replace")
    assert told["properties"]["sku"] == face.sku.decode("utf-8", "replace")
    assert told["properties"]["region"] == face.region.decode("utf-8", "replace")
    assert told["properties"]["kind"] == ("training", "inference", "edge")[face.kind]
    card = stage.deployment.metadata.call("card", cluster)
    assert {element.tag.rpartition("}")[2] for element in parse(card).iter()} == {
        *("svg", "title", "style", "rect", "path", "text", "tspan")
    }


def test_words_end_at_the_first_zero(stage: Stage) -> None:
    _, token = register(stage, Face(sku=b"A\0B", region=b"\0"))
    assert document(token)["properties"]["sku"] == "A"
    assert document(token)["properties"]["region"] == ""


def test_a_mint_and_a_retirement_say_that_it_has_changed(stage: Stage) -> None:
    cluster = stage.register()
    token = stage.token(cluster)
    minted = stage.mint(cluster, 10)
    assert minted.event("ContractURIUpdated").address == token.address
    assert document(token)["properties"]["units"] == 10
    retired = stage.registry.send("retire", cluster, 4, sender=stage.operator)
    assert retired.event("ContractURIUpdated").address == token.address
    assert document(token)["properties"]["units"] == 6
    moved = token.send("transfer", stage.holders[0].address, UNIT, sender=stage.operator)
    assert moved.all("ContractURIUpdated") == []


def test_it_is_cheap_enough_to_ask(stage: Stage) -> None:
    """With the longest words, many leases, and the longest look back for a record."""
    cluster, token = register(stage, replace(LONG, kind=1))
    stage.mint(cluster, 10_000)
    start = stage.hour() + 1
    for lease in range(30):
        stage.lease(cluster, 64, start + 7 * lease, 100 + 31 * lease)
    stage.to_hour(start + 1)
    stage.report([Sample(cluster, start, 10**7, 64_000, Q, 1, 2**64 - 1)])
    stage.to_time((start + 168) * HOUR + FINALITY)
    assert document(token)["properties"]["measuredUtilization"] == "1"
    body = {"to": token.address, "data": token.functions["contractURI"].encode([])}
    answer = stage.anvil.rpc("eth_call", {**body, "gas": hex(LIMIT)}, "latest")
    told = token.functions["contractURI"].decode(bytes.fromhex(answer[2:]))
    assert told == token.call("contractURI")
    assert token.estimate("contractURI", sender=stage.stranger.address) < LIMIT // 2
