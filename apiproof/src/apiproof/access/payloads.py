"""What a request may hold so that it succeeds: adjusted, recorded, exemplary, generated values."""

import functools
import re
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from hypothesis import find, settings, strategies

from apiproof.access.http import FORM, MULTIPART, Request, RequestContent
from apiproof.access.users import User
from apiproof.openapi.document import Operation, resolve_ref
from apiproof.service import AdjustableRequest

Schema = Mapping[str, Any]

DEPTH = 8


class ExampleValues:
    """Makes values of the schemas of one document."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document

    def resolve(self, schema: Any) -> dict[str, Any]:
        """Follow `$ref` and merge `allOf`; the first alternative of `anyOf` and `oneOf` counts."""
        found: dict[str, Any] = dict(schema) if isinstance(schema, Mapping) else {}
        for _ in range(DEPTH):
            if "$ref" in found:
                target = resolve_ref(self._document, str(found.pop("$ref")))
                found = {**target, **found}
            elif "allOf" in found:
                found = _merged([found, *(self.resolve(part) for part in found.pop("allOf"))])
            elif branches := found.pop("anyOf", None) or found.pop("oneOf", None):
                chosen = [self.resolve(branch) for branch in branches]
                solid = [branch for branch in chosen if branch.get("type") != "null"]
                found = _merged([found, (solid or chosen)[0]])
            else:
                break
        return found

    def different_from(self, schema: Any, value: Any, seed: int) -> Any:
        """Return a value that a schema admits and that differs; the same where none is known."""
        found = self.resolve(schema)
        choices = [item for item in found.get("enum", ()) if item != value]
        if choices or isinstance(value, bool):
            return choices[0] if choices else not value
        if isinstance(value, int | float):
            step = found.get("multipleOf", 1)
            return (
                value + step if value + step <= found.get("maximum", value + step) else value - step
            )
        if isinstance(value, str) and "const" not in found:
            return text({**found, "minLength": found.get("minLength", 0)}, seed)
        return value

    def sample(self, schema: Any, seed: int = 0, *, full: bool = False, depth: int = 0) -> Any:
        """Return a value.

        Args:
            schema: A schema of the document.
            seed: Texts of different seeds differ; 0 takes examples where there are any.
            full: Whether optional properties are filled too.
            depth: How deep this is in another value.
        """
        found = self.resolve(schema)
        if "const" in found:
            return found["const"]
        given = [*found.get("examples", []), *([found["example"]] if "example" in found else [])]
        if given and not (seed and _free_text(found)):
            return given[seed % len(given)]
        if found.get("enum"):
            return found["enum"][0]
        return self._made(found, seed, full=full, depth=depth)

    def _made(self, found: Schema, seed: int, *, full: bool, depth: int) -> Any:
        kind = found.get("type")
        if isinstance(kind, list):
            kind = next((name for name in kind if name != "null"), "null")
        if kind == "object" or "properties" in found:
            return self._object(found, seed, full=full, depth=depth)
        if kind == "array":
            count = 0 if depth >= DEPTH else max(found.get("minItems", 0), 1 if full else 0)
            items = found.get("items", {})
            return [
                self.sample(items, seed + place, full=full, depth=depth + 1)
                for place in range(count)
            ]
        simple: dict[Any, Callable[[], Any]] = {
            "string": lambda: text(found, seed),
            "integer": lambda: int(_number(found)),
            "number": lambda: _number(found),
            "boolean": lambda: True,
        }
        return simple.get(kind, lambda: None)()

    def _object(self, found: Schema, seed: int, *, full: bool, depth: int) -> dict[str, Any]:
        required = set(found.get("required", ()))
        return {
            name: self.sample(part, seed, full=full, depth=depth + 1)
            for name, part in found.get("properties", {}).items()
            if (name in required or (full and depth < 2)) and not self.resolve(part).get("readOnly")
        }


def _merged(schemas: list[dict[str, Any]]) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for schema in schemas:
        for name, value in schema.items():
            if name == "properties":
                merged[name] = {**merged.get(name, {}), **value}
            elif name == "required":
                merged[name] = [*merged.get(name, []), *value]
            else:
                merged.setdefault(name, value)
    return merged


def _free_text(schema: Schema) -> bool:
    return schema.get("type") == "string" and "enum" not in schema


def text(schema: Schema, seed: int) -> str:
    """Return a text by format, pattern and length."""
    formatted = _formatted(str(schema.get("format", "")), seed)
    if formatted is not None:
        return formatted
    low, high = schema.get("minLength", 0), schema.get("maxLength", 4096)
    pattern = schema.get("pattern")
    for plain in (f"sample-{seed}", f"sample{seed}", f"Sample {seed}", str(seed)):
        fitted = plain.ljust(low, "x")[-high:] if high else ""
        if pattern is None or re.search(pattern, fitted):
            return fitted
    return _matching(str(pattern), low, high)


@functools.lru_cache(maxsize=512)
def _matching(pattern: str, low: int, high: int) -> str:
    quiet = settings(database=None, max_examples=500, derandomize=True)
    try:
        return find(
            strategies.from_regex(pattern), lambda value: low <= len(value) <= high, settings=quiet
        )
    except Exception:  # noqa: BLE001  # a pattern of another dialect: the request will show it
        return "sample"


def _formatted(name: str, seed: int) -> str | None:
    known = {
        "email": f"sample-{seed}@example.com",
        "uuid": str(uuid.UUID(int=(0x4000 << 64) | (0x8 << 60) | seed)),
        "date": "2026-01-31",
        "date-time": "2026-01-31T12:00:00Z",
        "time": "12:00:00Z",
        "uri": f"https://example.com/{seed}",
        "hostname": f"host-{seed}.example.com",
        "ipv4": "192.0.2.1",
        "ipv6": "2001:db8::1",
        "byte": "c2FtcGxl",
    }
    return known.get(name)


def _number(schema: Schema) -> Any:
    low = schema.get("minimum")
    if isinstance(schema.get("exclusiveMinimum"), int | float):
        low = schema["exclusiveMinimum"] + 1
    high = schema.get("maximum")
    if isinstance(schema.get("exclusiveMaximum"), int | float):
        high = schema["exclusiveMaximum"] - 1
    if schema.get("type") == "number" and "multipleOf" not in schema:
        return float(low if low is not None else high if high is not None else 1)
    step = schema.get("multipleOf", 1)
    if low is not None:
        wanted = max(low, min(1, high if high is not None else 1))
        return -(-wanted // step) * step
    return min(step, high // step * step) if high is not None else step


_UNLIKE = 7919  # a seed that no prepared request comes to

Guide = Callable[[User, AdjustableRequest], None]
Mend = Callable[[Any], Any]


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
        guides: operationId -> what turns a sampled request into one that this person can send.
        mends: operationId -> what repairs a sampled body.
        recorded: operationId -> contents of requests that were seen to succeed.
    """

    request_overrides: Mapping[str, Guide] = field(default_factory=dict)
    body_fixers: Mapping[str, Mend] = field(default_factory=dict)
    recorded: dict[str, RequestContent] = field(default_factory=dict)


