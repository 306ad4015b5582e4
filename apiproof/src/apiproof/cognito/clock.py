"""The time a stand-in Cognito lives in.

Codes, token lifetimes, lock-outs and the `iat`, `exp` and `auth_time` of tokens read this clock, so
that a test reaches an expiry without waiting for it. It knows nothing of pools or users.
"""

from datetime import UTC, datetime, timedelta
from threading import Lock


class CognitoClock:
    """Real time plus an offset that tests may move.

    It keeps ticking after a move. A service that verifies tokens reads its own clock: to see it
    refuse an expired token, move this clock to the past, mint, and reset.
    """

    def __init__(self) -> None:
        self._offset = timedelta()
        self._lock = Lock()

    def now(self) -> datetime:
        """Tell the time, in UTC."""
        return datetime.now(UTC) + self._offset

    def timestamp(self) -> int:
        """Tell the time in whole seconds since 1970, as tokens do (RFC 7519, NumericDate)."""
        return int(self.now().timestamp())

    def advance(self, by: timedelta) -> None:
        """Move forward, or back with a negative duration."""
        with self._lock:
            self._offset += by

    def move_to(self, moment: datetime) -> None:
        """Make it `moment` now.

        Args:
            moment: a date and time with its time zone.

        Raises:
            ValueError: `moment` has no time zone, so it names no instant.
        """
        if moment.tzinfo is None:
            raise ValueError("The clock moves to an instant: give the datetime a tzinfo, e.g. UTC.")
        with self._lock:
            self._offset = moment - datetime.now(UTC)

    def reset(self) -> None:
        """Return to real time."""
        with self._lock:
            self._offset = timedelta()
