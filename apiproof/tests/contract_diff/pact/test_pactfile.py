"""Pact files of every version and style, read into one shape."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from apiproof.pacts.reading import (
    Interaction,
    PactError,
    PactFile,
    PactMalformed,
    load_pact,
    parse_expression,
    parse_pact,
)
from tests.contract_diff.pact.corpus_cases import CORPUS

STYLES = ["ruby-v2", "jvm-v2", "jvm-v3", "js-v3", "jvm-v4", "js-v4", "python-v4"]


def read(*interactions: dict[str, Any], version: str | None = None) -> PactFile:
    metadata = {"pactSpecification": {"version": version}} if version else {}
    return parse_pact(
        {
            "consumer": {"name": "c"},
            "provider": {"name": "p"},
            "interactions": list(interactions),
            "metadata": metadata,
        },
        "pact.json",
    )


def one(
    request: dict[str, Any] | None = None, response: dict[str, Any] | None = None
) -> Interaction:
    return read({"request": request or {}, "response": response or {}}).interactions[0]


def shape(interaction: Interaction) -> Any:
    """What an interaction says, whatever its style."""
    request, response = interaction.request, interaction.response
    return (
        interaction.description,
        [state.name for state in interaction.states],
        (request.method, request.path, request.query, request.headers, request.content_type),
        request.body and (request.body.content, request.body.is_json),
        (response.status, response.headers, response.content_type),
        response.body and (response.body.content, response.body.is_json),
        [(steps, rule.matchers[0].kind) for steps, rule in response.matchers.body],
    )


@pytest.mark.parametrize("style", STYLES)
def test_same_pact_reads_the_same_in_every_style(style: str) -> None:
    ours = load_pact(CORPUS / "good" / f"randomizer-everything-{style}.json")
    other = load_pact(CORPUS / "good" / "randomizer-everything-ruby-v2.json")
    assert ours.version == int(style[-1])
    assert [shape(each) for each in ours.interactions] == [shape(i) for i in other.interactions]


@pytest.mark.parametrize(
    ("metadata", "extra", "version"),
    [
        ({"pactSpecification": {"version": "3.0.0"}}, {}, 3),
        ({"pact-specification": {"version": "2.0"}}, {}, 2),
        ({"pactSpecificationVersion": "1.1.0"}, {}, 1),
        ({}, {"providerStates": []}, 3),
        ({}, {"type": "Synchronous/HTTP"}, 4),
        ({}, {}, 2),
    ],
)
def test_version_is_stated_or_seen(metadata: Any, extra: dict[str, Any], version: int) -> None:
    interaction = {"request": {}, "response": {}, **extra}
    parties = {"consumer": {"name": "c"}, "provider": {"name": "p"}}
    document = {**parties, "interactions": [interaction], "metadata": metadata}
    assert parse_pact(document, "pact.json").version == version


def test_states_have_names_and_parameters() -> None:
    parts: dict[str, Any] = {"request": {}, "response": {}}
    pact = read(
        {**parts, "providerState": "a"},
        {**parts, "provider_state": "b"},
        {**parts, "providerStates": [{"name": "c", "params": {"x": 1}}, {"name": "d"}]},
    )
    found = [[(s.name, dict(s.params)) for s in i.states] for i in pact.interactions]
    assert found == [[("a", {})], [("b", {})], [("c", {"x": 1}), ("d", {})]]


def test_query_is_text_or_lists() -> None:
    assert one({"query": "a=1&a=%20&b="}).request.query == {"a": ("1", " "), "b": ("",)}
    assert one({"query": {"a": ["1", "2"], "b": "x"}}).request.query == {
        "a": ("1", "2"),
        "b": ("x",),
    }
    assert one({"path": "/x?a=1"}).request.query == {"a": ("1",)}


def test_body_is_bare_or_in_an_envelope() -> None:
    def body(raw: Any, headers: dict[str, str] | None = None) -> Any:
        found = one({"body": raw, "headers": headers or {}}).request.body
        assert found
        return found.content, found.content_type, found.is_json

    encoded = base64.b64encode(b'{"a": 1}').decode()
    parsed = ({"a": 1}, "application/json", True)
    assert body({"a": 1}) == parsed
    assert body('{"a": 1}', {"Content-Type": "application/json"}) == parsed
    assert (
        body({"content": {"a": 1}, "contentType": "application/json", "encoded": False}) == parsed
    )
    assert (
        body({"content": '{"a": 1}', "contentType": "application/json", "encoded": "JSON"})
        == parsed
    )
    assert (
        body({"content": encoded, "contentType": "application/json", "encoded": "base64"}) == parsed
    )
    assert body("a=1") == ("a=1", "text/plain", False)
    assert body({"content": "not an envelope"})[0] == {"content": "not an envelope"}


def test_missing_body_is_not_an_empty_one() -> None:
    assert one().request.body is None
    for raw in (None, "", {"content": "", "encoded": False}):
        empty = one({"body": raw}).request.body
        assert empty
        assert empty.is_empty


def test_matching_rules_are_flat_or_by_category() -> None:
    flat = one(
        response={
            "matchingRules": {
                "$.body.a[*].b": {"match": "type"},
                "$.body['c.d']": {"min": 1},
                "$.headers.X-A": {"regex": "x"},
            }
        }
    ).response.matchers
    grouped = one(
        response={
            "matchingRules": {
                "body": {
                    "$.a[*].b": {"matchers": [{"match": "type"}]},
                    "$['c.d']": {"combine": "OR", "matchers": [{"match": "type", "min": 1}]},
                },
                "header": {"X-A": {"matchers": [{"match": "regex", "regex": "x"}]}},
            }
        }
    ).response.matchers
    assert [steps for steps, _ in flat.body] == [("a", "*", "b"), ("c.d",)]
    assert [steps for steps, _ in grouped.body] == [("a", "*", "b"), ("c.d",)]
    assert [r.matchers[0].kind for _, r in flat.body] == ["type", "type"]
    assert flat.header["x-a"].matchers[0].kind == grouped.header["x-a"].matchers[0].kind == "regex"
    assert grouped.body[1][1].combine == "OR"


def test_matchers_that_old_ruby_files_embed_become_rules() -> None:
    like = {"json_class": "Pact::SomethingLike", "contents": {"a": 1}}
    term = {
        "json_class": "Pact::Term",
        "data": {"generate": "x", "matcher": {"json_class": "Regexp", "o": 0, "s": "x|y"}},
    }
    each = {"json_class": "Pact::ArrayLike", "contents": {"t": term}, "min": 2}
    response = one(response={"body": {"l": like, "e": each}}).response
    assert response.body
    assert response.body.content == {"l": {"a": 1}, "e": [{"t": "x"}, {"t": "x"}]}
    found = {steps: rule.matchers[0].kind for steps, rule in response.matchers.body}
    assert found == {("l",): "type", ("e",): "type", ("e", "*", "t"): "regex"}


@pytest.mark.parametrize(
    ("expression", "steps"),
    [
        ("$", ()),
        ("$.a.b", ("a", "b")),
        ("$['a']['b.c']", ("a", "b.c")),
        ('$.a["b"][0]', ("a", "b", 0)),
        ("$.a[*].*", ("a", "*", "*")),
        ("$[0][1]", (0, 1)),
        ("$.a-b.c_d", ("a-b", "c_d")),
    ],
)
def test_expressions_are_taken_apart(expression: str, steps: tuple[Any, ...]) -> None:
    assert parse_expression(expression) == steps


@pytest.mark.parametrize(
    ("request_part", "response", "where"),
    [
        ({"path": 1}, {}, "$.interactions[0].request.path"),
        ({"headers": []}, {}, "$.interactions[0].request.headers"),
        ({}, {"status": "two hundred"}, "$.interactions[0].response.status"),
        (
            {"body": {"content": "{", "contentType": "application/json", "encoded": "JSON"}},
            {},
            "$.interactions[0].request.body.content",
        ),
    ],
)
def test_malformed_part_is_named_by_its_path(
    request_part: dict[str, Any], response: dict[str, Any], where: str
) -> None:
    with pytest.raises(PactMalformed, match=where.replace("$", r"\$").replace("[", r"\[")):
        one(request_part, response)


def test_messages_are_set_apart() -> None:
    http = {"type": "Synchronous/HTTP", "request": {}, "response": {}}
    pact = read({"type": "Asynchronous/Messages", "description": "m"}, http, version="4.0")
    assert [message.kind for message in pact.messages] == ["Asynchronous/Messages"]
    assert [interaction.location for interaction in pact.interactions] == ["$.interactions[1]"]


@pytest.mark.parametrize("body", ["LONG", '{"content": "LONG", "encoded": "JSON"}'])
def test_number_too_long_to_read_is_one_line(tmp_path: Path, body: str) -> None:
    """Python refuses integers of more than 4300 digits by a bare ValueError, not as bad JSON."""
    text = json.dumps(
        {
            "consumer": {"name": "c"},
            "provider": {"name": "p"},
            "interactions": [
                {
                    "description": "d",
                    "request": {"method": "GET", "path": "/"},
                    "response": {"status": 200, "body": "BODY"},
                }
            ],
        }
    )
    path = tmp_path / "long.json"
    path.write_text(text.replace('"BODY"', body.replace("LONG", "9" * 6000)), "utf-8")
    with pytest.raises(PactError) as refused:
        load_pact(path)
    assert str(path) in str(refused.value)
    assert "\n" not in str(refused.value)
