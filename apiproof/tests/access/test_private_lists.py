"""Private lists are read once for however many open operations hang below them."""

from fastapi import FastAPI
from fastapi.responses import PlainTextResponse

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
