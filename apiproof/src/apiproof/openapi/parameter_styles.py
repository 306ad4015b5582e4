"""Parameters as text, taken apart by style and explode, and cast to what their schema wants.

Source: OpenAPI 3.1.1, Style Values.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from apiproof.openapi.operations import Parameter
from apiproof.openapi.references import Document, Located
from apiproof.openapi.schema_variants import (
    SchemaVariants,
    Variant,
    listed_values,
    variant_types,
)

_SEPARATORS: Final = {"spaceDelimited": r" |%20", "pipeDelimited": r"\||%7C"}
_BRACKETED: Final = re.compile(r"^([^\[\]]+)((?:\[[^\[\]]*\])+)$")


class ParameterReader:
    """Reads the texts of parameters, headers and form fields by the schemas of one document."""

    def __init__(self, document: Document, variants: SchemaVariants | None = None) -> None:
        self._variants = variants or SchemaVariants(document)

    def readings(self, parameter: Parameter, texts: Sequence[str]) -> list[Any]:
        """Return the values that a parameter's texts may mean; the first valid one counts."""
        content = parameter.part.node.get("content")
        if content:
            return _documents(texts)
        schema = parameter.part.at("schema")
        allowed = self._types(schema)
        plain = [_unprefixed(parameter, text) for text in texts]
        found: list[Any] = []
        if "array" in allowed:
            found.append(self.items(schema, self._split(parameter, plain)))
        if "object" in allowed and not parameter.explodes:
            found.append(self.fields(schema, _pairs(self._split(parameter, plain))))
        if len(plain) == 1:
            found.extend(self.casts(schema, plain[0]))
        return found or [list(plain)]

    def owned(self, parameter: Parameter, query: Mapping[str, Any]) -> dict[str, Any] | None:
        """Return the fields of an object parameter that stand in the query by themselves.

        Returns:
            By the name in the query; None where the parameter is not such an object.
        """
        schema = parameter.part.at("schema")
        if "object" not in self._types(schema) or parameter.part.node.get("content"):
            return None
        if parameter.style == "deepObject":
            found = {name: _BRACKETED.match(name) for name in query}
            return {name: query[name] for name, m in found.items() if m and m[1] == parameter.name}
        if not parameter.explodes:
            return None
        known, is_open = self._fields(schema)
        return {name: query[name] for name in query if is_open or name in known}

    def object(self, parameter: Parameter, owned: Mapping[str, Sequence[str]]) -> Any:
        """Return the object that an exploded or deepObject parameter's fields make."""
        schema = parameter.part.at("schema")
        fields: dict[str, list[str]] = {}
        for name, texts in owned.items():
            found = _BRACKETED.match(name) if parameter.style == "deepObject" else None
            key = found[2][1:].split("]")[0] if found else name
            fields.setdefault(key, []).extend(texts)
        return self.fields(schema, fields)

    def fields(self, schema: Located, fields: Mapping[str, Sequence[str]]) -> dict[str, Any]:
        """Return a form's or object's fields, each cast as its property wants."""
        return {name: self._field(schema, name, texts) for name, texts in fields.items()}

    def items(self, schema: Located, texts: Sequence[str]) -> list[Any]:
        """Return an array's items, each cast as the schema of items wants."""
        return [self._cast(self._below(schema, "items"), text) for text in texts]

    def casts(self, schema: Located, text: str) -> list[Any]:
        """Return the scalars that a text may mean where a schema is wanted, the likeliest first."""
        return self._casts([schema], text)

    def text(self, schema: Located, text: str) -> Any:
        """Return what a text as a whole body means: the likeliest scalar where one is wanted."""
        return self.casts(schema, text)[0]

    def header_values(self, header: Located, text: str) -> list[Any]:
        """Return the values that the text of a header may mean (style `simple`)."""
        if header.node.get("content"):
            return _documents([text])
        schema = header.at("schema")
        pieces = [piece.strip() for piece in text.split(",")]
        return [*self.casts(schema, text), self.items(schema, pieces)]

    def casts_to(self, variant: Variant, text: str) -> Any:
        """Return the likeliest scalar that a text means where a variant is wanted."""
        return next(_scalars(text, _allowed([variant])))

    def _field(self, schema: Located, name: str, texts: Sequence[str]) -> Any:
        wanted = self._below(schema, "properties", name)
        wanted = wanted or self._below(schema, "additionalProperties")
        variants = self._variants.of(wanted)
        if "array" in _allowed(variants):
            inner = [v for variant in variants for part in variant if (v := part.at("items")).node]
            return [self._cast(inner, text) for text in texts]
        return self._cast(wanted, texts[0]) if len(texts) == 1 else list(texts)

    def _below(self, schema: Located, *keys: str) -> list[Located]:
        return [
            found
            for variant in self._variants.of([schema])
            for part in variant
            if isinstance((found := part.at(*keys)).node, Mapping)
        ]

    def _fields(self, schema: Located) -> tuple[set[str], bool]:
        variants = self._variants.of([schema])
        parts = [p.node for v in variants for p in v if isinstance(p.node, Mapping)]
        known = {name for node in parts for name in node.get("properties") or ()}
        is_open = any(node.get("additionalProperties") for node in parts) or not known
        return known, is_open

    def _cast(self, wanted: Sequence[Located], text: str) -> Any:
        return self._casts(wanted, text)[0]

    def _casts(self, wanted: Sequence[Located], text: str) -> list[Any]:
        variants = [v for schema in wanted for v in self._variants.of([schema])]
        allowed = _allowed(variants)
        limited = [value for variant in variants for value in listed_values(variant) or ()]
        found = [value for value in limited if _text(value) == text]
        return [*found, *_scalars(text, allowed)]

    def _types(self, schema: Located) -> set[str]:
        return _allowed(self._variants.of([schema]))

    def _split(self, parameter: Parameter, texts: Sequence[str]) -> list[str]:
        style = parameter.style
        if style == "form" and parameter.explodes:
            return list(texts)
        if len(texts) > 1:
            return list(texts)
        separator = _SEPARATORS.get(style, ",")
        if parameter.explodes:
            separator = {"label": r"\.", "matrix": f";{re.escape(parameter.name)}="}.get(style, ",")
        text = texts[0] if texts else ""
        return [piece.strip() for piece in re.split(separator, text)] if text else []


