"""Questions that everybody reads and answers, and groups that only their maker writes to.

What hangs below an answer, or names a question, is open to whoever may read it; the answer itself
has no address of its own. Accounts are changed and deleted by their ids, each by its owner alone.
"""

from dataclasses import dataclass, field
from typing import Annotated, Any

from fastapi import Depends, FastAPI, HTTPException
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel

from tests.apps.members import LENT, Credentials, Member, Members, Text, unauthorized

REFUSED: dict[int | str, Any] = {401: {}, 403: {}, 404: {}, 409: {}}
# Flaw -> the check, and the beginning of the case, that find it.
FLAWS = {
    "answers-of-others": "ownership_enforced/other-user",
    "read-by-all": "ownership_enforced/other-user",
    "messages-for-all": "ownership_enforced/other-user",
    "invitations-for-all": "ownership_enforced/body-group_id",
    "accounts-unasked": "anonymous_rejected/anonymous",
    "administration-for-all": "functions_enforced/role-signed-up",
}


class Said(BaseModel):
    """What somebody says."""

    text: Text


class Vote(BaseModel):
    """A liking of a question."""

    question_id: int


class Invitation(BaseModel):
    """Somebody else's way into a group."""

    group_id: int
    guest: Text


@dataclass
class Forum:
    """Everything that was said.

    Attributes:
        flaw: One of `FLAWS`, several of those about groups with spaces between them, or none.
        said: Questions, answers and groups by kind and number.
    """

    flaw: str = ""
    members: Members = field(default_factory=Members)
    said: dict[tuple[str, int], dict[str, Any]] = field(default_factory=dict)


def create_forum(forum: Forum) -> FastAPI:
    """Build a forum; the users of the file are known there."""
    app, known, bearer = FastAPI(title="Questions"), forum.members, HTTPBearer(auto_error=False)
    for name in LENT:
        known.add(name)

    def caller(given: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]) -> Member:
        member = known.people.get(known.sessions.get(given.credentials if given else "", ""))
        if member is None:
            raise unauthorized(given)
        return member

    _add_accounts(app, forum, caller)
    _add_questions(app, forum, caller)
    _add_groups(app, forum, caller)
    return app


def _add_accounts(  # noqa: C901  # its operations share the members as closures
    app: FastAPI, forum: Forum, caller: Any
) -> None:
    known = forum.members

    @app.post("/users", status_code=201, responses=REFUSED, operation_id="sign_up")
    def sign_up(new: Credentials) -> dict[str, Any]:
        if new.username in known.people:
            raise HTTPException(409)
        member = known.add(new.username, new.password)
        return {"id": member.number, "username": member.name}

    @app.post("/login", responses=REFUSED, operation_id="log_in")
    def log_in(given: Credentials) -> dict[str, str]:
        member = known.people.get(given.username)
        if member is None or member.password != given.password:
            raise HTTPException(401, headers={"WWW-Authenticate": "Bearer"})
        return {"token": known.begin(member)}

    # Whoever is not asked for a credential is taken for the owner.
    asked = Depends((lambda: None) if forum.flaw == "accounts-unasked" else caller)

    def own(user_id: int, user: Member | None) -> Member:
        found = next((one for one in known.people.values() if one.number == user_id), None)
        if found is None or (user is not None and found is not user):
            raise HTTPException(403, headers={"WWW-Authenticate": "Bearer"})
        return found

    declared: dict[str, Any] = {"security": [{"HTTPBearer": []}]}  # also where nothing asks for it
    guarded: dict[str, Any] = {"responses": REFUSED, "openapi_extra": declared}

    @app.put("/users/{user_id}", operation_id="change_user", **guarded)
    def change_user(user_id: int, new: Credentials, user: Annotated[Any, asked]) -> dict[str, Any]:
        found = own(user_id, user)
        if known.people.get(new.username, found) is not found:
            raise HTTPException(409)
        del known.people[found.name]
        known.sessions = {
            token: new.username if name == found.name else name
            for token, name in known.sessions.items()
        }
        found.name, found.password = new.username, new.password
        known.people[found.name] = found
        return {"id": found.number, "username": found.name}

    @app.delete("/users/{user_id}", status_code=204, operation_id="delete_user", **guarded)
    def delete_user(user_id: int, user: Annotated[Any, asked]) -> None:
        del known.people[own(user_id, user).name]

    @app.post("/admin/notices", status_code=201, responses=REFUSED, operation_id="give_notice")
    def give_notice(notice: Said, user: Annotated[Member, Depends(caller)]) -> Said:
        if user.role != "admin" and forum.flaw != "administration-for-all":
            raise HTTPException(403, headers={"WWW-Authenticate": "Bearer"})
        return notice


