"""The small judgements: leaks, challenges, differences, invented ids, samples, baselines."""

import json
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apiproof.access.checks import Impact
from apiproof.access.credential_results import challenge_faults
from apiproof.access.error_conformance import ErrorConformance
from apiproof.access.example_values import ExampleValues
from apiproof.access.http import Request, RequestContent, Response
from apiproof.access.report import REFUSED_OTHERWISE, SHOWN, AccessFinding, by_cause
from apiproof.access.requirements import SecurityModel, shadowed_routes
from apiproof.access.resources import last_word, nonexistent_id
from apiproof.access.response_diff import diff, normalize
from apiproof.access.secret_leaks import (
    NEEDLES,
    PATTERNS,
    SecretLeaks,
    leaks,
    without_declared_secrets,
)
from apiproof.jwt import NO_AUTH, RequestAuth
from apiproof.openapi.document import operations

OF_THE_RUN = "a 422 holds a secret of the run, "
TOKEN = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.c2lnbmF0dXJl"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("the pass is hunter2-hunter2", "a secret of the run"),
        (f'{{"next": "{TOKEN}"}}', "a token"),
        ("$2b$12$" + "a" * 53, "a password hash"),
        ("$argon2id$v=19$m=65536", "a password hash"),
        ("-----BEGIN RSA PRIVATE KEY-----", "a private key"),
        ('File "app.py", line 3, in x', "a stack trace"),
        ("at com.example.Main.run(Main.java:3)", "a stack trace"),
        ("SELECT id FROM users WHERE x", "SQL"),
        ("sqlalchemy.exc.IntegrityError", "SQL"),
        ("postgresql://me:secret@db/x", "a database URL"),
    ],
)
def test_a_secret_is_known_by_its_looks(text: str, kind: str) -> None:
    assert kind in set(leaks(text, ["hunter2-hunter2"]))


@pytest.mark.parametrize(
    "text",
    ["Not found", "Select a plan from the list", "a.b.c", "File a complaint at line 3", "pass"],
)
def test_ordinary_text_is_no_leak(text: str) -> None:
    assert list(leaks(text, ["short"])) == []


def test_what_a_request_said_itself_is_no_leak_by_its_looks() -> None:
    assert list(leaks("SELECT a FROM b", [], sent='{"name": "SELECT a FROM b"}')) == []


def _taking(*names: str) -> dict[str, Any]:
    """Return a document of one operation, whose body has these members, deep in a branch."""
    inner = {"properties": {name: {"type": "string"} for name in names}}
    schema = {"anyOf": [{"type": "null"}, {"$ref": "#/components/schemas/Inner"}]}
    body = {"content": {"application/json": {"schema": schema}}}
    post = {"operationId": "x", "requestBody": body, "responses": {"422": {}}}
    return {"paths": {"/x": {"post": post}}, "components": {"schemas": {"Inner": inner}}}


@pytest.mark.parametrize(("declared", "is_leak"), [("token", True), ("title", False)])
def test_a_member_that_only_a_client_calls_a_token_is_no_secret(
    declared: str, *, is_leak: bool
) -> None:
    document = _taking(declared)
    (operation,) = operations(document)
    users: Any = SimpleNamespace(secrets=list)
    sent = {"token": "drawn-by-a-fuzzer"}
    request = Request(operation, {}, RequestContent(body=sent))
    answer = Response(422, {}, json.dumps({"detail": [{"input": sent}]}))
    leaked = SecretLeaks(document, SecurityModel(document), users)
    assert bool(list(leaked.findings(operation, request, NO_AUTH, answer))) == is_leak


