"""One-time codes: drawn, kept, expired, compared, used up.

Knows no user and no operation; whoever holds a `CodeBook` decides whose codes they are.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from apiproof.cognito.errors import CodeExpired, CodeMismatch
from apiproof.cognito.outbox import Purpose

# AWS developer guide, "Quotas": sign-up and attribute codes 24 hours, password reset 1 hour.
VALIDITY = {
    Purpose.SIGN_UP: timedelta(hours=24),
    Purpose.ATTRIBUTE: timedelta(hours=24),
    Purpose.PASSWORD_RESET: timedelta(hours=1),
}


@dataclass(frozen=True)
class Code:
    """A code on its way: it verifies `attribute` (email or phone_number) until `expires_at`."""

    value: str
    attribute: str
    expires_at: datetime


class CodeBook:
    """The outstanding codes of one user: at most one per purpose (and attribute), the newest."""

    def __init__(self) -> None:
        self._codes: dict[tuple[Purpose, str], Code] = {}

    def draw(self, purpose: Purpose, attribute: str, *, now: datetime, random: Random) -> Code:
        """Make a new code; an older one for the same purpose is dead from now on."""
        # Never below 100000, so that "000000" is a wrong code in every test.
        value = str(random.randint(100_000, 999_999))
        code = Code(value, attribute, now + VALIDITY[purpose])
        self._codes[self._key(purpose, attribute)] = code
        return code

    def redeem(self, purpose: Purpose, given: str, *, now: datetime, attribute: str = "") -> Code:
        """Use a code up.

        Raises:
            CodeExpired: none was sent, it was used before, or it is too old.
            CodeMismatch: another one was sent.
        """
        code = self.check(purpose, given, now=now, attribute=attribute)
        del self._codes[self._key(purpose, attribute)]
        return code

    def check(self, purpose: Purpose, given: str, *, now: datetime, attribute: str = "") -> Code:
        """Compare a code without using it up; raises as `redeem` does."""
        code = self._codes.get(self._key(purpose, attribute))
        if code is None or now >= code.expires_at:
            raise CodeExpired
        if given != code.value:
            raise CodeMismatch
        return code

    def cancel(self, purpose: Purpose) -> None:
        """Make the codes of a purpose worthless, e.g. after a confirmation by an administrator."""
        for key in [key for key in self._codes if key[0] is purpose]:
            del self._codes[key]

    @staticmethod
    def _key(purpose: Purpose, attribute: str) -> tuple[Purpose, str]:
        # Only attribute codes may be out for email and phone number at the same time.
        return purpose, attribute if purpose is Purpose.ATTRIBUTE else ""
