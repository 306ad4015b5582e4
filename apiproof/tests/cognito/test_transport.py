"""What is no well-formed call gets an answer that says so, and never a 500."""

import json
import socket
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from apiproof.cognito import Cognito

TARGET = "AWSCognitoIdentityProviderService"
LIST = f"{TARGET}.ListUserPools"
ORIGIN = {"Origin": "http://localhost:5173"}


@pytest.fixture(scope="module")
def cognito() -> Iterator[Cognito]:
    with Cognito.start(http=True) as cognito:
        yield cognito


@pytest.fixture(scope="module")
def url(cognito: Cognito) -> str:
    return str(cognito.endpoint_url)


def call(url: str, body: Any, **headers: str) -> requests.Response:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return requests.post(f"{url}/", data=body, headers=names, timeout=10)


def raw(url: str, head: str, body: bytes = b"") -> tuple[int, bytes]:
    """Send bytes as they are; gives the status and all that was answered."""
    host, _, port = url.removeprefix("http://").partition(":")
    request = f"POST / HTTP/1.1\r\nHost: x\r\nX-Amz-Target: {LIST}\r\n{head}\r\n\r\n"
    with socket.create_connection((host, int(port)), timeout=5) as connection:
        connection.sendall(request.encode() + body)
        connection.shutdown(socket.SHUT_WR)
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    return int(answer.split()[1]), answer


@pytest.mark.parametrize(
    "target", [None, "", "ListUserPools", "nonsense", f"{TARGET}.", f"{TARGET}._answer", "A.SignUp"]
)
def test_target_that_names_no_operation_is_refused(url: str, target: str | None) -> None:
    headers = {} if target is None else {"X_Amz_Target": target}
    answer = call(url, "{}", **headers)
    assert answer.status_code == 400
    assert answer.json()["__type"] == "UnknownOperationException"
    assert answer.headers["x-amzn-requestid"]


@pytest.mark.parametrize(
    "media_type", ["application/json", "application/x-www-form-urlencoded", "text/plain", "x"]
)
def test_other_content_types_are_read_as_json(url: str, media_type: str) -> None:
    answer = call(url, '{"MaxResults": 1}', X_Amz_Target=LIST, Content_Type=media_type)
    assert answer.status_code == 200
    assert len(answer.json()["UserPools"]) == 1


@pytest.mark.parametrize(
    "body",
    [
        "[" * 200_000,
        '{"MaxResults": ' + "[" * 100_000 + "]" * 100_000 + "}",
        '{"a":' * 100_000 + "1" + "}" * 100_000,
        b"\xff\xfe",
        "[]",
        "null",
        "a=b",
        "9" * 5000,
    ],
    ids=["open", "array", "object", "no UTF-8", "list", "null", "form", "long number"],
)
def test_unreadable_bodies_are_refused(url: str, body: Any) -> None:
    answer = call(url, body, X_Amz_Target=LIST)
    assert answer.status_code == 400
    assert answer.json()["__type"] == "SerializationException"


@pytest.mark.parametrize(
    ("operation", "members", "text"),
    [
        ("SignUp", {"Username": 5}, "NUMBER_VALUE can not be converted to a String"),
        ("SignUp", {"Username": 5.5}, "DECIMAL_VALUE can not be converted to a String"),
        ("SignUp", {"Password": True}, "TRUE_VALUE can not be converted to a String"),
        ("SignUp", {"Username": ["a"]}, "Start of list found where not expected."),
        ("SignUp", {"Username": {}}, "Start of structure or map found where not expected."),
        ("SignUp", {"UserAttributes": "a"}, "Expected list or null"),
        ("SignUp", {"ClientMetadata": 1}, "Expected map or null"),
        (
            "SignUp",
            {"UserAttributes": [{"Name": "email", "Value": False}]},
            "FALSE_VALUE can not be converted to a String",
        ),
        ("ListUserPools", {"MaxResults": "1"}, "STRING_VALUE can not be converted to an Integer"),
        ("ListUserPools", {"MaxResults": True}, "TRUE_VALUE can not be converted to an Integer"),
    ],
)
def test_values_of_another_type_are_not_read(
    url: str, operation: str, members: dict[str, Any], text: str
) -> None:
    """amazon-cognito-identity-js#485; nothing else is looked at then, as what is missing."""
    target = f"AWSCognitoIdentityProviderService.{operation}"
    answer = call(url, json.dumps(members), X_Amz_Target=target)
    assert answer.status_code == 400
    assert answer.json()["__type"] == "SerializationException"
    assert answer.json()["message"] == text


@pytest.mark.parametrize(
    ("length", "status"),
    [("abc", 400), ("-5", 400), ("+2", 400), ("2, 3", 400), ("10", 400), ("99999999999", 413)],
)
def test_wrong_lengths_are_answered(url: str, length: str, status: int) -> None:
    assert raw(url, f"Content-Length: {length}", b"{}")[0] == status


def test_two_lengths_are_answered(url: str) -> None:
    head = "Content-Length: 2\r\nContent-Length: 3"
    assert raw(url, head, b"{}")[0] == 400


