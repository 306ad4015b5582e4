import json
import re
from pathlib import Path
from typing import Any

import pytest

from apiproof.redaction import KnownSecrets, redact, redact_har, redact_junit

JWT = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0xx.c2lnbmF0dXJl"


@pytest.mark.parametrize(
    "text",
    [
        '{"username": "ada", "password": "Hidden-1"}',
        '{"new_password":"Hidden-1","x":1}',
        '{"password": "Hidden-1 with \\" a quote"}',
        '{"password": "Hidden-1 cut off',
        "username=ada&password=Hidden-1&scope=",
        "password=Hidden-1",
        '{"client_secret": "Hidden-1"}',
        '{"confirmation_code": "Hidden-1"}',
        '[{"deep": {"Refresh_Token": "Hidden-1"}}]',
    ],
)
def test_secrets_leave_a_body_and_the_rest_stays(text: str) -> None:
    assert "Hidden-1" not in redact(text)
    assert ("ada" in redact(text)) == ("ada" in text)


def test_tokens_leave_a_body_wherever_they_stand() -> None:
    assert redact(f"see {JWT}!") == "see [Filtered]!"


def test_an_innocent_body_is_left_alone() -> None:
    body = '{"min_value": 1, "detail": "Not authenticated", "token_type": 5}'
    assert redact(body) == body


def test_a_har_file_loses_its_secrets_and_stays_one(tmp_path: Path) -> None:
    path = tmp_path / "fuzz.har"
    entry = {
        "request": {
            "postData": {
                "text": "password=Hidden-1",
                "params": [{"name": "password", "value": "Hidden-1"}],
            }
        },
        "response": {"content": {"text": json.dumps({"access_token": JWT, "expires_in": 3600})}},
    }
    path.write_text(
        json.dumps({"log": {"entries": [entry, {"request": {}, "response": {}}]}}), "utf-8"
    )
    redact_har(path)
    text = path.read_text("utf-8")
    assert "Hidden-1" not in text
    assert JWT not in text
    assert "3600" in json.loads(text)["log"]["entries"][0]["response"]["content"]["text"]


def test_half_a_har_file_is_removed(tmp_path: Path) -> None:
    path = tmp_path / "fuzz.har"
    path.write_text('{"log": {"entries": [{"request": {"postData": {"text": "pass', "utf-8")
    redact_har(path)
    assert not path.exists()


def test_a_missing_har_file_is_no_error(tmp_path: Path) -> None:
    redact_har(tmp_path / "none.har")
    assert list(tmp_path.iterdir()) == []


VALUES = {
    "access_token": "the-access-token",
    "refresh_token": "the-refresh-token",
    "confirmation_code": "123456",
    "username": "someone",
    "first_id": 1,
}
KNOWN = KnownSecrets(VALUES, "another-token")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Bearer the-access-token", "Bearer $TOKEN"),
        ("Bearer another-token", "Bearer $TOKEN"),
        (f"Bearer {JWT}", "Bearer $TOKEN"),
        ('{"refresh_token":"the-refresh-token"}', '{"refresh_token":"$REFRESH_TOKEN"}'),
        ('{"confirmation_code":"123456"}', '{"confirmation_code":"$CONFIRMATION_CODE"}'),
        ("someone has 1", "someone has 1"),
        ("Bearer web-token", "Bearer web-token"),
    ],
)
def test_texts(text: str, expected: str) -> None:
    assert KNOWN.text(text) == expected


@pytest.mark.parametrize("name", ["access_token", "id_token", "refresh_token", "password"])
def test_fields_of_answers_that_are_called_a_secret(name: str) -> None:
    text = KNOWN.body(f'{{"{name}": "x\\"y", "kind": "bearer"}}')
    assert text == f'{{"{name}": "[Filtered]", "kind": "bearer"}}'


@pytest.mark.parametrize(
    ("value", "path", "expected"),
    [
        ("abc", "$.body.access_token", "[Filtered]"),
        ("abc", "$.body.password", "[Filtered]"),
        ("bearer", "$.body.token_type", "bearer"),
        ("abc", "$.body.postcode", "abc"),
        (None, "$.body.access_token", None),
        (3600, "$.body.expires_in", 3600),
        ({"access_token": "abc", "n": 1}, "$.body", {"access_token": "[Filtered]", "n": 1}),
        ([JWT], "$.body", ["$TOKEN"]),
    ],
)
def test_values_in_mismatches(value: Any, path: str, expected: Any) -> None:
    assert KNOWN.value(value, path) == expected


def test_no_secret_of_an_answer_is_left_in_a_junit_report(tmp_path: Path) -> None:
    path = tmp_path / "junit.xml"
    token = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0xx.c2lnbmF0dXJl"
    path.write_text(
        f"""<testsuites><testcase name="POST /login"><failure message="got {token}">
        `{{&quot;access_token&quot;:&quot;{token[:30]}`
        &quot;password&quot;: &quot;hush&quot;
        </failure></testcase></testsuites>""",
        encoding="utf-8",
    )
    redact_junit(path)
    text = path.read_text(encoding="utf-8")
    assert "POST /login" in text
    assert "[Filtered]" in text
    assert not {"hush", token, token[:30]} & set(re.split(r"[^\w.-]", text))


def test_half_a_junit_report_is_removed(tmp_path: Path) -> None:
    path = tmp_path / "junit.xml"
    path.write_text("<testsuites><testcase", encoding="utf-8")
    redact_junit(path)
    assert not path.exists()
    redact_junit(path)  # there is none