def _add_questions(  # noqa: C901  # its operations share what was said as closures
    app: FastAPI, forum: Forum, caller: Any
) -> None:
    Caller = Annotated[Member, Depends(caller)]  # noqa: N806  # a type
    said = forum.said

    def say(kind: str, text: str, user: Member, **more: int) -> dict[str, Any]:
        number = next(forum.members.numbers)
        said[kind, number] = {"id": number, "author": user.name, "text": text, **more}
        return said[kind, number]

    def found(kind: str, number: int) -> dict[str, Any]:
        if (kind, number) not in said:
            raise HTTPException(404)
        return said[kind, number]

    @app.post("/questions", status_code=201, responses=REFUSED, operation_id="ask")
    def ask(new: Said, user: Caller) -> dict[str, Any]:
        return say("question", new.text, user)

    @app.get("/questions", responses=REFUSED, operation_id="list_questions")
    def list_questions(_user: Caller) -> list[dict[str, Any]]:
        return [one for (kind, _), one in said.items() if kind == "question"]

    @app.get("/questions/{question_id}", responses=REFUSED, operation_id="read_question")
    def read_question(question_id: int, _user: Caller) -> dict[str, Any]:
        answers = [one for one in said.values() if one.get("question") == question_id]
        return {**found("question", question_id), "answers": answers}

    @app.post("/questions/{question_id}/answers", status_code=201, responses=REFUSED)
    def answer(question_id: int, new: Said, user: Caller) -> dict[str, Any]:
        return say("answer", new.text, user, question=found("question", question_id)["id"])

    @app.put("/answers/{answer_id}", responses=REFUSED, operation_id="change_answer")
    def change_answer(answer_id: int, new: Said, user: Caller) -> dict[str, Any]:
        given = found("answer", answer_id)
        if given["author"] != user.name and forum.flaw != "answers-of-others":
            raise HTTPException(403, headers={"WWW-Authenticate": "Bearer"})
        given["text"] = new.text
        return given

    @app.post("/answers/{answer_id}/comments", status_code=201, responses=REFUSED)
    def comment(answer_id: int, new: Said, user: Caller) -> dict[str, Any]:
        return say("comment", new.text, user, answer=found("answer", answer_id)["id"])

    @app.post("/answers/{answer_id}/vote", status_code=201, responses=REFUSED)
    def vote_for(answer_id: int, user: Caller) -> dict[str, Any]:
        return {"answer": found("answer", answer_id)["id"], "voter": user.name}

    @app.post("/votes", status_code=201, responses=REFUSED, operation_id="vote")
    def vote(new: Vote, user: Caller) -> dict[str, Any]:
        return {"question": found("question", new.question_id)["id"], "voter": user.name}


def _add_groups(app: FastAPI, forum: Forum, caller: Any) -> None:
    Caller = Annotated[Member, Depends(caller)]  # noqa: N806  # a type
    said = forum.said

    def own(number: int, user: Member, flaw: str) -> dict[str, Any]:
        group = said.get(("group", number))
        is_open = flaw in forum.flaw.split()
        if group is None or (group["owner"] != user.name and not is_open):
            raise HTTPException(404)
        return group

    @app.post("/groups", status_code=201, responses=REFUSED, operation_id="make_group")
    def make_group(new: Said, user: Caller) -> dict[str, Any]:
        number = next(forum.members.numbers)
        said["group", number] = {"id": number, "owner": user.name, "text": new.text}
        return said["group", number]

    @app.get("/groups/{group_id}", responses=REFUSED, operation_id="read_group")
    def read_group(group_id: int, user: Caller) -> dict[str, Any]:
        return own(group_id, user, "read-by-all")

    @app.post("/groups/{group_id}/messages", status_code=201, responses=REFUSED)
    def write(group_id: int, new: Said, user: Caller) -> dict[str, Any]:
        group = own(group_id, user, "messages-for-all")
        return {"group": group["id"], "text": new.text}

    @app.post("/invitations", status_code=201, responses=REFUSED, operation_id="invite")
    def invite(new: Invitation, user: Caller) -> dict[str, Any]:
        group = own(new.group_id, user, "invitations-for-all")
        return {"group": group["id"], "guest": new.guest}
