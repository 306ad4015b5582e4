"""What a state may change for the length of one interaction: the environment, and who is calling.

States act on it; whoever verifies the interaction reads it.
"""

import contextlib
from typing import TYPE_CHECKING, Self

from apiproof.service import Account

if TYPE_CHECKING:
    from types import TracebackType

    from apiproof.environment import Environment


class StateContext:
    """What one interaction's states did; as a context manager it clears up.

    Attributes:
        env: The environment.
        users: Those whom the states have created, by username.
        caller: Who sends the request; None while no state has named anyone.
        token: The access token that takes the place of the consumer's bearer token; None leaves
            the header as the consumer wrote it.
        teardowns: What undoes the states, the last one first.
    """

    def __init__(self, env: "Environment") -> None:
        self.env = env
        self.users: dict[str, Account] = {}
        self.caller: Account | None = None
        self.token: str | None = None
        self._is_token_chosen = False
        self.teardowns = contextlib.ExitStack()

    def add_user(self, account: Account) -> Account:
        """Bring someone in who is not the caller."""
        self.users[account.username] = account
        return account

    def act_as(self, account: Account) -> Account:
        """Make someone the caller, and their token the request's unless a state chose another."""
        self.caller = self.add_user(account)
        if not self._is_token_chosen:
            self.token = account.access_token
        return account

    def keep_authorization(self) -> None:
        """Have the header sent as the consumer wrote it: the interaction is about a bad token."""
        self.token = None
        self._is_token_chosen = True

    def send_token(self, token: str) -> None:
        """Have another access token sent, such as one that has expired."""
        self.token = token
        self._is_token_chosen = True

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: "type[BaseException] | None",
        error: BaseException | None,
        trace: "TracebackType | None",
    ) -> None:
        self.teardowns.close()
