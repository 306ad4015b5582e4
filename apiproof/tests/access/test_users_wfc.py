"""Auth documents of Web Fuzzing Commons: which are read, and what is said of the others."""

import io
from typing import Any

import pytest
import requests
from schemathesis.wfc.errors import WFCError
from schemathesis.wfc.loader import load_from_dict

from apiproof.access.login_steps import LoginFailed
from apiproof.access.users_wfc import UsersUnreadable, users_of, without_base

FIXED = {"name": "ada", "fixedHeaders": [{"name": "X-Key", "value": "s3cret"}]}
TOKEN = {
    "extractFrom": "body",
    "extractSelector": "/token",
    "sendIn": "header",
    "sendName": "Authorization",
    "sendTemplate": "Bearer {token}",
}
NAMES = {
    "username": "ada",
    "password": "s3cret",
    "usernameField": "name",
    "passwordField": "word",
}
LOGIN = {"verb": "POST", "endpoint": "/login", "payloadUserPwd": NAMES, "token": TOKEN}


def signing_in(**changed: Any) -> dict[str, Any]:
    return {"auth": [{"name": "ada", "loginEndpointAuth": {**LOGIN, **changed}}]}


def fixed(**changed: Any) -> dict[str, Any]:
    return {"auth": [{**FIXED, **changed}]}


READ: dict[str, dict[str, Any]] = {
    "fixed headers": fixed(),
    "a login": signing_in(),
    "a header's token": signing_in(token={**TOKEN, "extractFrom": "header"}),
    "a raw payload": {
        "auth": [
            {
                "name": "ada",
                "loginEndpointAuth": {
                    "verb": "POST",
                    "externalEndpointURL": "http://127.0.0.1/login",
                    "payloadRaw": '{"name": "ada"}',
                    "expectCookies": True,
                },
            }
        ]
    },
    "a template": {
        "authTemplate": {"loginEndpointAuth": {"verb": "POST", "endpoint": "/", "token": TOKEN}},
        "auth": [{"name": "ada", "loginEndpointAuth": {"payloadUserPwd": NAMES}}],
    },
    "members that nobody knows": fixed(requireMockHandling=False),
}
UNREADABLE: list[tuple[dict[str, Any], str]] = [
    (fixed(fixedHeaders=None), 'auth[0].fixedHeaders: it is not of type "array"'),
    (fixed(fixedHeaders={"X-Key": "s3cret"}), 'auth[0].fixedHeaders: it is not of type "array"'),
    (fixed(fixedHeaders=["s3cret"]), 'auth[0].fixedHeaders[0]: it is not of type "object"'),
    (
        fixed(fixedHeaders=[{"name": "X-Key", "value": 1234}]),
        'auth[0].fixedHeaders[0].value: it is not of type "string": put it in quotation marks',
    ),
    (fixed(name=["ada"]), "auth[0].name: it is not of types"),
    ({"auth": [None]}, 'auth[0]: it is not of type "object"'),
    ({"auth": [FIXED], "authTemplate": []}, 'authTemplate: it is not of type "object"'),
    ({"auth": [FIXED, FIXED]}, "names 'ada' twice"),
    (signing_in(payloadUserPwd="ada:s3cret"), "payloadUserPwd: it is not of type"),
    (
        signing_in(payloadUserPwd={"username": "ada"}),
        "auth[0] has a payloadUserPwd without password, passwordField, usernameField",
    ),
    (signing_in(token=None), "auth[0].loginEndpointAuth.token: it is not of type"),
    (
        signing_in(token={"extractFrom": "body"}),
        "auth[0] has a token without extractSelector, sendIn, sendName",
    ),
    (signing_in(token={**TOKEN, "sendIn": "body"}), 'one of "header", "query" or "cookie"'),
    (signing_in(token={**TOKEN, "sendTemplate": "Bearer"}), "sendTemplate: it does not match"),
    (signing_in(headers=[{"name": "X"}]), "has a login's header without name or value"),
    (signing_in(endpoint=None), "auth[0].loginEndpointAuth.endpoint: it is not of type"),
]


