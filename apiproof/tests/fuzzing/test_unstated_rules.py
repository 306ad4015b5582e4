"""Refusals by rules that no document can state are no findings; those that it could state are."""

import json
import uuid
from datetime import date, time
from typing import Annotated, Any

import pytest
from fastapi import FastAPI, Form, HTTPException, UploadFile
from pydantic import AfterValidator, BaseModel, Field, FutureDate, model_validator
from schemathesis import Config
from schemathesis.core.failures import AcceptedNegativeData, Failure
from schemathesis.core.parameters import ParameterLocation
from schemathesis.core.transport import Response
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
from schemathesis.openapi import from_dict
from schemathesis.openapi.checks import MissingHeaderNotRejected, RejectedPositiveData
from starlette.testclient import TestClient

from apiproof.fuzzing.unstated_rules import FailureFilter

is_fault = FailureFilter().is_fault


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


class Hour(BaseModel):
    """A moment of a day."""

    at: time


class Plan(BaseModel):
    """What pydantic converts."""

    day: date
    done: bool
    hours: list[Hour]
    size: int | None = Field(default=None, le=100)


@app.post("/plan")
def post_plan(plan: Plan) -> str:
    return str(plan.day)


@app.post("/file")
def post_file(file: UploadFile, pages: Annotated[int, Form()] = 1) -> int:
    return pages + len(file.filename or "")


@app.get("/things/{thing}")
def get_thing(thing: uuid.UUID) -> str:
    return str(thing)


@app.get("/plain")
def get_plain() -> int:
    raise HTTPException(400, "no")


def answered(sent: Any) -> Response:
    """An answer as Schemathesis has it."""
    return Response(
        status_code=sent.status_code,
        headers={},
        content=sent.content,
        request=sent.request,
        elapsed=0,
        verify=False,
    )


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
    return failure, operation.Case(), answered(sent)


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


STATED = {"loc": ["x"], "msg": "Field required", "type": "missing"}
RULE = {"loc": ["x"], "msg": "Value error, low is more than high", "type": "value_error"}


@pytest.mark.parametrize(
    ("answer", "is_found"),
    [
        ({"details": [RULE]}, False),
        ({"error": {"fields": [RULE]}}, False),
        ([RULE], False),
        ({"errors": {"x": [RULE["msg"]]}}, False),
        ({"message": f"x: {RULE['msg']}", "details": [RULE]}, False),
        ({"details": [RULE, STATED]}, True),
        ({"errors": {"x": ["Field required"]}}, True),
        ({"type": "about:blank", "title": "Unprocessable Content"}, True),  # RFC 9457
        ({"details": [{"type": "validation_error", "input": RULE["msg"]}]}, True),  # as was sent
    ],
)
def test_handlers_of_a_project_give_errors_other_names(answer: Any, *, is_found: bool) -> None:
    failure, case, response = failure_of("POST", "/range", json={"low": 2, "high": 1})
    response.content = json.dumps(answer).encode()
    assert is_fault(failure, case, response) is is_found


@pytest.mark.parametrize(
    ("body", "is_found"),
    [({"file": "a", "pages": None}, False), ({"file": "a", "pages": "many"}, True)],
)
def test_a_form_cannot_say_null(body: Any, *, is_found: bool) -> None:
    """Schemathesis sends the word instead."""
    words = {name: "null" if value is None else value for name, value in body.items()}
    failure, case, response = failure_of("POST", "/file", data=words)
    case.body, case.media_type = body, "multipart/form-data"
    assert is_fault(failure, case, response) is is_found


@pytest.mark.parametrize(
    ("header", "status", "is_found"),
    [
        ("Authorization", 403, False),  # FastAPI before 0.122; the access checks speak of it
        ("Authorization", 200, True),
        ("X-Request-Id", 403, True),
    ],
)
def test_a_refusal_without_a_credential_is_left_to_the_access_checks(
    header: str, status: int, *, is_found: bool
) -> None:
    _, _, response = failure_of("POST", "/odd", params={"number": 2})
    response.status_code = status
    place = ParameterLocation.HEADER
    data = CoveragePhaseData(CoverageScenario.MISSING_PARAMETER, "", header, header, place)
    meta = CaseMetadata(
        generation=GenerationInfo(time=0.0, mode=GenerationMode.NEGATIVE),
        components={place: ComponentInfo(mode=GenerationMode.NEGATIVE)},
        phase=PhaseInfo(name=TestPhase.COVERAGE, data=data),
    )
    case = from_dict(app.openapi(), config=Config())["/odd"]["POST"].Case(_meta=meta)
    failure = MissingHeaderNotRejected(
        operation="POST /odd", header_name=header, status_code=status, expected_statuses=[401],
        message="missing",
    )  # fmt: skip
    assert is_fault(failure, case, response) is is_found
    taken = AcceptedNegativeData(
        operation="POST /odd", message="taken", status_code=status, expected_statuses=["4xx"]
    )
    assert is_fault(taken, case, response) is (header != "Authorization")


