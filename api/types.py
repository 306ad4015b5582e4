"""The values that the API takes, as types: what the database or Cognito cannot hold is not a value.

Each type is enforced by pydantic and printed in the OpenAPI document by the same declaration, so
that the document never promises what the service refuses.

Usernames are narrower than Cognito's: what looks alike is not let in, and what is a `sub` neither.

Sources: the botocore service model of cognito-idp (UsernameType, PasswordType,
ConfirmationCodeType, TokenModelType), the Cognito developer guide on password policies, the
PostgreSQL manual on integers.
"""

import re
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticCustomError
from typing_extensions import TypeAliasType

INT4_MIN = -(2**31)
INT4_MAX = 2**31 - 1

_NO_CONTROL = r"[^\x00-\x1f\x7f]"
_NO_SPACE = r"[^\x00-\x20\x7f]"
_PASSWORD = f"^{_NO_SPACE}({_NO_CONTROL}*{_NO_SPACE})?$"
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
# Without two hyphens in a row: xn--... is open to look-alikes, and rarely valid.
_LABEL = r"[A-Za-z0-9]+(-[A-Za-z0-9]+)*"

# What Cognito's default password policy asks for: a character of each class.
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


def _somewhere(character: str) -> str:
    """Say in a pattern, anchored so that generators can combine several, that one is there."""
    return f"^{_NO_CONTROL}*{character}{_NO_CONTROL}*$"


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


# The validators stand last, or the document would lose the bounds.
AS_WRITTEN = BeforeValidator(_plain)
Int4 = Annotated[int, Field(strict=True, ge=INT4_MIN, le=INT4_MAX), BeforeValidator(_whole)]


_UUID = "^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$"


def _no_uuid(name: str) -> str:
    """Refuse a name that could be another account's `sub`: Cognito takes either for a username."""
    if re.fullmatch(_UUID, name):
        raise PydanticCustomError("username_uuid", "A username must not have the form of a UUID")
    return name


Username = TypeAliasType(
    "Username",
    Annotated[
        str,
        Field(
            min_length=1,
            max_length=128,
            pattern=r"^[A-Za-z0-9][A-Za-z0-9._@+-]*$",
            json_schema_extra={"not": {"pattern": _UUID}},
            description="Letters, digits and ._@+- of ASCII, beginning with a letter or digit, but "
            "not in the form of a UUID. Two names that differ only by case are the same.",
            examples=["ada"],
        ),
        AfterValidator(_no_uuid),
    ],
)


def _deliverable(address: str) -> str:
    """Hold the parts of an address to the lengths that `format: email` allows (RFC 5321)."""
    local, _, domain = address.partition("@")
    if len(local) > 64 or max(map(len, domain.split("."))) > 63:
        raise PydanticCustomError("email", "A part of the address is too long")
    return address


Email = TypeAliasType(
    "Email",
    Annotated[
        str,
        Field(
            max_length=254,
            pattern=rf"^{_ATOM}(\.{_ATOM})*@({_LABEL}\.)+[A-Za-z]{{2,63}}$",
            json_schema_extra={"format": "email"},
            description="Where confirmation codes are sent. Unique, whatever its case.",
            examples=["ada@example.com"],
        ),
        AfterValidator(_deliverable),
    ],
)

NewPassword = TypeAliasType(
    "NewPassword",
    Annotated[
        str,
        Field(
            min_length=8,
            max_length=256,
            pattern=_PASSWORD,
            json_schema_extra={
                "allOf": [{"pattern": _somewhere(c)} for c in PASSWORD_RULES.values()]
            },
            description="At least 8 characters with " + ", ".join(PASSWORD_RULES) + "; "
            "no space at either end.",
            examples=["SecurePassword1234#$%"],
        ),
        AfterValidator(_obey_policy),
    ],
)

Password = TypeAliasType(
    "Password",
    Annotated[
        str,
        Field(
            min_length=1,
            max_length=256,
            pattern=_PASSWORD,
            description="The password in use.",
            examples=["SecurePassword1234#$%"],
        ),
    ],
)

ConfirmationCode = TypeAliasType(
    "ConfirmationCode",
    Annotated[
        str,
        Field(
            pattern=r"^[0-9]{6}$",
            description="The six digits that Cognito sent.",
            examples=["123456"],
        ),
    ],
)

RefreshToken = TypeAliasType(
    "RefreshToken",
    Annotated[
        str,
        Field(
            min_length=1,
            max_length=8192,
            pattern=r"^[A-Za-z0-9_=.-]+$",
            description="The refresh token that a login returned.",
            examples=["eyJjdHkiOiJKV1QiLCJlbmMiOiJBMjU2R0NNIn0.example"],
        ),
    ],
)
