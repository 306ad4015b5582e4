"""The bodies of requests and answers about users."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from api.types import (
    ConfirmationCode,
    Email,
    NewPassword,
    Password,
    RefreshToken,
    Username,
)

FullName = Annotated[
    str,
    Field(
        min_length=1,
        max_length=255,
        pattern=r"^[^\x00-\x1f\x7f]+$",
        description="The name to show, or null for none.",
        examples=["Ada Lovelace"],
    ),
]

_SUB = "The user's permanent, unguessable id."
_EXAMPLE_SUB = ["6f1f1b8e-43a5-4a9b-9c53-2f7c7d1f3c55"]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


class Signup(_Body):
    """A new account."""

    username: Username
    email: Email
    password: NewPassword


class Verification(_Body):
    """The proof that the e-mail address is the user's."""

    username: Username
    confirmation_code: ConfirmationCode


class AccountName(_Body):
    """Whose account it is about."""

    username: Username


class PasswordReset(_Body):
    """A new password, with the code that `forgot_password` sent."""

    username: Username
    confirmation_code: ConfirmationCode
    new_password: NewPassword


class PasswordChange(_Body):
    """A new password, with the current one."""

    current_password: Password
    new_password: NewPassword


class Refresh(_Body):
    """A session to continue: a refresh token serves only together with its user's name."""

    username: Username
    refresh_token: RefreshToken


class ProfileUpdate(_Body):
    """What to change; what is left out stays."""

    full_name: FullName | None = None


class Login(BaseModel):
    """The OAuth2 password form (RFC 6749, 4.3.2). Other fields are ignored, as the RFC demands."""

    model_config = ConfigDict(hide_input_in_errors=True)

    grant_type: Literal["password"] = "password"
    username: Username
    password: Password
    scope: str = Field(
        default="",
        max_length=1024,
        description="Ignored: the pool decides which scopes a user has.",
    )


class SignedUp(BaseModel):
    """The new account, which now waits for its confirmation code."""

    message: Literal["User created successfully"] = "User created successfully"
    sub: UUID = Field(description=_SUB, examples=_EXAMPLE_SUB)


class Message(BaseModel):
    """What was done."""

    message: str = Field(examples=["Done"])


class Session(BaseModel):
    """An open session."""

    model_config = ConfigDict(from_attributes=True)

    access_token: str = Field(description="For the Authorization header.")
    id_token: str = Field(description="Who signed in, for the client itself.")
    refresh_token: str = Field(description="For `refresh_session`.")
    token_type: Literal["bearer"] = "bearer"  # noqa: S105 - the kind of token, no secret
    expires_in: int = Field(
        ge=1, description="Seconds for which the access token is valid.", examples=[3600]
    )


class PublicName(BaseModel):
    """What anyone may see who knows the sub."""

    sub: UUID = Field(description=_SUB, examples=_EXAMPLE_SUB)
    username: str = Field(examples=["ada"])


class PublicProfile(PublicName):
    """What anyone may see who knows the sub."""

    email: str = Field(examples=["ada@example.com"])


class Profile(PublicProfile):
    """The caller's own profile."""

    full_name: str | None = Field(examples=["Ada Lovelace"])
    created_at: datetime
