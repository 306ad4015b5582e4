"""The control API answers who knows the secret, and no web page; what is no request is a 400."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import requests
from starlette.applications import Starlette

from apiproof.control_client import ControlClient, ControlRefused, EnvironmentGone
from apiproof.environment_file import EnvironmentFile
from apiproof.live import live_environment
from apiproof.pacts.verify.provider_states import RemoteStates, StateFailed
from apiproof.service import Service, UserMissing

DOCUMENT: dict[str, Any] = {"openapi": "3.1.0", "info": {"title": "x", "version": "1"}, "paths": {}}
JSON = {"Content-Type": "application/json"}
PATHS = [
    "/accounts", "/shared_account", "/invalidated", "/unconfirmed", "/codes", "/tokens",
    "/document", "/coverage", "/server_errors", "/signatures", "/id_tokens", "/keys", "/disabled",
    "/states",
]  # fmt: skip


@pytest.fixture(scope="module")
def ready() -> Iterator[EnvironmentFile]:
    service = Service(Starlette(), name="x", database=False, make_document=lambda: DOCUMENT)
    with live_environment(service) as (_, file):
        yield file


def post(
    ready: EnvironmentFile, path: str, body: Any = b"{}", *, known: bool = True, **headers: str
) -> requests.Response:
    secret = {"Authorization": f"Bearer {ready.control_secret}"} if known else {}
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return requests.post(
        ready.control_url + path, data=data, headers={**JSON, **secret, **sent}, timeout=10
    )


@pytest.mark.parametrize("path", PATHS)
def test_nobody_is_answered_without_the_secret(ready: EnvironmentFile, path: str) -> None:
    for answer in (
        post(ready, path, known=False),
        post(ready, path, known=False, Authorization="Bearer wrong"),
        post(ready, path, known=False, Authorization=f"Basic {ready.control_secret}x"),
        post(ready, "/wrong" + path, known=False),
    ):
        assert answer.status_code == 401
        assert ready.control_secret not in answer.text


def test_the_secret_may_stand_in_the_path(ready: EnvironmentFile) -> None:
    answer = post(ready, f"/{ready.control_secret}/document", known=False)
    assert (answer.status_code, answer.json()) == (200, DOCUMENT)


@pytest.mark.parametrize("host", ["attacker.example", "attacker.example:80", "127.0.0.1.example"])
def test_a_name_that_was_bound_to_this_machine_is_refused(
    ready: EnvironmentFile, host: str
) -> None:
    """DNS rebinding: a web page's own name leads here, and the browser calls it same-origin."""
    answer = post(ready, "/tokens", {"username": "user-1"}, Host=host)
    assert answer.status_code == 403
    assert "Host" in answer.json()["detail"]


@pytest.mark.parametrize("origin", ["https://attacker.example", "null", "http://127.0.0.1:1"])
def test_a_web_page_is_refused(ready: EnvironmentFile, origin: str) -> None:
    answer = post(ready, "/tokens", {"username": "user-1"}, Origin=origin)
    assert answer.status_code == 403
    assert "Origin" in answer.json()["detail"]


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]
)
def test_what_a_form_could_send_is_refused(ready: EnvironmentFile, kind: str) -> None:
    assert post(ready, "/accounts", Content_Type=kind).status_code == 415


@pytest.mark.parametrize("path", ["/accounts", "/codes", "/tokens", "/signatures", "/states"])
@pytest.mark.parametrize("body", [b"[]", b"null", b"{", b"\xff", b'"text"'])
def test_a_body_that_is_no_object_is_bad(ready: EnvironmentFile, path: str, body: bytes) -> None:
    answer = post(ready, path, body)
    assert answer.status_code == 400
    assert answer.json()["detail"] == "The body is not a JSON object."


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/tokens", {}),
        ("/codes", {"name": "user-1"}),
        ("/invalidated", {}),
        ("/id_tokens", {}),
        ("/signatures", {"header": {}}),
        ("/signatures", {"header": 1, "claims": 2}),
        ("/accounts", {"scopes": 5}),
        ("/tokens", {"username": ["user-1"]}),
        ("/tokens", {"username": "user-1", "scopes": {"a": 1}}),
        ("/codes", {"username": {}}),
        ("/states", {"state": 5}),
        ("/states", {"state": "nobody knows it", "params": []}),
    ],
)
def test_a_body_that_does_not_fit_is_bad(
    ready: EnvironmentFile, path: str, body: dict[str, Any]
) -> None:
    answer = post(ready, path, body)
    assert answer.status_code == 400, answer.text
    assert "\n" not in answer.json()["detail"]


def test_other_methods_and_paths_are_refused_as_json(ready: EnvironmentFile) -> None:
    secret = {**JSON, "Authorization": f"Bearer {ready.control_secret}"}
    read = requests.get(ready.control_url + "/accounts", headers=secret, timeout=10)
    assert (read.status_code, read.headers["Allow"]) == (405, "POST")
    assert post(ready, "/nothing").json() == {"detail": "Not Found"}


def test_a_user_that_is_not_there_is_named_as_such(ready: EnvironmentFile) -> None:
    assert post(ready, "/tokens", {"username": "nobody"}).status_code == 404
    with pytest.raises(UserMissing, match="nobody"):
        ControlClient(ready).token("nobody")


def test_the_client_tells_a_stale_file_from_one_whose_environment_ended(
    ready: EnvironmentFile,
) -> None:
    assert ControlClient(ready).is_alive()
    with pytest.raises(ControlRefused, match="stale"):
        ControlClient(replace(ready, control_secret="of another")).document  # noqa: B018  # asks
    ended = replace(ready, control_url="http://127.0.0.1:1")
    assert not ControlClient(ended).is_alive()
    with pytest.raises(EnvironmentGone, match="apiproof serve"):
        ControlClient(ended).jwks()


@pytest.mark.parametrize("at", ["http://127.0.0.1:1", ""])
def test_a_state_that_fails_does_not_print_the_secret(ready: EnvironmentFile, at: str) -> None:
    url = ready.states_url.replace(ready.control_url, at) if at else ready.states_url + "/x"
    with pytest.raises(StateFailed) as caught:
        RemoteStates(url).enter("users exist", {})
    assert ready.control_secret in url
    assert ready.control_secret not in str(caught.value)
