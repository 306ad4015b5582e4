"""A planner: opaque bearer tokens from a login, nested resources, UUIDs; its flaws can be chosen.

/sessions, /session, /account, /projects/{project_id}/tasks/{task_id}
"""

import secrets
from typing import Annotated, Any
from uuid import UUID, uuid4

from fastapi import Depends, FastAPI, HTTPException, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from tests.apps.planner_shapes import (
    Credentials,
    Failure,
    Project,
    ProjectBody,
    ProjectChange,
    Store,
    Task,
    TaskBody,
    Token,
)

PASSWORD = "Correct-Horse-7-Battery"
# flaw -> the check and the service of the finding that it must cause
FLAWS = {
    "authentication-off": "anonymous_rejected/anonymous",
    "any-scheme": "anonymous_rejected/wrong-scheme",
    "token-prefix": "forged_tokens_rejected/nearly",
    "logout-ignored": "forged_tokens_rejected/signed-out",
    "disabled-accepted": "forged_tokens_rejected/disabled",
    "read-unowned": "ownership_enforced/other-user",
    "update-unowned": "ownership_enforced/other-user",
    "delete-unowned": "ownership_enforced/other-user",
    "list-leaks": "ownership_enforced/listing",
    "second-page-leaks": "ownership_enforced/listing",
    "task-by-id-alone": "ownership_enforced/own-parent",
    "tasks-of-any-project": "ownership_enforced/listing",
    "forbidden-tells": "ownership_enforced/other-user",
    "body-tells": "ownership_enforced/other-user",
    "owner-in-patch": "ownership_enforced/owner-field",
    "owner-in-create": "ownership_enforced/owner-field",
    "write-lost": "writes_are_readable/read-back",
    "delete-lost": "writes_are_readable/read-back",
    "location-wrong": "writes_are_readable/location",
    "challenge-missing": "errors_conform/challenge-401",
    "refused-but-done": "ownership_enforced/other-user",
    "trace-in-error": "secrets_not_leaked/a stack trace-401",
    "hash-in-profile": "secrets_not_leaked/a password hash-200",
}


GUARDED: dict[int | str, dict[str, Any]] = {401: {"model": Failure}, 404: {"model": Failure}}


