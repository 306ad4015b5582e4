"""Tokens that run out while the run lasts: where no key forges an expired one, one is lived out.

Source: RFC 7519, 4.1.4 (a small leeway is allowed); RFC 6749, 5.1 (`expires_in`); CWE-613.
"""

import contextlib
import time
from collections.abc import Collection, Iterator
from email.utils import parsedate_to_datetime
from typing import Any

from apiproof.access.accounts import Accounts
from apiproof.access.http import NotPrepared, Response
from apiproof.access.login_steps import LoginFailed
from apiproof.access.prepare import RequestPreparer
from apiproof.access.report import Result, evaluated, skipped
from apiproof.access.session_tokens import SessionTokenProbe, TokenRead
from apiproof.access.users import User
from apiproof.jwt import NotApplicable, decode_unverified
from apiproof.openapi.document import Operation

CHECK, CASE = "forged_tokens_rejected", "lived-out"
LONGEST = 20.0  # seconds that a fresh token is waited for
LEEWAY = 65.0  # seconds after its end at which nothing excuses a token
SECOND = 1.0  # for times that are told in whole seconds

now, sleep = time.time, time.sleep


class LivedOutProbe:
    """Shows a token after its end."""

    def __init__(
        self, preparer: RequestPreparer, accounts: Accounts, tokens: SessionTokenProbe
    ) -> None:
        """Prepare.

        Args:
            preparer: Of the run's requests.
            accounts: Whose tokens.
            tokens: Knows reads that tell whether a token serves.
        """
        self._preparer, self._accounts, self._tokens = preparer, accounts, tokens

    def run(self, exercised: Collection[Operation]) -> Iterator[Result]:
        """Live one token out, if it is short, and show it where it served.

        Args:
            exercised: The operations that were tried.
        """
        first = next((one for one in exercised if one.secured), None)
        user = self._tokens.user()
        if self._accounts.has_key or first is None or user is None:
            return
        try:
            left = self._left(first, user)
            if left is None:
                yield skipped(first, CASE, "nothing says when a token ends", CHECK), []
            elif left > LONGEST:
                reason = f"a token lives {left:.0f} s, and {LONGEST:.0f} s are waited for at most"
                yield skipped(first, CASE, reason, CHECK), []
            elif (read := next(self._tokens.reads(user), None)) is not None:
                yield from self._tried(read, user)
        except (NotPrepared, NotApplicable, LoginFailed) as reason:
            yield skipped(first, CASE, str(reason), CHECK), []

    def _left(self, operation: Operation, user: User) -> float | None:
        """Return how many seconds a user's token still lives; None where nothing says it."""
        for choice in self._preparer.security.alternatives[operation.security]:
            with contextlib.suppress(NotApplicable):
                token = self._accounts.credential(user, choice[0].scheme, ())
                ends = _end_of(token, self._accounts.login_answer(user)[0], now())
                return None if ends is None else ends - now()
        return None

    def _tried(self, read: TokenRead, user: User) -> Iterator[Result]:
        self._accounts.invalidate(user)
        began = now()
        token = self._accounts.credential(user, read.scheme, ())
        opened = self._tokens.opens(read, user, token)
        ends = _end_of(token, self._accounts.login_answer(user)[0], began)
        operation = read.request.operation
        if ends is None or not opened.ok:
            yield skipped(operation, CASE, "a fresh token does not serve", CHECK), []
            return
        ends -= _ahead(opened)
        answer = self._at(ends + SECOND, read, user, token)
        if answer.ok:
            answer = self._at(ends + LEEWAY, read, user, token)
        note = ""
        if answer.ok:
            note = f"takes a token {LEEWAY:.0f} s after its end: let in, 401 is due"
        kind = "let in" if note else ""
        yield evaluated(operation, CHECK, CASE, (answer,), note, kind=kind)

    def _at(self, when: float, read: TokenRead, user: User, token: str) -> Response:
        """Show a token at a time of this machine's clock."""
        sleep(max(when - now(), 0))
        return self._tokens.opens(read, user, token)


def _end_of(token: str, answer: Any, began: float) -> float | None:
    """Return when a token ends, in seconds since 1970; None where nothing says it."""
    parsed = decode_unverified(token)
    said = parsed.claims.get("exp") if parsed else None
    if isinstance(said, int | float):
        return float(said)
    lives = answer.get("expires_in") if isinstance(answer, dict) else None
    return began + lives if isinstance(lives, int | float) else None


def _ahead(answer: Response) -> float:
    """Return how many seconds a service's clock is ahead of this machine's; 0 if it is not told."""
    try:
        said = parsedate_to_datetime(answer.headers.get("date", "")).timestamp()
    except (ValueError, TypeError):
        return 0.0
    ahead = said - now()
    return ahead if abs(ahead) > 2 * SECOND else 0.0
