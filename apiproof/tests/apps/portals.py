"""Portals whose credential is a plain parameter: a cookie, or a key in the query.

The cookie holds a JSON Web Token. Nothing in the document says that these are credentials.
"""

import secrets
from typing import Annotated, Any

from fastapi import Cookie, Depends, FastAPI, HTTPException, Query, Response

from apiproof.jwt import decode_unverified, sign_hmac
from tests.apps.members import Credentials, Member, Members, Text

# Shape -> flaw -> the check, and the beginning of the case, that find it.
FLAWS = {
    "cookie": {
        "unsigned": "forged_tokens_rejected/changed-payload",
        "weak": "keys_are_strong/guessed",
        "letter-of-anyone": "ownership_enforced/other-user",
        "inbox-open": "anonymous_rejected/anonymous",
    },
    "query": {
        "letter-of-anyone": "ownership_enforced/other-user",
        "inbox-open": "anonymous_rejected/anonymous",
        "key-by-prefix": "forged_tokens_rejected/nearly",
    },
}
SECRET = "Zk2v9QxT7mPq4LwR8sYb1NcD6hJf3GaE5uVi"  # of a test application
REFUSED: dict[int | str, Any] = {401: {}, 404: {}, 409: {}}
Row = dict[str, Any]


def create_portals(  # noqa: C901  # its operations share the users as closures
    shape: str, flaw: str = "", members: Members | None = None
) -> FastAPI:
    """Build a portal.

    Args:
        shape: `cookie` or `query`.
        flaw: One of `FLAWS[shape]`, or none.
        members: Its users.
    """
    known = members or Members()
    letters: dict[int, Row] = {}
    app = FastAPI(title="Portals")
    key = b"secret" if flaw == "weak" else SECRET.encode()

    def named(token: str) -> str | None:
        if shape == "query":
            alike = [one for one in known.sessions if one.startswith(token)]
            return known.sessions.get(alike[0] if alike and flaw == "key-by-prefix" else token)
        read = decode_unverified(token)
        if read is None or read.header != {"alg": "HS256", "typ": "JWT"}:
            return None
        genuine = sign_hmac(read.header, read.claims, key)
        is_genuine = secrets.compare_digest(genuine, token) or flaw == "unsigned"
        return str(read.claims.get("sub")) if is_genuine else None

    def member(token: str | None) -> Member:
        if not token and flaw == "inbox-open":
            return next(iter(known.people.values()))
        found = known.people.get(named(token) or "") if token else None
        if found is None:
            raise HTTPException(401)
        return found

    def by_cookie(session: Annotated[str | None, Cookie()] = None) -> Member:
        return member(session)

    def by_key(api_key: Annotated[str | None, Query()] = None) -> Member:
        return member(api_key)

    caller = by_cookie if shape == "cookie" else by_key
    Caller = Annotated[Member, Depends(caller)]  # noqa: N806  # a type

    @app.post("/register", status_code=201, responses=REFUSED)
    def register(new: Credentials) -> Row:
        if new.username in known.people:
            raise HTTPException(409)
        return {"username": known.add(new.username, new.password).name}

    @app.post("/login", responses=REFUSED)
    def log_in(given: Credentials, response: Response) -> Row:
        found = known.people.get(given.username)
        if found is None or found.password != given.password:
            raise HTTPException(401)
        if shape == "query":
            return {"api_key": known.begin(found)}
        header = {"alg": "HS256", "typ": "JWT"}
        response.set_cookie("session", sign_hmac(header, {"sub": found.name}, key))
        return {"signed_in": True}

    @app.get("/me", responses=REFUSED)
    def me(user: Caller) -> Row:
        return user.shown()

    @app.get("/letters", responses=REFUSED)
    def inbox(user: Caller) -> list[Row]:
        return [letter for letter in letters.values() if letter["owner"] == user.name]

    @app.post("/letters", status_code=201, responses=REFUSED)
    def write(text: Annotated[Text, Query()], user: Caller) -> Row:
        number = next(known.numbers)
        letters[number] = {"id": number, "owner": user.name, "text": text}
        return letters[number]

    @app.get("/letters/{letter_id}", responses=REFUSED)
    def letter(letter_id: int, user: Caller) -> Row:
        found = letters.get(letter_id)
        if found is None or (found["owner"] != user.name and flaw != "letter-of-anyone"):
            raise HTTPException(404)
        return found

    return app
