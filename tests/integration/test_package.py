"""The wheel: what is in it, that it can not be stale, and that it works without the checkout."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from importlib.metadata import distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tests.integration.test_cli_node import free_port
from wellhead import toolchain
from wellhead.demo.trace import COLUMNS
from wellhead.packing import pack
from wellhead.sources import build_hash

ROOT = toolchain.project_root()
STATE = ROOT / toolchain.STATE
UV = STATE / "uv" / "bin" / "uv"
SMALL_WHEEL = 1_200_000  # bytes


def uv(*arguments: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    """uv with what `make setup` has fetched, and nothing more."""
    command = [str(UV), *map(str, arguments), "--offline", "--cache-dir", str(STATE / "cache/uv")]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)


def build(source: Path, target: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return uv(
        "build", *options, "--python", sys.executable, "--out-dir", target, source, cwd=target
    )


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the source archive and the wheel that was built from it."""
    toolchain.build(ROOT)
    folder = tmp_path_factory.mktemp("dist")
    done = build(ROOT, folder)
    assert done.returncode == 0, done.stderr
    return folder


def wheel_of(folder: Path) -> Path:
    (found,) = folder.glob("*.whl")
    return found


def names_in(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    assert len(names) == len(set(names))
    return set(names)


def tracked(*places: str) -> set[str]:
    """Files of ours that are in the working tree, git's ignored ones left out."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *places]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return {name for name in listed.splitlines() if (ROOT / name).is_file()}


def test_the_wheel_has_the_package_and_what_it_needs_without_a_checkout(built: Path) -> None:
    wheel = wheel_of(built)
    names = names_in(wheel)
    code = {name for name in names if ".dist-info/" not in name}
    packed = {f"wellhead/packed/{name}" for name in ("contracts", "package", "package-lock")}
    packed = {f"{name}.json" for name in packed}
    assert code == tracked("wellhead") - {"wellhead/solc.cjs"} | packed
    assert {"wellhead/py.typed", "wellhead/demo/data/ATTRIBUTION.md"} < code
    assert any(name.endswith("/licenses/LICENSE") for name in names)
    assert wheel.stat().st_size < SMALL_WHEEL


def test_the_packed_contracts_are_the_compiled_ones_and_nothing_more(built: Path) -> None:
    with zipfile.ZipFile(wheel_of(built)) as archive:
        contracts = json.loads(archive.read("wellhead/packed/contracts.json"))
        lock = json.loads(archive.read("wellhead/packed/package-lock.json"))
    assert contracts["types"] == toolchain.artifacts(ROOT)
    assert contracts["build_hash"] == build_hash(ROOT)
    assert contracts["compiler"]["version"].startswith("0.8.")
    assert set(contracts) == {"build_hash", "compiler", "types"}
    whole = json.loads((ROOT / "package-lock.json").read_text("utf-8"))["packages"]
    kept = {path: entry for path, entry in lock["packages"].items() if path}
    needed = ("node_modules/@foundry-rs/", "node_modules/@uniswap/v3-core")
    assert kept == {p: e for p, e in whole.items() if p.startswith(needed)}
    assert all(entry["integrity"] for entry in kept.values())


def test_nothing_of_uniswaps_is_in_what_is_built(built: Path) -> None:
    """Its licence is not ours: an installed package fetches it from npm, by the lock file."""
    folder = ROOT / "node_modules/@uniswap/v3-core/artifacts/contracts"
    parts = []
    for name in ("UniswapV3Factory", "UniswapV3Pool"):
        bytecode = json.loads((folder / f"{name}.sol" / f"{name}.json").read_text())["bytecode"]
        middle = bytecode[len(bytecode) // 2 :][:200]
        parts += [middle.encode(), bytes.fromhex(middle)]
    for path in (wheel_of(built), *built.glob("*.tar.gz")):
        for name, content in contents(path):
            assert not any(part in content for part in parts), name


def contents(path: Path) -> Iterator[tuple[str, bytes]]:
    """Every file of a wheel or a source archive."""
    if path.suffix == ".whl":
        with zipfile.ZipFile(path) as archive:
            yield from ((name, archive.read(name)) for name in archive.namelist())
        return
    with tarfile.open(path) as archive:
        for member in archive.getmembers():
            if (file := archive.extractfile(member)) is not None:
                yield member.name, file.read()


def test_the_source_archive_has_the_sources_and_no_rubbish(built: Path) -> None:
    (path,) = built.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    extra = {f"wellhead/packed/{n}.json" for n in ("contracts", "package", "package-lock")}
    assert names - extra - {"PKG-INFO"} == tracked() - {".ci/run"}
    assert extra < names


def test_a_wheel_of_other_sources_than_were_compiled_is_refused(
    built: Path, tmp_path: Path
) -> None:
    (path,) = built.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        archive.extractall(tmp_path, filter="data")
    (source,) = tmp_path.iterdir()
    with (source / "contracts" / "Vault.sol").open("a") as contract:
        contract.write("// changed\n")
    done = build(source, tmp_path, "--wheel")
    assert done.returncode != 0
    assert "contracts.json was compiled from other sources than these" in done.stderr
    assert not list(tmp_path.glob("*.whl"))

    (source / "wellhead" / "packed" / "contracts.json").unlink()
    with pytest.raises(toolchain.ToolchainError, match="run `make setup`"):
        pack(source, tmp_path)


def dependencies(name: str, extras: frozenset[str] = frozenset()) -> set[str]:
    """Names of what a distribution needs here, its own dependencies' included."""
    found: set[str] = set()
    queue = [(name, extras)]
    while queue:
        name, extras = queue.pop()
        for text in distribution(name).requires or []:
            wanted = Requirement(text)
            asked = [{"extra": extra} for extra in extras] or [{"extra": ""}]
            if wanted.marker and not any(wanted.marker.evaluate(given) for given in asked):
                continue
            if wanted.name not in found:
                found.add(wanted.name)
                queue.append((wanted.name, frozenset(wanted.extras)))
    return found


@pytest.fixture(scope="module")
def elsewhere(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with the wheel and the packages that it names, and nothing else."""
    folder = tmp_path_factory.mktemp("elsewhere")
    done = uv("venv", "-q", "--python", sys.executable, folder / "venv", cwd=folder)
    assert done.returncode == 0, done.stderr
    python = folder / "venv" / "bin" / "python"
    wheel = wheel_of(built)
    done = uv("pip", "install", "-q", "--no-deps", "--python", python, wheel, cwd=folder)
    assert done.returncode == 0, done.stderr
    (site,) = (folder / "venv").glob("lib/python*/site-packages")
    for name in dependencies("wellhead"):
        installed = distribution(name)
        tops = {file.parts[0] for file in installed.files or []} - {"..", "__pycache__"}
        for top in tops:
            if not (site / top).exists():
                (site / top).symlink_to(str(installed.locate_file(top)))
    return folder


def small_trace(path: Path) -> Path:
    begin = datetime(2026, 6, 1, tzinfo=UTC)
    rows = [f"{begin + timedelta(minutes=10 * n):%Y-%m-%dT%H:%M:%SZ},8,{n % 9}" for n in range(150)]
    path.write_text("\n".join([",".join(COLUMNS), *rows]) + "\n", "utf-8")
    return path


def test_it_works_elsewhere_with_an_empty_home(elsewhere: Path) -> None:
    home = elsewhere / "home"
    home.mkdir()
    environment = {
        "HOME": str(home),
        "PATH": os.defpath,
        # What `make setup` has fetched; the registry is asked only for what is not there.
        "npm_config_cache": str(STATE / "cache" / "npm"),
        "npm_config_prefer_offline": "true",
    }
    environment |= {k: v for k, v in os.environ.items() if k.endswith(("_CA_CERTS", "_CERT_FILE"))}

    def start(*arguments: object) -> subprocess.Popen[str]:
        command = [str(elsewhere / "venv/bin/wellhead"), *map(str, arguments), "--json"]
        pipe = subprocess.PIPE
        return subprocess.Popen(
            command, cwd=elsewhere, env=environment, stdout=pipe, stderr=pipe, text=True
        )

    def finish(process: subprocess.Popen[str]) -> tuple[dict[str, object], str]:
        stdout, stderr = process.communicate(timeout=300)
        assert process.returncode == 0, stdout + stderr
        return json.loads(stdout), stderr

    # Two at once: one of them installs anvil, the other waits for it.
    demo = start("demo", "--trace", small_trace(elsewhere / "small.csv"))
    up = start("up", "--port", free_port())
    try:
        chain, said_first = finish(up)
        shown, said_second = finish(demo)
        assert (said_first + said_second).count("installing anvil") == 1
        assert str(shown["schema"]).startswith("wellhead.demo/")
        assert shown["books"] == json.loads((elsewhere / "demo-report.json").read_text())
        state = home / ".local" / "share" / "wellhead"
        assert chain["deployment"] == str(state / "deployments" / "31337.json")
        assert chain["venue"] is not None
        status, said = finish(start("status"))
        assert str(status["schema"]).startswith("wellhead.status/")
        assert "installing" not in said
        registered, _ = finish(start("cluster", "register", "--yes"))
        assert registered["cluster"] == "1"
    finally:
        down, _ = finish(start("down"))
    assert str(down["schema"]).startswith("wellhead.down/")
    assert {path.relative_to(home) for path in home.glob("*/*/*")} == {
        Path(".local/share/wellhead")
    }
