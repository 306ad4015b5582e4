"""What a request may say so that it succeeds: guided, recorded, exemplary and sampled contents.

It knows the document's parameters and bodies; it must not know who sends them.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from apiproof.access.exchange import FORM, MULTIPART, Content, Request
from apiproof.access.identities import Person
from apiproof.access.samples import Samples
from apiproof.openapi.document import Operation
from apiproof.service import AdjustableRequest

_UNLIKE = 7919  # a seed that no scene comes to

Guide = Callable[[Person, AdjustableRequest], None]
Mend = Callable[[Any], Any]


@dataclass
class Draft:
    """A request that a guide may change (see `apiproof.service.AdjustableRequest`)."""

    body: Any
    query: dict[str, Any]
    path_parameters: dict[str, Any] = field(default_factory=dict)


@dataclass
class Hints:
    """What is known beside the document.

    Attributes:
        guides: operationId -> what turns a sampled request into one that this person can send.
        mends: operationId -> what repairs a sampled body.
        recorded: operationId -> contents of requests that were seen to succeed.
    """

    request_overrides: Mapping[str, Guide] = field(default_factory=dict)
    body_fixers: Mapping[str, Mend] = field(default_factory=dict)
    recorded: dict[str, Content] = field(default_factory=dict)


Recipe = Callable[[Person, int], Content]


class Contents:
    """Proposes contents for the operations of one document."""

    def __init__(self, document: Mapping[str, Any], samples: Samples, hints: Hints) -> None:
        self._samples = samples
        self._hints = hints
        self._items = document.get("paths", {})

    def recipes(self, operation: Operation) -> Iterator[Recipe]:
        """Yield ways to fill a request of an operation, most promising first."""
        name = operation.operation_id
        if (seen := self._hints.recorded.get(name)) is not None:
            yield lambda _person, _seed: seen
        # A change that names everything shows more than one that names nothing.
        partial = operation.method in {"PATCH", "PUT"}
        exemplary = self._examples(operation)
        if exemplary is not None and name not in self._hints.request_overrides:
            yield lambda person, seed: self._content(operation, person, seed, given=exemplary)
        for full, shift in ((partial, 0), (partial, 1), (not partial, 0), (not partial, 1)):
            yield self._sampled(operation, full=full, shift=shift)

    def _sampled(self, operation: Operation, *, full: bool, shift: int) -> Recipe:
        return lambda person, seed: self._content(
            operation, person, seed + 1 if shift else 0, full=full
        )

    def body_schema(self, operation: Operation) -> tuple[str, dict[str, Any]]:
        """Return the media type and schema of an operation's body; empty when it takes none."""
        body = self._samples.resolve(operation.definition.get("requestBody", {}))
        content = body.get("content", {})
        if not content:
            return "", {}
        ranked = sorted(content, key=lambda media: ("json" not in media, media != FORM))
        return ranked[0], dict(content[ranked[0]].get("schema", {}))

    def parameters(self, operation: Operation) -> list[dict[str, Any]]:
        """Return an operation's parameters, with those of its path item."""
        shared = self._items.get(operation.path, {}).get("parameters", [])
        declared = [*shared, *operation.definition.get("parameters", [])]
        found = [self._samples.resolve(parameter) for parameter in declared]
        return list({(item.get("in"), item.get("name")): item for item in found}.values())

    def resolve(self, schema: Mapping[str, Any]) -> dict[str, Any]:
        """Follow a schema's references."""
        return self._samples.resolve(schema)

    def altered(self, request: Request, current: Mapping[str, Any]) -> Request:
        """Return a request whose body changes every simple value that it merely repeats."""
        body = object_body(request.content)
        if body is None:
            return request
        operation = request.operation
        fields = self.resolve(self.body_schema(operation)[1]).get("properties", {})
        for name, value in body.items():
            if name in current and current[name] == value and not name.endswith("id"):
                body[name] = self._samples.unlike(fields.get(name, {}), value, _UNLIKE)
        mend = self._hints.body_fixers.get(operation.operation_id)
        return request.saying(mend(body) if mend else body)

    def answer_sample(self, operation: Operation) -> dict[str, Any]:
        """Return a value of every field of an operation's successful answer, unlike real ones."""
        for status, declared in operation.definition.get("responses", {}).items():
            content = self._samples.resolve(declared).get("content", {})
            schema = content.get("application/json", {}).get("schema")
            if str(status).startswith("2") and schema is not None:
                fields = self._samples.resolve(schema).get("properties", {})
                return {name: self._samples.sample(part, _UNLIKE) for name, part in fields.items()}
        return {}

    def path_parameters(self, operation: Operation) -> list[dict[str, Any]]:
        """Return the parameters in an operation's path, in the path's order."""
        declared = {
            item["name"]: item for item in self.parameters(operation) if item.get("in") == "path"
        }
        names = re.findall(r"\{([^}]+)\}", operation.path)
        return [declared.get(name, {"name": name}) for name in names]

    def value_of(self, parameter: Mapping[str, Any], seed: int = 0) -> Any:
        """Return a value for a parameter: its example, or a sample of its schema."""
        examples = [
            example.get("value")
            for example in parameter.get("examples", {}).values()
            if isinstance(example, Mapping)
        ]
        if "example" in parameter:
            return parameter["example"]
        return examples[0] if examples else self._samples.sample(parameter.get("schema"), seed)

    def _examples(self, operation: Operation) -> Any:
        media, _ = self.body_schema(operation)
        body = self._samples.resolve(operation.definition.get("requestBody", {}))
        declared = body.get("content", {}).get(media, {})
        named = declared.get("examples", {}).values()
        values = [example.get("value") for example in named if isinstance(example, Mapping)]
        return declared.get("example", values[0] if values else None)

    def _content(
        self,
        operation: Operation,
        person: Person,
        seed: int,
        *,
        full: bool = False,
        given: Any = None,
    ) -> Content:
        places: dict[str, dict[str, Any]] = {"query": {}, "header": {}}
        for parameter in self.parameters(operation):
            if parameter.get("required") and parameter.get("in") in places:
                value = self.value_of(parameter, seed)
                places[parameter["in"]][str(parameter["name"])] = value
        media, schema = self.body_schema(operation)
        headers = {name: str(value) for name, value in places["header"].items()}
        body = given if given is not None else self._body(operation, schema, seed, full=full)
        draft = Draft(body, places["query"])
        if guide := self._hints.request_overrides.get(operation.operation_id):
            guide(person, draft)
        return Content(draft.query, headers, draft.body, media, draft.path_parameters)

    def _body(
        self, operation: Operation, schema: Mapping[str, Any], seed: int, *, full: bool
    ) -> Any:
        body = self._samples.sample(schema, seed, full=full) if schema else None
        mend = self._hints.body_fixers.get(operation.operation_id)
        return mend(dict(body)) if mend and isinstance(body, dict) else body


def object_body(content: Content) -> dict[str, Any] | None:
    """Return a body whose members can be changed; None for others."""
    plain = content.media in {FORM, MULTIPART} or "json" in content.media
    return dict(content.body) if plain and isinstance(content.body, dict) else None
