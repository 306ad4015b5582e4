"""What each JSON Schema keyword means for a branch of a given type. Knows no composition."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from fractions import Fraction
from math import isfinite
from typing import Any

from apiproof.contract_diff.document.branches import (
    TYPES,
    Constraint,
    Constraints,
    Row,
    SchemaSite,
    Shape,
)
from apiproof.openapi.references import Document, DocumentError, join_pointer, shown_place

FAMILIES: dict[str, set[str]] = {
    "number": {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"},
    "string": {"minLength", "maxLength", "pattern", "contentEncoding", "contentMediaType"},
    "array": {"items", "prefixItems", "minItems", "maxItems", "uniqueItems", "contains"},
    "object": {
        "properties",
        "patternProperties",
        "additionalProperties",
        "required",
        "minProperties",
        "maxProperties",
        "propertyNames",
        "dependentRequired",
        "dependentSchemas",
    },
}
SIZES = {
    "string": ("minLength", "maxLength"),
    "array": ("minItems", "maxItems"),
    "object": ("minProperties", "maxProperties"),
}
WHOLE = {"int32": 31, "int64": 63}
CONDITIONAL = ("if", "then", "else")
"""No effect without `if`, or with nothing but `if` (JSON Schema 2020-12, 10.2.2)."""
HINTS = {"password"}
"""Formats that only tell a form how to look."""
ANNOTATIONS = {
    "title", "description", "default", "example", "examples", "deprecated", "externalDocs", "xml",
    "$comment", "summary",
}  # fmt: skip
NAMED = {"properties", "patternProperties", "$defs", "dependentSchemas"}


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _is_values(value: Any) -> bool:
    return isinstance(value, list) and all(map(_is_value, value))


def _is_value(value: Any) -> bool:
    return not isinstance(value, float) or isfinite(value)


def _is_discriminator(value: Any) -> bool:
    if not isinstance(value, Mapping) or not isinstance(value.get("propertyName", ""), str):
        return False
    mapping = value.get("mapping") or {}
    return isinstance(mapping, Mapping) and all(isinstance(to, str) for to in mapping.values())


def _is_dependencies(value: Any) -> bool:
    return isinstance(value, Mapping) and all(map(_is_texts, value.values()))


def _is_size(value: Any) -> bool:
    return _is_number(value) and value >= 0


_EXPECTED: dict[str, Callable[[Any], bool]] = {
    "type": lambda value: isinstance(value, str) or _is_texts(value),
    "enum": _is_values,
    "const": _is_value,
    "required": _is_texts,
    "dependentRequired": _is_dependencies,
    "discriminator": _is_discriminator,
    "multipleOf": lambda value: _is_number(value) and value > 0,
    "exclusiveMinimum": lambda value: isinstance(value, bool) or _is_number(value),
    "exclusiveMaximum": lambda value: isinstance(value, bool) or _is_number(value),
    **dict.fromkeys(("minimum", "maximum"), _is_number),
    **dict.fromkeys((word for pair in SIZES.values() for word in pair), _is_size),
    **dict.fromkeys(("minContains", "maxContains"), _is_size),
    **dict.fromkeys(
        ("allOf", "anyOf", "oneOf", "prefixItems"), lambda value: isinstance(value, list)
    ),
    **dict.fromkeys(
        ("properties", "patternProperties", "dependentSchemas"),
        lambda value: isinstance(value, Mapping),
    ),
    **dict.fromkeys(
        ("$ref", "$dynamicRef", "format", "pattern", "contentEncoding", "contentMediaType"),
        lambda value: isinstance(value, str),
    ),
}
"""What the values of keywords must be to be read; schemas in them are judged by themselves."""
SHOWN = 60
"""How many characters of a wrong value a message shows."""


def require_sane(schema: Any, pointer: str, document: Document) -> None:
    """Raise DocumentError where a node is no schema, or a keyword's value of a wrong JSON type."""
    if not isinstance(schema, Mapping):
        if isinstance(schema, bool):
            return
        raise DocumentError(f"{document.name}: {shown_place(pointer)} is not a schema.")
    for word in schema.keys() & _EXPECTED.keys():
        if not _EXPECTED[word](schema[word]):
            found = json.dumps(schema[word], default=str)
            found = found if len(found) <= SHOWN else f"{found[:SHOWN]}..."
            raise DocumentError(
                f"{document.name}: {word} at {shown_place(join_pointer(pointer, word))} cannot be "
                f"{found}."
            )


def canonical(node: Any, *, names: bool = False) -> str:
    """Return the text of a schema without what only people read, keys in order."""
    return json.dumps(_stripped(node, names=names), sort_keys=True, default=str)


def _stripped(node: Any, *, names: bool) -> Any:
    if isinstance(node, Mapping):
        return {
            key: _stripped(value, names=key in NAMED and not names)
            for key, value in node.items()
            if names or (key not in ANNOTATIONS and not key.startswith("x-"))
        }
    return [_stripped(item, names=False) for item in node] if isinstance(node, list) else node


