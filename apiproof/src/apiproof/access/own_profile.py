"""Operations that say who their caller is, learnt from paths, names, tags and declared answers."""

import re
from collections.abc import Mapping
from typing import Any

from apiproof.access.fields import EMAIL_FIELD, NAME_FIELD, fields_of
from apiproof.access.payloads import PayloadSource
from apiproof.access.requirements import SecurityModel
from apiproof.openapi.document import Operation

MOST = 2
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
        if operation.method == "GET" and operation.security and "{" not in operation.path
        if (points := _points(operation, payloads)) >= 2
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
