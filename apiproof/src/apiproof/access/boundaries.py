"""Boundary values that break what stores them, at objects that exist: an answer of 500 is a fault.

A NUL fits every text of a schema and no text of PostgreSQL; a number without bounds fits every
schema and no column (4 or 8 bytes). All numbers of a body change together, so that a rule between
two of them, such as a least and a greatest value, still holds.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from apiproof.access.example_values import type_of
from apiproof.access.http import QUERY, Request, Response
from apiproof.access.payloads import PayloadSource, object_body
from apiproof.access.prepare import RequestPreparer
from apiproof.access.report import AccessFinding, Cell, evaluated
from apiproof.access.requirements import is_session_ending
from apiproof.access.safeguards import SAFE
from apiproof.jwt import SessionEnd
from apiproof.openapi.document import Operation

CHECK = "boundaries_handled"
NUL = "\x00"
LARGE = (2**31, 2**63)  # beyond 4 and 8 bytes
SERVER_ERROR = 500


class BoundaryProbe:
    """Sends boundary values in every place of an operation that takes a text or a number."""

    def __init__(self, preparer: RequestPreparer) -> None:
        self._preparer = preparer

    def probe(self, operation: Operation) -> Iterator[tuple[Cell, list[AccessFinding]]]:
        """Send each kind of value to each place.

        Raises:
            NotPrepared: There is no request to change.
        """
        if any(is_session_ending(operation, end) for end in SessionEnd):
            return
        prepared = self._preparer.prepared(operation)
        places = list(variants(prepared.request, self._preparer.payloads))
        for name in dict.fromkeys(name for name, _ in places):
            responses, note = [], ""
            for variant in (variant for kind, variant in places if kind == name):
                response = self._preparer.sender.send(variant, prepared.auth)
                responses.append(response)
                if response.ok and operation.method not in SAFE:  # an account by another password
                    self._preparer.note_success(operation, prepared.user, variant)
                if _is_fault(operation, response):
                    note = f"{name}: answered {response.status}"
                    responses = [response]
                    break
            yield evaluated(operation, CHECK, name.replace(" ", "-"), responses, note)


def _is_fault(operation: Operation, response: Response) -> bool:
    if response.status == SERVER_ERROR:
        return True
    return response.status > SERVER_ERROR and str(response.status) not in operation.statuses


def variants(request: Request, payloads: PayloadSource) -> Iterator[tuple[str, Request]]:
    """Yield requests with a boundary value each, by what it is and where it stands."""
    operation, content = request.operation, request.content
    places: dict[str, list[dict[str, Any]]] = {"path": [], "query": []}
    for parameter in payloads.parameters(operation):
        places.setdefault(str(parameter.get("in")), []).append(parameter)
    for parameter in places["path"]:
        name = str(parameter["name"])
        for kind, value in _values(payloads, parameter, request.values.get(name, "")):
            yield f"{kind} in the path", request.at(**{name: value})
    for parameter in places["query"] if content.media != QUERY else ():
        name = str(parameter["name"])
        for kind, value in _values(payloads, parameter, content.query.get(name, "")):
            changed = replace(content, query={**content.query, name: value})
            yield f"{kind} in the query", replace(request, content=changed)
    yield from _bodies(request, payloads)


def _values(
    payloads: PayloadSource, parameter: Mapping[str, Any], current: Any
) -> Iterator[tuple[str, Any]]:
    kind = _kind(payloads, parameter.get("schema") or {})
    if kind == "string":
        yield "a NUL", f"{current}{NUL}"
    if kind == "integer":
        yield from (("a large number", value) for value in LARGE)
        yield "a negative number", -1


def _bodies(request: Request, payloads: PayloadSource) -> Iterator[tuple[str, Request]]:
    body = object_body(request.content)
    if body is None:
        return
    fields = payloads.resolve(payloads.body_schema(request.operation)[1]).get("properties", {})
    kinds = {name: _kind(payloads, schema) for name, schema in fields.items()}
    place = "query" if request.content.media == QUERY else "body"
    for value in LARGE:
        numbers = dict.fromkeys((name for name, kind in kinds.items() if kind == "integer"), value)
        if numbers:
            yield f"a large number in the {place}", request.saying({**body, **numbers})
    for name in (name for name, kind in kinds.items() if kind == "string"):
        yield f"a NUL in the {place}", request.saying({**body, name: f"{body.get(name, '')}{NUL}"})


def _kind(payloads: PayloadSource, schema: Mapping[str, Any]) -> str:
    """Return `string` or `integer` where a schema takes any of them; empty otherwise."""
    found = payloads.resolve(schema)
    parts = [payloads.resolve(part) for part in found.get("anyOf", ())]  # pydantic's `X | None`
    if parts:
        [found] = [part for part in parts if type_of(part) != "null"][:1] or [{}]
    bounds = ("enum", "const", "format", "pattern", "maximum", "exclusiveMaximum")
    is_bound = any(name in found for name in bounds)
    kind = type_of(found)
    return kind if kind in {"string", "integer"} and not is_bound else ""
