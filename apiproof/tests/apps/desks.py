"""Desks: ids beside the path, versions, ids of one's own choice, jobs, accounts and invitations.

What somebody keeps on a desk is theirs; `/drawers` shows theirs alone, and no reading by itself.
"""

import itertools
import secrets
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Header, HTTPException, Query, Response
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, ConfigDict, Field

from tests.apps.members import Member, Members, Text, add_members

# Flaw -> the operation, the check, and the beginning of the case, that find it.
FLAWS = {
    "by-query": ("read_slip", "ownership_enforced/query-id"),
    "by-header": ("read_current", "ownership_enforced/header-x-slip-id"),
    "by-list": ("mark_slips", "ownership_enforced/bulk-ids"),
    "version-of-anyone": ("change_page", "ownership_enforced/other-user"),
    "put-by-anyone": ("put_board", "ownership_enforced/other-user"),
    "linked": ("read_bottle", "ownership_enforced/other-user"),
    "booking-cancelled": ("cancel_booking", "ownership_enforced/other-user"),
    "statement": ("read_statement", "ownership_enforced/other-account"),
    "paid-by-another": ("pay", "ownership_enforced/body-from_account"),
    "team-read": ("read_team", "ownership_enforced/other-user"),
    "credit-set": ("change_desk", "privileges_enforced/own-account"),
    "day-of-anyone": ("read_day", "ownership_enforced/other-user"),
    "listed-for-anyone": ("list_records", "ownership_enforced/listing"),
    "result-of-anyone": ("", "ownership_enforced/other-user"),
}
Row = dict[str, Any]


class SlipBody(BaseModel):
    """A slip to write."""

    text: Text


class Ids(BaseModel):
    """Slips to mark."""

    ids: list[int] = Field(min_length=1, max_length=20)


class BookingBody(BaseModel):
    """A booking: its reference is nobody else's, its price a decimal."""

    reference: str = Field(pattern="^[A-Z]{3}-[0-9]{4}$")
    price: Decimal = Field(gt=0, max_digits=8, decimal_places=2)


class Payment(BaseModel):
    """Money that goes from one account to another."""

    from_account: str
    to_account: str
    amount: int = Field(ge=1, le=10_000)


class DeskBody(BaseModel):
    """What its owner may change of a desk."""

    model_config = ConfigDict(extra="allow")
    colour: Text | None = None


@dataclass
class Store:
    """Everything on the desks.

    Attributes:
        members: Whose they are.
        rows: Kind -> id -> an object with its `owner`.
        desks: Owner -> the desk.
        flaw: One of `FLAWS`, or none.
    """

    members: Members = field(default_factory=Members)
    rows: dict[str, dict[Any, Row]] = field(default_factory=dict)
    desks: dict[str, Row] = field(default_factory=dict)
    flaw: str = ""

    def keep(self, kind: str, key: Any, owner: Member, **values: Any) -> Row:
        """Keep an object."""
        row = self.rows.setdefault(kind, {})[key] = {"owner": owner.name, **values}
        return row

    def own(self, kind: str, key: Any, user: Member, flaw: str = "-") -> Row:
        """Return an object of a user's own."""
        row = self.rows.get(kind, {}).get(key)
        if row is None or (row["owner"] != user.name and self.flaw != flaw):
            raise HTTPException(404)
        return row

    def mine(self, kind: str, user: Member) -> dict[Any, Row]:
        """Return the objects of a user's own."""
        rows = self.rows.get(kind, {}).items()
        return {key: row for key, row in rows if row["owner"] == user.name}


def create_desks(store: Store) -> FastAPI:
    """Build the application."""
    app = FastAPI(title="Desks")
    refused: dict[int | str, Any] = {401: {}, 404: {}}
    caller = add_members(app, store.members, refused)
    numbers = itertools.count(101)
    for add in (
        _add_slips,
        _add_versions,
        _add_bookings,
        _add_accounts,
        _add_teams,
        _add_days,
        _add_records,
        _add_jobs,
    ):
        add(app, store, Depends(caller), numbers)
    return app