def types_of(schema: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the types a schema admits; without `type` its keywords may imply one."""
    declared = schema.get("type")
    if declared is None:
        families = [name for name, words in FAMILIES.items() if words & schema.keys()]
        return (families[0],) if len(families) == 1 else TYPES
    names = [declared] if isinstance(declared, str) else list(declared)
    return tuple(dict.fromkeys("number" if name == "integer" else name for name in names))


def marks_of(
    kind: str,
    schema: Mapping[str, Any],
    pointer: str,
    hides: Callable[[SchemaSite], bool],
) -> Constraints:
    """Return the marks that a schema's own keywords leave on its branch of type `kind`."""
    marks: dict[str, tuple[Constraint, ...]] = {}

    def add(name: str, value: Any, keyword: str) -> None:
        marks[name] = (*marks.get(name, ()), Constraint(value, join_pointer(pointer, keyword)))

    if kind == "number":
        _number(schema, add)
    elif kind in SIZES:
        _sizes(kind, schema, add)
        {"string": _string, "array": _array, "object": _object}[kind](schema, pointer, add, hides)
    return marks


Add = Callable[[str, Any, str], None]


def _fraction(value: float) -> Fraction:
    return Fraction(str(value))


def _number(schema: Mapping[str, Any], add: Add) -> None:
    declared = schema.get("type")
    names = [declared] if isinstance(declared, str) else declared or ()
    whole = "integer" in names and "number" not in names
    if whole:
        add("multiple", Fraction(1), "type")
    if "multipleOf" in schema:
        add("multiple", _fraction(schema["multipleOf"]), "multipleOf")
    for word, name, sharp in (
        ("minimum", "lower", "exclusiveMinimum"),
        ("maximum", "upper", "exclusiveMaximum"),
    ):
        exclusive = schema.get(sharp)
        if word in schema:
            add(name, (_fraction(schema[word]), exclusive is True), word)
        if exclusive is not None and not isinstance(exclusive, bool):
            add(name, (_fraction(exclusive), True), sharp)
    form = schema.get("format")
    if form in WHOLE and whole:
        limit = Fraction(2 ** WHOLE[form])
        add("lower", (-limit, False), "format")
        add("upper", (limit - 1, False), "format")
    elif form and form not in HINTS | set(WHOLE) and not (whole and form in {"float", "double"}):
        add("format", form, "format")


def _sizes(kind: str, schema: Mapping[str, Any], add: Add) -> None:
    least, most = SIZES[kind]
    if schema.get(least, 0) > 0:
        add("least", schema[least], least)
    if most in schema:
        add("most", schema[most], most)


def _string(
    schema: Mapping[str, Any], _pointer: str, add: Add, _hides: Callable[[SchemaSite], bool]
) -> None:
    if schema.get("pattern"):
        add("pattern", schema["pattern"], "pattern")
    form = schema.get("format")
    if form and form not in HINTS:
        add("format", form, "format")
    # OpenAPI 3.1 says in contentMediaType and contentEncoding what 3.0 said in format.
    if media := schema.get("contentMediaType"):
        add(
            "format", "binary" if media == "application/octet-stream" else media, "contentMediaType"
        )
    if encoding := schema.get("contentEncoding"):
        add("format", "byte" if encoding == "base64" else encoding, "contentEncoding")


def _array(
    schema: Mapping[str, Any], pointer: str, add: Add, _hides: Callable[[SchemaSite], bool]
) -> None:
    word = "items" if "items" in schema else "itemSchema"  # of a media type in OpenAPI 3.2
    items = schema.get(word)
    prefix = items if isinstance(items, list) else schema.get("prefixItems", ())
    home = join_pointer(pointer, word if isinstance(items, list) else "prefixItems")
    sites = tuple(SchemaSite(join_pointer(home, index), part) for index, part in enumerate(prefix))
    rest = (
        None
        if items is None or isinstance(items, list)
        else SchemaSite(join_pointer(pointer, word), items)
    )
    if rest is not None and rest.schema is False:
        add("most", len(sites), word)
    if sites or rest is not None:
        add("row", Row(sites, rest), word if rest is not None else "prefixItems")
    if schema.get("uniqueItems") is True:
        add("unique", True, "uniqueItems")  # noqa: FBT003 - the keyword's value
    if "contains" in schema:
        least = schema.get("minContains", 1)
        inner = SchemaSite(join_pointer(pointer, "contains"), schema["contains"])
        if least > 0:
            add("contains", (inner, least), "contains")
        if "maxContains" in schema:
            add("contains-most", (inner, schema["maxContains"]), "maxContains")


def _object(
    schema: Mapping[str, Any], pointer: str, add: Add, hides: Callable[[SchemaSite], bool]
) -> None:
    def sites(word: str) -> dict[str, SchemaSite]:
        parts = schema.get(word) or {}
        return {
            name: SchemaSite(join_pointer(pointer, word, name), part)
            for name, part in parts.items()
        }

    every = sites("properties")
    hidden = {name: site for name, site in every.items() if hides(site)}
    shown = {name: site for name, site in every.items() if name not in hidden}
    patterns = sites("patternProperties")
    word = "additionalProperties"
    extra = schema.get(word, True)
    rest = None if extra is True or extra == {} else SchemaSite(join_pointer(pointer, word), extra)
    if every or patterns or rest is not None:
        keyword = word if rest is not None and not every else "properties"
        add("shape", Shape(shown, patterns, rest, pointer, hidden), keyword)
    for name in dict.fromkeys(schema.get("required", ())):
        if name not in hidden:
            add("required", name, "required")
    if "propertyNames" in schema:
        add(
            "names",
            SchemaSite(join_pointer(pointer, "propertyNames"), schema["propertyNames"]),
            "propertyNames",
        )
    for name, needs in (schema.get("dependentRequired") or {}).items():
        for need in needs:
            add("dependent", (name, need), "dependentRequired")
