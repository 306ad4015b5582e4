"""Private lists are read once for however many open operations hang below them."""

import pytest
from fastapi import FastAPI
from fastapi.responses import PlainTextResponse

from apiproof.access.private_objects import opens_by_itself
from apiproof.openapi.document import operations
from tests.access.strangers import probed
from tests.access.test_prescriptions import Id, create_prescriptions


def _reads_of_the_list(parts: int) -> int:
    app: FastAPI = create_prescriptions()
    for number in range(parts):
        path = f"/prescriptions/{{key}}/page{number}"

        @app.get(path, response_class=PlainTextResponse, operation_id=f"page_{number}")
        def page(key: Id) -> str:
            return key

    report = probed(app, checks=("ownership_enforced",))
    tried = {cell.operation_id for cell in report.cells if cell.case == "open-part"}
    assert tried == {f"page_{number}" for number in range(parts)}
    [listing] = [name for name, label in report.labels.items() if label == "GET /prescriptions"]
    return report.requests[listing]


def test_a_further_open_operation_reads_no_list_anew() -> None:
    assert _reads_of_the_list(3) == _reads_of_the_list(1)


@pytest.mark.parametrize(
    ("parameter", "value", "opens"),
    [
        ("code", "aZ3-kkQ_9xLp", True),  # of a certificate, say
        ("verification_code", "00f1e2d3c4b5a697", True),
        ("share_token", "x", True),  # a secret by its name
        ("code", "4711", False),
        ("code", "NORTH-2026", False),  # nobody has drawn it
        ("prescription_id", "aZ3-kkQ_9xLp", False),
    ],
)
def test_a_secret_that_opens_what_it_names_is_no_leak(
    parameter: str, value: str, *, opens: bool
) -> None:
    answer = {"responses": {"200": {"description": "shown"}}}
    paths = {f"/papers/{{{parameter}}}": {"get": {"operationId": "show", **answer}}}
    operation = next(operations({"openapi": "3.1.0", "info": {}, "paths": paths}))
    assert opens_by_itself(parameter, value, operation) is opens
