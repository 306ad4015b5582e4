"""Fuzzed requests meet rows that exist: in each phase, nested, and for another account."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from fastapi import FastAPI, HTTPException
from schemathesis.core import NOT_SET
from schemathesis.core.parameters import ParameterLocation
from schemathesis.generation import GenerationMode
from schemathesis.generation.meta import (
    CaseMetadata,
    ComponentInfo,
    CoveragePhaseData,
    CoverageScenario,
    GenerationInfo,
    PhaseInfo,
    TestPhase,
)

from apiproof.fuzzing.existing_objects import ExistingObjects
from tests.apps.drawers import build
from tests.fuzzing.command import fuzz

DRAWER = "/cabinets/{cabinet_id}/drawers/{drawer_id}"
NOBODY = dict.fromkeys(("cabinet_id", "drawer_id"), "00000000-0000-4000-8000-000000000000")


@pytest.mark.parametrize("phase", ["coverage", "fuzzing"])
@pytest.mark.parametrize(("version", "is_found"), [("FLAWED", True), ("RIGHT", False)])
def test_a_fault_at_objects_that_exist_is_found(
    tmp_path: Path, version: str, phase: str, *, is_found: bool
) -> None:
    words = f"--service tests.apps.drawers:{version} --shard 1/1 --phases {phase}"
    checks = "--checks not_a_server_error --max-examples 60 --generation-deterministic"
    done = fuzz(tmp_path, *words.split(), *checks.split())
    assert ("Server error" in done.stdout) == is_found, done.stdout + done.stderr
    assert is_found or "Missing test data" not in done.stdout


class Signed:
    """Tokens `name-scope` of whoever is signed in."""

    def __init__(self) -> None:
        self.name = "ada"

    def __call__(self, _operation: Any) -> str:
        return self.name

    def owner_of(self, *holders: Mapping[str, object] | None) -> str:
        headers = holders[0] or {}
        return str(headers.get("Authorization", "")).removeprefix("Bearer ")


class RecordedService:
    """An application, and the requests of a run at it."""

    def __init__(self, app: FastAPI | None = None) -> None:
        app = app or build(is_careful=True)
        document = app.openapi()
        for path in document["paths"].values():
            for operation in path.values():
                operation["security"] = [{"bearer": []}]
        document.setdefault("components", {})["securitySchemes"] = {
            "bearer": {"type": "http", "scheme": "bearer"}
        }
        app.openapi_schema = document
        self.schema = schemathesis.openapi.from_asgi(
            "/openapi.json", app, config=schemathesis.Config()
        )
        self.tokens = Signed()
        self.objects = ExistingObjects(document, self.tokens)

    def send(self, path: str, method: str, body: Any, **values: str) -> int:
        operation = self.schema[path][method]
        case = operation.Case(
            path_parameters=values,
            headers={"Authorization": f"Bearer {self.tokens.name}"},
            body=body,
            media_type=None if body is NOT_SET else "application/json",
            _meta=_meta(),
        )
        self.objects.apply(case)
        response = case.call()
        self.objects.notice(case, response)
        return int(response.status_code)

    def fill(self) -> None:
        assert self.send("/cabinets", "POST", {"name": "oak"}) == 201
        assert self.send("/cabinets/{cabinet_id}/drawers", "POST", {"name": "top"}, **NOBODY) == 201


def _meta() -> Any:
    data = CoveragePhaseData(
        CoverageScenario.VALID_NUMBER, "", None, "width", ParameterLocation.BODY
    )
    return CaseMetadata(
        generation=GenerationInfo(time=0.0, mode=GenerationMode.POSITIVE),
        components={ParameterLocation.PATH: ComponentInfo(mode=GenerationMode.POSITIVE)},
        phase=PhaseInfo(name=TestPhase.COVERAGE, data=data),
    )


def test_nested_objects_are_named_with_what_they_are_in() -> None:
    tested = RecordedService()
    tested.fill()
    assert tested.send(DRAWER, "PATCH", {"width": 1}, **NOBODY) == 200


def test_what_was_deleted_is_made_anew() -> None:
    tested = RecordedService()
    tested.fill()
    for _ in range(3):
        assert tested.send(DRAWER, "DELETE", NOT_SET, **NOBODY) == 204
    assert tested.send(DRAWER, "PATCH", {"width": 1}, **NOBODY) == 200


def test_what_is_made_without_a_body_is_made_anew() -> None:
    app = FastAPI()
    tickets = {0}

    @app.post("/tickets", status_code=201)
    def make() -> dict[str, int]:
        tickets.add(max(tickets) + 1)
        return {"id": max(tickets)}

    @app.delete("/tickets/{ticket_id}", status_code=204)
    def delete(ticket_id: int) -> None:
        if not ticket_id or ticket_id not in tickets:
            raise HTTPException(404)
        tickets.remove(ticket_id)

    tested = RecordedService(app)
    assert tested.send("/tickets", "POST", NOT_SET) == 201
    for _ in range(2):
        assert tested.send("/tickets/{ticket_id}", "DELETE", NOT_SET, ticket_id="99") == 204


def test_another_account_gets_objects_of_its_own() -> None:
    tested = RecordedService()
    tested.fill()
    tested.tokens.name = "bob"
    assert tested.send(DRAWER, "PATCH", {"width": 1}, **NOBODY) == 200


def test_without_a_creation_requests_stay_as_they_are() -> None:
    tested = RecordedService()
    assert tested.send(DRAWER, "PATCH", {"width": 1}, **NOBODY) == 404


def test_who_is_not_signed_in_gets_nothing() -> None:
    tested = RecordedService()
    tested.fill()
    tested.tokens.name = ""
    assert tested.send(DRAWER, "PATCH", {"width": 1}, **NOBODY) == 404
