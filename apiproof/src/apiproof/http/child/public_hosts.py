"""The public addresses of Cognito and of AWS's other APIs, answered on this machine.

Applications write `https://cognito-idp.REGION.amazonaws.com/POOL/.well-known/jwks.json` into their
code, and call S3 or DynamoDB with boto3. While `redirected` is in force, connections of this
process to such hosts end at a TLS server on the loopback interface instead, whose certificate this
process, and no other, trusts for them.
Every library that resolves names with `socket` and speaks TLS with `ssl` is covered: requests,
urllib3, botocore, urllib, httpx, aiohttp. Every Python process that this one starts gets the same
through `variables`: `start/sitecustomize.py` is what it begins with.

Only the standard library is used: a child that has nothing else installed runs this file, too.
"""

import asyncio
import contextlib
import json
import os
import re
import socket
import ssl
from collections.abc import Iterator
from typing import Any

VARIABLE = "APIPROOF_PUBLIC_HOSTS"
PATH_VARIABLE = "PYTHONPATH"
START = os.path.join(os.path.dirname(os.path.abspath(__file__)), "start")  # noqa: PTH100, PTH118, PTH120
HOST = "127.0.0.1"
_HTTPS = 443
_COGNITO = re.compile(
    r"(cognito-idp(-fips)?\.[a-z0-9-]+\.(amazonaws\.com|api\.aws)"
    r"|[a-z0-9-]+\.auth(-fips)?\.[a-z0-9-]+\.amazoncognito\.com)\.?",
    re.IGNORECASE,
)


_AWS = re.compile(r"[a-z0-9._-]+\.(amazonaws\.com|api\.aws)\.?", re.IGNORECASE)
# Machines and APIs of a customer's own, rather than AWS's.
_CUSTOMERS = re.compile(
    r"\.(rds|cache|redshift|docdb|neptune|compute|compute-1|elb|execute-api|es|aoss|iot|mq)\."
    r"|\.elb\.|^ec2-",
    re.IGNORECASE,
)


def is_cognito(host: Any) -> bool:
    """Tell whether a host name is one of Cognito's."""
    return _COGNITO.fullmatch(_text(host)) is not None


def is_public(host: Any) -> bool:
    """Tell whether a host name is one of Cognito's, or of another API of AWS."""
    name = _text(host)
    is_aws = _AWS.fullmatch(name) is not None and _CUSTOMERS.search(name) is None
    return is_aws or is_cognito(name)


def _text(host: Any) -> str:
    name = host.decode("ascii", "replace") if isinstance(host, bytes) else host
    return name if isinstance(name, str) else ""


@contextlib.contextmanager
def redirected(port: int, certificate: str) -> Iterator[None]:
    """Send this process's connections to Cognito's hosts elsewhere, for a block.

    Args:
        port: Where a TLS server listens on 127.0.0.1.
        certificate: The authority that signed its certificate, as PEM.
    """
    originals: tuple[tuple[Any, str, Any], ...] = (
        (socket, "getaddrinfo", socket.getaddrinfo),
        (asyncio.BaseEventLoop, "create_connection", asyncio.BaseEventLoop.create_connection),
        (ssl.SSLContext, "wrap_socket", ssl.SSLContext.wrap_socket),
        (ssl.SSLContext, "wrap_bio", ssl.SSLContext.wrap_bio),
    )
    resolve, connect, wrap_socket, wrap_bio = (original for _, _, original in originals)

    def getaddrinfo(host: Any, service: Any, *args: Any, **options: Any) -> Any:
        if is_public(host):
            host, service = HOST, port
        return resolve(host, service, *args, **options)

    async def create_connection(
        self: Any, protocol: Any, host: Any = None, service: Any = None, **options: Any
    ) -> Any:
        # anyio resolves by itself and keeps the port that was asked for.
        if is_public(host) or (host == HOST and service == _HTTPS):
            host, service = HOST, port
        return await connect(self, protocol, host, service, **options)

    def trusting(wrap: Any) -> Any:
        def wrapped(self: Any, *args: Any, **options: Any) -> Any:
            if is_public(options.get("server_hostname")):
                self.load_verify_locations(cadata=certificate)
            return wrap(self, *args, **options)

        return wrapped

    replacements = (getaddrinfo, create_connection, trusting(wrap_socket), trusting(wrap_bio))
    for (owner, name, _), replacement in zip(originals, replacements, strict=True):
        setattr(owner, name, replacement)
    try:
        yield
    finally:
        for owner, name, original in originals:
            setattr(owner, name, original)


def variables(port: int, certificate: str) -> dict[str, str]:
    """Return what a child process needs in its environment to redirect likewise."""
    ours = {VARIABLE: json.dumps({"port": port, "certificate": certificate})}
    return beginning_here({**ours, PATH_VARIABLE: os.environ.get(PATH_VARIABLE, "")})


def beginning_here(changes: dict[str, str]) -> dict[str, str]:
    """Return changes of environment variables after which Python still begins with `START`.

    Args:
        changes: By name; a project's own PYTHONPATH comes after ours.
    """
    if PATH_VARIABLE not in changes:
        return changes
    own = [each for each in changes[PATH_VARIABLE].split(os.pathsep) if each not in {START, ""}]
    return {**changes, PATH_VARIABLE: os.pathsep.join([START, *own])}


_for_good = contextlib.ExitStack()  # never closed


def redirect_for_good() -> None:
    """Redirect this process as its environment says, until it ends; `sitecustomize` asks for it."""
    if settings := os.environ.get(VARIABLE):
        _for_good.enter_context(redirected(**json.loads(settings)))
