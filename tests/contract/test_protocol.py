"""HTTP as every caller sees it: methods, caches, other origins, media types, broken bodies."""

import json
import select
import socket
import time
from contextlib import AbstractContextManager, ExitStack, suppress
from http import HTTPMethod
from itertools import product
from typing import Any
from urllib.parse import urlsplit

import psycopg2
import pytest
import requests

from apiproof.environment import Environment
from apiproof.http.client import AsgiClient
from apiproof.http.server import run_server
from tests.contract.events import PATIENCE
from tests.contract.valid_requests import OPERATIONS, bearer, valid
from tests.service import application, uvicorn_options

METHODS = {
    path: {each.method for each in OPERATIONS.values() if each.path == path}
    for path in {operation.path for operation in OPERATIONS.values()}
}
JSON_BODIES = [
    name
    for name, found in OPERATIONS.items()
    if "application/json" in found.definition.get("requestBody", {}).get("content", {})
]
PROBES = ("check_health", "check_readiness")
ELSEWHERE = "https://elsewhere.example"


def raw(env: Environment, name: str, body: bytes, media: str | None) -> Any:
    request = valid(env, name)
    headers = {**request.headers, **({"Content-Type": media} if media else {})}
    return request.send(env.client, json=None, data=body, headers=headers)


@pytest.mark.parametrize("name", OPERATIONS)
def test_a_method_that_a_path_lacks_is_405_and_the_others_are_named(
    env: Environment, name: str
) -> None:
    path = valid(env, name).path
    expected = METHODS[OPERATIONS[name].path]
    if name in PROBES:
        expected = expected | {HTTPMethod.HEAD}
    for method in set(HTTPMethod) - expected - {HTTPMethod.CONNECT}:
        answer = env.client.request(method, path)
        assert answer.status_code == 405, method
        assert set(answer.headers["Allow"].split(", ")) == expected


@pytest.mark.parametrize("name", PROBES)
def test_load_balancers_may_ask_with_head(env: Environment, name: str) -> None:
    answer = env.client.request("HEAD", OPERATIONS[name].path)
    assert (answer.status_code, answer.content) == (200, b"")


@pytest.mark.parametrize("name", OPERATIONS)
def test_nobody_may_store_an_answer(env: Environment, name: str) -> None:
    """Tokens are in some (RFC 6749, 5.1), and what only its owner may see in most."""
    request = valid(env, name)
    answers = [request.send(env.client), request.send(env.client, headers={}, data=b"{")]
    assert {answer.headers["Cache-Control"] for answer in answers} == {"no-store"}


@pytest.mark.parametrize("name", OPERATIONS)
def test_pages_of_other_origins_may_not_read_answers(env: Environment, name: str) -> None:
    request = valid(env, name)
    method = OPERATIONS[name].method
    asked = {"Origin": ELSEWHERE, "Access-Control-Request-Method": method}
    before = env.client.request("OPTIONS", request.path, headers=asked)
    answer = request.send(env.client, headers={**request.headers, "Origin": ELSEWHERE})
    for each in (before, answer):
        assert not [header for header in each.headers if header.lower().startswith("access-")]


@pytest.mark.parametrize("media", [None, "text/plain", "application/x-www-form-urlencoded"])
@pytest.mark.parametrize("name", JSON_BODIES)
def test_json_has_to_be_called_json(env: Environment, name: str, media: str | None) -> None:
    """What a form on any web page can send is not taken for a request of ours."""
    body = json.dumps(valid(env, name).json).encode()
    assert raw(env, name, body, media).status_code == 422


@pytest.mark.parametrize("media", ["application/json", "Application/JSON; charset=utf-8"])
def test_json_is_json_however_it_is_spelled(env: Environment, media: str) -> None:
    assert raw(env, "create_random", b'{"min_value":1,"max_value":2}', media).status_code == 201


@pytest.mark.parametrize(
    ("body", "place"), [(b"{", 1), (b'{"min_value": 1,, "max_value": 2}', 16), (b"[1", 2)]
)
def test_a_broken_body_is_422_and_says_at_which_character(
    env: Environment, body: bytes, place: int
) -> None:
    answer = raw(env, "create_random", body, "application/json")
    assert answer.status_code == 422
    assert [problem["loc"] for problem in answer.json()["detail"]] == [["body", place]]


UNREADABLE = {
    "no text": ("create_random", "application/json", b'{"min_value": 1, "max_value": "\xff"}'),
    "no boundary": ("login_user", "multipart/form-data", b"x"),
    "another boundary": ("login_user", "multipart/form-data; boundary=one", b"--two\r\n\r\nx"),
}


@pytest.mark.parametrize("how", UNREADABLE)
def test_a_body_that_cannot_be_read_is_422_as_the_document_says(env: Environment, how: str) -> None:
    """Frameworks answer some of them 400, which no operation declares."""
    name, media, body = UNREADABLE[how]
    answer = raw(env, name, body, media)
    assert answer.status_code == 422
    assert [problem["loc"][0] for problem in answer.json()["detail"]] == ["body"]


@pytest.mark.parametrize(("limit", "status"), [(1024, 413), (100_000, 201)])
def test_the_largest_body_is_what_the_settings_say(
    env: Environment, limit: int, status: int
) -> None:
    request = valid(env, "create_random")
    body = json.dumps(request.json).ljust(1025 if limit == 1024 else limit).encode()
    headers = {**request.headers, "Content-Type": "application/json"}
    with AsgiClient(application(env.config, max_body_bytes=limit)) as client:
        answer = request.send(client, json=None, data=body, headers=headers)
    assert answer.status_code == status


def until_it_hangs_up(client: socket.socket) -> str:
    """Read an answer, of a server that may not have read all that it was sent."""
    received = b""
    with suppress(ConnectionError):
        while piece := client.recv(4096):
            received += piece
    return received.decode()


