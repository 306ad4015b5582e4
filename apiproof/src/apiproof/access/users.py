"""Users and their credentials, as the probe sees them; sources are in modules of their own."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

from apiproof.jwt import ForgeryMaterial, RequestAuth, Scheme


@dataclass(frozen=True)
class User:
    """Someone with credentials.

    Attributes:
        name: For the report; no secret.
        attributes: What the service may know the user by (`sub`, `username`, `email`): values
            for path parameters, and for owner fields that must not be believed.
        headers: What every request of this user carries beside the credential.
        csrf: Returns what goes along with the credential of the newest login.
        account: What the source itself knows of the user.
        details: What the service says of the user, member by member.
        password: The password, where it is known.
        is_lent: Whether the account was there before the run, so that no harm may come to it.
        is_learnt: Whether the attributes were read from the service itself, names and all.
    """

    name: str
    attributes: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    csrf: Callable[[], RequestAuth] | None = field(default=None, repr=False, compare=False)
    account: Any = field(default=None, repr=False, compare=False)
    details: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)
    password: str = field(default="", repr=False, compare=False)
    is_lent: bool = False
    is_learnt: bool = False


class UserSource(Protocol):
    """A source of users and credentials."""

    @property
    def can_create_users(self) -> bool:
        """Whether users can be made at will, so that a probe may use them up."""
        ...

    def users(self) -> Iterator[User]:
        """Yield users to try, best first; one of a source that creates users yields one."""
        ...

    def new_user(self) -> User:
        """Return a user whom nothing has used yet.

        Raises:
            NotApplicable: This source cannot create users.
        """
        ...

    def other(self, user: User) -> User:
        """Return someone else, with the same rights.

        Raises:
            NotApplicable: There is nobody else.
        """
        ...

    def credential(self, user: User, scheme: Scheme, scopes: tuple[str, ...]) -> str:
        """Return a valid credential, with exactly these scopes where the source can choose.

        Raises:
            NotApplicable: The user has none under this scheme.
        """
        ...

    def material(self, user: User, scheme: Scheme, trap_url: str) -> ForgeryMaterial:
        """Return what can be forged with; `trap_url` is where forged headers point."""
        ...

    def invalidate(self, user: User) -> None:
        """Take note that a user's session was ended: the next credential must be a new one."""
        ...

    def is_gone(self, user: User) -> bool:
        """Whether a user's account is gone, or is no longer what it was."""
        ...

    def forget(self, user: User) -> None:
        """Take note that a user's account is gone, or is no longer what it was."""
        ...

    def can_log_in_again(self, user: User) -> bool:
        """Tell whether a user is still of use after a sign-out."""
        ...

    def check_disable(self) -> None:
        """Tell whether accounts can be disabled.

        Raises:
            NotApplicable: They cannot.
        """
        ...

    def disable(self, user: User) -> None:
        """Disable a user's account, as the service's operators would.

        Raises:
            NotApplicable: This source cannot do that.
        """
        ...

    def secrets(self) -> Iterable[str]:
        """Return every secret that was handed out: none may turn up in an answer or a log."""
        ...


@runtime_checkable
class PoolUsers(Protocol):
    """Users of a pool that is the run's own, groups and all."""

    def groups_of(self, user: User) -> tuple[str, ...]:
        """Return the groups that a user is in."""
        ...

    def outside(self, user: User, group: str) -> AbstractContextManager[None]:
        """Have a user leave a group while a block lasts; credentials in it are new ones."""
        ...
