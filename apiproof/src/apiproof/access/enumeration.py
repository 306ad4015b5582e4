"""Whether names of users can be told from names of nobody, and whether logins are limited.

Only accounts of the run's own are named, and with wrong passwords only; where there are none, one
user of the file is, once at the login, and at a reset of passwords where that is asked for.
"""

import itertools
import re
import statistics
import time
from collections.abc import Iterator
from typing import Any

from apiproof.access.accounts import Accounts
from apiproof.access.example_values import fits
from apiproof.access.fields import EMAIL_FIELD, NAME_FIELD, PASSWORD_FIELD, fields_of, with_field
from apiproof.access.http import Request, RequestContent, Response
from apiproof.access.logins import find_login, has_password, words_of
from apiproof.access.prepare import RequestPreparer
from apiproof.access.report import AccessFinding, Cell, evaluated, skipped
from apiproof.access.resources import nonexistent_id
from apiproof.access.response_diff import diff, normalize
from apiproof.access.safeguards import spare_account
from apiproof.access.users import User
from apiproof.openapi.document import Operation

CHECK, LIMIT = "users_not_enumerable", "logins_limited"
ROUNDS = 3  # of which each names a user and nobody
LEAST = 0.03  # seconds that tell
_RESET = re.compile(r"reset|forgot|recover|resend", re.IGNORECASE)


