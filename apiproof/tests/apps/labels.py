"""Labels that are read, and removed, many at once: by `?ids=1,2` and by ids in a body."""

import itertools
from typing import Annotated, Any

from fastapi import Depends, FastAPI, HTTPException
from pydantic import BaseModel

from tests.apps.members import LENT, Member, Members, Text, add_members

REFUSED: dict[int | str, Any] = {401: {}, 403: {}, 404: {}, 409: {}}
FLAWS = {
    "read-by-ids": "ownership_enforced/bulk-ids",
    "removed-by-ids": "ownership_enforced/bulk-ids",
}


class NewLabel(BaseModel):
    """What is written on a label."""

    text: Text


class Ids(BaseModel):
    """Which labels are meant."""

    label_ids: list[int]


def create_labels(flaw: str = "", *, has_sign_up: bool = False) -> FastAPI:
    """Build a service of labels.

    Args:
        flaw: One of `FLAWS`, or none.
        has_sign_up: Whether more accounts can be made than those of the file.
    """
    app, members, numbers = FastAPI(title="Labels"), Members(), itertools.count(71)
    for name in LENT:
        members.add(name)
    labels: dict[int, tuple[str, str]] = {}
    caller = add_members(app, members, REFUSED)
    if not has_sign_up:
        left = [one for one in app.routes if getattr(one, "path", "") != "/signup"]
        app.router.routes[:] = left
    User = Annotated[Member, Depends(caller)]  # noqa: N806  # a type

    def shown(number: int, user: Member, allowed: str = "nothing") -> dict[str, Any]:
        owner, text = labels.get(number, ("", ""))
        if not owner or (owner != user.name and flaw != allowed):
            raise HTTPException(404)
        return {"id": number, "text": text}

    @app.post("/labels", status_code=201, responses=REFUSED, operation_id="write_label")
    def write_label(new: NewLabel, user: User) -> dict[str, Any]:
        number = next(numbers)
        labels[number] = (user.name, new.text)
        return shown(number, user)

    @app.get("/labels/some", responses=REFUSED, operation_id="read_some")
    def read_some(ids: Text, user: User) -> list[dict[str, Any]]:
        wanted = [int(one) for one in ids.split(",") if one.isdigit()]
        return [shown(one, user, "read-by-ids") for one in wanted]

    @app.post("/labels/remove", responses=REFUSED, operation_id="remove_some")
    def remove_some(gone: Ids, user: User) -> dict[str, int]:
        for number in gone.label_ids:
            shown(number, user, "removed-by-ids")
            del labels[number]
        return {"removed": len(gone.label_ids)}

    @app.get("/labels/{label_id}", responses=REFUSED, operation_id="read_label")
    def read_label(label_id: int, user: User) -> dict[str, Any]:
        return shown(label_id, user)

    return app
