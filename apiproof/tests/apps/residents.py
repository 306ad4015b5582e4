"""Identities of the demo applications: people made at will in their stores."""

import itertools
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from apiproof.access.identities import Person
from apiproof.jwt import Forgery, NotMade, Scheme


class Residents:
    """People of a demo application.

    `settle` makes a new user by name; `credential` returns one's credential under a scheme, or
    None; `disable` disables a user.
    """

    renewable = True

    def __init__(
        self,
        settle: Callable[[str], Mapping[str, str]],
        credential: Callable[[str, Scheme, tuple[str, ...]], str | None],
        disable: Callable[[str], None],
        forgery: Callable[[str], Forgery] = lambda _lure: Forgery(),
    ) -> None:
        self._settle = settle
        self._credential = credential
        self._disable = disable
        self._forgery = forgery
        self._numbers = itertools.count()
        self._others: dict[str, Person] = {}
        self._known: dict[tuple[str, str, tuple[str, ...]], str] = {}

    def people(self) -> Iterator[Person]:
        yield self._newcomer()

    def other(self, person: Person) -> Person:
        return self._others.setdefault(person.name, self._newcomer())

    def credential(self, person: Person, scheme: Scheme, scopes: tuple[str, ...]) -> str:
        key = (person.name, scheme.name, scopes)
        if key not in self._known:
            made = self._credential(person.name, scheme, scopes)
            if made is None:
                raise NotMade(f"no credential for {scheme.name}")
            self._known[key] = made
        return self._known[key]

    def forgery(self, _person: Person, scheme: Scheme, lure: str) -> Forgery:
        return self._forgery(lure) if scheme.bears_tokens else Forgery()

    def spent(self, person: Person) -> None:
        """Do nothing: somebody new comes next."""

    def lasting(self, person: Person) -> bool:  # noqa: ARG002  # true of everybody
        """Tell that it does not matter: people can be made."""
        return True

    def disable(self, person: Person) -> None:
        self._disable(person.name)

    def secrets(self) -> list[Any]:
        return list(self._known.values())

    def _newcomer(self) -> Person:
        name = f"resident-{next(self._numbers)}"
        return Person(name, self._settle(name))
