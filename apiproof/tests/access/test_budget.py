"""At most so many requests: every operation is tried, and what is left out is said, not green."""

from collections.abc import Callable
from itertools import count
from typing import Annotated, Any

import pytest
from fastapi import Depends, FastAPI, HTTPException
from pydantic import BaseModel

from apiproof.access import AccessReport
from apiproof.access.budget import LEFT_OUT
from apiproof.access.case_sample import CaseSample
from apiproof.jwt import CREDENTIAL_CASES
from apiproof.reporting.model import Status
from tests.access.strangers import probed
from tests.apps.members import LENT, Member, Members, Text, add_members

SHELVES, FLAWED = 12, 9
FLAW = f"ownership_enforced/read_{FLAWED}/other-user/let-in"


class Thing(BaseModel):
    text: Text


def create_shelves(requests: Callable[[], int]) -> FastAPI:
    """Return an application of many shelves of each user's own; one shows its things to all."""
    app, members = FastAPI(title="Shelves"), Members()
    for name in LENT:
        members.add(name)
    responses: dict[int | str, dict[str, Any]] = {401: {}, 404: {}, 422: {}}
    caller = add_members(app, members, {401: {}, 409: {}, 422: {}})
    for number in range(SHELVES):
        _add_shelf(app, number, Annotated[Member, Depends(caller)], responses)

    @app.middleware("http")
    async def counted(request: Any, answer: Any) -> Any:
        if request.method != "DELETE":  # a removal
            requests()
        return await answer(request)

    return app


def _add_shelf(app: FastAPI, shelf: int, user: Any, responses: Any) -> None:
    things, numbers = dict[int, tuple[str, str]](), count(1)

    def put(thing: Thing, member: Any) -> dict[str, Any]:
        number = next(numbers)
        things[number] = (member.name, thing.text)
        return {"id": number, "text": thing.text}

    def read(thing_id: int, member: Any) -> dict[str, Any]:
        owner, text = things.get(thing_id, ("", ""))
        if not owner or (owner != member.name and shelf != FLAWED):
            raise HTTPException(404)
        return {"id": thing_id, "text": text}

    put.__annotations__["member"] = read.__annotations__["member"] = user
    path = f"/shelf{shelf}"
    app.post(path, status_code=201, operation_id=f"put_{shelf}", responses=responses)(put)
    app.get(path + "/{thing_id}", operation_id=f"read_{shelf}", responses=responses)(read)


def _run(most: int) -> tuple[AccessReport, int]:
    sent = count()
    report = probed(create_shelves(sent.__next__), max_requests=most)
    return report, next(sent)


def _entered(report: AccessReport) -> set[str]:
    return {one.operation_id for one in report.cells if one.status is not Status.SKIPPED}


def test_few_requests_reach_every_operation_and_the_flaw() -> None:
    whole, all_sent = _run(0)
    limited, sent = _run(all_sent // 2)
    assert sent <= all_sent // 2
    for report in (whole, limited):
        assert [one.id for one in report.findings] == [FLAW]
        assert not report.not_exercised
        assert _entered(report) == set(report.labels)
    unseen = [one for one in limited.cells if one.note == LEFT_OUT]
    assert unseen
    assert {one.status for one in unseen} == {Status.SKIPPED}
    left_out = f"left out 0 operations, and {len(unseen)} cells of the others"
    assert limited.note == f"--max-requests {left_out}"


def test_what_too_few_requests_do_not_reach_is_told_and_what_was_made_is_removed() -> None:
    report, sent = _run(40)
    assert sent <= 40
    missed = {name for name, reason in report.not_exercised.items() if LEFT_OUT in reason}
    assert missed
    assert not missed & _entered(report)
    assert f"left out {len(missed)} operations" in report.note


@pytest.mark.parametrize("share", [0, 5, 12, 300])
def test_all_forgeries_are_shown_in_turn(share: int) -> None:
    cases = list(CREDENTIAL_CASES.values())
    shown = [CaseSample.within(cases, turn, share) for turn in range(len(cases))]
    assert all("anonymous" in {one.id for one in each} for each in shown)
    assert all(len({one.id for one in each}) == len(each) for each in shown)
    assert {one.id for each in shown for one in each} == set(CREDENTIAL_CASES)
    assert max(map(len, shown)) <= max(share // 3, 2)
