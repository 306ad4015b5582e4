"""Refusals by rules that no document can state are no findings; those that it could state are."""

from typing import Annotated, Any

import pytest
from fastapi import FastAPI, HTTPException
from pydantic import AfterValidator, BaseModel, FutureDate, model_validator
from schemathesis import Config
from schemathesis.core.failures import Failure
from schemathesis.core.transport import Response
from schemathesis.openapi import from_dict
from schemathesis.openapi.checks import RejectedPositiveData
from starlette.testclient import TestClient

from apiproof.fuzzing.unstated_rules import is_fault


class Range(BaseModel):
    """Two bounds."""

    low: int
    high: int

    @model_validator(mode="after")
    def ordered(self) -> "Range":
        """No document can say this."""
        if self.low > self.high:
            raise ValueError("low is more than high")
        return self


def odd(number: int) -> int:
    assert number % 2, "even"
    return number


app = FastAPI()


@app.post("/range")
def post_range(bounds: Range) -> int:
    return bounds.low


@app.post("/future")
def post_future(day: FutureDate) -> str:
    return str(day)


@app.post("/odd")
def post_odd(number: Annotated[int, AfterValidator(odd)]) -> int:
    return number


@app.post("/code")
def post_code(code: str) -> int:
    raise HTTPException(400, f"{code} was never mailed")


@app.post("/short")
def post_short(text: str) -> int:
    raise HTTPException(422, f"{text} is not to our liking")


@app.get("/plain")
def get_plain() -> int:
    raise HTTPException(400, "no")


def failure_of(method: str, path: str, **request: Any) -> tuple[Failure, Any, Response]:
    """Send a request; return what a check says of its refusal."""
    operation = from_dict(app.openapi(), config=Config())[path][method]
    sent = TestClient(app).request(method, path, **request)
    assert sent.status_code in {400, 422}
    failure = RejectedPositiveData(
        operation=operation.label,
        message="refused",
        status_code=sent.status_code,
        allowed_statuses=["2xx"],
    )
    response = Response(
        status_code=sent.status_code,
        headers={},
        content=sent.content,
        request=sent.request,  # type: ignore[arg-type]  # nothing reads it
        elapsed=0,
        verify=False,
    )
    return failure, operation.Case(), response


@pytest.mark.parametrize(
    ("path", "request_"),
    [
        ("/range", {"json": {"low": 2, "high": 1}}),
        ("/future", {"params": {"day": "1999-01-01"}}),
        ("/odd", {"params": {"number": 2}}),
        ("/code", {"params": {"code": "123456"}}),
    ],
)
def test_no_document_can_say_it(path: str, request_: dict[str, Any]) -> None:
    assert not is_fault(*failure_of("POST", path, **request_))


@pytest.mark.parametrize(
    ("method", "path", "request_"),
    [
        ("POST", "/range", {"json": {"low": 2}}),  # a document can say that `high` is required
        ("POST", "/range", {"json": {"low": "a", "high": 1}}),
        ("POST", "/short", {"params": {"text": "a"}}),  # of another shape than pydantic's
        ("GET", "/plain", {}),  # takes nothing, so that its document declares no 422
    ],
)
def test_a_document_could_have_said_it(method: str, path: str, request_: dict[str, Any]) -> None:
    assert is_fault(*failure_of(method, path, **request_))


def test_other_checks_stay() -> None:
    _, case, response = failure_of("POST", "/odd", params={"number": 2})
    assert is_fault(Failure(operation="POST /odd", title="Other", message="other"), case, response)
