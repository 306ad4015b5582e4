"""Every refusal of the API; each error owns its status, text, headers and documentation.

Services raise them, one handler speaks HTTP, routers declare them with `responses`.

    ApiError
    |- 401 NotAuthenticated, TokenInvalid, CredentialsWrong, RefreshTokenInvalid
    |- 403 ScopeMissing, AccountUnverified, PasswordResetRequired, ChallengeUnsupported,
    |      CodeInvalid, PasswordWrong
    |- 404 UserNotFound, RandomNotFound
    |- 409 AccountExists, BoundsConflict
    |- 413 BodyTooLarge
    |- 422 RequestInvalid (AccountRefused, PasswordRefused)
    |- 429 Throttled
    `- 503 Unavailable (DatabaseUnavailable, KeysUnavailable, SessionOvertaken,
           IdentityUnavailable (IdentityAnswerLost))
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

_BEARER = {"WWW-Authenticate": "Bearer"}
_LATER = {"Retry-After": "2"}


# loc, msg and type, as pydantic names them.
Problem = dict[str, Any]


class ApiError(Exception):
    """A refusal that the API documents; subclasses say which."""

    status_code: ClassVar[int]
    detail: ClassVar[str]
    headers: ClassVar[Mapping[str, str]] = {}

    def content(self) -> dict[str, Any]:
        """The body of the answer."""
        return {"detail": self.detail}

    def header_values(self) -> Mapping[str, str]:
        """The headers of the answer."""
        return self.headers


class NotAuthenticated(ApiError):
    """No bearer token came with the request."""

    status_code = 401
    detail = "Not authenticated"
    headers = _BEARER


class TokenInvalid(ApiError):
    """The token is forged, expired, signed out or of a user who is gone (RFC 6750, 3.1)."""

    status_code = 401
    detail = "Invalid token"
    headers = _BEARER | {"WWW-Authenticate": 'Bearer error="invalid_token"'}


class CredentialsWrong(ApiError):
    """Unknown user or wrong password: the answer does not tell which."""

    status_code = 401
    detail = "Incorrect username or password"
    headers = _BEARER


class RefreshTokenInvalid(ApiError):
    """The refresh token is not this user's, or is used up, revoked or expired."""

    status_code = 401
    detail = "Session is over, log in again"
    headers = _BEARER


class ScopeMissing(ApiError):
    """The token is good but does not carry the scope that the operation needs (RFC 6750, 3.1)."""

    status_code = 403
    detail = "Insufficient scope"
    headers = _BEARER | {"WWW-Authenticate": 'Bearer error="insufficient_scope"'}

    def __init__(self, scopes: Sequence[str]) -> None:
        super().__init__(self.detail)
        self.scopes = scopes

    def header_values(self) -> Mapping[str, str]:
        """The challenge, with all the scopes that the operation needs."""
        challenge = self.headers["WWW-Authenticate"]
        return {"WWW-Authenticate": f'{challenge}, scope="{" ".join(self.scopes)}"'}


class AccountUnverified(ApiError):
    """The confirmation code has not been entered yet."""

    status_code = 403
    detail = "Verify your account"


class PasswordResetRequired(ApiError):
    """An operator reset the password: a new one must be set first."""

    status_code = 403
    detail = "Reset your password"


class ChallengeUnsupported(ApiError):
    """Cognito asks for a further step (a second factor, a first password) that is not offered."""

    status_code = 403
    detail = "This account needs a sign-in step that this API does not offer"


class CodeInvalid(ApiError):
    """The code is wrong, used up or expired, or its user unknown or verified already: all alike."""

    status_code = 403
    detail = "Invalid or expired code"


class PasswordWrong(ApiError):
    """The current password that came with the request is not the user's."""

    status_code = 403
    detail = "Incorrect password"


class UserNotFound(ApiError):
    """Nobody has this sub."""

    status_code = 404
    detail = "User not found"


class RandomNotFound(ApiError):
    """No such item, or it is someone else's: not told which."""

    status_code = 404
    detail = "Random not found"


class AccountExists(ApiError):
    """The username or the e-mail address is taken."""

    status_code = 409
    detail = "Account with email exists"


class BodyTooLarge(ApiError):
    """The request body is longer than the service takes."""

    status_code = 413
    detail = "Request body is too large"


class RequestInvalid(ApiError):
    """The request does not match the schema, or breaks a rule that the schema cannot say."""

    status_code = 422
    detail = "Request does not match the schema"

    kind: ClassVar[str] = "request_invalid"

    def __init__(self, problems: Sequence[Problem] = ()) -> None:
        super().__init__(self.detail)
        self.problems = problems or [{"loc": ["body"], "msg": self.detail, "type": self.kind}]

    def content(self) -> dict[str, Any]:
        """The body of the answer: every problem."""
        return {"detail": list(self.problems)}


class AccountRefused(RequestInvalid):
    """Cognito will not hold an account with this username or e-mail address."""

    detail = "Username or e-mail address is not accepted"
    kind = "account_refused"


class PasswordRefused(RequestInvalid):
    """The pool's password policy is stricter than the schema, or the password was used before."""

    detail = "Password does not satisfy the policy"
    kind = "password_policy"


class BoundsConflict(ApiError):
    """The bounds contradict each other, or a new one contradicts the other one of the item."""

    status_code = 409
    detail = "min_value must not be greater than max_value"


class Throttled(ApiError):
    """Cognito's request rate or the user's own quota is used up for now."""

    status_code = 429
    detail = "Too many requests, try again later"
    headers = _LATER


class Unavailable(ApiError):
    """Something that the service needs is away."""

    status_code = 503
    detail = "Service unavailable, try again later"
    headers = _LATER


class DatabaseUnavailable(Unavailable):
    """The database is away, or too busy to answer in time."""

    detail = "Database unavailable, try again later"


class KeysUnavailable(Unavailable):
    """The keys that verify tokens cannot be fetched, and the one needed is not at hand."""

    detail = "Token keys unavailable, try again later"


class SessionOvertaken(Unavailable):
    """The password changed, or all sessions ended, while this login was under way."""

    detail = "The account has just changed, try again"


class IdentityUnavailable(Unavailable):
    """Cognito is away or refused for a reason of its own; it has done nothing."""

    detail = "Identity service unavailable, try again later"


class IdentityAnswerLost(IdentityUnavailable):
    """Cognito may have acted, but its answer did not arrive or does not tell."""
