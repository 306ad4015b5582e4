"""Defects in what scopes allow, each in the running app."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import jwt

from api.errors import ScopeMissing
from api.identity import jwt as tokens
from api.identity.protocols import AccessToken
from tests.faults.defect import READ_ME, READ_RANDOM, AccessDefect, replaced

SCOPES = "scopes_enforced"
_checked = tokens.JwtVerifier._checked  # noqa: SLF001  # what the defects replace


def _granting(*scopes: str, when: Callable[[dict[str, Any]], bool] = lambda _: True) -> Any:
    """Let every token, or those whose claims say something, have scopes."""

    def verify(self: Any, token: str, find: Any) -> AccessToken:
        access = _checked(self, token, find)
        claims = jwt.decode(token, options={"verify_signature": False})
        return replace(access, scopes=access.scopes | set(scopes)) if when(claims) else access

    return replaced(tokens.JwtVerifier, "_checked", verify)


def _loose_scopes(grants: Callable[[str, str], bool]) -> Any:
    return _granting_each(lambda claims, scope: grants(str(claims.get("scope", "")), scope))


def _granting_each(grants: Callable[[dict[str, Any], str], bool]) -> Any:
    def verify(self: Any, token: str, find: Any) -> AccessToken:
        access = _checked(self, token, find)
        claims = jwt.decode(token, options={"verify_signature": False})
        extra = {scope for scope in ("me", "randoms") if grants(claims, scope)}
        return replace(access, scopes=access.scopes | extra)

    return replaced(tokens.JwtVerifier, "_checked", verify)


RANDOMS = (READ_RANDOM, "list_randoms", "create_random", "update_random")

DEFECTS = (
    AccessDefect(
        "me-scope-off",
        "Any token opens the profile.",
        SCOPES,
        "scope-missing",
        _granting("me"),
        (READ_ME, "update_me"),
    ),
    AccessDefect(
        "randoms-scope-off",
        "Any token opens random numbers.",
        SCOPES,
        "scope-missing",
        _granting("randoms"),
        RANDOMS,
    ),
    AccessDefect(
        "scope-substring",
        "A scope that contains the right one will do.",
        SCOPES,
        "scope-suffix",
        _loose_scopes(lambda text, scope: scope in text),
    ),
    AccessDefect(
        "scope-prefix",
        "The beginning of the right scope will do.",
        SCOPES,
        "scope-prefix",
        _loose_scopes(
            lambda text, scope: any(part and scope.startswith(part) for part in text.split())
        ),
    ),
    AccessDefect(
        "scope-any-case",
        "Scopes are compared in lower case.",
        SCOPES,
        "scope-case",
        _loose_scopes(lambda text, scope: scope in text.lower().split()),
    ),
    AccessDefect(
        "scope-commas",
        "Scopes may be separated by commas.",
        SCOPES,
        "scope-separator",
        _loose_scopes(lambda text, scope: scope in text.replace(",", " ").split()),
    ),
    AccessDefect(
        "scope-optional",
        "A token without a scope claim may do everything.",
        SCOPES,
        "no-scope",
        _granting("me", "randoms", when=lambda claims: "scope" not in claims),
    ),
    AccessDefect(
        "admin-group-trusted",
        "A group called admin needs no scope.",
        SCOPES,
        "admin-claims",
        _granting("me", "randoms", when=lambda claims: "admin" in claims.get("cognito:groups", ())),
    ),
    AccessDefect(
        "scope-as-401",
        "A missing scope is answered 401.",
        SCOPES,
        "scope-missing",
        replaced(ScopeMissing, "status_code", 401),
    ),
)
