"""Security schemes of an OpenAPI document, and how each carries a credential in a request.

It must not know what a credential means or who holds it.

Source: OpenAPI 3.1, Security Scheme Object.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

AUTHORIZATION = "Authorization"
TOKENS = ("oauth2", "openIdConnect")
SPELLINGS = {"bearer": "Bearer", "basic": "Basic", "token": "Token", "jwt": "JWT"}


@dataclass(frozen=True)
class RequestAuth:
    """A credential, or what poses as one, where a request carries it; its values are secrets."""

    headers: Mapping[str, str | bytes] = field(default_factory=dict, repr=False)
    query: Mapping[str, str] = field(default_factory=dict, repr=False)
    cookies: Mapping[str, str] = field(default_factory=dict, repr=False)

    def as_arguments(self) -> dict[str, Any]:
        """Return it as arguments of a client like that of requests."""
        return {"headers": self.headers, "params": self.query, "cookies": self.cookies}

    def merged_with(self, other: "RequestAuth") -> "RequestAuth":
        """Return both credentials in one request."""
        return RequestAuth(
            {**self.headers, **other.headers},
            {**self.query, **other.query},
            {**self.cookies, **other.cookies},
        )


NO_AUTH = RequestAuth()


@dataclass(frozen=True)
class Scheme:
    """One security scheme.

    Attributes:
        name: Its key in the document.
        kind: `bearer`, `basic`, another HTTP scheme's name, or `apiKey`.
        place: `header`, `query` or `cookie`.
        field: The header's, parameter's or cookie's name.
        word: What stands before an API key, where a service takes it so; only its users know it.
    """

    name: str
    kind: str
    place: str = "header"
    field: str = AUTHORIZATION
    word: str = ""

    @property
    def bears_tokens(self) -> bool:
        """Whether it is OAuth 2.0 Bearer (RFC 6750)."""
        return self.kind == "bearer"

    @property
    def may_bear_tokens(self) -> bool:
        """Whether a token may be what it carries: an API key in a cookie often is one."""
        return self.bears_tokens or self.kind == "apiKey"

    @property
    def is_http(self) -> bool:
        """Whether the credential follows the name of an HTTP authentication scheme."""
        return self.kind != "apiKey"

    def present(self, credential: str) -> RequestAuth:
        """Return a credential as a request carries it."""
        if not self.is_http:
            return self.raw(f"{self.word} {credential}".strip())
        name = SPELLINGS.get(self.kind, self.kind)
        return self.raw(f"{name} {credential}")

    def raw(self, value: str | bytes) -> RequestAuth:
        """Return a whole value of the header, parameter or cookie."""
        if self.place == "header":
            return RequestAuth(headers={self.field: value})
        text = value if isinstance(value, str) else value.decode("latin-1")
        if self.place == "query":
            return RequestAuth(query={self.field: text})
        return RequestAuth(cookies={self.field: text})


def schemes(document: Mapping[str, Any]) -> dict[str, Scheme]:
    """Return a document's security schemes by name; mutual TLS is not a request's business."""
    declared = document.get("components", {}).get("securitySchemes", {})
    found = {name: _scheme(name, definition) for name, definition in declared.items()}
    return {name: scheme for name, scheme in found.items() if scheme is not None}


def presented(
    security: Iterable[Sequence[tuple[str, object]]], declared: Mapping[str, Scheme], token: str
) -> RequestAuth | None:
    """Return a token as an operation wants it; None where it takes none.

    Args:
        security: the operation's alternatives, each of schemes by name.
        declared: the document's schemes.
        token: the token.
    """
    for alternative in security:
        found = [declared[name] for name, _ in alternative if name in declared]
        if found and len(found) == len(alternative) and all(one.may_bear_tokens for one in found):
            auth = NO_AUTH
            for scheme in found:
                auth = auth.merged_with(scheme.present(token))
            return auth
    return None


def _scheme(name: str, definition: Mapping[str, Any]) -> Scheme | None:
    kind = definition.get("type")
    if kind in TOKENS:
        return Scheme(name, "bearer")
    if kind == "http":
        return Scheme(name, str(definition.get("scheme", "")).lower())
    if kind == "apiKey":
        return Scheme(
            name, "apiKey", str(definition.get("in", "header")), str(definition.get("name", ""))
        )
    return None
