"""Whether names of users can be told from names of nobody, and whether logins are limited.

Only accounts of the run's own are named, and with wrong passwords only.
"""

import re
import statistics
import time
from collections.abc import Iterator
from typing import Any

from apiproof.access.accounts import Accounts
from apiproof.access.fields import EMAIL_FIELD, NAME_FIELD, PASSWORD_FIELD, fields_of, with_field
from apiproof.access.http import Request, RequestContent, Response
from apiproof.access.logins import find_login, words_of
from apiproof.access.prepare import RequestPreparer
from apiproof.access.report import Cell, Finding, evaluated
from apiproof.access.resources import nonexistent_id
from apiproof.access.response_diff import diff, normalize
from apiproof.access.users import User
from apiproof.openapi.document import Operation

CHECK, LIMIT = "users_not_enumerable", "logins_limited"
ROUNDS = 4  # of which each names a user and nobody
LEAST = 0.03  # seconds that tell
_RESET = re.compile(r"reset|forgot|recover|resend", re.IGNORECASE)


class EnumerationProbe:
    """Asks for users and for nobody, and compares."""

    def __init__(self, preparer: RequestPreparer, accounts: Accounts, attempts: int = 0) -> None:
        """Prepare.

        Args:
            preparer: Sends requests.
            accounts: Of the run's own.
            attempts: How many wrong logins to send, to see whether they are limited; 0 for none.
        """
        self._preparer = preparer
        self._accounts = accounts
        self._attempts = attempts
        self._login = find_login(preparer.security, preparer.payloads)

    def probe(self, operation: Operation) -> Iterator[tuple[Cell, list[Finding]]]:
        """Try one public operation that takes a name."""
        if not self._accounts.can_create_users:
            return
        is_login = operation == self._login
        is_reset = (
            operation.method == "POST"
            and not operation.secured
            and _RESET.search(words_of(operation))
        )
        if not is_login and not is_reset:
            return
        user = self._accounts.new_user() if is_login else next(self._accounts.users())
        yield self._compared(operation, user, "login" if is_login else "reset")
        if is_login and self._attempts:
            yield self._limited(operation, user)

    def _compared(self, operation: Operation, user: User, case: str) -> tuple[Cell, list[Finding]]:
        known: list[Response] = []
        unknown: list[Response] = []
        times: tuple[list[float], list[float]] = ([], [])
        for number in range(ROUNDS):
            for nobody, answers in ((False, known), (True, unknown)):
                request = self._request(operation, user, number, nobody=nobody)
                began = time.perf_counter()
                answers.append(self._preparer.sender.send(request))
                times[nobody].append(time.perf_counter() - began)
        note = ""
        names = [*user.attributes.values(), *map(nonexistent_id, user.attributes.values())]
        parts = [[normalize(answer, names) for answer in answers] for answers in (known, unknown)]
        noise = diff(parts[1][0], parts[1][1]) | diff(parts[0][0], parts[0][1])
        if _is_limited([*known, *unknown]):
            note = ""
        elif diff(parts[0][0], parts[1][0]) - noise:
            note = (
                f"tells users from nobody: {known[0].status} {_short(known[0])} for a user, "
                f"{unknown[0].status} {_short(unknown[0])} for nobody"
            )
        elif _differ(*times):
            slow, fast = (statistics.median(each) * 1000 for each in times)
            note = (
                f"tells users from nobody by time: {slow:.0f} ms for a user, {fast:.0f} for nobody"
            )
        kind = "" if not note else "by time" if "by time" in note else "by answer"
        return evaluated(operation, CHECK, case, (known[0], unknown[0]), note, kind=kind)

    def _request(self, operation: Operation, user: User, number: int, *, nobody: bool) -> Request:
        media, _ = self._preparer.payloads.body_schema(operation)
        body: Any = self._preparer.payloads.full_body(operation)
        own = {name.lower(): value for name, value in user.attributes.items()}
        email = next((value for name, value in own.items() if EMAIL_FIELD.search(name)), user.name)
        login_name = self._accounts.login_name(user) or user.name
        values = {}
        for path, _ in fields_of(body):
            name = path[-1]
            if PASSWORD_FIELD.search(name):
                body = with_field(body, path, f"Wr0ng-{number}-passw0rd!")
            elif EMAIL_FIELD.search(name) or NAME_FIELD.search(name):
                known = own.get(name.lower()) or (email if EMAIL_FIELD.search(name) else login_name)
                body = with_field(body, path, nonexistent_id(known, number) if nobody else known)
        for name in operation.path_parameters:
            known = email if EMAIL_FIELD.search(name) else own.get(name.lower(), user.name)
            values[name] = nonexistent_id(known, number) if nobody else known
        return Request(operation, values, RequestContent(body=body, media=media))

    def _limited(self, operation: Operation, user: User) -> tuple[Cell, list[Finding]]:
        """Send wrong passwords: one must be put off, or the right one refused in the end."""
        answers: list[Response] = []
        for number in range(self._attempts):
            request = self._request(operation, user, number, nobody=False)
            answers.append(self._preparer.sender.send_once(request))
            if answers[-1].status in {423, 429}:
                break
        is_limited = answers[-1].status in {423, 429} or not self._accounts.can_still_log_in(user)
        self._accounts.forget(user)
        note = "" if is_limited else f"{self._attempts} wrong passwords in a row, and no limit"
        return evaluated(
            operation, LIMIT, "login", answers[-1:], note, kind="no limit" if note else ""
        )


def _is_limited(answers: list[Response]) -> bool:
    return any(answer.status in {423, 429} or answer.failure for answer in answers)


def _short(answer: Response) -> str:
    return repr(answer.text[:60])


def _differ(known: list[float], unknown: list[float]) -> bool:
    """Whether every answer about a user took clearly longer than every one about nobody."""
    return min(known) > 2 * max(unknown) and min(known) - max(unknown) > LEAST
