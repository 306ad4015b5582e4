"""The database's history: `upgrade` brings a database up to date.

For a process that has the URL at hand; by hand, use Alembic's own command line (see env.py).

Source: Alembic 1.20, "Programmatic API use" and "Sharing a connection".
"""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, create_engine
from sqlalchemy.engine import URL
from sqlalchemy.pool import NullPool

from api.settings import psycopg2_url


def upgrade(database_url: str | URL, revision: str = "head") -> None:
    """Bring a database up to date, all or nothing.

    Args:
        database_url: any PostgreSQL URL.
        revision: how far.
    """
    engine = create_engine(psycopg2_url(database_url), poolclass=NullPool, hide_parameters=True)
    with engine.begin() as connection:
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
