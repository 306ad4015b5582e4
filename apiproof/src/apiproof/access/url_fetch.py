"""URLs that a service fetches because a request says so (SSRF): a loopback address must not be."""

import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from apiproof.access.fields import with_field
from apiproof.access.http import NotPrepared, Response
from apiproof.access.jwks_trap import JwksTrap, serve_jwks_trap
from apiproof.access.payloads import object_body
from apiproof.access.prepare import RequestPreparer
from apiproof.access.prepared import PreparedRequest
from apiproof.access.report import AccessFinding, Cell, evaluated
from apiproof.openapi.document import Operation

CHECK = "urls_not_fetched"
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
        try:
            prepared = self._preparer.prepared(operation)
        except NotPrepared:  # a URL that cannot be fetched here is refused
            prepared = self._preparer.unproven(operation)
        with serve_jwks_trap() as trap:
            yield self._tried(prepared, places, trap)

    def _tried(
        self, prepared: PreparedRequest, places: list[Place], trap: JwksTrap
    ) -> tuple[Cell, list[AccessFinding]]:
        operation, answers = prepared.request.operation, list[Response]()
        for number, (location, path) in enumerate(places):
            mark = f"/fetched/{len(trap.requests_seen)}-{number}"
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
        return evaluated(operation, CHECK, "url", answers, "")

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
    if schema.get("type") not in {"string", None} or "enum" in schema:
        return False
    return schema.get("format") in {"uri", "url"} or bool(_URL_FIELD.search(name))
