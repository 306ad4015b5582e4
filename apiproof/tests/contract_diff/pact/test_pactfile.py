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
    PactUnparsable,
    load_pact,
    parse_expression,
    parse_pact,
)
from tests.contract_diff.pact.corpus_cases import CORPUS

STYLES = ["ruby-v2", "jvm-v2", "jvm-v3", "js-v3", "jvm-v4", "js-v4", "python-v4"]


V4 = '{"pactSpecification": {"version": "4.0"}}'


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
    request: dict[str, Any] | None = None,
    response: dict[str, Any] | None = None,
    version: str | None = None,
) -> Interaction:
    parts = {"request": request or {}, "response": response or {}}
    return read(parts, version=version).interactions[0]


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
    def body(raw: Any, headers: dict[str, str] | None = None, version: str = "4.0") -> Any:
        found = one({"body": raw, "headers": headers or {}}, version=version).request.body
        assert found
        return found.content, found.content_type, found.is_json

    encoded = base64.b64encode(b'{"a": 1}').decode()
    parsed = ({"a": 1}, "application/json", True)
    assert body({"a": 1}) == parsed
    assert body('{"a": 1}', {"Content-Type": "application/json"}, "3.0.0") == parsed
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
    envelope = {"content": "a: 1", "contentType": "application/yaml"}
    assert body(envelope, version="3.0.0") == (envelope, "application/json", True)
    assert body({"content": "", "more": 1})[0] == ""
    assert body({"no content": 1})[0] == {"no content": 1}
    text = '{"a": 1}'  # as pact_ffi 0.5.12 has it: a JSON string, unless it is called encoded
    assert body({"content": text, "contentType": "application/json"})[0] == text
    assert body({"content": text})[0] == {"a": 1}


def test_missing_body_is_not_an_empty_one() -> None:
    assert one().request.body is None
    for raw in (None, "", {"content": "", "encoded": False}, {"content": None}):
        empty = one({"body": raw}, version="4.0").request.body
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
        ({}, {"status": None}, "$.interactions[0].response.status"),
        ({}, {"status": "200"}, "$.interactions[0].response.status"),
        ({}, {"status": "\u00b2"}, "$.interactions[0].response.status"),
        ({}, {"status": 10**9}, "$.interactions[0].response.status"),
        ({"body": {"content": "{", "encoded": "JSON"}}, {}, "$.interactions[0].request.body"),
        ({"body": {"content": "[" * 9**5, "encoded": "JSON"}}, {}, "nested too deeply"),
        ({"body": {"content": "!!", "encoded": "base64"}}, {}, "$.interactions[0].request.body"),
        ({"body": {"content": "a", "encoded": "gzip"}}, {}, "$.interactions[0].request.body"),
        ({"body": {"content": "a", "contentType": 5}}, {}, "$.interactions[0].request.body"),
        ({"path": "https://other.example/x"}, {}, "$.interactions[0].request.path .a URL"),
        ({"method": 5}, {}, "$.interactions[0].request.method"),
        ({"headers": {"X": {}}}, {}, "$.interactions[0].request.headers.X"),
        ({"query": {"q": [[1]]}}, {}, "$.interactions[0].request.query.q"),
        ({"generators": []}, {}, "$.interactions[0].request.generators"),
        ({}, {"matchingRules": []}, "$.interactions[0].response.matchingRules"),
        ({}, {"matchingRules": {"body": 5}}, "$.interactions[0].response.matchingRules"),
        ({}, {"matchingRules": {"body": {"$": 5}}}, "$.interactions[0].response.matchingRules"),
        ({}, {"matchingRules": {"$.body.a": "type"}}, "response.matchingRules"),
        ({}, {"matchingRules": {"status": {"matchers": 5}}}, "response.matchingRules"),
        ({}, {"body": {"json_class": "Pact::Term", "data": 5}}, "$.interactions[0].response"),
        ({}, {"body": {"json_class": "Pact::ArrayLike", "min": "x"}}, "$.interactions[0].response"),
    ],
)
def test_malformed_part_is_named_by_its_path(
    request_part: dict[str, Any], response: dict[str, Any], where: str
) -> None:
    with pytest.raises(PactMalformed, match=where.replace("$", r"\$").replace("[", r"\[")):
        one(request_part, response, "4.0")


@pytest.mark.parametrize(
    ("members", "where"),
    [
        ({"description": {}}, "$.interactions[0].description"),
        ({"type": "Synchronous/Http"}, "$.interactions[0].type"),
        ({"type": []}, "$.interactions[0].type"),
        ({"pending": "false"}, "$.interactions[0].pending"),
        ({"comments": ["x"]}, "$.interactions[0].comments"),
        ({"key": 5}, "$.interactions[0].key"),
        ({"providerState": 5}, "$.interactions[0].providerState"),
        ({"providerStates": "x"}, "$.interactions[0].providerStates"),
        ({"providerStates": ["x"]}, "$.interactions[0].providerStates[0]"),
        ({"providerStates": [{"name": "x", "params": []}]}, "providerStates[0].params"),
        ({"request": None}, "$.interactions[0].request"),
    ],
)
def test_member_of_another_type_is_named_by_its_path(members: dict[str, Any], where: str) -> None:
    """What pact_ffi passes over, such as `providerStates` that is no list, is refused here."""
    with pytest.raises(PactMalformed) as refused:
        read({"request": {}, "response": {}, **members})
    assert where in str(refused.value)


@pytest.mark.parametrize("version", ["5.0", "9", "0.1", "abc", 5, -1, [3], {"major": 3}])
def test_unknown_version_of_the_specification_is_refused(version: Any) -> None:
    with pytest.raises(PactMalformed, match="none of 1 to 4"):
        read({"request": {}, "response": {}}, version=version)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('{"a": 1, "b": [{"c": 1, "c": 2}]}', "'c' stands twice"),
        ('{"a": NaN}', "NaN is no JSON number"),
        ('{"a": -Infinity}', "-Infinity is no JSON number"),
        ('{"a": "\\ud800"}', "ud800 alone is no character"),
        ("[" * 9**5, "nested too deeply"),
    ],
)
def test_what_no_other_reader_takes_is_refused(tmp_path: Path, text: str, why: str) -> None:
    path = tmp_path / "pact.json"
    path.write_text(text)
    with pytest.raises(PactUnparsable, match=why) as refused:
        load_pact(path)
    assert str(path) in str(refused.value)


def test_embedded_lists_that_would_fill_the_memory_are_refused() -> None:
    contents: Any = {"x": 1}
    for _ in range(20):
        contents = {"json_class": "Pact::ArrayLike", "min": 10, "contents": contents}
    with pytest.raises(PactMalformed, match="more than 10000 values"):
        one(response={"body": contents})


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
    text = text.replace('"BODY"', body.replace("LONG", "9" * 6000))
    path.write_text(text.replace('"interactions"', f'"metadata": {V4}, "interactions"'), "utf-8")
    with pytest.raises(PactError) as refused:
        load_pact(path)
    assert str(path) in str(refused.value)
    assert "\n" not in str(refused.value)
