"""Commands at nodes that answer nonsense, or only some of what is asked: a sentence, and an exit
code, whatever it is. And what they say of a node names no key."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.cli import Command
from tests.support.stage import GENESIS, Stage
from wellhead.actions.errors import SetupError
from wellhead.chain import Anvil, Rpc
from wellhead.chain.rpc import shown
from wellhead.cli.session import Session, Settings

COMMANDS = (
    ("status",),
    ("doctor",),
    ("cluster", "list"),
    ("quote", "--cluster", 1, "--units", 1, "--hours", 1),
    ("lease", "--cluster", 1, "--units", 1, "--hours", 1, "--yes"),
    ("holders", "--cluster", 1),
    ("audit",),
    ("relay", "run", "--once", "--yes", "--reporter", "http://127.0.0.1:1"),
)
#: What stands in the place of an answer.
NONSENSE: dict[str, dict[str, Any]] = {
    "no result": {"message": "missing api key"},
    "text error": {"error": "unauthorized"},
    "nothing": {"result": None},
    "word": {"result": "zz"},
    "no digits": {"result": "0x"},
    "number": {"result": 1},
    "list": {"result": [{}]},
    "zeros": {"result": "0x" + "00" * 640},
}
Change = Callable[[dict[str, Any], dict[str, Any]], dict[str, Any]]
KEY = "SECRET"


@contextmanager
def changed(monkeypatch: pytest.MonkeyPatch, change: Change) -> Iterator[None]:
    """Every answer is what this makes of a request and the node's own answer."""
    post = Rpc._post

    def posting(rpc: Rpc, body: Any) -> Any:
        answer = post(rpc, body)
        if isinstance(body, dict):
            return change(body, answer)
        by_id = {one["id"]: one for one in answer}
        return [change(one, by_id[one["id"]]) for one in body]

    with monkeypatch.context() as patched:
        patched.setattr(Rpc, "_post", posting)
        yield


@pytest.mark.parametrize("kind", NONSENSE)
@pytest.mark.parametrize("method", [None, "eth_call", "eth_getLogs", "eth_getCode"])
def test_nonsense_is_said_to_be(
    stage: Stage, wellhead: Command, monkeypatch: pytest.MonkeyPatch, kind: str, method: str | None
) -> None:
    stage.cluster(64)

    def change(asked: dict[str, Any], answer: dict[str, Any]) -> dict[str, Any]:
        if method not in (None, asked["method"]):
            return answer
        return {"id": asked["id"], **NONSENSE[kind]}

    with changed(monkeypatch, change):
        # An exception that is no sentence comes through.
        ends = [wellhead(*words) for words in COMMANDS]
    assert method is not None or all(ended.code for ended in ends)


def test_a_null_error_beside_a_result_is_none(
    stage: Stage, wellhead: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.cluster(64)
    with changed(monkeypatch, lambda _, answer: {"error": None, **answer}):
        assert wellhead("cluster", "list").code == 0


def test_what_failed_on_chain_has_a_hash_where_nobody_may_trace(
    stage: Stage, wellhead: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The estimate is too low, and the node knows no debug_traceTransaction."""
    stage.cluster(64)
    unknown = {"code": -32601, "message": "the method does not exist"}

    def change(asked: dict[str, Any], answer: dict[str, Any]) -> dict[str, Any]:
        if asked["method"] == "debug_traceTransaction":
            return {"id": asked["id"], "error": unknown}
        few = asked["method"] == "eth_estimateGas"
        return {**answer, "result": hex(40_000)} if few else answer

    with changed(monkeypatch, change):
        said = wellhead.refused(1, *COMMANDS[4])
    (transaction,) = stage.anvil.rpc("eth_getBlockByNumber", "latest", False)["transactions"]
    assert said == (
        f"A contract refused: transaction {transaction} is mined and failed, and the node does not "
        "say why"
    )


def test_the_key_in_a_nodes_address_is_not_shown(tmp_path: Path) -> None:
    with Anvil(GENESIS) as anvil:
        url = anvil.rpc.url.replace("//", f"//somebody:{KEY}@")
        wellhead = Command(tmp_path, url)
        asked = ("quote", "--cluster", 1, "--units", 1, "--hours", 1)
        other = wellhead("quote", *asked[1:], "--network", "sepolia", "--rpc", url)
        assert f"sepolia is chain 11155111, but {shown(url)} is chain 31337" in " ".join(
            other.stderr.split()
        )
        ends = [
            other,
            wellhead(*asked, "--verbose"),
            wellhead("deploy", "--dry-run"),
            wellhead("deploy", answer="n\n"),
            wellhead("deploy", "--yes"),
        ]
    with Anvil(GENESIS, chain_id=5) as anvil:
        named = ("--network", anvil.rpc.url.replace("//", f"//somebody:{KEY}@"))
        ends.append(Command(tmp_path)("quote", *asked[1:], *named, "--verbose"))
        with pytest.raises(SetupError, match="is of chain 5 and no local one") as caught:
            assert Session(Settings(rpc_url=named[1], called_local=True)).rpc
        assert KEY not in str(caught.value)
    assert [ended.code for ended in ends] == [4, 4, 0, 2, 0, 4]
    for ended in ends:
        assert "http://127.0.0.1" in ended.stdout + ended.stderr
        assert KEY not in ended.stdout + ended.stderr
