"""register: what it does on chain, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.cli import Command, block_number
from tests.support.stage import Stage


def test_register_with_defaults(wellhead: Command, stage: Stage) -> None:
    document = wellhead.json("register", "--yes")
    cluster = stage.registry.call("clusterOf", 1)
    assert document["schema"] == "wellhead.cluster.register/1"
    assert document["cluster"] == "1"
    assert document["token"] == cluster["token"]
    assert document["operator"] == cluster["operator"] == stage.operator.address
    assert document["genesis"] == str(cluster["genesis"])
    terms = stage.registry.call("termsOf", 1)
    assert terms["sku"].rstrip(b"\0") == b"H100-SXM5-80GB"
    assert terms["pricing"]["baseStart"] == int(document["terms"]["base_start"]) == 2_000_000
    assert stage.token(1).call("symbol") == "WHC"


def test_register_from_a_file_with_options_before_it(
    wellhead: Command, stage: Stage, tmp_path: Path
) -> None:
    path = tmp_path / "terms.toml"
    path.write_text('name = "Edge"\nsymbol = "EDG"\nkind = "edge"\nprice = 1.25\nsla = "95%"\n')
    wellhead.json("register", "--terms", path, "--price", "3", "--price-cap", "4", "--yes")
    terms = stage.registry.call("termsOf", 1)
    assert terms["kind"] == 2
    assert terms["pricing"]["baseStart"] == 3_000_000
    assert terms["pricing"]["baseCap"] == 4_000_000
    assert terms["service"]["sla"] == 950_000
    assert stage.token(1).call("name") == "Edge"


def test_register_from_json(wellhead: Command, stage: Stage, tmp_path: Path) -> None:
    path = tmp_path / "terms.json"
    path.write_text(json.dumps({"price": 1.25, "max-hours": 100, "min_hours": 2}))
    wellhead.json("register", "--terms", path, "--yes")
    pricing = stage.registry.call("termsOf", 1)["pricing"]
    assert (pricing["baseStart"], pricing["minHours"], pricing["maxHours"]) == (1_250_000, 2, 100)


@pytest.mark.parametrize(
    ("name", "body", "said"),
    [
        ("a.toml", "price = ", "not TOML"),
        ("a.toml", 'prize = "1"', "unknown term 'prize'"),
        ("a.toml", "price = true", "price must be a number or a text"),
        ("a.toml", 'price = "-1"', "price: '-1' is no number"),
        ("a.toml", 'kind = "boat"', "kind: 'boat' is none of"),
        ("a.toml", f'sku = "{"x" * 33}"', "at most 32 printable ASCII"),
        ("a.toml", 'region = "Zürich"', "at most 32 printable ASCII"),
        ("a.toml", f"power = {2**32}", "power is 4294967296"),
        ("a.json", "{", "not JSON"),
        ("a.json", "[]", "not an object"),
        ("a.json", "\udcff", "not UTF-8"),
    ],
)
def test_a_malformed_terms_file_is_exit_code_5(
    wellhead: Command, stage: Stage, tmp_path: Path, name: str, body: str, said: str
) -> None:
    path = tmp_path / name
    path.write_bytes(body.encode("utf-8", "surrogateescape"))
    before = block_number(stage)
    assert said in wellhead.refused(5, "register", "--terms", path, "--yes")
    assert "can not be read" in wellhead.refused(5, "register", "--terms", tmp_path / "none")
    assert block_number(stage) == before


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--account", "3"], "does not have the role"),
        (["--price", "11"], "the first base price must lie between"),
        (["--discount", "60%"], "at most 33.3333 % is possible"),
        (["--name", "x" * 32], "name has 1 to 31 bytes"),
        (["--operator-share", "90%"], "add up to at most 100 %"),
        (["--cancel-fee", "101%"], "the cancelling fee must be at most 100 %"),
        (["--bond", "1000000.01"], "the bond must be at most $1,000,000 a unit"),
    ],
)
def test_terms_that_the_registry_refuses(
    wellhead: Command, stage: Stage, arguments: list[str], said: str
) -> None:
    assert said in wellhead.refused(1, "register", *arguments, "--yes")
    assert said in wellhead.refused(1, "register", *arguments, "--dry-run")
    assert stage.registry.call("clusterCount") == 0


def test_a_dry_registration_registers_nothing(wellhead: Command, stage: Stage) -> None:
    document = wellhead.json("register", "--dry-run")
    assert (document["dry_run"], document["cluster"], document["token"]) == (True, "1", None)
    assert stage.registry.call("clusterCount") == 0
