"""Defects in the verification of tokens and sessions, each in the running app."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from sqlmodel import Session, col, select

from api import auth
from api.errors import NotAuthenticated, TokenInvalid
from api.identity import jwt as tokens
from api.identity.jwt import JwksCache
from api.identity.protocols import AccessToken
from api.users import auth as sessions
from api.users.models import User
from tests.faults.defect import READ_ME, AccessDefect, replaced

FORGED, ANONYMOUS = "forged_tokens_rejected", "anonymous_rejected"
_claims = tokens.JwtVerifier._claims  # noqa: SLF001  # what the defects replace
_payload = tokens._signed_payload  # noqa: SLF001  # likewise
_find = JwksCache.find


def _believing(**changes: Any) -> Callable[[], Any]:
    """Leave claims unchecked by putting acceptable ones in their place."""

    def claims(self: Any, payload: dict[str, Any]) -> Any:
        right = {name: value(self) if callable(value) else value for name, value in changes.items()}
        return _claims(self, {**payload, **right})

    return replaced(tokens.JwtVerifier, "_claims", claims)


def _unsigned(token: str, *_: Any, **__: Any) -> dict[str, Any]:
    return dict(jwt.decode(token, options={"verify_signature": False}))


def _by_token(token: str, find: Callable[[str], Any]) -> dict[str, Any]:
    """Let the token choose how it is verified, as in CVE-2016-10555."""
    header = jwt.get_unverified_header(token)
    if str(header.get("alg", "")).lower() == "none":
        return dict(jwt.decode(token, options={"verify_signature": False}))
    if header.get("alg") != "HS256":
        return _payload(token, find)
    key = find(str(header.get("kid")))
    pem = key.key.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    signing = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256)
    text, _, signature = token.rpartition(".")
    if not signing.verify(text.encode(), pem, jwt.utils.base64url_decode(signature)):
        raise TokenInvalid
    return dict(jwt.decode(token, options={"verify_signature": False}))


def _embedded(token: str, find: Callable[[str], Any]) -> dict[str, Any]:
    """Trust a key that comes with the token."""
    header = jwt.get_unverified_header(token)
    if "jwk" not in header:
        return _payload(token, find)
    try:
        key = jwt.PyJWK(header["jwk"], algorithm="RS256").key
        return dict(jwt.decode(token, key, algorithms=["RS256"], options={"verify_aud": False}))
    except jwt.PyJWTError:
        raise TokenInvalid from None


def _any_key(self: JwksCache, kid: str, **_: Any) -> Any:
    self.require_any()
    known = self._known
    found = known.get(kid) or list(known.values())[-1]
    return found.keys


def _caller_of(*, closed: bool, disabled: bool) -> Any:
    def find_caller(session: Session, token: AccessToken) -> User:
        user = session.exec(select(User).where(col(User.sub) == token.sub)).one_or_none()
        if user is None or (user.disabled_at is not None and not disabled):
            raise TokenInvalid
        shut = not sessions._is_active(session, user, token)  # noqa: SLF001  # as the original does
        if shut and not closed and not (disabled and user.disabled_at):
            raise TokenInvalid
        return user

    return replaced(auth, "find_caller", find_caller)


@contextmanager
def _wide_open() -> Iterator[None]:
    """Take whoever comes for somebody: other code for the function that the routes hold."""
    original = auth.authenticate.__code__
    auth.authenticate.__code__ = _anybody.__code__
    try:
        yield
    finally:
        auth.authenticate.__code__ = original


async def _anybody(request: Any, needed: Any, access_token: Any, state: Any) -> Any:
    from typing import Any  # noqa: PLC0415  # it runs among the original's globals

    from sqlmodel import select  # noqa: PLC0415  # likewise

    from api.auth import AuthenticatedUser  # noqa: PLC0415  # likewise
    from api.users.models import User  # noqa: PLC0415  # likewise

    class Anybody(AuthenticatedUser):
        def _found(self, db: Any) -> Any:
            try:
                return super()._found(db)
            except Exception:  # noqa: BLE001  # the defect
                return db.exec(select(User)).first()

    try:
        token = await state.verify(access_token or "")
    except Exception:  # noqa: BLE001  # the defect
        token = None
    request.state.caller = None
    return Anybody(state, token, needed.scopes)


_PAST = {"exp": lambda _: int(time.time()) + 60}

DEFECTS = (
    AccessDefect(
        "authentication-off",
        "Nobody is asked who they are.",
        ANONYMOUS,
        "anonymous",
        _wide_open,
        (READ_ME, "list_randoms"),
    ),
    AccessDefect(
        "signature-unverified",
        "The payload is read, the signature is not.",
        FORGED,
        "other-pool",
        replaced(tokens, "_signed_payload", _unsigned),
    ),
    AccessDefect(
        "algorithm-from-token",
        "The token chooses its algorithm.",
        FORGED,
        "hs256-public-key",
        replaced(tokens, "_signed_payload", _by_token),
    ),
    AccessDefect(
        "none-accepted",
        "The algorithm none is an algorithm.",
        FORGED,
        "alg-none",
        replaced(tokens, "_signed_payload", _by_token),
    ),
    AccessDefect(
        "jwk-trusted",
        "The key that comes with the token is used.",
        FORGED,
        "jwk-injection",
        replaced(tokens, "_signed_payload", _embedded),
    ),
    AccessDefect(
        "kid-ignored",
        "An unknown key id means the usual key.",
        FORGED,
        "unknown-kid",
        replaced(JwksCache, "find", _any_key),
    ),
    AccessDefect(
        "issuer-unverified",
        "Tokens of any pool are taken.",
        FORGED,
        "wrong-issuer",
        _believing(iss=lambda self: self._issuer),
    ),
    AccessDefect(
        "client-unverified",
        "Tokens of any app client are taken.",
        FORGED,
        "wrong-client",
        _believing(client_id=lambda self: self._client_id),
    ),
    AccessDefect(
        "token-use-unverified",
        "An id token opens the API.",
        FORGED,
        "id-token",
        _believing(token_use="access"),
    ),
    AccessDefect(
        "expiry-unverified", "Tokens are for ever.", FORGED, "expired", _believing(**_PAST)
    ),
    AccessDefect(
        "not-before-unverified",
        "Tokens of tomorrow are taken today.",
        FORGED,
        "not-yet-valid",
        _believing(nbf=0),
    ),
    AccessDefect(
        "logout-ignored",
        "Signing out changes nothing.",
        FORGED,
        "signed-out",
        _caller_of(closed=True, disabled=False),
    ),
    AccessDefect(
        "disabled-accepted",
        "A disabled account goes on.",
        FORGED,
        "disabled",
        _caller_of(closed=False, disabled=True),
    ),
    AccessDefect(
        "challenge-missing",
        "A 401 does not say how to sign in.",
        "errors_conform",
        "challenge-401",
        replaced(NotAuthenticated, "headers", {}),
    ),
    AccessDefect(
        "challenge-vague",
        "A refused token is not called invalid.",
        "errors_conform",
        "challenge-error-401",
        replaced(TokenInvalid, "headers", {"WWW-Authenticate": "Bearer"}),
    ),
    AccessDefect(
        "trace-in-refusal",
        "A refusal holds a stack trace.",
        "secrets_not_leaked",
        "a stack trace-401",
        replaced(TokenInvalid, "detail", 'File "tokens.py", line 7'),
    ),
)
