"""Which operations and fields each consumer uses, so that a team sees what it may retire.

It reads pacts and an OpenAPI document; it must not know how pacts are verified.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from apiproof.contract_diff.document.branch import Conjunction, Site
from apiproof.contract_diff.document.command import load_pacts
from apiproof.contract_diff.document.document import Document, join, load_document
from apiproof.contract_diff.document.interactions import Call, at_path, calls
from apiproof.contract_diff.document.operations import Operation, operations
from apiproof.contract_diff.document.parameters import parameters_of
from apiproof.contract_diff.document.schemas import Schemas
from apiproof.contract_diff.document.values import property_of
from apiproof.contract_diff.document.wording import path_text
from apiproof.errors import UserError
from apiproof.pacts.reading import PactError, PactFile

DEEPEST = 6
"""How far into a body fields are listed; recursive schemas have no end."""


@dataclass(frozen=True, slots=True)
class Use:
    """One thing the document offers and who uses it; nobody: it may be retired."""

    operation: str
    part: str
    field: str
    consumers: tuple[str, ...]


def usage(document: Mapping[str, Any], pacts: Iterable[PactFile]) -> list[Use]:
    """List every operation, parameter, body field and status with the consumers that use it.

    `part` is operation, parameter, request or response; a field of a response is its status, or
    the status and the path into its body ("200 items[].name").
    """
    service = Document(document)
    reached = calls(service, pacts)
    found: list[Use] = []
    for operation in operations(service):
        own = [call for call in reached if call.operation.name == operation.name]
        found.append(Use(operation.name, "operation", "", _consumers(own)))
        found += _parameters(service, operation, own)
        found += _request(service, operation, own)
        found += _responses(service, operation, own)
    return found


def _consumers(own: Iterable[Call]) -> tuple[str, ...]:
    return tuple(sorted({call.consumer for call in own}))


def _parameters(document: Document, operation: Operation, own: Sequence[Call]) -> Iterator[Use]:
    for parameter in parameters_of(document, operation).values():
        users = [call for call in own if call.sent(parameter.where, parameter.name)]
        field = f"{parameter.where} {parameter.name}"
        yield Use(operation.name, "parameter", field, _consumers(users))


def _request(document: Document, operation: Operation, own: Sequence[Call]) -> Iterator[Use]:
    body = document.child(operation.node, operation.pointer, "requestBody")
    for path in _fields(document, *body, flow="request"):
        users = [call for call in own if any(True for _ in at_path(call.body, path))]
        yield Use(operation.name, "request", path_text(path), _consumers(users))


def _responses(document: Document, operation: Operation, own: Sequence[Call]) -> Iterator[Use]:
    listed, _ = document.child(operation.node, operation.pointer, "responses")
    for status in listed or {}:
        there = [c for c in own if str(c.interaction.response.status) == str(status)]
        yield Use(operation.name, "response", str(status), _consumers(there))
        body = document.child(operation.node, operation.pointer, "responses", status)
        for path in _fields(document, *body, flow="response"):
            users = [call for call in there if any(True for _ in at_path(call.answer, path))]
            field = f"{status} {path_text(path)}"
            yield Use(operation.name, "response", field, _consumers(users))


def _fields(document: Document, node: Any, pointer: str, *, flow: str) -> list[tuple[str, ...]]:
    schemas, found = Schemas(document, flow), {}
    content, _ = document.child(node, pointer, "content")
    for media in content or {}:
        inner, at = document.child(node, pointer, "content", media)
        if isinstance(inner, Mapping) and "schema" in inner:
            root = (Site(join(at, "schema"), inner["schema"]),)
            found.update(dict.fromkeys(_paths(schemas, root, ())))
    return list(found)


def _paths(
    schemas: Schemas, here: Conjunction, path: tuple[str, ...], above: tuple[Conjunction, ...] = ()
) -> Iterator[tuple[str, ...]]:
    if here in above or len(path) > DEEPEST:
        return
    for branch in schemas.branches(here):
        names = dict.fromkeys(name for shape in branch.shapes for name in shape.properties)
        for name in names:
            yield (*path, name)
            yield from _paths(schemas, property_of(branch, name), (*path, name), (*above, here))
        items = tuple(row.rest for row in branch.rows if row.rest is not None)
        if items:
            yield from _paths(schemas, items, (*path, "*"), (*above, here))


def run(
    openapi_path: str | Path,
    pacts_dir: str | Path,
    format: str = "table",  # noqa: A002 - the option's name
    console: Console | None = None,
) -> int:
    """Print who uses what; return 0, or 2 after one line when it could not tell."""
    console = console or Console(highlight=False)
    try:
        uses = usage(load_document(openapi_path), load_pacts(pacts_dir))
    except (UserError, PactError) as error:
        console.print(f"Could not tell: {error}", markup=False, soft_wrap=True)
        return 2
    if format == "json":
        entries = [
            {"operation": u.operation, "part": u.part, "field": u.field, "consumers": u.consumers}
            for u in uses
        ]
        console.print(json.dumps(entries, indent=2), markup=False, soft_wrap=True)
    else:
        console.print(_table(uses))
        unused = [use for use in uses if not use.consumers]
        console.print(f"{len(unused)} of {len(uses)} are used by no consumer: they may be retired.")
    return 0


def _table(uses: Sequence[Use]) -> Table:
    table = Table(title="Usage by consumer", title_justify="left")
    for heading in ("Operation", "Part", "Field", "Consumers"):
        table.add_column(heading, overflow="fold")
    for use in uses:
        table.add_row(use.operation, use.part, use.field, ", ".join(use.consumers) or "nobody")
    return table
