"""What a schema allows, taken apart: variants, each a set of plain schemas that all hold.

References, allOf, oneOf, anyOf, if/then/else, discriminators and 3.0's nullable are resolved here;
what is left are schemas of which only the plain keywords count.
"""

import itertools
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from apiproof.openapi.references import Document, DocumentError, Located
from apiproof.openapi.validation import text_validator

Variant = tuple[Located, ...]
MOST_VARIANTS: Final = 512
MOST_STEPS: Final = 50_000
"""How many schemas may be looked at to take one apart."""
_NULL: Final = {"type": "null"}
_ALL_TYPES: Final = frozenset({"null", "boolean", "integer", "number", "string", "array", "object"})
_REST: Final = ("additionalProperties", "unevaluatedProperties")


class SchemaVariants:
    """Takes the schemas of one document apart."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._children: dict[str, list[Located]] | None = None
        self._steps = 0

    def of(self, schemas: Iterable[Located], value: Any = None) -> list[Variant]:
        """Return the variants that some schemas, all of which hold, leave.

        Args:
            schemas: The schemas; with none, everything is allowed.
            value: What is expected, to choose by discriminator where one decides.

        Raises:
            DocumentError: The schemas have too many alternatives to be taken apart.
        """
        self._steps = 0
        parts = [self._flat(schema, frozenset(), value) for schema in schemas]
        return list(_product(parts))

    def _flat(self, schema: Located, seen: frozenset[str], value: Any) -> list[Variant]:
        self._steps += 1
        if self._steps > MOST_STEPS:
            raise DocumentError(
                f"{self._document.name}: {schema.place} is part of a schema of more than "
                f"{MOST_STEPS:,} alternatives; write it more simply."
            )
        node = schema.node
        if not isinstance(node, Mapping):
            return [(schema,)] if node is False else [()]
        if schema.pointer in seen:
            return [()]
        seen |= {schema.pointer}
        if "nullable" in node and not self._document.is_30:  # no keyword since 3.1
            node = {key: part for key, part in node.items() if key != "nullable"}
            schema = Located(node, schema.pointer)
        parts: list[list[Variant]] = [[(schema,)]]
        if isinstance(node.get("$ref"), str):
            self._document.resolve(schema)  # a circle of references alone promises nothing
            referred = self._flat(self._document.target(node["$ref"]), seen, value)
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
            return [*variants, (Located(_NULL, ""),)]
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
        """Return the schemas that extend a base by allOf, as OpenAPI 3.0's inheritance does."""
        if self._children is None:
            self._children = {}
            schemas = self._document.root.at("components", "schemas")
            for name in schemas.node or ():
                node = schemas.node[name]
                for part in (node.get("allOf") or ()) if isinstance(node, Mapping) else ():
                    if isinstance(part, Mapping) and isinstance(part.get("$ref"), str):
                        heirs = self._children.setdefault(part["$ref"], [])
                        heirs.append(schemas.at(name))
        return self._children.get(base.fragment, [])


def _reference(schema: Located) -> str:
    """Return what a discriminator calls an alternative: what it refers to, or where it stands."""
    ref = schema.node.get("$ref") if isinstance(schema.node, Mapping) else None
    return ref if isinstance(ref, str) else schema.fragment


def _product(parts: list[list[Variant]]) -> Iterator[Variant]:
    for combination in itertools.islice(itertools.product(*parts), MOST_VARIANTS):
        yield tuple(itertools.chain.from_iterable(combination))


def variant_types(variant: Variant) -> frozenset[str]:
    """Return the JSON types that a variant allows; `number` implies `integer`."""
    allowed = _ALL_TYPES
    for schema in variant:
        allowed &= _own_types(schema.node)
    values = listed_values(variant)
    if values is not None:
        allowed &= frozenset(name for value in values for name in json_types(value))
    return allowed


def json_types(value: Any) -> frozenset[str]:
    """Return the JSON types that a value's type stands for; a number's both."""
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


def listed_values(variant: Variant) -> list[Any] | None:
    """Return the values that a variant is limited to by enum and const; None where it is not."""
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


class Properties:
    """The properties of one variant: which it has, may lack, leaves open."""

    def __init__(self, variant: Variant) -> None:
        self.variant = variant
        self.names: list[str] = []
        self._required: set[str] = set()
        for schema in variant:
            declared = schema.node.get("properties") or {}
            self.names += [name for name in declared if name not in self.names]
            self._required |= set(_texts(schema.node.get("required")))

    def of(self, name: str) -> list[Located] | None:
        """Return a property's schemas; an empty list where it is open, None where there is none."""
        declared = self._schemas(name)
        if declared is not None:
            return declared
        if any(schema.node.get(rest) is False for schema in self.variant for rest in _REST):
            return None
        others = [
            schema.at(rest)
            for schema in self.variant
            for rest in _REST
            if schema.node.get(rest) is not None
        ]
        if others:
            return [part for part in others if part.node is not True]
        return None if self._is_listed() else []

    def all(self) -> list[list[Located]]:
        """Return the schemas that a property of any name may have, by declaration."""
        named = [self._schemas(name) or [] for name in self.names]
        patterned = [
            [schema.at("patternProperties", pattern)]
            for schema in self.variant
            for pattern in schema.node.get("patternProperties") or ()
        ]
        return [*named, *patterned]

    def may_lack(self, name: str) -> bool:
        """Tell whether a declared property need not be there.

        Keys of maps are not promised at all, and one with a default has a value even when absent.
        """
        has_default = any(
            isinstance(part.node, Mapping) and "default" in part.node
            for part in self._declared(name)
        )
        return name in self.names and name not in self._required and not has_default

    def requires(self, name: str) -> bool:
        """Tell whether a property has to be there."""
        return name in self._required

    def _schemas(self, name: str) -> list[Located] | None:
        declared = [*self._declared(name)]
        return [part for part in declared if part.node is not True] if declared else None

    def _declared(self, name: str) -> Iterator[Located]:
        for schema in self.variant:
            part = schema.at("properties", name)
            if part.node is not None:
                yield part
            patterns = schema.node.get("patternProperties")
            for pattern in patterns if isinstance(patterns, Mapping) else ():
                validator = text_validator(pattern)
                if validator is None or validator.is_valid(name):  # a malformed one leaves it open
                    yield schema.at("patternProperties", pattern)

    def _is_listed(self) -> bool:
        return any(
            schema.node.get(keyword)
            for schema in self.variant
            for keyword in ("properties", "patternProperties")
        )


def _texts(required: Any) -> list[str]:
    return (
        [text for text in required if isinstance(text, str)] if isinstance(required, list) else []
    )
