"""What a sign-up says of a new account: a name, an address, a password, as its schema has them."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from apiproof.access.example_values import fits, type_of
from apiproof.access.fields import (
    EMAIL_FIELD,
    NAME_FIELD,
    PASSWORD_FIELD,
    PRIVILEGE,
    fields_of,
    with_field,
    without_field,
)
from apiproof.access.http import Request, RequestContent
from apiproof.access.login_entries import other_headers
from apiproof.access.payloads import PayloadSource
from apiproof.access.users import User
from apiproof.openapi.document import Operation

_PHONE = re.compile(r"phone|mobile", re.IGNORECASE)
# What only others can give: an invitation, the solution of a captcha, a code that was mailed.
_GIVEN = re.compile(r"token|invit|captcha|otp|(^|_)code$|referr", re.IGNORECASE)
_OWN = (PASSWORD_FIELD, EMAIL_FIELD, NAME_FIELD, _PHONE)
_LEAST = re.compile(r"user|customer|member|client|basic|guest|reader|viewer|free", re.IGNORECASE)
_LETTERS = str.maketrans("0123456789", "ghijklmnop")


@dataclass(frozen=True)
class NewAccount:
    """Who is to be signed up.

    Attributes:
        name: The account's name; no other has it.
        nonce: What the names of one run have in common, hexadecimal.
        number: Which account of the run it is.
        password: Its password.
        given: What only somebody who knows the service can tell, by member: an invitation.
    """

    name: str
    nonce: str
    number: int
    password: str = field(repr=False)
    given: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def names(self) -> Iterator[str]:
        """Yield names, the most telling first."""
        yield self.name
        yield f"p{self.nonce}{self.number}"
        yield self.name.translate(_LETTERS)

    def passwords(self) -> Iterator[str]:
        """Yield passwords, the longest first; the last is a PIN."""
        yield self.password
        yield f"P0!{self.nonce[:4]}{self.number}"
        yield f"{int(self.nonce, 16) % 10**5:05}{self.number % 10}"

    @property
    def phone(self) -> str:
        """A telephone number that nobody has."""
        return f"+1555{int(self.nonce, 16) % 10**5:05}{self.number:02}"


def sign_up_body(
    payloads: PayloadSource, operation: Operation, account: NewAccount, *, full: bool = True
) -> Any:
    """Return the body of a sign-up.

    Args:
        payloads: Of the document.
        operation: The sign-up.
        account: Whom it is for.
        full: Whether members that may be left out are sent as well.
    """
    body = payloads.full_body(operation, full=full)
    if full:
        recipe = next(iter(payloads.recipes(operation)))
        generated = recipe(User(account.name), account.number).body
        if isinstance(generated, Mapping) and isinstance(body, Mapping):
            body = {**body, **generated}
    for path, value in list(fields_of(body)):
        schema = payloads.schema_at(operation, path)
        said = _said(path[-1], value, schema, account)
        is_right = PRIVILEGE.search(path[-1]) and not _is_team(path[-1], schema)
        if is_right and _is_required(payloads, operation, path):
            least = [one for one in schema.get("enum", ()) if _LEAST.search(str(one))]
            body = with_field(body, path, least[0] if least else value)
        elif said is None or is_right or _is_left_out(payloads, operation, path, value):
            body = without_field(body, path)
        else:
            body = with_field(body, path, said)
    for name, value in account.given.items():
        body = with_field(body, tuple(name.split("/")), value)
    return body


def members_given(payloads: PayloadSource, operation: Operation) -> list[str]:
    """Return the members of a sign-up that have to say what only somebody else can give."""
    return [
        "/".join(path)
        for path, _ in fields_of(payloads.full_body(operation))
        if _GIVEN.search(path[-1]) and _is_required(payloads, operation, path)
    ]


def sign_up_request(
    payloads: PayloadSource, operation: Operation, body: Any, login: Mapping[str, Any]
) -> Request:
    """Return the request of a sign-up, with the headers that go along with a login.

    Args:
        payloads: Of the document.
        operation: The sign-up.
        body: What it says.
        login: The login that a new account takes.
    """
    media, _ = payloads.body_schema(operation)
    headers = {item["name"]: item["value"] for item in other_headers(login)}
    return Request(operation, {}, RequestContent(headers=headers, body=body, media=media))


def password_in(body: Any) -> str:
    """Return the password in a sign-up's body; empty where there is none."""
    found = (str(v) for path, v in fields_of(body) if PASSWORD_FIELD.search(path[-1]))
    return next(found, "")


def _said(name: str, value: Any, schema: Mapping[str, Any], account: NewAccount) -> Any:
    """Return what a member says; None where it is left out."""
    choices: list[str] = []
    if PASSWORD_FIELD.search(name):
        choices = list(account.passwords())
    elif EMAIL_FIELD.search(name):
        choices = [f"{one}@example.com" for one in account.names()]
    elif NAME_FIELD.search(name) and isinstance(value, str):
        choices = list(account.names())
    elif _PHONE.search(name):
        plain = account.phone.removeprefix("+")
        choices = [account.phone, plain, plain[-10:]]
    return next((one for one in choices if fits(schema, one)), value)


def _is_team(name: str, schema: Mapping[str, Any]) -> bool:
    """Whether a member names the group that an account begins, and no group of rights."""
    kinds = [schema, *schema.get("anyOf", ())]
    is_text = any(type_of(one) == "string" and "enum" not in one for one in kinds)
    return name.lower() == "group" and is_text


def _is_left_out(
    payloads: PayloadSource, operation: Operation, path: tuple[str, ...], value: Any
) -> bool:
    """Whether a member is better left out: it has a default, or takes what only others give."""
    if _is_required(payloads, operation, path):
        return False
    # An empty text only says that none has to be given.
    has_default = payloads.schema_at(operation, path).get("default") not in (None, "")
    is_said = isinstance(value, str) and any(one.search(path[-1]) for one in _OWN)
    return (has_default and not is_said) or bool(_GIVEN.search(path[-1]))


def _is_required(payloads: PayloadSource, operation: Operation, path: tuple[str, ...]) -> bool:
    return path[-1] in payloads.schema_at(operation, path[:-1]).get("required", ())
