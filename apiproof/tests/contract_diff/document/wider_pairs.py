"""Schemas with the keywords that documents seldom use, and instances of them."""

from __future__ import annotations

from typing import Any

from tests.contract_diff.document.schema_pairs import (
    DEEPEST,
    NAMES,
    InstanceMaker,
    Pair,
    SchemaMaker,
    pair,
)

_CONDITIONS: tuple[Any, ...] = (True, False, {}, {"type": "string"}, {"type": "object"})
_NAMES: tuple[Any, ...] = ({"pattern": "^[ab]"}, {"maxLength": 1}, {"enum": ["a", "b", "kind"]})
_WHOLE: tuple[Any, ...] = (
    {"const": {"a": 1}}, {"enum": [[1], [], {"a": "b"}]}, {"const": [1, 2]}, {"enum": [{}, "a"]},
)  # fmt: skip
_EXTRA: tuple[Any, ...] = ({"type": "string"}, {"type": "integer"})


def wider_pair(seed: int, values: int = 8) -> Pair:
    """Draw a pair as `pair` does, with conditions, patterns, dependencies and what is left over."""
    return pair(seed, values, (WiderSchemaMaker, WiderInstanceMaker))


class WiderSchemaMaker(SchemaMaker):
    """Draws schemas with every keyword of JSON Schema that is compared."""

    def schema(self, depth: int = 0) -> Any:
        wide = depth < DEEPEST and self.rng.random() < 0.1
        return self._condition(depth) if wide else super().schema(depth)

    def _object(self, depth: int) -> Any:
        pick, deeper = self.rng.choice, min(depth + 2, DEEPEST)
        words = {
            "additionalProperties": self.schema(deeper),
            "patternProperties": {pick(("^a", "b", "^k", ".")): self.schema(deeper)},
            "propertyNames": pick(_NAMES),
            "dependentRequired": {pick(NAMES): [pick(NAMES)]},
            "dependentSchemas": {
                pick(NAMES): {"type": "object", "properties": {pick(NAMES): self.schema(deeper)}}
            },
            "unevaluatedProperties": pick((False, {"type": "string"})),
        }
        return {**super()._object(depth), **self._some(words, 0.15)}

    def _array(self, depth: int) -> Any:
        drawn = super()._array(depth)
        counts = {"minContains": self.rng.choice((0, 2)), "maxContains": self.rng.choice((1, 2))}
        rest = self.rng.choice((False, {"type": "integer"}))
        if "contains" in drawn:
            drawn |= self._some(counts)
        return drawn if "items" in drawn else {**drawn, **self._some({"unevaluatedItems": rest})}

    def _condition(self, depth: int) -> Any:
        free = self.rng.random() < 0.3
        arms = {"then": self.schema(depth + 2), "else": self.schema(depth + 2)}
        own = self._object(depth + 1) if self.rng.random() < 0.4 else {}
        condition = self.rng.choice(_CONDITIONS) if free else self.schema(depth + 2)
        return {**own, "if": condition, **self._some(arms, 0.7)}

    def _choice(self, depth: int) -> Any:
        return self.rng.choice(_WHOLE) if self.rng.random() < 0.2 else super()._choice(depth)


class WiderInstanceMaker(InstanceMaker):
    """Draws values for them."""

    def value(self, schema: Any, depth: int = 0) -> Any:
        if not isinstance(schema, dict) or "if" not in schema or depth > 2 * DEEPEST:
            return super().value(schema, depth)
        words = {key: value for key, value in schema.items() if key not in {"if", "then", "else"}}
        own = super().value(words, depth + 1)
        arm = self.value(schema.get(self.rng.choice(("if", "then", "else"))), depth + 1)
        both = isinstance(own, dict) and isinstance(arm, dict)
        return {**own, **arm} if both else self.rng.choice((own, arm))

    def _typed(self, kind: Any, schema: dict[str, Any], depth: int) -> Any:
        drawn = super()._typed(kind, schema, depth)
        if not isinstance(drawn, dict):
            return drawn
        for part in schema.get("patternProperties", {}).values():
            if self.rng.random() < 0.5:
                drawn[self.rng.choice((*NAMES, "ab", "k"))] = self.value(part, depth + 1)
        extra = schema.get("additionalProperties", True)
        if extra is not False and self.rng.random() < 0.4:
            free = extra if isinstance(extra, dict) else self.rng.choice(_EXTRA)
            drawn[self.rng.choice((*NAMES, "z"))] = self.value(free, depth + 1)
        for part in schema.get("dependentSchemas", {}).values():
            more = self.value(part, depth + 1)
            drawn |= more if isinstance(more, dict) and self.rng.random() < 0.5 else {}
        return drawn
