"""PostgreSQL for tests: a server, embedded or external, and fresh databases in milliseconds.

    with PostgresServer.start() as server:
        template = server.template("schema-of-today", migrate)
        with server.clone(template) as database:
            create_engine(database.url)

Each process has a server of its own (0.3 s, 20 MB): workers and runs can't disturb each other.
The package knows nothing of any project's tables, nor of test runners.
"""

from apiproof.postgres.database import Database
from apiproof.postgres.errors import (
    CreateDatabaseDenied,
    DatabaseBusy,
    DatabasesLeftBehind,
    DatabaseUrlInvalid,
    PostgresError,
    ServerNotStarted,
    ServerTooOld,
    ServerUnreachable,
)
from apiproof.postgres.server import PostgresServer, Template

__all__ = [
    "CreateDatabaseDenied",
    "Database",
    "DatabaseBusy",
    "DatabaseUrlInvalid",
    "DatabasesLeftBehind",
    "PostgresError",
    "PostgresServer",
    "ServerNotStarted",
    "ServerTooOld",
    "ServerUnreachable",
    "Template",
]