@pytest.mark.parametrize(
    ("answer", "headers", "told"),
    [
        (
            {"detail": [{"input": {"password": "hunter2-hunter2"}}]},
            {},
            OF_THE_RUN + "the `password` that was sent, at $.detail[0].input.password",
        ),
        (
            {"seen": ["x", TOKEN]},
            {},
            OF_THE_RUN + "the credential that was sent in Authorization, at $.seen[1]",
        ),
        (
            {},
            {"x-debug": "for other-users-password"},
            OF_THE_RUN + "a password or code of a user, in the header x-debug",
        ),
        (
            {"detail": "SELECT id FROM users"},
            {},
            "a 422 holds SQL at $.detail",
        ),
    ],
)
def test_a_leak_says_which_secret_and_where_and_never_the_secret(
    answer: dict[str, Any], headers: dict[str, str], told: str
) -> None:
    document = _taking("password")
    (operation,) = operations(document)
    bearer = {"securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}}}
    security = SecurityModel({**document, "components": bearer})
    users: Any = SimpleNamespace(secrets=lambda: ["other-users-password"])
    request = Request(operation, {}, RequestContent(body={"password": "hunter2-hunter2"}))
    auth = RequestAuth(headers={"Authorization": f"Bearer {TOKEN}"})
    found = SecretLeaks(document, security, users).findings(
        operation, request, auth, Response(422, headers, json.dumps(answer))
    )
    findings = {finding.text: finding for finding in found}
    assert told in findings
    # What comes back to who sent it is unwise, and lets nobody else read it.
    is_echo = "that was sent, at $.detail" in told
    assert (findings[told].severity is Impact.DEVIATION) is is_echo
    texts = list(findings)
    assert not any(TOKEN in text or "hunter2" in text or "users-pass" in text for text in texts)


@pytest.mark.parametrize(
    ("sent", "impact"), [(TOKEN, Impact.DEVIATION), ("another-one", Impact.LEAK)]
)
def test_a_profile_that_holds_its_callers_own_token_leaks_nothing(
    sent: str, impact: Impact
) -> None:
    document: dict[str, Any] = {
        "paths": {"/me": {"get": {"operationId": "me", "responses": {"200": {}}}}},
        "components": {"securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}}},
    }
    (operation,) = operations(document)
    users: Any = SimpleNamespace(secrets=lambda: [TOKEN])
    auth = RequestAuth(headers={"Authorization": f"Bearer {sent}"})
    answer = Response(200, {}, json.dumps({"user": {"mark": TOKEN}}))
    leaks = SecretLeaks(document, SecurityModel(document), users)
    found = leaks.findings(operation, Request(operation, {}), auth, answer)
    assert {finding.severity for finding in found} == {impact}


def test_a_login_may_answer_with_the_tokens_that_it_declares() -> None:
    schema: dict[str, Any] = {"properties": {"access_token": {}, "name": {}}}
    body = {"access_token": TOKEN, "other_token": TOKEN, "name": "ada"}
    assert without_declared_secrets(body, schema, dict) == {"other_token": TOKEN, "name": "ada"}


def _shown(path: str, answer: dict[str, Any]) -> list[str]:
    """Return the cases of what an answer to nobody gives away."""
    document: dict[str, Any] = {
        "paths": {path: {"post": {"operationId": "x", "responses": {"200": {}}}}}
    }
    (operation,) = operations(document)
    security = SecurityModel(document)
    users: Any = SimpleNamespace(secrets=list)
    request, given = Request(operation), Response(200, {}, json.dumps(answer))
    found = SecretLeaks(document, security, users).findings(operation, request, NO_AUTH, given)
    return [finding.case for finding in found]


@pytest.mark.parametrize(
    ("path", "answer", "cases"),
    [
        ("/register", {"access": TOKEN, "refresh": TOKEN}, []),  # what a sign-up is for
        ("/register", {"password": "hunter2-hunter2"}, ["password-200"]),
        ("/debug", {"refresh": TOKEN}, ["a token-200"]),
        ("/debug", {"variables": {"PATH": "/bin", "PWD": "/app"}}, ["environment-200"]),
        ("/routes", {"PATH": "/a", "METHOD": "GET"}, []),
        ("/debug", {"pwd": "hunter2-hunter2"}, ["password-200"]),
    ],
)
def test_an_answer_is_judged_by_what_it_is_for(
    path: str, answer: dict[str, Any], cases: list[str]
) -> None:
    assert _shown(path, answer) == cases


def response(status: int, text: str = "{}", **headers: str) -> Response:
    return Response(
        status, {name.replace("_", "-"): value for name, value in headers.items()}, text
    )


@pytest.mark.parametrize(
    ("got", "shown", "faults"),
    [
        (response(401), False, ["challenge-401"]),
        (response(401, www_authenticate="Bearer"), False, []),
        (response(401, www_authenticate="Bearer"), True, ["challenge-error-401"]),
        (response(401, www_authenticate='Bearer realm="x", error="invalid_token"'), True, []),
        (response(401, www_authenticate="Basic"), True, []),
        (response(403, www_authenticate='Bearer error="insufficient_scope"'), True, []),
        (
            response(403, www_authenticate='Bearer error="insufficient_scope", scope="b"'),
            True,
            ["challenge-scopes"],
        ),
        (response(403, www_authenticate="Bearer"), True, ["challenge-error-403"]),
    ],
)
def test_challenges_follow_rfc_6750(got: Response, *, shown: bool, faults: list[str]) -> None:
    assert [name for name, _ in challenge_faults(got, shown=shown, scopes=("a",))] == faults


ERROR = {"type": "object", "required": ["detail"], "properties": {"detail": {"type": "string"}}}
CONTENT = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}}
DOCUMENT: dict[str, Any] = {
    "components": {"schemas": {"Error": ERROR}},
    "paths": {
        "/x/{id}": {"get": {"operationId": "x", "responses": {"404": CONTENT, "503": CONTENT}}},
        "/x/mine": {"get": {"operationId": "mine", "responses": {}}},
        "/x/{id}/y": {"get": {"operationId": "y", "responses": {}}},
    },
}
DETAIL = '{"detail": "no"}'


