"""Servers that are no longer named: a warning, as clients know theirs by configuration."""

from __future__ import annotations

from typing import Any

import pytest

from apiproof.contract_diff.document import Change, ChangeSeverity, diff

EU, US = "https://eu.things.test", "https://us.things.test"
REGIONS = {"region": {"default": "eu", "enum": ["eu", "us"]}}
OWN = {"servers": [{"url": EU}]}


def _document(
    *servers: dict[str, Any], item: dict[str, Any] | None = None, own: dict[str, Any] | None = None
) -> dict[str, Any]:
    get = {"responses": {"200": {"description": ""}}, **(own or {})}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Things", "version": "1"},
        "servers": list(servers),
        "paths": {"/things": {"get": get, **(item or {})}},
    }


def _told(old: dict[str, Any], new: dict[str, Any]) -> list[tuple[str, str]]:
    return [(change.severity, change.sentence) for change in diff(old, new)]


def test_a_server_that_goes_is_a_warning_and_one_that_comes_is_harmless() -> None:
    both, one = _document({"url": EU}, {"url": US}), _document({"url": EU})
    assert _told(both, one) == [(ChangeSeverity.WARNING, f"The server {US} is no longer named.")]
    assert _told(one, both) == [(ChangeSeverity.INFO, f"The servers are now {EU}, {US}.")]


def test_the_first_server_that_a_document_names_takes_none_away() -> None:
    ((severity, _),) = _told(_document(), _document({"url": EU}))
    assert severity is ChangeSeverity.INFO


def test_variables_stand_for_all_their_values() -> None:
    region = {"url": "https://{region}.things.test", "variables": REGIONS}
    less = {**region, "variables": {"region": {"default": "eu", "enum": ["eu"]}}}
    written = _document({"url": EU}, {"url": US})
    assert _told(_document(region), written) == _told(written, _document(region)) == []
    ((severity, sentence),) = _told(_document(region), _document(less))
    assert (severity, US in sentence) == (ChangeSeverity.WARNING, True)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://things.test/v1", "https://Things.test:443/v1/"),
        ("/", ""),
        ("https://[::1", "https://[::1"),
    ],
)
def test_urls_that_mean_the_same_are_no_change(one: str, other: str) -> None:
    assert diff(_document({"url": one}), _document({"url": other})) == []


@pytest.mark.parametrize("where", ["item", "own"])
def test_servers_of_a_path_or_an_operation_count_for_it(where: str) -> None:
    own, plain = _document({"url": US}, **{where: OWN}), _document({"url": US})
    gone: Change = diff(own, plain)[0]
    assert (gone.rule, gone.operation) == ("server-removed", "GET /things")
    assert diff(plain, own)[0].sentence == f"The server {US} is no longer named."
    assert diff(own, own) == []


def _at(path: str, *urls: str, **get: Any) -> dict[str, Any]:
    whole = _document(*({"url": url} for url in urls))
    (item,) = whole["paths"].values()
    return {**whole, "paths": {path: {"get": {**item["get"], **get}}}}


BASES = [
    (_at("/things", f"{EU}/v1"), _at("/v1/things", EU)),
    (_at("/things", f"{EU}/v1"), _at("/v1/things", EU, US)),
    (_at("/v1/things"), _at("/things", "/v1")),
    (_at("/things", "/v1"), _at("/v1/things", "/")),
    (_at("/things", servers=[{"url": "/v1"}]), _at("/v1/things", "/")),
    (_at("/{id}/a", "/v1"), _at("/v1/{name}/a", "/")),
]


@pytest.mark.parametrize(("one", "other"), BASES)
def test_a_base_path_that_moves_into_the_paths_or_out_of_them_changes_nothing(
    one: dict[str, Any], other: dict[str, Any]
) -> None:
    for old, new in ((one, other), (other, one)):
        told = {(change.rule, change.severity) for change in diff(old, new)}
        gone = {("server-removed", ChangeSeverity.WARNING)} if US in str(old["servers"]) else set()
        assert told - {("servers-changed", ChangeSeverity.INFO)} == gone


def test_what_changed_where_a_base_path_moved_is_compared() -> None:
    wanted = {"name": "q", "in": "query", "required": True, "schema": {"type": "string"}}
    old, new = _at("/things", f"{EU}/v1"), _at("/v1/things", EU, parameters=[wanted])
    told = {change.rule for change in diff(old, new)}
    assert told == {"request-required-parameter-added", "servers-changed"}


@pytest.mark.parametrize(
    ("old", "new", "rules"),
    [
        (_at("/things", f"{EU}/v1"), _at("/things", f"{EU}/v2"), {"server-removed"}),
        (
            _at("/things", f"{EU}/v1"),
            _at("/v2/things", EU),
            {"server-removed", "operation-removed"},
        ),
        (_at("/things", "/v1"), _at("/v1/things", "/v1"), {"operation-removed"}),
    ],
)
def test_another_base_path_is_another_place(
    old: dict[str, Any], new: dict[str, Any], rules: set[str]
) -> None:
    told = {change.rule for change in diff(old, new) if change.severity is not ChangeSeverity.INFO}
    assert told == rules


def test_what_is_encoded_without_need_is_the_same_path() -> None:
    assert diff(_at("/a%2Db/{x}"), _at("/a-b/{y}")) == []
    assert [c.rule for c in diff(_at("/a%2Fb"), _at("/a/b")) if c.breaking] == ["operation-removed"]