def _add_slips(app: FastAPI, store: Store, caller: Any, numbers: Any) -> None:
    def shown(key: int, row: Row) -> Row:
        return {"id": key, "text": row["text"], "done": row["done"]}

    @app.post("/slips", status_code=201, operation_id="add_slip")
    def add_slip(body: SlipBody, user: Member = caller) -> Row:
        key = next(numbers)
        return shown(key, store.keep("slips", key, user, text=body.text, done=False))

    @app.get("/slips", operation_id="list_slips")
    def list_slips(user: Member = caller) -> list[Row]:
        return [shown(key, row) for key, row in store.mine("slips", user).items()]

    @app.get("/slip", operation_id="read_slip")
    def read_slip(key: Annotated[int, Query(alias="id")], user: Member = caller) -> Row:
        return shown(key, store.own("slips", key, user, "by-query"))

    @app.get("/current-slip", operation_id="read_current")
    def read_current(x_slip_id: Annotated[int, Header()], user: Member = caller) -> Row:
        return shown(x_slip_id, store.own("slips", x_slip_id, user, "by-header"))

    @app.post("/slips/mark", operation_id="mark_slips")
    def mark_slips(body: Ids, user: Member = caller) -> Row:
        rows = [store.own("slips", key, user, "by-list") for key in body.ids]
        for row in rows:
            row["done"] = True
        return {"marked": len(rows)}


def _add_versions(  # noqa: C901  # operations share the store
    app: FastAPI, store: Store, caller: Any, numbers: Any
) -> None:
    def shown(key: int, row: Row, response: Response) -> Row:
        response.headers["ETag"] = f'"{row["version"]}"'
        return {"id": key, "text": row["text"], "version": row["version"]}

    @app.post("/sheets", status_code=201, operation_id="add_page")
    def add_page(body: SlipBody, response: Response, user: Member = caller) -> Row:
        key = next(numbers)
        return shown(key, store.keep("pages", key, user, text=body.text, version=1), response)

    @app.get("/sheets/{sheet_id}", operation_id="read_page")
    def read_page(sheet_id: int, response: Response, user: Member = caller) -> Row:
        return shown(sheet_id, store.own("pages", sheet_id, user), response)

    @app.put("/sheets/{sheet_id}", operation_id="change_page")
    def change_page(
        sheet_id: int,
        body: SlipBody,
        response: Response,
        if_match: Annotated[str | None, Header()] = None,
        user: Member = caller,
    ) -> Row:
        row = store.own("pages", sheet_id, user, "version-of-anyone")
        if if_match is None or if_match != f'"{row["version"]}"':
            raise HTTPException(412 if if_match else 428)
        row |= {"text": body.text, "version": row["version"] + 1}
        return shown(sheet_id, row, response)

    @app.put("/boards/{board_id}", operation_id="put_board")
    def put_board(board_id: str, body: SlipBody, user: Member = caller) -> Row:
        row = store.rows.setdefault("boards", {}).get(board_id)
        if row is not None and row["owner"] != user.name and store.flaw != "put-by-anyone":
            raise HTTPException(404)
        owner = store.members.people.get(row["owner"], user) if row else user
        store.keep("boards", board_id, owner, text=body.text)
        return {"id": board_id, "text": body.text}

    @app.get("/boards/{board_id}", operation_id="read_board")
    def read_board(board_id: str, user: Member = caller) -> Row:
        return {"id": board_id, "text": store.own("boards", board_id, user)["text"]}

    def linked(key: str, row: Row) -> Row:
        return {"name": row["name"], "_links": {"self": {"href": f"/bottles/{key}"}}}

    @app.post("/bottles", status_code=201, operation_id="add_bottle")
    def add_bottle(body: SlipBody, user: Member = caller) -> Row:
        key = secrets.token_hex(4)
        return linked(key, store.keep("bottles", key, user, name=body.text))

    @app.get("/bottles/{bottle}", operation_id="read_bottle")
    def read_bottle(bottle: str, user: Member = caller) -> Row:
        return linked(bottle, store.own("bottles", bottle, user, "linked"))