def test_chunked_bodies_are_read(url: str) -> None:
    def chunks() -> Iterator[bytes]:
        yield b'{"MaxRe'
        yield b'sults": 1}'

    assert len(call(url, chunks(), X_Amz_Target=LIST).json()["UserPools"]) == 1
    body = b'8;x=y\r\n{"MaxRes\r\n8\r\nults":1}\r\n0\r\nTrailer: x\r\n\r\n'
    assert raw(url, "Connection: close\r\nTransfer-Encoding: chunked", body)[0] == 200


@pytest.mark.parametrize(
    ("coding", "body", "status"),
    [
        ("chunked", b"zz\r\n{}\r\n0\r\n\r\n", 400),
        ("chunked", b"-2\r\n{}\r\n0\r\n\r\n", 400),
        ("chunked", b"8\r\n{}", 400),
        ("chunked", b"ffffffff\r\n{}", 413),
        ("gzip", b"", 400),
    ],
)
def test_wrong_chunks_are_answered(url: str, coding: str, body: bytes, status: int) -> None:
    assert raw(url, f"Transfer-Encoding: {coding}", body)[0] == status


def test_the_body_is_asked_for_at_once(url: str) -> None:
    """A client that waits for the 100 before it sends its body doesn't wait for long."""
    host, _, port = url.removeprefix("http://").partition(":")
    body = b'{"MaxResults": 1}'
    head = (
        f"POST / HTTP/1.1\r\nHost: x\r\nX-Amz-Target: {LIST}\r\nConnection: close\r\n"
        f"Expect: 100-continue\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    with socket.create_connection((host, int(port)), timeout=5) as connection:
        connection.sendall(head.encode())
        assert connection.recv(65536).startswith(b"HTTP/1.1 100 ")
        connection.sendall(body)
        assert b"".join(iter(lambda: connection.recv(65536), b"")).startswith(b"HTTP/1.1 200 ")


def test_head_is_that_of_the_whole_answer(cognito: Cognito) -> None:
    head, whole = (
        requests.head(cognito.jwks_url, timeout=5),
        requests.get(cognito.jwks_url, timeout=5),
    )
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["Content-Length"] == str(len(whole.content))


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE", "HEAD"])
def test_other_methods_and_paths_are_404(url: str, method: str) -> None:
    assert requests.request(method, f"{url}/", timeout=5).status_code == 404
    assert requests.request(method, f"{url}/nowhere", timeout=5).status_code == 404


@pytest.mark.parametrize(
    "document",
    [
        {"move_to": "9999-12-31T23:59:59+00:00"},
        {"move_to": "0001-01-01T00:00:00+00:00"},
        {"move_to": "2030-01-01T00:00:00"},
        {"advance_seconds": 1e30},
        {"advance_seconds": -1e11},
        {"advance_seconds": "soon"},
    ],
)
def test_far_clocks_are_refused(cognito: Cognito, url: str, document: dict[str, Any]) -> None:
    answer = requests.post(f"{url}/_apiproof/clock", json=document, timeout=5)
    assert answer.status_code == 400
    cognito.reset()
    cognito.create_user("ada", "ada@example.com", "Correct-Horse-7-Battery")
    assert cognito.issue_tokens("ada").access_token


# Browsers


@pytest.mark.parametrize("path", ["/", "/oauth2/token", "/oauth2/userInfo", "/oauth2/revoke"])
def test_browsers_may_call_after_a_preflight(url: str, path: str) -> None:
    wanted = "amz-sdk-invocation-id,amz-sdk-request,authorization,content-type,x-amz-target"
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": wanted}
    answer = requests.options(f"{url}{path}", headers=ORIGIN | asked, timeout=5)
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "POST" in answer.headers["Access-Control-Allow-Methods"]
    assert set(wanted.split(",")) <= set(answer.headers["Access-Control-Allow-Headers"].split(","))


def test_pages_of_other_origins_read_answers(cognito: Cognito, url: str) -> None:
    headers = {"X_Amz_Target": LIST} | ORIGIN
    for body, status in (('{"MaxResults": 1}', 200), ("{}", 400)):
        answer = call(url, body, **headers)
        assert answer.status_code == status
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert "x-amzn-ErrorType" in answer.headers["Access-Control-Expose-Headers"]
    for path in ("/oauth2/userInfo", f"/{cognito.user_pool_id}/.well-known/jwks.json"):
        answer = requests.get(f"{url}{path}", headers=ORIGIN, timeout=5)
        assert answer.headers["Access-Control-Allow-Origin"] == "*"


def test_pages_of_other_origins_dont_reach_the_controls(url: str) -> None:
    asked = ORIGIN | {"Access-Control-Request-Method": "POST"}
    answer = requests.options(f"{url}/_apiproof/reset", headers=asked, timeout=5)
    assert answer.status_code == 405
    assert "Access-Control-Allow-Origin" not in answer.headers
    plain = requests.get(f"{url}/_apiproof/outbox", headers=ORIGIN, timeout=5)
    assert "Access-Control-Allow-Origin" not in plain.headers


def test_answers_without_origin_carry_no_cors(url: str) -> None:
    answer = call(url, json.dumps({"MaxResults": 1}), X_Amz_Target=LIST)
    assert "Access-Control-Allow-Origin" not in answer.headers