def create_planner(  # noqa: C901, PLR0915  # its operations share the store as closures
    flaw: str = "", store: Store | None = None
) -> FastAPI:
    """Build the planner.

    Args:
        flaw: One of `FLAWS`, or none.
        store: Where it keeps everything.
    """
    store = store or Store()
    app = FastAPI(title="Planner")
    app.add_exception_handler(RequestValidationError, _invalid)
    bearer = HTTPBearer(auto_error=False)

    def caller(
        request: Request,
        given: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)],
    ) -> str:
        token = given.credentials if given else ""
        if flaw == "any-scheme":
            token = request.headers.get("authorization", "").rpartition(" ")[2]
        name = _name(store, token, flaw)
        if flaw == "authentication-off" and name is None:
            return next(iter(store.users))
        if name is None or (name in store.disabled and flaw != "disabled-accepted"):
            challenge = 'Bearer error="invalid_token"' if given else "Bearer"
            headers = {} if flaw == "challenge-missing" else {"WWW-Authenticate": challenge}
            detail = "Traceback (most recent call last)" if flaw == "trace-in-error" else "Sign in"
            raise HTTPException(401, detail, headers)
        return name

    caller_type = Annotated[str, Depends(caller)]

    def project_of(owner: str, project_id: UUID, operation: str = "") -> dict[str, Any]:
        found = store.projects.get(project_id)
        if found is not None and (found["owner"] == owner or flaw == f"{operation}-unowned"):
            return found
        if found is not None and flaw == "refused-but-done" and operation == "delete":
            del store.projects[project_id]
        if found is not None and flaw == "forbidden-tells":
            raise HTTPException(403, "Not yours")
        if found is not None and flaw == "body-tells":
            raise HTTPException(404, "Not found here")
        raise HTTPException(404, "Not found")

    @app.post("/sessions", status_code=201, responses={401: {"model": Failure}})
    def open_session(body: Credentials) -> Token:
        if store.users.get(body.username) != body.password:
            raise HTTPException(401, "Wrong", {"WWW-Authenticate": "Bearer"})
        token = secrets.token_urlsafe(24)
        store.sessions[token] = body.username
        return Token(token=token)

    @app.delete("/session", status_code=204, responses=GUARDED, operation_id="sign_out")
    def sign_out(name: caller_type) -> None:
        if flaw != "logout-ignored":
            for token in [token for token, user in store.sessions.items() if user == name]:
                del store.sessions[token]

    @app.get("/account", responses=GUARDED, response_model=None)
    def read_account(name: caller_type) -> dict[str, str]:
        extra = {"password": "$2b$12$" + "a" * 53} if flaw == "hash-in-profile" else {}
        return {"username": name, **extra}

    @app.delete("/account", status_code=204, responses=GUARDED, operation_id="delete_account")
    def delete_account(name: caller_type) -> None:
        store.users.pop(name, None)
        for token in [token for token, user in store.sessions.items() if user == name]:
            del store.sessions[token]

    @app.get("/projects", responses=GUARDED)
    def list_projects(
        name: caller_type,
        page: Annotated[int, Query(ge=1, le=1000)] = 1,
        size: Annotated[int, Query(ge=1, le=100)] = 50,
    ) -> list[Project]:
        leaking = flaw == "list-leaks" or (flaw == "second-page-leaks" and page > 1)
        own = [found for found in store.projects.values() if leaking or found["owner"] == name]
        return [Project(**found) for found in own[(page - 1) * size :][:size]]

    @app.post("/projects", status_code=201, responses=GUARDED)
    def create_project(name: caller_type, body: ProjectBody, response: Response) -> Project:
        extra = body.model_extra or {}
        owner = extra.get("owner_id", name) if flaw == "owner-in-create" else name
        project: dict[str, Any] = {"id": uuid4(), "owner": owner, "name": body.name}
        store.projects[project["id"]] = project
        response.headers["Location"] = f"/projects/{project['id']}"
        if flaw == "location-wrong":
            response.headers["Location"] = "/projects/0"
        return Project(**project)

    @app.get("/projects/{project_id}", responses=GUARDED)
    def read_project(name: caller_type, project_id: UUID) -> Project:
        return Project(**project_of(name, project_id, "read"))

    @app.patch("/projects/{project_id}", responses=GUARDED)
    def update_project(name: caller_type, project_id: UUID, body: ProjectChange) -> Project:
        project = project_of(name, project_id, "update")
        changed = {**project, "name": body.name or project["name"]}
        if flaw == "owner-in-patch":
            changed["owner"] = (body.model_extra or {}).get("owner", project["owner"])
        if flaw != "write-lost":
            store.projects[project_id] = changed
        return Project(**changed)

    @app.delete("/projects/{project_id}", status_code=204, responses=GUARDED)
    def delete_project(name: caller_type, project_id: UUID) -> None:
        project_of(name, project_id, "delete")
        if flaw != "delete-lost":
            del store.projects[project_id]

    @app.post("/projects/{project_id}/tasks", status_code=201, responses=GUARDED)
    def create_task(name: caller_type, project_id: UUID, body: TaskBody) -> Task:
        project_of(name, project_id)
        task = {"id": uuid4(), "project": project_id, **body.model_dump()}
        store.tasks[task["id"]] = task
        return Task(**task)

    @app.get("/projects/{project_id}/tasks", responses=GUARDED)
    def list_tasks(name: caller_type, project_id: UUID) -> list[Task]:
        if flaw != "tasks-of-any-project":
            project_of(name, project_id)
        return [Task(**found) for found in store.tasks.values() if found["project"] == project_id]

    @app.get("/projects/{project_id}/tasks/{task_id}", responses=GUARDED)
    def read_task(name: caller_type, project_id: UUID, task_id: UUID) -> Task:
        project_of(name, project_id)
        task = store.tasks.get(task_id)
        if task is None or (task["project"] != project_id and flaw != "task-by-id-alone"):
            raise HTTPException(404, "Not found")
        return Task(**task)

    return app


async def _invalid(_request: Request, error: Exception) -> JSONResponse:
    """Say what is wrong with a request, without repeating its values: one may be a password."""
    assert isinstance(error, RequestValidationError)
    problems = [{key: item[key] for key in ("loc", "msg", "type")} for item in error.errors()]
    return JSONResponse({"detail": problems}, 422)


def _name(store: Store, token: str, flaw: str) -> str | None:
    if flaw == "token-prefix" and token:
        return next(
            (user for known, user in store.sessions.items() if known.startswith(token)), None
        )
    return store.sessions.get(token)
