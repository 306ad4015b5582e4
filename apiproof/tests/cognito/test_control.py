"""The controls over HTTP, as a test in another language would use them."""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from apiproof.cognito import Cognito
from tests.cognito.bench import Emulator


@pytest.fixture(scope="module")
def standing() -> Iterator[Emulator]:
    with Cognito.start(http=True) as cognito:
        yield Emulator(cognito)


@pytest.fixture
def pool(standing: Emulator) -> Emulator:
    standing.reset()
    return standing


def _ask(pool: Emulator, method: str, path: str, document: Any = None) -> tuple[int, Any]:
    request = urllib.request.Request(  # noqa: S310 - loopback
        f"{pool.cognito.endpoint_url}{path}",
        method=method,
        data=None if document is None else json.dumps(document).encode(),
    )
    try:
        with urllib.request.urlopen(request, timeout=2) as answer:  # noqa: S310
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def test_outbox_is_read(pool: Emulator) -> None:
    pool.sign_up("ada")
    pool.sign_up("bob")
    status, document = _ask(pool, "GET", "/_apiproof/outbox?username=ADA&purpose=sign-up")
    assert status == 200
    [message] = document["messages"]
    assert message["code"] == pool.code("ada")
    assert message["destination"] == "ada@example.com"
    assert datetime.fromisoformat(message["sent_at"]).tzinfo is not None
    assert len(_ask(pool, "GET", "/_apiproof/outbox")[1]["messages"]) == 2
    nothing = _ask(pool, "GET", "/_apiproof/outbox?username=ada&purpose=password-reset")
    assert nothing == (200, {"messages": []})


def test_clock_is_moved_and_reset(pool: Emulator) -> None:
    _, moved = _ask(pool, "POST", "/_apiproof/clock", {"move_to": "2030-01-01T00:00:00+00:00"})
    assert moved["now"].startswith("2030-01-01T00:00:0")
    _, moved = _ask(pool, "POST", "/_apiproof/clock", {"advance_seconds": 3600})
    assert moved["now"].startswith("2030-01-01T01:00:0")
    assert pool.cognito.clock.now().year == 2030
    _ask(pool, "DELETE", "/_apiproof/clock")
    assert pool.cognito.clock.now().year == datetime.now(UTC).year


@pytest.mark.parametrize(
    ("plan", "error"),
    [
        ({"kind": "fail", "code": "TooManyRequestsException"}, "TooManyRequests"),
        ({"kind": "time_out"}, "timeout"),
        ({"kind": "lose_answer"}, "closed before"),
    ],
)
def test_outages_are_planned(pool: Emulator, plan: dict[str, Any], error: str) -> None:
    plan = plan | {"operation": "ListUsers", "times": 2}
    _, document = _ask(pool, "POST", "/_apiproof/outages", plan)
    assert document["outages"] == [{"code": None} | plan]
    with pytest.raises(Exception, match=error):
        pool.aws.list_users(UserPoolId=pool.id)
    assert _ask(pool, "GET", "/_apiproof/outages")[1]["outages"][0]["times"] == 1
    assert _ask(pool, "DELETE", "/_apiproof/outages") == (200, {"outages": []})
    pool.aws.list_users(UserPoolId=pool.id)


def test_everything_is_reset(pool: Emulator) -> None:
    pool.user("ada")
    assert _ask(pool, "POST", "/_apiproof/reset") == (200, {})
    assert pool.aws.list_users(UserPoolId=pool.id)["Users"] == []


def test_keys_are_rotated(pool: Emulator) -> None:
    before = pool.jwks()
    assert _ask(pool, "POST", "/_apiproof/keys/rotate") == (200, {})
    assert pool.jwks() != before


def test_discovery_document_leads_to_the_keys(pool: Emulator) -> None:
    _, document = _ask(pool, "GET", f"/{pool.id}/.well-known/openid-configuration")
    assert document["issuer"] == pool.cognito.issuer
    assert document["jwks_uri"] == pool.cognito.jwks_url


