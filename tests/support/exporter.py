"""An exporter for tests: a process that shows a file as its metrics page, as it is at the moment.

`python tests/support/exporter.py PORT FILE` is that process. `Exporter` starts and ends it.
"""

from __future__ import annotations

import subprocess
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


class Exporter:
    """The page that is shown is `page`; None while the process is down."""

    def __init__(self, port: int, file: Path) -> None:
        self.port, self._file = port, file
        self._process: subprocess.Popen[bytes] | None = None

    def show(self, page: str | None) -> None:
        """Show this from now on."""
        if page is None:
            self.close()
            return
        # Put there at once: a scrape sees the one page or the other.
        fresh = self._file.with_suffix(".new")
        fresh.write_text(page, "utf-8")
        fresh.replace(self._file)
        if self._process is None:
            command = [sys.executable, __file__, str(self.port), str(self._file)]
            self._process = subprocess.Popen(command, stderr=subprocess.DEVNULL)

    def close(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


def serve(port: int, file: Path) -> None:
    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = file.read_bytes()
            self.send_response(200)
            self.send_header("content-type", "text/plain; version=0.0.4")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    ThreadingHTTPServer(("127.0.0.1", port), Page).serve_forever()


if __name__ == "__main__":
    serve(int(sys.argv[1]), Path(sys.argv[2]))
