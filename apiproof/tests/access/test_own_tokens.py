"""A new token of who asks is no leak; a sign-up says what it must, and what nobody else gives."""

from typing import Any

from apiproof.access.example_values import ExampleValues
from apiproof.access.payloads import Hints, PayloadSource
from apiproof.access.secret_leaks import without_own_tokens
from apiproof.access.sign_up_body import NewAccount, sign_up_body
from apiproof.jwt import RequestAuth, sign_hmac
from apiproof.openapi.document import operations


def _token(name: str, ends: int) -> str:
    return sign_hmac({"alg": "HS256"}, {"sub": name, "exp": ends}, b"key")


def test_a_new_token_of_who_asks_is_left_out_and_others_stay() -> None:
    held = _token("ada", 1)
    auth = RequestAuth(headers={"Authorization": f"Bearer {held}"})
    others = [_token("eve", 2), held, "text"]
    body = {"user": {"token": _token("ada", 2)}, "others": others}
    assert without_own_tokens(body, auth) == {"user": {"token": ""}, "others": others}
    assert without_own_tokens(body, RequestAuth()) == body


def test_a_new_token_of_who_changed_the_password_is_their_own_whatever_else_it_says() -> None:
    held, new = (
        sign_hmac({"alg": "HS256"}, {"sub": "ada", "generation": number}, b"key")
        for number in (1, 2)
    )
    auth = RequestAuth(headers={"Authorization": f"Token {held}"})
    assert without_own_tokens({"token": new}, auth) == {"token": ""}


def test_a_sign_up_leaves_out_what_has_a_default_and_what_only_others_give() -> None:
    text: dict[str, Any] = {"type": "string"}
    schema = {
        "type": "object",
        "required": ["username", "password"],
        "properties": {
            **dict.fromkeys(("username", "password", "group", "inviteToken"), text),
            **{name: {**text, "default": ""} for name in ("phone", "about")},
            "mobile": {**text, "default": "none"},
            "locale": {**text, "default": "en-US"},
        },
    }
    content = {"application/json": {"schema": schema}}
    document = {"paths": {"/signup": {"post": {"requestBody": {"content": content}}}}}
    [operation] = operations(document)
    payloads = PayloadSource(document, ExampleValues(document, "abc"), Hints())
    body = sign_up_body(payloads, operation, NewAccount("probe", "abc123", 1, "Pr0be!x"))
    told_apart_by = {"phone", "about", "mobile"}
    assert body.keys() == {"username", "password", "group", *told_apart_by}
