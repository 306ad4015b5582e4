"""What a consumer sends, against what an operation takes."""

import base64
from typing import Any

import pytest

from apiproof.contract_diff.pact import PactSeverity, compare
from tests.contract_diff.pact.exchanges import JSON, errors, pact, serving, warnings

BODY: dict[str, Any] = {
    "type": "object",
    "required": ["id", "name"],
    "properties": {"id": {"type": "integer", "readOnly": True}, "name": {"type": "string"}},
}


def taking(schema: Any, media: str = "application/json", **responses: Any) -> dict[str, Any]:
    body = {"required": True, "content": {media: {"schema": schema}}}
    codes = {code: {"description": ""} for code in ("201", "default")}
    return serving({"requestBody": body, "responses": {**codes, **responses}}, method="post")


def posting(body: Any, status: int = 201, media: str = "application/json", **extra: Any) -> Any:
    request = {"method": "POST", "headers": {"Content-Type": media}, "body": body, **extra}
    return pact(request, {"status": status})


def querying(query: dict[str, list[str]], status: int = 200) -> Any:
    return pact({"query": query}, {"status": status})


def parameter(schema: Any, where: str = "query", **options: Any) -> dict[str, Any]:
    name = {"name": "q", "in": where, "schema": schema, **options}
    answers = {"200": {"description": ""}, "default": {"description": ""}}
    return serving({"parameters": [name], "responses": answers})


@pytest.mark.parametrize("status", [401, 403, 404, 409, 429, 500])
def test_answer_that_is_not_about_the_body_allows_no_invalid_body(status: int) -> None:
    assert errors(posting({"name": 1}, status), taking(BODY)) == ["request-body-invalid"]


@pytest.mark.parametrize("status", [400, 413, 415, 422])
def test_answer_about_the_body_allows_an_invalid_body(status: int) -> None:
    assert errors(posting({"name": 1}, status), taking(BODY)) == []


def test_invalid_body_needs_a_declared_error() -> None:
    document = taking(BODY)
    del document["paths"]["/thing"]["post"]["responses"]["default"]
    assert errors(posting({"name": 1}, 422), document) == ["response-status-undeclared"]


def test_read_only_property_need_not_be_sent_and_had_better_not_be() -> None:
    assert errors(posting({"name": "x"}), taking(BODY)) == []
    assert warnings(posting({"name": "x"}), taking(BODY)) == []
    assert warnings(posting({"name": "x", "id": 1}), taking(BODY)) == ["request-property-read-only"]


def test_undeclared_property_is_a_warning_or_where_forbidden_an_error() -> None:
    assert warnings(posting({"name": "x", "z": 1}), taking(BODY)) == ["request-property-undeclared"]
    closed = {**BODY, "additionalProperties": False}
    assert errors(posting({"name": "x", "z": 1}), taking(closed)) == ["request-body-invalid"]


def test_matcher_of_a_request_does_not_excuse_its_example() -> None:
    rules = {"body": {"$.name": {"matchers": [{"match": "type"}]}}}
    short = {"type": "object", "properties": {"name": {"type": "string", "maxLength": 1}}}
    assert errors(posting({"name": "xx"}, matchingRules=rules), taking(short)) == [
        "request-body-invalid"
    ]


@pytest.mark.parametrize("key", ["$.name", "$.*"])
def test_generated_value_is_not_judged_by_its_example(key: str) -> None:
    generators = {"body": {key: {"type": "Uuid"}}}
    assert errors(posting({"name": 1}, generators=generators), taking(BODY)) == []
    other = {"body": {"$.other": {"type": "Uuid"}}}
    assert errors(posting({"name": 1}, generators=other), taking(BODY)) == ["request-body-invalid"]


@pytest.mark.parametrize(
    ("where", "generators"),
    [
        ("query", {"query": {"q": {"type": "RandomInt"}}}),
        ("query", {"query": {"$['q'][0]": {"type": "RandomInt"}}}),
        ("header", {"header": {"q": {"type": "RandomInt"}}}),
        ("path", {"path": {"type": "ProviderState", "expression": "/thing/${id}"}}),
    ],
)
def test_generated_parameter_is_not_judged_by_its_example(
    where: str, generators: dict[str, Any]
) -> None:
    document = parameter({"type": "integer"}, where)
    document["paths"]["/thing/{q}" if where == "path" else "/thing"] = document["paths"].pop(
        "/thing"
    )
    sent = {"path": "/thing/x" if where == "path" else "/thing"}
    parts: dict[str, dict[str, Any]] = {
        "query": {"query": {"q": ["x"]}},
        "header": {"headers": {"q": "x"}},
        "path": {},
    }
    part = parts[where]
    assert errors(pact({**sent, **part}), document) == [f"request-{where}-invalid"]
    assert errors(pact({**sent, **part, "generators": generators}), document) == []


