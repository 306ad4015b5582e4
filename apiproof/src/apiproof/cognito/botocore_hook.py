"""boto3 clients, and how the emulator answers those of its own process: calls never leave it.

botocore asks `before-send` handlers for an answer before it opens a connection; ours answers every
call to an AWS endpoint of Cognito while an emulator is active. Signing, parsing and retries stay
botocore's.
"""

import base64
import binascii
import json
import os
import re
from io import BytesIO
from threading import RLock
from typing import Any

import boto3
import botocore.session
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.client import BaseClient
from botocore.config import Config
from botocore.exceptions import ConnectionClosedError, ReadTimeoutError
from botocore.handlers import BUILTIN_HANDLERS
from botocore.hooks import EVENT_ALIASES, EventAliaser
from botocore.loaders import Loader, create_loader
from moto.core.config import default_user_config

from apiproof import process_variables
from apiproof.cognito.backend import Backend
from apiproof.cognito.operations import Operations
from apiproof.cognito.operations.base import request_of
from apiproof.cognito.outages import AnswerLost, AnswerTimedOut

EVENT = "before-send.cognito-identity-provider"
_MOTO_NAME = "cognitoidp"  # what moto calls the service
_ANSWERED = "X-Apiproof-Answered"
_ROUTE = "X-Apiproof-Emulator"
_ENDPOINT = re.compile(
    r"https?://cognito-idp(-fips)?\.(?P<region>[a-z0-9-]+)\.(amazonaws\.com|api\.aws)"
)
_CREDENTIALS = {"AWS_ACCESS_KEY_ID": "apiproof", "AWS_SECRET_ACCESS_KEY": "apiproof"}

_lock = RLock()
_read: dict[str | None, dict[Any, Any]] = {}  # what sessions have read of AWS's models, by folders
_names: dict[str, str] = {}  # of botocore's events, as they are called now
_active: list[Backend] = []
_elsewhere: dict[str, Backend] = {}  # by region, while an emulator is active in another one
_borrowed: list[dict[str, str]] = []  # environment variables


class _Body(BytesIO):
    """What botocore reads an answer from."""

    def stream(self, **_: Any) -> Any:
        yield self.read()


def answer(request: AWSPreparedRequest, **_: Any) -> AWSResponse | None:
    """Answer a call to AWS; None lets botocore send it elsewhere."""
    endpoint = _ENDPOINT.match(request.url)
    if not _active or endpoint is None or _ANSWERED in request.headers:
        return None
    # botocore calls every handler, and a client may have this one twice: see `attach`.
    request.headers[_ANSWERED] = "yes"
    body = request.body if isinstance(request.body, bytes | str) else b"{}"
    call = request_of(request.url, request.headers, body)
    try:
        backend = _routed_to(request.headers.get(_ROUTE)) or _route(endpoint["region"], body)
        status, headers, text = Operations(backend).answer(call)
    except AnswerTimedOut as error:
        raise ReadTimeoutError(endpoint_url=request.url) from error
    except AnswerLost as error:
        raise ConnectionClosedError(endpoint_url=request.url) from error
    # botocore only reads the headers; a dict will do.
    return AWSResponse(request.url, status, headers, _Body(text.encode()))  # type: ignore[arg-type]


def _routed_to(name: str | None) -> Backend | None:
    return next((backend for backend in tuple(_active) if backend.context.name == name), None)


def _empty(region: str) -> Backend:
    """A Cognito that begins without pools: what AWS is to a caller who mistakes the region."""
    with _lock:
        if region not in _elsewhere:
            _elsewhere[region] = Backend(region, hourly_limits=False)
        return _elsewhere[region]


def _route(region: str, body: bytes | str) -> Backend:
    """Find the emulator a call is for: by pool, client or token, else the one started last."""
    backends = [backend for backend in tuple(_active) if backend.context.region == region]
    if not backends:
        return _empty(region)
    if len(backends) > 1:
        parameters = json.loads(body)
        client_id = parameters.get("ClientId") or _client_of(parameters.get("AccessToken"))
        pool_id = parameters.get("UserPoolId")
        for backend in backends:
            for pool in tuple(backend.user_pools.values()):
                if pool.id == pool_id or client_id in pool.clients:
                    return backend
    return backends[-1]


