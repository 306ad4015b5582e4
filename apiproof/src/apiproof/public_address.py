"""The TLS server that stands where `public_hosts` sends connections: it passes them on unread.

Its certificates are made for the names that are asked for, by an authority that lives as long as
the environment and that nothing but its processes trusts.
"""

import asyncio
import contextlib
import datetime as dt
import functools
import ssl
import tempfile
import threading
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from apiproof import process_variables
from apiproof.aws_services import aws_services
from apiproof.cognito import Cognito
from apiproof.http.child import public_hosts

LIFETIME = dt.timedelta(days=30)
CHUNK = 65536  # bytes
ANY_HOST = "cognito-idp.us-east-1.amazonaws.com"  # whose certificate clients without SNI are shown


class _Authority:
    """A certificate authority for one run."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "apiproof, for one run")])
        usage = x509.KeyUsage(
            digital_signature=True, key_cert_sign=True, crl_sign=True, content_commitment=False,
            key_encipherment=False, data_encipherment=False, key_agreement=False,
            encipher_only=False, decipher_only=False,
        )  # fmt: skip
        self._certificate = (
            self._builder(self._name, self._key.public_key())
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(usage, critical=True)
            .add_extension(
                x509.SubjectKeyIdentifier.from_public_key(self._key.public_key()), critical=False
            )
            .sign(self._key, hashes.SHA256())
        )

    @property
    def pem(self) -> str:
        """The authority's certificate."""
        return self._certificate.public_bytes(serialization.Encoding.PEM).decode()

    def _builder(
        self, subject: x509.Name, key: ec.EllipticCurvePublicKey
    ) -> x509.CertificateBuilder:
        now = dt.datetime.now(dt.UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - dt.timedelta(days=1))
            .not_valid_after(now + LIFETIME)
        )

    @functools.cache  # noqa: B019  # it lives as long as the server
    def context(self, host: str) -> ssl.SSLContext:
        """Return the server's side of TLS for a host name."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "cognito")])
        certificate = (
            self._builder(name, key.public_key())
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()),
                critical=False,
            )
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        return _context(key, certificate)


def _context(key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate) -> ssl.SSLContext:
    text = certificate.public_bytes(serialization.Encoding.PEM) + key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.NamedTemporaryFile() as file:  # OpenSSL reads chains from files alone
        file.write(text)
        file.flush()
        context.load_cert_chain(file.name)
    return context


@contextlib.contextmanager
def public_address(cognito: Cognito) -> Iterator[None]:
    """Answer AWS's public addresses for this process and its children, for a block.

    Args:
        cognito: Who answers Cognito's, over HTTP; other services are moto's.
    """
    authority = _Authority()
    ours = urlsplit(cognito.jwks_url).port or 0
    with (
        aws_services() as others,
        _tls_server(
            authority, lambda host: ours if public_hosts.is_cognito(host) else others()
        ) as port,
    ):
        variables = public_hosts.variables(port, authority.pem)
        with (
            process_variables.changed(variables),
            public_hosts.redirected(port, authority.pem),
        ):
            yield


@contextlib.contextmanager
def _tls_server(authority: _Authority, port_for: Callable[[str], int]) -> Iterator[int]:
    loop = asyncio.new_event_loop()
    context = authority.context(ANY_HOST)
    hosts: WeakKeyDictionary[ssl.SSLObject, str] = WeakKeyDictionary()

    def by_name(connection: ssl.SSLObject, host: str | None, _: ssl.SSLContext) -> None:
        if host is not None and public_hosts.is_public(host):
            hosts[connection] = host
            connection.context = authority.context(host)

    async def pipes(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        host = hosts.get(writer.get_extra_info("ssl_object"), ANY_HOST)
        await _pass_on(reader, writer, target=await asyncio.to_thread(port_for, host))

    context.sni_callback = by_name
    server = loop.run_until_complete(asyncio.start_server(pipes, "127.0.0.1", 0, ssl=context))
    thread = threading.Thread(target=loop.run_forever, name="apiproof-tls", daemon=True)
    thread.start()
    try:
        yield int(server.sockets[0].getsockname()[1])
    finally:
        asyncio.run_coroutine_threadsafe(_stop(server), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _stop(server: asyncio.Server) -> None:
    server.close()
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)


async def _pass_on(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, target: int
) -> None:
    beyond_reader, beyond_writer = await asyncio.open_connection("127.0.0.1", target)
    try:
        await asyncio.gather(pipe(reader, beyond_writer), pipe(beyond_reader, writer))
    finally:
        writer.close()
        beyond_writer.close()


async def pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Pass on what arrives until the connection ends, however it ends."""
    with contextlib.suppress(OSError):  # that of TLS which is slow to end is a time-out
        while chunk := await reader.read(CHUNK):
            writer.write(chunk)
            await writer.drain()
    writer.close()
