"""The tables of users and of the sessions that outlive a sign-out.

Must not know HTTP, Cognito or rules.
"""

from datetime import UTC, datetime

from sqlalchemy import BigInteger, Column, DateTime, ForeignKey, String
from sqlmodel import Field, SQLModel

# In lower case a text may be longer: a dotted capital I becomes two characters.
_USERNAME = 128
_EMAIL = 254


def utc_now() -> datetime:
    """The time, with its zone."""
    return datetime.now(UTC)


class User(SQLModel, table=True):
    """Someone with an account at the identity provider."""

    __tablename__ = "users"

    id: int | None = Field(default=None, primary_key=True)
    sub: str = Field(sa_column=Column(String(255), nullable=False, unique=True))
    username: str = Field(sa_column=Column(String(_USERNAME), nullable=False))
    username_key: str = Field(sa_column=Column(String(2 * _USERNAME), nullable=False, unique=True))
    email: str = Field(sa_column=Column(String(_EMAIL), nullable=False))
    email_key: str = Field(sa_column=Column(String(2 * _EMAIL), nullable=False, unique=True))
    full_name: str | None = Field(default=None, sa_column=Column(String(255)))
    # Epoch seconds. Sessions opened up to then are refused unless KeptSession names them.
    signed_out_at: int | None = Field(default=None, sa_column=Column(BigInteger))
    disabled_at: datetime | None = Field(default=None, sa_column=Column(DateTime(timezone=True)))
    created_at: datetime = Field(
        default_factory=utc_now, sa_column=Column(DateTime(timezone=True), nullable=False)
    )


class KeptSession(SQLModel, table=True):
    """A session opened after a sign-out, although its clock reading does not show it."""

    __tablename__ = "kept_sessions"

    user_id: int = Field(
        sa_column=Column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    )
    session_id: str = Field(sa_column=Column(String(256), primary_key=True))
