"""Accounts of small applications: sign-ups, their confirmation, profiles and their end."""

import itertools
from typing import Any

import pytest
from fastapi import FastAPI, Request, Response

from apiproof.access import credentials, http
from tests.access.strangers import assert_found, probed
from tests.apps import members as people
from tests.apps.members import LENT, Members, add_members

DECLARED: dict[int | str, dict[str, object]] = {401: {}, 403: {}, 404: {}, 409: {}}


def _app(flaw: str = "", *, confirms: bool = False) -> tuple[FastAPI, Members]:
    members = Members(flaw=flaw)
    for name in LENT:
        members.add(name)
    app = FastAPI(title="Members")
    add_members(app, members, DECLARED, confirms=confirms)
    return app, members


@pytest.fixture(autouse=True)
def _no_grace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(credentials, "GRACE", 0.0)


def test_a_change_that_ignores_a_role_is_no_finding() -> None:
    app, members = _app()
    report = probed(app)
    assert not report.interrupted
    assert [finding.line for finding in report.findings] == []
    entered = {cell.operation_id for cell in report.cells if cell.case == "valid"}
    assert {"read_me", "change_me", "log_out", "delete_me"} <= entered
    # Of what was made, only accounts stay whose password nobody noted.
    assert {name for name in members.people if not name.startswith("sample")} == set(LENT)
    assert {members.people[name].email for name in LENT} == {f"{name}@example.com" for name in LENT}


@pytest.mark.parametrize("flaw", people.FLAWS)
def test_a_flaw_is_found(flaw: str) -> None:
    app, _ = _app(flaw)
    expected = people.FLAWS[flaw]
    assert_found(probed(app, checks=(expected.partition("/")[0],)), expected)


def test_an_account_that_has_to_be_confirmed_is_told_in_one_line() -> None:
    app, _ = _app(confirms=True)
    report = probed(app)
    assert [finding.line for finding in report.findings] == []
    assert report.note == (
        "no accounts of the run's own: a new account has to be confirmed first (POST /confirm)"
    )
    assert "read_me" in {cell.operation_id for cell in report.cells if cell.case == "valid"}


def test_a_service_that_limits_requests_is_told_in_one_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(http, "MAX_WAIT", 0.0)
    monkeypatch.setattr(http, "_wait", lambda _response: 0.01)
    app, _ = _app()
    seen = itertools.count()

    @app.middleware("http")
    async def limit(request: Request, go_on: Any) -> Any:
        return Response(status_code=429) if next(seen) > 60 else await go_on(request)

    report = probed(app)
    assert [finding.line for finding in report.findings] == []
    assert report.note == (
        "no more accounts of the run's own: POST /signup answered 429; "
        "the service limits requests (429): raise its limit for the run, or name less"
    )


def test_an_operation_that_goes_on_answering_429_is_not_waited_for_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    waited: list[float] = []
    monkeypatch.setattr("apiproof.access.http.time.sleep", waited.append)
    app, _ = _app()

    @app.get("/chat", operation_id="chat")
    def chat() -> Response:
        return Response(status_code=429, headers={"Retry-After": "3600"})

    report = probed(app)
    assert sum(waited) <= http.MAX_VAIN_WAIT + http.MAX_RETRY_DELAY
    assert "read_me" in {cell.operation_id for cell in report.cells if cell.case == "valid"}
