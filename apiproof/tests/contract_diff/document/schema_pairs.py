"""Pairs of documents that differ in their schemas, and instances of both, from one seed.

Instances hold only what their schema declares: what an open object admits beyond that is a matter
of convention, not of logic.
"""

from __future__ import annotations

import copy
import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import jsonschema_rs

NAMES = ("a", "b", "c", "kind")
COMPONENTS = ("Cat", "Dog", "Tree")
DEEPEST = 4
_TEXTS = ("", "a", "b", "ab", "abc", "A1", "12", "2026-01-01", "x@y.z")
_NUMBERS = (-1, 0, 1, 2, 3, 5, 0.5, 2.5, 10)
_INNER: tuple[str, ...] = ("items", "contains", "not", "if", "then", "else", "propertyNames")
_INNER += ("additionalProperties", "unevaluatedProperties", "unevaluatedItems")
_PATTERNS = ("^a", "b$", "^[a-z]*$", "^.{1,2}$", "^[A-Z0-9]+$")


@dataclass(frozen=True)
class Pair:
    """Two documents and values that are valid under the schema of one of them."""

    old: dict[str, Any]
    new: dict[str, Any]
    old_values: list[Any]
    new_values: list[Any]


class SchemaMaker:
    """Draws schemas of one document; references lead to its components."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng

    def schema(self, depth: int = 0) -> Any:
        kinds = ["number", "string", "choice", "plain", "object", "object", "array"]
        kinds += ["union", "union", "all", "reference", "reference", "not"]
        kind = self.rng.choice(kinds if depth < DEEPEST else kinds[:4])
        drawn: Any = getattr(self, f"_{kind}")(depth)
        return drawn

    def components(self) -> dict[str, Any]:
        return {name: self._object(1) for name in COMPONENTS}

    def _some(self, words: dict[str, Any], share: float = 0.3) -> dict[str, Any]:
        return {word: value for word, value in words.items() if self.rng.random() < share}

    def _number(self, _depth: int) -> Any:
        pick = self.rng.choice
        words = {
            "minimum": pick(_NUMBERS[:4]),
            "maximum": pick(_NUMBERS[4:]),
            "exclusiveMinimum": pick(_NUMBERS[:3]),
            "multipleOf": pick((1, 2, 0.5)),
        }
        return {"type": pick(("integer", "number", ["integer", "null"])), **self._some(words)}

    def _string(self, _depth: int) -> Any:
        pick = self.rng.choice
        words = {"minLength": pick((1, 2)), "maxLength": pick((2, 4)), "pattern": pick(_PATTERNS)}
        return {"type": pick(("string", "string", ["string", "null"])), **self._some(words)}

    def _choice(self, _depth: int) -> Any:
        values = self.rng.sample([*_TEXTS, *_NUMBERS, None, True], self.rng.randint(1, 4))
        return {"enum": values}

    def _plain(self, _depth: int) -> Any:
        return self.rng.choice([{"type": "boolean"}, {"type": "null"}, {}, {"const": "a"}, True])

    def _object(self, depth: int) -> Any:
        names = self.rng.sample(NAMES, self.rng.randint(0, 3))
        required = [name for name in names if self.rng.random() < 0.4]
        words = {
            "required": required,
            "additionalProperties": self.rng.random() < 0.3,
            "minProperties": 1,
            "maxProperties": 2,
        }
        properties = {name: self.schema(depth + 1) for name in names}
        return {"type": "object", "properties": properties, **self._some(words, 0.5)}

    def _array(self, depth: int) -> Any:
        words = {
            "items": self.schema(depth + 1),
            "minItems": 1,
            "maxItems": self.rng.choice((1, 3)),
            "uniqueItems": True,
            "prefixItems": [self.schema(depth + 1)],
            "contains": self.schema(depth + 1),
        }
        return {"type": "array", **self._some(words, 0.35)}

    def _union(self, depth: int) -> Any:
        members = [self.schema(depth + 1) for _ in range(self.rng.randint(1, 3))]
        return {self.rng.choice(("anyOf", "oneOf")): members}

    def _all(self, depth: int) -> Any:
        return {"allOf": [self.schema(depth + 1) for _ in range(self.rng.randint(1, 2))]}

    def _reference(self, _depth: int) -> Any:
        return {"$ref": f"#/components/schemas/{self.rng.choice(COMPONENTS)}"}

    def _not(self, depth: int) -> Any:
        return {"not": self.schema(max(depth + 1, DEEPEST - 1))}


class InstanceMaker:
    """Draws values that a schema may admit; whether it does, a validator says."""

    def __init__(self, rng: random.Random, components: dict[str, Any]) -> None:
        self.rng, self.components = rng, components

    def value(self, schema: Any, depth: int = 0) -> Any:  # noqa: PLR0911 - one for each kind of schema
        if not isinstance(schema, dict) or depth > 2 * DEEPEST:
            return self.rng.choice([None, True, 1, "a", [], {}])
        if "$ref" in schema:
            return self.value(self.components[schema["$ref"].rsplit("/", 1)[-1]], depth + 1)
        for word in ("anyOf", "oneOf"):
            if word in schema:
                return self.value(self.rng.choice(schema[word]), depth + 1)
        if "allOf" in schema:
            drawn = [self.value(part, depth + 1) for part in schema["allOf"]]
            if all(isinstance(one, dict) for one in drawn):
                return {name: item for one in drawn for name, item in one.items()}
            return self.rng.choice(drawn)
        if "enum" in schema or "const" in schema:
            return self.rng.choice(schema.get("enum", [schema.get("const")]))
        kind = schema.get("type")
        if isinstance(kind, list):
            kind = self.rng.choice(kind)
        return self._typed(kind, schema, depth)

    def _typed(self, kind: Any, schema: dict[str, Any], depth: int) -> Any:
        if kind == "object":
            needed = set(schema.get("required", ()))
            return {
                name: self.value(part, depth + 1)
                for name, part in schema.get("properties", {}).items()
                if name in needed or self.rng.random() < 0.6
            }
        if kind == "array":
            parts = [*schema.get("prefixItems", ()), schema.get("contains", {})]
            parts += [schema.get("items", {})] * 2
            drawn = [self.value(part, depth + 1) for part in parts]
            return drawn[: self.rng.randint(schema.get("minItems", 0), len(drawn))]
        simple: dict[Any, tuple[Any, ...]] = {
            "string": _TEXTS,
            "integer": tuple(n for n in _NUMBERS if isinstance(n, int)),
            "number": _NUMBERS,
            "boolean": (True, False),
            "null": (None,),
        }
        return self.rng.choice(simple.get(kind, (None, True, 1, "a", [], {})))


def mutated(schema: Any, maker: SchemaMaker) -> Any:
    """Return a copy of a schema with one place changed."""
    twin = copy.deepcopy(schema)
    found = [node for node in nodes(twin) if node]
    if not found:
        return maker.schema()
    node = maker.rng.choice(found)
    words = [word for word in node if word not in {"type", "properties"}]
    deed = maker.rng.random()
    if deed < 0.35 and words:
        del node[maker.rng.choice(words)]
    elif deed < 0.5 and node.get("properties"):
        properties = node["properties"]
        properties[maker.rng.choice(list(properties))] = maker.schema(DEEPEST - 1)
    elif deed < 0.65:
        inner = copy.deepcopy(node)
        node.clear()
        node[maker.rng.choice(("anyOf", "oneOf"))] = [inner, maker.schema(DEEPEST - 1)]
    elif deed < 0.75 and isinstance(node.get("anyOf") or node.get("oneOf"), list):
        members = node.get("anyOf") or node["oneOf"]
        members.insert(0, maker.schema(DEEPEST - 1))
    else:
        fresh = maker.schema(DEEPEST - 1)
        node.clear()
        node.update(fresh if isinstance(fresh, dict) else {})
    return twin


def nodes(schema: Any) -> Iterator[dict[str, Any]]:
    """Yield a schema and every schema in it."""
    if not isinstance(schema, dict):
        return
    yield schema
    for word in ("properties", "patternProperties", "dependentSchemas"):
        for part in schema.get(word, {}).values():
            yield from nodes(part)
    for word in ("allOf", "anyOf", "oneOf", "prefixItems"):
        for part in schema.get(word, ()):
            yield from nodes(part)
    for word in _INNER:
        yield from nodes(schema.get(word))


def closed(whole: dict[str, Any]) -> dict[str, Any]:
    """Return a document whose objects admit only what they declare."""
    twin = copy.deepcopy(whole)
    content = twin["paths"]["/things"]["post"]["requestBody"]["content"]["application/json"]
    for schema in (content["schema"], *twin["components"]["schemas"].values()):
        for node in nodes(schema):
            if node.get("type") == "object":
                node["additionalProperties"] = False
    return twin


def document(schema: Any, components: dict[str, Any]) -> dict[str, Any]:
    """Return a document whose one operation takes and answers a schema."""
    content = {"application/json": {"schema": schema}}
    response = {"description": "", "content": content}
    operation = {"requestBody": {"content": content}, "responses": {"200": response}}
    paths = {"/things": {"post": operation}}
    return {"openapi": "3.1.0", "info": {}, "paths": paths, "components": {"schemas": components}}


def validator(schema: Any, components: dict[str, Any]) -> Any:
    """Return what judges values by a schema of a document."""
    root = {"allOf": [schema], "components": {"schemas": components}}
    return jsonschema_rs.Draft202012Validator(root)


def pair(
    seed: int,
    values: int = 8,
    makers: tuple[type[SchemaMaker], type[InstanceMaker]] = (SchemaMaker, InstanceMaker),
) -> Pair:
    """Draw a pair: the new document is the old one with a change, or another one."""
    rng = random.Random(seed)  # noqa: S311 - not for secrets
    maker = makers[0](rng)
    schema, components = maker.schema(), maker.components()
    deed = rng.random()
    other, others = schema, components
    if deed < 0.5:
        other = mutated(schema, maker)
    elif deed < 0.8:
        name = rng.choice(COMPONENTS)
        others = {**components, name: mutated(components[name], maker)}
    else:
        other, others = maker.schema(), maker.components()
    drawn = []
    for whole, parts in ((schema, components), (other, others)):
        judge, instances = validator(whole, parts), makers[1](rng, parts)
        tried = (instances.value(whole) for _ in range(values))
        drawn.append([value for value in tried if judge.is_valid(value)])
    return Pair(document(schema, components), document(other, others), *drawn)
