"""Notes on shelves: one small service in the shapes that request and answer bodies come in.

Each shape is right without a flaw; with one, a note is read, changed or taken by anybody.
"""

import itertools
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Header, HTTPException, Request, Response
from fastapi.security import APIKeyCookie, APIKeyHeader, HTTPAuthorizationCredentials, HTTPBearer

from tests.apps.members import LENT, Credentials, Members

# Shape -> flaw -> the check, and the beginning of the case, that find it.
BOTH = {
    "read-by-anyone": "ownership_enforced/other-user",
    "changed-by-anyone": "ownership_enforced/other-user",
}
FLAWS: dict[str, dict[str, str]] = {
    "json-api": BOTH,
    "hal": BOTH,
    "csrf": BOTH,
    "tenant-path": BOTH,
    "json-patch": {"changed-by-anyone": "ownership_enforced/other-user"},
    "keys": BOTH,
}
REFUSED: dict[int | str, Any] = {401: {}, 403: {}, 404: {}, 409: {}, 422: {}}
Row = dict[str, Any]


def _object(**members: Row) -> Row:
    return {"type": "object", "properties": members, "required": list(members)}


TEXT: Row = {"type": "string", "minLength": 1, "maxLength": 80}
PATCH: Row = {
    "type": "array",
    "items": _object(
        op={"type": "string", "enum": ["replace"]},
        path={"type": "string", "enum": ["/text"]},
        value=TEXT,
    ),
    "minItems": 1,
}


def _takes(schema: Row, media: str = "application/json") -> Row:
    return {"requestBody": {"required": True, "content": {media: {"schema": schema}}}}


def _note_schema(shape: str) -> Row:
    if shape != "json-api":
        return _object(text=TEXT)
    kind = {"type": "string", "enum": ["notes"]}
    return _object(data=_object(type=kind, attributes=_object(text=TEXT)))


def _text_in(shape: str, body: Any) -> str:
    try:
        if shape == "json-api":
            return str(body["data"]["attributes"]["text"])
        return str(body[0]["value"] if isinstance(body, list) else body["text"])
    except (KeyError, TypeError, IndexError):
        raise HTTPException(422) from None


def _shown(shape: str, note: Row) -> Row:
    if shape == "json-api":
        owner = {"data": {"type": "users", "id": note["owner"]}}
        return {
            "type": "notes",
            "id": str(note["id"]),
            "attributes": {"text": note["text"]},
            "relationships": {"owner": owner},
        }
    links = {"self": {"href": f"/notes/{note['id']}"}} if shape == "hal" else None
    return {"id": note["id"], "text": note["text"]} | ({"_links": links} if links else {})


