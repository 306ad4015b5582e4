"""A JWKS server on this machine that forged tokens name as the place of their key.

It serves the untrusted key set and certificate and records who came: a service that fetches what a
token names can be made to trust any key, and to call any address (CWE-918).
"""

import contextlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from apiproof.jwt import UNTRUSTED, jwk_of, untrusted_certificate, untrusted_key


class JwksTrap:
    """What was fetched, and where it is."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.requests_seen: list[str] = []


@contextlib.contextmanager
def serve_jwks_trap() -> Iterator[JwksTrap]:
    """Serve the untrusted's keys on a free loopback port until the block ends."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    trap_url = JwksTrap(f"http://127.0.0.1:{server.server_port}")
    server.RequestHandlerClass = _handler(trap_url)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield trap_url
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _handler(trap_url: JwksTrap) -> type[BaseHTTPRequestHandler]:
    jwks = json.dumps({"keys": [jwk_of(untrusted_key(), kid=UNTRUSTED)]}).encode()

    class Handler(BaseHTTPRequestHandler):
        """Serves the untrusted's keys."""

        def do_GET(self) -> None:
            trap_url.requests_seen.append(self.path)
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            body = untrusted_certificate() if self.path.endswith(".pem") else jwks
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        # A webhook is called with a POST, a link may be looked at with a HEAD.
        do_HEAD = do_POST = do_PUT = do_GET  # noqa: N815  # the base class's names

        def log_message(self, *_: object) -> None:  # nobody reads it
            pass

    return Handler
