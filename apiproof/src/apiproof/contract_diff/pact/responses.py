"""The expected answer against the operation's: status, content type, headers, body."""

from collections.abc import Iterator
from dataclasses import dataclass

from apiproof.contract_diff.pact.document import Document, Located
from apiproof.contract_diff.pact.excuses import excused
from apiproof.contract_diff.pact.expectation import Expectation
from apiproof.contract_diff.pact.findings import Problem, listed, shown
from apiproof.contract_diff.pact.headers import is_standard_answer
from apiproof.contract_diff.pact.matching import Matching
from apiproof.contract_diff.pact.mediatypes import acceptable, is_json_type, matching
from apiproof.contract_diff.pact.operations import Operation
from apiproof.contract_diff.pact.rulebook import Rulebook
from apiproof.contract_diff.pact.shapes import Shapes
from apiproof.contract_diff.pact.statuses import declared_for
from apiproof.contract_diff.pact.styles import Styles
from apiproof.contract_diff.pact.validation import Validators
from apiproof.pacts.reading import Body, Request, Response
from apiproof.pacts.reading.expressions import show


@dataclass(frozen=True)
class Responses:
    """Checks expected answers by the schemas of one document."""

    document: Document
    shapes: Shapes
    styles: Styles
    validators: Validators

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
        if not offered:
            if body or stated:
                yield _no_content(part, body, stated)
            return
        fitting = self._media(response, body, stated, offered)
        if not fitting:
            yield _other_type(part, body, stated, offered)
        elif body:
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
            judge = Matching(self.shapes, self.validators)
            return wild + [
                each
                for text, each in texts.items()
                if all(judge.matches(matcher, stated, text) for matcher in rule.matchers)
            ]
        if body is not None and body.is_json:
            return [each for each in offered if is_json_type(each) or "*" in each]
        plain = [each for each in offered if not is_json_type(each)]
        return plain or offered if body is not None else offered

    def _body(
        self, part: Located, body: Body, response: Response, fitting: list[str]
    ) -> list[Problem]:
        found = []
        book = Rulebook(response.matchers.body)
        expectation = Expectation(self.document, self.shapes, self.validators, book)
        for media in fitting:
            schema = part.at("content", media, "schema")
            if schema.node is None or not (body.is_json or media.startswith("text/plain")):
                return []
            problems = expectation.problems(body.content, [schema])
            found.append([problem.below(f".response.{body.location}") for problem in problems])
        return min(found, key=lambda problems: sum(problem.is_error for problem in problems))

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
        judge = Matching(self.shapes, self.validators)
        texts = judge.texts(rule.matchers, text) if rule else [text]
        if schema.node is None or any(self._is_header(schema, each) for each in texts):
            return
        value = self.styles.casts(schema, text)[0]
        place = f".response.headers{show([name])}"
        yield from self.validators.problems(schema, value, "response-header-invalid", place)

    def _is_header(self, schema: Located, text: str) -> bool:
        items = self.styles.items(schema, [piece.strip() for piece in text.split(",")])
        readings = [*self.styles.casts(schema, text), items]
        return any(self.validators.accepts([schema], value) for value in readings)


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
