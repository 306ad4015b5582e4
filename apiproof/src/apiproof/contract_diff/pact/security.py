"""Whether a request shows the credentials that an operation's security asks for.

Alternatives, combinations and the optional `{}` are as in OpenAPI 3.1, Security Requirement
Object. Only the presence and the scheme of credentials can be seen statically, never scopes;
no credential ever reaches a message.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from apiproof.contract_diff.pact.findings import Problem
from apiproof.openapi.operations import Operation
from apiproof.openapi.references import Document, Located
from apiproof.pacts.reading import Request

REFUSALS: Final = frozenset({401, 403})


def check_security(
    document: Document, operation: Operation, request: Request, status: int
) -> Iterator[Problem]:
    """A problem where no alternative is satisfied, unless the answer expected is a refusal."""
    requirements = operation.security_part
    if status in REFUSALS or not requirements.node:
        return
    missing = [
        _missing(document, requirements.at(number), request)
        for number in range(len(requirements.node))
    ]
    if all(missing):
        wanted = " or ".join(" and ".join(each) for each in missing)
        yield Problem(
            "request-security-missing",
            ".request.headers",
            requirements.pointer,
            f"expected {wanted} for an answer of {status}, got a request without it",
        )


def key_names(document: Document, operation: Operation, location: str) -> set[str]:
    """The names of the API keys that an operation's security reads from a place."""
    found = set()
    for requirement in operation.security_part.node or ():
        for name in requirement:
            scheme = _scheme(document, name)
            if scheme.get("type") == "apiKey" and scheme.get("in") == location:
                found.add(str(scheme.get("name", "")).lower())
    return found


def cookies(request: Request) -> dict[str, str]:
    """The cookies that a request sends, by name."""
    pieces = (request.header("cookie") or "").replace(",", ";").split(";")
    pairs = (piece.strip().partition("=") for piece in pieces if "=" in piece)
    return {name: value for name, _, value in pairs}


def _missing(document: Document, requirement: Located, request: Request) -> list[str]:
    return [
        words
        for name in requirement.node or ()
        if (words := _lacking(_scheme(document, name), request)) is not None
    ]


def _scheme(document: Document, name: str) -> Mapping[str, str]:
    node = document.child(document.root, "components", "securitySchemes", name).node
    return node if isinstance(node, Mapping) else {}


def _lacking(scheme: Mapping[str, str], request: Request) -> str | None:
    """What a request lacks for a scheme, in words; None where nothing or nothing that shows."""
    match scheme.get("type"):
        case "apiKey":
            return _lacking_key(scheme, request)
        case "oauth2" | "openIdConnect":
            return _lacking_scheme("bearer", f"a Bearer token ({scheme['type']})", request)
        case "http":
            name = str(scheme.get("scheme", "bearer"))
            return _lacking_scheme(name.lower(), f"{name.capitalize()} credentials", request)
    return None


def _lacking_scheme(name: str, words: str, request: Request) -> str | None:
    stated = (request.header("authorization") or "").strip()
    scheme, _, credentials = stated.partition(" ")
    return None if scheme.lower() == name and credentials.strip() else words


def _lacking_key(scheme: Mapping[str, str], request: Request) -> str | None:
    name, location = str(scheme.get("name", "")), scheme.get("in")
    values = {
        "header": request.header(name),
        "query": "".join(request.query.get(name, ())),
        "cookie": cookies(request).get(name),
    }
    return None if values.get(str(location)) else f"the API key {name} in the {location}"