@pytest.mark.parametrize("drips", [False, True], ids=["not at all", "in drips"])
@pytest.mark.parametrize(
    ("name", "media"),
    [
        ("create_random", "application/json"),
        ("login_user", "application/x-www-form-urlencoded"),
    ],
)
def test_a_body_that_does_not_come_is_408_at_the_deadline(
    env: Environment, name: str, media: str, *, drips: bool
) -> None:
    """Nor is one waited for that comes byte by byte, however much of it there is still to come."""
    request, deadline = valid(env, name), 0.6
    lines = [f"POST {request.path} HTTP/1.1", "Host: localhost", f"Content-Type: {media}"]
    lines += [f"{header}: {value}" for header, value in request.headers.items()]
    with run_server(application(env.config, request_deadline=deadline)) as url:
        address = urlsplit(url)
        with socket.create_connection((address.hostname, address.port), PATIENCE) as client:
            begun = time.monotonic()
            client.sendall("\r\n".join([*lines, "Content-Length: 999", "", "{"]).encode())
            while drips and not select.select([client], [], [], deadline / 10)[0]:
                assert time.monotonic() < begun + PATIENCE, "it is waited for"
                client.sendall(b" ")
            answer = until_it_hangs_up(client)
    assert answer.startswith("HTTP/1.1 408 ")
    assert "connection: close" in answer.lower()
    assert answer.endswith('{"detail":"Request body did not arrive in time"}')


HEALTH = b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"
WHOLE = {"at once": b"", "after an answer": HEALTH}
UNFINISHED = {
    "nothing": b"",
    "half a line": b"GET /heal",
    "half a header": b"GET /health HTTP/1.1\r\nHost: local",
    "headers without an end": b"GET /health HTTP/1.1\r\nHost: localhost\r\n",
}


def as_deployed(env: Environment, **settings: Any) -> AbstractContextManager[str]:
    """Serve with what reads HTTP where `python -m api` serves."""
    return run_server(application(env.config, **settings), http=uvicorn_options(env.config)["http"])


def has_ended(client: socket.socket) -> bool:
    """Read on, of a connection that has something to tell."""
    try:
        return not client.recv(4096)
    except ConnectionError:
        return True


@pytest.mark.parametrize("before", WHOLE)
def test_who_does_not_send_a_request_is_not_waited_for(env: Environment, before: str) -> None:
    """Nor is one waited for that comes byte by byte: each would cost one of the open files."""
    with as_deployed(env, request_deadline=0.6) as url, ExitStack() as stack:
        address = urlsplit(url)
        clients = []
        for begun, drip in product(UNFINISHED.values(), (b"", b"x")):
            client = socket.create_connection((address.hostname, address.port), PATIENCE)
            stack.enter_context(client)
            client.sendall(WHOLE[before])
            if before == "after an answer":
                assert client.recv(4096).startswith(b"HTTP/1.1 200 ")
            client.sendall(begun)
            clients.append((client, drip))
        started = time.monotonic()
        while clients:
            assert time.monotonic() < started + PATIENCE, "they are waited for"
            told, _, _ = select.select([client for client, _ in clients], [], [], 0.1)
            ended = [client for client in told if has_ended(client)]
            clients = [(client, drip) for client, drip in clients if client not in ended]
            for client, drip in clients:
                with suppress(ConnectionError):  # it is hung up on in this moment
                    client.sendall(drip)
        answer = requests.get(f"{url}/health", timeout=PATIENCE)
        assert answer.status_code == 200


def test_who_has_sent_a_request_is_waited_for_as_long_as_it_takes(env: Environment) -> None:
    """The control: the head's time is over by then, the answer is not there yet."""
    request = valid(env, "list_randoms")
    lock = "LOCK TABLE users, random_items IN ACCESS EXCLUSIVE MODE"
    with as_deployed(env, request_deadline=1.2) as served:
        with psycopg2.connect(env.database.libpq_url) as other, other.cursor() as cursor:
            cursor.execute(lock)
            url = f"{served}{request.path}"
            answer = requests.get(url, headers=request.headers, timeout=PATIENCE)
        other.close()
    assert answer.status_code == 503


def test_what_is_no_request_is_400_before_an_answer_and_after_one(env: Environment) -> None:
    with as_deployed(env) as url:
        address = urlsplit(url)
        for before, is_answered in ((b"", False), (HEALTH, False), (HEALTH, True)):
            with socket.create_connection((address.hostname, address.port), PATIENCE) as client:
                client.sendall(before)
                told = client.recv(4096) if is_answered else b""
                client.sendall(b"hello\r\n\r\n")
                told += client.makefile("rb").read()
            assert told.startswith(b"HTTP/1.1 200 " if is_answered else b"HTTP/1.1 "), told
            assert b"HTTP/1.1 400 " in told
            assert told.endswith(b'{"detail": "The request is malformed"}')


def test_of_two_tokens_none_counts(env: Environment) -> None:
    """Who sends two, or whose proxy does, would be whoever the reader takes."""
    users = [env.new_account(), env.new_account()]
    first, second = (bearer(user.access_token)["Authorization"].encode() for user in users)
    with run_server(application(env.config)) as url:
        address = urlsplit(url)
        for one, other in ((first, second), (first, first), (first, b"Bearer x")):
            with socket.create_connection((address.hostname, address.port), PATIENCE) as client:
                client.sendall(
                    b"GET /users/me HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                    b"Authorization: %b\r\nAuthorization: %b\r\n\r\n" % (one, other)
                )
                answer = client.makefile("rb").read()
            assert answer.startswith(b"HTTP/1.1 401 ")
            assert b'error="invalid_token"' in answer
