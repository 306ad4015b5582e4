"""Which properties a variant of a schema has, may lack, or leaves open. It must not know pacts."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from apiproof.contract_diff.pact.document import Located
from apiproof.contract_diff.pact.shapes import Variant

_REST: Final = ("additionalProperties", "unevaluatedProperties")


class Properties:
    """The properties of the objects that one variant allows."""

    def __init__(self, variant: Variant) -> None:
        self.variant = variant
        self.names: list[str] = []
        self._required: set[str] = set()
        for schema in variant:
            declared = schema.node.get("properties") or {}
            self.names += [name for name in declared if name not in self.names]
            self._required |= set(_names(schema.node.get("required")))

    def of(self, name: str) -> list[Located] | None:
        """The schemas of a property; an empty list where it is open, None where there is none."""
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
        """The schemas that a property of any name may have, by declaration."""
        named = [self._schemas(name) or [] for name in self.names]
        patterned = [
            [schema.at("patternProperties", pattern)]
            for schema in self.variant
            for pattern in schema.node.get("patternProperties") or ()
        ]
        return [*named, *patterned]

    def may_lack(self, name: str) -> bool:
        """Whether a declared property need not be there.

        Keys of maps aren't promised at all, and one with a default has a value even when absent.
        """
        has_default = any(
            isinstance(part.node, Mapping) and "default" in part.node
            for part in self._declared(name)
        )
        return name in self.names and name not in self._required and not has_default

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
                if _matches(pattern, name):
                    yield schema.at("patternProperties", pattern)

    def _is_listed(self) -> bool:
        return any(
            schema.node.get(keyword)
            for schema in self.variant
            for keyword in ("properties", "patternProperties")
        )


def _names(required: Any) -> list[str]:
    return (
        [name for name in required if isinstance(name, str)] if isinstance(required, list) else []
    )


def _matches(pattern: str, name: str) -> bool:
    try:
        return re.search(pattern, name) is not None
    except re.error:
        return True  # another language's syntax: leave the property open
