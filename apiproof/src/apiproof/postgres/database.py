"""One database of a server, owned by a test: wiped, counted, cut off, dropped.

It knows SQL and the catalogue, and nothing of what the tables mean.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self

import psycopg2.errors
from psycopg2.sql import SQL, Identifier

from apiproof.postgres.address import ServerAddress
from apiproof.postgres.backends import Sessions
from apiproof.postgres.connection import LOCK_TIMEOUT, ReconnectingConnection, Row
from apiproof.postgres.errors import DatabaseBusy
from apiproof.postgres.schema import FINGERPRINT, Table, row_counts, tables_of, wiping


class Database:
    """A database to use and throw away; as a context manager it is dropped at the end.

    Attributes:
        name: its name on the server.
        url: its URL for SQLAlchemy with psycopg2.
        libpq_url: its URL for psql and every other client.
    """

    def __init__(
        self,
        address: ServerAddress,
        name: str,
        maintenance: ReconnectingConnection,
        drop: Callable[[str], None],
    ) -> None:
        self.name = name
        self.url = address.sqlalchemy_url(name)
        self.libpq_url = address.libpq_url(name)
        self._maintenance = maintenance
        self._connection = ReconnectingConnection(self.libpq_url)
        self._sessions = Sessions(name, maintenance)
        self._drop = drop
        self._wiping = ""
        self._fingerprint: list[Row] = []

    def truncate_all(self) -> None:
        """Delete every row of every table but Alembic's, and start the sequences afresh.

        It is one round trip, and works beside any number of connections without open transactions.

        Raises:
            DatabaseBusy: a transaction holds a table for too long.
        """
        try:
            if not self._wipe_as_before():
                self._fingerprint = self._connection.run(FINGERPRINT)
                self._wiping = wiping(self._connection)
                self._connection.run(self._wiping)
        except psycopg2.errors.LockNotAvailable:
            raise DatabaseBusy(
                f"{self.name} can't be wiped: a transaction has held a table for {LOCK_TIMEOUT} s; "
                "end it (commit, roll back or close its session) before the wipe"
            ) from None

    def tables(self) -> dict[str, int]:
        """Count the rows of every table but Alembic's.

        Returns:
            Rows by table; the names of tables outside of `public` start with their schema.
        """
        tables: list[Table] = tables_of(self._connection)
        return row_counts(self._connection, tables)

    @contextmanager
    def outage(self) -> Iterator[None]:
        """Cut the database off: our role's sessions are killed, and new ones of anybody refused.

        Clients see what they see of a real outage, an OperationalError.
        """
        try:
            self.disallow_connections()
            yield
        finally:
            self._allow_connections(allowed=True)

    def kill_connections(self, application_name: str | None = None) -> int:
        """Kill the sessions, all or those of an application name, and return how many there were.

        The database's own session, which wipes and counts, is none of them.

        Raises:
            DatabaseBusy: a session doesn't end.
        """
        return self._sessions.kill(application_name)

    def disallow_connections(self) -> None:
        """Cut the database off for good, so that it can be copied at any time."""
        self._connection.close()
        self._allow_connections(allowed=False)
        self._sessions.kill_until_none()

    def close(self) -> None:
        """Drop the database, whoever is connected to it.

        Raises:
            DatabaseBusy: a superuser is, whose session we may not end.
        """
        self._connection.close()
        self._drop(self.name)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _wipe_as_before(self) -> bool:
        """Wipe the tables of last time, and tell whether they are still all there are."""
        try:
            # The statement ends with the fingerprint, so the look costs no round trip.
            return bool(self._wiping) and self._connection.run(self._wiping) == self._fingerprint
        except psycopg2.errors.UndefinedTable:
            return False

    def _allow_connections(self, *, allowed: bool) -> None:
        self._maintenance.run(
            SQL("ALTER DATABASE {} ALLOW_CONNECTIONS {}").format(
                Identifier(self.name), SQL(str(allowed))
            )
        )
