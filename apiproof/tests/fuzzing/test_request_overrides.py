"""Requests that only an override makes succeed: their refusal is no finding, others' is."""

from typing import Any

import pytest
from fastapi import FastAPI, HTTPException
from pydantic import BaseModel
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import Status, events, from_schema
from schemathesis.openapi import from_asgi

from apiproof.fuzzing.request_overrides import accept_refusals

CONFIG: dict[str, Any] = {
    "seed": 1,
    "generation": {"max-examples": 5, "mode": "positive"},
    "phases": {"stateful": {"enabled": False}, "coverage": {"enabled": False}},
}


class Credentials(BaseModel):
    username: str
    password: str


def application() -> FastAPI:
    app = FastAPI()

    @app.post("/login", operation_id="login")
    def login(sent: Credentials) -> None:
        raise HTTPException(400, f"Incorrect username or password: {sent.username!r}")

    @app.post("/rooms", operation_id="open_room")
    def open_room(sent: Credentials) -> None:
        raise HTTPException(400, f"No such room: {sent.username!r}")

    @app.post("/teapot", operation_id="brew")
    def brew(sent: Credentials) -> None:
        raise HTTPException(418, f"No coffee for {sent.username!r}")

    return app


def refused(overridden: list[str], config: dict[str, Any] = CONFIG) -> set[str]:
    """The operations of which a valid request's refusal is a failure."""
    schema: Any = from_asgi(
        "/openapi.json", application(), config=SchemathesisConfig.from_dict(config)
    )
    accept_refusals(schema, overridden)
    return {
        str(event.label)
        for event in from_schema(schema).execute()
        if isinstance(event, events.ScenarioFinished)
        for checks in event.recorder.checks.values()
        for check in checks
        if check.name == "positive_data_acceptance" and check.status == Status.FAILURE
    }


@pytest.mark.parametrize(
    ("overridden", "failures"),
    [
        ([], {"POST /login", "POST /rooms", "POST /teapot"}),
        (["login"], {"POST /rooms", "POST /teapot"}),
        (["login", "brew"], {"POST /rooms", "POST /teapot"}),
    ],
)
def test_a_login_that_refuses_what_nobody_knows_is_no_failure(
    overridden: list[str], failures: set[str]
) -> None:
    assert refused(overridden) == failures


def test_statuses_that_a_project_expects_stay() -> None:
    expects = {"positive_data_acceptance": {"expected-statuses": ["2xx", "418"]}}
    assert refused(["login"], {**CONFIG, "checks": expects}) == {"POST /rooms"}
