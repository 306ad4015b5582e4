"""What Cognito would have mailed: the codes, who they are for and what they are for.

It knows nothing of pools; the operations post to it, tests and people read it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from threading import Lock


class Purpose(StrEnum):
    """Why a message was sent; a plain string of the same value compares equal."""

    SIGN_UP = "sign-up"
    PASSWORD_RESET = "password-reset"  # noqa: S105 - the name of a purpose
    ATTRIBUTE = "attribute"
    INVITATION = "invitation"


@dataclass(frozen=True)
class Message:
    """One message: `code` is the confirmation code, or the temporary password of an invitation."""

    username: str
    destination: str
    code: str
    purpose: Purpose
    sent_at: datetime


class NothingSent(LookupError):
    """The outbox holds no such message."""


def _same(username: str) -> str:
    return username


class Outbox:
    """All messages since the last reset, oldest first.

    Args:
        fold: maps a username to what the pool compares, so that `last("Ada")` finds `ada` where
            the pool takes them for one user.
    """

    def __init__(self, fold: Callable[[str], str] = _same) -> None:
        self._fold = fold
        self._messages: list[Message] = []
        self._listeners: list[Callable[[Message], None]] = []
        self._lock = Lock()

    @property
    def messages(self) -> tuple[Message, ...]:
        """Everything sent so far, oldest first."""
        with self._lock:
            return tuple(self._messages)

    def last(self, username: str, purpose: str | None = None) -> Message:
        """Find the newest message to a user.

        Args:
            username: as given at sign-up, or the address; case matters where the pool says so.
            purpose: one of `Purpose`, or None for any.

        Raises:
            NothingSent: there is none; the error lists what was sent, without codes.
        """
        found = self.select(username, purpose)
        if found:
            return found[-1]
        sent = ", ".join(f"{m.purpose} to {m.username!r}" for m in self.messages) or "nothing"
        what = f"{purpose} message" if purpose else "message"
        raise NothingSent(f"No {what} was sent to {username!r}. Sent so far: {sent}.")

    def select(self, username: str | None, purpose: str | None = None) -> tuple[Message, ...]:
        """Find all messages to a username or an address, or to anyone, oldest first."""
        wanted = None if username is None else self._fold(username)
        return tuple(
            message
            for message in self.messages
            if wanted in {None, self._fold(message.username), self._fold(message.destination)}
            and purpose in {None, message.purpose}
        )

    def post(self, message: Message) -> None:
        """Keep a message and tell the listeners."""
        with self._lock:
            self._messages.append(message)
            listeners = tuple(self._listeners)
        for listener in listeners:
            listener(message)

    def listen(self, listener: Callable[[Message], None]) -> None:
        """Have `listener` called with every message from now on, e.g. to print it."""
        with self._lock:
            self._listeners.append(listener)

    def clear(self) -> None:
        """Forget all messages; listeners stay."""
        with self._lock:
            self._messages.clear()