def create_shelves(shape: str, flaw: str = "") -> FastAPI:  # noqa: C901, PLR0915  # closures
    """Build the service in a shape; the users of the file are its members."""
    app, known, numbers = FastAPI(title="Shelves"), Members(), itertools.count(7001)
    notes: dict[int, Row] = {}
    keys: dict[str, str] = {}
    for name in LENT:
        known.add(name)

    def refused() -> HTTPException:
        return HTTPException(401, headers={"WWW-Authenticate": "Bearer"})

    def by_session(token: str | None) -> str:
        name = known.sessions.get(token or "", "")
        if name not in known.people:
            raise refused()
        return name

    bearer, cookie = HTTPBearer(auto_error=False), APIKeyCookie(name="session", auto_error=False)
    key_header = APIKeyHeader(name="X-API-Key", auto_error=False)
    Given = Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]  # noqa: N806

    def by_bearer(given: Given) -> str:
        return by_session(given.credentials if given else None)

    def by_cookie(
        request: Request,
        token: Annotated[str | None, Depends(cookie)],
        x_csrf_token: Annotated[str | None, Header()] = None,
    ) -> str:
        name = by_session(token)
        if request.method != "GET" and x_csrf_token != f"csrf-{token}"[:24]:
            raise HTTPException(403, "no CSRF token")
        return name

    def by_key(key: Annotated[str | None, Depends(key_header)]) -> str:
        if key not in keys:
            raise refused()
        return keys[key]

    Session = Annotated[str, Depends(by_cookie if shape == "csrf" else by_bearer)]  # noqa: N806
    caller = by_key if shape == "keys" else by_cookie if shape == "csrf" else by_bearer
    Caller = Annotated[str, Depends(caller)]  # noqa: N806

    def own(number: Any, name: str, allowed: str = "of no kind") -> Row:
        """Return a note of the caller's, or anybody's where a flaw allows it."""
        note = notes.get(int(number))
        if note is None or (note["owner"] != name and flaw != allowed):
            raise HTTPException(404)
        return note

    @app.post("/signup", status_code=201, responses=REFUSED, operation_id="sign_up")
    def sign_up(new: Credentials) -> Row:
        if new.username in known.people:
            raise HTTPException(409)
        return {"username": known.add(new.username, new.password).name}

    @app.post("/login", responses=REFUSED, operation_id="log_in")
    def log_in(given: Credentials, response: Response) -> Row:
        member = known.people.get(given.username)
        if member is None or member.password != given.password:
            raise HTTPException(403)
        token = known.begin(member)
        if shape != "csrf":
            return {"token": token}
        response.set_cookie("session", token)
        response.set_cookie("csrftoken", f"csrf-{token}"[:24])
        return {"username": member.name}

    @app.get("/me", responses=REFUSED, operation_id="read_me")
    def read_me(name: Session) -> Row:
        tenant = {"tenant": f"of-{name}"} if shape == "tenant-path" else {}
        return {"id": known.people[name].number, "username": name, **tenant}

    if shape == "keys":

        @app.post("/keys", status_code=201, responses=REFUSED, operation_id="make_key")
        def make_key(name: Session) -> Row:
            key = f"key-{name}-{next(numbers)}-{known.people[name].number}"
            keys[key] = name
            return {"id": next(numbers), "key": key}

    prefix = "/tenants/{tenant}" if shape == "tenant-path" else ""

    def of_tenant(tenant: str, name: Caller) -> str:
        if tenant != f"of-{name}" and not flaw:
            raise HTTPException(404)
        return name

    def of_all(name: Caller) -> str:
        return name

    Inside = Annotated[str, Depends(of_tenant if prefix else of_all)]  # noqa: N806

    def wrapped(note: Row) -> Row:
        return {"data": _shown(shape, note)} if shape == "json-api" else _shown(shape, note)

    media = "application/vnd.api+json" if shape == "json-api" else "application/json"

    @app.post(
        prefix + "/notes",
        status_code=201,
        responses=REFUSED,
        operation_id="add_note",
        openapi_extra=_takes(_note_schema(shape), media),
    )
    async def add_note(request: Request, name: Inside) -> Row:
        text = _text_in(shape, await request.json())
        number = next(numbers)
        notes[number] = {"id": number, "text": text, "owner": name}
        return wrapped(notes[number])

    @app.get(prefix + "/notes", responses=REFUSED, operation_id="list_notes")
    def list_notes(name: Inside) -> Any:
        mine = [note for note in notes.values() if note["owner"] == name]
        rows = [_shown(shape, note) for note in mine]
        return {"json-api": {"data": rows}, "hal": {"_embedded": {"notes": rows}}}.get(shape, rows)

    @app.get(prefix + "/notes/{note_id}", responses=REFUSED, operation_id="read_note")
    def read_note(name: Inside, note_id: int) -> Row:
        return wrapped(own(note_id, name, "read-by-anyone"))

    is_patch = shape == "json-patch"

    @app.patch(
        prefix + "/notes/{note_id}",
        responses=REFUSED,
        operation_id="change_note",
        openapi_extra=_takes(
            PATCH if is_patch else _note_schema(shape),
            "application/json-patch+json" if is_patch else media,
        ),
    )
    async def change_note(request: Request, name: Inside, note_id: int) -> Row:
        note = own(note_id, name, "changed-by-anyone")
        note["text"] = _text_in(shape, await request.json())
        return wrapped(note)

    @app.delete(
        prefix + "/notes/{note_id}", status_code=204, responses=REFUSED, operation_id="drop_note"
    )
    def drop_note(name: Inside, note_id: int) -> None:
        del notes[own(note_id, name)["id"]]

    return app
