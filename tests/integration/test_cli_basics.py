"""The command line as such: help, start-up, usage errors, sentences for every error."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.cli import Command
from wellhead import toolchain
from wellhead.cli import COMMANDS, cli
from wellhead.cli.sentences import SENTENCES, sentence
from wellhead.cli.terms import TERMS, gather

QUOTE = ["quote", "--cluster", "1", "--units", "1", "--hours", "1"]
WELLHEAD = Path(sys.executable).with_name("wellhead")


def test_the_installed_command_shows_its_help(tmp_path: Path) -> None:
    done = subprocess.run(
        [str(WELLHEAD), "--help"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    for name, line in COMMANDS.items():
        assert f"{name} " in done.stdout
        assert line in done.stdout
    for code in ("0  done", "1  a contract refused", "2  wrong usage", "3  no node answers"):
        assert code in done.stdout
    for code in ("4  the deployment", "5  a file"):
        assert code in done.stdout


def test_help_loads_nothing_heavy() -> None:
    script = (
        "import sys\n"
        "from wellhead.cli import cli\n"
        "cli(['--help'], standalone_mode=False)\n"
        "heavy = {'ape', 'web3', 'rich', 'httpx', 'eth_abi', 'pydantic', 'wellhead.chain'}\n"
        "print('loaded:', sorted(heavy & set(sys.modules)), file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stderr.strip() == "loaded: []"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_that_agrees(name: str, tmp_path: Path) -> None:
    outcome = Command(tmp_path)(name, "--help")
    assert outcome.code == 0
    command = cli.get_command(None, name)  # type: ignore[arg-type]
    assert command is not None
    assert (command.help or "").splitlines()[0] == COMMANDS[name]
    assert command.name == name


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
        (["claim", "--account", "somebody"], "dev account's index"),
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
    assert sorted(set(declared) - set(SENTENCES)) == []
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
