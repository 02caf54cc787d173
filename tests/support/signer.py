"""A signer of the tests': a small JSON-RPC server that holds a key, as clef and web3signer do."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

from wellhead.chain import KeyAccount, Rpc

NOT_FOUND = {"code": -32601, "message": "method not found"}


class SignerServer:
    """`methods` are those it knows; `spoil` changes what it is asked to sign."""

    def __init__(self, account: KeyAccount, methods: set[str], node: Rpc) -> None:
        self.account = account
        self.methods = methods
        self.node = node
        self.spoil: dict[str, Any] = {}
        self.url = ""

    def answer(self, method: str, params: list[Any]) -> Any:
        if method not in self.methods:
            return None
        if method in ("eth_accounts", "account_list"):
            return [self.account.address]
        raw = "0x" + self._sign({**params[0], **self.spoil}).hex()
        if method == "eth_sendTransaction":
            return self.node("eth_sendRawTransaction", raw)
        return raw if method == "eth_signTransaction" else {"raw": raw, "tx": {}}

    def _sign(self, asked: dict[str, Any]) -> bytes:
        numbers = ("chainId", "nonce", "maxPriorityFeePerGas", "maxFeePerGas", "value", "gas")
        body = {name: int(asked[name], 16) for name in numbers} | {"data": asked["data"]}
        if "to" in asked:
            body["to"] = asked["to"]
        return self.account.sign_transaction(body)


@contextmanager
def serving(account: KeyAccount, methods: set[str], node: Rpc) -> Iterator[SignerServer]:
    signer = SignerServer(account, methods, node)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            found = signer.answer(asked["method"], asked["params"])
            said = {"error": NOT_FOUND} if found is None else {"result": found}
            body = json.dumps({"jsonrpc": "2.0", "id": asked["id"], **said}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            return

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        signer.url = f"http://127.0.0.1:{server.server_port}"
        yield signer
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
