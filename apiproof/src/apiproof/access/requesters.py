"""Who sends a request: one user serves many, unless it may end them; lent ones are spared."""

import itertools
from collections.abc import Iterator

from apiproof.access.safeguards import Safeguards
from apiproof.access.users import User, UserSource
from apiproof.jwt import NotApplicable
from apiproof.openapi.document import Operation


class Requesters:
    """Chooses who sends: one user serves many requests, unless one may end them."""

    def __init__(self, user_source: UserSource, safeguards: Safeguards) -> None:
        self._user_source = user_source
        self._safeguards = safeguards
        self._resident: User | None = None
        self._changeable: User | None = None
        self._knowing: dict[str, User] = {}

    def prefer(self, operation: Operation, user: User | None) -> None:
        """Let a user send what an operation takes who knows what it is about."""
        if user is not None:
            self._knowing[operation.label] = user

    def of(self, operation: Operation) -> Iterator[User]:
        """Yield whom to try for an operation, best first."""
        tried = ""
        known = self._knowing.get(operation.label)
        if known is not None and not self._user_source.is_gone(known):
            yield known
        if self._user_source.can_create_users and (
            operation.method == "GET" or "{" in operation.path
        ):
            if self._resident is not None and self._user_source.is_gone(self._resident):
                self._resident = None
            self._resident = self._resident or next(self._user_source.users(), None)
            if self._resident is not None:
                tried = self._resident.name
                yield self._resident
            if self._resident is None or not self._resident.is_learnt:
                self._resident = None
        others = (user for user in self._user_source.users() if user.name != tried)
        # Whoever asks for what takes no credential is answered alike.
        is_open = not operation.secured and self._user_source.can_create_users
        yield from itertools.islice(others, int(not tried)) if is_open else others

    def instead_of(self, user: User) -> User:
        """Return an account of the run's own in place of one that was lent, where there is one."""
        if self._safeguards.destructive:
            return user
        if self._changeable is None or self._user_source.is_gone(self._changeable):
            if not self._user_source.can_create_users:
                return next(self._user_source.users(), user)
            try:
                self._changeable = self._user_source.new_user()
            except NotApplicable:
                return user
        return self._changeable

    def forget(self, user: User) -> None:
        """Take note that a user is of no more use."""
        if self._resident is not None and self._resident.name == user.name:
            self._resident = None
