"""Private lists are read once for however many open operations hang below them."""

from typing import Annotated

import pytest
from fastapi import Depends, FastAPI, HTTPException
from fastapi.responses import PlainTextResponse

from apiproof.access.private_objects import opens_by_itself
from apiproof.openapi.document import operations
from tests.access.strangers import probed
from tests.access.test_prescriptions import Id, create_prescriptions
from tests.apps.members import LENT, Member, Members, add_members


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


@pytest.mark.parametrize(("parameter", "is_leak"), [("number", True), ("code", False)])
def test_what_is_read_by_its_code_is_blamed_on_nobody(parameter: str, *, is_leak: bool) -> None:
    """Anybody may verify a certificate whose code they were given; a number is no secret."""
    report = probed(_certificates(parameter), checks=("ownership_enforced",))
    assert any(one.case == "open-part" for one in report.findings) is is_leak


def _certificates(parameter: str) -> FastAPI:
    app, members = FastAPI(), Members()
    signed_in = add_members(app, members, {401: {"description": "no credential"}})
    papers = {
        f"{name[:2]}Zk3-{place}qWx_9Lp": {"owner": name, "title": f"diploma of {name} the diver"}
        for place, name in enumerate(LENT)
    }
    for name in LENT:
        members.add(name)

    @app.get("/papers")
    def listed(member: Annotated[Member, Depends(signed_in)]) -> list[dict[str, str]]:
        own = {key: one for key, one in papers.items() if one["owner"] == member.name}
        return [{"id": key, parameter: key, **one} for key, one in own.items()]

    def verify(key: str) -> dict[str, str]:
        if key not in papers:
            raise HTTPException(404)
        return papers[key]

    if parameter == "code":

        @app.get("/papers/{code}", operation_id="show")
        def by_code(code: str) -> dict[str, str]:
            return verify(code)

    else:

        @app.get("/papers/{number}", operation_id="show")
        def by_number(number: str) -> dict[str, str]:
            return verify(number)

    return app
