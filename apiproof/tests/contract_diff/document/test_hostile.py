"""Documents that were made to do harm, or by mistake: a result or one line, never a traceback."""

from __future__ import annotations

import copy
import io
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from apiproof.contract_diff.document import diff
from apiproof.contract_diff.document.run import DiffOptions, Format, run
from apiproof.errors import UserError
from tests.contract_diff.document.corpus import BASES

ODD: list[Any] = [
    None, True, 0, -1, 1.5, 10**30, float("nan"), float("inf"), "", "x", "[bold]", "\x1b[31m",
    "#/nowhere", [], {}, [None], [1, "a"], {"a": 1}, {"$ref": "#"}, {"$ref": 1}, {"": {}},
    {"type": "object"}, ["string", None], "object", "(((((", "(a+)+$", {"$ref": "#/paths"},
    {"mapping": []}, {"discriminator": {"mapping": [1]}},
]  # fmt: skip
MUTANTS_EACH = 5
"""How many changed documents an example tries."""


def _places(node: Any) -> Iterator[tuple[Any, Any]]:
    for key in node if isinstance(node, dict) else range(len(node)):
        yield node, key
        if isinstance(node[key], dict | list):
            yield from _places(node[key])


def _mutated(document: dict[str, Any], rng: random.Random) -> dict[str, Any]:
    whole = copy.deepcopy(document)
    for _ in range(rng.choice((1, 1, 2, 3))):
        holder, key = rng.choice(list(_places(whole)))
        if isinstance(holder, dict) and rng.random() < 0.2:
            holder[rng.choice(("", "x", "/", "~", "[red]x", "\x1b]0;"))] = holder.pop(key)
        else:
            holder[key] = copy.deepcopy(rng.choice(ODD))
    return whole


@given(st.integers(0, 2**48))
def test_any_node_may_be_of_any_type(seed: int) -> None:
    rng = random.Random(seed)  # noqa: S311 - not for secrets
    for _ in range(MUTANTS_EACH):
        document = rng.choice(BASES)
        other = _mutated(document, rng)
        for old, new in ((document, other), (other, document), (other, other)):
            try:
                diff(old, new)
            except UserError as error:
                assert "\n" not in str(error)  # noqa: PT017 - most of these pass
                assert len(str(error)) < 500  # noqa: PT017


@pytest.mark.parametrize("mapping", [[], [1], 1, {"a": 1}, {"a": []}, None])
def test_a_discriminators_mapping_may_be_of_any_type(mapping: Any) -> None:
    """The regression: references are looked for before any schema is judged."""
    old, new = (
        _document({"oneOf": [{"$ref": "#/paths"}], "discriminator": {"mapping": each}, "title": t})
        for each, t in (({}, "a"), (mapping, "b"))
    )
    try:
        diff(old, new)
    except UserError as error:
        assert "discriminator" in str(error) or "paths" in str(error)  # noqa: PT017 - null is fine


def _document(schema: Any, path: str = "/things") -> dict[str, Any]:
    content = {"application/json": {"schema": schema}}
    post = {"requestBody": {"content": content}, "responses": {"200": {"content": content}}}
    return {"openapi": "3.1.0", "info": {}, "paths": {path: {"post": post}}}


def _outcome(tmp_path: Path, old: Any, new: Any, form: Format = "text") -> tuple[int, str]:
    paths = []
    for name, document in (("old", old), ("new", new)):
        is_text = isinstance(document, str)
        paths.append(tmp_path / f"{name}.{'yaml' if is_text else 'json'}")
        paths[-1].write_text(document if is_text else json.dumps(document), encoding="utf-8")
    stream = io.StringIO()
    console = Console(file=stream, width=120, force_terminal=form == "text", color_system=None)
    return run(paths[0], paths[1], DiffOptions(format=form), console), stream.getvalue()


@pytest.mark.parametrize("form", get_args(Format))
def test_names_are_data_in_every_format(tmp_path: Path, form: Format) -> None:
    """Markup, terminal escapes, line ends and scripts are printed as what they are."""
    names = ["[bold]b[/bold]", "[/red]", "\x1b[31mred", "\x1b]0;title\x07", "a\nb", "\u202eright"]
    names += ["<script>alert(1)</script>", "|pipe|`code`", "]]>", "&amp;", "'\"", "\x00", "\x9b2J"]
    properties = {name: {"type": "string"} for name in names}
    old = _document({"type": "object", "properties": properties}, "/[red]{id}/\x1b[2J")
    new = _document({"type": "object"}, "/[red]{id}/\x1b[2J")
    code, text = _outcome(tmp_path, old, new, form)
    assert code == 1
    assert not {"\x1b", "\x07", "\x00", "\x9b", "\u202e"} & set(text)
    if form == "html":
        assert "<script>alert" not in text
    if form == "text":
        assert "[bold]b[/bold]" in text.replace("\n", "").replace(" ", "")


