"""A bank whose paths are verbs, and that has no `/me`: what it says of a user, it says at login.

Answers are wrapped in an envelope with a `code`; accounts are known by numbers; names and passwords
are short; nobody follows themselves.
"""

import enum
import itertools
import secrets
import urllib.request
from dataclasses import dataclass, field
from typing import Annotated, Any

from fastapi import Depends, FastAPI, HTTPException
from fastapi.security import HTTPBearer
from pydantic import BaseModel, Field

from tests.apps.members import PASSWORD

# Flaw -> the check, and the beginning of the case, that find it.
FLAWS = {
    "administrator-at-sign-up": "privileges_enforced/sign-up",
    "administrator-by-profile": "privileges_enforced/own-account",  # inside a wrapped body
    "employee-by-profile": "privileges_enforced/own-account",  # a role that only the document names
    "manager-by-profile": "privileges_enforced/own-account",  # in the service's own spelling
    "balance-of-anyone": "ownership_enforced/other-account",  # without any credential
    "history-of-anyone": "ownership_enforced/other-account",  # by a query parameter
    "card-of-anyone": "ownership_enforced/other-user",
    "loan-of-anyone": "ownership_enforced/other-user",
    "picture-fetched": "urls_not_fetched/image_url",
    "pin-told": "secrets_not_leaked/code-",
    "card-shown": "secrets_not_leaked/private-",
}
Text = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^\x00]*$")]
Short = Annotated[str, Field(min_length=3, max_length=15, pattern=r"^\w[^\x00]*$")]
DECLARED: dict[int | str, dict[str, Any]] = {400: {}, 401: {}, 403: {}, 404: {}}
bearer = HTTPBearer(auto_error=False)
Row = dict[str, Any]


class Version(enum.IntEnum):
    """Of the API."""

    OLD = 1
    NEW = 2


class Role(enum.StrEnum):
    """What a customer may become, and not by asking."""

    CUSTOMER = "customer"
    EMPLOYEE = "employee"


class Login(BaseModel):
    """A name and a password."""

    username: Short
    password: Short


class SignUp(Login):
    """A new customer."""

    is_admin: Any = Field(default=None, exclude=True, json_schema_extra={"readOnly": True})


class Name(BaseModel):
    """Whose password is forgotten."""

    username: Short


class Card(BaseModel):
    """A card."""

    title: Text


class Wallet(BaseModel):
    """What one pays with."""

    card_number: Text
    cvv: Text


class Picture(BaseModel):
    """Where a picture is."""

    image_url: Text


class Inner(BaseModel):
    """What a profile says."""

    motto: Text
    role: Role | None = None
    user_role: Text | None = None
    is_admin: Any = Field(default=None, exclude=True, json_schema_extra={"readOnly": True})


class Profile(BaseModel):
    """A profile, wrapped."""

    profile: Inner


@dataclass
class Customer:
    """Somebody with an account."""

    username: str
    password: str
    account_number: str
    is_admin: bool = False
    role: Role = Role.CUSTOMER
    user_role: str = "Customer"
    motto: str = ""
    wallet: Row = field(default_factory=dict)
    followed: set[str] = field(default_factory=set)


class Bank:
    """Customers, and what is theirs."""

    def __init__(self) -> None:
        """Open with two customers."""
        self.customers: dict[str, Customer] = {}
        self.tokens: dict[str, Customer] = {}
        self.rows: dict[int, Row] = {}
        self.numbers = itertools.count(1)
        for name in ("ada", "grace"):
            self.add(name, PASSWORD[:15])

    def add(self, username: str, password: str) -> Customer:
        """Open an account."""
        if username in self.customers:
            raise HTTPException(400)
        customer = Customer(username, password, f"77{next(self.numbers):08}")
        self.customers[username] = customer
        return customer

    def keep(self, owner: Customer, **values: Any) -> Row:
        """Keep something of a customer's; the answer is in an envelope."""
        number = next(self.numbers)
        self.rows[number] = {"owner": owner.username, **values}
        return {"code": 0, "message": "done", "data": {"number": number, "id": number, **values}}


