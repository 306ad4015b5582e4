"""A pact against an OpenAPI document, statically: no provider, no network, no state."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from apiproof.contract_diff.pact.findings import PactFinding, PactSeverity, Problem, listed
from apiproof.contract_diff.pact.generated_values import with_generated
from apiproof.contract_diff.pact.matching_rules import is_replaced
from apiproof.contract_diff.pact.parameters import ParameterCheck
from apiproof.contract_diff.pact.request_body import RequestBodyCheck
from apiproof.contract_diff.pact.responses import ResponseCheck
from apiproof.contract_diff.pact.security import check_security
from apiproof.openapi.document import require_sound
from apiproof.openapi.parameter_styles import ParameterReader
from apiproof.openapi.references import Document, DocumentError, shown_place
from apiproof.openapi.routing import Route, Router
from apiproof.openapi.schema_variants import SchemaVariants
from apiproof.openapi.validation import SchemaValidator
from apiproof.pacts.reading import Interaction, PactFile, Request


class Comparison:
    """One document, ready for any number of pacts.

    Raises:
        DocumentError: the document isn't OpenAPI 3, or a reference in it leads nowhere.
    """

    def __init__(self, raw: Mapping[str, Any], name: str = "the document") -> None:
        document = require_sound(Document(raw, name))
        if not document.raw.get("paths"):
            raise DocumentError(f"{name}: there are no paths at #/paths; name the provider's own.")
        variants = SchemaVariants(document)
        sent, answered = (SchemaValidator(document, way) for way in ("request", "response"))
        reader = ParameterReader(document, variants)
        self._document = document
        self._router = Router(document)
        self._parameters = ParameterCheck(document, reader, sent)
        self._bodies = RequestBodyCheck(document, variants, reader, sent)
        self._responses = ResponseCheck(document, variants, reader, answered)

    def findings(self, pact: PactFile) -> list[PactFinding]:
        """What the pact expects and the document does not promise, in the pact's order."""
        found = []
        for interaction in pact.interactions:
            sent = replace(interaction, request=with_generated(interaction.request))
            found += [
                _finding(pact, interaction, problem)
                for problem in self._problems(sent)
                if not _is_moot(problem, sent.request)
            ]
        return found

    def _problems(self, interaction: Interaction) -> Iterator[Problem]:
        request, response = interaction.request, interaction.response
        routes = self._router.routes(request.method, request.path)
        if not routes:
            yield self._no_route(interaction)
            return
        route = self._best(routes)
        yield from check_security(self._document, route.operation, request, response.status)
        yield from self._parameters.check(route, request, response.status)
        yield from self._bodies.check(route.operation, request, response.status)
        yield from self._responses.check(route.operation, request, response)

    def _best(self, routes: list[Route]) -> Route:
        # Of equally specific templates the one whose parameters fit is meant.
        return next((each for each in routes if self._parameters.path_fits(each)), routes[0])

    def _no_route(self, interaction: Interaction) -> Problem:
        request = interaction.request
        methods = self._router.methods(request.path)
        if methods:
            return Problem(
                "request-method-undeclared",
                ".request.method",
                "/paths",
                f"expected {request.method} on {request.path}, got a document with"
                f" {listed(methods)}",
            )
        nearest = self._router.nearest(request.path)
        return Problem(
            "request-path-undeclared",
            ".request.path",
            "/paths",
            f"expected {request.path}, got a document without it, nearest {listed(nearest)}",
        )


def compare(pact: PactFile, document: Mapping[str, Any]) -> list[PactFinding]:
    """Compare one pact with one OpenAPI 3.0 or 3.1 document.

    Raises:
        DocumentError: nothing can be compared with such a document.
    """
    return Comparison(document).findings(pact)


def _is_moot(problem: Problem, request: Request) -> bool:
    is_value = problem.rule.startswith("request-") and problem.rule.endswith("-invalid")
    return is_value and is_replaced(request, problem.place)


def _finding(pact: PactFile, interaction: Interaction, problem: Problem) -> PactFinding:
    if interaction.pending and problem.is_error:
        # Pact specification 4: what a pending interaction finds breaks nobody yet.
        message = f"{problem.message} (the interaction is pending)"
        problem = replace(problem, message=message, severity=PactSeverity.WARNING)
    return PactFinding(
        rule=problem.rule,
        severity=problem.severity,
        consumer=pact.consumer,
        interaction=interaction.description,
        where=interaction.location + problem.place,
        pointer=shown_place(problem.pointer),
        message=problem.message,
        file=pact.source,
    )
