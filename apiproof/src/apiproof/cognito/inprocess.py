"""The way in for boto3 clients of the same process: calls never leave it.

botocore asks `before-send` handlers for an answer before it opens a connection; ours answers every
call to an AWS endpoint of Cognito while a stand-in is active. Signing, parsing and retries stay
botocore's. It knows transports and identifiers, and no operation.
"""

import base64
import binascii
import json
import os
import re
from functools import cache
from io import BytesIO
from threading import RLock
from typing import Any

import boto3
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.client import BaseClient
from botocore.exceptions import ConnectionClosedError, ReadTimeoutError
from botocore.handlers import BUILTIN_HANDLERS
from moto.core.config import default_user_config
from moto.core.request import Request

from apiproof.cognito.outages import AnswerLost, AnswerTimedOut
from apiproof.cognito.service import CognitoService

EVENT = "before-send.cognito-identity-provider"
_MOTO_NAME = "cognitoidp"  # what moto calls the service
_ANSWERED = "X-Apiproof-Answered"
_ADDRESS = "X-Apiproof-Stand-In"
_ENDPOINT = re.compile(
    r"https?://cognito-idp(-fips)?\.(?P<region>[a-z0-9-]+)\.(amazonaws\.com|api\.aws)"
)
_CREDENTIALS = {"AWS_ACCESS_KEY_ID": "apiproof", "AWS_SECRET_ACCESS_KEY": "apiproof"}

_lock = RLock()
_active: list[CognitoService] = []
_lent: dict[str, str] = {}


class _Body(BytesIO):
    """What botocore reads an answer from."""

    def stream(self, **_: Any) -> Any:
        yield self.read()


def answer(request: AWSPreparedRequest, **_: Any) -> AWSResponse | None:
    """Answer a call to AWS; None lets botocore send it elsewhere."""
    endpoint = _ENDPOINT.match(request.url)
    if not _active or endpoint is None or _ANSWERED in request.headers:
        return None
    # botocore calls every handler, and a client may have this one twice: see `wire`.
    request.headers[_ANSWERED] = "yes"
    body = request.body if isinstance(request.body, bytes | str) else b"{}"
    call = Request.from_primitives("POST", request.url, request.headers, body)
    try:
        service = _addressed(request.headers.get(_ADDRESS)) or _route(endpoint["region"], body)
        status, headers, text = service.answer(call)
    except AnswerTimedOut as error:
        raise ReadTimeoutError(endpoint_url=request.url) from error
    except AnswerLost as error:
        raise ConnectionClosedError(endpoint_url=request.url) from error
    # botocore only reads the headers; a dict will do.
    return AWSResponse(request.url, status, headers, _Body(text.encode()))  # type: ignore[arg-type]


def _addressed(name: str | None) -> CognitoService | None:
    return next((service for service in tuple(_active) if service.name == name), None)


@cache
def _empty(region: str) -> CognitoService:
    """A Cognito without pools: what AWS is to a caller who mistakes the region."""
    return CognitoService(region, hourly_limits=False)


def _route(region: str, body: bytes | str) -> CognitoService:
    """Find the stand-in a call is for: by pool, client or token, else the one started last."""
    services = [service for service in tuple(_active) if service.region == region]
    if not services:
        return _empty(region)
    if len(services) > 1:
        parameters = json.loads(body)
        client_id = parameters.get("ClientId") or _client_of(parameters.get("AccessToken"))
        pool_id = parameters.get("UserPoolId")
        for service in services:
            for pool in tuple(service.backend.user_pools.values()):
                if pool.id == pool_id or client_id in pool.clients:
                    return service
    return services[-1]


def _client_of(token: str | None) -> str | None:
    try:
        payload = (token or "").split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        return str(claims["client_id"])
    except (IndexError, KeyError, TypeError, ValueError, binascii.Error):
        return None


def address(client: BaseClient, service: CognitoService) -> None:
    """Send all calls of a client to one stand-in, also those that name no pool of it."""

    def write(request: AWSPreparedRequest, **_: Any) -> None:
        request.headers[_ADDRESS] = service.name

    client.meta.events.register_first(EVENT, write)


def wire(client: BaseClient) -> None:
    """Have a client answered that was made before the first stand-in started."""
    # The stubs say that handlers return nothing; `before-send` ones may return the answer.
    client.meta.events.register(EVENT, answer, unique_id="apiproof-cognito")  # type: ignore[arg-type]


def activate(service: CognitoService) -> None:
    """Let a stand-in answer from now on."""
    with _lock:
        if (EVENT, answer) not in BUILTIN_HANDLERS:
            BUILTIN_HANDLERS.append((EVENT, answer))
            # A default session made before knows nothing of the handler.
            boto3.DEFAULT_SESSION = None
        if not _active:
            _passthrough().append(_MOTO_NAME)
            for name, value in _CREDENTIALS.items():
                if name not in os.environ:
                    os.environ[name] = _lent[name] = value
        _active.append(service)


def deactivate(service: CognitoService) -> None:
    """Let a stand-in answer no more."""
    with _lock:
        _active.remove(service)
        if not _active:
            _passthrough().remove(_MOTO_NAME)
            for name in _lent:
                os.environ.pop(name, None)
            _lent.clear()


def _passthrough() -> list[str]:
    # botocore calls all handlers, also moto's when a `mock_aws` is active for other services: it
    # must not act on our calls as well.
    passthrough = default_user_config["core"].setdefault("passthrough", {})
    return passthrough.setdefault("services", [])
