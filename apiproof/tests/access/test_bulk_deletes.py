"""Several objects removed by their ids in a body, beside one by one; a profile beside a sign-up."""

from itertools import count
from typing import Annotated, Any

from fastapi import Depends, FastAPI, HTTPException
from pydantic import BaseModel

from tests.access.strangers import identities, probed
from tests.apps.members import LENT, Member, Members, Text, add_members

TASKS: dict[int | str, dict[str, Any]] = {401: {}, 404: {}, 422: {}}


class Task(BaseModel):
    title: Text


class Ids(BaseModel):
    ids: list[int]


def create_tasks(members: Members) -> FastAPI:  # noqa: C901  # its operations share the tasks
    """Return an application of each user's own tasks, in envelopes."""
    app, tasks, numbers = FastAPI(title="Tasks"), dict[int, tuple[str, str]](), count(1)
    caller = add_members(app, members, {401: {}, 409: {}, 422: {}})
    user = Annotated[Member, Depends(caller)]

    def own(number: int, member: Member) -> dict[str, Any]:
        owner, title = tasks.get(number, ("", ""))
        if owner != member.name:
            raise HTTPException(404)
        return {"id": number, "title": title}

    @app.get("/tasks", operation_id="list_tasks", responses=TASKS)
    def list_tasks(member: user) -> dict[str, Any]:
        return {
            "data": [own(number, member) for number in tasks if tasks[number][0] == member.name]
        }

    @app.post("/tasks", status_code=201, operation_id="add_task", responses=TASKS)
    def add_task(task: Task, member: user) -> dict[str, Any]:
        number = next(numbers)
        tasks[number] = (member.name, task.title)
        return {"data": own(number, member)}

    @app.delete("/tasks", operation_id="drop_tasks", responses=TASKS)
    def drop_tasks(gone: Ids, member: user) -> dict[str, Any]:
        for number in gone.ids:
            if tasks.get(number, ("",))[0] == member.name:
                del tasks[number]
        return {"data": {"ids": gone.ids}}

    @app.get("/tasks/{task_id}", operation_id="read_task", responses=TASKS)
    def read_task(task_id: int, member: user) -> dict[str, Any]:
        return {"data": own(task_id, member)}

    @app.delete("/tasks/{task_id}", status_code=204, operation_id="drop_task", responses=TASKS)
    def drop_task(task_id: int, member: user) -> None:
        own(task_id, member)
        del tasks[task_id]

    @app.get("/signup", operation_id="read_profile", responses={401: {}})
    def read_profile(member: user) -> dict[str, Any]:
        return member.shown()

    return app


def test_a_list_stays_when_something_of_it_is_gone_and_nothing_is_left_behind() -> None:
    members = Members()
    for name in LENT:
        members.add(name)
    report = probed(create_tasks(members), identities())
    assert [one.line for one in report.findings] == []
    left = [line for line in report.left_behind if "tasks" in line]
    assert all("unless it went with the account" in line for line in left)
    listed = {one.operation_id for one in report.cells if one.case == "listing"}
    assert listed == {"list_tasks"}  # and not the profile, for which accounts would be signed up
