"""Where keys may come from: the place of the settings, and by TLS a server that shows who it is.

Whoever could put a key set in its place could sign tokens for everybody.
"""

import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from apiproof.environment import Environment
from apiproof.http.client import AsgiClient
from apiproof.http.server import run_server
from tests.contract.keyserver import KeyServer, service, start_and_stop, with_keys
from tests.contract.test_keys import me
from tests.service import application


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_key_source_that_sends_us_elsewhere_is_not_followed(
    env: Environment, key_server: KeyServer, key_url: str, status: int
) -> None:
    token = env.new_account().access_token

    async def elsewhere(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await start_and_stop(receive, send)
            return
        headers = [(b"location", f"{key_url}/jwks.json".encode())]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b""})

    with run_server(elsewhere) as url, service(env, url) as client:
        assert me(client, token) == 503
    assert key_server.asked == 0
    with service(env, key_url) as client:
        assert me(client, token) == 200


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A server's certificate, with its key, that nobody but itself has signed."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "keys")])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    plain = serialization.NoEncryption()
    pkcs8 = serialization.PrivateFormat.PKCS8
    written = key.private_bytes(serialization.Encoding.PEM, pkcs8, plain)
    path.write_bytes(written + signed.public_bytes(serialization.Encoding.PEM))
    return path


@contextmanager
def by_tls(env: Environment, certificate: Path) -> Iterator[str]:
    """Serve the pool's keys by TLS; yields the URL."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps(env.cognito.keys.jwks()).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        # Who does not like the certificate hangs up.
        server.handle_error = lambda *_: None  # type: ignore[method-assign]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"https://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize("is_trusted", [False, True], ids=["a stranger", "the control"])
def test_keys_are_taken_by_tls_from_a_server_that_is_trusted_alone(
    env: Environment, certificate: Path, monkeypatch: pytest.MonkeyPatch, *, is_trusted: bool
) -> None:
    token = env.new_account().access_token
    if is_trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with (
        by_tls(env, certificate) as url,
        AsgiClient(application(with_keys(env, url))) as client,
    ):
        assert me(client, token) == (200 if is_trusted else 503)
