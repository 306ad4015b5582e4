"""A library: an API key or an OAuth2 token, both at once, or neither; its flaws can be chosen.

/loans/{loan_id} takes either, /audit takes both, /catalogue may be called by anybody.
"""

import secrets
from dataclasses import dataclass, field
from typing import Annotated, Any

from fastapi import Depends, FastAPI, HTTPException, Request, Response
from pydantic import BaseModel

from tests.apps.tokens import VERIFIER_FLAWS, verify

# flaw -> the check and the service of the finding that it must cause
FLAWS = {
    **VERIFIER_FLAWS,
    "key-off": "anonymous_rejected/anonymous",
    "key-prefix": "forged_tokens_rejected/nearly",
    "token-off": "anonymous_rejected/anonymous",
    "scopes-off": "scopes_enforced/scope-missing",
    "scope-substring": "scopes_enforced/scope-suffix",
    "scope-any-case": "scopes_enforced/scope-case",
    "scope-comma": "scopes_enforced/scope-separator",
    "admin-trusted": "scopes_enforced/admin-claims",
    "both-means-either": "anonymous_rejected/anonymous",
    "optional-token-unverified": "forged_tokens_rejected/garbage",
    "scope-answered-401": "scopes_enforced/scope-missing",
    "loan-of-anyone": "ownership_enforced/other-user",
    "public-is-secured": "public_is_declared/anonymous",
    "token-leaks": "secrets_not_leaked/a secret of the run-200",
    "retry-missing": "errors_conform/retry-503",
}
READ, WRITE = "loans:read", "loans:write"


@dataclass
class Store:
    """Everything that the library knows."""

    keys: dict[str, str] = field(default_factory=dict)
    disabled: set[str] = field(default_factory=set)
    loans: dict[int, dict[str, Any]] = field(default_factory=dict)

    def key_of(self, name: str) -> str:
        """Return a user's API key."""
        known = {user: key for key, user in self.keys.items()}
        if name not in known:
            self.keys[secrets.token_hex(16)] = name
            return self.key_of(name)
        return known[name]


class LoanBody(BaseModel):
    """What is lent."""

    title: str
    weeks: int = 4


class Loan(LoanBody):
    """A loan."""

    id: int


def _oauth(*scopes: str) -> dict[str, list[str]]:
    return {"OAuth": list(scopes)}


def _security(*alternatives: dict[str, list[str]]) -> dict[str, Any]:
    return {"security": list(alternatives)}


KEY: dict[str, list[str]] = {"Key": []}
ERRORS: dict[int | str, dict[str, Any]] = {401: {}, 403: {}, 404: {}}


class Guard:
    """Who may pass, by key or token; what it does not check depends on the flaw."""

    def __init__(self, store: Store, flaw: str) -> None:
        self._store = store
        self._flaw = flaw

    def by_key(self, request: Request) -> str | None:
        """Return the user of an API key."""
        given = request.headers.get("x-api-key", "")
        if self._flaw == "key-off":
            return next(iter(self._store.keys.values()), None)
        if self._flaw == "key-prefix" and given:
            found = (user for key, user in self._store.keys.items() if key.startswith(given))
            return next(found, None)
        return self._alive(self._store.keys.get(given))

    def by_token(self, request: Request, scope: str) -> str | None:
        """Return the user of a token with a scope, None without a good token, or refuse."""
        if self._flaw == "token-off":
            return next(iter(self._store.keys.values()), None)
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        claims = verify(token, self._flaw) if kind.lower() == "bearer" else None
        if claims is None or self._alive(claims.get("sub")) is None:
            return None
        if not self._grants(claims, scope):
            if self._flaw == "scope-answered-401":
                return None
            challenge = f'Bearer error="insufficient_scope", scope="{scope}"'
            raise HTTPException(403, "Scope missing", {"WWW-Authenticate": challenge})
        return str(claims["sub"])

    def _alive(self, name: str | None) -> str | None:
        return None if name in self._store.disabled else name

    def _grants(self, claims: dict[str, Any], scope: str) -> bool:
        text = str(claims.get("scope", ""))
        lenient = {
            "scopes-off": True,
            "scope-substring": scope in text,
            "scope-any-case": scope in text.lower().split(),
            "scope-comma": scope in text.replace(",", " ").split(),
            "admin-trusted": claims.get("role") == "admin",
        }
        return lenient.get(self._flaw, False) or scope in text.split()


