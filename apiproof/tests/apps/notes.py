"""Notes of users, in the shapes that public APIs have: one application, put together by features.

Users sign themselves up and in; the file of identities names two that were there before.
"""

import itertools
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Form, HTTPException, Request
from fastapi.security import APIKeyCookie, APIKeyQuery, HTTPBearer
from pydantic import BaseModel, Field

from apiproof.jwt import decode_unverified, sign_hmac

PASSWORD = "Notes-are-private-1"  # of accounts that no one else has
SECRET = "Zk2v9QxT7mPq4LwR8sYb1NcD6hJf3GaE5uVi"  # of a test application
Text = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[\w@.!+-]+$")]
REFUSED: dict[int | str, dict[str, Any]] = {
    status: {"description": "refused"} for status in (401, 403, 404, 409, 429)
}

# Shape -> flaw -> the check, and the beginning of the case, that find it.
FLAWS: dict[str, dict[str, str]] = {
    "cookies": {"owner": "ownership_enforced/other-user"},
    "query-keys": {"anonymous": "anonymous_rejected/anonymous"},
    "own-jwt": {
        "weak": "keys_are_strong/guessed",
        "unsigned": "forged_tokens_rejected/changed-payload",
    },
    "natural-keys": {"owner": "ownership_enforced/other-user"},
    "roles": {"admin": "functions_enforced/role-", "assign": "privileges_enforced/sign-up"},
    "shared": {"change": "ownership_enforced/other-user"},
    "soft-delete": {"owner": "ownership_enforced/other-user"},
    "wrapped": {"listing": "ownership_enforced/listing"},
    "own-account": {"profile": "ownership_enforced/other-account"},
    "path-ignored": {},  # the account that changes is the caller's, whatever the path says
    "odd-input": {"crash": "boundaries_handled/"},
    "rate-limits": {"owner": "ownership_enforced/other-user"},
    "short-tokens": {"owner": "ownership_enforced/other-user"},
    "tenants": {"owner": "ownership_enforced/other-user"},
    "jobs": {"owner": "ownership_enforced/other-user"},
    "uploads": {"owner": "ownership_enforced/other-user"},
}


class Credentials(BaseModel):
    """Who signs up or in."""

    username: Text
    password: Text


class Draft(BaseModel):
    """A note to write."""

    slug: Text
    text: Text


class Change(BaseModel):
    """What may be changed of a note."""

    text: Text


class Profile(BaseModel):
    """What a user may change of the account."""

    email: Text


@dataclass
class User:
    name: str
    number: int
    password: str
    email: str
    role: str = "member"

    def shown(self) -> dict[str, Any]:
        return {
            "id": self.number,
            "username": self.name,
            "email": self.email,
            "role": self.role,
            "is_admin": self.role == "admin",
        }


@dataclass
class Note:
    number: int
    owner: str
    slug: str
    text: str
    deleted: bool = False


@dataclass
class Store:
    users: dict[str, User] = field(default_factory=dict)
    notes: dict[str, Note] = field(default_factory=dict)
    sessions: dict[str, str] = field(default_factory=dict)
    uses: dict[str, int] = field(default_factory=dict)
    numbers: Any = field(default_factory=lambda: itertools.count(1001))
    requests: Any = field(default_factory=lambda: itertools.count(1))

    def add(self, name: str, role: str = "member") -> User:
        user = User(name, next(self.numbers), PASSWORD, f"{name}@example.com", role)
        self.users[name] = user
        return user


