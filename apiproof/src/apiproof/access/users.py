"""Users and their credentials, as the probe sees them; sources are in modules of their own."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from apiproof.jwt import ForgeryMaterial, Scheme


@dataclass(frozen=True)
class User:
    """Someone with credentials.

    Attributes:
        name: For the report; no secret.
        attributes: What the service may know the person by (`sub`, `username`, `email`): values
            for path parameters, and for owner fields that must not be believed.
        headers: What every request of this person carries beside the credential.
        account: What the source itself knows of the person.
    """

    name: str
    attributes: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    account: Any = field(default=None, repr=False, compare=False)


class UserSource(Protocol):
    """A source of people and credentials."""

    @property
    def can_create_users(self) -> bool:
        """Whether people can be made at will, so that a probe may use them up."""
        ...

    def users(self) -> Iterator[User]:
        """Yield people to try, best first; a renewable source yields one new user."""
        ...

    def other(self, user: User) -> User:
        """Return someone else, with the same rights.

        Raises:
            NotMade: There is nobody else.
        """
        ...

    def credential(self, user: User, scheme: Scheme, scopes: tuple[str, ...]) -> str:
        """Return a valid credential, with exactly these scopes where the source can choose.

        Raises:
            NotMade: The person has none under this scheme.
        """
        ...

    def material(self, user: User, scheme: Scheme, trap_url: str) -> ForgeryMaterial:
        """Return what can be forged with; `trap_url` is where forged headers point."""
        ...

    def invalidate(self, user: User) -> None:
        """Take note that a person's session was ended: the next credential must be a new one."""
        ...

    def can_log_in_again(self, user: User) -> bool:
        """Tell whether a person is still of use after a sign-out."""
        ...

    def disable(self, user: User) -> None:
        """Disable a person's account, as the service's operators would.

        Raises:
            NotMade: This source cannot do that.
        """
        ...

    def secrets(self) -> Iterable[str]:
        """Return every secret that was handed out: none may turn up in an answer or a log."""
        ...
