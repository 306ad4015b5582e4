"""Path, query, header and cookie parameters of a request against those of the operation."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from apiproof.contract_diff.pact.findings import PactSeverity, Problem, listed, schema_problems
from apiproof.contract_diff.pact.headers import REQUEST, excused
from apiproof.contract_diff.pact.security import cookies, key_names
from apiproof.openapi.operations import IGNORED_HEADERS, Operation, Parameter
from apiproof.openapi.parameter_styles import ParameterReader
from apiproof.openapi.references import Document
from apiproof.openapi.routing import Route
from apiproof.openapi.validation import SchemaValidator
from apiproof.pacts.reading import Request
from apiproof.pacts.reading.expressions import show

_PLACES: Final = {
    "path": ".request.path",
    "query": ".request.query",
    "header": ".request.headers",
    "cookie": ".request.headers.Cookie",
}
Texts = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class ParameterCheck:
    """Checks the parameters of requests by the schemas of one document."""

    document: Document
    reader: ParameterReader
    validator: SchemaValidator

    def check(self, route: Route, request: Request, status: int) -> Iterator[Problem]:
        """What is wrong with a request's parameters, unless the answer expected is about it."""
        operation = route.operation
        sent = _sent(route, request)
        for parameter in operation.parameters:
            if parameter.location == "query":
                continue
            if parameter.location == "header" and parameter.name.lower() in IGNORED_HEADERS:
                continue
            yield from self._one(parameter, sent.get(parameter.location, {}), status)
        yield from self._queries(operation, request, status)
        yield from self._unknown_headers(operation, request)

    def path_fits(self, route: Route) -> bool:
        """Whether the values of a path are valid, to choose among operations."""
        return not any(
            problem
            for parameter in route.operation.parameters
            if parameter.location == "path"
            for problem in self._one(parameter, {k: (v,) for k, v in route.values.items()}, 200)
        )

    def _one(self, parameter: Parameter, sent: Texts, status: int) -> Iterator[Problem]:
        name = parameter.name.lower() if parameter.location == "header" else parameter.name
        if name not in sent:
            if parameter.is_required and parameter.location != "path":
                yield from _missing(parameter, status)
            return
        if not excused(parameter.location, status):
            yield from self._values(parameter, sent[name])

    def _values(self, parameter: Parameter, texts: Sequence[str]) -> Iterator[Problem]:
        if parameter.part.node.get("allowEmptyValue") and not any(texts):
            return
        readings = self.reader.readings(parameter, texts)
        yield from self._first_valid(parameter, readings, _place(parameter))

    def _first_valid(
        self, parameter: Parameter, readings: Sequence[object], place: str
    ) -> Iterator[Problem]:
        schema = parameter.schema
        if schema.node is None or any(self.validator.accepts([schema], r) for r in readings):
            return
        rule = f"request-{parameter.location}-invalid"
        yield from schema_problems(self.validator, schema, readings[0], rule, place)

    def _queries(self, operation: Operation, request: Request, status: int) -> Iterator[Problem]:
        known = key_names(self.document, operation, "query")
        rest = {name: texts for name, texts in request.query.items() if name.lower() not in known}
        parameters = [p for p in operation.parameters if p.location == "query"]
        named = {p.name for p in parameters}
        # Parameters with a name of their own first: an open object takes what is left.
        for parameter in sorted(parameters, key=lambda p: p.name not in rest):
            own = {
                name: t for name, t in rest.items() if name == parameter.name or name not in named
            }
            fields = self.reader.owned(parameter, own) if parameter.name not in rest else None
            if fields:
                rest = {name: texts for name, texts in rest.items() if name not in fields}
                if not excused("query", status):
                    value = self.reader.object(parameter, fields)
                    yield from self._first_valid(parameter, [value], _PLACES["query"])
                continue
            yield from self._one(parameter, rest, status)
            rest.pop(parameter.name, None)
        if not excused("query", status):
            yield from (_unknown_query(name, operation, named) for name in rest)

    def _unknown_headers(self, operation: Operation, request: Request) -> Iterator[Problem]:
        known = {p.name.lower() for p in operation.parameters if p.location == "header"}
        known |= key_names(self.document, operation, "header") | REQUEST
        for name in request.headers:
            if name.lower() not in known:
                yield Problem(
                    "request-header-undeclared",
                    f".request.headers{show([name])}",
                    operation.part.pointer,
                    f"expected a declared header, got {name}, which the provider may ignore",
                    PactSeverity.WARNING,
                )


def _sent(route: Route, request: Request) -> dict[str, Texts]:
    return {
        "path": {name: (text,) for name, text in route.values.items()},
        "header": {name.lower(): texts for name, texts in request.headers.items()},
        "cookie": {name: (text,) for name, text in cookies(request).items()},
    }


def _missing(parameter: Parameter, status: int) -> Iterator[Problem]:
    if excused(parameter.location, status):
        return
    if parameter.location != "query" and excused("missing credential", status):
        return
    yield Problem(
        f"request-{parameter.location}-missing",
        _PLACES[parameter.location],
        parameter.part.pointer,
        f"expected the required {parameter.location} parameter {parameter.name}, got none",
    )


def _place(parameter: Parameter) -> str:
    root = _PLACES[parameter.location]
    return root + show([parameter.name]) if parameter.location in {"query", "header"} else root


def _unknown_query(name: str, operation: Operation, known: set[str]) -> Problem:
    return Problem(
        "request-query-undeclared",
        f".request.query{show([name])}",
        operation.part.pointer,
        f"expected one of the declared query parameters ({listed(sorted(known))}), got {name}",
    )
