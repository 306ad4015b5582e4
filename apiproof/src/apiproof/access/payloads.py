"""What a request may hold so that it succeeds: adjusted, recorded, exemplary, generated values."""

import itertools
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from apiproof.access.example_values import ExampleValues, is_free_text
from apiproof.access.http import FORM, MULTIPART, QUERY, Request, RequestContent
from apiproof.access.users import User
from apiproof.openapi.document import Operation, operations
from apiproof.openapi.references import flattened
from apiproof.service import AdjustableRequest

WRITES = frozenset({"POST", "PUT", "PATCH"})
_UNLIKE = 7919  # a seed that no prepared request comes to

Guide = Callable[[User, AdjustableRequest], None]
BodyFixer = Callable[[Any], Any]


@dataclass
class RequestDraft:
    """A request that a guide may change (see `apiproof.service.AdjustableRequest`)."""

    body: Any
    query: dict[str, Any]
    path_parameters: dict[str, Any] = field(default_factory=dict)


@dataclass
class Hints:
    """What is known beside the document.

    Attributes:
        request_overrides: operationId -> what turns a sampled request into one that this user
            can send.
        body_fixers: operationId -> what repairs a sampled body.
        recorded: operationId -> contents of requests that were seen to succeed.
    """

    request_overrides: Mapping[str, Guide] = field(default_factory=dict)
    body_fixers: Mapping[str, BodyFixer] = field(default_factory=dict)
    recorded: dict[str, RequestContent] = field(default_factory=dict)


PayloadRecipe = Callable[[User, int], RequestContent]