def _add_bookings(app: FastAPI, store: Store, caller: Any, numbers: Any) -> None:
    def shown(key: int, row: Row) -> Row:
        return {"id": key, **{name: row[name] for name in ("reference", "price", "state")}}

    @app.post("/bookings", status_code=201, operation_id="add_booking")
    def add_booking(body: BookingBody, user: Member = caller) -> Row:
        rows = store.rows.setdefault("bookings", {})
        if any(row["reference"] == body.reference for row in rows.values()):
            raise HTTPException(409)
        key = next(numbers)
        new = {"reference": body.reference, "price": str(body.price.normalize()), "state": "booked"}
        return shown(key, store.keep("bookings", key, user, **new))

    @app.get("/bookings/{booking_id}", operation_id="read_booking")
    def read_booking(booking_id: int, user: Member = caller) -> Row:
        return shown(booking_id, store.own("bookings", booking_id, user))

    @app.post("/bookings/{booking_id}/cancel", operation_id="cancel_booking")
    def cancel_booking(booking_id: int, user: Member = caller) -> Row:
        row = store.own("bookings", booking_id, user, "booking-cancelled")
        row["state"] = "cancelled"
        return shown(booking_id, row)


def _add_accounts(  # noqa: C901  # operations share the store
    app: FastAPI, store: Store, caller: Any, numbers: Any
) -> None:
    """Accounts that only one's own desk tells, and a credit that nobody gives themselves."""

    def desk_of(user: Member) -> Row:
        number = f"DE{next(numbers):06}"
        return store.desks.setdefault(
            user.name, {"colour": "oak", "accounts": [{"number": number}], "limits": {"credit": 0}}
        )

    def owner_of(number: str) -> str:
        found = (
            name for name, desk in store.desks.items() if desk["accounts"][0]["number"] == number
        )
        return next(found, "")

    @app.get("/users/me", operation_id="read_my_desk")
    def read_my_desk(user: Member = caller) -> Row:
        return {"username": user.name, **desk_of(user)}

    @app.patch("/users/me", operation_id="change_desk")
    def change_desk(body: DeskBody, user: Member = caller) -> Row:
        desk, more = desk_of(user), body.model_extra or {}
        desk["colour"] = body.colour or desk["colour"]
        if store.flaw == "credit-set" and isinstance(more.get("limits"), dict):
            desk["limits"] |= more["limits"]
        return {"username": user.name, **desk}

    @app.get("/accounts/{number}/statement", operation_id="read_statement")
    def read_statement(number: str, user: Member = caller) -> Row:
        owner = owner_of(number)
        if not owner or (owner != user.name and store.flaw != "statement"):
            raise HTTPException(404)
        return {"number": number, "lines": []}

    @app.post("/payments", status_code=201, operation_id="pay")
    def pay(body: Payment, user: Member = caller) -> Row:
        payer = owner_of(body.from_account)
        if not payer or (payer != user.name and store.flaw != "paid-by-another"):
            raise HTTPException(404)
        if not owner_of(body.to_account) or body.to_account == body.from_account:
            raise HTTPException(404)
        return {"paid": body.amount}


