"""Pact files on a web server: read like files, with credentials that are sent and never shown."""

import dataclasses
import json
from collections.abc import Iterator

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from apiproof.http.server import run_server
from apiproof.pacts.verify.fetching import Credentials, shown_url
from apiproof.pacts.verify.loading import LoadedPacts, load_pacts
from tests.pacts.pacts import order, pact

SECRET = {"Bearer t0ken", "Basic YWRhOnMzY3JldA=="}  # the latter is ada:s3cret


@pytest.fixture
def url() -> Iterator[str]:
    async def answer(request: Request) -> Response:
        name = request.path_params["name"]
        if name == "secret" and request.headers.get("authorization") not in SECRET:
            return Response(status_code=401)
        content = {"page": "<html>", "empty": json.dumps(pact())}.get(
            name, json.dumps(pact(order()))
        )
        return Response(content, 404 if name == "nothing" else 200)

    with run_server(Starlette(routes=[Route("/{name}", answer)])) as base_url:
        yield base_url


def read(url: str, credentials: Credentials | None = None) -> LoadedPacts:
    return load_pacts([url, url], credentials or Credentials())


def test_a_pact_is_read_from_its_url_once(url: str) -> None:
    sources = read(f"{url}/pact")
    assert sources.problems == []
    assert [each.pact.source for each in sources.found] == [f"{url}/pact"]


@pytest.mark.parametrize(
    "credentials", [Credentials(token="t0ken"), Credentials(username="ada", password="s3cret")]
)
def test_credentials_are_sent(url: str, credentials: Credentials) -> None:
    mine = dataclasses.replace(credentials, origin=f"{url}/broker")
    assert len(read(f"{url}/secret", mine).found) == 1


@pytest.fixture
def elsewhere(url: str) -> Iterator[tuple[str, list[str | None]]]:
    """Another origin, which redirects back and remembers the Authorization headers it saw."""
    seen: list[str | None] = []

    async def answer(request: Request) -> Response:
        seen.append(request.headers.get("authorization"))
        return RedirectResponse(f"{url}/secret")

    with run_server(Starlette(routes=[Route("/{name}", answer)])) as base_url:
        yield base_url, seen


@pytest.mark.parametrize("origin", ["", "http://broker.example", "https://127.0.0.1"])
@pytest.mark.parametrize(
    "credentials", [Credentials(token="t0ken"), Credentials(username="ada", password="s3cret")]
)
def test_credentials_are_sent_to_their_own_origin_only(
    url: str, elsewhere: tuple[str, list[str | None]], credentials: Credentials, origin: str
) -> None:
    other, seen = elsewhere
    [line] = read(f"{other}/pact", dataclasses.replace(credentials, origin=origin)).problems
    assert "answered 401; the credentials belong to" in line
    assert f"were not sent to {url}" in line
    assert seen == [None]


def test_a_redirect_to_another_origin_loses_the_credentials_and_one_back_has_them(
    url: str, elsewhere: tuple[str, list[str | None]]
) -> None:
    other, seen = elsewhere
    mine = Credentials(token="t0ken", origin=url)
    assert len(read(f"{other}/pact", mine).found) == 1
    assert seen == [None]


def test_credentials_in_the_url_are_sent_and_never_shown(url: str) -> None:
    inside = f"{url}/secret".replace("//", "//ada:s3cret@")
    [source] = read(inside).found
    assert source.pact.source == f"{url}/secret"
    [line] = read(inside.replace("s3cret", "wr0ng")).problems
    assert "answered 401" in line
    assert "wr0ng" not in line


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("secret", "answered 401; pass --broker-token"),
        ("nothing", "answered 404. Name the URL of a pact file."),
        ("page", "the answer is not JSON (Expecting value"),
        ("empty", "the pact expects nothing"),
    ],
)
def test_what_is_no_pact_is_reported_with_its_url(url: str, name: str, expected: str) -> None:
    sources = read(f"{url}/{name}")
    assert sources.found == []
    [line] = sources.problems
    assert line.startswith(f"{url}/{name}: ")
    assert expected in line


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://ada:s3cret@example.com:8443/a?b=c", "https://example.com:8443/a?b=c"),
        ("https://example.com/a@b", "https://example.com/a@b"),
    ],
)
def test_urls_are_shown_without_credentials(url: str, expected: str) -> None:
    assert shown_url(url) == expected
