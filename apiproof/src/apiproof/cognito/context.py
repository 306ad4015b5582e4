"""What everything in one emulator shares: the clock, the outbox, the triggers, chance and the lock.

context.clock       the time that codes, tokens and lock-outs go by; tests move it
context.outbox      what Cognito would have sent by email and SMS
context.outages     failures that tests have planned
context.triggers    Lambda triggers, as Python functions
"""

import contextlib
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from random import Random
from threading import Lock
from typing import Any

from apiproof.cognito.outages import Outages

Handler = Callable[[dict[str, Any], Any], Any]
"""A trigger: takes the event and a Lambda context (None here), returns the event."""

# Numeric dates begin with 1970; a refresh token of ten years must end before Python's last date.
_YEARS = range(1970, 9900)


class CognitoClock:
    """Real time plus an offset that tests may move.

    Codes, token lifetimes, lock-outs and the `iat`, `exp` and `auth_time` of tokens read it, so
    that a test reaches an expiry without waiting for it. It keeps ticking after a move. A service
    that verifies tokens reads its own clock: to see it refuse an expired token, move this clock to
    the past, issue one, and reset.
    """

    def __init__(self) -> None:
        self._offset = timedelta()
        self._lock = Lock()

    @property
    def offset(self) -> timedelta:
        """How far it was moved."""
        return self._offset

    def now(self) -> datetime:
        """Tell the time, in UTC."""
        return datetime.now(UTC) + self._offset

    def timestamp(self) -> int:
        """Tell the time in whole seconds since 1970, as tokens do (RFC 7519, NumericDate)."""
        return int(self.now().timestamp())

    def advance(self, by: timedelta) -> None:
        """Move forward, or back with a negative duration.

        Raises:
            ValueError: it would be too far away.
        """
        with self._lock:
            self._offset = self._checked(self._offset + by)

    def move_to(self, moment: datetime) -> None:
        """Make it `moment` now.

        Args:
            moment: a date and time with its time zone.

        Raises:
            ValueError: `moment` has no time zone, so it names no instant, or is too far away.
        """
        if moment.tzinfo is None:
            raise ValueError("The clock moves to an instant: give the datetime a tzinfo, e.g. UTC.")
        with self._lock:
            self._offset = self._checked(moment - datetime.now(UTC))

    @staticmethod
    def _checked(offset: timedelta) -> timedelta:
        try:
            year = (datetime.now(UTC) + offset).year
        except OverflowError:
            year = 0
        if year not in _YEARS:
            first, last = _YEARS[0], _YEARS[-1]
            raise ValueError(
                f"The clock moves within the years {first} to {last}, where tokens live."
            )
        return offset

    def reset(self) -> None:
        """Return to real time."""
        with self._lock:
            self._offset = timedelta()


class Purpose(StrEnum):
    """Why a message was sent; a plain string of the same value compares equal."""

    SIGN_UP = "sign-up"
    PASSWORD_RESET = "password-reset"  # noqa: S105 - the name of a purpose
    ATTRIBUTE = "attribute"
    INVITATION = "invitation"
    SIGN_IN = "sign-in"


@dataclass(frozen=True)
class Message:
    """One message: `code` is the confirmation code, or the temporary password of an invitation.

    Attributes:
        username: whom it is for.
        destination: the address or phone number it goes to.
        code: what the user types in.
        purpose: why it was sent.
        sent_at: when, by the emulator's clock.
        text: the body, from the pool's template or the CustomMessage trigger.
        subject: the subject of an email; empty for an SMS.
    """

    username: str
    destination: str
    code: str
    purpose: Purpose
    sent_at: datetime
    text: str = ""
    subject: str = ""


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
        self.fold = fold
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
        wanted = None if username is None else self.fold(username)
        return tuple(
            message
            for message in self.messages
            if wanted in {None, self.fold(message.username), self.fold(message.destination)}
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


class EmulatorContext:
    """The shared parts of one emulator; pools and operations get it handed down."""

    account_id = "123456789012"

    def __init__(self, region: str, *, hourly_limits: bool) -> None:
        self.name = self.new_id()
        self.region = region
        self.hourly_limits = hourly_limits
        # Where tokens claim to come from, without the pool's id; None for AWS.
        self.issuer: str | None = None
        self.base_url = ""  # where its web endpoints are served
        self.clock = CognitoClock()
        self.outages = Outages()
        self.outbox = Outbox()
        self.triggers: dict[str, Handler] = {}
        # One call at a time acts; `unlocked` releases it while a trigger runs.
        self.lock = Lock()
        # Codes are the same in every run, so that a failing run can be repeated.
        self.random = Random(0)  # noqa: S311 - codes of an emulator guard nothing

    @staticmethod
    def new_id() -> str:
        """Make an identifier for a token, a session or an event."""
        return str(uuid.uuid4())

    @contextlib.contextmanager
    def unlocked(self) -> Iterator[None]:
        """Let other calls in meanwhile: a trigger may well call Cognito itself."""
        self.lock.release()
        try:
            yield
        finally:
            self.lock.acquire()

    def state(self) -> tuple[timedelta, tuple[Message, ...], object]:
        """Give what a state file keeps: how far the clock was moved, messages, chance."""
        return self.clock.offset, self.outbox.messages, self.random.getstate()

    def restore(self, state: Any) -> None:
        """Take over what `state` gave."""
        offset, messages, chance = state
        self.clock.advance(offset)
        for message in messages:
            self.outbox.post(message)
        self.random.setstate(chance)

    def reset(self) -> None:
        """Forget messages, outages and the moved clock; triggers stay."""
        self.outbox.clear()
        self.outages.clear()
        self.clock.reset()
        self.random.seed(0)
