"""The local chain of `wellhead up`: an anvil that outlives the command, and its keeper."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from wellhead import places, toolchain
from wellhead.actions import keeper, people, saved
from wellhead.actions.errors import SetupError
from wellhead.chain.anvil import LOCAL_CHAIN_ID, anvil_command
from wellhead.chain.locality import LOCAL_CHAIN_IDS
from wellhead.chain.rpc import NodeUnreachable, Rpc

DEFAULT_PORT = 8545
STATE_VARIABLE = "WELLHEAD_STATE"
KEEPER = "wellhead.actions.keeper"
#: Seconds by which the latest block may lag behind the chain's time before commands mine another.
STALE = 12


@dataclass(frozen=True)
class Node:
    """A node that `up` started, and the keeper that saves its state."""

    pid: int
    port: int
    log: str
    keeper: int | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


def state_folder() -> Path:
    """Where local state lives: $WELLHEAD_STATE, else where everything is kept."""
    given = os.environ.get(STATE_VARIABLE)
    return Path(given).absolute() if given else places.state_folder()


def local_folder() -> Path:
    """Where the local chain is kept."""
    return state_folder() / "local"


def deployment_file(chain_id: int) -> Path:
    """Where a chain's deployment is remembered. A live chain's is kept with the project, unless
    $WELLHEAD_STATE says where: local state is there to be thrown away."""
    live = chain_id not in LOCAL_CHAIN_IDS and STATE_VARIABLE not in os.environ
    folder = (places.checkout() if live else None) or state_folder()
    return folder / "deployments" / f"{chain_id}.json"


def running() -> Node | None:
    """The node that `up` started, if it still runs."""
    try:
        node = Node(**json.loads(_node_file().read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        return None
    return node if is_alive(node.pid, "anvil", f"--port {node.port} ") else None


def is_kept(node: Node) -> bool:
    """Whether the node's keeper runs."""
    return node.keeper is not None and is_alive(node.keeper, KEEPER, f"{node.url} ")


def remembers() -> bool:
    """Whether an earlier chain can go on: its state and its deployment are there."""
    return saved.exists(local_folder()) and deployment_file(LOCAL_CHAIN_ID).exists()


def start(port: int, now: int) -> tuple[Node, Rpc]:
    """Start a node that goes on when this process ends: the chain that was kept, else a new one.

    Its time is `now`, or goes on from its last block where that lies ahead: else anvil would put
    the next block before its parent.
    """
    folder = local_folder()
    folder.mkdir(parents=True, exist_ok=True)
    if not _comes_free(port):
        raise SetupError(f"something else already listens on port {port}: choose another --port")
    earlier = saved.prepare(folder) if remembers() else None
    if earlier is None:
        saved.forget(folder)
    began = now if earlier is None else max(now, earlier.time + 1)
    # Blocks come with transactions. No --state: see the keeper.
    command = anvil_command(toolchain.anvil(), port, began, LOCAL_CHAIN_ID, people.ACCOUNTS)
    command += ["--preserve-historical-states", "--cache-path", str(folder / "cache")]
    if earlier is not None:
        command += ["--load-state", str(earlier.file)]
    log = folder / "anvil.log"
    process = _detached(command, log)
    node = Node(process.pid, port, str(log))
    try:
        rpc = _wait_for(node, process, log)
        if earlier is None:
            rpc("evm_mine")  # calls on the genesis block itself see no time
    except BaseException:
        _end(node.pid, "anvil", f"--port {port} ")
        raise
    finally:
        if earlier is not None:
            earlier.file.unlink(missing_ok=True)
    _write(_node_file(), json.dumps(asdict(node)))
    return node, rpc


