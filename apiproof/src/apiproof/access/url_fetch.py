"""URLs that a service fetches because a request says so (SSRF): a loopback address must not be."""

import itertools
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from apiproof.access.example_values import type_of
from apiproof.access.fields import fields_of, with_field
from apiproof.access.http import NotPrepared, Response
from apiproof.access.jwks_trap import JwksTrap, serve_jwks_trap
from apiproof.access.payloads import object_body
from apiproof.access.prepare import RequestPreparer
from apiproof.access.prepared import PreparedRequest
from apiproof.access.report import AccessFinding, Cell, evaluated
from apiproof.openapi.document import Operation

CHECK = "urls_not_fetched"
WAYS = 6  # to fill a request, of which none is known to succeed
PATIENCE = 0.3  # seconds for a service that fetches after it has answered
_URL_FIELD = re.compile(
    r"ur[li]s?$|^(url|uri|link|href|src|callback|webhook|avatar|image|photo|picture|feed|target)"
    r"|(callback|webhook|redirect|image|avatar|logo|icon|proxy|fetch|import|remote|source)_?"
    r"(ur[li]|link|address|host)",
    re.IGNORECASE,
)
Place = tuple[str, tuple[str, ...]]


class UrlFetchProbe:
    """Names a server on this machine wherever a request takes a URL."""

    def __init__(self, preparer: RequestPreparer) -> None:
        self._preparer = preparer

    def probe(self, operation: Operation) -> Iterator[tuple[Cell, list[AccessFinding]]]:
        """Try one operation.

        Raises:
            NotPrepared: There is no request to replay.
        """
        places = list(self._places(operation))
        if not places:
            return
        with serve_jwks_trap() as trap:
            answers: list[Response] = []
            for prepared in itertools.islice(self._requests(operation), WAYS):
                found = self._fetched(prepared, places, trap, answers)
                if found is not None:
                    yield found
                    return
                if any(answer.ok for answer in answers):  # taken, and not fetched
                    break
            yield evaluated(operation, CHECK, "url", answers, "")

    def _requests(self, operation: Operation) -> Iterator[PreparedRequest]:
        """Yield one that succeeds; else ways to fill one: a URL that cannot be fetched is refused.

        What else they say may have to be something that is there: what lists show goes first.
        """
        try:
            yield self._preparer.prepared(operation)
        except NotPrepared:
            for prepared in self._preparer.unproven(operation):
                known = self._with_known_values(prepared)
                yield known
                if known.request != prepared.request:  # what is there may be taken already
                    yield prepared

    def _with_known_values(self, prepared: PreparedRequest) -> PreparedRequest:
        """Return a request that says what is known of the things that it is about."""
        request, user = prepared.request, prepared.user
        body = object_body(request.content) or {}
        made = {path[-1]: v for one in prepared.made for path, v in fields_of(one.response.json)}
        for path, value in list(fields_of(body)):
            name = path[-1]
            if (
                not isinstance(value, str | int)
                or isinstance(value, bool)
                or _URL_FIELD.search(name)
            ):
                continue
            known = made.get(name)
            if known is None and user.is_learnt:
                known = self._preparer.maker.shown_as(request.operation, name, user)
            if isinstance(known, type(value)):
                body = with_field(body, path, known)
        return replace(prepared, request=request.saying(body) if body else request)

    def _fetched(
        self,
        prepared: PreparedRequest,
        places: list[Place],
        trap: JwksTrap,
        answers: list[Response],
    ) -> tuple[Cell, list[AccessFinding]] | None:
        """Name the trap in each place, alone; return what was found, if anything was."""
        operation = prepared.request.operation
        for location, path in places:
            mark = f"/fetched/{len(trap.requests_seen)}-{len(answers)}"
            content = prepared.request.content
            if location == "query":
                query = {**content.query, path[0]: trap.url + mark}
                content = replace(content, query=query)
            else:
                body = with_field(object_body(content) or {}, path, trap.url + mark)
                content = replace(content, body=body)
            request = replace(prepared.request, content=content)
            answers.append(self._preparer.sender.send(request, prepared.auth))
            if _was_fetched(trap, mark, answers[-1]):
                note = f"fetches the URL in {'/'.join(path)}, of this machine's own loopback too"
                return evaluated(operation, CHECK, path[-1], answers[-1:], note, kind="fetched")
        return None

    def _places(self, operation: Operation) -> Iterator[Place]:
        payloads = self._preparer.payloads
        for parameter in payloads.parameters(operation):
            schema = payloads.resolve(parameter.get("schema", {}))
            name = str(parameter.get("name"))
            if parameter.get("in") == "query" and _takes_url(name, schema):
                yield "query", (name,)
        _, schema = payloads.body_schema(operation)
        if schema:
            yield from self._in_schema(schema, ())

    def _in_schema(self, schema: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[Place]:
        payloads = self._preparer.payloads
        for name, part in payloads.resolve(schema).get("properties", {}).items():
            found = payloads.resolve(part)
            if _takes_url(name, found):
                yield "body", (*path, name)
            elif "properties" in found and len(path) < 2:
                yield from self._in_schema(found, (*path, name))


def _was_fetched(trap: JwksTrap, mark: str, answer: Response) -> bool:
    ends = time.monotonic() + (PATIENCE if answer.ok else 0)
    while not any(mark in seen for seen in trap.requests_seen):
        if time.monotonic() >= ends:
            return False
        time.sleep(0.02)
    return True


def _takes_url(name: str, schema: Mapping[str, Any]) -> bool:
    if type_of(schema) not in {"string", None} or "enum" in schema:
        return False
    return schema.get("format") in {"uri", "url"} or bool(_URL_FIELD.search(name))