def test_other_checks_stay() -> None:
    _, case, response = failure_of("POST", "/odd", params={"number": 2})
    assert is_fault(Failure(operation="POST /odd", title="Other", message="other"), case, response)


def accepted(path: str, **values: Any) -> tuple[Failure, Any, Response]:
    """A request that breaks the schema, and was taken."""
    operation = from_dict(app.openapi(), config=Config())[path]["POST"]
    failure = AcceptedNegativeData(
        operation=operation.label, message="taken", status_code=200, expected_statuses=["422"]
    )
    _, _, response = failure_of("POST", "/odd", params={"number": 2})
    return failure, operation.Case(**values), response


def body(**values: Any) -> dict[str, Any]:
    return {"body": values, "media_type": "application/json"}


@pytest.mark.parametrize(
    ("path", "values"),
    [
        ("/range", body(low="1", high=2.0)),
        ("/plan", body(day=0, done="on", hours=[{"at": 3600}])),
        ("/future", {"query": {"day": 0}}),
        ("/file", {"body": {"file": True}, "media_type": "multipart/form-data"}),  # as text
        ("/file", {"body": {"file": "a", "pages": 2.0}, "media_type": "multipart/form-data"}),
    ],
)
def test_what_pydantic_converts_is_no_fault(path: str, values: dict[str, Any]) -> None:
    assert not is_fault(*accepted(path, **values))


@pytest.mark.parametrize(
    ("path", "values"),
    [
        ("/range", body(low=1)),  # a field is missing
        ("/range", body(low=1, high="two")),
        ("/plan", body(day="tomorrow", done=True, hours=[])),
        ("/plan", body(day="2026-01-31", done=True, hours=[], size="900")),  # beyond a bound
        ("/future", {"query": {"day": "2026-01-31", "other": 1}}),
        ("/file", {"body": {"pages": 1}, "media_type": "multipart/form-data"}),
        ("/file", {"body": {"file": "a", "pages": True}, "media_type": "multipart/form-data"}),
    ],
)
def test_what_it_refuses_and_the_service_took_is_one(path: str, values: dict[str, Any]) -> None:
    assert is_fault(*accepted(path, **values))


def test_an_identifier_of_another_kind_makes_no_valid_request() -> None:
    operation = from_dict(app.openapi(), config=Config())["/things/{thing}"]["GET"]
    failure = RejectedPositiveData(
        operation=operation.label, message="refused", status_code=422, allowed_statuses=["2xx"]
    )
    response = answered(TestClient(app).get("/things/5"))
    assert not is_fault(failure, operation.Case(path_parameters={"thing": 5}), response)
    fitting = operation.Case(path_parameters={"thing": str(uuid.uuid4())})
    assert is_fault(failure, fitting, response)


def test_the_documents_own_dialect_is_read() -> None:
    """`nullable` is a word of OpenAPI 3.0: null breaks no schema there."""
    size = {"type": "integer", "nullable": True}
    schema = {"type": "object", "properties": {"size": size}, "required": ["size"]}
    request = {"content": {"application/json": {"schema": schema}}}
    answers = {"200": {"description": "OK"}, "422": {"description": "no"}}
    document = {
        "openapi": "3.0.3",
        "info": {"title": "t", "version": "1"},
        "paths": {"/size": {"post": {"requestBody": request, "responses": answers}}},
    }
    operation = from_dict(document, config=Config())["/size"]["POST"]
    failure = AcceptedNegativeData(
        operation=operation.label, message="taken", status_code=200, expected_statuses=["422"]
    )
    _, _, response = failure_of("POST", "/odd", params={"number": 2})
    assert not is_fault(failure, operation.Case(**body(size=None)), response)


def test_a_schema_that_cannot_be_used_hides_no_fault() -> None:
    document = app.openapi() | {"paths": {"/range": app.openapi()["paths"]["/range"]}}
    broken = {**document, "components": {"schemas": {}}}
    operation = from_dict(document, config=Config())["/range"]["POST"]
    operation.schema.raw_schema = broken
    failure = AcceptedNegativeData(
        operation=operation.label, message="taken", status_code=200, expected_statuses=["422"]
    )
    _, _, response = failure_of("POST", "/odd", params={"number": 2})
    assert is_fault(failure, operation.Case(**body(low="1", high=2.0)), response)
