"""What holds for every answer of the service, whatever was asked and whatever went wrong.

The fixture looks at all answers that a test gets, so that a header which one refusal of many lacks
is seen by the test that meets it.
"""

import re
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from apiproof.http.client import HttpClient

_ID = re.compile("[A-Za-z0-9._-]{1,64}")
_HEADERS = {
    401: ("WWW-Authenticate", "Bearer.*"),
    405: ("Allow", "[A-Z]+(, [A-Z]+)*"),
    429: ("Retry-After", "[1-9][0-9]*"),
    503: ("Retry-After", "[1-9][0-9]*"),
}
_PROBLEM = {"loc", "msg", "type"}
_PAGES = ("/docs", "/redoc")  # for people, and FastAPI's own


def complaints(answer: requests.Response) -> list[str]:
    """Say what an answer lacks that every answer has, or every one of its status.

    Args:
        answer: of the service.
    """
    headers, status, body = answer.headers, answer.status_code, answer.content
    wrong = []
    if not _ID.fullmatch(headers.get("X-Request-ID", "")):
        wrong.append("no X-Request-ID")
    if "no-store" not in headers.get("Cache-Control", ""):
        wrong.append("it may be stored")
    name, pattern = _HEADERS.get(status, ("", ""))
    if name and not re.fullmatch(pattern, headers.get(name, "")):
        wrong.append(f"{name}: {headers.get(name)}")
    if "Retry-After" in headers and status not in {429, 503}:
        wrong.append("nothing is to be tried later")
    if answer.request.method in {"HEAD", "OPTIONS"}:
        return wrong
    if status == 204:
        return wrong + ["a body"] * bool(body)
    if headers.get("Content-Type") != "application/json":
        return [*wrong, f"it is {headers.get('Content-Type')}"]
    return wrong + ["another shape of a refusal"] * (
        status >= 400 and not _is_refusal(answer.json())
    )


def _is_refusal(body: Any) -> bool:
    """Tell whether a body says why something was refused, in the one shape that there is."""
    if not isinstance(body, dict) or body.keys() != {"detail"}:
        return False
    told = body["detail"]
    return (isinstance(told, str) and bool(told)) or (
        isinstance(told, list) and bool(told) and all(each.keys() == _PROBLEM for each in told)
    )


@pytest.fixture(autouse=True)
def every_answer_is_whole(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Fail a test that got an answer which lacks what every answer has."""
    found: list[str] = []
    send = HttpClient.send

    def looked_at(client: HttpClient, request: requests.PreparedRequest, **options: Any) -> Any:
        answer = send(client, request, **options)
        path = str(request.path_url)
        if not path.startswith(_PAGES) and (wrong := complaints(answer)):
            found.append(f"{request.method} {path} {answer.status_code}: {', '.join(wrong)}")
            raise AssertionError(found[-1])
        return answer

    monkeypatch.setattr(HttpClient, "send", looked_at)
    yield
    # Threads may have kept the error for themselves.
    assert not found, found
