"""Which operations and fields each consumer uses, so that a team sees what it may retire."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from rich.console import Console

from apiproof.errors import UserError
from apiproof.openapi.document import load_document
from apiproof.openapi.operations import Operation, operations
from apiproof.openapi.references import Document, Located
from apiproof.openapi.responses import matching_status
from apiproof.pacts.reading import PactFile
from apiproof.pacts.reading.calls import Call, at_path, calls
from apiproof.pacts.verify.fetching import Credentials
from apiproof.pacts.verify.loading import load_pacts
from apiproof.reporting import Grid, GridCell, Section, Status, Table
from apiproof.reporting.terminal import console, print_line, print_table

DEEPEST: Final = 6
"""How far into a body fields are listed; recursive schemas have no end."""
_COMBINED: Final = ("allOf", "anyOf", "oneOf")
_ITEMS: Final = ("items", "prefixItems", "additionalProperties")


class UsageUnknown(UserError):
    """The pacts do not say who uses this provider."""


@dataclass(frozen=True)
class Use:
    """One thing the document offers and who uses it; nobody: it may be retired.

    Attributes:
        operation: `GET /users`.
        part: `operation`, `parameter`, `request` or `response`.
        field: of a response its status, or the status and the path into its body
            (`200 items[].name`).
        consumers: their names.
    """

    operation: str
    part: str
    field: str
    consumers: tuple[str, ...]


def usage(document: Mapping[str, Any], pacts: Iterable[PactFile]) -> list[Use]:
    """List every operation, parameter, body field and status with the consumers that use it."""
    whole = Document(document).require_openapi_3()
    reached = calls(whole, pacts)
    found: list[Use] = []
    for operation in operations(whole):
        own = [call for call in reached if call.operation.key == operation.key]
        found.append(Use(operation.label, "operation", "", _consumers(own)))
        found += _parameters(operation, own)
        found += _request(operation, own)
        found += _responses(operation, own)
    return found


def pacts_of(pacts: Sequence[PactFile], provider: str | None) -> list[PactFile]:
    """The pacts with one provider.

    Args:
        pacts: with any.
        provider: its name; None where there is only one.

    Raises:
        UsageUnknown: there is no pact with it, or several providers and none is named.
    """
    names = sorted({pact.provider for pact in pacts})
    if provider is None and len(names) > 1:
        raise UsageUnknown(f"The pacts are with {', '.join(names)}: say which with --provider.")
    found = [pact for pact in pacts if provider in {None, pact.provider}]
    if not found:
        known = f"; there are pacts with {', '.join(names)}" if names else ""
        raise UsageUnknown(f'There is no pact with the provider "{provider or ""}"{known}.')
    return found


def _consumers(own: Iterable[Call]) -> tuple[str, ...]:
    return tuple(sorted({call.consumer for call in own}))


def _parameters(operation: Operation, own: Sequence[Call]) -> Iterator[Use]:
    for parameter in operation.parameters:
        users = [call for call in own if call.sent(parameter.location, parameter.name)]
        field = f"{parameter.location} {parameter.name}"
        yield Use(operation.label, "parameter", field, _consumers(users))


def _request(operation: Operation, own: Sequence[Call]) -> Iterator[Use]:
    for path in _fields(operation.document, operation.request_body):
        users = [call for call in own if _holds(call.body, path)]
        yield Use(operation.label, "request", _path_text(path), _consumers(users))


def _responses(operation: Operation, own: Sequence[Call]) -> Iterator[Use]:
    for status, part in operation.responses.items():
        there = [call for call in own if _answer(operation, call) == status]
        yield Use(operation.label, "response", status, _consumers(there))
        for path in _fields(operation.document, part):
            users = [call for call in there if _holds(call.answer, path)]
            field = f"{status} {_path_text(path)}"
            yield Use(operation.label, "response", field, _consumers(users))


def _answer(operation: Operation, call: Call) -> str | None:
    """The status as the document has it, which may be `2XX` or `default`."""
    return matching_status(call.interaction.response.status, operation.responses)


def _holds(body: Any, path: Sequence[str]) -> bool:
    """Whether a body has a field; of one that is no JSON, such as XML, all may be meant."""
    return isinstance(body, str | bytes) or any(True for _ in at_path(body, path))


def _fields(document: Document, part: Located | None) -> list[tuple[str, ...]]:
    """The paths of all fields of a body, in the document's order."""
    found: dict[tuple[str, ...], None] = {}
    if part is not None:
        for _, media in document.children(part, "content"):
            found.update(dict.fromkeys(_paths(document, media.at("schema"), (), frozenset())))
    return list(found)


