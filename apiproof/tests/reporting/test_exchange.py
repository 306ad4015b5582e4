"""Requests as curl commands that a person can run."""

import shlex

import pytest

from apiproof.reporting.exchange import HttpRequest, curl_command


def test_a_curl_command_lets_the_shell_fill_in_what_was_a_secret() -> None:
    request = HttpRequest(
        method="POST",
        url="https://api.example.com/users/refresh?a=b&c=d",
        headers={"content-type": "application/json", "host": "127.0.0.1", "accept": "*/*"},
        body='{"refresh_token":"$REFRESH_TOKEN"}',
    )
    assert curl_command(request, {"$TOKEN", "$REFRESH_TOKEN"}) == (
        "curl -i -X POST 'https://api.example.com/users/refresh?a=b&c=d' "
        "-H 'Content-Type: application/json' "
        """--data-raw '{"refresh_token":"'"$REFRESH_TOKEN"'"}'"""
    )


def test_no_part_of_a_request_becomes_shell_code() -> None:
    request = HttpRequest("GET", "http://127.0.0.1/a?b='$(id)'`id`", {"x": '"; $HOME'}, "it's")
    words = shlex.split(curl_command(request))
    assert words[4] == request.url
    assert words[6] == 'X: "; $HOME'
    assert words[8] == "it's"
    assert '"$' not in curl_command(request)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("/a/b", "http://127.0.0.1:8000/a/b"),
        ("http://testserver/a", "http://127.0.0.1:8000/a"),
        ("http://testserver.example.com/a", "http://testserver.example.com/a"),
        ("https://api.example.com/a", "https://api.example.com/a"),
    ],
)
def test_a_command_asks_where_serve_serves_what_a_run_reached_otherwise(
    url: str, shown: str
) -> None:
    assert curl_command(HttpRequest("GET", url)) == f"curl -i -X GET {shown}"
