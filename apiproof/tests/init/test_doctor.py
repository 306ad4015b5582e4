"""What `apiproof doctor` finds in an installation, and about tokens."""

from types import SimpleNamespace
from typing import Any

import pytest

from apiproof.http.child.server_errors import ErrorSite
from apiproof.init.doctor import conflicts, token_checks


def library(name: str, version: str, *requires: str) -> Any:
    return SimpleNamespace(name=name, version=version, requires=list(requires) or None)


def test_libraries_that_the_kit_replaced_under_others_are_named() -> None:
    web = library(
        "FastAPI",
        "0.104.1",
        "starlette<0.28.0,>=0.27.0",
        "pydantic>=1.7.4",
        "anyio<4; python_version < '3'",
        "uvicorn<0.2; extra == 'all'",
        "theirs<1",
        "absent>1",
    )
    parts = [library("anyio", "4.16"), library("uvicorn", "0.51"), library("theirs", "2")]
    new = library("Starlette", "1.10.0", "pydantic")
    names = {"starlette", "pydantic", "anyio", "uvicorn", "absent"}
    found = list(conflicts([web, new, library("pydantic", "2.13"), *parts], names))
    assert found == ["FastAPI 0.104.1 needs starlette<0.28.0,>=0.27.0, and 1.10.0 is installed"]
    old = library("starlette", "0.27.1")
    assert not list(conflicts([web, old, *parts], names))


@pytest.mark.parametrize(
    ("statuses", "text"),
    [
        ([200], "a token is taken: GET /0 answers 200"),
        ([500, 404], "a token is taken: GET /1 answers 404"),
        ([401], "no token is taken: GET /0 answers 401; is `token`, the region"),
        ([403], "no token is taken: GET /0 answers 403; is a group missing?"),
        ([403, 401], "no token is taken: GET /1 answers 401; is `token`, the region"),
        # It says nothing of the token.
        ([401, 500], "with a token GET /1 answers 500 (KeyError at app.py:3 read), so"),
        ([503], "with a token GET /0 answers 503, so"),
    ],
)
def test_an_error_is_not_a_token_that_is_taken(statuses: list[int], text: str) -> None:
    operation: dict[str, Any] = {"security": [{"token": []}], "responses": {}}
    answers = {f"/{number}": status for number, status in enumerate(statuses)}

    def request(_method: str, path: str, **_: object) -> Any:
        return SimpleNamespace(status_code=answers[path])

    env: Any = SimpleNamespace(
        document={"openapi": "3.1.0", "paths": {path: {"get": operation} for path in answers}},
        client=SimpleNamespace(request=request),
        token=lambda *_: "t",
        server_errors=[ErrorSite("GET", "/1", 500, "KeyError", "app.py:3 read")],
    )
    account: Any = SimpleNamespace(username="ada")
    [check] = token_checks(env, account)
    assert check.is_failed is not text.startswith("a token")
    assert check.text.startswith(text)
