"""What was compiled is what contracts/ says, with the settings that ape-config.yaml says."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from wellhead import sources, toolchain

ROOT = toolchain.project_root()
EIP170_LIMIT = 24_576


@pytest.fixture(scope="module")
def types() -> dict[str, dict[str, Any]]:
    return toolchain.artifacts()


@pytest.fixture(scope="module")
def config() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / sources.CONFIG).read_text("utf-8"))
    return loaded


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")


def minimal_project(root: Path) -> None:
    write(root / "contracts" / "A.sol", "contract A {}")
    for name in (sources.CONFIG, *sources.LOCK_FILES):
        write(root / name, name)


def test_every_type_comes_from_our_own_sources(types: dict[str, dict[str, Any]]) -> None:
    for name, artifact in types.items():
        assert artifact["source"].startswith("contracts/"), name
        assert not artifact["source"].startswith("contracts/.cache"), name


def test_every_declaration_has_a_type_and_every_type_a_declaration(
    types: dict[str, dict[str, Any]],
) -> None:
    built = {name: artifact["source"] for name, artifact in types.items()}
    assert built == sources.declared_types(ROOT)


def test_no_contract_exceeds_the_code_size_limit(types: dict[str, dict[str, Any]]) -> None:
    sizes = {name: (len(a["runtime_bytecode"]) - 2) // 2 for name, a in types.items()}
    assert {name: size for name, size in sizes.items() if size > EIP170_LIMIT} == {}


def test_compiler_settings_are_those_of_the_config(
    types: dict[str, dict[str, Any]], config: dict[str, Any]
) -> None:
    compilers = json.loads((ROOT / toolchain.MANIFEST).read_text("utf-8"))["compilers"]
    assert len(compilers) == 1
    compiler, wanted = compilers[0], config["solidity"]
    assert compiler["version"].split("+")[0] == wanted["version"]
    assert set(compiler["contractTypes"]) == set(types)
    settings = compiler["settings"]
    assert settings["evmVersion"] == wanted["evm_version"] == config["foundry"]["evm_version"]
    assert settings["optimizer"] == {
        "enabled": wanted["optimize"],
        "runs": wanted["optimization_runs"],
    }
    assert settings.get("viaIR", False) is wanted["via_ir"]


@pytest.mark.usefixtures("types")
def test_the_compiler_warns_of_nothing() -> None:
    assert (ROOT / toolchain.WARNINGS).read_text("utf-8") == ""


def test_config_names_the_locked_versions(config: dict[str, Any]) -> None:
    locked = json.loads((ROOT / "package-lock.json").read_text("utf-8"))["packages"]
    assert config["solidity"]["version"] == locked["node_modules/solc"]["version"]
    versions = {d["name"]: d["version"] for d in config["dependencies"]}
    assert versions == {
        "openzeppelin": locked["node_modules/@openzeppelin/contracts"]["version"],
        "solady": locked["node_modules/solady"]["version"],
    }


def test_project_leaves_ape_config_in_force() -> None:
    # ape ignores ape-config.yaml as soon as pyproject.toml mentions a table of its own.
    assert "[tool." + "ape" not in (ROOT / "pyproject.toml").read_text("utf-8")


def test_banned_calls_appear_nowhere() -> None:
    # Both let a test pass that should fail; ruff sees them only when imported by that very name.
    banned = re.compile(r"\bchain\.isolate\s*\(|\bape\.reverts\s*\(|\bwith reverts\s*\(")
    files = [p for d in ("wellhead", "scripts", "tests") for p in (ROOT / d).rglob("*.py")]
    assert [p.name for p in files if banned.search(p.read_text("utf-8"))] == []


@pytest.mark.parametrize(
    "changed", ["contracts/A.sol", "contracts/new/B.sol", sources.CONFIG, *sources.LOCK_FILES]
)
def test_build_hash_changes_with_each_input(tmp_path: Path, changed: str) -> None:
    minimal_project(tmp_path)
    before = sources.build_hash(tmp_path)
    assert before == sources.build_hash(tmp_path)
    write(tmp_path / changed, "contract A { uint256 x; }")
    assert before != sources.build_hash(tmp_path)


def test_build_hash_ignores_copies_made_by_ape(tmp_path: Path) -> None:
    minimal_project(tmp_path)
    before = sources.build_hash(tmp_path)
    write(tmp_path / "contracts" / ".cache" / "lib" / "C.sol", "contract C {}")
    assert before == sources.build_hash(tmp_path)


def test_build_hash_sees_a_moved_file(tmp_path: Path) -> None:
    minimal_project(tmp_path)
    before = sources.build_hash(tmp_path)
    shutil.move(tmp_path / "contracts" / "A.sol", tmp_path / "contracts" / "B.sol")
    assert before != sources.build_hash(tmp_path)


def test_declared_types_reads_code_and_not_comments_or_strings(tmp_path: Path) -> None:
    write(
        tmp_path / "contracts" / "All.sol",
        """
        // contract Commented {}
        /* interface Blocked {
           library Nested {} */
        abstract contract Base is Other { string s = "// contract Quoted {"; }
        interface
            IWrapped
        {}
        library Lib { string constant U = 'https://x'; } contract Same is Base, IWrapped {}
        """,
    )
    expected = dict.fromkeys(("Base", "IWrapped", "Lib", "Same"), "contracts/All.sol")
    assert sources.declared_types(tmp_path) == expected


def test_a_name_declared_twice_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "contracts" / "A.sol", "contract A {}")
    write(tmp_path / "contracts" / "lib" / "B.sol", "library A {}")
    with pytest.raises(toolchain.ToolchainError, match="A is declared in"):
        sources.declared_types(tmp_path)


def test_only_imported_library_files_are_copied(tmp_path: Path) -> None:
    oz = tmp_path / "node_modules/@openzeppelin/contracts"
    write(tmp_path / "contracts/A.sol", 'import {X} from "@openzeppelin/contracts/x/X.sol";')
    write(tmp_path / "contracts/B.sol", 'import "./A.sol"; import * as L from "solady/u/L.sol";')
    write(oz / "x/X.sol", 'import {Y} from "../y/Y.sol"; // import "./Z.sol"')
    write(oz / "y/Y.sol", 'import {X} from "../x/X.sol";')
    write(oz / "x/Z.sol", "")
    write(tmp_path / "node_modules/solady/src/u/L.sol", "")
    target = tmp_path / "copies"
    assert sources.copy_dependencies(tmp_path, target) == 3
    copied = {p.relative_to(target).as_posix() for p in target.rglob("*.sol")}
    assert copied == {"openzeppelin/x/X.sol", "openzeppelin/y/Y.sol", "solady/u/L.sol"}


@pytest.mark.parametrize("name", ["@openzeppelin/contracts/none.sol", "other/X.sol", "./no.sol"])
def test_an_unknown_import_is_refused(tmp_path: Path, name: str) -> None:
    write(tmp_path / "contracts" / "A.sol", f'import "{name}";')
    with pytest.raises(toolchain.ToolchainError, match=re.escape(f"A.sol imports {name}")):
        sources.copy_dependencies(tmp_path, tmp_path / "copies")


def test_a_missing_or_foreign_type_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    manifest = {
        "A": {"sourceId": "contracts/A.sol"},
        "B": {"sourceId": "contracts/.cache/lib/B.sol"},
    }
    write(tmp_path / toolchain.MANIFEST, json.dumps({"contractTypes": manifest}))
    toolchain.check_manifest(tmp_path, {n: d["sourceId"] for n, d in manifest.items()})
    with pytest.raises(toolchain.ToolchainError, match=r"C \(contracts/C.sol\)"):
        toolchain.check_manifest(
            tmp_path, {**{n: d["sourceId"] for n, d in manifest.items()}, "C": "contracts/C.sol"}
        )
    with pytest.raises(toolchain.ToolchainError, match=r"B \(contracts/.cache/lib/B.sol\)"):
        toolchain.check_manifest(tmp_path, {"A": "contracts/A.sol", "B": "contracts/B.sol"})


def test_what_changes_while_it_is_compiled_is_compiled_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    minimal_project(tmp_path)
    source = tmp_path / "contracts" / "A.sol"
    for name in (toolchain.WARNINGS, toolchain.MANIFEST):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    compiled: list[str] = []

    def compile_(command: list[str], root: Path) -> str:
        compiled.append(source.read_text())
        (root / toolchain.MANIFEST).parent.mkdir(exist_ok=True)
        (root / toolchain.MANIFEST).write_text("{}")
        if len(compiled) == 1:
            source.write_text("contract A { uint256 x; }")
        return ""

    (tmp_path / toolchain.WARNINGS).write_text("")
    monkeypatch.setattr(toolchain, "_capture", compile_)
    monkeypatch.setattr(toolchain, "write_solc", lambda root: None)
    monkeypatch.setattr(toolchain, "copy_dependencies", lambda root, to: 0)
    monkeypatch.setattr(toolchain, "check_manifest", lambda root, declared: None)
    assert toolchain.build(tmp_path)
    assert not toolchain.is_current(tmp_path)
    assert toolchain.build(tmp_path)
    assert toolchain.is_current(tmp_path)
    assert not toolchain.build(tmp_path)
    assert len(compiled) == 2


def test_environment_keeps_every_tool_inside_the_project() -> None:
    env = toolchain.environment()
    for name in ("APE_DATA_FOLDER", "IPYTHONDIR", "SOLCX_BINARY_PATH"):
        assert Path(env[name]).is_relative_to(ROOT / toolchain.STATE)
    anvil = Path(shutil.which("anvil", path=env["PATH"]) or "")
    assert anvil.is_relative_to(ROOT / toolchain.STATE)
    spills = f"exec {toolchain.anvil(ROOT)} --cache-path {ROOT / toolchain.STATE}"
    assert spills in anvil.read_text()
    assert Path(shutil.which("node", path=env["PATH"]) or "").is_relative_to(ROOT)
    assert Path(shutil.which("ape", path=env["PATH"]) or "").is_relative_to(ROOT)