def test_form_fields_are_cast_and_checked() -> None:
    form = "application/x-www-form-urlencoded"
    schema = {
        "type": "object",
        "required": ["n"],
        "properties": {
            "n": {"type": "integer"},
            "tags": {"type": "array", "items": {"type": "string"}},
            "on": {"type": "boolean"},
        },
    }
    document = taking(schema, form)
    assert errors(posting("n=1&tags=a&tags=b&on=true", media=form), document) == []
    assert errors(posting({"n": "1"}, media=form), document) == []
    assert errors(posting("n=one", media=form), document) == ["request-body-invalid"]
    assert errors(posting("tags=a", media=form), document) == ["request-body-invalid"]


@pytest.mark.parametrize(
    ("sent", "offered", "fits"),
    [
        ("application/json; charset=utf-8", "application/json", True),
        ("APPLICATION/JSON", "application/json", True),
        ("application/json", "application/json;charset=utf-8", True),
        ("application/vnd.a+json", "application/vnd.a+json", True),
        ("application/vnd.a+json", "application/*", True),
        ("application/vnd.a+json", "*/*", True),
        ("application/vnd.a+json", "application/vnd.b+json", False),
        ("application/vnd.a+json; version=1", "application/vnd.a+json; version=2", False),
        ("application/xml", "application/json", False),
        ("application/json; charset=UTF-8", 'application/json; charset="utf-8"', True),
        ("application/json; charset=utf8", "application/json; charset=utf-8", True),
        ("application/json; charset=utf-16", "application/json; charset=utf-8", False),
    ],
)
def test_content_type_is_negotiated(sent: str, offered: str, fits: bool) -> None:  # noqa: FBT001 - a table's column
    found = errors(posting({"name": "x"}, media=sent), taking(BODY, offered))
    assert found == ([] if fits else ["request-content-type-undeclared"])


@pytest.mark.parametrize(
    ("accept", "fits"),
    [
        ("application/json", True),
        ("*/*", True),
        ("application/*;q=0.5", True),
        ("text/html, application/json;q=0.1", True),
        ("text/html, application/json;q=0", False),
        ("text/html", False),
    ],
)
def test_accept_must_cover_what_is_answered(accept: str, fits: bool) -> None:  # noqa: FBT001 - a table's column
    answers = {"200": {"description": "", "content": {"application/json": {}}}}
    found = errors(pact({"headers": {"Accept": accept}}), serving({"responses": answers}))
    assert found == ([] if fits else ["request-accept-unsatisfiable"])


ARRAY: dict[str, Any] = {"type": "array", "items": {"type": "integer"}}
POINT: dict[str, Any] = {
    "type": "object",
    "properties": {"x": {"type": "integer"}, "y": {"type": "integer"}},
    "additionalProperties": False,
}


@pytest.mark.parametrize(
    ("schema", "options", "fitting", "broken"),
    [
        (ARRAY, {}, {"q": ["1", "2"]}, {"q": ["1", "b"]}),
        (ARRAY, {"explode": False}, {"q": ["1,2"]}, {"q": ["1,b"]}),
        (ARRAY, {"style": "pipeDelimited", "explode": False}, {"q": ["1|2"]}, {"q": ["1,2"]}),
        (ARRAY, {"style": "spaceDelimited", "explode": False}, {"q": ["1 2"]}, {"q": ["1|2"]}),
        (POINT, {"style": "deepObject"}, {"q[x]": ["1"]}, {"q[x]": ["a"]}),
        (POINT, {}, {"x": ["1"], "y": ["2"]}, {"x": ["a"]}),
        (POINT, {"explode": False}, {"q": ["x,1,y,2"]}, {"q": ["x,a"]}),
        ({"type": "number"}, {}, {"q": ["1.5"]}, {"q": ["1,5"]}),
        ({"type": "boolean"}, {}, {"q": ["true"]}, {"q": ["yes please"]}),
        ({"enum": [1, 2]}, {}, {"q": ["1"]}, {"q": ["3"]}),
        ({"anyOf": [{"type": "integer"}, {"type": "null"}]}, {}, {"q": ["1"]}, {"q": ["x"]}),
        ({"type": "string", "format": "date"}, {}, {"q": ["2026-01-02"]}, {"q": ["2026"]}),
        ({"type": "integer"}, {"allowEmptyValue": True}, {"q": [""]}, {"q": ["x"]}),
        ({"type": "string"}, {"required": True}, {"q": ["5"]}, {}),
        ({"type": "string"}, {}, {}, {"other": ["1"]}),
    ],
)
def test_query_is_read_by_style_and_judged_by_schema(
    schema: Any, options: dict[str, Any], fitting: dict[str, Any], broken: dict[str, Any]
) -> None:
    document = parameter(schema, **options)
    assert errors(querying(fitting), document) == []
    assert len(errors(querying(broken), document)) == 1
    assert errors(querying(broken, 422), document) == []
    assert len(errors(querying(broken, 404), document)) == 1


