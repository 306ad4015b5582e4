"""What a schema allows, taken apart: alternatives, each a set of plain schemas that all hold.

References, allOf, oneOf, anyOf, if/then/else, discriminators and 3.0's nullable are resolved
here; what is left are schemas of which only the plain keywords count. It must not know pacts.
"""

import itertools
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from apiproof.contract_diff.pact.document import Document, Located

Variant = tuple[Located, ...]
_LIMIT: Final = 512
_NULL: Final = {"type": "null"}
_ALL_TYPES: Final = frozenset({"null", "boolean", "integer", "number", "string", "array", "object"})


class Shapes:
    """Takes the schemas of one document apart."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._children: dict[str, list[Located]] | None = None

    def variants(self, schemas: Iterable[Located], value: Any = None) -> list[Variant]:
        """The alternatives that some schemas, all of which hold, leave.

        Args:
            schemas: the schemas; with none, everything is allowed.
            value: what is expected, to choose by discriminator where one decides.
        """
        parts = [self._flat(schema, frozenset(), value) for schema in schemas]
        return list(_product(parts))

    def _flat(self, schema: Located, seen: frozenset[str], value: Any) -> list[Variant]:
        node = schema.node
        if not isinstance(node, Mapping):
            return [(schema,)] if node is False else [()]
        if schema.pointer in seen:
            return [()]
        seen |= {schema.pointer}
        parts: list[list[Variant]] = [[(schema,)]]
        if isinstance(node.get("$ref"), str):
            target = self._document.target(node["$ref"], schema.pointer)
            referred = self._flat(target, seen, value)
            if self._document.is_30:
                return self._with_null(node, referred)
            parts.append(referred)
        for number, _ in enumerate(node.get("allOf") or ()):
            parts.append(self._flat(schema.at("allOf", number), seen, value))
        parts.extend(self._alternatives(schema, seen, value))
        return self._with_null(node, list(_product(parts)))

    def _alternatives(
        self, schema: Located, seen: frozenset[str], value: Any
    ) -> Iterator[list[Variant]]:
        node = schema.node
        chosen = False
        for keyword in ("oneOf", "anyOf"):
            if node.get(keyword):
                chosen = True
                each = [schema.at(keyword, number) for number in range(len(node[keyword]))]
                each = self._discriminated(schema, each, value)
                yield [variant for one in each for variant in self._flat(one, seen, value)]
        if "discriminator" in node and not chosen:
            heirs = self._heirs(schema)
            each = self._discriminated(schema, heirs, value)
            base: list[Variant] = [] if each and each != heirs else [()]
            yield [*base, *(variant for one in each for variant in self._flat(one, seen, value))]
        if "then" in node or "else" in node:
            branches = [schema.at(name) for name in ("then", "else")]
            yield [v for one in branches for v in self._flat(one, seen, value)]
        for name in node.get("dependentSchemas") or ():
            yield [(), *self._flat(schema.at("dependentSchemas", name), seen, value)]

    def _with_null(self, node: Mapping[str, Any], variants: list[Variant]) -> list[Variant]:
        if node.get("nullable") is True:
            return [*variants, (Located(_NULL, "#"),)]
        return variants

    def _discriminated(
        self, schema: Located, alternatives: list[Located], value: Any
    ) -> list[Located]:
        stated = schema.node.get("discriminator")
        name = stated.get("propertyName") if isinstance(stated, Mapping) else None
        chosen = value.get(name) if isinstance(value, Mapping) and name else None
        if not isinstance(chosen, str):
            return alternatives
        mapping = stated.get("mapping") or {}
        wanted = str(mapping.get(chosen, chosen))
        names = {wanted, f"#/components/schemas/{wanted}"}
        fitting = [each for each in alternatives if _reference(each) in names]
        if fitting:
            return fitting
        return [] if mapping else alternatives

    def _heirs(self, base: Located) -> list[Located]:
        """The schemas that extend a base by allOf, as OpenAPI 3.0's inheritance does."""
        if self._children is None:
            self._children = {}
            schemas = self._document.root.at("components", "schemas")
            for name in schemas.node or ():
                node = schemas.node[name]
                for part in (node.get("allOf") or ()) if isinstance(node, Mapping) else ():
                    if isinstance(part, Mapping) and isinstance(part.get("$ref"), str):
                        heirs = self._children.setdefault(part["$ref"], [])
                        heirs.append(schemas.at(name))
        return self._children.get(base.pointer, [])


def _reference(schema: Located) -> str:
    """What a discriminator calls an alternative: what it refers to, or where it stands."""
    ref = schema.node.get("$ref") if isinstance(schema.node, Mapping) else None
    return ref if isinstance(ref, str) else schema.pointer


def _product(parts: list[list[Variant]]) -> Iterator[Variant]:
    for combination in itertools.islice(itertools.product(*parts), _LIMIT):
        yield tuple(itertools.chain.from_iterable(combination))


def types(variant: Variant) -> frozenset[str]:
    """The JSON types that a variant allows; `number` implies `integer`."""
    allowed = _ALL_TYPES
    for schema in variant:
        allowed &= _own_types(schema.node)
    values = enumerated(variant)
    if values is not None:
        allowed &= frozenset(name for value in values for name in kind(value))
    return allowed


def kind(value: Any) -> frozenset[str]:
    """The JSON types that a value's type stands for; a number's both."""
    if value is None:
        return frozenset({"null"})
    if isinstance(value, bool):
        return frozenset({"boolean"})
    if isinstance(value, int | float):
        return frozenset({"integer", "number"})
    if isinstance(value, str):
        return frozenset({"string"})
    return frozenset({"array" if isinstance(value, list) else "object"})


def _own_types(node: Any) -> frozenset[str]:
    if node is False:
        return frozenset()
    stated = node.get("type")
    names = {stated} if isinstance(stated, str) else set(stated or _ALL_TYPES)
    if node.get("nullable") is True:
        names.add("null")
    if "number" in names:
        names.add("integer")
    return frozenset(names)


def enumerated(variant: Variant) -> list[Any] | None:
    """The values that a variant is limited to by enum and const; None where it isn't."""
    found: list[Any] | None = None
    for schema in variant:
        if schema.node is False:
            return []
        own = schema.node.get("enum")
        own = [schema.node["const"]] if "const" in schema.node else own
        if isinstance(own, list):
            own = [*own, None] if schema.node.get("nullable") is True else own
            found = own if found is None else [value for value in found if value in own]
    return found
