"""What is learnt from documents: how one signs in, and which operation says who one is."""

from typing import Annotated, Any

import pytest
import yaml
from fastapi import Depends, FastAPI
from fastapi.security import OAuth2PasswordBearer, OAuth2PasswordRequestForm
from pydantic import BaseModel

from apiproof.access.account_access import OF_SOMEBODY
from apiproof.access.example_values import ExampleValues
from apiproof.access.fields import identifiers_in
from apiproof.access.identities_file import identities_file
from apiproof.access.own_profile import own_profiles
from apiproof.access.payloads import Hints, PayloadSource
from apiproof.access.requirements import SecurityModel
from tests.access.strangers import identities, probed
from tests.apps.members import Members, add_members


class ByAddress(BaseModel):
    """Who signs up with an address."""

    email: str
    password: str


class ByName(ByAddress):
    """Who signs up with a name, too."""

    username: str


@pytest.mark.parametrize(
    ("body", "name"), [(ByAddress, "alice@example.com"), (ByName, "alice")], ids=["address", "name"]
)
def test_who_signs_up_by_address_signs_in_by_address(body: type[BaseModel], name: str) -> None:
    app = FastAPI()
    bearer = OAuth2PasswordBearer(tokenUrl="token")
    Form = Annotated[OAuth2PasswordRequestForm, Depends()]  # noqa: N806  # a type

    @app.post("/users")
    def sign_up(new: body) -> None: ...  # type: ignore[valid-type]

    @app.post("/token")
    def log_in(given: Form) -> None: ...

    @app.get("/things", dependencies=[Depends(bearer)])
    def things() -> None: ...

    document: dict[str, Any] = yaml.safe_load(identities_file(app.openapi()))
    given = document["auth"][0]["loginEndpointAuth"]["payloadUserPwd"]
    assert given == {"username": name, "password": "FILL IN"}


USER = {"type": "object", "properties": {"id": {"type": "integer"}, "email": {"type": "string"}}}
PLAIN = {"type": "object", "properties": {"title": {"type": "string"}}}


@pytest.mark.parametrize(
    ("path", "more", "schema", "is_own"),
    [
        ("/me", {}, PLAIN, True),
        ("/identity", {"summary": "Who am I"}, PLAIN, True),
        ("/identity", {"operationId": "get_current_user"}, PLAIN, True),
        ("/identity", {}, USER, True),
        ("/identity", {}, PLAIN, False),
        ("/people", {}, {"type": "array", "items": USER}, False),
        ("/page", {}, {"properties": {"data": {"type": "array", "items": USER}}}, False),
    ],
)
def test_own_profiles_are_known_by_path_words_and_answers(
    path: str, more: dict[str, Any], schema: dict[str, Any], *, is_own: bool
) -> None:
    answer = {"200": {"content": {"application/json": {"schema": schema}}}}
    operation = {"operationId": "x", "security": [{"T": []}], "responses": answer, **more}
    document = {
        "paths": {path: {"get": operation}},
        "components": {"securitySchemes": {"T": {"type": "http", "scheme": "bearer"}}},
    }
    payloads = PayloadSource(document, ExampleValues(document), Hints())
    assert bool(own_profiles(SecurityModel(document), payloads)) is is_own


def test_a_login_that_fails_leaves_a_report() -> None:
    members, app = Members(), FastAPI()
    members.add("ada", "another password")
    add_members(app, members, {401: {}, 403: {}})
    report = probed(app, identities())
    assert "The login of 'ada' answered 403" in report.interrupted
    assert report.left_behind == []


@pytest.mark.parametrize(
    ("path", "is_somebodys"),
    [
        ("/users/{id}/orders", True),
        ("/customers/v2/{key}/cards", True),
        ("/orders/{customer_id}", True),
        ("/documents/{document_id}", False),
        ("/orders/{id}", False),
    ],
)
def test_whose_a_path_is_stands_in_it(path: str, *, is_somebodys: bool) -> None:
    assert bool(OF_SOMEBODY.search(path)) is is_somebodys


def test_a_login_says_who_one_is_and_its_token_has_an_id_of_its_own() -> None:
    answer = {"access": {"token": {"id": "b0c5fb"}, "user": {"id": 7, "name": "ada"}}}
    assert identifiers_in(answer) == {"id": "7"}
