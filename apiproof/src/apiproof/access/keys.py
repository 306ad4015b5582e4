"""Keys: secrets that are guessed offline, and public keys that the issuer publishes."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import requests

from apiproof.access.accounts import Accounts
from apiproof.access.checks import CHECKS
from apiproof.access.fields import fields_of
from apiproof.access.http import Request, Response
from apiproof.access.login_entries import bare
from apiproof.access.report import AccessFinding
from apiproof.access.requirements import SecurityModel
from apiproof.errors import UNREADABLE, UserError
from apiproof.jwt import (
    Jws,
    NotApplicable,
    RequestAuth,
    Scheme,
    SessionEnd,
    decode_unverified,
    sign_hmac,
)
from apiproof.jwt.guessing import from_base64, guess_secret, secret_among
from apiproof.openapi.document import Operation

CHECK = "keys_are_strong"
SHORTEST, LONGEST = 4, 512  # characters of a secret that an answer may show
READS = 3  # operations that are tried for one that a forged token opens
PATIENCE = 3.0  # seconds for an issuer's answer


class KeysUnreadable(UserError):
    """The key set that was named is missing or is none."""


class KeyProbe:
    """Guesses the secret of the tokens that users hold."""

    def __init__(self, security: SecurityModel, accounts: Accounts) -> None:
        self._security = security
        self._accounts = accounts

    def run(self) -> Iterator[AccessFinding]:
        """Guess, once for each scheme; what is guessed signs the forged tokens that follow."""
        for scheme in self._security.schemes.values():
            for user in self._accounts.users():
                try:
                    token = self._accounts.credential(user, scheme, ())
                except NotApplicable:
                    continue
                parsed = decode_unverified(token)
                if parsed is None:
                    continue
                secret = guess_secret(token, words_of_document(self._security.document))
                if secret is not None:
                    self._accounts.use_secret(secret)
                    forged = sign_hmac(parsed.header, _later(parsed.claims), secret)
                    yield _finding(scheme.name, self._accepted(scheme, scheme.present(forged)))
                break

    def _accepted(self, scheme: Scheme, auth: RequestAuth) -> Response | None:
        """Return an answer that a forged token opens, as evidence; None where none was found."""
        readable = [
            one
            for one in [*self._accounts.me, *self._security.operations]
            if one.method == "GET"
            and "{" not in one.path
            and one not in self._security.endings[SessionEnd.SIGNED_OUT]
            and any(
                [use.scheme for use in choice] == [scheme]
                for choice in self._security.alternatives[one.security]
            )
        ]
        for operation in readable[:READS]:
            answer = self._accounts.send(Request(operation), auth)
            if answer is not None and answer.ok:
                return answer
        return None


class ShownKeys:
    """Looks in answers for the secret that signs the token of who asked."""

    check = CHECK

    def findings(
        self, operation: Operation, request: Request, auth: RequestAuth, response: Response
    ) -> Iterator[AccessFinding]:
        """Yield a finding where a member of an answer is the secret, as it is or in Base64."""
        del request
        for held in map(bare, auth.headers.values()) if response.ok else ():
            said = (str(text) for _, text in fields_of(response.json) if text != held)
            texts = [text for text in said if SHORTEST <= len(text) <= LONGEST]
            keys = (key for text in texts for key in (text.encode(), *from_base64(text)))
            if texts and secret_among(held, keys) is not None:
                text = "shows the secret that signs tokens: whoever reads it signs any token"
                name = operation.operation_id
                yield AccessFinding(CHECK, name, "shown", text, kind="shown", response=response)


def _later(claims: Mapping[str, Any]) -> dict[str, Any]:
    """Return claims that the service has not signed: they end a second later, if at all."""
    ends = claims.get("exp")
    return {**claims, "exp": ends + 1} if isinstance(ends, int | float) else dict(claims)


def _finding(scheme: str, response: Response | None) -> AccessFinding:
    text = (
        "the secret that signs tokens is guessed within seconds: anybody can sign a token for "
        "anybody, with any expiry"
    )
    return AccessFinding(
        CHECK,
        scheme,
        "guessed",
        text,
        kind="let in",
        source=CHECKS[CHECK].source,
        response=response,
        cause="guessed",
    )


def words_of_document(document: Mapping[str, Any]) -> list[str]:
    """Return what a secret may be made of: names in the document's title, tags and servers."""
    info = document.get("info", {})
    words = [str(info.get("title", "")), str(info.get("version", ""))]
    words += [str(tag.get("name", "")) for tag in document.get("tags", []) if tag]
    words += [part for path in document.get("paths", {}) for part in re.findall(r"[a-z]{3,}", path)]
    words += re.findall(r"[A-Za-z]{4,}", str(info.get("description", "")))[:200]
    hosts = [str(server.get("url", "")) for server in document.get("servers", []) if server]
    return list(dict.fromkeys([*words, *hosts]))


_KEY_SET_PATH = re.compile(r"/(jwks?|certs|(public[-_]?)?keys)(\.json)?/?$", re.IGNORECASE)
_WELL_KNOWN = "/.well-known/jwks.json"


def published_keys(
    document: Mapping[str, Any], token: Jws | None, named: str | None, base: str = ""
) -> list[Mapping[str, Any]]:
    """Return the issuer's public keys: from where it was said, the document, the token or the API.

    Args:
        document: Its `openIdConnectUrl` leads to keys, and so may an operation of its own.
        token: Its issuer may publish some.
        named: A file or URL of a JWK Set.
        base: The URL of the API, which may sign its tokens itself; empty where it is not known.

    Raises:
        KeysUnreadable: What was named is no JWK Set.
    """
    if named is not None:
        found = _key_set(named)
        if not found:
            raise KeysUnreadable(f"{named} is no JWK Set: it needs a list `keys`.")
        return found
    schemes = document.get("components", {}).get("securitySchemes", {}).values()
    urls = [str(one["openIdConnectUrl"]) for one in schemes if "openIdConnectUrl" in one]
    issuer = str(token.claims.get("iss", "")) if token else ""
    if issuer.startswith(("http://", "https://")):
        urls.append(issuer.rstrip("/") + "/.well-known/openid-configuration")
    for url in urls:
        configuration = _fetched(url)
        known = isinstance(configuration, Mapping) and configuration.get("jwks_uri")
        if known and (keys := _key_set(str(known))):
            return keys
    algorithm = str(token.header.get("alg", "")) if token else ""
    is_asymmetric = bool(re.match(r"(RS|PS|ES)\d|EdDSA", algorithm))
    places = _key_sets_of(document, base) if base and is_asymmetric else ()
    return next((keys for place in places if (keys := _key_set(place))), [])


def _key_sets_of(document: Mapping[str, Any], base: str) -> Iterator[str]:
    """Yield where an API that signs its tokens itself may publish its keys."""
    for path, operations in (document.get("paths") or {}).items():
        if "get" in operations and "{" not in path and _KEY_SET_PATH.search(path):
            yield base.rstrip("/") + path
    yield urljoin(base, _WELL_KNOWN)


def _key_set(place: str) -> list[Mapping[str, Any]]:
    if place.startswith(("http://", "https://")):
        found = _fetched(place)
    else:
        try:
            found = json.loads(Path(place).read_text(encoding="utf-8"))
        except UNREADABLE:
            return []
    keys = found.get("keys") if isinstance(found, Mapping) else None
    return [key for key in keys if isinstance(key, Mapping)] if isinstance(keys, list) else []


def _fetched(url: str) -> Any:
    try:
        return requests.get(url, timeout=PATIENCE).json()
    except (requests.RequestException, ValueError):
        return None