def create_bank(flaw: str = "", bank: Bank | None = None) -> FastAPI:  # noqa: C901, PLR0915  # its operations share the bank as closures
    """Build the bank.

    Args:
        flaw: One of `FLAWS`, or none.
        bank: What it keeps.
    """
    kept = bank or Bank()
    app = FastAPI(title="Bank")

    def caller(held: Annotated[Any, Depends(bearer)]) -> Customer:
        found = kept.tokens.get(held.credentials) if held else None
        if found is None:
            raise HTTPException(401, headers={"WWW-Authenticate": "Bearer"})
        return found

    Caller = Annotated[Customer, Depends(caller)]  # noqa: N806  # a type
    told: dict[str, Any] = {"responses": DECLARED}

    def own(number: int, user: Customer, *, excused: bool) -> Row:
        row = kept.rows.get(number)
        if row is None or (row["owner"] != user.username and not excused):
            raise HTTPException(404)
        return row

    @app.post("/register", operation_id="register", **told)
    def register(body: SignUp) -> Row:
        user = kept.add(body.username, body.password)
        user.is_admin = body.is_admin is True and flaw == "administrator-at-sign-up"
        return {"message": "welcome"}

    @app.post("/login", operation_id="login", **told)
    def login(body: Login) -> Row:
        user = kept.customers.get(body.username)
        if user is None or user.password != body.password:
            raise HTTPException(401, headers={"WWW-Authenticate": "Bearer"})
        token = secrets.token_hex(16)
        kept.tokens[token] = user
        known: Row = {
            "role": user.role,
            "user_role": user.user_role,
            "isAdmin": user.is_admin,
            "accountNumber": user.account_number,
        }
        return {"token": token, "user": {"username": user.username, **known}}

    @app.post("/v{version}/forgot-password", operation_id="forgot", **told)
    def forgot(version: Version, body: Name) -> Row:
        pin = str(100 + secrets.randbelow(900))
        shown = {"pin": pin} if flaw == "pin-told" and body.username in kept.customers else {}
        return {"message": "sent", "version": version, **shown}

    def balance(account_number: str) -> Row:
        for user in kept.customers.values():
            if user.account_number == account_number:
                return {"username": user.username, "balance": 1000}
        raise HTTPException(404)

    if flaw == "balance-of-anyone":

        @app.get("/check_balance/{account_number}", operation_id="balance", **told)
        def open_balance(account_number: Text) -> Row:
            return balance(account_number)
    else:

        @app.get("/check_balance/{account_number}", operation_id="balance", **told)
        def own_balance(account_number: Text, user: Caller) -> Row:
            if account_number != user.account_number:
                raise HTTPException(404)
            return balance(account_number)

    @app.get("/transactions", operation_id="history", **told)
    def history(user: Caller, account_number: Text = "") -> Row:
        wanted = account_number or user.account_number
        if wanted != user.account_number and flaw != "history-of-anyone":
            raise HTTPException(404)
        return {"transactions": [{"amount": 1000, "reason": f"opened {wanted[::-1]}"}]}

    @app.post("/cards/create", operation_id="add_card", **told)
    def add_card(body: Card, user: Caller) -> Row:
        return kept.keep(user, title=body.title, is_frozen=False)

    @app.post("/cards/{card_id}/toggle-freeze", operation_id="freeze", **told)
    def freeze(card_id: int, user: Caller) -> Row:
        row = own(card_id, user, excused=flaw == "card-of-anyone")
        row["is_frozen"] = not row["is_frozen"]
        return {"message": "done"}

    @app.post("/request_loan", operation_id="add_loan", **told)
    def add_loan(body: Card, user: Caller) -> Row:
        return kept.keep(user, reason=body.title)

    @app.get("/get_loan/{loan_id}", operation_id="read_loan", **told)
    def read_loan(loan_id: int, user: Caller) -> Row:
        row = own(loan_id, user, excused=flaw == "loan-of-anyone")
        return {name: value for name, value in row.items() if name != "owner"}

    @app.post("/picture", operation_id="set_picture", **told)
    def set_picture(body: Picture, _user: Caller) -> Row:
        if flaw != "picture-fetched" or not body.image_url.startswith("http://127.0.0.1"):
            raise HTTPException(400)  # nothing outside is to be had here
        with urllib.request.urlopen(body.image_url, timeout=2) as answer:  # noqa: S310  # the flaw
            return {"bytes": len(answer.read())}

    @app.post("/wallet", operation_id="set_wallet", **told)
    def set_wallet(body: Wallet, user: Caller) -> Row:
        user.wallet = body.model_dump()
        return {"message": "done"}

    @app.put("/profile", operation_id="set_profile", **told)
    def set_profile(body: Profile, user: Caller) -> Row:
        user.motto = body.profile.motto
        if flaw == "employee-by-profile":
            user.role = body.profile.role or user.role
        if flaw == "manager-by-profile" and body.profile.user_role == "Manager":
            user.user_role = "Manager"
        user.is_admin |= body.profile.is_admin is True and flaw == "administrator-by-profile"
        return {"message": "done"}

    @app.get("/people/{username}", operation_id="read_person", **told)
    def read_person(username: Text, _user: Caller) -> Row:
        person = kept.customers.get(username)
        if person is None:
            raise HTTPException(404)
        return {"motto": person.motto, **(person.wallet if flaw == "card-shown" else {})}

    @app.post("/members/{username}/follow", operation_id="follow", **told)
    def follow(username: Text, user: Caller) -> Row:
        if username == user.username or username not in kept.customers:
            raise HTTPException(404)
        user.followed.add(username)
        return {"message": "done"}

    @app.delete("/members/{username}/follow", operation_id="unfollow", **told)
    def unfollow(username: Text, user: Caller) -> Row:
        if username not in user.followed:
            raise HTTPException(404)
        user.followed.discard(username)
        return {"message": "done"}

    return app
