"""A local chain that was saved: what a node needs to go on with it."""

from __future__ import annotations

import gzip
import json
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wellhead.actions.errors import SetupError
from wellhead.actions.keeper import HEAD, WHOLE

#: Old blocks whose states are kept when the chain starts again; blocks themselves are all kept.
STATES = 128


@dataclass(frozen=True)
class Saved:
    """A chain's state, ready for `--load-state`."""

    file: Path
    block: int
    #: The last block's time.
    time: int


def exists(folder: Path) -> bool:
    return any((folder / name).exists() for name in (HEAD, WHOLE))


def forget(folder: Path) -> None:
    for name in (HEAD, WHOLE):
        (folder / name).unlink(missing_ok=True)


def prepare(folder: Path) -> Saved:
    """Write the newest save, with as many states of old blocks as there are, where anvil can load
    it; SetupError if none can be read."""
    state, older = _newest(folder)
    blocks = sorted(state["blocks"], key=lambda block: _number(block, "number"))
    kept = {block["header"]["parentHash"] for block in blocks[-STATES:]}
    states = {}
    for source in (older, state):
        states.update(dict((source or {}).get("historical_states") or []))
    state["historical_states"] = [[key, value] for key, value in states.items() if key in kept]
    file = folder / "load.json"
    file.write_text(json.dumps(state), "utf-8")
    return Saved(file, _number(blocks[-1], "number"), _number(blocks[-1], "timestamp"))


def _newest(folder: Path) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """The newest state that can be read, and the other one."""
    paths = [folder / name for name in (HEAD, WHOLE) if (folder / name).exists()]
    paths.sort(key=lambda path: path.stat().st_mtime_ns, reverse=True)
    read = [state for path in paths if (state := _read(path)) is not None]
    if not read:
        raise SetupError(
            f"the chain that was kept in {folder} can not be read: `wellhead up --fresh` starts "
            "from nothing"
        )
    return read[0], read[1] if len(read) > 1 else None


def _read(path: Path) -> dict[str, Any] | None:
    try:
        state = json.loads(gzip.decompress(path.read_bytes()))
    except (OSError, ValueError, EOFError, zlib.error):
        return None
    return state if isinstance(state, dict) and state.get("blocks") else None


def _number(block: dict[str, Any], field: str) -> int:
    return int(block["header"][field], 16)
