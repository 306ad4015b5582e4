"""pact-specification's response cases through `compare`: how many agree, and which do not.

    python -m tests.contract_diff.pact.specification_cases FOLDER...

Each FOLDER is a checkout of one version's branch of github.com/pact-foundation/pact-specification;
nothing of it is kept here. The actual response of a case becomes a document that promises exactly
that response; the case agrees where `compare` finds nothing in what must match, and something (an
error, or that it was not compared) in what must not.
"""

import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import xmltodict  # type: ignore[import-untyped]  # it has no types of its own

from apiproof.contract_diff.pact import PactSeverity, compare
from apiproof.pacts.reading import PactError, parse_pact

LEAST = 0.95


@dataclass(frozen=True)
class Case:
    """One case: where it is, whether it must match, and what came of it."""

    name: str
    must_match: bool
    findings: tuple[str, ...]

    @property
    def agrees(self) -> bool:
        return self.must_match is not bool(self.findings)


def cases(folder: Path) -> Iterator[Case]:
    """Run every response case under a folder."""
    version = folder.name.rpartition("-")[2]
    for path in sorted(folder.rglob("testcases/response/**/*.json")):
        raw = json.loads(path.read_text("utf-8-sig"))
        name = f"{folder.name}/{path.parent.name}/{path.stem}"
        yield Case(name, raw["match"], tuple(findings(raw, version)))


def findings(raw: Mapping[str, Any], version: str) -> Iterator[str]:
    """Compare the expected response of a case with a document of the actual one."""
    try:
        pact = parse_pact(pact_of(raw, version), "case.json")
        for found in compare(pact, document_of(raw["actual"], version)):
            if found.severity is not PactSeverity.WARNING:
                yield f"{found.rule} {found.where}: {found.message}"
    except PactError as error:
        yield str(error)


def pact_of(raw: Mapping[str, Any], version: str) -> dict[str, Any]:
    """Return the pact that expects the response of a case."""
    expected = {"status": raw["actual"].get("status", 200), **raw["expected"]}
    interaction = {
        "type": "Synchronous/HTTP",
        "description": "case",
        "request": {"method": "GET", "path": "/"},
        "response": expected,
    }
    return {
        "consumer": {"name": "consumer"},
        "provider": {"name": "provider"},
        "interactions": [interaction],
        "metadata": {"pactSpecification": {"version": f"{version}.0"}},
    }


def document_of(actual: Mapping[str, Any], version: str) -> dict[str, Any]:
    """Return the document that promises exactly one response."""
    response: dict[str, Any] = {"description": "", "headers": {}}
    media = None
    for name, value in (actual.get("headers") or {}).items():
        if name.lower() == "content-type":
            media = value
            continue
        text = ", ".join(value) if isinstance(value, list) else str(value)
        schema = {"type": "string", "enum": [text]}
        response["headers"][name] = {"required": True, "schema": schema}
    body = actual.get("body")
    if version == "4" and isinstance(body, Mapping) and "content" in body:
        media, body = media or body.get("contentType"), body["content"]
        if "json" in str(media) and isinstance(body, str) and body[:1] in ("{", "["):
            body = json.loads(body)
    if body is not None and body != "":
        media, schema = _described(body, media)
        response["content"] = {media: {"schema": schema}}
    elif media:
        response["content"] = {media: {}}
    operation = {"responses": {str(actual.get("status", 200)): response}}
    return {"openapi": "3.1.0", "info": {}, "paths": {"/": {"get": operation}}}


def _described(body: Any, media: str | None) -> tuple[str, Any]:
    if isinstance(body, str) and body.lstrip().startswith("<"):
        root = xmltodict.parse(body, process_namespaces=True, force_cdata=True)
        ((name, element),) = root.items()
        return "application/xml", {**_xml_schema(element), "xml": _xml_name(name)}
    if isinstance(body, str) and "json" not in str(media):
        return media or "text/plain", {"const": body}
    return media or "application/json", exactly(body)


def exactly(value: Any) -> Any:
    """Return the schema of one JSON value."""
    if isinstance(value, Mapping):
        properties = {name: exactly(item) for name, item in value.items()}
        closed = {"properties": properties, "required": list(properties)}
        return {"type": "object", **closed, "additionalProperties": False}
    if isinstance(value, list):
        size = {"minItems": len(value), "maxItems": len(value)}
        prefix = {"prefixItems": [exactly(item) for item in value]} if value else {}
        return {"type": "array", **prefix, "items": False, **size}
    kinds = {bool: "boolean", int: "integer", float: "number", str: "string"}
    return {"const": value, "type": kinds.get(type(value), "null")}


def _xml_name(name: str) -> dict[str, Any]:
    namespace, _, local = name.rpartition(":")
    return {"name": local, **({"namespace": namespace} if namespace else {})}


def _xml_schema(element: Any) -> dict[str, Any]:
    """Return the schema of one element: attributes, children, and text if it has some."""
    properties: dict[str, Any] = {}
    children = element.items() if isinstance(element, Mapping) else ()
    for name, child in children:
        if name == "@xmlns":
            continue
        if name == "#text":
            properties["text"] = {"const": child, "type": "string", "xml": {"nodeType": "text"}}
        elif name.startswith("@"):
            xml = {**_xml_name(name[1:]), "attribute": True}
            properties[name] = {"const": child, "type": "string", "xml": xml}
        elif isinstance(child, list):
            size = {"minItems": len(child), "maxItems": len(child)}
            items = [{**_xml_schema(each), "xml": _xml_name(name)} for each in child]
            listed = {"type": "array", "prefixItems": items, "items": False}
            properties[name] = {**listed, **size, "xml": _xml_name(name)}
        else:
            properties[name] = {**_xml_schema(child), "xml": _xml_name(name)}
    closed = {"required": list(properties), "additionalProperties": False}
    return {"type": "object", "properties": properties, **closed}


def main(folders: list[str]) -> int:
    """Print the agreement by version and every disagreement; 0 where enough agree."""
    found = [case for folder in folders for case in cases(Path(folder))]
    for case in found:
        if not case.agrees:
            wanted = "match" if case.must_match else "differ"
            print(f"{case.name} must {wanted}: {'; '.join(case.findings) or 'nothing found'}")  # noqa: T201 - the output
    agreed = sum(case.agrees for case in found)
    print(f"{agreed} of {len(found)} cases agree ({agreed / max(len(found), 1):.1%})")  # noqa: T201 - likewise
    return int(not found or agreed / len(found) < LEAST)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
