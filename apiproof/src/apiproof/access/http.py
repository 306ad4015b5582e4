"""A request as the probe sends it, the response, and the sender that counts both."""

import functools
import json
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote, urlencode

import requests
import urllib3

from apiproof.access.users import User
from apiproof.errors import UserError
from apiproof.jwt import NO_AUTH, RequestAuth
from apiproof.openapi.document import Operation
from apiproof.reporting.exchange import HttpRequest

MAX_ATTEMPTS = 3  # tries, where the service answers 429
MAX_RETRY_DELAY = 5.0  # seconds
MAX_WAIT = 30.0  # seconds in all
MAX_VAIN_WAIT = 5.0  # seconds that one operation was waited for, and answered 429 again
TIMEOUT = 10.0  # seconds
MAX_BODY = 1_000_000  # bytes that are read of an answer
MAX_FAILURES = 25  # requests in a row without an answer, after which a service counts as gone
_EVIDENCE = ("x-request-id", "x-correlation-id", "x-amzn-requestid", "x-trace-id", "traceparent")
JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"
LONGEST_REFUSAL = 4_000  # characters of a body that is looked at for a refusal
# Members of an envelope around a refusal, and what they say then.
_ENVELOPE = frozenset(
    {"success", "ok", "status", "code", "statuscode", "error", "errors", "message", "msg", "detail"}
    | {"details", "data", "result", "path", "timestamp", "reason", "title", "type", "errorcode"}
)
_FAILED = frozenset({"error", "fail", "failed", "failure", "unauthorized", "forbidden", "denied"})
# What a write says in its query, where it takes no body: FastAPI reads plain arguments there.
QUERY = "query"


@dataclass(frozen=True)
class RequestContent:
    """What a request says: parameters and body; `path` holds what a guide put into the path."""

    query: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    media: str = ""
    path: Mapping[str, Any] = field(default_factory=dict)

    @property
    def params(self) -> dict[str, Any]:
        """What stands in the query: its parameters, and the members of a body that is sent there.

        What has no value is left out.
        """
        said = self.body if self.media == QUERY and isinstance(self.body, Mapping) else {}
        return {**{name: value for name, value in said.items() if value is not None}, **self.query}


@dataclass(frozen=True)
class Request:
    """A request without a credential; `values` fill the path's parameters."""

    operation: Operation
    values: Mapping[str, Any] = field(default_factory=dict)
    content: RequestContent = RequestContent()

    @property
    def path(self) -> str:
        """The path with its parameters filled in."""
        path = self.operation.path
        for name, value in self.values.items():
            path = path.replace("{" + name + "}", quote(str(value), safe=""))
        return path

    def at(self, **values: Any) -> "Request":
        """Return the same request for other path parameters."""
        return replace(self, values={**self.values, **values})

    def saying(self, body: Any) -> "Request":
        """Return the same request with another body."""
        return replace(self, content=replace(self.content, body=body))


@dataclass(frozen=True)
class Response:
    """An answer; header names are in lower case.

    Attributes:
        status: The status; 0 where no answer came.
        headers: The headers.
        text: The body, as far as it was read.
        failure: Why no answer came: `reset`, `timed out`, ...
        sent: The request, with its secrets.
    """

    status: int
    headers: Mapping[str, str]
    text: str = field(repr=False)
    failure: str = ""
    sent: HttpRequest | None = field(default=None, repr=False, compare=False)

    @property
    def ok(self) -> bool:
        """Whether it is a success, and its body does not say otherwise."""
        return 200 <= self.status < 300 and not self.is_refused_in_body

    @functools.cached_property
    def is_refused_in_body(self) -> bool:
        """Whether the body of a 2xx says that it is none: `{"success": false, "error": ...}`."""
        text = self.text.strip()
        is_short = text[:1] == "{" and len(text) < LONGEST_REFUSAL
        return is_short and 200 <= self.status < 300 and _says_failure(self.json)

    @property
    def is_empty(self) -> bool:
        """Whether it shows nothing: no body, or null."""
        return self.text.strip() in {"", "null"}

    @property
    def json(self) -> Any:
        """The decoded body; None where it is no JSON."""
        try:
            return json.loads(self.text)
        except (ValueError, RecursionError):
            return None

    @property
    def evidence(self) -> str:
        """The request's id, as the service names it."""
        return next((self.headers[name] for name in _EVIDENCE if name in self.headers), "")


