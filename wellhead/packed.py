"""What an installed package brings in a checkout's place: compiled contracts, a lock file.

The folder `packed` exists in a wheel and in a source archive only; see `packing`.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

from wellhead.places import state_folder
from wellhead.sources import ToolchainError

FOLDER = Path(__file__).with_name("packed")
CONTRACTS = "contracts.json"
NODE_PACKAGE, NODE_LOCK = "package.json", "package-lock.json"
#: The npm packages that are needed where contracts are not compiled: the local chain, and what its
#: bitcoin is bought on.
NEEDED = "@foundry-rs/anvil"
PACKAGES = (NEEDED, "@uniswap/v3-core")


@lru_cache(maxsize=1)
def contracts() -> dict[str, Any]:
    """The packed manifest: `types` (see toolchain.artifacts), `compiler`, `build_hash`."""
    try:
        packed: dict[str, Any] = json.loads((FOLDER / CONTRACTS).read_text("utf-8"))
    except OSError as error:
        raise ToolchainError(f"this installation lacks its contracts: {error}") from error
    return packed


def node_modules(node: Path, say: Callable[[str], None]) -> Path:
    """npm's packages as the packed lock file has them, installed when they are first needed."""
    lock = (FOLDER / NODE_LOCK).read_bytes()
    version = json.loads(lock)["packages"][f"node_modules/{NEEDED}"]["version"]
    tools = state_folder() / "tools"
    target = tools / f"anvil-{version}-{hashlib.sha256(lock).hexdigest()[:12]}"
    if not target.is_dir():
        tools.mkdir(parents=True, exist_ok=True)
        with (tools / "lock").open("w") as guard:
            fcntl.flock(guard, fcntl.LOCK_EX)
            if not target.is_dir():  # another process may have been quicker
                say(f"installing anvil {version} with npm into {target}, once ...")
                _install(node, target)
    return target / "node_modules"


def _install(node: Path, target: Path) -> None:
    """`npm ci` beside the target, which takes its place when it is whole."""
    draft = target.with_name(f"{target.name}.new")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir()
    for name in (NODE_PACKAGE, NODE_LOCK):
        shutil.copyfile(FOLDER / name, draft / name)
    env = {
        "NODE_USE_SYSTEM_CA": "1",
        "npm_config_cache": str(draft / "cache"),
        "npm_config_fetch_retry_mintimeout": "1000",  # milliseconds; somebody is waiting
        **os.environ,
    }
    if "SSL_CERT_FILE" in env:
        env.setdefault("NODE_EXTRA_CA_CERTS", env["SSL_CERT_FILE"])
    npm = node.parent.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    quiet = ("--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error")
    command = [str(node), str(npm), "ci", "--ignore-scripts", *quiet]
    done = subprocess.run(command, cwd=draft, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        shutil.rmtree(draft, ignore_errors=True)
        said = "\n".join((done.stderr or done.stdout).strip().splitlines()[:4])
        raise ToolchainError(f"npm could not install anvil; is its registry within reach?\n{said}")
    shutil.rmtree(draft / "cache", ignore_errors=True)
    draft.rename(target)