def watch(node: Node) -> Node:
    """Save the node's state now, and see to it that a keeper goes on with that."""
    folder = local_folder()
    keeper.save(node.url, folder, whole=True)
    if is_kept(node):
        return node
    # Only Python's own library is needed, and nothing of the caller's environment.
    command = [sys.executable, "-P", "-m", KEEPER, node.url, str(folder), str(node.pid)]
    process = _detached(command, folder / "keeper.log")
    node = replace(node, keeper=process.pid)
    _write(_node_file(), json.dumps(asdict(node)))
    return node


def stop(*, forget: bool = False) -> Node | None:
    """Stop the node of `up`, its chain saved, or forgotten. None when none runs."""
    node = running()
    if node is not None:
        if node.keeper is not None:
            _end(node.keeper, KEEPER, f"{node.url} ")
        if not forget and deployment_file(LOCAL_CHAIN_ID).exists():
            with suppress(OSError, ValueError):  # then what the keeper saved last must do
                keeper.save(node.url, local_folder(), whole=True)
        _end(node.pid, "anvil", f"--port {node.port} ")
        _comes_free(node.port)
    _node_file().unlink(missing_ok=True)
    if forget:
        saved.forget(local_folder())
        deployment_file(LOCAL_CHAIN_ID).unlink(missing_ok=True)
    return node


@contextmanager
def exclusive() -> Iterator[None]:
    """One `up` or `down` at a time."""
    with _locked(local_folder() / "lock"):
        yield


@contextmanager
def turn(chain_id: int, account: str) -> Iterator[None]:
    """One sender at a time from an account: allowances and nonces are counted on."""
    with _locked(state_folder() / "locks" / f"{chain_id}-{account.lower()}"):
        yield


def skip_time(rpc: Rpc, seconds: int) -> int:
    """Let a local chain's time jump ahead; the new time."""
    if rpc.integer("eth_chainId") != LOCAL_CHAIN_ID:
        raise SetupError("only a local chain's time can be moved")
    freshen(rpc)
    rpc("evm_setNextBlockTimestamp", rpc.now() + seconds)
    rpc("evm_mine")
    return rpc.now()


def freshen(rpc: Rpc) -> None:
    """Mine a block if the latest is old: contracts see the time of the latest block."""
    coming = rpc("eth_getBlockByNumber", "pending", False)
    if int(coming["timestamp"], 16) > rpc.now() + STALE:
        rpc("evm_mine")


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _node_file() -> Path:
    return local_folder() / keeper.NODE


def _wait_for(node: Node, process: subprocess.Popen[bytes], log: Path) -> Rpc:
    """The node's connection, when it answers."""
    rpc = Rpc(node.url)
    for _ in range(1500):
        try:
            rpc("eth_chainId")
        except NodeUnreachable:
            if process.poll() is not None:
                break
            time.sleep(0.02)
            continue
        if process.poll() is None:
            return rpc
        break  # somebody else took the port meanwhile, and answers
    said = log.read_text("utf-8", "replace").strip().splitlines()
    raise SetupError(f"anvil did not start: {said[-1] if said else 'it said nothing'}")


def _detached(command: list[str], log: Path) -> subprocess.Popen[bytes]:
    """A process that goes on when this one ends."""
    with log.open("wb") as output:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            cwd=log.parent,
        )


def is_taken(port: int) -> bool:
    """Whether a program listens on a port of this machine."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False


def _comes_free(port: int) -> bool:
    """A process that ends takes a moment to let its port go."""
    for _ in range(25):
        if not is_taken(port):
            return True
        time.sleep(0.02)
    return False


def is_alive(pid: int, *words: str) -> bool:
    """Whether the process is there and its command has these words: process ids are used again."""
    command = _command_of(pid)
    return all(word in command for word in words)


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


def _end(pid: int, *words: str) -> None:
    """End one of our processes, if it is there."""
    for sign in (signal.SIGTERM, signal.SIGKILL):
        if not is_alive(pid, *words):
            return
        try:
            os.kill(pid, sign)
        except ProcessLookupError:
            return
        for _ in range(250):
            _reap(pid)
            if not is_alive(pid, *words):
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