@pytest.mark.parametrize("document", READ.values(), ids=READ)
def test_what_schemathesis_reads_is_read(document: dict[str, Any]) -> None:
    theirs = [each.name for each in load_from_dict(document)]
    assert [user.name for user in users_of(document, "users.yaml")] == theirs == ["ada"]


@pytest.mark.parametrize(("document", "said"), UNREADABLE)
def test_what_cannot_be_used_is_named_and_no_credential_shown(
    document: dict[str, Any], said: str
) -> None:
    with pytest.raises(UsersUnreadable) as caught:
        users_of(document, "users.yaml")
    assert said in str(caught.value)
    assert "s3cret" not in str(caught.value)
    assert "1234" not in str(caught.value)


def test_headers_beside_a_login_are_ours_alone() -> None:
    """A tenant's header, say; schemathesis.wfc (4.32.5) takes the one or the other."""
    document = {"auth": [{**FIXED, "loginEndpointAuth": LOGIN}]}
    with pytest.raises(WFCError, match="both"):
        load_from_dict(document)
    assert [user.name for user in users_of(document, "users.yaml")] == ["ada"]


@pytest.mark.parametrize(
    ("endpoint", "taken"),
    [("/v1/login", "/login"), ("/login", "/login"), ("/v1/key", "/v1/key"), ("/v12", "/v12")],
)
def test_an_endpoint_counts_from_the_host_or_from_the_documents_server(
    endpoint: str, taken: str
) -> None:
    [user] = users_of(signing_in(endpoint=endpoint), "here")
    served = without_base(user, "/v1", {"/login", "/v1/key"})
    assert served.entry["loginEndpointAuth"]["endpoint"] == taken


def test_roles_are_one_word_or_several() -> None:
    said: tuple[dict[str, Any], ...] = (
        {"role": "admin"},
        {"roles": ["admin", "editor"]},
        {"roles": "admin"},
        {},
    )
    found = [users_of(fixed(**each), "here")[0].roles for each in said]
    assert found == [("admin",), ("admin", "editor"), ("admin",), ()]


def test_a_login_is_sent_once_more_and_its_token_may_stand_in_a_header() -> None:
    class Cut(requests.Session):
        sent = 0

        def request(self, *_args: Any, **_said: Any) -> requests.Response:
            self.sent += 1
            if self.sent == 1:
                raise requests.ConnectionError("reset")
            answer = requests.Response()
            answer.status_code, answer.raw = 200, io.BytesIO(b"{}")
            answer.headers["Authorization"] = "t0ken"
            return answer

    (user,) = users_of(signing_in(), "identities")
    client = Cut()
    assert user.credentials(client).headers == {"Authorization": "Bearer t0ken"}
    assert client.sent == 2


class _Answers(requests.Session):
    """Whatever is asked, it is answered in one way."""

    def __init__(self, body: str, **headers: str) -> None:
        super().__init__()
        self._body, self._said = body, headers

    def request(self, *_args: Any, **_said: Any) -> requests.Response:
        answer = requests.Response()
        answer.status_code, answer.raw = 200, io.BytesIO(self._body.encode())
        answer.headers.update({"content-type": "application/json", **self._said})
        return answer


JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJl"


@pytest.mark.parametrize(
    ("body", "token"),
    [
        ('{"data": {"access": "t1", "refresh": "t2"}}', "t1"),
        (f'{{"ok": true, "data": {{"ticket": "{JWT}", "name": "ada"}}}}', JWT),
    ],
)
def test_a_token_under_another_name_is_found_where_there_is_one(body: str, token: str) -> None:
    (user,) = users_of(signing_in(), "identities")
    assert user.credentials(_Answers(body)).headers == {"Authorization": f"Bearer {token}"}


def test_a_login_without_a_token_names_what_there_is_and_no_value() -> None:
    (user,) = users_of(signing_in(), "identities")
    client = _Answers('{"user": {"id": 7, "mail": "hidden"}}', **{"set-cookie": "sid=hidden"})
    with pytest.raises(LoginFailed) as told:
        user.credentials(client)
    text = str(told.value)
    assert "its answer has /user/id, /user/mail; say which one in extractSelector" in text
    assert "it sets sid: leave `token` out where that is the session" in text
    assert "hidden" not in text
