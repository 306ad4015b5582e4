"""What can go wrong with a database stand-in, each told in one line that says what to do.

The command line prints the text and exits with 2. No text holds a password.

    UserError
    └── PostgresError
        ├── DatabaseUrlInvalid
        ├── ServerUnreachable
        ├── ServerNotStarted
        ├── ServerTooOld
        ├── CreateDatabaseDenied
        ├── DatabaseBusy
        └── DatabasesLeftBehind
"""

from apiproof.errors import UserError


class PostgresError(UserError):
    """The database stand-in cannot be had, or cannot do what was asked."""


class DatabaseUrlInvalid(PostgresError):
    """The URL of an external server is not one that psycopg2 can use."""


class ServerUnreachable(PostgresError):
    """Nothing that lets us in answers at the URL of an external server."""


class ServerNotStarted(PostgresError):
    """The embedded server could not be booted on this machine."""


class ServerTooOld(PostgresError):
    """The external server lacks what fast clones need (CREATE DATABASE ... STRATEGY)."""


class CreateDatabaseDenied(PostgresError):
    """The role of an external server may not create databases."""


class DatabaseBusy(PostgresError):
    """A session holds what must change and does not let go."""


class DatabasesLeftBehind(PostgresError):
    """Databases that we have created on an external server could not be dropped."""
