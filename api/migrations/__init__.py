"""The database's history: `upgrade` brings a database up to date.

Configured here rather than in an alembic.ini, so that it works from any directory and from an
installed wheel. Must not know the service's settings.

Source: Alembic 1.20, "Programmatic API use" and "Sharing a connection".
"""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.engine import URL
from sqlalchemy.pool import NullPool

from api.settings import psycopg2_url

# Any number: two processes that upgrade one database at once come one after the other.
_LOCK = 4_242_001


def upgrade(database_url: str | URL, revision: str = "head") -> None:
    """Bring a database up to date, all or nothing.

    Args:
        database_url: any PostgreSQL URL.
        revision: how far.
    """
    engine = create_engine(psycopg2_url(database_url), poolclass=NullPool, hide_parameters=True)
    with engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        command.upgrade(configuration(connection), revision)


def configuration(connection: Connection) -> Config:
    """Build Alembic's configuration for a connection.

    Args:
        connection: in a transaction that the caller commits.
    """
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config
