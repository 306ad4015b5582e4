"""The values that the API takes, as types: what the database or Cognito cannot hold is not a value.

Each type is enforced by pydantic and printed in the OpenAPI document by the same declaration, so
that the document never promises what the service refuses. This module must not know HTTP, the
database or Cognito's client.

Sources: the botocore service model of cognito-idp (UsernameType, PasswordType,
ConfirmationCodeType, TokenModelType), the Cognito developer guide on password policies, the
PostgreSQL manual on integers.
"""

import re
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

INT4_MIN = -(2**31)
INT4_MAX = 2**31 - 1

_VISIBLE = r"\p{L}\p{M}\p{S}\p{N}\p{P}"
_NO_CONTROLS = r"^[^\x00-\x20\x7f]([^\x00-\x1f\x7f]*[^\x00-\x20\x7f])?$"
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"

# What Cognito's default password policy asks for, each rule as a pattern of its own.
PASSWORD_RULES = {
    "a lower case letter": "[a-z]",
    "an upper case letter": "[A-Z]",
    "a digit": "[0-9]",
    "a symbol": r"[\^$*.\[\]{}()?\"!@#%&/\\,><':;|_~`=+ -]",
}


def utc_now() -> datetime:
    """The time, with its zone."""
    return datetime.now(UTC)


def case_key(text: str) -> str:
    """The key under which a username or an e-mail address is unique.

    The pool ignores case; its exact folding is not documented, so this is the one place that says
    which names are the same.

    Args:
        text: a username or an e-mail address.
    """
    return text.lower()


def _whole(value: Any) -> Any:
    """Take 1.0 for 1, as JSON Schema does; leave everything else to the strict integer type."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def _plain(value: Any) -> Any:
    """Take a number in a URL only as it is usually written: neither +1, 1.0, 1_0 nor 01."""
    if isinstance(value, str) and not re.fullmatch("0|-?[1-9][0-9]*", value):
        raise PydanticCustomError("int_parsing", "Input should be a valid integer")
    return value


def _obey_policy(password: str) -> str:
    """Refuse a password that lacks what the policy asks for, naming what is missing only."""
    missing = [name for name, rule in PASSWORD_RULES.items() if not re.search(rule, password)]
    if missing:
        raise PydanticCustomError(
            "password_policy", "Password needs {missing}", {"missing": ", ".join(missing)}
        )
    return password


def _integer_schema(low: int, high: int) -> dict[str, Any]:
    return {"type": "integer", "minimum": low, "maximum": high}


Int4 = Annotated[
    int,
    BeforeValidator(_whole),
    Field(strict=True, ge=INT4_MIN, le=INT4_MAX),
    WithJsonSchema(_integer_schema(INT4_MIN, INT4_MAX)),
]

UrlInteger = Annotated[int, BeforeValidator(_plain)]

Username = Annotated[
    str,
    Field(
        min_length=1,
        max_length=128,
        pattern=f"^[{_VISIBLE}]+$",
        description="Letters, marks, symbols, numbers and punctuation of any script; no spaces. "
        "Two names that differ only by case are the same.",
        examples=["ada"],
    ),
]

Email = Annotated[
    str,
    Field(
        max_length=254,
        pattern=rf"^{_ATOM}(\.{_ATOM})*@({_LABEL}\.)+[A-Za-z]{{2,63}}$",
        json_schema_extra={"format": "email"},
        description="Where confirmation codes are sent. Unique, whatever its case.",
        examples=["ada@example.com"],
    ),
]

NewPassword = Annotated[
    str,
    Field(
        min_length=8,
        max_length=256,
        pattern=_NO_CONTROLS,
        json_schema_extra={"allOf": [{"pattern": rule} for rule in PASSWORD_RULES.values()]},
        description="At least 8 characters with " + ", ".join(PASSWORD_RULES) + "; "
        "no space at either end.",
        examples=["SecurePassword1234#$%"],
    ),
    AfterValidator(_obey_policy),
]

Password = Annotated[
    str,
    Field(
        min_length=1,
        max_length=256,
        pattern=_NO_CONTROLS,
        description="The password in use.",
        examples=["SecurePassword1234#$%"],
    ),
]

ConfirmationCode = Annotated[
    str,
    Field(
        pattern=r"^[0-9]{6}$",
        description="The six digits that Cognito sent.",
        examples=["123456"],
    ),
]

RefreshToken = Annotated[
    str,
    Field(
        min_length=1,
        max_length=8192,
        pattern=r"^[A-Za-z0-9_=.-]+$",
        description="The refresh token that a login returned.",
        examples=["eyJjdHkiOiJKV1QiLCJlbmMiOiJBMjU2R0NNIn0.example"],
    ),
]

FullName = Annotated[
    str,
    Field(
        min_length=1,
        max_length=255,
        pattern=f"^[{_VISIBLE} ]+$",
        description="The name to show, or null for none.",
        examples=["Ada Lovelace"],
    ),
]