class Sessions:
    """Credentials of one shape: made at the login, read from requests."""

    def __init__(self, shape: str, flaw: str, store: Store) -> None:
        self.shape, self.flaw, self.store = shape, flaw, store

    def begin(self, user: User) -> str:
        if self.shape == "own-jwt":
            key = b"secret" if "weak" in self.flaw else SECRET.encode()
            return sign_hmac({"alg": "HS256", "typ": "JWT"}, {"sub": user.name}, key)
        token = secrets.token_urlsafe(24)
        self.store.sessions[token] = user.name
        return token

    def name_of(self, token: str) -> str | None:
        if self.shape == "own-jwt":
            return self._signed(token)
        if self.shape == "short-tokens":  # a token serves a dozen requests
            self.store.uses[token] = self.store.uses.get(token, 0) + 1
            if self.store.uses[token] > 12:
                return None
        return self.store.sessions.get(token)

    def _signed(self, token: str) -> str | None:
        read = decode_unverified(token)
        if read is None or set(read.header) != {"alg", "typ"} or read.header["alg"] != "HS256":
            return None
        name = read.claims.get("sub")
        user = self.store.users.get(str(name))
        is_genuine = user is not None and secrets.compare_digest(self.begin(user), token)
        return str(name) if is_genuine or (self.flaw == "unsigned" and user) else None


SCHEMES: dict[str, Any] = {
    "cookies": APIKeyCookie(name="sid", auto_error=False),
    "query-keys": APIKeyQuery(name="api_key", auto_error=False),
}


def create_notes(shape: str, flaw: str = "", store: Store | None = None) -> FastAPI:
    """Make an application of a shape, with a flaw if so wished."""
    kept = store or Store()
    app = FastAPI(title="Notes")
    sessions = Sessions(shape, flaw, kept)
    scheme = SCHEMES.get(shape, HTTPBearer(auto_error=False))

    def caller(request: Request, given: Annotated[Any, Depends(scheme)]) -> User:
        if shape == "rate-limits" and next(kept.requests) % 20 == 0:
            raise HTTPException(429, headers={"Retry-After": "0"})
        token = getattr(given, "credentials", given)
        name = sessions.name_of(token) if token else None
        if name is None and flaw == "anonymous" and not token:
            name = next(iter(kept.users))
        user = kept.users.get(name or "")
        if user is None:
            error = ' error="invalid_token"' if token else ""
            if token and "forbids" in flaw:
                raise HTTPException(403, headers={"WWW-Authenticate": "Bearer"})
            kind = "Bearer" if isinstance(scheme, HTTPBearer) else "ApiKey"
            raise HTTPException(401, headers={"WWW-Authenticate": f"{kind}{error}"})
        if shape == "tenants" and request.headers.get("x-tenant") != "acme":
            raise HTTPException(403)
        return user

    _add_accounts(app, kept, sessions, caller)
    _add_notes(app, kept, shape, flaw, caller)
    return app


def _add_accounts(  # noqa: C901  # routes, each of a line or two
    app: FastAPI, store: Store, sessions: Sessions, caller: Callable[..., User]
) -> None:
    shape, flaw = sessions.shape, sessions.flaw
    Caller = Annotated[User, Depends(caller)]  # noqa: N806  # a type

    @app.post("/signup", status_code=201, responses=REFUSED, operation_id="sign_up")
    async def sign_up(new: Credentials, request: Request) -> dict[str, Any]:
        if new.username in store.users:
            raise HTTPException(409)
        user = store.add(new.username)
        user.password = new.password
        if flaw == "assign":
            user.role = str((await request.json()).get("role", "member"))
        return {"id": user.number, "username": user.name}

    @app.post("/login", responses=REFUSED, operation_id="log_in")
    def log_in(given: Credentials) -> dict[str, str]:
        user = store.users.get(given.username)
        if user is None or user.password != given.password:
            raise HTTPException(403)
        return {"token": sessions.begin(user)}

    @app.get("/me", responses=REFUSED, operation_id="read_me")
    def read_me(user: Caller) -> dict[str, Any]:
        return user.shown()

    if shape in {"own-account", "roles"}:

        @app.patch("/me", responses=REFUSED, operation_id="change_me")
        def change_me(new: Profile, user: Caller) -> dict[str, Any]:
            user.email = new.email
            return user.shown()

    if shape == "own-account":

        @app.put("/users/{user_id}", responses=REFUSED, operation_id="change_user")
        def change_user(user_id: int, new: Profile, user: Caller) -> dict[str, Any]:
            one = next((each for each in store.users.values() if each.number == user_id), None)
            if one is None or (one is not user and flaw != "profile"):
                raise HTTPException(404)
            one.email = new.email
            return one.shown()

    if shape == "path-ignored":

        @app.put("/users/{username}/email", responses=REFUSED, operation_id="change_email")
        def change_email(username: Text, new: Profile, user: Caller) -> dict[str, Any]:
            if username not in store.users:
                raise HTTPException(404)
            user.email = new.email
            return user.shown()

    if shape == "roles":

        @app.get("/admin/report", responses=REFUSED, operation_id="report")
        def report(user: Caller) -> dict[str, int]:
            if user.role != "admin" and flaw != "admin":
                raise HTTPException(403, headers={"WWW-Authenticate": "Bearer"})
            return {"users": len(store.users)}


