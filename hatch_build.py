"""Builds the wheel and the source archive: adds what was compiled, and fails where it is stale."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class PackedContracts(BuildHookInterface):  # type: ignore[misc]
    """Puts wellhead/packed into what is built. An editable installation uses the checkout."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":
            return
        sys.path.insert(0, self.root)
        from wellhead.packed import FOLDER
        from wellhead.packing import pack

        self._drafts = tempfile.TemporaryDirectory()
        for path in pack(Path(self.root), Path(self._drafts.name)):
            build_data["force_include"][str(path)] = f"wellhead/{FOLDER.name}/{path.name}"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        if version != "editable":
            self._drafts.cleanup()
