"""The expected answer against the operation's: status, content type, headers, body."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from apiproof.contract_diff.pact.findings import (
    PactSeverity,
    Problem,
    listed,
    not_compared,
    schema_problems,
    shown,
    takes_octets,
)
from apiproof.contract_diff.pact.headers import excused, is_standard_answer
from apiproof.contract_diff.pact.matchers import MatcherCheck
from apiproof.contract_diff.pact.matching_rules import MatchingRuleSet
from apiproof.contract_diff.pact.response_body import ExpectedBody
from apiproof.contract_diff.pact.xml_body import XmlForms, XmlUnreadable, read_xml
from apiproof.openapi.media_types import (
    acceptable,
    is_json,
    is_xml,
    matching,
    parse_media_type,
    same_accept,
)
from apiproof.openapi.operations import Operation
from apiproof.openapi.parameter_styles import ParameterReader
from apiproof.openapi.references import Document, Located
from apiproof.openapi.responses import matching_status
from apiproof.openapi.schema_variants import SchemaVariants, listed_values
from apiproof.openapi.validation import SchemaValidator
from apiproof.pacts.reading import Body, Request, Response
from apiproof.pacts.reading.expressions import show


@dataclass(frozen=True)
class ResponseCheck:
    """Checks expected answers by the schemas of one document."""

    document: Document
    variants: SchemaVariants
    reader: ParameterReader
    validator: SchemaValidator

    def check(
        self, operation: Operation, request: Request, response: Response
    ) -> Iterator[Problem]:
        """What of an expected answer the operation does not promise."""
        candidates = declared_for(operation, response)
        if not candidates:
            yield _undeclared(operation, response)
            return
        found = [list(self._one(part, request, response)) for part in candidates]
        yield from min(found, key=lambda problems: sum(problem.is_error for problem in problems))

    def _one(self, part: Located, request: Request, response: Response) -> Iterator[Problem]:
        yield from self._headers(part, response)
        offered = list(part.node.get("content") or {})
        yield from _unacceptable(part, request, response, offered)
        body = response.body if response.body and not response.body.is_empty else None
        stated = response.header("content-type") or (
            body.content_type if body and body.is_stated else None
        )
        if response.body is not None and body is None and _promises_body(part, offered):
            yield _empty(part, response.body)
        if not offered:
            if body or stated:
                yield _no_content(part, body, stated)
            return
        fitting = self._media(response, body, stated, offered)
        if not fitting:
            yield _other_type(part, body, stated, offered)
        elif stated and "content-type" not in response.matchers.header:
            yield from _unsaid(part, stated, fitting)
        if fitting and body:
            yield from self._body(part, body, response, fitting)

    def _media(
        self, response: Response, body: Body | None, stated: str | None, offered: list[str]
    ) -> list[str]:
        rule = response.matchers.header.get("content-type")
        if stated and rule is None:
            return matching(stated, offered)
        if stated and rule is not None:
            wild = [each for each in offered if "*" in each]
            texts = {f"{each}{tail}": each for each in offered for tail in ("", "; charset=utf-8")}
            judge = MatcherCheck(self.variants, self.validator)
            return wild + [
                each
                for text, each in texts.items()
                if all(judge.matches(matcher, stated, text) for matcher in rule.matchers)
            ]
        if body is not None and body.is_json:
            return [each for each in offered if is_json(each) or "*" in each]
        plain = [each for each in offered if not is_json(each)]
        return plain or offered if body is not None else offered

    def _body(
        self, part: Located, body: Body, response: Response, fitting: list[str]
    ) -> list[Problem]:
        found = [list(self._media_body(part, body, response, media)) for media in fitting]
        return min(found, key=lambda problems: sum(problem.is_error for problem in problems))

    def _media_body(
        self, part: Located, body: Body, response: Response, media: str
    ) -> Iterator[Problem]:
        schema = part.at("content", media, "schema")
        place = f".response.{body.location}"
        if schema.node is None:
            why = f"expected a body, got a response of {media} without a schema"
            yield not_compared(place, part.at("content", media).pointer, why)
            return
        rules = MatchingRuleSet(response.matchers.body)
        if is_xml(response.content_type or media) and isinstance(body.content, str):
            yield from self._xml_body(schema, body.content, rules, place)
        elif body.is_json or media.startswith("text/"):
            content = body.content
            if isinstance(content, str) and not body.is_json:
                content = self.reader.text(schema, content)
            expected = ExpectedBody(self.document, self.variants, self.validator, rules)
            problems = expected.problems(content, [schema])
            yield from (problem.below(place) for problem in problems)
        elif not takes_octets(self.document, schema):
            why = f"expected a body of {response.content_type or media}, which is not looked into"
            yield not_compared(place, schema.pointer, why)

    def _xml_body(
        self, schema: Located, text: str, rules: MatchingRuleSet, place: str
    ) -> Iterator[Problem]:
        try:
            forms = XmlForms(self.document, self.variants, self.reader)
            form = forms.form(schema, read_xml(text))
        except XmlUnreadable as why:
            yield not_compared(place, schema.pointer, f"expected XML that cannot be read: {why}")
            return
        raw = {"openapi": "3.1.0", "components": {"schemas": {"Body": form.schema}}}
        document = Document(raw)
        root = document.root.at("components", "schemas", "Body")
        variants, validator = SchemaVariants(document), SchemaValidator(document, "response")
        expected = ExpectedBody(document, variants, validator, rules, is_xml=True)
        for problem in expected.problems(form.value, [root]):
            yield replace(problem, pointer=schema.pointer).below(place)

    def _headers(self, part: Located, response: Response) -> Iterator[Problem]:
        declared = {name.lower(): each for name, each in self.document.children(part, "headers")}
        for name, texts in response.headers.items():
            known = declared.get(name.lower())
            if known is not None and name.lower() != "content-type":
                yield from self._header(name, ", ".join(texts), known, response)
            elif not is_standard_answer(name):
                yield Problem(
                    "response-header-undeclared",
                    f".response.headers{show([name])}",
                    part.pointer,
                    f"expected the header {name}, got a response with {listed(declared)}",
                )

    def _header(
        self, name: str, text: str, declared: Located, response: Response
    ) -> Iterator[Problem]:
        schema = declared.at("schema")
        rule = response.matchers.header.get(name.lower())
        judge = MatcherCheck(self.variants, self.validator)
        known = self._listed_texts(schema)
        alike = _same_lists(text)
        if name.lower() == "accept":
            alike += [each for each in known if same_accept(each, text)]
        texts = judge.texts(rule.matchers, text, known) if rule else alike
        if schema.node is None or any(self._is_header(schema, each) for each in texts):
            return
        value = self.reader.casts(schema, text)[0]
        place = f".response.headers{show([name])}"
        yield from schema_problems(self.validator, schema, value, "response-header-invalid", place)

    def _listed_texts(self, schema: Located) -> list[str]:
        """Return the values of a header's enum, as they are written."""
        variants = self.variants.of([schema]) if schema.node is not None else []
        values = [value for variant in variants for value in listed_values(variant) or ()]
        return [value if isinstance(value, str) else json.dumps(value) for value in values]

    def _is_header(self, schema: Located, text: str) -> bool:
        items = self.reader.items(schema, [piece.strip() for piece in text.split(",")])
        readings = [*self.reader.casts(schema, text), items]
        return any(self.validator.accepts([schema], value) for value in readings)


