import json
from pathlib import Path

import pytest

from apiproof.fuzzing.redaction import redact, redact_har

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