def _says_failure(body: Any) -> bool:
    """Whether the whole of a body is a refusal: an object that has failed is none."""
    if not isinstance(body, Mapping):
        return False
    said = {str(name).lower().replace("_", ""): value for name, value in body.items()}
    if said.get("success") is False or said.get("ok") is False:
        return True
    if said.keys() - _ENVELOPE or said.get("data") or said.get("result"):
        return False
    codes = [said.get(name) for name in ("status", "code", "statuscode")]
    return (
        bool(said.get("error") or said.get("errors"))
        or str(said.get("status")).lower() in _FAILED
        or any(isinstance(code, int) and 400 <= code < 600 for code in codes)
    )


def uncredentialed(user: User) -> RequestAuth:
    """Return what requests carry beside a credential: a tenant's header, say, and a CSRF token."""
    known = RequestAuth(headers=user.headers)
    return known.merged_with(user.csrf()) if user.csrf else known


Inspect = Callable[[Request, RequestAuth, Response], None]


class Unreachable(UserError):
    """The service does not answer at all."""


class NotPrepared(Exception):
    """No request to replay was found; the text says what was tried."""


class NotSent(NotPrepared):
    """A request may not be sent; the text says why."""


class Sender:
    """Sends requests through a client and counts them by operation."""

    def __init__(
        self,
        client: requests.Session,
        inspect: Inspect | None = None,
        allow: Callable[[Request, RequestAuth], str] | None = None,
        timeout: float = TIMEOUT,
    ) -> None:
        """Prepare to send.

        Args:
            client: Sends; URLs that start with a slash are relative to the service.
            inspect: Looks at every answer.
            allow: Says why a request may not be sent; an empty text lets it pass.
            timeout: How long one answer may take, in seconds.
        """
        self._client = client
        self._inspect = inspect
        self._allow = allow
        self._timeout = timeout
        self._waited = 0.0
        self._in_vain: dict[str, float] = {}
        self._failures = 0
        self.counts: Counter[str] = Counter()
        self.sent = 0  # requests in all

    def restrict(self, allow: Callable[[Request, RequestAuth], str]) -> None:
        """Ask somebody else as well why a request may not be sent."""
        before = self._allow
        self._allow = lambda request, auth: (
            allow(request, auth) or (before(request, auth) if before is not None else "")
        )

    def send(self, request: Request, auth: RequestAuth = NO_AUTH) -> Response:
        """Send one request, again where the service asks to wait.

        Raises:
            NotSent: The request would do harm.
            Unreachable: The service has stopped answering.
        """
        if self._allow is not None and (reason := self._allow(request, auth)):
            raise NotSent(reason)
        for attempt in range(MAX_ATTEMPTS):
            response = self._once(request, auth)
            if self._inspect is not None:
                self._inspect(request, auth, response)
            name = request.operation.operation_id
            if response.status != 429:
                self._in_vain.pop(name, None)
                break
            is_vain = self._in_vain.get(name, 0.0) >= MAX_VAIN_WAIT or self._waited > MAX_WAIT
            if attempt + 1 == MAX_ATTEMPTS or is_vain:
                break
            delay = _wait(response)
            self._waited += delay
            self._in_vain[name] = self._in_vain.get(name, 0.0) + delay
            time.sleep(delay)
        return response

    @property
    def is_limited(self) -> bool:
        """Whether the service has answered 429 for so long that it is no longer waited for."""
        return self._waited > MAX_WAIT or any(
            one >= MAX_VAIN_WAIT for one in self._in_vain.values()
        )

    def send_once(self, request: Request, auth: RequestAuth = NO_AUTH) -> Response:
        """Send one request, and take 429 for an answer."""
        if self._allow is not None and (reason := self._allow(request, auth)):
            raise NotSent(reason)
        return self._once(request, auth)

    def _once(self, request: Request, auth: RequestAuth) -> Response:
        content = request.content
        credential = {name.lower() for name in auth.headers}
        sampled = {k: v for k, v in content.headers.items() if k.lower() not in credential}
        headers = {**_media(content), **sampled, **auth.headers}
        sent = _as_sent(request, auth, headers)
        try:
            response = self._exchange(request, auth, headers)
            received = {name.lower(): value for name, value in response.headers.items()}
            answer = Response(response.status_code, received, self._read(response), "", sent)
        except (requests.RequestException, urllib3.exceptions.HTTPError, ValueError) as error:
            answer = Response(0, {}, "", _failure(error), sent)
        self._count_failures(answer)
        return answer

    def _exchange(
        self, request: Request, auth: RequestAuth, headers: Mapping[str, str | bytes]
    ) -> requests.Response:
        """Send, and once more where the connection was lost.

        Servers close a connection after an unhandled error, and the next request may still be on
        its way then: only the second reset is the request's own.
        """
        for attempt in (1, 2):
            self.counts[request.operation.operation_id] += 1
            self.sent += 1
            self._client.cookies.clear()
            try:
                return self._client.request(
                    request.operation.method,
                    request.path,
                    params={**request.content.params, **auth.query},
                    headers=headers,
                    cookies=dict(auth.cookies),
                    timeout=self._timeout,
                    stream=True,
                    **_body(request.content),
                )
            except requests.ConnectionError as error:
                if attempt == 2 or "refused" in str(error) or isinstance(error, requests.Timeout):
                    raise
        raise AssertionError  # the second attempt returned or raised

    def _read(self, response: requests.Response) -> str:
        """Read a body up to a size and a time: no service may hold the probe up."""
        read, ends = bytearray(), time.monotonic() + self._timeout
        for chunk in response.iter_content(65536):
            read += chunk
            if len(read) > MAX_BODY or time.monotonic() > ends:
                response.close()
                break
        return bytes(read).decode(_encoding(response), errors="replace")

    def _count_failures(self, response: Response) -> None:
        self._failures = self._failures + 1 if response.failure else 0
        if self._failures >= MAX_FAILURES:
            raise Unreachable(
                f"The service stopped answering ({response.failure}): {MAX_FAILURES} requests in "
                "a row got no answer. Start it again, or leave the operation out with --skip."
            )


