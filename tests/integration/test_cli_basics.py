"""The command line as such: help, start-up, usage errors, sentences for every error."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.support.cli import Command
from wellhead import toolchain
from wellhead.cli import COMMANDS, SHORT, documents
from wellhead.cli.sentences import OURS, SENTENCES, sentence
from wellhead.cli.terms import TERMS, gather
from wellhead.cli.tree import Leaf, Tree

QUOTE = ["quote", "--cluster", "1", "--units", "1", "--hours", "1"]
WELLHEAD = Path(sys.executable).with_name("wellhead")
Named = tuple[tuple[str, ...], Leaf]


def line_of(item: Leaf | Tree) -> str:
    return item.line if isinstance(item, Leaf) else (item.help or "").splitlines()[0]


def test_the_installed_command_shows_its_help(tmp_path: Path) -> None:
    done = subprocess.run(
        [str(WELLHEAD), "--help"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    for name, item in COMMANDS.items():
        assert re.search(rf"^  {name} +{re.escape(line_of(item))}$", done.stdout, re.MULTILINE)
    for name in SHORT:
        assert done.stdout.count(f"`{name}` is") == 1
    for code in ("0  done", "1  a contract refused", "2  wrong usage", "3  no node answers"):
        assert code in done.stdout
    for code in ("4  the deployment", "5  a file", "6  doctor found", "130  interrupted"):
        assert code in done.stdout


def test_help_loads_nothing_heavy() -> None:
    script = (
        "import sys\n"
        "from wellhead.cli import cli\n"
        "cli(['--help'], standalone_mode=False)\n"
        "heavy = {'ape', 'web3', 'rich', 'httpx', 'urllib3', 'eth_abi', 'pydantic', "
        "'wellhead.chain'}\n"
        "print('loaded:', sorted(heavy & set(sys.modules)), file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stderr.strip() == "loaded: []"


def leaves(items: Mapping[str, Leaf | Tree], path: tuple[str, ...] = ()) -> Iterator[Named]:
    for name, item in items.items():
        if isinstance(item, Tree):
            yield from leaves(item.leaves, (*path, name))
        else:
            yield (*path, name), item


LEAVES = dict(leaves(COMMANDS))


@pytest.mark.parametrize("path", LEAVES, ids=" ".join)
def test_every_command_has_help_that_agrees(path: tuple[str, ...], tmp_path: Path) -> None:
    outcome = Command(tmp_path)(*path, "--help")
    assert outcome.code == 0
    assert outcome.stdout.startswith(f"Usage: wellhead {' '.join(path)} ")
    command = LEAVES[path].load()
    assert (command.help or "").splitlines()[0] == LEAVES[path].line
    assert command.name == path[-1]


def test_every_document_belongs_to_a_command() -> None:
    silent = {"schema", "completion"}
    printing = {
        ".".join(path)
        for path, leaf in LEAVES.items()
        if any("--json" in option.opts for option in leaf.load().params)
    }
    assert printing == {*documents.MODELS} - {"error"}
    assert {".".join(path) for path in LEAVES} - printing == silent


@pytest.mark.parametrize("short", SHORT)
def test_short_forms_are_the_same_command(short: str, tmp_path: Path) -> None:
    outcome = Command(tmp_path)(short, "--help")
    assert outcome.code == 0
    assert SHORT[short].line in outcome.stdout


def test_a_lease_without_a_command_is_opened(tmp_path: Path) -> None:
    wellhead = Command(tmp_path)
    outcome = wellhead("lease", "--cluster", 1, "--units", 1)
    assert (outcome.code, "Missing option '--hours'" in outcome.stderr) == (2, True)
    assert "Usage: wellhead lease open" in outcome.stderr
    assert "Commands:" in wellhead("lease", "--help").stdout
    assert "No such command 'opn'" in wellhead("lease", "opn", "--cluster", 1).stderr


@pytest.mark.parametrize("name", documents.MODELS)
def test_schemas_are_printed(name: str, tmp_path: Path) -> None:
    schema = json.loads(Command(tmp_path)("schema", *name.split(".")).stdout)
    assert schema["$id"] == schema["properties"]["schema"]["const"] == f"wellhead.{name}/1"
    assert "schema" in schema["required"]


def test_schemas_are_listed_and_short_forms_known(tmp_path: Path) -> None:
    wellhead = Command(tmp_path)
    assert wellhead("schema").stdout.split() == list(documents.MODELS)
    assert wellhead("schema", "lease").stdout == wellhead("schema", "lease", "open").stdout
    outcome = wellhead("schema", "nonsense")
    assert (outcome.code, "'nonsense' has no document" in outcome.stderr) == (2, True)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion(shell: str, tmp_path: Path) -> None:
    script = Command(tmp_path)("completion", shell).stdout
    assert f"_WELLHEAD_COMPLETE={shell}_complete" in script


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("wellhead lea", {"lease"}),
        ("wellhead lease s", {"show", "settle", "split", "suspend", "sell"}),
        ("wellhead lease open --un", {"--units"}),
        ("wellhead completion ", {"bash", "zsh", "fish"}),
    ],
)
def test_what_a_shell_is_told(words: str, expected: set[str]) -> None:
    environment = {
        "_WELLHEAD_COMPLETE": "bash_complete",
        "COMP_WORDS": words,
        "COMP_CWORD": str(len(words.split(" ")) - 1),
    }
    done = subprocess.run(
        [str(WELLHEAD)], env=environment, capture_output=True, text=True, check=True
    )
    assert {line.partition(",")[2] for line in done.stdout.split()} == expected


def test_version(tmp_path: Path) -> None:
    outcome = Command(tmp_path)("--version")
    assert outcome.code == 0
    assert outcome.stdout.startswith("wellhead, version 0.")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nonsense"], "No such command 'nonsense'"),
        (["quote", "--units", "1", "--hours", "1"], "Missing option '--cluster'"),
        (["quote", "--cluster", "1", "--units", "-1", "--hours", "1"], "is no number"),
        (["quote", "--cluster", "1", "--units", "1.5", "--hours", "1"], "0 digits after the point"),
        (["quote", "--cluster", "1", "--units", str(2**32), "--hours", "1"], "too large"),
        (
            [*QUOTE, "--start", "soon"],
            "is no time: write now",
        ),
        (
            [*QUOTE, "--start", "2026-12-01T00:30Z"],
            "is not the beginning of an hour",
        ),
        (
            ["lease", "--cluster", "1", "--units", "1", "--hours", "1", "--max-cost", "a lot"],
            "is no number like 1234.56",
        ),
        (
            ["lease", "--cluster", "1", "--units", "1", "--hours", "1", "--max-cost", "1.1234567"],
            "more than 6 digits",
        ),
        (["claim", "--account", "0x1234"], "is no address"),
        (
            ["claim", "--to", "0xF39Fd6e51aad88F6F4ce6aB8827279cffFb92266"],
            "wrong checksum",
        ),
        (["claim", "--account", "some body"], "dev account's index"),
        (["register", "--kind", "toaster"], "none of training, inference, edge"),
        (["register", "--sla", "much"], "is no number"),
        (["settle"], "give --lease or --cluster"),
        (["mint", "--cluster", "1"], "give --cluster and --units, or --attestation"),
        (["report", "--cluster", "1"], "give --cluster and --working, or --file"),
        (["mint", "--cluster", "1", "--units", "1", "--evidence", "0x12"], "no 32-byte word"),
        (["up", "--port", "70000"], "70000 is not in the range"),
    ],
)
def test_wrong_usage_is_exit_code_2(arguments: list[str], said: str, tmp_path: Path) -> None:
    outcome = Command(tmp_path)(*arguments)
    assert outcome.code == 2
    assert said in " ".join(outcome.stderr.split())
    assert outcome.stdout == ""


def test_every_custom_error_has_a_sentence() -> None:
    declared: dict[str, list[str]] = {}
    for artifact in toolchain.artifacts().values():
        for entry in artifact["abi"]:
            if entry["type"] == "error":
                declared[entry["name"]] = [i["type"] for i in entry["inputs"]]
    assert sorted(set(declared) ^ (set(SENTENCES) - set(OURS))) == []
    examples = {"string": "low", "address": "0x" + "ab" * 20, "bytes32": b"\1" * 32}
    for name, types in declared.items():
        arguments = {str(n): examples.get(kind, 7) for n, kind in enumerate(types)}
        said = sentence(name, arguments)
        assert said.endswith((".", "!")), said
        assert name not in said
        assert "{" not in said


def test_sentences_convert_what_they_are_given() -> None:
    assert sentence("LeaseMarket_CostAboveMax", {"cost": 1_234_560_000, "maxCost": 5}) == (
        "The lease costs $1,234.56, more than the limit of $0.000005."
    )
    assert sentence("LeaseMarket_StartInPast", {"start": 490_896, "currentHour": 490_897}) == (
        "2026-01-01 00:00 UTC is over: the current hour began at 2026-01-01 01:00 UTC."
    )
    assert sentence("LeaseMarket_SoldOut", {"peak": 60, "units": 8, "sellable": 64}) == (
        "Not enough capacity: 8 units wanted, but in the fullest hour 60 of 64 are booked and 4 "
        "are free."
    )
    assert "panic code 0x11" in sentence("Panic", {"code": 17})
    assert sentence("Error", {"message": "no"}) == "A contract refused: no"
    assert sentence("", {}) == "A contract refused without saying why."
    assert "Unheard(1)" in sentence("Unheard", {"x": 1})


def test_default_terms_are_named_once() -> None:
    terms, name, symbol = gather(None, {})
    assert (name, symbol) == ("Wellhead Capacity", "WHC")
    assert terms.pricing.base_start == 2_000_000
    assert terms.service.sla == 990_000
    assert terms.split.cash == 450_000
    assert len({term.name for term in TERMS}) == len(TERMS)
