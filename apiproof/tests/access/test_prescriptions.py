"""Ids of a narrow shape, cancellations, prints and exports of what a list keeps private."""

import itertools
import re
from typing import Annotated, Any

import pytest
from fastapi import Depends, FastAPI, HTTPException, Path
from fastapi.responses import PlainTextResponse
from pydantic import BaseModel

from apiproof.access.resources import nonexistent_id
from tests.access.strangers import assert_found, probed
from tests.apps.members import LENT, Member, Members, add_members

Id = Annotated[str, Path(pattern="^RX[A-HJ-NPR-Z]{4}[0-9]{6}$")]
NUMBERS = itertools.count(100001)
FLAWS = {
    "open-print": "ownership_enforced/open-part",
    "whole-export": "ownership_enforced/export",
    "cancels-nothing": "writes_are_readable/read-back",
    "tells": "ownership_enforced/other-user",
}


class Drug(BaseModel):
    drug: str


def create_prescriptions(flaw: str = "") -> FastAPI:  # noqa: C901  # its operations share the rows
    """Return an API in which each sees their own prescriptions; with one flaw, if named."""
    app, rows = FastAPI(title="Prescriptions"), dict[str, dict[str, Any]]()
    members = Members()
    signed_in = add_members(app, members, {401: {"description": "no credential"}})
    caller_is = Annotated[Member, Depends(signed_in)]

    def keep(owner: str, drug: str) -> dict[str, Any]:
        row = {"id": f"RXABCD{next(NUMBERS)}", "owner": owner, "drug": drug, "status": "open"}
        return rows.setdefault(row["id"], row)

    def found(key: str, owner: str) -> dict[str, Any]:
        row = rows.get(key)
        if row is None:
            raise HTTPException(404, "none")
        if row["owner"] != owner:
            raise HTTPException(403 if flaw == "tells" else 404, "none")
        return row

    for name in LENT:
        members.add(name)
        keep(name, f"syrup of {name}'s own")

    @app.get("/prescriptions")
    def listed(member: caller_is) -> list[dict[str, Any]]:
        return [row for row in rows.values() if row["owner"] == member.name]

    @app.post("/prescriptions", status_code=201)
    def write(member: caller_is, sent: Drug) -> dict[str, Any]:
        return keep(member.name, sent.drug)

    @app.get("/prescriptions/export", response_class=PlainTextResponse)
    def export(member: caller_is) -> str:
        shown = [
            row for row in rows.values() if flaw == "whole-export" or row["owner"] == member.name
        ]
        return "\n".join(f"{row['id']},{row['drug']}" for row in shown)

    @app.get("/prescriptions/{key}", responses={404: {"description": "none"}})
    def read(member: caller_is, key: Id) -> dict[str, Any]:
        return found(key, member.name)

    @app.delete("/prescriptions/{key}", responses={404: {"description": "none"}})
    def cancel(member: caller_is, key: Id) -> dict[str, Any]:
        row = found(key, member.name)
        if flaw != "cancels-nothing":
            row["status"] = "cancelled"
        return row

    def printed(key: str) -> str:
        return f"RECIPE\n{rows[key]['drug']}\n"

    if flaw == "open-print":

        @app.get("/prescriptions/{key}/print", response_class=PlainTextResponse)
        def print_for_anybody(key: Id) -> str:
            return printed(key) if key in rows else ""

    else:

        @app.get("/prescriptions/{key}/print", response_class=PlainTextResponse)
        def print_own(member: caller_is, key: Id) -> str:
            return printed(found(key, member.name)["id"])

    return app


def test_the_right_one_has_no_finding() -> None:
    report = probed(create_prescriptions())
    assert not report.interrupted
    assert [finding.line for finding in report.findings] == []
    cases = {cell.case for cell in report.cells if cell.got}
    assert {"export", "other-user", "read-back"} <= cases


@pytest.mark.parametrize("flaw", FLAWS)
def test_a_flaw_is_found(flaw: str) -> None:
    app = create_prescriptions(flaw)
    assert_found(probed(app, checks=(FLAWS[flaw].partition("/")[0],)), FLAWS[flaw])


@pytest.mark.parametrize(
    ("value", "shape"),
    [
        ("dev_0a1b2c3d4e5f", "dev_[0-9a-f]{12}"),
        ("WVWZZZ1JZXW000001", "[A-HJ-NPR-Z0-9]{17}"),
        ("INV-2026-00017", "INV-[0-9]{4}-[0-9]{5}"),
    ],
)
def test_a_nonexistent_serial_keeps_its_letters(value: str, shape: str) -> None:
    made_up = [nonexistent_id(value, number) for number in range(3)]
    assert len({value, *made_up}) == 4
    assert all(re.fullmatch(shape, one) for one in made_up)