def _same_lists(text: str) -> list[str]:
    """Return how a header may be written: space after a comma means nothing (RFC 9110)."""
    pieces = [piece.strip() for piece in text.split(",")]
    return [text, ",".join(pieces), ", ".join(pieces)]


def _promises_body(part: Located, offered: list[str]) -> bool:
    nodes = (part.at("content", media, "schema").node for media in offered)
    return bool(offered) and all(node is not None and node is not True for node in nodes)


def _empty(part: Located, body: Body) -> Problem:
    """Return what a pact's `null` or empty text against a promised body comes to."""
    if body.content is None:
        why = "expected no body (null), got a response that may have one, which is not compared"
    else:
        why = "expected an empty body, got a response that may have one, which is not compared"
    return not_compared(f".response.{body.location}", part.at("content").pointer, why)


def _unsaid(part: Located, stated: str, fitting: list[str]) -> Iterator[Problem]:
    """Yield what a consumer wants of a content type and the document leaves open.

    Pact's verifier wants a charset that the consumer states. Servers send one with text, and
    mostly none with JSON, which has but one (RFC 8259, 8.1).
    """
    if stated.lower().startswith("text/"):
        return
    wanted = dict(parse_media_type(stated).parameters)
    if all(wanted.keys() - dict(parse_media_type(each).parameters) for each in fitting):
        yield Problem(
            "response-content-type-open",
            ".response.headers['Content-Type']",
            part.at("content", fitting[0]).pointer,
            f"expected {stated}, got {fitting[0]}, which does not say so",
            PactSeverity.WARNING,
        )


