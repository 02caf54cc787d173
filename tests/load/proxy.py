"""The load's node without `eth_getProof`: it has no state roots, so that its proofs prove nothing,
and of an account with a million slots one takes it minutes."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx

#: Longer than anything that the node is asked should take.
PATIENCE = 600


@contextmanager
def without_proofs(url: str) -> Iterator[str]:
    """Another address of the node at `url`."""
    client = httpx.Client(timeout=PATIENCE, trust_env=False)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            asked = json.loads(body)
            listed = asked if isinstance(asked, list) else [asked]
            if any(one["method"] == "eth_getProof" for one in listed):
                refused = [_refusal(one["id"]) for one in listed]
                answer = json.dumps(refused if isinstance(asked, list) else refused[0]).encode()
            else:
                headers = {"Content-Type": "application/json"}
                answer = client.post(url, content=body, headers=headers).content
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        client.close()


def _refusal(number: Any) -> dict[str, Any]:
    error = {"code": -32601, "message": "the method eth_getProof does not exist"}
    return {"jsonrpc": "2.0", "id": number, "error": error}
