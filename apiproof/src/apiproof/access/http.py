"""A request as the probe sends it, the response, and the sender that counts both."""

import json
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote

import requests

from apiproof.jwt import NO_AUTH, RequestAuth
from apiproof.openapi.document import Operation

MAX_ATTEMPTS = 3  # tries, where the service answers 429
MAX_RETRY_DELAY = 5.0  # seconds
_EVIDENCE = ("x-request-id", "x-correlation-id", "x-amzn-requestid", "x-trace-id", "traceparent")
JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"


@dataclass(frozen=True)
class RequestContent:
    """What a request says: parameters and body; `path` holds what a guide put into the path."""

    query: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    media: str = ""
    path: Mapping[str, Any] = field(default_factory=dict)


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
    """An answer; header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    text: str = field(repr=False)

    @property
    def ok(self) -> bool:
        """Whether it is a success."""
        return 200 <= self.status < 300

    @property
    def json(self) -> Any:
        """The decoded body; None where it is no JSON."""
        try:
            return json.loads(self.text)
        except ValueError:
            return None

    @property
    def evidence(self) -> str:
        """The request's id, as the service names it."""
        return next((self.headers[name] for name in _EVIDENCE if name in self.headers), "")


Inspect = Callable[[Request, RequestAuth, Response], None]


class Sender:
    """Sends requests through a client and counts them by operation."""

    def __init__(self, client: requests.Session, inspect: Inspect | None = None) -> None:
        self._client = client
        self._inspect = inspect
        self.counts: Counter[str] = Counter()

    def send(self, request: Request, auth: RequestAuth = NO_AUTH) -> Response:
        """Send one request, again where the service asks to wait."""
        for attempt in range(MAX_ATTEMPTS):
            response = self._once(request, auth)
            if self._inspect is not None:
                self._inspect(request, auth, response)
            if response.status != 429 or attempt + 1 == MAX_ATTEMPTS:
                break
            time.sleep(_wait(response))
        return response

    def _once(self, request: Request, auth: RequestAuth) -> Response:
        self.counts[request.operation.operation_id] += 1
        self._client.cookies.clear()
        content = request.content
        response = self._client.request(
            request.operation.method,
            request.path,
            params={**content.query, **auth.query},
            headers={**_media(content), **content.headers, **auth.headers},
            cookies=dict(auth.cookies),
            **_body(content),
        )
        headers = {name.lower(): value for name, value in response.headers.items()}
        return Response(response.status_code, headers, response.text)


def _wait(response: Response) -> float:
    after = response.headers.get("retry-after", "1")
    return min(float(after), MAX_RETRY_DELAY) if after.isdigit() else 1.0


def _media(content: RequestContent) -> dict[str, str]:
    # requests itself names the media type of forms.
    return {} if content.media in {"", FORM, MULTIPART} else {"Content-Type": content.media}


def _body(content: RequestContent) -> dict[str, Any]:
    if not content.media:
        return {}
    if content.media == MULTIPART:
        return {"files": {name: (None, _text(value)) for name, value in content.body.items()}}
    if "json" in content.media:
        return {"data": json.dumps(content.body).encode()}
    return {"data": content.body}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