def _as_sent(
    request: Request, auth: RequestAuth, headers: Mapping[str, str | bytes]
) -> HttpRequest:
    content = request.content
    query = urlencode({**content.params, **auth.query}, doseq=True)
    shown = {
        name: value if isinstance(value, str) else value.decode("latin-1")
        for name, value in headers.items()
    }
    if auth.cookies:
        shown["Cookie"] = "; ".join(f"{name}={value}" for name, value in auth.cookies.items())
    body = None if content.media == QUERY else content.body
    text = body if isinstance(body, str) else "" if body is None else json.dumps(body, default=str)
    url = request.path + (f"?{query}" if query else "")
    return HttpRequest(request.operation.method, url, shown, text)


def _encoding(response: requests.Response) -> str:
    declared = response.encoding or "utf-8"
    try:
        "".encode(declared)
    except LookupError:
        return "utf-8"
    return declared if "charset" in response.headers.get("content-type", "") else "utf-8"


def _failure(error: Exception) -> str:
    if isinstance(error, requests.Timeout):
        return "timed out"
    if isinstance(error, requests.ConnectionError):
        return "refused" if "refused" in str(error) else "connection reset"
    return f"no HTTP answer ({type(error).__name__})"


def _wait(response: Response) -> float:
    """Return how long to wait, in seconds: Retry-After is a number or a date (RFC 9110, 10.2.3)."""
    after = response.headers.get("retry-after", "1")
    if after.isdecimal():
        return min(float(after), MAX_RETRY_DELAY)
    try:
        asked = parsedate_to_datetime(after).timestamp() - time.time()
    except (ValueError, OverflowError):
        return 1.0
    return min(max(asked, 0.0), MAX_RETRY_DELAY)


def _media(content: RequestContent) -> dict[str, str]:
    # requests itself names the media type of forms.
    return {} if content.media in {"", FORM, MULTIPART, QUERY} else {"Content-Type": content.media}


def _body(content: RequestContent) -> dict[str, Any]:
    if content.media in {"", QUERY}:
        return {}
    if content.media == MULTIPART:
        return {"files": {name: _part(name, value) for name, value in content.body.items()}}
    if "json" in content.media:
        return {"data": json.dumps(content.body).encode()}
    return {"data": content.body}


class Upload(str):
    """A file's content in a form."""

    __slots__ = ()


def _part(name: str, value: Any) -> tuple[str | None, str]:
    """Return a part of a form: a file has a name, a field has none (RFC 7578, 4.2)."""
    return (f"{name}.txt" if isinstance(value, Upload) else None, _text(value))


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
