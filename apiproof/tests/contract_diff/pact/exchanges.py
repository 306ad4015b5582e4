"""One operation and one interaction, as small as a claim needs them."""

from collections.abc import Mapping
from typing import Any

from apiproof.contract_diff.pact import PactFinding, PactSeverity, compare
from apiproof.pacts.reading import PactFile, parse_pact

JSON = {"Content-Type": "application/json"}


def answering(schema: Any, version: str = "3.1.0", **components: Any) -> dict[str, Any]:
    """A document whose `GET /thing` answers 200 with a schema."""
    content = {"application/json": {"schema": schema}}
    return serving(
        {"responses": {"200": {"description": "", "content": content}}}, version, **components
    )


def serving(
    operation: Mapping[str, Any], version: str = "3.1.0", method: str = "get", **components: Any
) -> dict[str, Any]:
    """A document with one operation on `/thing`."""
    return {
        "openapi": version,
        "info": {"title": "Thing", "version": "1"},
        "paths": {"/thing": {method: {"responses": {"200": {"description": ""}}, **operation}}},
        "components": {"schemas": components},
    }


def pact(
    request: Mapping[str, Any] | None = None,
    response: Mapping[str, Any] | None = None,
    version: str = "3.0.0",
) -> PactFile:
    """A pact, V3 and with one interaction, `GET /thing` and 200, unless told otherwise."""
    return parse_pact(
        {
            "consumer": {"name": "c"},
            "provider": {"name": "p"},
            "interactions": [
                {
                    "description": "d",
                    "request": {"method": "GET", "path": "/thing", **(request or {})},
                    "response": {"status": 200, **(response or {})},
                }
            ],
            "metadata": {"pactSpecification": {"version": version}},
        },
        "pact.json",
    )


def expecting(
    body: Any, rules: Mapping[str, list[Any]] | None = None, combine: str = "AND"
) -> PactFile:
    """A pact that expects a body, with matchers by expression."""
    matching = {
        place: {"combine": combine, "matchers": matchers}
        for place, matchers in (rules or {}).items()
    }
    return pact(response={"headers": JSON, "body": body, "matchingRules": {"body": matching}})


def errors(pact: PactFile, document: Mapping[str, Any]) -> list[str]:
    """The rules that are failed for certain."""
    found: list[PactFinding] = compare(pact, document)
    return [finding.rule for finding in found if finding.severity is PactSeverity.ERROR]


def warnings(pact: PactFile, document: Mapping[str, Any]) -> list[str]:
    """The rules that may fail."""
    found: list[PactFinding] = compare(pact, document)
    return [finding.rule for finding in found if finding.severity is PactSeverity.WARNING]
