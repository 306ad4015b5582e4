"""What was written can be read back, and what was deleted cannot.

It must not know ownership. Source: RFC 9110, 9.3.3-5 (201 and Location, PUT, DELETE).
"""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from typing import Any

from apiproof.access.fields import PRIVILEGE, unwrapped
from apiproof.access.http import Request, Response
from apiproof.access.payloads import object_body
from apiproof.access.prepare import RequestPreparer
from apiproof.access.prepared import PreparedRequest
from apiproof.access.report import AccessFinding, Cell, evaluated, skipped
from apiproof.access.resources import (
    ResourceCreator,
    created_id,
    is_natural,
    moved_to,
    words_of_segment,
)
from apiproof.access.response_diff import flatten
from apiproof.access.safeguards import SAFE
from apiproof.openapi.document import Operation

CHECK = "writes_are_readable"
ACCEPTED = 202
UNAUTHORIZED, FORBIDDEN, NOT_FOUND = 401, 403, 404
NO_ANSWER = Response(0, {}, "")


def readers(preparer: RequestPreparer, operation: Operation) -> list[Operation]:
    """Return the operations that read what an operation writes, nearest first."""
    path = re.escape(operation.path)
    pattern = re.compile(rf"{path}/\{{[^/]+\}}" if operation.method == "POST" else path)
    return [
        found
        for found in preparer.security.operations
        if found.method == "GET" and pattern.fullmatch(found.path)
    ]


def reading(
    preparer: RequestPreparer, prepared: PreparedRequest, response: Response
) -> Request | None:
    """Return the request that reads what another one wrote; None when there is none."""
    operation = prepared.request.operation
    for reader in readers(preparer, operation):
        values = dict(prepared.request.values)
        if operation.method == "POST":
            name = reader.path.rpartition("{")[2].rstrip("}")
            values[name] = created_id(ResourceCreator(operation), response, reader.path, name)
            if values[name] is None:
                continue
        elif prepared.made and reader.path.endswith("{" + prepared.made[-1].parameter + "}"):
            made = prepared.made[-1]
            moved = moved_to(made, prepared.request, response) if response.ok else None
            values[made.parameter] = values[made.parameter] if moved is None else moved
        return Request(reader, values)
    return None


class ReadAfterWriteProbe:
    """Reads back what operations write."""

    def __init__(self, preparer: RequestPreparer) -> None:
        self._preparer = preparer
        self._sent: Request

    def probe(self, operation: Operation) -> Iterator[tuple[Cell, list[AccessFinding]]]:
        """Write, then read as the same user.

        Raises:
            NotPrepared: There is no request to replay.
        """
        if operation.method in SAFE or not readers(self._preparer, operation):
            return
        prepared = self._preparer.prepared(operation)
        before = self._before(prepared) if operation.method == "DELETE" else NO_ANSWER
        response = self._write(prepared)
        request = reading(self._preparer, replace(prepared, request=self._sent), response)
        if request is None or not response.ok:
            yield (
                skipped(operation, "read-back", "the answer does not tell which object it made"),
                [],
            )
            return
        credential = self._preparer.credential(request.operation, prepared.user)
        read = self._preparer.sender.send(request, credential)
        if reason := self._why_unclear(prepared, request, read):
            yield skipped(operation, "read-back", reason), []
            return
        if operation.method == "DELETE":
            # A deleted account cannot even sign in: what counts is that it is not read.
            is_there = read.ok and not read.is_empty and not _is_put_aside(before, read)
            note = f"what was deleted is still read ({read.status})" if is_there else ""
        else:
            again = self._preparer.sender.send(request, credential)
            ignores = _ignorable(prepared)
            note = _unlike(self._sent, response, read, again, ignores=ignores)
            if response.status == ACCEPTED and read.ok:
                note = ""  # what a job says of itself may differ a moment later
        yield evaluated(operation, CHECK, "read-back", (response, read), note)
        if location := response.headers.get("location"):
            yield self._followed(operation, request, location, response)

    def _why_unclear(self, prepared: PreparedRequest, request: Request, read: Response) -> str:
        """Say why what was written may be there although it is not read; empty where it is clear.

        Args:
            prepared: What has written it.
            request: What reads it.
            read: The answer to that.
        """
        if read.status in {UNAUTHORIZED, FORBIDDEN} and not request.operation.secured:
            return "what reads it asks for a credential, and is declared public"
        is_refused = read.status in {UNAUTHORIZED, FORBIDDEN, NOT_FOUND}
        if is_refused and prepared.user.is_learnt and not prepared.request.operation.secured:
            return "what nobody in particular made, an account say, may be its own alone"
        if read.status == UNAUTHORIZED and self._has_ended(prepared):
            return "the account goes by another name now: its credential no longer serves"
        if prepared.request.operation.method == "DELETE" and _is_list(read.json):
            return "what reads it is a list, which stays when something of it is gone"
        is_change = prepared.request.operation.method in {"PUT", "PATCH"}
        is_abroad = is_change and prepared.user.is_learnt
        if read.status == NOT_FOUND and is_abroad and any(map(is_natural, prepared.made[-1:])):
            return "it may go by another name now"
        return ""

    def _has_ended(self, prepared: PreparedRequest) -> bool:
        """Whether a write has left its sender's account other than it was."""
        self._preparer.note_success(prepared.request.operation, prepared.user, self._sent)
        return self._preparer.user_source.is_gone(prepared.user)

    def _write(self, prepared: PreparedRequest) -> Response:
        """Send the request, with values that really change something where that works."""
        send, self._sent = self._preparer.sender.send, prepared.request
        if prepared.request.operation.method in {"PATCH", "PUT"}:
            where = reading(self._preparer, prepared, NO_ANSWER)
            if where is not None:
                credential = self._preparer.credential(where.operation, prepared.user)
                current = send(where, credential).json
                if isinstance(current, Mapping):
                    self._sent = self._preparer.payloads.altered(prepared.request, current)
                    if (response := send(self._sent, prepared.auth)).ok:
                        return response
        self._sent = prepared.request
        return send(prepared.request, prepared.auth)

    def _before(self, prepared: PreparedRequest) -> Response:
        """Return what reads show of what is about to be deleted."""
        where = reading(self._preparer, prepared, NO_ANSWER)
        if where is None:
            return NO_ANSWER
        credential = self._preparer.credential(where.operation, prepared.user)
        return self._preparer.sender.send(where, credential)

    def _followed(
        self, operation: Operation, request: Request, location: str, response: Response
    ) -> tuple[Cell, list[AccessFinding]]:
        target = re.sub(r"^https?://[^/]+", "", location)
        note = ""
        if response.status == 201 and target.rstrip("/") != request.path.rstrip("/"):
            note = "Location does not lead to what was made"
        return evaluated(operation, CHECK, "location", (response,), note)


