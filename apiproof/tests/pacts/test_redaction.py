"""Secrets become names, and only secrets do."""

from typing import Any

import pytest

from apiproof.pacts.verify.curl import curl_line
from apiproof.pacts.verify.redaction import Redaction
from apiproof.pacts.verify.results import Exchange

JWT = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln"
VALUES = {
    "access_token": "the-access-token",
    "refresh_token": "the-refresh-token",
    "confirmation_code": "123456",
    "username": "someone",
    "first_id": 1,
}
REDACTION = Redaction(VALUES, "another-token")


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
    assert REDACTION.text(text) == expected


@pytest.mark.parametrize("name", ["access_token", "id_token", "refresh_token", "password"])
def test_fields_of_answers_that_are_called_a_secret(name: str) -> None:
    text = REDACTION.answer(f'{{"{name}": "x\\"y", "kind": "bearer"}}')
    assert text == f'{{"{name}": "(not shown)", "kind": "bearer"}}'


@pytest.mark.parametrize(
    ("value", "path", "expected"),
    [
        ("abc", "$.body.access_token", "(not shown)"),
        ("abc", "$.body.password", "(not shown)"),
        ("bearer", "$.body.token_type", "bearer"),
        ("abc", "$.body.postcode", "abc"),
        (None, "$.body.access_token", None),
        (3600, "$.body.expires_in", 3600),
        ({"access_token": "abc", "n": 1}, "$.body", {"access_token": "(not shown)", "n": 1}),
        ([JWT], "$.body", ["$TOKEN"]),
    ],
)
def test_values_in_mismatches(value: Any, path: str, expected: Any) -> None:
    assert REDACTION.value(value, path) == expected


def test_a_curl_line_lets_the_shell_fill_in_what_was_a_secret() -> None:
    exchange = Exchange(
        method="POST",
        target="/users/refresh?a=b&c=d",
        headers={"content-type": "application/json", "host": "127.0.0.1", "accept": "*/*"},
        body='{"refresh_token":"the-refresh-token"}',
        impersonated=False,
        status=200,
        answer_headers={},
        answer_body="",
    )
    shown = REDACTION.exchange(exchange)
    assert curl_line("https://api.example.com", shown, REDACTION.names) == (
        "curl -i -X POST 'https://api.example.com/users/refresh?a=b&c=d' "
        "-H 'Content-Type: application/json' "
        """--data-raw '{"refresh_token":"'"$REFRESH_TOKEN"'"}'"""
    )
