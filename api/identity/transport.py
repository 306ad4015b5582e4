"""Connections that end at the request's deadline, for boto3 and for the keys' source.

urllib3's timeouts bound one step on the socket each, so that a peer that sends a byte now and then
is waited for without an end; here the socket is bound to the deadline as well.

Source: botocore 1.44, httpsession.py (URLLib3Session) and awsrequest.py; urllib3 2.
"""

import contextlib
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from botocore.awsrequest import (
    AWSHTTPConnection,
    AWSHTTPConnectionPool,
    AWSHTTPSConnection,
    AWSHTTPSConnectionPool,
)
from urllib3 import PoolManager
from urllib3.exceptions import HTTPError, ProtocolError

from api.limits import current

MAX_BYTES: Final = 1_000_000
"""What an answer may hold: Cognito's have some kilobytes."""

# Members of errors, of AWS's services and of gateways before them; of no success of Cognito's.
_ERRORS: Final = frozenset({"__type", "message", "Message", "error", "Error", "errors", "code"})


class _Bound:
    """A connection whose socket is shut down at the deadline of whoever uses it."""

    sock: Any

    def connect(self) -> None:
        super().connect()  # type: ignore[misc]  # of the connection that this is mixed into
        self._watch()

    def request(self, *arguments: Any, **options: Any) -> Any:
        if self.sock is not None:
            self._watch()
        return super().request(*arguments, **options)  # type: ignore[misc]  # likewise

    def getresponse(self) -> Any:
        response = super().getresponse()  # type: ignore[misc]  # likewise
        response.stream = _limited(response.stream)
        # botocore does not look whether all has come that was announced.
        response.enforce_content_length = True
        return response

    def _watch(self) -> None:
        current().watch(self.sock.fileno())


def _limited(stream: Callable[..., Iterator[bytes]]) -> Callable[..., Iterator[bytes]]:
    """Let a response be read up to a size."""

    def read(*arguments: Any, **options: Any) -> Iterator[bytes]:
        size = 0
        for chunk in stream(*arguments, **options):
            size += len(chunk)
            if size > MAX_BYTES:
                raise ProtocolError("The answer is too long")
            yield chunk

    return read


class _HttpConnection(_Bound, AWSHTTPConnection):  # type: ignore[misc]  # botocore has no types
    pass


class _HttpsConnection(_Bound, AWSHTTPSConnection):  # type: ignore[misc]  # likewise
    pass


class _HttpPool(AWSHTTPConnectionPool):
    ConnectionCls = _HttpConnection


class _HttpsPool(AWSHTTPSConnectionPool):
    ConnectionCls = _HttpsConnection


_POOLS: Final = {"http": _HttpPool, "https": _HttpsPool}


def bind(client: Any) -> None:
    """Bind the connections of a boto3 client to deadlines, and let it take JSON objects only.

    Args:
        client: that has sent nothing yet.
    """
    session = client._endpoint.http_session  # noqa: SLF001  # botocore offers no other way
    session._pool_classes_by_scheme = _POOLS  # noqa: SLF001  # for proxies, made when needed
    session._manager.pool_classes_by_scheme = _POOLS  # noqa: SLF001  # likewise
    client.meta.events.register("before-parse", _require_object)


def _require_object(response_dict: Mapping[str, Any], **_: Any) -> None:
    """Refuse a success that is no 200, or neither a JSON object nor empty, or names an error.

    botocore takes it for a success that says nothing, as many of Cognito's are.
    """
    status, headers = response_dict["status_code"], response_dict["headers"]
    if status >= 300:
        return
    body = response_dict["body"].decode()
    content = json.loads(body) if body else {}
    is_json = "json" in headers.get("content-type", "json")
    if status != 200 or not is_json or "x-amzn-errortype" in headers:
        raise ValueError("The answer is no success, or no JSON")
    if not isinstance(content, dict) or not _ERRORS.isdisjoint(content):
        raise ValueError("The answer is no JSON object, or one of an error")


def fetch(url: str, *, timeout: float) -> bytes:
    """Get what is behind a URL, by the deadline at hand.

    Args:
        url: http or https.
        timeout: seconds for each step.

    Raises:
        OSError: it cannot be had.
    """
    with PoolManager(timeout=timeout, retries=False, cert_reqs="CERT_REQUIRED") as manager:
        manager.pool_classes_by_scheme = _POOLS
        try:
            with contextlib.closing(manager.request("GET", url, preload_content=False)) as response:
                if response.status != 200:
                    raise OSError(f"The answer has the status {response.status}")
                return b"".join(response.stream(decode_content=True))
        except HTTPError as error:
            raise OSError(type(error).__name__) from error
        finally:
            current().release_all()
