"""Schemas, their mutants and the values to try them on: what a soundness check draws from."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

NAMES = ("a", "b")
_NUMBERS = [-3, -1, 0, 1, 2, 3, 4, 5, 6, 8, 10, 0.5, 1.5, 2.5, -0.5]
_TEXTS = ["", "a", "b", "aa", "ab", "ba", "abc", "A", "0", "12", "a0", "-", "aaaaaa", "ab12"]
_PATTERNS = ["^a", "b$", "^[a-z]+$", "^[a-z0-9]*$", "a", "^a|b$", "^.{2,3}$", "^(ab)*$"]
SCALARS: list[Any] = [None, True, False, *_NUMBERS, *_TEXTS]


def _some(words: dict[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=words)


def _typed(kind: str | list[str], rest: dict[str, Any]) -> dict[str, Any]:
    return {"type": kind, **rest}


_small = st.integers(0, 4)
numbers = st.builds(
    _typed,
    st.sampled_from(["integer", "number"]),
    _some(
        {
            "minimum": st.sampled_from([-1, 0, 0.5, 1, 2]),
            "maximum": st.sampled_from([2, 2.5, 3, 5]),
            "exclusiveMinimum": st.sampled_from([-1, 0, 0.5, 1]),
            "exclusiveMaximum": st.sampled_from([3, 4, 5]),
            "multipleOf": st.sampled_from([1, 2, 3, 4, 0.5, 1.5]),
        }
    ),
)
strings = st.builds(
    _typed,
    st.just("string"),
    _some({"minLength": _small, "maxLength": _small, "pattern": st.sampled_from(_PATTERNS)}),
)
choices = st.lists(st.sampled_from(SCALARS), min_size=1, max_size=3, unique_by=repr).map(
    lambda values: {"enum": values}
)
plain = st.sampled_from(
    [{"type": "null"}, {"type": "boolean"}, {"type": ["string", "null"]}, {"const": "a"}, {}]
)


def _arrays(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    words = {
        "items": inner,
        "prefixItems": st.lists(inner, min_size=1, max_size=2),
        "minItems": st.integers(0, 2),
        "maxItems": st.integers(1, 3),
        "uniqueItems": st.booleans(),
        "contains": inner,
    }
    return st.builds(_typed, st.just("array"), _some(words))


def _objects(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Every name is declared, so that what openness means does not come into it."""
    words = {
        "required": st.lists(st.sampled_from(NAMES), unique=True),
        "additionalProperties": st.just(False),  # noqa: FBT003 - a JSON Schema
        "minProperties": st.integers(0, 2),
        "maxProperties": st.integers(1, 3),
        "dependentRequired": st.just({"a": ["b"]}),
    }
    both = st.fixed_dictionaries(dict.fromkeys(NAMES, inner))
    return st.builds(
        lambda props, rest: {"type": "object", "properties": props, **rest}, both, _some(words)
    )


def _composed(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    parts = st.lists(inner, min_size=1, max_size=2)
    joined = st.builds(lambda word, some: {word: some}, st.sampled_from(["allOf", "anyOf"]), parts)
    return joined | inner.map(lambda schema: {"not": schema})


leaves = numbers | strings | choices | plain
schemas = st.recursive(
    leaves, lambda inner: _arrays(inner) | _objects(inner) | _composed(inner), max_leaves=5
)


def _nodes(schema: Any) -> Iterator[dict[str, Any]]:
    if isinstance(schema, dict):
        yield schema
        for word in ("properties",):
            for part in schema.get(word, {}).values():
                yield from _nodes(part)
        for word in ("allOf", "anyOf", "prefixItems"):
            for part in schema.get(word, []):
                yield from _nodes(part)
        for word in ("items", "not", "contains"):
            yield from _nodes(schema.get(word))


@st.composite
def mutants(draw: st.DrawFn, schema: dict[str, Any]) -> dict[str, Any]:
    """Change one place of a schema: drop a keyword, replace a node, or loosen a number."""
    twin = copy.deepcopy(schema)
    node = draw(st.sampled_from(list(_nodes(twin))))
    removable = [word for word in node if word not in {"type", "properties"}]
    numeric = [word for word in removable if isinstance(node[word], int | float)]
    if draw(st.booleans()) and removable:
        del node[draw(st.sampled_from(removable))]
    elif draw(st.booleans()) and [w for w in numeric if node[w] is not True and node[w]]:
        word = draw(st.sampled_from([w for w in numeric if node[w] is not True and node[w]]))
        node[word] = node[word] + 1 if word != "multipleOf" else node[word] * 2
    else:
        fresh = draw(leaves | _objects(leaves))
        node.clear()
        node.update(fresh)
    return twin


def _containers() -> list[Any]:
    some = [None, True, 0, 1, 2, 2.5, "", "a", "ab", "aaaaaa", "12"]
    lists: list[Any] = [[], *([one] for one in some)]
    lists += [list(pair) for pair in itertools.product(some, repeat=2)]
    lists += [[1, 2, 3], ["a", "a", "a"], [1, 1, "a"], [[]], [{}], [{"a": 1, "b": "a"}]]
    objects: list[Any] = [{}, *({name: one} for name in NAMES for one in some)]
    objects += [{"a": one, "b": two} for one, two in itertools.product(some, repeat=2)]
    objects += [{"a": {}}, {"a": {"a": 1}, "b": []}, {"a": ["a"], "b": "a"}, {"b": {"b": "a"}}]
    return lists + objects


VALUES: list[Any] = [*SCALARS, *_containers()]
