"""Compiles the contracts with probes: the same compiler and settings as the ones without."""

from __future__ import annotations

import hashlib
import json
import subprocess
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tests.coverage import probes
from tests.coverage.instrument import Point, instrument
from wellhead import toolchain
from wellhead.chain.compiler import standard_input
from wellhead.sources import ToolchainError

#: Ours, and not counted: what has no code, and what only the tests deploy.
NOT_COUNTED = ("contracts/interfaces/", "contracts/testing/")
_TOOL = Path(__file__).parent


@dataclass(frozen=True)
class Build:
    """Compiled contracts with probes."""

    #: Changes with the contracts, the compiler's settings and the probes.
    key: str
    #: Contract -> (creation code, runtime code), 0x-hex.
    code: dict[str, tuple[str, str]]
    points: list[Point]


def folder() -> Path:
    return toolchain.project_root() / toolchain.STATE / "coverage"


def build() -> Build:
    """Compile anew where anything changed, else take what the last time left."""
    plain = standard_input(tuple(toolchain.artifacts()))
    tool = b"".join(sorted(p.read_bytes() for p in _TOOL.glob("*.py") if p.stem in _DECIDES))
    key = hashlib.sha256(json.dumps(plain).encode() + tool).hexdigest()
    file = folder() / "build.json"
    if file.is_file():
        kept = json.loads(file.read_text("utf-8"))
        if kept["key"] == key:
            return _read(kept)
    made = compile_counted(plain, counted(plain["sources"]))
    file.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps({"key": key, "code": made[0], "points": [asdict(p) for p in made[1]]})
    file.write_text(text, "utf-8")
    return _read(json.loads(text))


#: Modules that decide what is compiled.
_DECIDES = ("compiling", "instrument", "probes")


def _read(kept: dict[str, Any]) -> Build:
    code = {name: (creation, runtime) for name, (creation, runtime) in kept["code"].items()}
    return Build(kept["key"], code, [Point(**point) for point in kept["points"]])


def counted(sources: dict[str, Any]) -> list[str]:
    """The core contracts' sources."""
    return sorted(
        name
        for name in sources
        if name.startswith("contracts/")
        and not name.startswith(("contracts/.cache/", *NOT_COUNTED))
    )


def compile_counted(
    plain: dict[str, Any], files: list[str]
) -> tuple[dict[str, tuple[str, str]], list[Point]]:
    """Compile solc's standard JSON with probes in these files."""
    asked = {"*": {"": ["ast"]}}
    parsed = solc({**plain, "settings": {**plain["settings"], "outputSelection": asked}})
    trees = {name: parsed["sources"][name]["ast"] for name in files}
    texts = {name: source["content"] for name, source in plain["sources"].items()}
    probed, points = instrument(trees, {name: texts[name] for name in files})
    sources = {**texts, **probed, probes.SOURCE: probes.SOLIDITY}
    outputs = ["evm.bytecode.object", "evm.deployedBytecode.object"]
    compiled = solc(
        {
            "language": "Solidity",
            "sources": {name: {"content": text} for name, text in sources.items()},
            "settings": {**plain["settings"], "outputSelection": {"*": {"*": outputs}}},
        }
    )
    code: dict[str, tuple[str, str]] = {}
    for file, types in compiled["contracts"].items():
        if file in plain["sources"] and not file.startswith("contracts/.cache/"):
            for name, made in types.items():
                evm = made["evm"]
                creation, runtime = evm["bytecode"]["object"], evm["deployedBytecode"]["object"]
                code[name] = "0x" + creation, "0x" + runtime
    return code, points


def solc(asked: dict[str, Any]) -> dict[str, Any]:
    """What the locked compiler answers to standard JSON."""
    root = toolchain.project_root()
    script = Path(toolchain.__file__).with_name("solc.cjs")
    warnings = folder() / "warnings.txt"
    warnings.parent.mkdir(parents=True, exist_ok=True)
    command = [toolchain.node(), script, root / "node_modules" / "solc", warnings]
    done = subprocess.run(
        [str(part) for part in command],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise ToolchainError(f"solc failed\n{done.stderr.strip()}")
    answer: dict[str, Any] = json.loads(done.stdout)
    errors = [e["formattedMessage"] for e in answer.get("errors", []) if e["severity"] == "error"]
    if errors:
        raise ToolchainError("solc refuses the contracts\n" + "\n".join(errors))
    return answer
