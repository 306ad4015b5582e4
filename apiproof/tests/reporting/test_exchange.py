"""Requests as curl commands that a person can run."""

import shlex

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
