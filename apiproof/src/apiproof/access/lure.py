"""The lure: a URL on this machine that forged tokens name as the place of their key.

It serves the stranger's key set and certificate and remembers who came: a service that fetches
what a token tells it to can be made to trust any key, and to call any address (CWE-918).
"""

import contextlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from apiproof.jwt import STRANGER, jwk_of, stranger_certificate, stranger_key


class Lure:
    """What was fetched, and where it is."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.visits: list[str] = []


@contextlib.contextmanager
def laid() -> Iterator[Lure]:
    """Serve the stranger's keys on a free loopback port until the block ends."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    lure = Lure(f"http://127.0.0.1:{server.server_port}")
    server.RequestHandlerClass = _handler(lure)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield lure
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _handler(lure: Lure) -> type[BaseHTTPRequestHandler]:
    jwks = json.dumps({"keys": [jwk_of(stranger_key(), kid=STRANGER)]}).encode()

    class Handler(BaseHTTPRequestHandler):
        """Serves the stranger's keys."""

        def do_GET(self) -> None:
            lure.visits.append(self.path)
            body = stranger_certificate() if self.path.endswith(".pem") else jwks
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:  # nobody reads it
            pass

    return Handler
