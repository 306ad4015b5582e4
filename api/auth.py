"""Who may call: named types for the signatures of operations.

`CurrentUser` and `CurrentRandomsUser` each stand for a caller with a verified token, known here,
not signed out, with the scope.

Sources: RFC 6750 (bearer tokens), FastAPI on OAuth2 scopes.
"""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Security
from fastapi.security import OAuth2PasswordBearer, SecurityScopes

from api.database import DbSession
from api.dependencies import TokenVerifier
from api.errors import NotAuthenticated, ScopeMissing
from api.identity.pre_token_generation import ME, RANDOMS
from api.identity.protocols import AccessToken
from api.users.auth import find_caller
from api.users.models import User

_bearer = OAuth2PasswordBearer(
    tokenUrl="users/login",
    scheme_name="Cognito",
    description="An access token of the user pool, as `login_user` returns it.",
    scopes={ME: "Read and change one's own profile.", RANDOMS: "Use one's own random numbers."},
    auto_error=False,
)


@dataclass(frozen=True)
class AuthenticatedUser:
    """Whoever presented the token."""

    user: User
    token: AccessToken


def authenticate(
    needed: SecurityScopes,
    access_token: Annotated[str | None, Depends(_bearer)],
    db: DbSession,
    verifier: TokenVerifier,
) -> AuthenticatedUser:
    """Verify the bearer token and its scopes.

    Args:
        needed: the scopes of the operation.
        access_token: from the Authorization header.
        db: the request's transaction.
        verifier: of the pool's tokens.

    Raises:
        NotAuthenticated, TokenInvalid, ScopeMissing, KeysUnavailable
    """
    if not access_token:
        raise NotAuthenticated
    token = verifier.verify(access_token)
    user = find_caller(db, token)
    if not token.scopes.issuperset(needed.scopes):
        raise ScopeMissing(needed.scopes)
    return AuthenticatedUser(user=user, token=token)


CurrentUser = Annotated[AuthenticatedUser, Security(authenticate, scopes=[ME])]
CurrentRandomsUser = Annotated[AuthenticatedUser, Security(authenticate, scopes=[RANDOMS])]