@pytest.mark.parametrize(
    ("got", "faults"),
    [
        (response(404, DETAIL), []),
        (response(404, '{"detail": 7}'), ["shape-404"]),
        (response(404, "no"), ["shape-404"]),
        (response(503, DETAIL), ["retry-503"]),
        (response(503, DETAIL, retry_after="soon"), ["retry-503"]),
        (response(503, DETAIL, retry_after="3"), []),
        (response(503, DETAIL, retry_after="Wed, 21 Oct 2026 07:28:00 GMT"), []),
        (response(429, "{}"), ["retry-429"]),
        (response(200, "no"), []),
    ],
)
def test_errors_have_their_declared_shape_and_say_when(got: Response, faults: list[str]) -> None:
    operation = next(operations(DOCUMENT))
    conformance = ErrorConformance(DOCUMENT, SecurityModel(DOCUMENT))
    found = conformance.findings(operation, Request(operation), NO_AUTH, got)
    assert [finding.case for finding in found] == faults


def test_a_literal_path_after_a_parameter_is_shadowed() -> None:
    assert {name: found.operation_id for name, found in shadowed_routes(DOCUMENT).items()} == {
        "mine": "x"
    }


def test_answers_that_differ_in_the_ids_asked_for_say_the_same() -> None:
    one, other = (response(404, f'{{"detail": "no item {item}"}}') for item in (7, 1000010))
    assert diff(normalize(one, [7]), normalize(other, [1000010])) == set()
    assert diff(normalize(one, []), normalize(other, [])) == {"/detail"}


