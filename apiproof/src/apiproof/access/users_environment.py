"""Users from a test environment, here or behind its control API: as many as needed, any token."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

from apiproof.access.payloads import Hints
from apiproof.access.users import User
from apiproof.jwt import ForgeryMaterial, NotApplicable, Scheme, ends_soon
from apiproof.service import Account, Client, EnvironmentControl, Service


class TokenSigner(Protocol):
    """What only the owner of a user pool can do."""

    def sign(self, header: dict[str, Any], claims: dict[str, Any]) -> str:
        """Sign any header and claims with the key of the tokens that the service takes."""
        ...

    def id_token(self, username: str) -> str:
        """Return an id token of a user, or an access token where the service takes id tokens."""
        ...

    def jwks(self) -> list[dict[str, Any]]:
        """Return the published keys."""
        ...

    def disable(self, username: str) -> bool:
        """Disable an account as the service's operators would; False if the service can't."""
        ...

    def groups(self, username: str) -> list[str]:
        """Return the groups that a user is in."""
        ...

    def set_groups(self, username: str, groups: Sequence[str]) -> None:
        """Put a user into these groups, and into no other."""
        ...


class GeneratedUsers:
    """Strangers of an environment; each is new, so that using one up harms nobody."""

    can_create_users = True

    def __init__(self, env: EnvironmentControl, signer: TokenSigner) -> None:
        self._env = env
        self._signer = signer
        self._jwks: tuple[Mapping[str, Any], ...] = ()
        self._others: dict[str, User] = {}
        self._tokens: dict[tuple[str, tuple[str, ...]], str] = {}
        self._secrets: list[str] = []

    def users(self) -> Iterator[User]:
        """Yield one new user."""
        yield self.new_user()

    def other(self, user: User) -> User:
        """Return someone else, always the same for one user."""
        if user.name not in self._others:
            self._others[user.name] = self.new_user()
        return self._others[user.name]

    def credential(self, user: User, scheme: Scheme, scopes: tuple[str, ...]) -> str:
        """Return a token with exactly these scopes.

        Raises:
            NotApplicable: The scheme takes no tokens.
        """
        if not scheme.may_bear_tokens:
            raise NotApplicable(f"an environment has no credentials for the scheme {scheme.name}")
        key = (user.name, scopes)
        if key not in self._tokens or ends_soon(self._tokens[key]):
            self._tokens[key] = self._env.token(user.name, scopes)
            self._secrets.append(self._tokens[key])
        return self._tokens[key]

    def material(self, user: User, scheme: Scheme, trap_url: str) -> ForgeryMaterial:
        """Return the pool's own key and whatever else there is."""
        if not scheme.may_bear_tokens:
            return ForgeryMaterial()
        self._jwks = self._jwks or tuple(self._signer.jwks())
        return ForgeryMaterial(
            sign=self._signer.sign,
            jwks=self._jwks,
            id_token=lambda: self._signer.id_token(user.name),
            trap_url=trap_url,
        )

    def invalidate(self, user: User) -> None:
        """Do nothing: somebody new comes next."""

    def is_gone(self, user: User) -> bool:  # noqa: ARG002  # true of everybody
        """Tell that it does not matter: users can be created."""
        return False

    def forget(self, user: User) -> None:
        """Do nothing: somebody new comes next."""

    def can_log_in_again(self, user: User) -> bool:  # noqa: ARG002  # true of everybody
        """Tell that it does not matter: users can be created."""
        return True

    def check_disable(self) -> None:
        """Leave it to the service to say so."""

    def disable(self, user: User) -> None:
        """Disable an account.

        Raises:
            NotApplicable: The service does not say how.
        """
        if not self._signer.disable(user.name):
            raise NotApplicable("the service does not say how its operators disable an account")

    def groups_of(self, user: User) -> tuple[str, ...]:
        """Return the groups that a user is in."""
        return tuple(self._signer.groups(user.name))

    @contextmanager
    def outside(self, user: User, group: str) -> Iterator[None]:
        """Have a user leave a group while a block lasts; credentials in it are new ones."""
        groups, tokens = self.groups_of(user), self._tokens
        self._tokens = {}
        self._signer.set_groups(user.name, [each for each in groups if each != group])
        try:
            yield
        finally:
            self._tokens = tokens
            self._signer.set_groups(user.name, groups)

    def secrets(self) -> list[str]:
        """Return the tokens and passwords that were handed out."""
        return self._secrets

    def new_user(self) -> User:
        """Create a user."""
        account = self._env.new_account()
        self._secrets += [account.password, account.access_token, account.refresh_token]
        attributes = {
            "sub": account.sub,
            "user_id": account.sub,
            "username": account.username,
            "email": account.email,
        }
        return User(account.username, attributes, account=account)


class _As:
    """An environment whose shared account is one user: overrides then act for that user."""

    def __init__(self, env: EnvironmentControl, account: Account) -> None:
        self._env = env
        self._account = account

    def __getattr__(self, name: str) -> Any:
        return getattr(self._env, name)

    @property
    def client(self) -> Client:
        return self._env.client

    def shared_account(self) -> Account:
        return self._account


def hints_of(service: Service, env: EnvironmentControl) -> Hints:
    """Return what a service knows beside its document, for any user of the environment."""

    def guided(operation_id: str) -> Any:
        guide = service.request_overrides[operation_id]
        return lambda user, draft: guide(_As(env, user.account), draft)

    return Hints({name: guided(name) for name in service.request_overrides}, service.body_fixers)
