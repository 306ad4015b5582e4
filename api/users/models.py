"""The tables of users and of the sessions that outlive a sign-out."""

from datetime import datetime

from sqlalchemy import BigInteger, DateTime
from sqlmodel import Field, SQLModel

from api.types import utc_now

# In lower case a text may be longer: a dotted capital I becomes two characters.
LONGEST_USERNAME = 128
LONGEST_EMAIL = 254


class User(SQLModel, table=True):
    """Someone with an account at the identity provider."""

    __tablename__ = "users"

    # The database gives it when the row is flushed.
    id: int = Field(default=None, primary_key=True)
    sub: str = Field(max_length=255, unique=True)
    username: str = Field(max_length=LONGEST_USERNAME)
    username_key: str = Field(max_length=2 * LONGEST_USERNAME, unique=True)
    email: str = Field(max_length=LONGEST_EMAIL)
    email_key: str = Field(max_length=2 * LONGEST_EMAIL, unique=True)
    full_name: str | None = Field(default=None, max_length=255)
    # Epoch seconds. Sessions opened up to then are refused unless AllowedSession names them.
    signed_out_at: int | None = Field(default=None, sa_type=BigInteger)
    # Epoch seconds up to which sessions end if the password reset that began last has no outcome.
    reset_begun_at: int | None = Field(default=None, sa_type=BigInteger)
    # How many have none yet: only when none is left, what the last one began is forgotten.
    resets_open: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    # By the database's clock: logins that began before then and are still under way fail.
    credentials_changed_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    # By the database's clock: until then a sign-up holds name and address; it has no account yet.
    reserved_until: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    disabled_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    created_at: datetime = Field(default_factory=utc_now, sa_type=DateTime(timezone=True))


class AllowedSession(SQLModel, table=True):
    """A session opened after a sign-out, although its clock reading does not show it."""

    __tablename__ = "kept_sessions"

    user_id: int = Field(foreign_key="users.id", ondelete="CASCADE", primary_key=True)
    session_id: str = Field(max_length=256, primary_key=True)
