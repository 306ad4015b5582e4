"""Where credentials come from, as the probe sees it; sources are in modules of their own.

It must not know any source.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from apiproof.jwt import Forgery, Scheme


@dataclass(frozen=True)
class Person:
    """Someone with credentials.

    Attributes:
        name: For the matrix; no secret.
        attributes: What the service may know the person by (`sub`, `username`, `email`): values
            for path parameters, and for owner fields that must not be believed.
        headers: What every request of this person carries beside the credential.
        account: What the source itself knows of the person.
    """

    name: str
    attributes: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    account: Any = field(default=None, repr=False, compare=False)


class Identities(Protocol):
    """A source of people and credentials."""

    @property
    def renewable(self) -> bool:
        """Whether people can be made at will, so that a probe may use them up."""
        ...

    def people(self) -> Iterator[Person]:
        """Yield people to try, best first; a renewable source yields one newcomer."""
        ...

    def other(self, person: Person) -> Person:
        """Return someone else, with the same rights.

        Raises:
            NotMade: There is nobody else.
        """
        ...

    def credential(self, person: Person, scheme: Scheme, scopes: tuple[str, ...]) -> str:
        """Return a valid credential, with exactly these scopes where the source can choose.

        Raises:
            NotMade: The person has none under this scheme.
        """
        ...

    def forgery(self, person: Person, scheme: Scheme, lure: str) -> Forgery:
        """Return what can be forged with; `lure` is where forged headers point."""
        ...

    def spent(self, person: Person) -> None:
        """Take note that a person's session was ended: the next credential must be a new one."""
        ...

    def lasting(self, person: Person) -> bool:
        """Tell whether a person is still of use after a sign-out."""
        ...

    def disable(self, person: Person) -> None:
        """Disable a person's account, as the service's operators would.

        Raises:
            NotMade: This source cannot do that.
        """
        ...

    def secrets(self) -> Iterable[str]:
        """Return every secret that was handed out: none may turn up in an answer or a log."""
        ...
