"""The first look at an external server: is it there, new enough, and may we create databases?"""

import psycopg2

from apiproof.postgres.address import REMEDY, ServerAddress
from apiproof.postgres.connection import ReconnectingConnection
from apiproof.postgres.errors import (
    CreateDatabaseDenied,
    DatabaseUrlInvalid,
    ServerTooOld,
    ServerUnreachable,
)

OLDEST = 150000  # CREATE DATABASE ... STRATEGY came with PostgreSQL 15
OTHERWISE = "or unset APIPROOF_DATABASE_URL to use the embedded server"
QUESTION = """
SELECT current_setting('server_version_num')::int, rolcreatedb OR rolsuper, rolname
FROM pg_roles WHERE rolname = current_user
"""


def check_server(address: ServerAddress) -> ServerAddress:
    """Return the address of a server that will do.

    Raises:
        DatabaseUrlInvalid: libpq can't read the URL.
        ServerUnreachable: nobody answers, or the credentials are wrong.
        ServerTooOld: it is older than PostgreSQL 15.
        CreateDatabaseDenied: the role may not create databases.
    """
    connection = ReconnectingConnection(address.libpq_url(address.maintenance))
    try:
        [(version, may_create, role)] = connection.run(QUESTION)
    except psycopg2.OperationalError as error:
        raise ServerUnreachable(
            f"no PostgreSQL lets us in at {address} ({_first_line(error)}): "
            f"check its URL and that it runs, {OTHERWISE}"
        ) from None
    except psycopg2.ProgrammingError as error:
        raise DatabaseUrlInvalid(
            f"the database URL can't be used ({_first_line(error)}): {REMEDY}"
        ) from None
    finally:
        connection.close()
    if version < OLDEST:
        raise ServerTooOld(
            f"the server at {address} is older than PostgreSQL 15: use a newer one, {OTHERWISE}"
        )
    if not may_create:
        raise CreateDatabaseDenied(
            f"the role {role!r} at {address} may not create databases: "
            f'let a superuser run ALTER ROLE "{role}" CREATEDB, {OTHERWISE}'
        )
    return address


def _first_line(error: psycopg2.Error) -> str:
    return str(error).strip().partition("\n")[0]