def _undeclared(operation: Operation, response: Response) -> Problem:
    return Problem(
        "response-status-undeclared",
        ".response.status",
        operation.part.at("responses").pointer,
        f"expected an answer of {response.status}, got an operation with"
        f" {listed(sorted(operation.responses))}",
    )


def _unacceptable(
    part: Located, request: Request, response: Response, offered: list[str]
) -> Iterator[Problem]:
    accept = request.header("accept") or ""
    # Error answers are sent whatever the client accepts (RFC 9110, section 15.5.7).
    if response.status >= 400 or excused("accept", response.status):
        return
    if offered and not acceptable(accept, offered):
        yield Problem(
            "request-accept-unsatisfiable",
            ".request.headers.Accept",
            part.at("content").pointer,
            f"expected an answer of {accept}, got an operation that answers {listed(offered)}",
        )


def _no_content(part: Located, body: Body | None, stated: str | None) -> Problem:
    got = shown(body.content, body.location) if body else f"the content type {stated}"
    return Problem(
        "response-body-undeclared",
        f".response.{body.location}" if body else ".response.headers['Content-Type']",
        part.pointer,
        f"expected {got}, got a response that declares no content",
    )


def _other_type(
    part: Located, body: Body | None, stated: str | None, offered: list[str]
) -> Problem:
    where = ".response.headers['Content-Type']" if stated else ".response.body"
    wanted = stated or (body.content_type if body else None)
    return Problem(
        "response-content-type-undeclared",
        where,
        part.at("content").pointer,
        f"expected a body of {wanted}, got a response of {listed(offered)}",
    )


# Pact specification 4, "Status code matcher".
_CLASSES: Final[Mapping[str, Callable[[int], bool]]] = {
    "info": lambda status: status < 200,
    "success": lambda status: 200 <= status < 300,
    "redirect": lambda status: 300 <= status < 400,
    "clienterror": lambda status: 400 <= status < 500,
    "servererror": lambda status: status >= 500,
    "nonerror": lambda status: status < 400,
    "error": lambda status: status >= 400,
}


def declared_for(operation: Operation, response: Response) -> list[Located]:
    """The declared responses that may be meant; several where a matcher allows a class."""
    wanted = _wanted(response)
    if wanted is None:
        found = _declared(operation, response.status)
        return [found] if found else []
    codes = [code for code in range(100, 600) if wanted(code)]
    parts = [part for code in codes if (part := _declared(operation, code))]
    return list({part.pointer: part for part in parts}.values())


def _declared(operation: Operation, status: int) -> Located | None:
    name = matching_status(status, operation.responses)
    return operation.responses[name] if name else None


def _wanted(response: Response) -> Callable[[int], bool] | None:
    rule = response.matchers.status
    for matcher in rule.matchers if rule else ():
        stated: Any = matcher.options.get("status")
        if isinstance(stated, list):
            return lambda status: status in stated
        name = str(stated or "").lower().replace("-", "").replace("_", "")
        if name in _CLASSES:
            return _CLASSES[name]
        if matcher.kind in {"type", "integer", "number"}:
            return lambda _: True
    return None