def _add_notes(  # noqa: C901  # routes, each of a line or two
    app: FastAPI, store: Store, shape: str, flaw: str, caller: Callable[..., User]
) -> None:
    Caller = Annotated[User, Depends(caller)]  # noqa: N806  # a type

    def shown(note: Note) -> dict[str, Any]:
        known = {"text": note.text, "slug": note.slug, "owner": note.owner}
        return known if shape == "natural-keys" else {"id": note.number, **known}

    def found(note_id: str, user: User) -> Note:
        note = store.notes.get(note_id)
        if note is None or (note.deleted and flaw != "owner"):
            raise HTTPException(404)
        if note.owner != user.name and flaw != "owner":
            raise HTTPException(404)
        return note

    def keep(slug: str, text: str, user: User) -> Note:
        number = next(store.numbers)
        key = slug if shape == "natural-keys" else str(number)
        if key in store.notes:
            raise HTTPException(409)
        store.notes[key] = note = Note(number, user.name, slug, text)
        return note

    if shape == "uploads":

        @app.post("/notes", status_code=201, responses=REFUSED, operation_id="add_note")
        def upload(slug: Annotated[Text, Form()], user: Caller) -> dict[str, Any]:
            return shown(keep(slug, "uploaded", user))

    else:
        made = 202 if shape == "jobs" else 201

        @app.post("/notes", status_code=made, responses=REFUSED, operation_id="add_note")
        def add(draft: Draft, user: Caller) -> dict[str, Any]:
            note = keep(draft.slug, draft.text, user)
            # Of a natural key, only the request speaks; a job's id is in its answer.
            return {"ok": True} if shape == "natural-keys" else shown(note)

    @app.get("/notes", responses=REFUSED, operation_id="list_notes")
    def notes(user: Caller) -> Any:
        everybody = flaw == "listing" or shape == "shared"
        chosen = [
            shown(note)
            for note in store.notes.values()
            if not note.deleted and (everybody or note.owner == user.name)
        ]
        return {"data": chosen, "count": len(chosen)} if shape == "wrapped" else chosen

    @app.get("/notes/{note_id}", responses=REFUSED, operation_id="read_note")
    def read(note_id: str, user: Caller) -> dict[str, Any]:
        if shape == "shared" and note_id in store.notes:
            return shown(store.notes[note_id])
        if flaw == "crash" and "\0" in note_id:
            raise HTTPException(500)
        return shown(found(note_id, user))

    @app.put("/notes/{note_id}", responses=REFUSED, operation_id="change_note")
    def change(note_id: Text, new: Change, user: Caller) -> dict[str, Any]:
        free = flaw == "change" and note_id in store.notes
        note = store.notes[note_id] if free else found(note_id, user)
        note.text = new.text
        return shown(note)

    @app.delete("/notes/{note_id}", status_code=204, responses=REFUSED, operation_id="drop_note")
    def drop(note_id: Text, user: Caller) -> None:
        note = found(note_id, user)
        if shape == "soft-delete":
            note.deleted = True
        else:
            del store.notes[note_id]