def _paths(
    document: Document, schema: Located, path: tuple[str, ...], above: frozenset[str]
) -> Iterator[tuple[str, ...]]:
    schema = document.resolve(schema)
    node = schema.node
    if not isinstance(node, Mapping) or schema.pointer in above or len(path) >= DEEPEST:
        return
    above |= {schema.pointer}
    for name in node.get("properties") or ():
        yield (*path, name)
        yield from _paths(document, schema.at("properties", name), (*path, name), above)
    for keyword in _ITEMS:
        inner = node.get(keyword)
        parts = range(len(inner)) if isinstance(inner, list) else [None]
        for number in parts:
            below = schema.at(keyword) if number is None else schema.at(keyword, number)
            yield from _paths(document, below, (*path, "*"), above)
    for keyword in _COMBINED:
        for number in range(len(node.get(keyword) or ())):
            yield from _paths(document, schema.at(keyword, number), path, above)


def _path_text(path: Sequence[str]) -> str:
    text = ""
    for step in path:
        text += "[]" if step == "*" else f".{step}" if text else step
    return text


def as_sections(uses: Sequence[Use], reached: Iterable[Call] = ()) -> tuple[Section, ...]:
    """Who uses what, for the report: operations by consumer, and all fields.

    Args:
        uses: the result of `usage`.
        reached: the calls, to count interactions.
    """
    counts = Counter((call.operation.label, call.consumer) for call in reached)
    offered = [use for use in uses if use.part == "operation"]
    consumers = sorted({name for use in offered for name in use.consumers})
    cells = [
        _use_cell(row, column, name, use, counts[use.operation, name])
        for row, use in enumerate(offered)
        for column, name in enumerate(consumers)
    ]
    grid = Grid(
        title="Who uses what",
        rows=tuple(use.operation for use in offered),
        columns=tuple(consumers),
        cells=tuple(cells),
        column_name="consumer",
        note="How many interactions of each consumer's pact call an operation.",
    )
    fields = [use for use in uses if use.field]
    table = Table(
        title="Fields and who uses them",
        columns=("operation", "part", "field", "consumers"),
        rows=tuple(
            (use.operation, use.part, use.field, ", ".join(use.consumers) or "nobody")
            for use in fields
        ),
        note=unused_line(uses),
    )
    return grid, table


def _use_cell(row: int, column: int, name: str, use: Use, count: int) -> GridCell:
    if name in use.consumers:
        return GridCell(row, column, Status.PASSED, note="interactions", count=max(count, 1))
    return GridCell(row, column, Status.SKIPPED, note="not used")


def unused_line(uses: Sequence[Use]) -> str:
    """How much is used by nobody, in a sentence."""
    unused = sum(not use.consumers for use in uses)
    return f"{unused} of {len(uses)} are used by no consumer: they may be retired."


def run(
    openapi_path: Path, pacts_dir: Path, provider: str | None, output_format: str = "table"
) -> int:
    """Print who uses what; return 0.

    Args:
        openapi_path: the OpenAPI document.
        pacts_dir: a pact file or a folder of them.
        provider: the provider's name in pacts; None where there is only one.
        output_format: `table` or `json`.

    Raises:
        UsageUnknown, DocumentError
    """
    loaded = load_pacts([str(pacts_dir)], Credentials())
    if loaded.problems:
        raise UsageUnknown("\n".join(loaded.problems))
    pacts = pacts_of([each.pact for each in loaded.found], provider)
    document = load_document(openapi_path)
    if not calls(Document(document), pacts):
        raise UsageUnknown(
            f"{pacts_dir}: no interaction calls an operation of {openapi_path}, so nobody's use is "
            "known; name the pacts of this provider's consumers."
        )
    uses = usage(document, pacts)
    if output_format == "json":
        print_line(console, json.dumps([asdict(use) for use in uses], indent=2), wrap=False)
        return 0
    _print(uses, console)
    for line in _elsewhere(document, pacts):
        print_line(console, (line, "yellow"))
    return 0


def _elsewhere(document: Mapping[str, Any], pacts: Sequence[PactFile]) -> Iterator[str]:
    """What of the pacts is no use of the document: calls of nothing in it, and messages."""
    reached = {id(call.interaction) for call in calls(Document(document), pacts)}
    for pact in pacts:
        for interaction in pact.interactions:
            if id(interaction) not in reached:
                request = interaction.request
                yield (
                    f"{pact.source} {interaction.location}: {request.method} {request.path} "
                    "is no operation of the document."
                )
        for message in pact.messages:
            yield f'{pact.source} {message.location}: "{message.description}" ({message.kind}).'


def _print(uses: Sequence[Use], terminal: Console) -> None:
    rows = [
        (use.operation, use.part, use.field, ", ".join(use.consumers) or "nobody") for use in uses
    ]
    columns = ("operation", "part", "field", "consumers")
    print_table(terminal, "Usage by consumer", columns, rows)
    print_line(terminal, unused_line(uses))
