"""Schemes are known by what they are, or by name where a document has one more than once."""

from __future__ import annotations

from typing import Any

import pytest

from apiproof.contract_diff.document import diff

BASIC = {"type": "http", "scheme": "basic"}
KEY = {"type": "apiKey", "in": "header", "name": "X-Key"}


def _document(schemes: dict[str, Any], *ways: str) -> dict[str, Any]:
    operation: dict[str, Any] = {"responses": {}, "security": [{way: []} for way in ways]}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Things", "version": "1"},
        "paths": {"/things": {"get": operation}},
        "components": {"securitySchemes": schemes},
    }


@pytest.mark.parametrize(
    ("old", "new", "breaking"),
    [
        pytest.param({"a": BASIC}, {"b": BASIC}, False, id="renamed"),
        pytest.param({"a": BASIC, "b": BASIC}, {"a": KEY, "b": BASIC}, True, id="one-of-two"),
        pytest.param({"a": BASIC, "b": KEY}, {"a": KEY, "b": KEY}, True, id="one-of-each"),
        pytest.param({"a": BASIC, "b": BASIC}, {"b": BASIC, "a": BASIC}, False, id="reordered"),
    ],
)
def test_users_of_one_scheme_are_not_let_in_by_another_of_its_kind(
    old: dict[str, Any],
    new: dict[str, Any],
    breaking: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    told = [c for c in diff(_document(old, *old), _document(new, *new)) if c.breaking]
    assert bool(told) is breaking


def test_an_address_where_there_was_none_takes_nothing_away() -> None:
    def flow(**addresses: str) -> dict[str, Any]:
        return {"type": "oauth2", "flows": {"password": {"scopes": {}, **addresses}}}

    one, other = "https://a.test/token", "https://b.test/token"
    for addresses, told in (
        (({}, {"tokenUrl": one}), (False, f"a has its tokenUrl at {one}, not none.")),
        (
            ({"tokenUrl": one}, {"tokenUrl": other}),
            (True, f"a has its tokenUrl at {other}, not {one}."),
        ),
        (({"tokenUrl": one}, {}), (True, f"a has its tokenUrl at none, not {one}.")),
    ):
        old, new = (_document({"a": flow(**each)}, "a") for each in addresses)
        assert [(change.breaking, change.sentence) for change in diff(old, new)] == [told]
