"""Identities of the demo applications: people made at will in their stores."""

import itertools
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from apiproof.access.users import User
from apiproof.jwt import ForgeryMaterial, NotApplicable, Scheme


class Residents:
    """People of a demo application.

    `settle` makes a new user by name; `credential` returns one's credential under a scheme, or
    None; `disable` disables a user.
    """

    can_create_users = True

    def __init__(
        self,
        settle: Callable[[str], Mapping[str, str]],
        credential: Callable[[str, Scheme, tuple[str, ...]], str | None],
        disable: Callable[[str], None],
        material: Callable[[str], ForgeryMaterial] = lambda _trap: ForgeryMaterial(),
    ) -> None:
        self._settle = settle
        self._credential = credential
        self._disable = disable
        self._forgery = material
        self._numbers = itertools.count()
        self._others: dict[str, User] = {}
        self._known: dict[tuple[str, str, tuple[str, ...]], str] = {}

    def users(self) -> Iterator[User]:
        yield self.new_user()

    def other(self, user: User) -> User:
        return self._others.setdefault(user.name, self.new_user())

    def credential(self, user: User, scheme: Scheme, scopes: tuple[str, ...]) -> str:
        key = (user.name, scheme.name, scopes)
        if key not in self._known:
            made = self._credential(user.name, scheme, scopes)
            if made is None:
                raise NotApplicable(f"no credential for {scheme.name}")
            self._known[key] = made
        return self._known[key]

    def material(self, _person: User, scheme: Scheme, trap_url: str) -> ForgeryMaterial:
        return self._forgery(trap_url) if scheme.bears_tokens else ForgeryMaterial()

    def invalidate(self, user: User) -> None:
        """Do nothing: somebody new comes next."""

    def is_gone(self, user: User) -> bool:  # noqa: ARG002  # true of everybody
        """Tell that it does not matter: users can be created."""
        return False

    def forget(self, user: User) -> None:
        """Do nothing: somebody new comes next."""

    def can_log_in_again(self, user: User) -> bool:  # noqa: ARG002  # true of everybody
        """Tell that it does not matter: people can be made."""
        return True

    def check_disable(self) -> None:
        """Accept: every account can be disabled."""

    def disable(self, user: User) -> None:
        self._disable(user.name)

    def secrets(self) -> list[Any]:
        return list(self._known.values())

    def new_user(self) -> User:
        name = f"resident-{next(self._numbers)}"
        return User(name, self._settle(name))
