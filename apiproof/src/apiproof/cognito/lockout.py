"""How Cognito slows down those who guess: password lock-out and hourly limits.

Knows no user; each user holds one of each.
"""

from datetime import datetime, timedelta

from apiproof.cognito.errors import LimitExceeded, NotAuthorized

_FREE_ATTEMPTS = 5
_LONGEST = timedelta(minutes=15)
_HOUR = timedelta(hours=1)


class PasswordAttempts:
    """Failed sign-ins of one user.

    After the n-th failure, n >= 5, sign-in is locked for 2^(n-5) seconds, at most about 15 minutes.
    Attempts during a lock-out are refused and don't count. A success, or 15 minutes without an
    attempt after a lock-out, starts anew (AWS developer guide, "Sign-in lockout behavior").
    """

    def __init__(self) -> None:
        self._failures = 0
        self._locked_until: datetime | None = None
        self._last: datetime | None = None

    def enter(self, now: datetime) -> None:
        """Begin an attempt.

        Raises:
            NotAuthorized: sign-in is locked.
        """
        if self._locked_until is not None:
            if now < self._locked_until:
                raise NotAuthorized("Password attempts exceeded")
            if self._last is not None and now >= max(self._last, self._locked_until) + _LONGEST:
                self.forget()
        self._last = now

    def fail(self, now: datetime) -> None:
        """Count a wrong password."""
        self._failures += 1
        if self._failures >= _FREE_ATTEMPTS:
            # 2^10 s is beyond the maximum already; the cap keeps the shift small.
            doublings = min(self._failures - _FREE_ATTEMPTS, 10)
            self._locked_until = now + min(timedelta(seconds=1 << doublings), _LONGEST)

    def forget(self) -> None:
        """Start anew, after a success."""
        self._failures = 0
        self._locked_until = None


class HourlyLimits:
    """What one user may ask for within an hour (AWS developer guide, "Quotas")."""

    ALLOWED = {  # noqa: RUF012 - a constant
        "ConfirmSignUp": 15,
        "ConfirmForgotPassword": 15,
        "VerifyUserAttribute": 15,
        "ResendConfirmationCode": 5,
        "ForgotPassword": 5,
        "GetUserAttributeVerificationCode": 5,
        "ChangePassword": 5,
    }

    def __init__(self) -> None:
        self._calls: dict[str, list[datetime]] = {}

    def count(self, operation: str, now: datetime) -> None:
        """Count a call.

        Raises:
            LimitExceeded: it is one too many for the last hour; it doesn't count.
        """
        recent = [at for at in self._calls.get(operation, ()) if at > now - _HOUR]
        if len(recent) >= self.ALLOWED[operation]:
            raise LimitExceeded
        self._calls[operation] = [*recent, now]