class PayloadSource:
    """Proposes contents for the operations of one document."""

    def __init__(self, document: Mapping[str, Any], values: ExampleValues, hints: Hints) -> None:
        self._values = values
        self._hints = hints
        self._document = document
        self.known: dict[str, PayloadRecipe] = {}  # what is sure to succeed, by label
        # Operations that nothing can be said to: each has one request, and needs no recipe.
        self.empty = frozenset(
            one.label
            for one in operations(dict(document))
            if not one.parameters
            and one.request_body is None
            and "{" not in one.path
            and one.operation_id not in hints.request_overrides
        )
        self._schemas: Mapping[str, Any] = document.get("components", {}).get("schemas", {})

    def recipes(self, operation: Operation) -> Iterator[PayloadRecipe]:
        """Yield ways to fill a request of an operation, most promising first."""
        name = operation.operation_id
        if (known := self.known.get(operation.label)) is not None:
            yield known
        if (seen := self._hints.recorded.get(name)) is not None:
            yield lambda _user, _seed: seen
        # A change that names everything shows more than one that names nothing.
        partial = operation.method in {"PATCH", "PUT"}
        exemplary = self._examples(operation)
        varied = [] if partial else [self._sampled(operation, full=True, shift=1)]
        if self._is_varied(operation):
            yield from varied
        if exemplary is not None and name not in self._hints.request_overrides:
            yield lambda user, seed: self._content(operation, user, seed, given=exemplary)
        # What is written may have to be unique: without an example, texts that vary are as good.
        has_example = exemplary is not None or (partial and self._is_varied(operation))
        shifts = (0, 1) if has_example else (1, 0)
        for full, shift in itertools.product((partial, not partial), shifts):
            yield self._sampled(operation, full=full, shift=shift)

    def _is_varied(self, operation: Operation) -> bool:
        """Whether only an example speaks for a text that may have to be unique."""
        _, schema = self.body_schema(operation)
        fields = self.resolve(schema).get("properties", {}).values() if schema else ()
        resolved = [self.resolve(part) for part in fields]
        return any({"example", "examples"} & set(part) and is_free_text(part) for part in resolved)

    def _sampled(self, operation: Operation, *, full: bool, shift: int) -> PayloadRecipe:
        return lambda user, seed: self._content(
            operation, user, seed + 1 if shift else 0, full=full
        )

    def body_schema(self, operation: Operation) -> tuple[str, dict[str, Any]]:
        """Return the media type and schema of an operation's body; empty when it takes none.

        A write without a body says in its query what others say there.
        """
        body = self.resolve(operation.definition.get("requestBody", {}))
        content = body.get("content", {})
        if not content:
            said = self._query(operation) if operation.method in WRITES else []
            return (QUERY, _as_schema(said)) if said else ("", {})
        ranked = sorted(content, key=lambda media: ("json" not in media, media != FORM))
        return ranked[0], dict(content[ranked[0]].get("schema", {}))

    def parameters(self, operation: Operation) -> list[dict[str, Any]]:
        """Return an operation's parameters, with those of its path item."""
        return [dict(one.part.node) for one in operation.parameters]

    def query_names(self, operation: Operation) -> list[str]:
        """Return the names of an operation's query parameters."""
        return [str(one["name"]) for one in self._query(operation)]

    def _query(self, operation: Operation) -> list[dict[str, Any]]:
        return [one for one in self.parameters(operation) if one.get("in") == "query"]

    def resolve(self, schema: Mapping[str, Any]) -> dict[str, Any]:
        """Follow a schema's references."""
        return flattened(self._document, schema)

    def altered(self, request: Request, current: Mapping[str, Any]) -> Request:
        """Return a request whose body changes every simple value that it merely repeats."""
        body = object_body(request.content)
        if body is None:
            return request
        operation = request.operation
        fields = self.resolve(self.body_schema(operation)[1]).get("properties", {})
        for name, value in body.items():
            if name in current and current[name] == value and not name.endswith("id"):
                body[name] = self._values.different_from(fields.get(name, {}), value, _UNLIKE)
        fixer = self._hints.body_fixers.get(operation.operation_id)
        return request.saying(fixer(body) if fixer else body)

    def answer_sample(
        self, operation: Operation, control: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """Return a value of every field of an operation's successful answer, unlike real ones.

        Args:
            operation: Whose answer.
            control: Values that an object has by itself: the ones returned differ from them.
        """
        for status, declared in operation.definition.get("responses", {}).items():
            content = self.resolve(declared).get("content", {})
            schema = content.get("application/json", {}).get("schema")
            if str(status).startswith("2") and schema is not None:
                fields = self.resolve(schema).get("properties", {})
                made = {name: self._values.sample(part, _UNLIKE) for name, part in fields.items()}
                has = control or {}
                return {
                    name: self._values.different_from(fields[name], value, _UNLIKE)
                    if name in has and has[name] == value
                    else value
                    for name, value in made.items()
                }
        return {}

    def full_body(self, operation: Operation, *, full: bool = True) -> Any:
        """Return a body with every property, or with what is required; None where none is taken."""
        example = self._examples(operation) if full else None
        _, schema = self.body_schema(operation)
        made = self._values.sample(schema, 1, full=full) if schema else None
        if isinstance(example, dict) and isinstance(made, dict):
            return {**made, **example}
        return example if made is None else made

    def choices_of(self, name: str) -> list[Any]:
        """Return the values that the document's schemas admit for members of a name, in order."""
        schemas = [self.resolve(one) for one in self._schemas.values()]
        parts = [one.get("properties", {}).get(name) for one in schemas]
        found = [value for part in parts if part for value in self.resolve(part).get("enum", ())]
        return list(dict.fromkeys(found))

    def schema_at(self, operation: Operation, path: tuple[str, ...]) -> dict[str, Any]:
        """Return the schema of a member of an operation's body, by its path."""
        found = self.resolve(self.body_schema(operation)[1])
        for name in path:
            found = self.resolve(found.get("properties", {}).get(name, {}))
        return found

    def answer_example(self, operation: Operation) -> Any:
        """Return a successful answer of an operation with every property, as declared."""
        for status, declared in operation.definition.get("responses", {}).items():
            content = self.resolve(declared).get("content", {})
            schema = next(
                (part.get("schema") for name, part in content.items() if "json" in name), None
            )
            if str(status).startswith("2") and schema:
                return self._values.sample(schema, 1, full=True)
        return None

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
        if examples:
            return examples[0]
        value = self._values.sample(parameter.get("schema"), seed)
        # A parameter without any value is not sent at all.
        return self._values.sample(parameter["schema"], seed, full=True) if value == [] else value

    def _examples(self, operation: Operation) -> Any:
        media, _ = self.body_schema(operation)
        body = self.resolve(operation.definition.get("requestBody", {}))
        declared = body.get("content", {}).get(media, {})
        named = declared.get("examples", {}).values()
        values = [example.get("value") for example in named if isinstance(example, Mapping)]
        return declared.get("example", values[0] if values else None)

    def _content(
        self,
        operation: Operation,
        user: User,
        seed: int,
        *,
        full: bool = False,
        given: Any = None,
    ) -> RequestContent:
        media, schema = self.body_schema(operation)
        places: dict[str, dict[str, Any]] = {"query": {}, "header": {}}
        for parameter in self.parameters(operation):
            place = str(parameter.get("in"))
            is_said = place == "query" and media == QUERY  # as a member of the body
            if parameter.get("required") and place in places and not is_said:
                places[place][str(parameter["name"])] = self.value_of(parameter, seed)
        headers = {name: str(value) for name, value in places["header"].items()}
        body = given if given is not None else self._body(operation, schema, seed, full=full)
        draft = RequestDraft(body, places["query"])
        if guide := self._hints.request_overrides.get(operation.operation_id):
            guide(user, draft)
        return RequestContent(draft.query, headers, draft.body, media, draft.path_parameters)

    def _body(
        self, operation: Operation, schema: Mapping[str, Any], seed: int, *, full: bool
    ) -> Any:
        body = self._values.sample(schema, seed, full=full) if schema else None
        fixer = self._hints.body_fixers.get(operation.operation_id)
        return fixer(dict(body)) if fixer and isinstance(body, dict) else body


def _as_schema(parameters: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the schema of an object with a member for each parameter."""
    return {
        "type": "object",
        "properties": {
            str(one["name"]): {
                **one.get("schema", {}),
                **({"example": one["example"]} if "example" in one else {}),
            }
            for one in parameters
        },
        "required": [str(one["name"]) for one in parameters if one.get("required")],
    }


def object_body(content: RequestContent) -> dict[str, Any] | None:
    """Return a body whose members can be changed; None for others."""
    plain = content.media in {FORM, MULTIPART, QUERY} or "json" in content.media
    return dict(content.body) if plain and isinstance(content.body, dict) else None
