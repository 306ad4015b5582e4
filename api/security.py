"""Who may call: named types for the signatures of operations.

`Me` and `RandomsOwner` each stand for a caller with a verified token, known here, not signed out,
with the scope. Must not know what operations do.

Sources: RFC 6750 (bearer tokens), FastAPI on OAuth2 scopes.
"""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Security
from fastapi.security import OAuth2PasswordBearer, SecurityScopes

from api.database import DbSession
from api.errors import NotAuthenticated, ScopeMissing
from api.identity.base import AccessToken
from api.identity.triggers import ME, RANDOMS
from api.surroundings import TokenVerifier
from api.users.models import User
from api.users.sessions import find_caller

_bearer = OAuth2PasswordBearer(
    tokenUrl="users/login",
    scheme_name="Cognito",
    description="An access token of the user pool, as `login_user` returns it.",
    scopes={ME: "Read and change one's own profile.", RANDOMS: "Use one's own random numbers."},
    auto_error=False,
)


@dataclass(frozen=True)
class Caller:
    """Whoever presented the token."""

    user: User
    token: AccessToken


def authenticate(
    needed: SecurityScopes,
    access_token: Annotated[str | None, Depends(_bearer)],
    session: DbSession,
    verifier: TokenVerifier,
) -> Caller:
    """Verify the bearer token and its scopes.

    Args:
        needed: the scopes of the operation.
        access_token: from the Authorization header.
        session: the request's transaction.
        verifier: of the pool's tokens.

    Raises:
        NotAuthenticated, TokenInvalid, ScopeMissing, KeysUnavailable
    """
    if not access_token:
        raise NotAuthenticated
    token = verifier.verify(access_token)
    user = find_caller(session, token)
    if not token.scopes.issuperset(needed.scopes):
        raise ScopeMissing(needed.scopes)
    return Caller(user=user, token=token)


Me = Annotated[Caller, Security(authenticate, scopes=[ME])]
RandomsOwner = Annotated[Caller, Security(authenticate, scopes=[RANDOMS])]
