"""What the contracts were compiled with, and the compiler's input for whoever checks the source."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from eth_utils.crypto import keccak

from wellhead import toolchain
from wellhead.chain.plan import ORDER
from wellhead.sources import ToolchainError, solidity_files

#: Where ape puts the library files while it compiles; the compiler's metadata name them so.
_LIBRARIES = "contracts/.cache"


def bytecode_hash() -> str:
    """One hash over the creation code of all contracts."""
    built = toolchain.artifacts()
    return "0x" + keccak(b"".join(bytes.fromhex(built[n]["bytecode"][2:]) for n in ORDER)).hex()


def settings() -> dict[str, Any]:
    """The compiler and its settings, as a deployment file names them."""
    known: dict[str, Any] = {"bytecode_hash": bytecode_hash()}
    try:
        compiler = _compiler(toolchain.project_root())
    except (ToolchainError, OSError, LookupError):
        return known  # an installed package brings the contracts compiled
    given = compiler["settings"]
    return {
        "name": "solc",
        "version": compiler["version"],
        "evm_version": given.get("evmVersion"),
        "optimizer": given.get("optimizer"),
        "via_ir": given.get("viaIR", False),
        **known,
    }


def standard_input(wanted: tuple[str, ...] = ORDER) -> dict[str, Any]:
    """solc's standard JSON that gives the deployed bytecode again, to the metadata's last byte."""
    root = toolchain.project_root()
    built = toolchain.artifacts()
    given = _compiler(root)["settings"]
    sources = {
        path.relative_to(root).as_posix(): path.read_text("utf-8") for path in solidity_files(root)
    }
    for target, folder in _library_folders(root, given["remappings"]):
        for path in sorted(folder.rglob("*.sol")):
            sources[f"{target}/{path.relative_to(folder).as_posix()}"] = path.read_text("utf-8")
    outputs = ["abi", "evm.bytecode.object", "evm.deployedBytecode.object", "metadata"]
    return {
        "language": "Solidity",
        "sources": {name: {"content": text} for name, text in sources.items()},
        "settings": {
            **{k: v for k, v in given.items() if k != "outputSelection"},
            "outputSelection": {built[name]["source"]: {name: outputs} for name in wanted},
        },
    }


def qualified_name(name: str) -> str:
    """A contract as verifiers name it: contracts/Vault.sol:Vault."""
    return f"{toolchain.artifacts()[name]['source']}:{name}"


def version() -> str:
    return str(_compiler(toolchain.project_root())["version"])


def _compiler(root: Path) -> dict[str, Any]:
    toolchain.build(root)
    manifest = json.loads((root / toolchain.MANIFEST).read_text("utf-8"))
    found: dict[str, Any] = next(c for c in manifest["compilers"] if c["name"] == "solidity")
    return found


def _library_folders(root: Path, remappings: list[str]) -> list[tuple[str, Path]]:
    """The folder that each remapping leads to, and our copy of what it holds."""
    found = []
    for remapping in remappings:
        target = remapping.split("=", 1)[1]
        name = target.removeprefix(f"{_LIBRARIES}/").split("/")[0]
        found.append((target, root / toolchain.STATE / "solidity" / name))
    return found
