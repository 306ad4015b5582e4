"""What lent users alone show: open reads, a signing key in an answer, and who was not needed."""

import base64
import secrets
import time
from typing import Annotated, Any

import pytest
from fastapi import Depends, FastAPI, Form, HTTPException
from fastapi.security import OAuth2PasswordBearer
from pydantic import BaseModel

from apiproof.access import AccessReport
from apiproof.access.http import Request, Response
from apiproof.access.identities_file import identities_file
from apiproof.access.keys import ShownKeys
from apiproof.access.role_words import is_for_admins
from apiproof.jwt import RequestAuth, decode_unverified, sign_hmac
from apiproof.jwt.guessing import guess_secret
from apiproof.openapi.document import operations
from tests.access.strangers import identities, probed
from tests.apps.members import LENT, PASSWORD

NUMBERS = {name: number for number, name in enumerate(LENT, 11)}
CHALLENGE = {"WWW-Authenticate": 'Bearer error="invalid_token"'}


class SignIn(BaseModel):
    username: str
    password: str


def create_staff(flaw: str = "") -> FastAPI:  # noqa: C901  # its operations share the key
    """Return an API of people without a sign-up, whose rights are refused with 401."""
    app, key = FastAPI(title="Staff"), secrets.token_bytes(32)

    def caller(token: Annotated[str, Depends(OAuth2PasswordBearer("login"))]) -> int:
        parsed = decode_unverified(token)
        if parsed is None or sign_hmac(parsed.header, parsed.claims, key) != token:
            raise HTTPException(401, headers=CHALLENGE)
        if parsed.claims.get("exp", 0) < time.time():
            raise HTTPException(401, headers=CHALLENGE)
        return int(parsed.claims["id"])

    caller_is = Annotated[int, Depends(caller)]

    @app.post("/old/login")
    def log_in_once(username: Annotated[str, Form()], password: Annotated[str, Form()]) -> None:
        raise HTTPException(410, f"{username}{len(password)}")

    @app.post("/login")
    def log_in(said: SignIn) -> dict[str, str]:
        if said.username not in NUMBERS or said.password != PASSWORD:
            raise HTTPException(404, "no such user or password")
        claims = {"sub": said.username, "id": NUMBERS[said.username], "exp": time.time() + 900}
        return {"token": sign_hmac({"alg": "HS256", "typ": "JWT"}, claims, key)}

    @app.get("/collaborators/{id}")
    def read_collaborator(id: int) -> dict[str, Any]:  # noqa: A002  # as the path has it
        if id not in NUMBERS.values():
            raise HTTPException(404)
        return {"id": id, "annual_salary": 1000 * id} if flaw == "open-salary" else {"id": id}

    @app.get("/about")
    def read_about(number: caller_is) -> dict[str, Any]:
        shown = base64.b64encode(key).decode() if flaw == "key-shown" else "HS256"
        return {"signing": shown, "you": number}

    @app.get("/reports", responses={401: {}})
    def read_reports(number: caller_is) -> None:
        raise HTTPException(401, f"{number} may not", CHALLENGE)

    return app


def _probed(flaw: str = "") -> AccessReport:
    return probed(create_staff(flaw), identities())


def test_who_was_only_asked_where_rights_are_lacking_is_not_called_unknown() -> None:
    report = _probed()
    assert report.refused_users == {}
    assert [one.line for one in report.findings] == []


@pytest.mark.parametrize(
    ("flaw", "expected"),
    [
        ("open-salary", "ownership_enforced/read_collaborator_collaborators__id__get/"),
        ("key-shown", "keys_are_strong/read_about_about_get/shown"),
    ],
)
def test_a_flaw_is_found_without_accounts_of_the_runs_own(flaw: str, expected: str) -> None:
    found = [one.id for one in _probed(flaw).findings]
    assert any(one.startswith(expected) for one in found), found


def test_the_login_that_the_document_names_comes_before_one_that_ends_like_it() -> None:
    text = identities_file(create_staff().openapi())
    assert "endpoint: /login\n" in text


def test_only_the_secret_of_the_token_that_was_sent_is_a_key_that_is_shown() -> None:
    token = sign_hmac({"alg": "HS256"}, {"sub": "ada"}, b"correct-horse")
    auth = RequestAuth(headers={"Authorization": f"Bearer {token}"})
    document = {"paths": {"/x": {"get": {"operationId": "x", "responses": {"200": {}}}}}}
    [operation] = operations(document)
    for text, is_found in (("correct-horse", True), ("another-horse", False), (token, False)):
        answer = Response(200, {}, f'{{"is": "{text}"}}')
        found = list(ShownKeys().findings(operation, Request(operation), auth, answer))
        assert [one.case for one in found] == ["shown"] * is_found


def test_a_word_that_a_library_takes_for_base64_is_guessed() -> None:
    key = base64.b64decode("secret==")
    assert guess_secret(sign_hmac({"alg": "HS256"}, {"sub": "ada"}, key)) == key


@pytest.mark.parametrize(
    ("path", "is_kept"),
    [
        ("/limited_to_admin", True),
        ("/v1/admins-only", True),
        ("/for-admin/report", True),
        ("/photo-administrator", False),
        ("/talk-to-administration", False),
        ("/depots/{id}/limited_to_admin", False),
    ],
)
def test_a_path_says_that_only_administrators_may(path: str, is_kept: bool) -> None:  # noqa: FBT001
    document = {"paths": {path: {"get": {"operationId": "x", "responses": {"200": {}}}}}}
    [operation] = operations(document)
    assert is_for_admins(operation) is is_kept


@pytest.mark.parametrize(
    ("path", "text", "is_kept"),
    [
        ("/projects/{id}/members/{name}", "Set the role of a member. Project admins only.", False),
        ("/projects/{id}/members/{name}", "Only admins of the project", False),
        ("/companies/{id}/report", "Only for company administrators", False),
        ("/projects/{id}", "Admins only.", True),
        ("/reports", "Administrators only", True),
        ("/users/{id}", "Removes a user. Restricted to administrators.", True),
    ],
)
def test_words_about_the_administrators_of_one_object_are_no_rule_for_all(
    path: str, text: str, *, is_kept: bool
) -> None:
    """Whoever makes a project is its administrator, a new account too."""
    get: dict[str, Any] = {"operationId": "x", "description": text, "responses": {"200": {}}}
    document = {"paths": {path: {"get": get}}}
    [operation] = operations(document)
    assert is_for_admins(operation) is is_kept