def refusal(request: Request) -> HTTPException:
    """Return the 401 that fits a request."""
    shown = request.headers.get("authorization", "").lower().startswith("bearer ")
    bare = not request.headers.get("authorization", "")[7:].strip()
    challenge = 'Bearer error="invalid_token"' if shown and not bare else "Bearer"
    return HTTPException(401, "Who are you?", {"WWW-Authenticate": challenge})


def create_library(  # noqa: C901  # its operations share store and guard as closures
    flaw: str = "", store: Store | None = None
) -> FastAPI:
    """Build the library.

    Args:
        flaw: One of `FLAWS`, or none.
        store: Where it keeps everything.
    """
    store = store or Store()
    app, guard = FastAPI(title="Library"), Guard(store, flaw)

    def either(scope: str) -> Any:
        def caller(request: Request) -> str:
            name = guard.by_key(request) or guard.by_token(request, scope)
            if name is None:
                raise refusal(request)
            return name

        return Depends(caller)

    def loan_of(name: str, loan_id: int) -> dict[str, Any]:
        loan = store.loans.get(loan_id)
        if loan is None or (loan["user"] != name and flaw != "loan-of-anyone"):
            raise HTTPException(404, "No such loan")
        return loan

    alternatives = {scope: _security(_oauth(scope), KEY) for scope in (READ, WRITE)}

    @app.get("/loans", responses=ERRORS, openapi_extra=alternatives[READ])
    def list_loans(name: Annotated[str, either(READ)]) -> list[Loan]:
        return [Loan(**loan) for loan in store.loans.values() if loan["user"] == name]

    @app.post("/loans", status_code=201, responses=ERRORS, openapi_extra=alternatives[WRITE])
    def create_loan(
        name: Annotated[str, either(WRITE)], body: LoanBody, response: Response
    ) -> Loan:
        number = len(store.loans) + 1
        store.loans[number] = {"id": number, "user": name, **body.model_dump()}
        response.headers["Location"] = f"/loans/{number}"
        return Loan(**store.loans[number])

    @app.get("/loans/{loan_id}", responses=ERRORS, openapi_extra=alternatives[READ])
    def read_loan(name: Annotated[str, either(READ)], loan_id: int) -> Loan:
        return Loan(**loan_of(name, loan_id))

    @app.put("/loans/{loan_id}", responses=ERRORS, openapi_extra=alternatives[WRITE])
    def replace_loan(name: Annotated[str, either(WRITE)], loan_id: int, body: LoanBody) -> Loan:
        loan_of(name, loan_id).update(body.model_dump())
        return Loan(**store.loans[loan_id])

    @app.get("/audit", responses=ERRORS, openapi_extra=_security({**KEY, **_oauth(READ)}))
    def read_audit(request: Request) -> dict[str, int]:
        passed = [guard.by_key(request), guard.by_token(request, READ)]
        if not (any(passed) if flaw == "both-means-either" else all(passed)):
            raise refusal(request)
        return {"loans": sum(loan["user"] == passed[0] for loan in store.loans.values())}

    @app.get("/catalogue", openapi_extra=_security(_oauth(READ), {}), responses=ERRORS)
    def read_catalogue(request: Request) -> dict[str, str]:
        if flaw == "optional-token-unverified" and request.headers.get("authorization"):
            return {"for": "a member"}
        name = guard.by_token(request, READ) if "authorization" in request.headers else None
        return {"for": "a member" if name else "anybody"}

    @app.get("/opening-hours", responses={503: {}})
    def read_opening_hours(request: Request) -> dict[str, str]:
        if flaw == "public-is-secured" and guard.by_key(request) is None:
            raise refusal(request)
        if flaw == "retry-missing":
            raise HTTPException(503, "Closed")
        token = next(iter(store.keys), "") if flaw == "token-leaks" else ""
        return {"hours": f"9-17 {token}"}

    document = app.openapi()
    document["components"]["securitySchemes"] = {
        "Key": {"type": "apiKey", "in": "header", "name": "X-Api-Key"},
        "OAuth": {
            "type": "oauth2",
            "flows": {"clientCredentials": {"tokenUrl": "/token", "scopes": {READ: "", WRITE: ""}}},
        },
    }
    return app