@pytest.mark.parametrize(
    ("method", "path", "told"),
    [
        ("GET", "/_apiproof/nothing", "There is no GET /_apiproof/nothing"),
        ("DELETE", "/_apiproof/reset", "There is no DELETE"),
        ("GET", "/", "There is no GET"),
        ("GET", "/us-east-1_unknown99/.well-known/jwks.json", "does not exist"),
    ],
)
def test_what_is_not_there_is_said_not_to_be(
    pool: Emulator, method: str, path: str, told: str
) -> None:
    status, said = _ask(pool, method, path)
    assert status == 404
    assert told in said["message"]


@pytest.mark.parametrize(
    ("path", "document", "told"),
    [
        ("clock", {}, "advance_seconds"),
        ("clock", {"move_to": "soon"}, "soon"),
        ("clock", {"advance_seconds": 1e300}, "too large"),
        ("clock", [], "an object"),
        ("outages", {"kind": "fail"}, "operation"),
        ("outages", {"kind": "x", "operation": "SignUp"}, "kind is"),
        ("outages", {"kind": "time_out", "operation": "sign_up"}, "no operation"),
    ],
)
def test_wrong_requests_are_told_what_is_wrong(
    pool: Emulator, path: str, document: Any, told: str
) -> None:
    status, said = _ask(pool, "POST", f"/_apiproof/{path}", document)
    assert status == 400
    assert told in said["message"]


def test_in_process_only_the_keys_are_served() -> None:
    with Cognito.start() as cognito:
        url = cognito.jwks_url.partition(f"/{cognito.user_pool_id}")[0]
        for path in ("/_apiproof/outbox", "/_apiproof/clock"):
            with pytest.raises(urllib.error.HTTPError, match="404"):
                urllib.request.urlopen(f"{url}{path}", timeout=2)  # noqa: S310 - loopback


@pytest.mark.parametrize("body", [b"", b"not json", b"[]", b"\xff"])
def test_garbage_is_an_aws_error(pool: Emulator, body: bytes) -> None:
    request = urllib.request.Request(  # noqa: S310 - loopback
        f"{pool.cognito.endpoint_url}/",
        data=body,
        headers={
            "X-Amz-Target": "AWSCognitoIdentityProviderService.SignUp",
            "Content-Type": "application/x-amz-json-1.1",
        },
    )
    with pytest.raises(urllib.error.HTTPError) as refusal:
        urllib.request.urlopen(request, timeout=2)  # noqa: S310
    assert refusal.value.code == 400
    expected = "InvalidParameterException" if not body else "SerializationException"
    assert json.load(refusal.value)["__type"] == expected


@pytest.mark.parametrize(
    ("path", "document", "text"),
    [
        ("clock", {}, "give advance_seconds or move_to."),
        ("clock", {"advance_seconds": "x"}, "is a number of seconds, e.g. 60, not 'x'."),
        ("clock", {"advance_seconds": None}, "is a number of seconds, e.g. 60, not None."),
        ("clock", {"advance_seconds": True}, "is a number of seconds, e.g. 60, not True."),
        ("clock", {"advance_seconds": 1e18}, "is too large or not finite: 1e+18."),
        ("clock", {"advance_seconds": float("nan")}, "is too large or not finite: nan."),
        ("clock", {"move_to": 5}, "Invalid isoformat string: '5'"),
        ("clock", {"move_to": "9999-12-31T00:00:00+00:00"}, "within the years 1970 to 9899"),
        ("outages", {}, "give kind."),
        ("outages", {"kind": "fail"}, "give operation."),
    ],
)
def test_wrong_documents_are_told_what_to_give(
    pool: Emulator, path: str, document: Any, text: str
) -> None:
    before = pool.cognito.clock.now()
    status, answer = _ask(pool, "POST", f"/_apiproof/{path}", document)
    assert status == 400
    assert text in answer["message"]
    assert pool.cognito.clock.now() - before < timedelta(minutes=1)