def test_open_object_in_the_query_takes_any_name() -> None:
    document = parameter({"type": "object", "additionalProperties": {"type": "integer"}})
    assert errors(querying({"any": ["1"]}), document) == []
    assert errors(querying({"any": ["x"]}), document) == ["request-query-invalid"]


def test_header_and_cookie_parameters_are_judged() -> None:
    header = parameter({"type": "integer"}, "header", required=True)
    assert errors(pact({"headers": {"Q": "1"}}), header) == []
    assert errors(pact({"headers": {"Q": "x"}}), header) == ["request-header-invalid"]
    assert errors(pact(), header) == ["request-header-missing"]
    cookie = parameter({"type": "integer"}, "cookie", required=True)
    assert errors(pact({"headers": {"Cookie": "a=b; q=1"}}), cookie) == []
    assert errors(pact({"headers": {"Cookie": "q=x"}}), cookie) == ["request-cookie-invalid"]
    assert errors(pact(), cookie) == ["request-cookie-missing"]


def test_tracing_and_browser_headers_are_no_business_of_the_document() -> None:
    sent = {"traceparent": "00-a-b-01", "X-Request-Id": "1", "Origin": "https://a", "DNT": "1"}
    assert warnings(pact({"headers": sent}), serving({})) == []
    assert warnings(pact({"headers": {"X-Odd": "1"}}), serving({})) == ["request-header-undeclared"]


def test_content_type_of_a_bodiless_request_is_no_matter() -> None:
    assert errors(pact({"headers": JSON}), serving({})) == []


@pytest.mark.parametrize(
    ("value", "matcher", "fits"),
    [
        ("12", None, True),
        ("many", None, False),
        ("many", {"match": "type"}, True),
        ("12", {"match": "regex", "regex": r"^\d+$"}, True),
        ("x", {"match": "regex", "regex": "."}, True),
        ("many", {"match": "regex", "regex": "^(few|many)$"}, False),
    ],
)
def test_response_header_is_judged_with_its_matcher(
    value: str,
    matcher: dict[str, str] | None,
    fits: bool,  # noqa: FBT001 - a table's column
) -> None:
    headers = {"X-Count": {"schema": {"type": "integer"}}}
    document = serving({"responses": {"200": {"description": "", "headers": headers}}})
    rules = {"header": {"X-Count": {"matchers": [matcher]}}} if matcher else {}
    expected = pact(response={"headers": {"X-Count": value}, "matchingRules": rules})
    assert errors(expected, document) == ([] if fits else ["response-header-invalid"])


@pytest.mark.parametrize(
    ("value", "promised", "fits"),
    [
        ("application/json;charset=utf-8", "application/json; charset=UTF-8", True),
        ("text/html, application/json", "text/html,application/json", True),
        ("text/html", "application/json", False),
        ("alligators", "Alligators", False),
    ],
)
def test_accept_of_an_answer_is_read_as_media_types(value: str, promised: str, fits: bool) -> None:  # noqa: FBT001 - a table's column
    headers = {"Accept": {"schema": {"type": "string", "enum": [promised]}}}
    document = serving({"responses": {"200": {"description": "", "headers": headers}}})
    found = errors(pact(response={"headers": {"Accept": value}}), document)
    assert found == ([] if fits else ["response-header-invalid"])


FILE = (
    b'--XX\r\nContent-Disposition: form-data; name="age"\r\n\r\n41\r\n'
    b'--XX\r\nContent-Disposition: form-data; name="more"\r\n'
    b'Content-Type: application/json\r\n\r\n{"x": 1}\r\n'
    b'--XX\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n'
    b"Content-Type: image/png\r\n\r\n\x89PNG\r\n--XX--\r\n"
)
PARTS = {
    "type": "object",
    "required": ["age", "file", "more"],
    "properties": {
        "age": {"type": "integer"},
        "file": {"type": "string", "format": "binary"},
        "more": {"type": "object", "required": ["x"], "properties": {"x": {"type": "integer"}}},
    },
}


