"""A finding's request, sent again: still there, gone, or not to be told."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import pytest
from fastapi import Depends, FastAPI, HTTPException
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from apiproof import cli
from apiproof.access import probe_service
from apiproof.environment import Environment
from apiproof.error_findings import error_findings
from apiproof.jwt import decode_unverified
from apiproof.reporting import (
    Finding,
    HttpRequest,
    HttpResponse,
    Severity,
    build_report,
    step_result,
)
from apiproof.reporting.formats import as_json
from apiproof.service import Service

SERVICE = "tests.apps.fuzzed:SERVICE"


def careless() -> FastAPI:
    """Build an application that trusts a claim to be there."""
    app = FastAPI()
    scheme = HTTPBearer()

    @app.get("/me", operation_id="me")
    def me(found: Annotated[HTTPAuthorizationCredentials, Depends(scheme)]) -> str:
        token = decode_unverified(found.credentials)
        if token is None:
            raise HTTPException(401)
        return str(token.claims["client_id"])

    return app


CARELESS = Service(careless, name="x", database=False)
JSON = {"content-type": "application/json"}


def replayed(folder: Path, request: HttpRequest) -> int | str | None:
    """The exit code of `replay` for a request that was answered 500."""
    finding = Finding(
        id="errors/no_server_error/here",
        check="no_server_error",
        severity=Severity.HIGH,
        operation="",
        message="500",
        request=request,
        response=HttpResponse(500),
    )
    report = build_report("x", datetime.now(UTC), [step_result("errors", {"n": 1}, [finding])])
    path = folder / "report.json"
    path.write_text(as_json(report), encoding="utf-8")
    with pytest.raises(SystemExit) as ended:
        cli.main(["replay", finding.id, "--report", str(path), "--service", SERVICE])
    return ended.value.code


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        (HttpRequest("POST", "http://t/things", JSON, '{"name": "a", "size": 950}'), 1),
        (HttpRequest("POST", "http://t/things", JSON, '{"name": "a", "size": 1}'), 0),
        (HttpRequest("GET", "http://t/things/999999"), 2),  # it was there when it was reported
    ],
)
def test_a_request_is_sent_again(tmp_path: Path, request_: HttpRequest, code: int) -> None:
    assert replayed(tmp_path, request_) == code


def test_a_500_that_only_a_forged_token_meets_is_still_there(tmp_path: Path) -> None:
    with Environment.open(CARELESS) as env:
        probe_service(CARELESS, env)
        [finding] = error_findings(env.server_errors, env.document)
    report = build_report("x", datetime.now(UTC), [step_result("errors", {"n": 1}, [finding])])
    path = tmp_path / "report.json"
    path.write_text(as_json(report), encoding="utf-8")
    name = f"{__name__}:CARELESS"
    with pytest.raises(SystemExit) as ended:
        cli.main(["replay", finding.id, "--report", str(path), "--service", name])
    assert ended.value.code == 1
