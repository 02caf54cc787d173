"""The project's compiler, kept running: mutants are compiled one after the other."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from tests.mutation.core import closure, importers, imports
from wellhead import toolchain
from wellhead.chain import compiler
from wellhead.sources import ToolchainError

#: What a contract may have, EIP-170.
SIZE_LIMIT = 24_576
#: The hash of the source that solc appends to code, also to code inside of code.
_METADATA = re.compile(r"a264697066735822[0-9a-f]{68}64736f6c6343[0-9a-f]{6}0033")

#: Creation and runtime code of types, by name, as the artifacts have them.
Code = dict[str, dict[str, str]]


class Rejected(Exception):  # noqa: N818
    """There is no such mutant: `reason` is "rejected", "same" or "large"."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Compiler:
    """solc on the checkout's contracts, some of them changed."""

    def __init__(self, root: Path) -> None:
        self._input = compiler.standard_input()
        #: Processor seconds of all compilations.
        self.cpu = 0.0
        self._built = toolchain.artifacts(root)
        self._sources = {
            name: entry["content"]
            for name, entry in self._input["sources"].items()
            if (root / name).is_file()
        }
        remapped = dict(entry.split("=", 1) for entry in self._input["settings"]["remappings"])
        self._imports = {
            name: imports(name, entry["content"], remapped)
            for name, entry in self._input["sources"].items()
        }
        command = [
            str(toolchain.node()),
            str(Path(__file__).with_name("solc.cjs")),
            str(root / "node_modules" / "solc"),
        ]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def __enter__(self) -> Compiler:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.kill()
        self._process.communicate()

    def trees(self, more: Mapping[str, str] | None = None) -> dict[str, dict[str, Any]]:
        """The syntax tree of every file, the libraries' too; or of others instead of ours."""
        given = self._input["sources"]
        if more is not None:
            given = {name: {"content": text} for name, text in more.items()}
        output = self._run(given, {"*": {"": ["ast"]}})
        if wrong := [e["formattedMessage"] for e in output.get("errors", []) if _is_error(e)]:
            raise ToolchainError(wrong[0])
        return {name: entry["ast"] for name, entry in output["sources"].items()}

    def mutant(self, changed: str, text: str) -> Code:
        """The code of everything that a changed file is part of."""
        code = self.compile({changed: text}, self.affected(changed))
        if code is None:
            raise Rejected("rejected")
        if all(self._same(name, types) for name, types in code.items()):
            raise Rejected("same")
        if any(len(types["runtime_bytecode"]) > 2 + 2 * SIZE_LIMIT for types in code.values()):
            raise Rejected("large")
        return code

    def affected(self, changed: str) -> list[str]:
        """Types with code in the files that a file is part of."""
        files = importers(self._sources, changed)
        return sorted(
            name
            for name, built in self._built.items()
            if built["source"] in files and built["bytecode"] != "0x"
        )

    def compile(self, changed: Mapping[str, str], wanted: list[str]) -> Code | None:
        """The wanted types' code with some files changed; None if the compiler refuses."""
        outputs = ["evm.bytecode.object", "evm.deployedBytecode.object"]
        selection: dict[str, dict[str, list[str]]] = {}
        for name in wanted:
            selection.setdefault(self._built[name]["source"], {})[name] = outputs
        # Reading what is not needed takes as long as compiling a small contract.
        sources = {name: self._input["sources"][name] for name in closure(self._imports, selection)}
        sources |= {name: {"content": text} for name, text in changed.items()}
        output = self._run(sources, selection)
        if any(_is_error(error) for error in output.get("errors", [])):
            return None
        code: Code = {}
        for name in wanted:
            evm = output["contracts"][self._built[name]["source"]][name]["evm"]
            code[name] = {
                "bytecode": "0x" + evm["bytecode"]["object"],
                "runtime_bytecode": "0x" + evm["deployedBytecode"]["object"],
            }
        return code

    def built(self, names: list[str]) -> Code:
        """The code of the unchanged types."""
        kinds = ("bytecode", "runtime_bytecode")
        return {name: {kind: self._built[name][kind] for kind in kinds} for name in names}

    def _same(self, name: str, code: Mapping[str, str]) -> bool:
        return all(plain(text) == plain(self._built[name][kind]) for kind, text in code.items())

    def _run(self, sources: Mapping[str, Any], selection: Mapping[str, Any]) -> dict[str, Any]:
        asked = {
            **self._input,
            "sources": sources,
            "settings": {**self._input["settings"], "outputSelection": selection},
        }
        stdin, stdout = self._process.stdin, self._process.stdout
        if stdin is None or stdout is None:
            raise ToolchainError("solc has no pipes")
        stdin.write(json.dumps(asked) + "\n")
        stdin.flush()
        line = stdout.readline()
        if not line:
            raise ToolchainError("solc ended without an answer")
        answer = json.loads(line)
        self.cpu = float(answer["cpu"])
        output: dict[str, Any] = answer["output"]
        return output


def _is_error(error: Mapping[str, Any]) -> bool:
    return bool(error["severity"] == "error")


def plain(code: str) -> str:
    """Code without the hashes of its sources."""
    return _METADATA.sub("", code)