DEEP = _document(None)
INNER: Any = {"type": "string"}
for _ in range(300):
    INNER = {"items": INNER}
DEEP["paths"]["/things"]["post"]["requestBody"]["content"]["application/json"]["schema"] = INNER
CIRCLE = {"$ref": "#/paths/~1a"}
BOMB = "openapi: 3.1.0\npaths: {}\nx-a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"x-{chr(98 + n)}: &{chr(98 + n)} [{', '.join([f'*{chr(97 + n)}'] * 10)}]\n" for n in range(9)
)


@pytest.mark.parametrize(
    ("document", "told"),
    [
        pytest.param(BOMB, "its aliases stand for more than", id="alias-bomb"),
        pytest.param(DEEP, "nested more than", id="deep"),
        pytest.param("openapi: 3.1.0\npaths: {}\npaths: {}\n", "occurs twice", id="twice"),
        pytest.param("openapi: 3.1.0\npaths: {[1]: {}}\n", "is not text", id="key"),
        pytest.param("openapi: 3.1.0\npaths: &a {/a: *a}\n", "", id="alias-to-itself"),
        pytest.param(_document({"maximum": float("inf")}), "is no JSON number", id="infinity"),
        pytest.param(_document({"$ref": "#/paths/~1no"}), "leads nowhere", id="dangling"),
        pytest.param(_document({"$ref": "http://x.test/a"}), "was not given", id="remote"),
        pytest.param(_document({"$ref": "file:///etc/hosts"}), "is not relative", id="file"),
        pytest.param(_document({"title": "\ud800"}), "alone is no character", id="surrogate"),
        pytest.param({"openapi": "3.1.0", "paths": {"/a": CIRCLE}}, "in a circle", id="circle"),
        pytest.param("\x00", "not YAML", id="binary"),
        pytest.param("", "expected an OpenAPI object", id="empty"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_one_line_and_2(tmp_path: Path, document: Any, told: str) -> None:
    code, text = _outcome(tmp_path, _document({}), document)
    assert (code, told in text.replace("\n", " ")) == (2, True)
    assert len(text) < 400


def test_numbers_that_are_too_large_are_refused_by_name(tmp_path: Path) -> None:
    text = json.dumps(_document({"maximum": 1})).replace('"maximum": 1', '"maximum": 1e400')
    code, told = _outcome(tmp_path, text, _document({}))
    assert code == 2
    assert "maximum" in told


@pytest.mark.parametrize("swapped", [False, True])
def test_costly_patterns_and_long_lists_are_compared_at_once(swapped: bool) -> None:  # noqa: FBT001 - a parameter
    """Each took minutes, or would with a backtracking matcher."""
    long = "a" * 40 + "!"
    costly = {
        "properties": {"a": {"enum": [long]}, long: {}, "c": {"pattern": "^.*a.{40}$"}},
        "patternProperties": {"^(a+)+$": {"type": "string"}},
    }
    other = {
        "properties": {"a": {"pattern": "^(a+)+$"}, "c": {"pattern": "^(a|aa)+b{1,5000}$"}},
        "patternProperties": {"^(a|a)*$": {"type": "integer"}},
    }
    many = [_document({"enum": list(range(n, 5000 + n))}) for n in (0, 1)]
    pairs = [(_document(costly), _document(other)), (many[0], many[1])]
    for old, new in pairs:
        assert any(c.breaking for c in (diff(new, old) if swapped else diff(old, new)))


@pytest.mark.parametrize("word", ["allOf", "dependentSchemas"])
def test_conditions_by_the_dozen_are_compared(word: str) -> None:
    """The arms of each double those of all others: beyond a few, they are compared by words."""

    def schema(last: str) -> dict[str, Any]:
        names = [*(f"c{number}" for number in range(39)), last]
        if word == "dependentSchemas":
            return {word: {f"a{place}": {"required": [name]} for place, name in enumerate(names)}}
        arms = [
            {"then": {"required": [name]}, "else": {"required": [f"{name}x"]}} for name in names
        ]
        return {word: [{"if": {"required": [f"a{i}"]}, **arm} for i, arm in enumerate(arms)]}

    old, new = (_document({"type": "object", **schema(last)}) for last in ("c39", "other"))
    assert any(change.breaking for change in diff(old, new))
    assert diff(old, old) == []
