"""What was written can be read back, and what was deleted cannot.

It must not know ownership. Source: RFC 9110, 9.3.3-5 (201 and Location, PUT, DELETE).
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from apiproof.access.contents import object_body
from apiproof.access.creators import Creator, created_id
from apiproof.access.exchange import Answer, Request
from apiproof.access.matrix import Cell, Finding, judged, untried
from apiproof.access.passage import SAFE
from apiproof.access.scene import Scene
from apiproof.access.staging import Stage
from apiproof.openapi.document import Operation

CHECK = "writes_are_readable"
NO_ANSWER = Answer(0, {}, "")


def readers(stage: Stage, operation: Operation) -> list[Operation]:
    """Return the operations that read what an operation writes, nearest first."""
    path = re.escape(operation.path)
    pattern = re.compile(rf"{path}/\{{[^/]+\}}" if operation.method == "POST" else path)
    return [
        found
        for found in stage.gatehouse.operations
        if found.method == "GET" and pattern.fullmatch(found.path)
    ]


def reading(stage: Stage, scene: Scene, answer: Answer) -> Request | None:
    """Return the request that reads what a scene's request wrote; None when there is none."""
    operation = scene.request.operation
    for reader in readers(stage, operation):
        values = dict(scene.request.values)
        if operation.method == "POST":
            name = reader.path.rpartition("{")[2].rstrip("}")
            values[name] = created_id(Creator(operation), answer, reader.path, name)
            if values[name] is None:
                continue
        return Request(reader, values)
    return None


class Writes:
    """Reads back what operations write."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._sent: Request

    def probe(self, operation: Operation) -> Iterator[tuple[Cell, list[Finding]]]:
        """Write, then read as the same person.

        Raises:
            Unexercised: There is no request to replay.
        """
        if operation.method in SAFE or not readers(self._stage, operation):
            return
        scene = self._stage.scene(operation)
        answer = self._write(scene)
        request = reading(self._stage, scene, answer)
        if request is None or not answer.ok:
            yield (
                untried(operation, "read-back", "the answer does not tell which object it made"),
                [],
            )
            return
        credential = self._stage.credential(request.operation, scene.person)
        read = self._stage.caller.send(request, credential)
        if operation.method == "DELETE":
            # A deleted account cannot even sign in: what counts is that it is not read.
            note = f"what was deleted is still read ({read.status})" if read.ok else ""
        else:
            again = self._stage.caller.send(request, credential)
            note = _unlike(self._sent, answer, read, again)
        yield judged(operation, CHECK, "read-back", (answer, read), note)
        if location := answer.headers.get("location"):
            yield self._followed(operation, request, location, answer)

    def _write(self, scene: Scene) -> Answer:
        """Send the request, with values that really change something where that works."""
        send, self._sent = self._stage.caller.send, scene.request
        if scene.request.operation.method in {"PATCH", "PUT"}:
            where = reading(self._stage, scene, NO_ANSWER)
            if where is not None:
                credential = self._stage.credential(where.operation, scene.person)
                current = send(where, credential).json
                if isinstance(current, Mapping):
                    self._sent = self._stage.contents.altered(scene.request, current)
                    if (answer := send(self._sent, scene.presented)).ok:
                        return answer
        self._sent = scene.request
        return send(scene.request, scene.presented)

    def _followed(
        self, operation: Operation, request: Request, location: str, answer: Answer
    ) -> tuple[Cell, list[Finding]]:
        target = re.sub(r"^https?://[^/]+", "", location)
        note = ""
        if answer.status == 201 and target.rstrip("/") != request.path.rstrip("/"):
            note = "Location does not lead to what was made"
        return judged(operation, CHECK, "location", (answer,), note)


def _unlike(request: Request, written: Answer, read: Answer, again: Answer) -> str:
    """Say how a read differs from the write before it; empty when it does not."""
    if not read.ok:
        return f"what was written is not readable ({read.status})"
    now, later, then = read.json, again.json, written.json
    if not isinstance(now, Mapping) or not isinstance(later, Mapping):
        return ""
    steady = {name for name in now if now[name] == later.get(name)}
    if isinstance(then, Mapping):
        lost = sorted(name for name in steady & set(then) if then[name] != now[name])
        if lost:
            return f"the answer to the write and the read after it differ in {', '.join(lost)}"
    sent = object_body(request.content) or {}
    lost = sorted(name for name in steady & set(sent) if not _equal(sent[name], now[name]))
    return f"what is read differs from what was sent in {', '.join(lost)}" if lost else ""


def _equal(sent: Any, read: Any) -> bool:
    """Whether a value was kept; case and space around text, and the form of times, may change."""
    if isinstance(sent, str) and isinstance(read, str):
        plain = [
            re.sub(r"(\.0+)?(Z|\+00:00)$", "", text.strip().casefold()) for text in (sent, read)
        ]
        return plain[0] == plain[1]
    if isinstance(sent, Mapping | list):
        return True  # nested objects may be completed by the service
    return bool(sent == read)