PayloadRecipe = Callable[[User, int], RequestContent]


class PayloadSource:
    """Proposes contents for the operations of one document."""

    def __init__(
        self, document: Mapping[str, Any], examples_of: ExampleValues, hints: Hints
    ) -> None:
        self._examples_of = examples_of
        self._hints = hints
        self._items = document.get("paths", {})

    def recipes(self, operation: Operation) -> Iterator[PayloadRecipe]:
        """Yield ways to fill a request of an operation, most promising first."""
        name = operation.operation_id
        if (seen := self._hints.recorded.get(name)) is not None:
            yield lambda _person, _seed: seen
        # A change that names everything shows more than one that names nothing.
        partial = operation.method in {"PATCH", "PUT"}
        exemplary = self._examples(operation)
        if exemplary is not None and name not in self._hints.request_overrides:
            yield lambda user, seed: self._content(operation, user, seed, given=exemplary)
        for full, shift in ((partial, 0), (partial, 1), (not partial, 0), (not partial, 1)):
            yield self._sampled(operation, full=full, shift=shift)

    def _sampled(self, operation: Operation, *, full: bool, shift: int) -> PayloadRecipe:
        return lambda user, seed: self._content(
            operation, user, seed + 1 if shift else 0, full=full
        )

    def body_schema(self, operation: Operation) -> tuple[str, dict[str, Any]]:
        """Return the media type and schema of an operation's body; empty when it takes none."""
        body = self._examples_of.resolve(operation.definition.get("requestBody", {}))
        content = body.get("content", {})
        if not content:
            return "", {}
        ranked = sorted(content, key=lambda media: ("json" not in media, media != FORM))
        return ranked[0], dict(content[ranked[0]].get("schema", {}))

    def parameters(self, operation: Operation) -> list[dict[str, Any]]:
        """Return an operation's parameters, with those of its path item."""
        shared = self._items.get(operation.path, {}).get("parameters", [])
        declared = [*shared, *operation.definition.get("parameters", [])]
        found = [self._examples_of.resolve(parameter) for parameter in declared]
        return list({(item.get("in"), item.get("name")): item for item in found}.values())

    def resolve(self, schema: Mapping[str, Any]) -> dict[str, Any]:
        """Follow a schema's references."""
        return self._examples_of.resolve(schema)

    def altered(self, request: Request, current: Mapping[str, Any]) -> Request:
        """Return a request whose body changes every simple value that it merely repeats."""
        body = object_body(request.content)
        if body is None:
            return request
        operation = request.operation
        fields = self.resolve(self.body_schema(operation)[1]).get("properties", {})
        for name, value in body.items():
            if name in current and current[name] == value and not name.endswith("id"):
                body[name] = self._examples_of.different_from(fields.get(name, {}), value, _UNLIKE)
        mend = self._hints.body_fixers.get(operation.operation_id)
        return request.saying(mend(body) if mend else body)

    def answer_sample(self, operation: Operation) -> dict[str, Any]:
        """Return a value of every field of an operation's successful answer, unlike real ones."""
        for status, declared in operation.definition.get("responses", {}).items():
            content = self._examples_of.resolve(declared).get("content", {})
            schema = content.get("application/json", {}).get("schema")
            if str(status).startswith("2") and schema is not None:
                fields = self._examples_of.resolve(schema).get("properties", {})
                return {
                    name: self._examples_of.sample(part, _UNLIKE) for name, part in fields.items()
                }
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
        return examples[0] if examples else self._examples_of.sample(parameter.get("schema"), seed)

    def _examples(self, operation: Operation) -> Any:
        media, _ = self.body_schema(operation)
        body = self._examples_of.resolve(operation.definition.get("requestBody", {}))
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
        places: dict[str, dict[str, Any]] = {"query": {}, "header": {}}
        for parameter in self.parameters(operation):
            if parameter.get("required") and parameter.get("in") in places:
                value = self.value_of(parameter, seed)
                places[parameter["in"]][str(parameter["name"])] = value
        media, schema = self.body_schema(operation)
        headers = {name: str(value) for name, value in places["header"].items()}
        body = given if given is not None else self._body(operation, schema, seed, full=full)
        draft = RequestDraft(body, places["query"])
        if guide := self._hints.request_overrides.get(operation.operation_id):
            guide(user, draft)
        return RequestContent(draft.query, headers, draft.body, media, draft.path_parameters)

    def _body(
        self, operation: Operation, schema: Mapping[str, Any], seed: int, *, full: bool
    ) -> Any:
        body = self._examples_of.sample(schema, seed, full=full) if schema else None
        mend = self._hints.body_fixers.get(operation.operation_id)
        return mend(dict(body)) if mend and isinstance(body, dict) else body


def object_body(content: RequestContent) -> dict[str, Any] | None:
    """Return a body whose members can be changed; None for others."""
    plain = content.media in {FORM, MULTIPART} or "json" in content.media
    return dict(content.body) if plain and isinstance(content.body, dict) else None
