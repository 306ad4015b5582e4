"""The small judgements: leaks, challenges, likeness, ghosts, samples, shadows, baselines."""

from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from apiproof.access.conformity import Conformity, challenge_faults
from apiproof.access.exchange import Answer
from apiproof.access.ghosts import ghost
from apiproof.access.leaks import files_with_leaks, leaks, without_purposes
from apiproof.access.likeness import differences, essence
from apiproof.access.samples import Samples
from apiproof.access.shadows import shadows
from apiproof.openapi.document import operations

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


def test_a_report_with_a_secret_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("nothing")
    (tmp_path / "b.har").write_text(f"Bearer {TOKEN}")
    assert list(files_with_leaks(tmp_path, [TOKEN])) == [
        (tmp_path / "b.har", "a secret of the run"),
        (tmp_path / "b.har", "a token"),
    ]


def test_a_login_may_answer_with_the_tokens_that_it_declares() -> None:
    schema: dict[str, Any] = {"properties": {"access_token": {}, "name": {}}}
    body = {"access_token": TOKEN, "other_token": TOKEN, "name": "ada"}
    assert without_purposes(body, schema, dict) == {"other_token": TOKEN, "name": "ada"}


def answer(status: int, text: str = "{}", **headers: str) -> Answer:
    return Answer(status, {name.replace("_", "-"): value for name, value in headers.items()}, text)


@pytest.mark.parametrize(
    ("got", "shown", "faults"),
    [
        (answer(401), False, ["challenge-401"]),
        (answer(401, www_authenticate="Bearer"), False, []),
        (answer(401, www_authenticate="Bearer"), True, ["challenge-error-401"]),
        (answer(401, www_authenticate='Bearer realm="x", error="invalid_token"'), True, []),
        (answer(401, www_authenticate="Basic"), True, []),
        (answer(403, www_authenticate='Bearer error="insufficient_scope"'), True, []),
        (
            answer(403, www_authenticate='Bearer error="insufficient_scope", scope="b"'),
            True,
            ["challenge-scopes"],
        ),
        (answer(403, www_authenticate="Bearer"), True, ["challenge-error-403"]),
    ],
)
def test_challenges_follow_rfc_6750(got: Answer, *, shown: bool, faults: list[str]) -> None:
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
        (answer(404, DETAIL), []),
        (answer(404, '{"detail": 7}'), ["shape-404"]),
        (answer(404, "no"), ["shape-404"]),
        (answer(503, DETAIL), ["retry-503"]),
        (answer(503, DETAIL, retry_after="soon"), ["retry-503"]),
        (answer(503, DETAIL, retry_after="3"), []),
        (answer(503, DETAIL, retry_after="Wed, 21 Oct 2026 07:28:00 GMT"), []),
        (answer(429, "{}"), ["retry-429"]),
        (answer(200, "no"), []),
    ],
)
def test_errors_have_their_declared_shape_and_say_when(got: Answer, faults: list[str]) -> None:
    operation = next(operations(DOCUMENT))
    assert [name for name, _ in Conformity(DOCUMENT).faults(operation, got)] == faults


def test_a_literal_path_after_a_parameter_is_shadowed() -> None:
    assert {name: found.operation_id for name, found in shadows(DOCUMENT).items()} == {"mine": "x"}


def test_answers_that_differ_in_the_ids_asked_for_say_the_same() -> None:
    one, other = (answer(404, f'{{"detail": "no item {item}"}}') for item in (7, 1000010))
    assert differences(essence(one, [7]), essence(other, [1000010])) == set()
    assert differences(essence(one, []), essence(other, [])) == {"/detail"}


@pytest.mark.parametrize(
    "value", [7, "7", "6f1f1b8e-43a5-4a9b-9c53-2f7c7d1f3c55", "t0001k", "ab-Z"]
)
def test_a_ghost_is_of_the_same_kind_and_another(value: object) -> None:
    first, second = ghost(value), ghost(value, 1)
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
            validator.validate(Samples({}).sample(schema, seed, full=full))
    if schema.get("type") == "string" and not {"enum", "pattern"} & set(schema):
        assert Samples({}).sample(schema, 1) != Samples({}).sample(schema, 2)