class EnumerationProbe:
    """Asks for users and for nobody, and compares."""

    def __init__(
        self,
        preparer: RequestPreparer,
        accounts: Accounts,
        attempts: int = 0,
        *,
        resets: bool = False,
    ) -> None:
        """Prepare.

        Args:
            preparer: Sends requests.
            accounts: Of the run's own.
            attempts: How many wrong logins to send, to see whether they are limited; 0 for none.
            resets: Whether to ask for a new password of a user of the file: mail may go out.
        """
        self._preparer = preparer
        self._accounts = accounts
        self._attempts, self._resets = attempts, resets
        self._login = find_login(preparer.security, preparer.payloads)
        if self._login is not None:
            preparer.safeguards.take_for_login(self._login)

    def probe(self, operation: Operation) -> Iterator[tuple[Cell, list[AccessFinding]]]:
        """Try one public operation that takes a name."""
        is_login = operation == self._login
        is_reset = (
            operation.method == "POST"
            and not operation.secured
            and _RESET.search(words_of(operation))
        )
        if not self._accounts.can_create_users:
            if is_login and not operation.secured:
                yield from self._once(operation)
            elif is_reset and not has_password(self._preparer.payloads, operation):
                yield from self._reset_once(operation)
            return
        if not is_login and not is_reset:
            return
        user = spare_account(self._accounts) if is_login else next(self._accounts.users())
        yield self._compared(operation, user, "login" if is_login else "reset")
        if is_login and self._attempts:
            yield self._limited(operation, user)
        if is_login:
            self._accounts.forget(user)  # wrong passwords may have locked it

    def _once(self, operation: Operation) -> Iterator[tuple[Cell, list[AccessFinding]]]:
        """Send one wrong password for a user of the file, and the right one: nothing is locked."""
        user = min(self._accounts.lent(), key=self._accounts.rank)
        if not self._accounts.login_name(user) or not self._accounts.can_log_in_again(user):
            return
        known = self._preparer.sender.send_once(self._request(operation, user, 0, nobody=False))
        self._accounts.can_still_log_in(user)  # which also sets counts of failures back
        unknown = [
            self._preparer.sender.send_once(self._request(operation, user, number, nobody=True))
            for number in range(2)
        ]
        note = self._difference(operation, user, [known], unknown)
        kind = "by answer" if note else ""
        yield evaluated(operation, CHECK, "login", (known, unknown[0]), note, kind=kind)

    def _reset_once(self, operation: Operation) -> Iterator[tuple[Cell, list[AccessFinding]]]:
        """Ask for a new password of a user of the file, who may get mail, and of nobody."""
        user = min(self._accounts.lent(), key=self._accounts.rank)
        if not self._resets:
            reason = (
                "mail may go to a user of the file, and no other account is there (see --resets)"
            )
            yield skipped(operation, "reset", reason, CHECK), []
            return
        if not self._names(operation, user):
            reason = f"nothing says what {user.name} is known by there"
            yield skipped(operation, "reset", reason, CHECK), []
            return
        self._preparer.safeguards.take_for_login(operation)
        known, *unknown = [
            self._preparer.sender.send_once(self._request(operation, user, number, nobody=nobody))
            for number, nobody in ((0, False), (0, True), (1, True))
        ]
        note = (
            ""
            if _is_limited([known, *unknown])
            else self._difference(operation, user, [known], unknown)
        )
        kind = "by answer" if note else ""
        yield evaluated(operation, CHECK, "reset", (known, unknown[0]), note, kind=kind)

    def _names(self, operation: Operation, user: User) -> bool:
        """Whether a request can name a user as the service knows them."""
        said = {
            str(value)
            for _, value in fields_of(self._request(operation, user, 0, nobody=False).content.body)
        }
        own = {*user.attributes.values(), self._accounts.login_name(user)}
        takes = [path[-1] for path, _ in fields_of(self._preparer.payloads.full_body(operation))]
        has_address = any("@" in one for one in own)
        return bool(said & own) and (has_address or not any(map(EMAIL_FIELD.search, takes)))

    def _difference(
        self, operation: Operation, user: User, known: list[Response], unknown: list[Response]
    ) -> str:
        """Say how answers about a user differ from answers about nobody; empty where they do not.

        Whatever was sent is blanked in the answers, and what differs between two of a kind is left
        out.
        """
        sent = [
            value
            for nobody, answers in ((False, known), (True, unknown))
            for number in range(len(answers))
            for _, value in fields_of(
                self._request(operation, user, number, nobody=nobody).content.body
            )
        ]
        names = [*user.attributes.values(), *map(nonexistent_id, user.attributes.values()), *sent]
        parts = [[normalize(answer, names) for answer in answers] for answers in (known, unknown)]
        noise = {
            name
            for answers in parts
            for one, other in itertools.pairwise(answers[:2])
            for name in diff(one, other)
        }
        if not diff(parts[0][0], parts[1][0]) - noise:
            return ""
        return (
            f"tells users from nobody: {known[0].status} {_short(known[0])} for a user, "
            f"{unknown[0].status} {_short(unknown[0])} for nobody"
        )

    def _compared(
        self, operation: Operation, user: User, case: str
    ) -> tuple[Cell, list[AccessFinding]]:
        known: list[Response] = []
        unknown: list[Response] = []
        times: tuple[list[float], list[float]] = ([], [])
        for number in range(ROUNDS):
            for nobody, answers in ((False, known), (True, unknown)):
                request = self._request(operation, user, number, nobody=nobody)
                began = time.perf_counter()
                answers.append(self._preparer.sender.send(request))
                times[nobody].append(time.perf_counter() - began)
            if not (_differ(*times) or self._difference(operation, user, known, unknown)):
                break  # no further answer can tell them apart
        note = ""
        if not _is_limited([*known, *unknown]):
            note = self._difference(operation, user, known, unknown)
        if not note and not _is_limited([*known, *unknown]) and _differ(*times):
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
        login_name = self._accounts.login_name(user) or user.name
        address = login_name if "@" in login_name else user.name
        email = next((value for name, value in own.items() if EMAIL_FIELD.search(name)), address)
        values = {}
        for path, _ in fields_of(body):
            name = path[-1]
            if PASSWORD_FIELD.search(name):
                schema = self._preparer.payloads.schema_at(operation, path)
                wrong = (f"Wr0ng-{number}-passw0rd!", f"Wr0ng!{number}", f"97531{number % 10}")
                chosen = next((one for one in wrong if fits(schema, one)), wrong[0])
                body = with_field(body, path, chosen)
            elif EMAIL_FIELD.search(name) or NAME_FIELD.search(name):
                known = own.get(name.lower()) or (email if EMAIL_FIELD.search(name) else login_name)
                body = with_field(body, path, nonexistent_id(known, number) if nobody else known)
        for parameter in self._preparer.payloads.path_parameters(operation):
            name = str(parameter["name"])
            if choices := self._preparer.payloads.resolve(parameter.get("schema", {})).get("enum"):
                values[name] = choices[0]  # a version, say
                continue
            known = email if EMAIL_FIELD.search(name) else own.get(name.lower(), user.name)
            values[name] = nonexistent_id(known, number) if nobody else known
        return Request(operation, values, RequestContent(body=body, media=media))

    def _limited(self, operation: Operation, user: User) -> tuple[Cell, list[AccessFinding]]:
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
