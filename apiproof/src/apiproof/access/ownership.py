"""Ownership: what one user made is nobody else's, and nobody else can tell that it is there.

Every operation on an object is replayed by another user with the same rights and must be answered
as for an object that never existed (OWASP API1:2023; RFC 9110, 15.5.4: 404 may hide a 403).
"""

from collections.abc import Iterator
from dataclasses import dataclass

from apiproof.access.exchange import Answer, Request
from apiproof.access.ghosts import ghost
from apiproof.access.likeness import differences, essence
from apiproof.access.matrix import Cell, Finding, judged, untried
from apiproof.access.passage import SAFE
from apiproof.access.scene import Scene, Unexercised
from apiproof.access.staging import Stage
from apiproof.jwt import NotMade, Papers, Presented, admin_claims
from apiproof.openapi.document import Operation

CHECK = "ownership_enforced"
SHARED = "x-apiproof-shared"  # an operation on objects that are meant for everybody


@dataclass(frozen=True)
class Attempt:
    """One way in which somebody else asks for an object, and the same for none."""

    name: str
    title: str
    theirs: Request
    nothing: tuple[Request, ...]
    presented: Presented


class Ownership:
    """Replays operations on objects as somebody else."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    def probe(self, operation: Operation) -> Iterator[tuple[Cell, list[Finding]]]:
        """Try an operation on objects that somebody else made.

        Raises:
            Unexercised: There is no request to replay.
        """
        if not operation.secured or operation.definition.get(SHARED):
            return
        scene = self._stage.scene(operation)
        if not owned(scene) and not scene.joined:
            return
        try:
            attempts = list(self._attempts(operation, scene))
        except (NotMade, Unexercised) as reason:
            yield untried(operation, "other-user", str(reason)), []
            return
        for attempt in attempts:
            yield self._tried(operation, scene, attempt)
        after = self._stage.caller.send(scene.request, scene.presented)
        if not after.ok:
            note = f"after others were refused, its owner gets {after.status}"
            yield judged(operation, CHECK, "owner-after", (after,), note)

    def _attempts(self, operation: Operation, scene: Scene) -> Iterator[Attempt]:
        other = self._stage.identities.other(scene.person)
        presented = self._stage.credential(operation, other)
        if owned(scene):
            nothing = (ghostly(scene, 0), ghostly(scene, 1))
            yield Attempt("other-user", "another user", scene.request, nothing, presented)
            if admin := self._as_admin(operation, scene):
                title = "another user with an administrator's claims"
                yield Attempt("other-admin", title, scene.request, nothing, admin)
        if operation.path.count("{") > 1:
            own = self._stage.scene(operation, person=other).request
            last = operation.path.rpartition("{")[2].partition("}")[0]
            value = scene.request.values[last]
            theirs, *nothing_there = (
                own.at(**{last: item}) for item in (value, ghost(value), ghost(value, 1))
            )
            title = "another user, through a parent of their own"
            yield Attempt("own-parent", title, theirs, tuple(nothing_there), presented)
        for name in scene.joined:
            own = self._stage.scene(operation, person=other).request
            value = scene.request.content.body[name]
            theirs, *nothing_there = (
                own.saying({**own.content.body, name: item})
                for item in (value, ghost(value), ghost(value, 1))
            )
            title = f"another user, naming it as {name} in the body,"
            yield Attempt(f"body-{name}", title, theirs, tuple(nothing_there), presented)

    def _as_admin(self, operation: Operation, scene: Scene) -> Presented | None:
        """Return the credential of another user that claims to be an administrator's."""
        identities = self._stage.identities
        other = identities.other(scene.person)
        for alternative in self._stage.gatehouse.alternatives(operation):
            use = alternative[0]
            try:
                credential = identities.credential(other, use.scheme, use.scopes)
                forgery = identities.forgery(other, use.scheme, "")
                papers = Papers(use.scheme, credential, forgery=forgery)
                return use.scheme.present(papers.resigned(admin_claims()))
            except NotMade:
                continue
        return None

    def _tried(
        self, operation: Operation, scene: Scene, attempt: Attempt
    ) -> tuple[Cell, list[Finding]]:
        send = self._stage.caller.send
        before = self._read(scene)
        theirs = send(attempt.theirs, attempt.presented)
        after = self._read(scene)
        first, second = (send(item, attempt.presented) for item in attempt.nothing)
        note = ""
        if before is not None and after is not None and _changed(before, after):
            note = f"{attempt.title} changed what somebody else made (status {theirs.status})"
        elif not _same(operation, attempt, theirs, first, second):
            note = _told(attempt, theirs, first)
        return judged(operation, CHECK, attempt.name, (theirs, first), note)

    def _read(self, scene: Scene) -> Answer | None:
        """Read the scene's object as its owner, where there is an operation for that."""
        reader = reader_of(self._stage, scene)
        if reader is None or scene.request.operation.method in SAFE:
            return None
        request = Request(reader, {name: scene.request.values[name] for name in _names(reader)})
        return self._stage.caller.send(request, self._stage.credential(reader, scene.person))


def owned(scene: Scene) -> bool:
    """Whether the request is about something that its person made, or is known by."""
    mine = {str(value) for value in scene.person.attributes.values()}
    known = any(str(value) in mine for value in scene.request.values.values())
    return bool(scene.made) or (known and scene.request.operation.method not in SAFE)


def reader_of(stage: Stage, scene: Scene) -> Operation | None:
    """Return the operation that reads the object in a request's path, or None."""
    path = scene.request.operation.path
    innermost = path[: path.rfind("}") + 1]
    return next(
        (
            found
            for found in stage.gatehouse.operations
            if found.method == "GET" and found.path in {path, innermost} and "}" in found.path
        ),
        None,
    )


def ghostly(scene: Scene, number: int) -> Request:
    """Return a scene's request for objects that never existed."""
    values = {name: ghost(value, number) for name, value in scene.request.values.items()}
    return scene.request.at(**values)


def _names(operation: Operation) -> list[str]:
    return [part[1:-1] for part in operation.path.split("/") if part[:1] == "{"]


def _changed(before: Answer, after: Answer) -> bool:
    return before.ok and bool(differences(essence(before, ()), essence(after, ())))


def _same(
    operation: Operation, attempt: Attempt, theirs: Answer, first: Answer, second: Answer
) -> bool:
    ids = [
        value
        for request in (attempt.theirs, *attempt.nothing)
        for value in (*request.values.values(), *_texts(request.content.body))
    ]
    if theirs.ok and first.ok and operation.method not in {"GET", "DELETE"}:
        return False  # a write that succeeds on somebody else's object
    noise = differences(essence(first, ids), essence(second, ids))
    return differences(essence(theirs, ids), essence(first, ids)) <= noise


def _texts(body: object) -> list[object]:
    return list(body.values()) if isinstance(body, dict) else []


def _told(attempt: Attempt, theirs: Answer, nothing: Answer) -> str:
    if theirs.ok:
        return f"{attempt.title} gets {theirs.status} for what somebody else made"
    if theirs.status != nothing.status:
        return (
            f"{attempt.title} gets {theirs.status} for what somebody else made and "
            f"{nothing.status} for what never existed: the answer tells that it exists"
        )
    return f"{attempt.title} can tell by the body of the {theirs.status} that it exists"
