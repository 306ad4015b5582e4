"""The model of accounts: who there should be, and which of their tokens should open anything.

Small on purpose: it knows what the API promises, and nothing of how it keeps the promise. Where an
outage left an answer open, it looks at what is there (`Person.observe`) and goes on from that.
"""

from dataclasses import dataclass, field
from enum import Enum

from apiproof.cognito.users import HourlyQuota
from apiproof.strategies import Signup
from tests.property.api_driver import PASSWORD
from tests.property.snapshots import Row, Traces

NAMES = ("ada", "Grace", "0il.k@x+y-z_")
ADDRESSES = tuple(f"Person-{number}@example.com" for number in range(len(NAMES)))


class Status(Enum):
    """What the user pool should say of someone."""

    ABSENT = "absent"
    WAITING = "UNCONFIRMED"
    VERIFIED = "CONFIRMED"


@dataclass
class Session:
    """Tokens of one login.

    Attributes:
        sub: whose they are.
        alive: whether the API should take them; None where an outage left it open.
        renewable: whether Cognito should; likewise.
        used_up: whether its refresh token has been exchanged for another, where they rotate.
    """

    sub: str
    access: str = field(repr=False)
    refresh: str = field(repr=False)
    alive: bool | None = True
    renewable: bool | None = True
    used_up: bool | None = False


@dataclass
class Person:
    """Someone who may have an account.

    Attributes:
        status: in the user pool.
        sub: of the account in the pool, if there is one.
        row_sub: of the row in the database, if there is one.
        passwords: one of them is in force.
        may_reset: whether a reset code is out; None where an outage left it open.
        failures: wrong passwords in a row, at most.
        is_shut: whether an operator has disabled the account.
    """

    name: str
    status: Status = Status.ABSENT
    sub: str | None = None
    row_sub: str | None = None
    passwords: set[str] = field(default_factory=lambda: {PASSWORD})
    sessions: list[Session] = field(default_factory=list)
    may_reset: bool | None = False
    failures: int = 0
    calls: dict[str, int] = field(default_factory=dict)
    is_shut: bool = False

    def signup(self, spelt: str, password: str) -> Signup:
        """What they sign up with."""
        if self.name in ADDRESSES:
            return Signup(spelt, spelt, password)
        return Signup(spelt, ADDRESSES[NAMES.index(self.name)], password)

    @property
    def is_whole(self) -> bool:
        """Both sides know of the same account, or neither of any."""
        return self.sub == self.row_sub

    @property
    def can_sign_up(self) -> bool:
        """Nobody holds the name; what one side alone knows of makes way, unless it is verified."""
        return self.sub is None or not (self.is_whole or self.status is Status.VERIFIED)

    def opens(self, session: Session) -> bool | None:
        """Whether the API should take the access token of a session."""
        return session.alive if session.sub == self.row_sub else False

    def renews(self, session: Session) -> bool | None:
        """Whether both the API and Cognito should continue a session."""
        known = self.is_known(session)
        if session.used_up or known is False:
            return False
        return None if session.used_up is None else known

    def is_known(self, session: Session) -> bool | None:
        """Whether both the API and Cognito should take a session for one that goes on."""
        if session.sub != self.sub or False in {self.opens(session), session.renewable}:
            return False
        return None if None in {session.alive, session.renewable} else True

    def may_exceed(self, operation: str) -> bool:
        """Count a call that Cognito limits by the hour, and say whether it may be one too many."""
        self.calls[operation] = self.calls.get(operation, 0) + 1
        return self.calls[operation] > HourlyQuota.ALLOWED[operation]

    def signed_up(self, sub: str, password: str) -> None:
        """They have a new account, which waits for its code."""
        self.status, self.row_sub = Status.WAITING, sub
        self._begin(sub, password)

    def deleted(self, session: Session) -> None:
        """They have deleted the account that a session is of."""
        self.row_sub = None
        if self.sub == session.sub:
            self.status, self.sub = Status.ABSENT, None

    def end_sessions(self, *, surely: bool) -> None:
        """All their sessions are over, or may be."""
        for session in self.sessions:
            session.alive = session.alive and (False if surely else None)
            session.renewable = session.renewable and (False if surely else None)

    def observe(self, seen: Traces, password: str) -> None:
        """Take over what is there, after an outage left an answer open.

        Args:
            seen: what is there; without tables while the database is away.
            password: what a new account would have.
        """
        account = self._mine(tuple(seen.accounts.values()), "name")
        self.status = Status(account["status"]) if account else Status.ABSENT
        sub = account["sub"] if account else None
        if sub not in {None, self.sub}:
            self._begin(sub, password)
        self.sub = sub
        if "users" in seen.rows:
            row = self._mine(seen.users, "username")
            self.row_sub = row["sub"] if row else None

    def _mine(self, rows: tuple[Row, ...], column: str) -> Row | None:
        return next((row for row in rows if row[column].lower() == self.name.lower()), None)

    def _begin(self, sub: str | None, password: str) -> None:
        self.sub, self.passwords = sub, {password}
        self.failures, self.may_reset = 0, False
        self.calls.clear()
