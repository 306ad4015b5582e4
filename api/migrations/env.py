"""Alembic's entry: migrates the database of the settings, or the connection that it is given.

`alembic upgrade head`, `alembic check` and the like are configured by `[tool.alembic]` in
pyproject.toml. Only the database's settings are read, Cognito's may be missing.

Source: Alembic 1.20, "Programmatic API use" and "Using pyproject.toml for configuration".
"""

import sys
from typing import NoReturn

from alembic import context
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool
from sqlmodel import SQLModel

import api.randoms.models
import api.users.models  # noqa: F401  # both register their tables
from api.settings import SettingsInvalid, read_database_url

# Any number: two processes that upgrade one database at once come one after the other.
_LOCK = 4_242_001


def migrate(connection: Connection) -> None:
    """Run what Alembic was asked for, all or nothing.

    Args:
        connection: in a transaction that the caller commits.
    """
    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    context.configure(connection=connection, target_metadata=SQLModel.metadata)
    with context.begin_transaction():
        context.run_migrations()


def migrate_database_of_settings() -> None:
    """Connect to the database that the environment names, and migrate it."""
    engine = create_engine(read_database_url(), poolclass=NullPool, hide_parameters=True)
    with engine.begin() as connection:
        migrate(connection)


def fail(text: str) -> NoReturn:
    """End Alembic's command with one line; a traceback would say less."""
    print(text, file=sys.stderr)  # noqa: T201  # the command's answer
    raise SystemExit(2)


given = context.config.attributes.get("connection")
if given is not None:
    migrate(given)
else:
    try:
        migrate_database_of_settings()
    except SettingsInvalid as error:
        fail(str(error))
    except SQLAlchemyError as error:
        fail(f"Migration failed: {str(error).splitlines()[0]}")
