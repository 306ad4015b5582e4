"""One operation that forbids nobody in particular, among others that ask for a credential."""

from typing import Annotated, Any

import pytest
from fastapi import Depends, FastAPI, HTTPException

from tests.access.strangers import probed
from tests.apps.members import LENT, Member, Members, add_members, unauthorized

ROOMS = ("kitchen", "attic", "garage", "porch")


def _app(forbidding: tuple[str, ...]) -> FastAPI:
    app, members = FastAPI(title="House"), Members()
    for name in LENT:
        members.add(name)

    def refusal(given: Any) -> HTTPException:
        return unauthorized(given)

    caller = add_members(app, members, {}, refusal)
    for room in ROOMS:
        _add_room(app, room, caller, is_forbidding=room in forbidding)
    return app


def _add_room(app: FastAPI, room: str, caller: Any, *, is_forbidding: bool) -> None:
    def entered(given: Any) -> Member:
        try:
            member: Member = caller(given)
        except HTTPException:
            raise HTTPException(403 if is_forbidding else 401) from None
        return member

    entered.__annotations__["given"] = caller.__annotations__["given"]

    @app.get(f"/{room}", operation_id=room)
    def read(user: Annotated[Member, Depends(entered)]) -> dict[str, str]:
        return {"room": room, "guest": user.name}


@pytest.mark.parametrize("forbidding", [(), ROOMS])
def test_a_service_with_one_way_to_refuse_has_no_finding(forbidding: tuple[str, ...]) -> None:
    report = probed(_app(forbidding), checks=("anonymous_rejected",), only=ROOMS)
    assert [finding.line for finding in report.findings] == []


def test_one_that_forbids_among_many_is_a_deviation() -> None:
    report = probed(_app(("attic",)), checks=("anonymous_rejected",), only=ROOMS)
    [finding] = report.findings
    assert finding.id == "anonymous_rejected/attic/anonymous/answered-403"
    assert "3 other operations answer 401" in finding.text
    assert finding.severity.name == "DEVIATION"