@pytest.mark.parametrize(
    "value", [7, "7", "6f1f1b8e-43a5-4a9b-9c53-2f7c7d1f3c55", "t0001k", "ab-Z"]
)
def test_a_nonexistent_id_is_of_the_same_kind_and_another(value: object) -> None:
    first, second = nonexistent_id(value), nonexistent_id(value, 1)
    assert len({str(value), str(first), str(second)}) == 3
    assert type(first) is type(value)


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "string", "minLength": 30, "maxLength": 40},
        {"type": "string", "pattern": "^[A-Z]{3}-[0-9]{4}$"},
        {"type": "string", "format": "email", "maxLength": 40},
        {"type": "string", "format": "uuid"},
        {"type": "string", "enum": ["a", "b"]},
        {"type": "integer", "minimum": 5, "multipleOf": 4},
        {"type": "integer", "exclusiveMaximum": 0},
        {"type": "number", "minimum": 0.5, "maximum": 0.75},
        {"type": ["null", "boolean"]},
        {
            "anyOf": [
                {"type": "null"},
                {"type": "array", "items": {"type": "integer"}, "minItems": 2},
            ]
        },
        {
            "allOf": [
                {"type": "object", "required": ["a"], "properties": {"a": {"type": "string"}}},
                {"required": ["b"], "properties": {"b": {"const": 3}}},
            ]
        },
    ],
)
def test_samples_are_valid_and_differ_by_seed_where_they_can(schema: dict[str, Any]) -> None:
    validator = jsonschema_rs.validator_for(schema)
    for seed in (0, 1, 12):
        for full in (False, True):
            validator.validate(ExampleValues({}).sample(schema, seed, full=full))
    if schema.get("type") == "string" and not {"enum", "pattern"} & set(schema):
        assert ExampleValues({}).sample(schema, 1) != ExampleValues({}).sample(schema, 2)


@pytest.mark.parametrize("name", ["email", "contactEmail", "e-mail"])
def test_a_text_called_an_address_of_mail_is_one(name: str) -> None:
    schema = {"type": "object", "required": [name], "properties": {name: {"type": "string"}}}
    assert ExampleValues({}).sample(schema, 1)[name].endswith("@example.com")
    schema["properties"] = {name: {"type": "string", "pattern": "^[a-z0-9-]+$"}}
    assert "@" not in ExampleValues({}).sample(schema, 1)[name]


def test_one_member_that_is_shown_everywhere_is_one_cause() -> None:
    places = [
        AccessFinding(
            "secrets_not_leaked", name, "password-200", "", cause=f"{SHOWN} password_hash"
        )
        for name in ("read_me", "read_post")
    ]
    assert len(by_cause(places)) == 1
    others = [replace(one, cause="") for one in places]
    assert len(by_cause(others)) == 2


def test_a_wrong_status_is_one_cause_whatever_was_refused_with_it() -> None:
    cause = f"{REFUSED_OTHERWISE}: answered 403"
    found = [
        AccessFinding(check, "read_me", case, "", impact=Impact.DEVIATION, cause=cause)
        for check, case in (("anonymous_rejected", "empty"), ("forged_tokens_rejected", "alg-none"))
    ]
    assert len(by_cause(found)) == 1
    let_in = [replace(one, impact=Impact.LET_IN, cause="") for one in found]
    assert len(by_cause(let_in)) == 2


def test_a_version_in_a_path_is_no_word_by_which_resources_are_alike() -> None:
    assert last_word("/users/v1") == "users"
    assert last_word("/v1/books/{book_id}") == "books"


def test_a_token_in_the_query_of_a_url_is_meant_to_be_followed() -> None:
    token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJpbWFnZSJ9.c2lnbmF0dXJl"
    assert list(leaks(json.dumps({"image": f"https://images.test/1.png?token={token}"}), [])) == []
    assert list(leaks(json.dumps({"image": token}), [])) == ["a token"]


@pytest.mark.parametrize("name", list(PATTERNS))
@given(data=st.data())
def test_whatever_looks_like_a_secret_holds_what_is_looked_for_first(
    name: str, data: st.DataObject
) -> None:
    text = data.draw(st.from_regex(PATTERNS[name]))
    assert any(needle in text for needle in NEEDLES[name])