_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d")  # RFC 3339; databases may drop its zone
_STATE = re.compile(
    r"states?|status|estado|estatus|phase|stage|(in)?active|archived?|cancel\w*|delet\w*|remov\w*"
    r"|closed|void(ed)?|folder|mailbox|trash(ed)?|bin"
)


def _tells_state(path: str) -> bool:
    """Whether a member of an answer tells a state: by whole words, not `statement` or `avoided`."""
    names = path.strip("{}[]").split("/")
    return any(_STATE.fullmatch(word) for name in names for word in words_of_segment(name))


def _is_put_aside(before: Response, after: Response) -> bool:
    """Whether a deletion has changed the state that an object shows: it was cancelled, say."""
    was, has = before.json, after.json
    if not isinstance(was, Mapping) or not isinstance(has, Mapping):
        return False
    known, now = flatten(was), flatten(has)
    return any(
        _tells_state(path) and now[path] != value for path, value in known.items() if path in now
    ) or any(_tells_state(path) for path in now.keys() - known.keys())


def _is_list(body: Any) -> bool:
    """Whether a body is a list, or an envelope around one."""
    parts = body.values() if isinstance(body, Mapping) else ()
    return isinstance(body, list) or any(isinstance(part, list) for part in parts)


def _ignorable(prepared: PreparedRequest) -> set[str]:
    """Return the members of a body that it is right to ignore: rights that nobody takes."""
    body = unwrapped(object_body(prepared.request.content) or {})
    is_learnt = prepared.user.is_learnt
    return {name for name in body if is_learnt and PRIVILEGE.search(name)}


def _unlike(
    request: Request,
    written: Response,
    read: Response,
    again: Response,
    *,
    ignores: Collection[str] = (),
) -> str:
    """Say how a read differs from the write before it; empty when it does not."""
    if not read.ok:
        return f"what was written is not readable ({read.status})"
    now, later, then = (unwrapped(answer.json) for answer in (read, again, written))
    if not isinstance(now, Mapping) or not isinstance(later, Mapping):
        return ""
    steady = {name for name in now if now[name] == later.get(name)}
    if isinstance(then, Mapping):
        lost = sorted(name for name in steady & set(then) if not _alike(then[name], now[name]))
        if lost:
            return f"the answer to the write and the read after it differ in {', '.join(lost)}"
    sent = unwrapped(object_body(request.content) or {})
    kept = (steady & set(sent)) - set(ignores)
    lost = sorted(name for name in kept if not _equal(sent[name], now[name]))
    return f"what is read differs from what was sent in {', '.join(lost)}" if lost else ""


def _alike(first: Any, second: Any) -> bool:
    """Whether two answers say the same, in whatever form they write their times."""
    if isinstance(first, Mapping) and isinstance(second, Mapping):
        is_same = first.keys() == second.keys()
        return is_same and all(_alike(first[name], second[name]) for name in first)
    if isinstance(first, list) and isinstance(second, list):
        return len(first) == len(second) and all(map(_alike, first, second))
    if isinstance(first, str) and isinstance(second, str) and _TIME.match(first):
        return _equal(first, second)
    return bool(first == second)


def _equal(sent: Any, read: Any) -> bool:
    """Whether a value was kept; case and space around text, and the form of times, may change."""
    if isinstance(sent, str) and isinstance(read, str):
        plain = [
            re.sub(r"(\.0+)?(z|\+00:00)$", "", text.strip().casefold()) for text in (sent, read)
        ]
        return plain[0] == plain[1] or _as_number(sent) == _as_number(read)
    if isinstance(sent, Mapping | list):
        return True  # nested objects may be completed by the service
    return bool(sent == read) or _as_number(sent) == _as_number(read)


def _as_number(value: Any) -> Any:
    """Return a number for what says one: decimals are texts in JSON, `1.0` or `1`."""
    try:
        return float(value) if isinstance(value, str | int | float) else value
    except ValueError:
        return value
