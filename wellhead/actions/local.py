"""The local chain of `wellhead up`: an anvil that outlives the command, and what is known of it."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from wellhead import toolchain
from wellhead.actions import people
from wellhead.actions.errors import SetupError
from wellhead.chain.anvil import LOCAL_CHAIN_ID, anvil_command
from wellhead.chain.rpc import NodeUnreachable, Rpc

DEFAULT_PORT = 8545
STATE_VARIABLE = "WELLHEAD_STATE"
BLOCK_TIME = 2


@dataclass(frozen=True)
class Node:
    """A node that `up` started."""

    pid: int
    port: int
    log: str

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


def state_folder() -> Path:
    """Where local state lives: $WELLHEAD_STATE, else .wellhead in the project."""
    given = os.environ.get(STATE_VARIABLE)
    return Path(given) if given else toolchain.project_root() / toolchain.STATE


def deployment_file(chain_id: int) -> Path:
    """Where a chain's deployment is remembered."""
    return state_folder() / "deployments" / f"{chain_id}.json"


def running() -> Node | None:
    """The node that `up` started, if it still runs."""
    try:
        node = Node(**json.loads(_node_file().read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        return None
    return node if _is_alive(node) else None


def start(port: int, began: int) -> tuple[Node, Rpc]:
    """Start a node that goes on when this process ends; its clock starts at `began`."""
    folder = _node_file().parent
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "anvil.log"
    command = anvil_command(toolchain.anvil(), port, began, LOCAL_CHAIN_ID, people.ACCOUNTS)
    # A block every other second, so that the chain's time passes, and at once for a transaction.
    command += ["--block-time", str(BLOCK_TIME), "--mixed-mining", "--prune-history"]
    rpc = Rpc(f"http://127.0.0.1:{port}")
    if _is_taken(port):
        raise SetupError(f"something else already listens on port {port}: choose another --port")
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    node = Node(process.pid, port, str(log))
    for _ in range(500):
        if process.poll() is not None:
            break
        if _answers(rpc):
            rpc("evm_mine")  # calls on the genesis block itself see no time
            _write(_node_file(), json.dumps(asdict(node)))
            return node, rpc
        time.sleep(0.02)
    said = log.read_text("utf-8", "replace").strip().splitlines()
    _end(node)
    raise SetupError(f"anvil did not start: {said[-1] if said else 'it said nothing'}")


def stop() -> Node | None:
    """Stop the node of `up` and forget its chain. None when none runs."""
    node = running()
    if node is not None:
        _end(node)
    _node_file().unlink(missing_ok=True)
    deployment_file(LOCAL_CHAIN_ID).unlink(missing_ok=True)
    return node


@contextmanager
def exclusive() -> Iterator[None]:
    """One `up` or `down` at a time."""
    folder = _node_file().parent
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def skip_time(rpc: Rpc, seconds: int) -> int:
    """Let a local chain's time jump ahead; the new time."""
    if rpc.integer("eth_chainId") != LOCAL_CHAIN_ID:
        raise SetupError("only a local chain's time can be moved")
    rpc("evm_setNextBlockTimestamp", rpc.now() + seconds)
    rpc("evm_mine")
    return rpc.now()


def _node_file() -> Path:
    return state_folder() / "local" / "node.json"


def _answers(rpc: Rpc) -> bool:
    try:
        rpc("eth_chainId")
    except NodeUnreachable:
        return False
    return True


def _is_taken(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False


def _is_alive(node: Node) -> bool:
    """Whether the process is there and is that anvil: process ids are used again."""
    command = _command_of(node.pid)
    return "anvil" in command and f"--port {node.port} " in command


def _command_of(pid: int) -> str:
    proc = Path("/proc")
    if (proc / "self" / "cmdline").exists():
        try:
            raw = (proc / str(pid) / "cmdline").read_bytes()
        except OSError:
            return ""
        return raw.replace(b"\0", b" ").decode("utf-8", "replace")
    done = subprocess.run(
        ["ps", "-p", str(pid), "-o", "command="], capture_output=True, text=True, check=False
    )
    return done.stdout


def _end(node: Node) -> None:
    for sign in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.kill(node.pid, sign)
        except ProcessLookupError:
            return
        for _ in range(250):
            _reap(node.pid)
            if not _is_alive(node):
                return
            time.sleep(0.02)


def _reap(pid: int) -> None:
    """Take leave of a child, if it is this process' own."""
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return


def _write(path: Path, text: str) -> None:
    draft = path.with_suffix(".tmp")
    draft.write_text(text + "\n", "utf-8")
    draft.replace(path)
