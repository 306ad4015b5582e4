"""Logins that are answered with a challenge: init recognises who answers it, and writes how."""

import os
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from fastapi import FastAPI
from pydantic import BaseModel

from apiproof.environment import Environment
from apiproof.init.files import Plan, service_file
from apiproof.init.recognition import recognise
from apiproof.init.source import SourceFacts
from apiproof.service import Service

VARIABLES = {"CHALLENGES_CLIENT": "{client_id}"}
CLIENT = {"GenerateSecret": False, "ExplicitAuthFlows": ["ALLOW_USER_PASSWORD_AUTH"]}


class Login(BaseModel):
    username: str
    password: str


class Tokens(BaseModel):
    access_token: str


class Challenge(BaseModel):
    challenge: str
    auth_session: str


class NewPassword(BaseModel):
    username: str
    new_password: str
    session: str


class Passwords(BaseModel):
    username: str
    temporary_password: str
    new_password: str


class SecondFactor(BaseModel):
    username: str
    mfa_code: str
    session_id: str


def application() -> FastAPI:
    app = FastAPI()
    aws = boto3.client("cognito-idp", region_name="us-east-1")
    client = {"ClientId": os.environ["CHALLENGES_CLIENT"]}

    def answer(given: dict[str, Any]) -> Tokens | Challenge:
        if name := given.get("ChallengeName"):
            return Challenge(challenge=name, auth_session=given["Session"])
        return Tokens(access_token=given["AuthenticationResult"]["AccessToken"])

    def respond(name: str, session: str, **given: str) -> Tokens | Challenge:
        return answer(
            aws.respond_to_auth_challenge(
                **client, ChallengeName=name, Session=session, ChallengeResponses=given
            )
        )

    @app.post("/auth/login", operation_id="login")
    def login(body: Login) -> Tokens | Challenge:
        given = {"USERNAME": body.username, "PASSWORD": body.password}
        flow = "USER_PASSWORD_AUTH"
        return answer(aws.initiate_auth(**client, AuthFlow=flow, AuthParameters=given))

    @app.post("/auth/respond-to-challenge", operation_id="new_password")
    def new_password(body: NewPassword) -> Tokens | Challenge:
        given = {"USERNAME": body.username, "NEW_PASSWORD": body.new_password}
        return respond("NEW_PASSWORD_REQUIRED", body.session, **given)

    @app.post("/auth/mfa/verify", operation_id="second_factor")
    def second_factor(body: SecondFactor) -> Tokens | Challenge:
        given = {"USERNAME": body.username, "SOFTWARE_TOKEN_MFA_CODE": body.mfa_code}
        return respond("SOFTWARE_TOKEN_MFA", body.session_id, **given)

    return app


def at_once() -> FastAPI:
    """Build an application that takes both passwords at once, and signs in with the first."""
    app = FastAPI()
    routes: list[Any] = list(application().routes)
    [login] = [each for each in routes if getattr(each, "path", "") == "/auth/login"]
    [answer] = [each for each in routes if "respond" in getattr(each, "path", "")]
    app.router.routes.append(login)

    @app.post("/user/change-password", operation_id="new_password")
    def change(body: Passwords) -> Tokens | Challenge:
        known = {"username": body.username}
        given = login.endpoint(Login(**known, password=body.temporary_password))
        new = NewPassword(**known, new_password=body.new_password, session=given.auth_session)
        done: Tokens | Challenge = answer.endpoint(new)
        return done

    return app


@pytest.mark.parametrize(
    ("make", "purpose"),
    [(application, "new_password"), (application, "second_factor"), (at_once, "new_password")],
)
def test_what_init_writes_answers_the_challenge(make: Any, purpose: str) -> None:
    service = Service(make, database=False, variables=VARIABLES, pool_client=CLIENT)
    with Environment.open(service) as env:
        found = recognise(env.document)
        scope: dict[str, Any] = {}
        exec(service_file(Plan("app:app", None, SourceFacts(), found=found)), scope)  # noqa: S102
        request = SimpleNamespace(body=None)
        scope["SERVICE"].request_overrides[purpose](env, request)
        response = env.client.request("POST", found[purpose].operation.path, json=request.body)
    assert response.status_code == 200
    assert "access_token" in response.json()
    assert {"login", "new_password"} <= set(found) <= {"login", "new_password", "second_factor"}
