"""Where things are kept: in the checkout, else in the user's data folder; and anvil from npm."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from wellhead import packed, places, toolchain
from wellhead.sources import ToolchainError


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """As in an installed package; HOME is the test's folder."""
    monkeypatch.setattr(places, "checkout", lambda: None)
    monkeypatch.setattr(toolchain, "checkout", lambda: None)
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("WELLHEAD_HOME", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def test_a_checkout_keeps_everything_in_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WELLHEAD_HOME", "/elsewhere")
    root = places.checkout()
    assert root == toolchain.project_root()
    assert root is not None
    assert places.state_folder() == root / ".wellhead"


def test_an_installed_package_keeps_everything_in_the_users_data_folder(
    installed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = installed / ".local" / "share" / "wellhead"
    assert places.state_folder() == own
    monkeypatch.setenv("XDG_DATA_HOME", "relative/paths/do/not/count")
    assert places.state_folder() == own
    monkeypatch.setenv("XDG_DATA_HOME", "/data")
    assert places.state_folder() == Path("/data/wellhead")
    monkeypatch.setenv("WELLHEAD_HOME", "here")
    assert places.state_folder() == Path.cwd() / "here"
    with pytest.raises(ToolchainError, match="only a checkout has the contracts"):
        toolchain.project_root()


@pytest.fixture
def lock_file(installed: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A packed folder of the test."""
    monkeypatch.setattr(packed, "FOLDER", installed)
    monkeypatch.setenv("WELLHEAD_HOME", str(installed / "state"))
    entry = {f"node_modules/{packed.NEEDED}": {"version": "1.2.3"}}
    for name in (packed.NODE_PACKAGE, packed.NODE_LOCK):
        (installed / name).write_text(json.dumps({"packages": entry}))
    return installed


def test_anvil_is_installed_once_and_whole_or_not_at_all(
    lock_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = 1

    def npm(command: list[str], *, cwd: Path, **rest: object) -> subprocess.CompletedProcess[str]:
        assert command[2:4] == ["ci", "--ignore-scripts"]
        assert {p.name for p in cwd.iterdir()} == {packed.NODE_PACKAGE, packed.NODE_LOCK}
        for name in ("cache", "node_modules"):
            (cwd / name).mkdir()
        return subprocess.CompletedProcess(command, ended, "", "npm error no way\n")

    monkeypatch.setattr(subprocess, "run", npm)
    said: list[str] = []
    with pytest.raises(ToolchainError, match=r"within reach\?\nnpm error no way$"):
        packed.node_modules(Path("/node/bin/node"), said.append)
    tools = lock_file / "state" / "tools"
    assert [path.name for path in tools.iterdir()] == ["lock"]

    ended = 0
    (tools / "anvil-of-a-killed-installation.new").mkdir()
    found = packed.node_modules(Path("/node/bin/node"), said.append)
    assert found.is_dir()
    assert [path.name for path in found.parent.iterdir() if path.is_dir()] == ["node_modules"]
    assert found == packed.node_modules(Path("/node/bin/node"), said.append)
    assert len(said) == 2
    assert said[1] == f"installing anvil 1.2.3 with npm into {found.parent}, once ..."


def test_without_its_contracts_an_installed_package_says_so(lock_file: Path) -> None:
    packed.contracts.cache_clear()
    with pytest.raises(ToolchainError, match="this installation lacks its contracts"):
        toolchain.artifacts()
