"""The keeper of a local chain: a small process beside the node that saves what changed.

anvil's own --state-interval writes everything again at every interval, changed or not, and in
place: whoever kills it in the middle of that is left with half a file. The states of old blocks are
most of it and can not be bounded. So the keeper asks for the state instead, and puts each save in
the place of the last one, whole. Saves without the states of old blocks take a moment and are made
at once; those with them are made as often as they are cheap.

It ends with the node. It needs nothing but Python's own library.
"""

from __future__ import annotations

import json
import os
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

#: Seconds between two looks at the chain: as much is lost at most when the node is killed.
INTERVAL = 1.0
#: Saving with all old states may take one part in so many of the time; no save waits longer than
#: so many seconds for it.
SHARE, LONGEST = 5, 30.0
#: A block may come while the state is read; so often is it read anew.
ATTEMPTS = 5

#: Looks in a row at which the node does not answer.
PATIENCE = 20

#: What is known of the node.
NODE = "node.json"
#: Everything but the states of old blocks; and everything.
HEAD, WHOLE = "chain.json.gz", "history.json.gz"

_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def ask(url: str, method: str, *params: Any) -> Any:
    """A JSON-RPC call; OSError or ValueError when there is no answer."""
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()
    request = urllib.request.Request(url, body, {"content-type": "application/json"})  # noqa: S310
    with _OPENER.open(request, timeout=60) as response:
        answer = json.load(response)
    if "result" not in answer:
        raise ValueError(f"{method}: {answer.get('error')}")
    return answer["result"]


def head_of(url: str) -> str:
    """Hash of the latest block."""
    return str(ask(url, "eth_getBlockByNumber", "latest", False)["hash"])


def save(url: str, folder: Path, *, whole: bool) -> str:
    """Save the node's state, with the states of old blocks if `whole`; the head that was saved."""
    for _ in range(ATTEMPTS):
        head = head_of(url)
        state = bytes.fromhex(ask(url, "anvil_dumpState", whole)[2:])
        if head_of(url) == head:
            break
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / (WHOLE if whole else HEAD)
    draft = path.with_suffix(f".{os.getpid()}")
    with draft.open("wb") as output:
        output.write(state)
        output.flush()
        os.fsync(output.fileno())
    draft.replace(path)
    return head


def keep(url: str, folder: Path, pid: int) -> None:
    """Save whatever changed until process `pid`, the node, has ended or is no more the one."""
    saved = saved_whole = ""
    cost, since, failures = 0.0, 0.0, 0
    while failures < PATIENCE and _is_there(pid) and _is_the_one(folder, pid):
        try:
            head, began = head_of(url), time.monotonic()
            if head != saved_whole and began - since >= min(SHARE * cost, LONGEST):
                saved = saved_whole = save(url, folder, whole=True)
                since = time.monotonic()
                cost = since - began
            elif head != saved:
                saved = save(url, folder, whole=False)
            failures = 0
        except (OSError, ValueError) as error:  # a full disk passes, a node that is gone stays so
            failures += isinstance(error, urllib.error.URLError)
            print(f"not saved: {error}", file=sys.stderr, flush=True)
        time.sleep(INTERVAL)


def _is_there(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def _is_the_one(folder: Path, pid: int) -> bool:
    """Whether the node is still that of this folder: another may have followed."""
    try:
        return bool(json.loads((folder / NODE).read_text("utf-8"))["pid"] == pid)
    except (OSError, ValueError, KeyError):
        return False


if __name__ == "__main__":
    keep(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
