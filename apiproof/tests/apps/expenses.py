"""Expenses: who asks for money does not approve it, managers do; words of the document say more."""

import itertools
from dataclasses import dataclass, field
from typing import Annotated, Any

from fastapi import Depends, FastAPI, HTTPException
from pydantic import BaseModel, ConfigDict

from tests.apps.members import LENT, Member, Members, Text, add_members

REFUSED: dict[int | str, Any] = {401: {}, 403: {}, 404: {}, 409: {}}
MANAGER = LENT[1]
FLAWS = {
    "own-approval": "functions_enforced/own-approval",
    "description": "functions_enforced/role-",
    "extension": "functions_enforced/role-",
    "refusal": "functions_enforced/role-",
    "tag": "functions_enforced/role-",
    "wrapped-role": "privileges_enforced/own-account",
}


class Expense(BaseModel):
    """What is asked for."""

    amount: int = 12
    reason: Text


class UserChange(BaseModel):
    """What a user asks to change, wrapped."""

    class Change(BaseModel):
        """What is in it."""

        model_config = ConfigDict(extra="allow")
        bio: Text

    user: Change


@dataclass
class Company:
    """What there is.

    Attributes:
        members: Everybody.
        expenses: Who asked, for what, and whether it is approved; by number.
        bios: What members say of themselves.
        numbers: Of expenses.
    """

    members: Members = field(default_factory=Members)
    expenses: dict[int, tuple[str, Expense, str]] = field(default_factory=dict)
    bios: dict[str, str] = field(default_factory=dict)
    numbers: Any = field(default_factory=lambda: itertools.count(901))


def create_company(flaw: str = "") -> FastAPI:  # noqa: C901  # its routes
    """Build a company whose second lent user is a manager.

    Args:
        flaw: One of `FLAWS`, or none.
    """
    app, company = FastAPI(title="Expenses"), Company()
    for name in LENT:
        company.members.add(name, role="manager" if name == MANAGER else "clerk")
    User = Annotated[Member, Depends(add_members(app, company.members, REFUSED))]  # noqa: N806

    def managers_alone(user: Member, allowed: str) -> None:
        if user.role != "manager" and flaw != allowed:
            raise HTTPException(403)

    def found(number: int, user: Member) -> tuple[str, Expense, str]:
        asker, expense, state = company.expenses.get(number, ("", None, ""))
        if expense is None or (asker != user.name and user.role != "manager"):
            raise HTTPException(404)
        return asker, expense, state

    def told(number: int) -> dict[str, Any]:
        _, expense, state = company.expenses[number]
        return {"id": number, **expense.model_dump(), "state": state}

    @app.put("/user", responses=REFUSED, operation_id="change_user")
    def change_user(new: UserChange, user: User) -> dict[str, Any]:
        company.bios[user.name] = new.user.bio
        if flaw == "wrapped-role":
            user.role = str((new.user.model_extra or {}).get("role", user.role))
        return {"user": {"bio": company.bios[user.name], **user.shown()}}

    @app.post("/expenses", status_code=201, responses=REFUSED, operation_id="ask")
    def ask(new: Expense, user: User) -> dict[str, Any]:
        number = next(company.numbers)
        company.expenses[number] = (user.name, new, "pending")
        return told(number)

    @app.get("/expenses/{number}", responses=REFUSED, operation_id="read_expense")
    def read_expense(number: int, user: User) -> dict[str, Any]:
        found(number, user)
        return told(number)

    @app.post("/expenses/{number}/approve", responses=REFUSED, operation_id="approve")
    def approve(number: int, user: User) -> dict[str, Any]:
        asker, expense, _ = found(number, user)
        if user.role != "manager" and flaw != "own-approval":
            raise HTTPException(403)
        company.expenses[number] = (asker, expense, "approved")
        return told(number)

    @app.get(
        "/totals",
        responses=REFUSED,
        operation_id="read_totals",
        description="What was spent this year. Only managers may see it.",
    )
    def read_totals(user: User) -> dict[str, int]:
        managers_alone(user, "description")
        return {"total": len(company.expenses)}

    @app.get(
        "/budgets",
        responses=REFUSED,
        operation_id="read_budgets",
        openapi_extra={"x-required-roles": ["manager"]},
    )
    def read_budgets(user: User) -> dict[str, int]:
        managers_alone(user, "extension")
        return {"budget": 100}

    told_why: dict[int | str, Any] = {**REFUSED, 403: {"description": "Managers only"}}

    @app.get("/forecast", responses=told_why, operation_id="read_forecast")
    def read_forecast(user: User) -> dict[str, int]:
        managers_alone(user, "refusal")
        return {"forecast": 90}

    @app.get("/staff", responses=REFUSED, operation_id="list_staff", tags=["admin"])
    def list_staff(user: User) -> list[str]:
        managers_alone(user, "tag")
        return list(company.members.people)

    @app.get(
        "/rules",
        responses=REFUSED,
        operation_id="read_rules",
        description="The rules. Only managers and clerks read them.",
    )
    def read_rules(user: User) -> dict[str, str]:
        return {"rule": f"No wine, {user.name}"}

    return app
