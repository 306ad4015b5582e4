"""Wallets: new accounts have some credits, send them to one another and redeem vouchers, once."""

import itertools
import secrets
from dataclasses import dataclass, field
from typing import Annotated, Any

from fastapi import Depends, FastAPI, HTTPException
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, ConfigDict, Field

from tests.apps.members import LENT, PASSWORD, Text, unauthorized

REFUSED: dict[int | str, Any] = {400: {}, 401: {}, 403: {}, 404: {}, 409: {}}
WELCOME = 10
FLAWS = {
    "credits-at-sign-up": "privileges_enforced/sign-up-numbers",
    "negative-transfer": "privileges_enforced/negative-amount",
    "voucher-twice": "privileges_enforced/redeemed-twice",
}


class SignUp(BaseModel):
    """Who signs up."""

    model_config = ConfigDict(extra="allow")
    username: Text
    password: Text


class Login(BaseModel):
    """Who signs in."""

    username: Text
    password: Text


class Transfer(BaseModel):
    """What is sent to whom."""

    recipient: Text
    amount: int


class Voucher(BaseModel):
    """What is redeemed."""

    code: str = Field(examples=["WELCOME10"], json_schema_extra={"example": "WELCOME10"})


@dataclass
class Purse:
    """What an account holds."""

    number: int
    password: str
    credits: int = WELCOME
    vouchers: set[str] = field(default_factory=set)


def create_wallets(flaw: str = "") -> FastAPI:  # noqa: C901  # its routes
    """Build a service of wallets.

    Args:
        flaw: One of `FLAWS`, or none.
    """
    app, numbers = FastAPI(title="Wallets"), itertools.count(61)
    purses = {name: Purse(next(numbers), PASSWORD) for name in LENT}
    sessions: dict[str, str] = {}
    bearer = HTTPBearer(auto_error=False)

    def caller(given: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]) -> str:
        name = sessions.get(given.credentials if given else "", "")
        if not name:
            raise unauthorized(given)
        return name

    Caller = Annotated[str, Depends(caller)]  # noqa: N806  # a type

    @app.post("/signup", status_code=201, responses=REFUSED, operation_id="sign_up")
    def sign_up(new: SignUp) -> dict[str, str]:
        if new.username in purses:
            raise HTTPException(409)
        purse = purses[new.username] = Purse(next(numbers), new.password)
        if flaw == "credits-at-sign-up":
            purse.credits = int((new.model_extra or {}).get("credits", WELCOME))
        return {"username": new.username}

    @app.post("/login", responses=REFUSED, operation_id="log_in")
    def log_in(given: Login) -> dict[str, str]:
        purse = purses.get(given.username)
        if purse is None or purse.password != given.password:
            raise HTTPException(401, headers={"WWW-Authenticate": "Bearer"})
        token = secrets.token_urlsafe(24)
        sessions[token] = given.username
        return {"token": token}

    @app.get("/me", responses=REFUSED, operation_id="read_me")
    def read_me(name: Caller) -> dict[str, Any]:
        return {"id": purses[name].number, "username": name, "credits": purses[name].credits}

    @app.post("/transfers", responses=REFUSED, operation_id="send")
    def send(new: Transfer, name: Caller) -> dict[str, int]:
        is_refused = new.amount <= 0 and flaw != "negative-transfer"
        if is_refused or new.amount > purses[name].credits:
            raise HTTPException(400)
        if new.recipient not in purses or new.recipient == name:
            raise HTTPException(404)
        purses[name].credits -= new.amount
        purses[new.recipient].credits += new.amount
        return {"credits": purses[name].credits}

    @app.post("/vouchers/redeem", responses=REFUSED, operation_id="redeem")
    def redeem(given: Voucher, name: Caller) -> dict[str, int]:
        purse = purses[name]
        if given.code != "WELCOME10":
            raise HTTPException(404)
        if given.code in purse.vouchers and flaw != "voucher-twice":
            raise HTTPException(409)
        purse.vouchers.add(given.code)
        purse.credits += WELCOME
        return {"credits": purse.credits}

    return app
