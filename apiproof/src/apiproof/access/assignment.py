"""Mass assignment: fields that a caller may not set change neither owner nor identity.

Each forbidden field is put into a body that works. Refusing or ignoring it are both fine; moving
the object, or storing the value, is not (OWASP API3:2023, CWE-915).
"""

from collections.abc import Iterator, Mapping
from typing import Any

from apiproof.access.contents import object_body
from apiproof.access.exchange import Answer
from apiproof.access.identities import Person
from apiproof.access.matrix import Cell, Finding, judged, untried
from apiproof.access.ownership import CHECK
from apiproof.access.scene import Scene
from apiproof.access.staging import Stage
from apiproof.access.writes import readers, reading
from apiproof.jwt import NotMade
from apiproof.openapi.document import Operation

OWNERS = (
    "owner_id",
    "owner",
    "user_id",
    "user",
    "owner_sub",
    "user_sub",
    "sub",
    "username",
    "account_id",
    "author_id",
    "created_by",
    "ownerId",
    "userId",
)
PRIVILEGES: dict[str, Any] = {
    "is_admin": True,
    "admin": True,
    "role": "admin",
    "roles": ["admin"],
    "scopes": ["admin"],
    "email_verified": True,
    "disabled_at": None,
}
WRITES = {"POST", "PUT", "PATCH"}


class Assignment:
    """Puts forbidden fields into bodies that work."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    def probe(self, operation: Operation) -> Iterator[tuple[Cell, list[Finding]]]:
        """Try an operation's body with fields that are not the caller's to set.

        Raises:
            Unexercised: There is no request to replay.
        """
        if operation.method not in WRITES or not operation.secured:
            return
        if not readers(self._stage, operation):
            return
        scene = self._stage.scene(operation)
        if object_body(scene.request.content) is None:
            return
        try:
            other = self._stage.identities.other(scene.person)
        except NotMade as reason:
            yield untried(operation, "owner-field", str(reason)), []
            return
        notes, answers = [], []
        for name, value in self._fields(operation, other):
            answer, note = self._assigned(operation, scene, name, value)
            answers.append(answer)
            if note:
                notes.append(note)
                scene = self._stage.scene(operation, person=self._fresh(scene))
        yield judged(operation, CHECK, "owner-field", answers[:1], notes[0] if notes else "")

    def _fresh(self, scene: Scene) -> Person | None:
        return None if self._stage.identities.renewable else scene.person

    def _fields(self, operation: Operation, other: Person) -> Iterator[tuple[str, Any]]:
        allowed = set(self._allowed(operation))
        theirs = [other.attributes.get(name) for name in ("sub", "username")]
        for name in OWNERS:
            own = [other.attributes[name]] if name in other.attributes else [*theirs, 1, 2]
            yield from ((name, value) for value in dict.fromkeys(own) if value is not None)
        if not allowed:
            return  # a body of any fields: none of them is forbidden by the document
        yield from ((name, value) for name, value in PRIVILEGES.items() if name not in allowed)
        sample = self._stage.contents.answer_sample(operation)
        for name, value in sample.items():
            if name not in allowed and name not in OWNERS:
                yield name, value

    def _allowed(self, operation: Operation) -> Mapping[str, Any]:
        _, schema = self._stage.contents.body_schema(operation)
        fields: Mapping[str, Any] = self._stage.contents.resolve(schema).get("properties", {})
        return fields

    def _assigned(
        self, operation: Operation, scene: Scene, name: str, value: Any
    ) -> tuple[Answer, str]:
        body = {**(object_body(scene.request.content) or {}), name: value}
        request = scene.request.saying(body)
        answer = self._stage.caller.send(request, scene.presented)
        if answer.status >= 500:
            return answer, f"the field {name} in the body is answered with {answer.status}"
        if not answer.ok:
            return answer, ""
        where = reading(self._stage, Scene(scene.person, request, scene.presented), answer)
        if where is None:
            return answer, ""
        read = self._stage.caller.send(where, self._stage.credential(where.operation, scene.person))
        if not read.ok:
            return answer, f"the field {name} in the body takes the object from its owner"
        allowed = self._allowed(operation)
        if allowed and name not in allowed and _took(read, name, value):
            return answer, f"the field {name}, which the document does not list, can be set"
        return answer, ""


def _took(read: Answer, name: str, value: Any) -> bool:
    body = read.json
    return isinstance(body, Mapping) and value is not None and body.get(name) == value