def octets(content: bytes, media: str) -> Any:
    """A V4 pact that sends bytes."""
    body = {"content": base64.b64encode(content).decode(), "encoded": "base64"}
    return pact({"method": "POST", "headers": {"Content-Type": media}, "body": body}, version="4.0")


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        (b"", b"", []),
        (b'"age"', b'"name"', ["request-body-invalid"]),
        (b"41", b"many", ["request-body-invalid"]),
        (b'{"x": 1}', b'{"x": "1"}', ["request-body-invalid"]),
        (b'{"x": 1}', b'{"x":', ["not-compared"]),
        (b"--XX--", b"--YY--", ["not-compared"]),
        (b"--XX", b"--YY", ["not-compared"]),
        (b'name="file"', b"", ["not-compared"]),
    ],
)
def test_parts_of_a_multipart_body_are_fields(old: bytes, new: bytes, found: list[str]) -> None:
    media = "multipart/form-data; boundary=XX"
    sent = octets(FILE.replace(old, new), media)
    findings = compare(sent, taking(PARTS, "multipart/form-data"))
    serious = [each.rule for each in findings if each.severity is not PactSeverity.WARNING]
    assert serious == found


@pytest.mark.parametrize(
    ("schema", "found"),
    [
        ({"type": "string", "format": "binary"}, []),
        ({}, []),
        ({"type": "string", "maxLength": 1}, ["not-compared"]),
        ({"type": "object"}, ["not-compared"]),
    ],
)
def test_octets_are_compared_where_the_schema_wants_no_more(schema: Any, found: list[str]) -> None:
    sent = octets(b"\x89PNG", "image/png")
    assert [each.rule for each in compare(sent, taking(schema, "image/png"))] == found


@pytest.mark.parametrize(("text", "fits"), [("12", True), ("many", False)])
def test_text_is_read_as_the_scalar_that_is_wanted(text: str, fits: bool) -> None:  # noqa: FBT001 - a table's column
    sent = posting(text, media="text/plain")
    found = errors(sent, taking({"type": "integer"}, "text/plain"))
    assert found == ([] if fits else ["request-body-invalid"])


@pytest.mark.parametrize(
    ("generator", "schema", "fits"),
    [
        ({"type": "Uuid"}, {"format": "uuid"}, True),
        ({"type": "Uuid", "format": "simple"}, {"pattern": "^[0-9a-f]{32}$"}, True),
        ({"type": "RandomInt", "min": 5, "max": 9}, {"format": "uuid", "type": "string"}, False),
        ({"type": "RandomInt", "min": 5, "max": 9}, {"type": "integer", "minimum": 5}, True),
        ({"type": "RandomInt", "min": 5, "max": 9}, {"type": "integer", "minimum": 7}, False),
        ({"type": "RandomString", "size": 30}, {"type": "string", "maxLength": 20}, False),
        ({"type": "Date", "format": "dd.MM.yyyy"}, {"format": "date"}, False),
        ({"type": "Date"}, {"format": "date"}, True),
        (
            {"type": "DateTime", "format": "yyyy-MM-dd'T'HH:mm:ss.SSSXXX"},
            {"format": "date-time"},
            True,
        ),
        ({"type": "RandomBoolean"}, {"type": "integer"}, False),
        ({"type": "ProviderState", "expression": "${id}"}, {"format": "uuid"}, True),
        ({"type": "Regex", "regex": "x+"}, {"format": "uuid"}, True),
    ],
)
def test_what_a_generator_puts_there_is_judged(generator: Any, schema: Any, fits: bool) -> None:  # noqa: FBT001 - a table's column
    body = {"type": "object", "properties": {"id": schema}}
    sent = pact(
        {
            "method": "POST",
            "headers": JSON,
            "body": {"id": "the example"},
            "generators": {"body": {"$.id": generator}},
        }
    )
    assert errors(sent, taking(body)) == ([] if fits else ["request-body-invalid"])


def test_generated_headers_and_queries_are_judged() -> None:
    parameters = [
        {"name": name, "in": where, "schema": {"type": "string", "format": "uuid"}}
        for name, where in (("X-Id", "header"), ("id", "query"))
    ]
    for kind, count in (("Uuid", 0), ("RandomString", 2)):
        generators = {"header": {"X-Id": {"type": kind}}, "query": {"$.id[0]": {"type": kind}}}
        sent = {"headers": {"X-Id": "x"}, "query": {"id": ["x"]}, "generators": generators}
        assert len(errors(pact(sent), serving({"parameters": parameters}))) == count


@pytest.mark.parametrize(
    ("stated", "offered", "found"),
    [
        ("application/json; charset=utf-8", "application/json", ["response-content-type-open"]),
        ("application/json; charset=utf-8", "application/json; charset=utf-8", []),
        ("application/json", "application/json; charset=utf-8", []),
        ("text/plain; charset=utf-8", "text/plain", []),
    ],
)
def test_charset_that_the_document_leaves_open_is_a_warning(
    stated: str, offered: str, found: list[str]
) -> None:
    answers = {"200": {"description": "", "content": {offered: {}}}}
    expected = pact(response={"headers": {"Content-Type": stated}})
    assert errors(expected, serving({"responses": answers})) == []
    assert warnings(expected, serving({"responses": answers})) == found