def _add_teams(app: FastAPI, store: Store, caller: Any, numbers: Any) -> None:
    """Teams, into which a link lets whoever has it; articles that nobody sees less of."""

    @app.post("/teams", status_code=201, operation_id="add_team")
    def add_team(body: SlipBody, user: Member = caller) -> Row:
        key = next(numbers)
        store.keep("teams", key, user, name=body.text, members=[user.name])
        return {"id": key, "name": body.text}

    def team_of(key: int, user: Member, flaw: str = "-") -> Row:
        row = store.rows.get("teams", {}).get(key)
        if row is None or (user.name not in row["members"] and store.flaw != flaw):
            raise HTTPException(404)
        return row

    @app.get("/teams/{team_id}", operation_id="read_team")
    def read_team(team_id: int, user: Member = caller) -> Row:
        return {"id": team_id, "name": team_of(team_id, user, "team-read")["name"]}

    @app.post("/teams/{team_id}/invitations", status_code=201, operation_id="invite")
    def invite(team_id: int, user: Member = caller) -> Row:
        team_of(team_id, user)
        token = secrets.token_urlsafe(12)
        store.keep("invitations", token, user, team=team_id)
        return {"token": token}

    @app.post("/invitations/{token}/accept", operation_id="accept")
    def accept(token: str, user: Member = caller) -> Row:
        invited = store.rows.get("invitations", {}).get(token)
        if invited is None:
            raise HTTPException(404)
        store.rows["teams"][invited["team"]]["members"].append(user.name)
        return {"id": invited["team"]}

    bearer = HTTPBearer(auto_error=False)

    @app.get("/news", operation_id="list_news")
    def list_news(
        given: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)],
    ) -> list[Row]:
        name = store.members.sessions.get(given.credentials, "") if given else ""
        if given is not None and name not in store.members.people:
            raise HTTPException(401, headers={"WWW-Authenticate": "Bearer"})
        return [{"title": "Open", "text": "All of it" if given else None}]


def _add_days(app: FastAPI, store: Store, caller: Any, numbers: Any) -> None:  # noqa: ARG001
    """Days of users, each by its date: the same date is another day of somebody else."""

    def only_own(user: Member, user_id: int) -> None:
        if user.number != user_id and store.flaw != "day-of-anyone":
            raise HTTPException(404)

    @app.put("/users/{user_id}/days/{day}", operation_id="write_day")
    def write_day(user_id: int, day: date, body: SlipBody, user: Member = caller) -> Row:
        only_own(user, user_id)
        store.keep("days", (user_id, day), user, text=body.text)
        return {"day": str(day), "text": body.text}

    @app.get("/users/{user_id}/days/{day}", operation_id="read_day")
    def read_day(user_id: int, day: date, user: Member = caller) -> Row:
        only_own(user, user_id)
        row = store.rows.get("days", {}).get((user_id, day))
        if row is None:
            raise HTTPException(404)
        return {"day": str(day), "text": row["text"]}


def _add_records(app: FastAPI, store: Store, caller: Any, numbers: Any) -> None:  # noqa: ARG001
    """Records that nothing makes here: who has some, has had them from the beginning."""

    def shown(key: int, row: Row) -> Row:
        return {"id": key, "finding": row["finding"]}

    @app.get("/records", operation_id="list_records")
    def list_records(user: Member = caller) -> Row:
        rows = store.rows.get("records", {}).items()
        is_open = store.flaw == "listed-for-anyone"
        nodes = [shown(k, row) for k, row in rows if is_open or row["owner"] == user.name]
        return {"edges": [{"node": node, "cursor": "x"} for node in nodes]}

    @app.get("/records/{record_id}", operation_id="read_record")
    def read_record(record_id: int, user: Member = caller) -> Row:
        return shown(record_id, store.own("records", record_id, user))


def _add_jobs(app: FastAPI, store: Store, caller: Any, numbers: Any) -> None:
    """Exports: a job is told by its start, its result by the job once it is done."""

    @app.get("/results/{result_id}", operation_id="read_result")
    def read_result(result_id: int, user: Member = caller) -> Row:
        row = store.own("results", result_id, user, "result-of-anyone")
        return {"result_id": result_id, "for": row["owner"]}

    @app.get("/exports/jobs/{job_id}", operation_id="read_job")
    def read_job(job_id: int, user: Member = caller) -> Row:
        job = store.own("jobs", job_id, user)
        job["looks"] += 1
        if job["looks"] < 40:
            return {"job_id": job_id, "state": "running"}
        if "result" not in job:
            job["result"] = next(numbers)
            store.keep("results", job["result"], user)
        return {"job_id": job_id, "state": "done", "result_id": job["result"]}

    @app.post("/exports", status_code=202, operation_id="start_export")
    def start_export(user: Member = caller) -> Row:
        key = next(numbers)
        store.keep("jobs", key, user, looks=0)
        return {"job_id": key, "state": "queued"}
