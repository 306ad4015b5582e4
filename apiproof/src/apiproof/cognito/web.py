"""Requests and answers of the emulator's web endpoints, apart from any transport."""

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.message import Message
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True)
class WebRequest:
    """A request as an endpoint sees it.

    Attributes:
        method: e.g. GET.
        target: path and query, as sent.
        headers: by name; looked up whatever their case.
        body: as sent.
        base_url: how the client reaches the server, without a slash at the end.
    """

    method: str
    target: str
    headers: Message
    body: bytes
    base_url: str

    @property
    def path(self) -> str:
        """The path, without the query."""
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, str]:
        """The parameters of the query; of one that is repeated, the first."""
        return _pairs(urlsplit(self.target).query)

    @property
    def form(self) -> dict[str, str]:
        """The parameters of an `application/x-www-form-urlencoded` body."""
        return _pairs(self.body.decode(errors="replace"))

    @property
    def content_type(self) -> str:
        """The media type of the body, without parameters."""
        return (self.headers.get("Content-Type") or "").partition(";")[0].strip().lower()

    def cookie(self, name: str) -> str | None:
        """Give the value of a cookie."""
        try:
            cookies = SimpleCookie(self.headers.get("Cookie") or "")
        except CookieError:
            return None
        return cookies[name].value if name in cookies else None

    @property
    def basic_credentials(self) -> tuple[str, str] | None:
        """Give name and password of HTTP Basic authentication (RFC 7617).

        Raises:
            ValueError: there is such a header, and nobody can read it.
        """
        scheme, _, value = (self.headers.get("Authorization") or "").partition(" ")
        if scheme.lower() != "basic":
            return None
        try:
            text = base64.b64decode(value.strip(), validate=True).decode()
        except (binascii.Error, UnicodeDecodeError) as error:
            raise ValueError("The Authorization header is not Basic credentials.") from error
        name, colon, password = text.partition(":")
        if not colon:
            raise ValueError("The Authorization header has no password.")
        return name, password

    @property
    def bearer_token(self) -> str | None:
        """Give the token of the Authorization header (RFC 6750)."""
        scheme, _, value = (self.headers.get("Authorization") or "").partition(" ")
        return value.strip() if scheme.lower() == "bearer" and value.strip() else None


def _pairs(text: str) -> dict[str, str]:
    pairs = parse_qsl(text, keep_blank_values=True)
    return dict(reversed(pairs))


@dataclass(frozen=True)
class WebResponse:
    """An answer; each header once."""

    status: int
    body: str = ""
    headers: dict[str, str] = field(default_factory=dict)


def json_response(
    status: int, document: Mapping[str, Any], headers: Mapping[str, str] | None = None
) -> WebResponse:
    """Answer with a JSON document."""
    content = {"Content-Type": "application/json"}
    return WebResponse(status, json.dumps(document), content | dict(headers or {}))
