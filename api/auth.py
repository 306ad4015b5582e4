"""Who may call: named types for the signatures of operations.

`CurrentUser` and `CurrentRandomsUser` each stand for a caller with a verified token. Whether the
user is known here, not signed out, and has the scope is found out in the operation's own
transaction: the only way to the database leads through the caller.

Sources: RFC 6750 (bearer tokens), FastAPI on OAuth2 scopes.
"""

from collections.abc import Callable, Sequence
from typing import Annotated, TypeVar

from fastapi import Depends, Request, Security
from fastapi.security import OAuth2PasswordBearer, SecurityScopes
from sqlmodel import Session

from api.dependencies import AppState, State
from api.errors import NotAuthenticated, ScopeMissing, TokenInvalid
from api.identity.pre_token_generation import ME, RANDOMS
from api.identity.protocols import AccessToken
from api.types import case_key
from api.users.auth import find_caller
from api.users.models import User

T = TypeVar("T")

_bearer = OAuth2PasswordBearer(
    tokenUrl="users/login",
    scheme_name="Cognito",
    description="An access token of the user pool, as `login_user` returns it.",
    scopes={ME: "Read and change one's own profile.", RANDOMS: "Use one's own random numbers."},
    auto_error=False,
)


class AuthenticatedUser:
    """Whoever presented the token."""

    def __init__(self, state: AppState, token: AccessToken, needed: Sequence[str]) -> None:
        self.token = token
        self._state = state
        self._needed = needed

    @property
    def row(self) -> str:
        """Names the user's own row, for work that changes it or refers to it anew."""
        return f"user {self.token.sub}"

    async def run(self, work: Callable[[Session, User], T], *, row: str | None = None) -> T:
        """Do work in a transaction, in a thread, for the user.

        Args:
            work: gets the transaction and the user, and asks nobody but the database.
            row: names the row that it changes, for which it may have to wait.

        Raises:
            TokenInvalid, ScopeMissing, DatabaseUnavailable
        """
        return await self._state.database.run(lambda db: work(db, self._found(db)), row=row)

    async def ask(self, work: Callable[[User], T]) -> T:
        """Do work that asks the identity provider, in a thread, for the user.

        Args:
            work: gets the user, and opens transactions as it needs them.

        Raises:
            TokenInvalid, ScopeMissing, DatabaseUnavailable, IdentityUnavailable
        """

        def within() -> T:
            with self._state.account_rows.begin() as db:
                user = self._found(db)
            return work(user)

        return await self._state.accounts.run(within, row=case_key(self.token.username))

    async def require(self) -> None:
        """Refuse a caller who may not call, where something else is wrong as well.

        Raises:
            TokenInvalid, ScopeMissing, DatabaseUnavailable
        """
        await self.run(lambda _db, _user: None)

    def _found(self, db: Session) -> User:
        user = find_caller(db, self.token)
        if not self.token.scopes.issuperset(self._needed):
            raise ScopeMissing(self._needed)
        return user


async def authenticate(
    request: Request,
    needed: SecurityScopes,
    access_token: Annotated[str | None, Depends(_bearer)],
    state: State,
) -> AuthenticatedUser:
    """Verify the bearer token.

    Args:
        request: remembers the caller, so that a bad token is told before a bad body.
        needed: the scopes of the operation.
        access_token: from the Authorization header.
        state: verifies it.

    Raises:
        NotAuthenticated, TokenInvalid, KeysUnavailable
    """
    if not access_token:
        raise NotAuthenticated
    if len(request.headers.getlist("Authorization")) > 1:
        # A proxy before us may have read the other one.
        raise TokenInvalid
    token = await state.verify(access_token)
    caller = AuthenticatedUser(state, token, needed.scopes)
    request.state.caller = caller
    return caller


CurrentUser = Annotated[AuthenticatedUser, Security(authenticate, scopes=[ME])]
CurrentRandomsUser = Annotated[AuthenticatedUser, Security(authenticate, scopes=[RANDOMS])]
