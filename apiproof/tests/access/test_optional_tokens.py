"""Reads that take a token, and serve whoever shows a bad one like nobody."""

from typing import Annotated, Any

import pytest
from fastapi import Depends, FastAPI, HTTPException
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from apiproof.access import AccessReport, Impact
from apiproof.jwt import decode_unverified
from tests.access.strangers import probed
from tests.apps.members import LENT, PASSWORD, Credentials
from tests.apps.tokens import mint, verify

Given = HTTPAuthorizationCredentials | None


def _probed(flaw: str = "") -> AccessReport:
    app = FastAPI(title="Digests")
    refused: dict[int | str, Any] = {401: {}}
    bearer = HTTPBearer(auto_error=False)

    def named(given: Annotated[Given, Depends(bearer)]) -> str:
        claims = verify(given.credentials, flaw) if given else None
        return str(claims["sub"]) if claims else ""

    def shown(given: Annotated[Given, Depends(bearer)]) -> str:
        if given and decode_unverified(given.credentials) is None:
            raise HTTPException(401, headers={"WWW-Authenticate": "Bearer"})
        return named(given)

    @app.post("/login", responses=refused, operation_id="log_in")
    def log_in(given: Credentials) -> dict[str, str]:
        if given.username not in LENT or given.password != PASSWORD:
            raise HTTPException(401, headers={"WWW-Authenticate": "Bearer"})
        return {"token": mint(given.username, ())}

    @app.get("/digests", responses=refused, operation_id="list_digests")
    def list_digests(name: Annotated[str, Depends(shown)]) -> dict[str, Any]:
        return {"digests": ["one", "two"], **({"reader": name} if name and flaw else {})}

    return probed(app)


def test_a_bad_token_that_counts_as_none_lets_nobody_in() -> None:
    report = _probed()
    assert not report.interrupted
    assert [one.line for one in report.findings if one.severity is not Impact.DEVIATION] == []
    assert any(one.case.startswith("changed-payload") for one in report.findings)


@pytest.mark.parametrize("flaw", ["signature-unverified"])
def test_a_bad_token_that_is_believed_lets_somebody_in(flaw: str) -> None:
    report = _probed(flaw)
    let_in = {one.case for one in report.findings if one.severity is Impact.LET_IN}
    assert any(one.startswith("changed-payload") for one in let_in)