def _scalars(text: str, allowed: set[str]) -> Iterator[Any]:
    if "integer" in allowed and re.fullmatch(r"[+-]?\d{1,300}", text):
        yield int(text)
    if "number" in allowed and re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", text):
        yield float(text)
    if "boolean" in allowed and text.lower() in {"true", "false"}:
        yield text.lower() == "true"
    if "null" in allowed and text in {"", "null"}:
        yield None
    yield text


def _documents(texts: Sequence[str]) -> list[Any]:
    try:
        return [json.loads(texts[0])] if texts else []
    except json.JSONDecodeError:
        return [texts[0]]


def _allowed(variants: Sequence[Variant]) -> set[str]:
    """The types that alternatives allow; text where none speaks of types."""
    typed = [variant for variant in variants if _is_typed(variant)]
    return {name for variant in typed for name in variant_types(variant)} or {"string"}


def _is_typed(variant: Variant) -> bool:
    keywords = {"type", "items", "properties", "enum", "const", "minimum", "maximum"}
    return any(isinstance(p.node, Mapping) and p.node.keys() & keywords for p in variant)


def _unprefixed(parameter: Parameter, text: str) -> str:
    style = parameter.style
    if style == "label":
        return text.removeprefix(".")
    return text.removeprefix(f";{parameter.name}=") if style == "matrix" else text


def _pairs(pieces: Sequence[str]) -> dict[str, list[str]]:
    if pieces and all("=" in piece for piece in pieces):
        return {name: [value] for name, _, value in (piece.partition("=") for piece in pieces)}
    return {name: [value] for name, value in zip(pieces[::2], pieces[1::2], strict=False)}


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
