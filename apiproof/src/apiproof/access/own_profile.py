"""Operations that say who their caller is: which they are, and whether they tell of the caller.

They are learnt from paths, names, tags and declared answers.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from apiproof.access.fields import EMAIL_FIELD, NAME_FIELD, fields_of
from apiproof.access.http import Response
from apiproof.access.payloads import PayloadSource
from apiproof.access.prepare import RequestPreparer
from apiproof.access.report import AccessFinding, Cell, evaluated, skipped
from apiproof.access.requirements import SecurityModel
from apiproof.access.users import User
from apiproof.jwt import NotApplicable
from apiproof.openapi.document import Operation

MOST = 2
ENOUGH = 2  # points
CASE = "own-profile"
_PATH = re.compile(
    r"/(me|self|myself|profile|whoami|account|userinfo|current[-_]?user|user)/?$"
    r"|/(users?|account)/(me|self|current|profile|info)/?$",
    re.IGNORECASE,
)
_WORDS = re.compile(
    r"who[-_ ]?am[-_ ]?i|\b(my|own)[-_ ]?(profile|account|user|data|details|info)\b"
    r"|(current|logged[-_ ]?in|signed[-_ ]?in|authenticated)[-_ ]?user|user[-_ ]?info"
    r"|\b(get|read|show|fetch|view)[-_ ]?(me|self|profile|account)\b",
    re.IGNORECASE,
)
_TAG = re.compile(r"^(me|profile|account|current user|identity)$", re.IGNORECASE)


_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_ID = re.compile(r"(.*user_?)?(id|uuid)|pk|.*sub", re.IGNORECASE)
_BY_NAME = re.compile(
    r"/(get[-_]?)?(users?|accounts?|profiles?|customers?|members?)(/v\d+)?/\{[^}]+\}/?$",
    re.IGNORECASE,
)


def own_profiles(security: SecurityModel, payloads: PayloadSource) -> list[Operation]:
    """Return the operations that tell a caller about the own account, best first.

    Args:
        security: The document's operations.
        payloads: Its declared answers.
    """
    ranked = [
        (points, operation)
        for operation in security.operations
        if (points := _points(operation, payloads)) >= ENOUGH
    ]
    ranked.sort(key=lambda one: -one[0])
    if ranked:
        return [operation for _, operation in ranked[:MOST]]
    # Without one for the caller alone, what everybody is read by serves as well.
    return [
        operation
        for operation in security.operations
        if operation.method == "GET"
        and operation.path.count("{") == 1
        and _BY_NAME.search(operation.path)
    ][:1]


def _points(operation: Operation, payloads: PayloadSource) -> int:
    if operation.method != "GET" or not operation.security or "{" in operation.path:
        return 0
    definition = operation.definition
    name = operation.operation_id.rpartition(".")[2].replace("_", " ")
    words = [name, str(definition.get("summary", "")), str(definition.get("description", ""))]
    tags = [str(tag) for tag in definition.get("tags", ())]
    answer = payloads.answer_example(operation)
    return (
        4 * bool(_PATH.search(operation.path))
        + 2 * any(_WORDS.search(text) for text in words)
        + any(_TAG.search(tag) for tag in tags)
        + 2 * _is_user(answer)
        - 4 * isinstance(answer, list)
    )


def _is_user(answer: Any) -> bool:
    """Whether an answer is one user: an object with a name or an address, and no list of them."""
    if not isinstance(answer, Mapping):
        return False
    names = [path[-1] for path, value in fields_of(answer) if not isinstance(value, list)]
    holds_list = any(
        isinstance(value, list) and value and isinstance(value[0], Mapping)
        for _, value in fields_of(answer)
    )
    return not holds_list and any(
        EMAIL_FIELD.search(name) or NAME_FIELD.search(name) for name in names
    )


class OwnProfileProbe:
    """Has two users ask who they are: told the same, one of them is told of another."""

    def __init__(self, preparer: RequestPreparer) -> None:
        self._preparer = preparer

    def probe(self, operation: Operation) -> Iterator[tuple[Cell, list[AccessFinding]]]:
        """Try one operation.

        Raises:
            NotPrepared: There is no request to send.
        """
        if _points(operation, self._preparer.payloads) < ENOUGH:
            return
        mine = self._preparer.prepared(operation)
        try:
            other = self._preparer.user_source.other(mine.user)
        except NotApplicable as reason:
            yield skipped(operation, CASE, str(reason)), []
            return
        theirs = self._preparer.prepared(operation, user=other)
        answers = [self._preparer.send_valid(each) for each in (mine, theirs)]
        note = (
            "two users are told the same of themselves"
            if is_same_account(answers, (mine.user, other))
            else ""
        )
        yield evaluated(
            operation, "ownership_enforced", CASE, answers[:1], note, kind="let in" if note else ""
        )


def is_same_account(answers: list[Response], users: tuple[User, User]) -> bool:
    """Whether two users are shown one person: whatever tells people apart is the same for both.

    Args:
        answers: What each of them was answered.
        users: Who they are.
    """
    known = {str(value) for user in users for value in user.attributes.values()}
    mine, theirs = (_identity(answer, known) for answer in answers)
    return bool(mine) and mine == theirs


def _identity(answer: Response, known: set[str]) -> dict[tuple[str, ...], str]:
    """Return what an answer tells a person by: an address, a UUID, a number, a known name."""
    if not answer.ok or not isinstance(answer.json, Mapping):
        return {}
    found = {
        path: value for path, value in fields_of(answer.json) if _tells(path[-1], value, known)
    }
    return {path: str(value) for path, value in found.items()}


def _tells(name: str, value: Any, known: set[str]) -> bool:
    text = str(value)
    if _ID.fullmatch(name):
        is_number = isinstance(value, int) and not isinstance(value, bool) and value > 0
        return text in known or is_number or bool(_UUID.fullmatch(text))
    if EMAIL_FIELD.search(name):
        return "@" in text
    return bool(NAME_FIELD.search(name)) and text in known