def _client_of(token: str | None) -> str | None:
    try:
        payload = (token or "").split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        return str(claims["client_id"])
    except (IndexError, KeyError, TypeError, ValueError, binascii.Error):
        return None


def route_to(client: BaseClient, backend: Backend) -> None:
    """Send all calls of a client to one emulator, also those that name no pool of it."""

    def write(request: AWSPreparedRequest, **_: Any) -> None:
        request.headers[_ROUTE] = backend.context.name

    client.meta.events.register_first(EVENT, write)


def attach(client: BaseClient) -> None:
    """Have a client answered that was made before the first emulator started."""
    # The stubs say that handlers return nothing; `before-send` ones may return the answer.
    client.meta.events.register(EVENT, answer, unique_id="apiproof-cognito")  # type: ignore[arg-type]


def _loader(folders: str | None = None) -> Loader:
    """Make a session's loader of AWS's models; those that it has read serve all other sessions.

    Each session else looks through some 900 folders and reads a megabyte of JSON for its first
    client: 50 ms, of which 8 are left. The clients of one session share them alike.

    Args:
        folders: as `AWS_DATA_PATH` names them.
    """
    loader = create_loader(folders)
    loader._cache = _read.setdefault(folders, {})  # type: ignore[attr-defined]  # noqa: SLF001  # tested
    return loader


class _SharedNames(EventAliaser):
    """Looks an event's name up once in a process; each session and client else does so anew."""

    def __init__(self, events: Any, aliases: Any = None) -> None:
        super().__init__(events, aliases)
        if aliases is None or aliases == EVENT_ALIASES:
            self._alias_name_cache = _names


def activate(backend: Backend) -> None:
    """Let an emulator answer from now on."""
    with _lock:
        botocore.session.create_loader = _loader  # type: ignore[assignment]  # looser
        botocore.session.EventAliaser = _SharedNames  # type: ignore[assignment, misc]  # tested
        if (EVENT, answer) not in BUILTIN_HANDLERS:
            BUILTIN_HANDLERS.append((EVENT, answer))
            # A default session made before knows nothing of the handler.
            boto3.DEFAULT_SESSION = None
        if not _active:
            _passthrough().append(_MOTO_NAME)
            missing = {name: it for name, it in _CREDENTIALS.items() if name not in os.environ}
            _borrowed.append(missing)
            process_variables.borrow(missing)
        _active.append(backend)


def deactivate(backend: Backend) -> None:
    """Let an emulator answer no more."""
    with _lock:
        _active.remove(backend)
        if not _active:
            _passthrough().remove(_MOTO_NAME)
            process_variables.give_back(_borrowed.pop())
            for elsewhere in _elsewhere.values():
                elsewhere.release()
            _elsewhere.clear()


def _passthrough() -> list[str]:
    # botocore calls all handlers, also moto's when a `mock_aws` is active for other services: it
    # must not act on our calls as well.
    passthrough = default_user_config["core"].setdefault("passthrough", {})
    return passthrough.setdefault("services", [])


def make_client(region: str, endpoint_url: str | None, config: Config | None = None) -> Any:
    """Make a cognito-idp client.

    Args:
        region: the AWS region.
        endpoint_url: where to call; None for AWS, which an emulator in this process answers for.
        config: changes retries, time-outs and the like.
    """
    cautious = Config(
        retries={"total_max_attempts": 1},
        connect_timeout=2,
        read_timeout=2,
        max_pool_connections=50,
    )
    return boto3.client(
        "cognito-idp",
        region_name=region,
        endpoint_url=endpoint_url,
        aws_access_key_id="apiproof",
        aws_secret_access_key="apiproof",  # noqa: S106 - nothing checks it
        config=cautious.merge(config) if config is not None else cautious,
    )
