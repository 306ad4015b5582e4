"""Refresh tokens: what a login gives beside an access token, and where the document takes it.

Source: RFC 6749, 1.5 and 6; RFC 9700, 2.2.2 and 4.14.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from apiproof.access.fields import fields_of, with_field
from apiproof.access.http import FORM, Request, RequestContent, Response
from apiproof.access.logins import words_of
from apiproof.access.payloads import PayloadSource
from apiproof.access.requirements import SecurityModel
from apiproof.jwt import RequestAuth, Scheme
from apiproof.openapi.document import Operation

_REFRESH = re.compile(r"refresh", re.IGNORECASE)
_TAKES = re.compile(
    r"(token|auth|session|jwt|log[-_]?in)s?\b.*(refresh|renew)|refresh[-_/]?(token|session|jwt)"
    r"|^/(api/)?(v\d+/)?refresh/?(\s|$)",
    re.IGNORECASE,
)
_ACCESS = re.compile(r"^((access|auth|id|session|bearer)[-_]?)?(token|jwt)$", re.IGNORECASE)
_TELLS_LIFE = re.compile(r"expir|_in$|_at$|type|ttl|age", re.IGNORECASE)
BODY, HEADER, COOKIE = "body", "header", "cookie"
Path = tuple[str, ...]


@dataclass(frozen=True)
class RefreshPlace:
    """Where an operation takes a refresh token.

    Attributes:
        operation: What gives another access token for it.
        place: `body`, `header` or `cookie`.
        path: The member of the body; of a cookie its name is that of the login's.
    """

    operation: Operation
    place: str
    path: Path = ()

    def request(self, payloads: PayloadSource, token: str) -> Request:
        """Return a request with a token in the body, where that is its place."""
        media, _ = payloads.body_schema(self.operation)
        body = payloads.full_body(self.operation, full=False)
        if self.place == BODY:
            names = {path for path, _ in fields_of(payloads.full_body(self.operation))}
            body = with_field(body, self.path, token)
            if ("grant_type",) in names:  # RFC 6749, 6
                body = with_field(body, ("grant_type",), "refresh_token")
        return Request(self.operation, {}, RequestContent(body=body, media=media))

    def auth(self, token: str, name: str, scheme: Scheme) -> RequestAuth:
        """Return a token as a credential; nothing where the body has it.

        Args:
            token: Of whatever kind.
            name: Of the cookie that the login sets.
            scheme: How access tokens are sent.
        """
        if self.place == HEADER:
            return scheme.present(token)
        return RequestAuth(cookies={name: token} if self.place == COOKIE else {})


def refresh_places(security: SecurityModel, payloads: PayloadSource) -> Iterator[RefreshPlace]:
    """Yield where the document may take a refresh token, the most likely first."""
    posts = [one for one in security.operations if one.method == "POST" and "{" not in one.path]
    for operation in posts:
        if member := refresh_member(payloads, operation):
            is_grant = "grant_type" in dict(_plain_fields(payloads, operation))
            if _REFRESH.search(words_of(operation)) or is_grant:
                yield RefreshPlace(operation, BODY, member)
    for operation in posts:
        if _TAKES.search(words_of(operation)):
            yield RefreshPlace(operation, COOKIE)
            yield RefreshPlace(operation, HEADER)


def refresh_member(payloads: PayloadSource, operation: Operation) -> Path:
    """Return the member of an operation's body that takes a refresh token; empty without one."""
    paths = [path for path, _ in fields_of(payloads.full_body(operation))]
    named = [path for path in paths if _is_refresh(path[-1])]
    if not named and _REFRESH.search(words_of(operation)):
        named = [path for path in paths if path[-1].lower() in {"token", "jwt"}]
    return next(iter(named), ())


def _plain_fields(payloads: PayloadSource, operation: Operation) -> Iterator[tuple[str, Any]]:
    media, _ = payloads.body_schema(operation)
    if media == FORM:
        yield from ((path[-1], value) for path, value in fields_of(payloads.full_body(operation)))


def _is_refresh(name: str) -> bool:
    return bool(_REFRESH.search(name)) and not _TELLS_LIFE.search(_REFRESH.sub("", name))


@dataclass(frozen=True)
class Grant:
    """What a login, or a refresh, gives.

    Attributes:
        access: The access token; empty without one.
        refresh: The refresh token; empty without one.
        cookie: The name of the cookie that holds it; empty where the body does.
    """

    access: str = ""
    refresh: str = ""
    cookie: str = ""


def granted_by_login(answer: Any, cookies: Mapping[str, str], held: str = "") -> Grant:
    """Return what a login gives beside the access token that its user holds.

    Args:
        answer: Its decoded body.
        cookies: Which it sets.
        held: The access token.
    """
    named = ((path[-1], value) for path, value in fields_of(answer))
    shown = next((str(value) for name, value in named if _is_refresh(name) and value), "")
    if shown:
        return Grant(held, shown)
    name = next((one for one in cookies if _is_refresh(one)), "")
    return Grant(held, cookies.get(name, ""), name)


def granted_by_refresh(response: Response, cookie: str) -> Grant:
    """Return what a refresh gives.

    Args:
        response: Its answer.
        cookie: The name of the cookie that holds refresh tokens; empty where bodies do.
    """
    if not response.ok:
        return Grant()
    fields = [(path[-1], value) for path, value in fields_of(response.json)]
    texts = [(name, value) for name, value in fields if isinstance(value, str) and value]
    access = next((value for name, value in texts if _ACCESS.search(name)), "")
    refresh = next((value for name, value in texts if _is_refresh(name)), "")
    if isinstance(response.json, str):
        access = response.json
    if cookie:
        said = response.headers.get("set-cookie", "")
        found = re.search(rf"(?:^|[,;]\s*){re.escape(cookie)}=\"?([^;\",\s]+)", said)
        refresh = found[1] if found else refresh
    return Grant(access, refresh, cookie)
