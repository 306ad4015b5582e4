"""One connection that lasts: opened when first needed, opened again when the server has cut it.

It knows how to run statements; what they are for is its owners' business.
"""

import os
from contextlib import suppress
from threading import RLock
from typing import Any

import psycopg2
import psycopg2.extensions
from psycopg2.sql import Composable

APPLICATION_NAME = "apiproof"
CONNECT_TIMEOUT = 5  # seconds; libpq's own default is to wait for ever
LOCK_TIMEOUT = 5  # seconds

Row = tuple[Any, ...]


class ReconnectingConnection:
    """An autocommitting connection to one database, usable from any thread and after a fork."""

    def __init__(self, libpq_url: str) -> None:
        self._url = libpq_url
        self._lock = RLock()
        self._connection: psycopg2.extensions.connection | None = None
        self._pid = 0

    def run(self, statement: str | Composable, parameters: tuple[object, ...] = ()) -> list[Row]:
        """Run a statement and return its rows.

        A connection found dead (an outage has killed it) is opened anew, once.

        Raises:
            psycopg2.Error: as the server says.
        """
        with self._lock:
            try:
                return self._run(statement, parameters)
            except (psycopg2.OperationalError, psycopg2.InterfaceError):
                if self._connection is None or not self._connection.closed:
                    raise
            return self._run(statement, parameters)

    def text(self, statement: Composable) -> str:
        """Return a statement as text, quoted as this database wants it."""
        with self._lock:
            return statement.as_string(self._opened())

    def close(self) -> None:
        """Close it; running another statement opens it again."""
        with self._lock:
            if self._connection is not None:
                with suppress(psycopg2.Error):
                    self._connection.close()
            self._connection = None

    def _run(self, statement: str | Composable, parameters: tuple[object, ...]) -> list[Row]:
        with self._opened().cursor() as cursor:
            # Without parameters psycopg2 must not look for % signs.
            cursor.execute(statement, parameters or None)
            return cursor.fetchall() if cursor.description else []

    def _opened(self) -> psycopg2.extensions.connection:
        # A fork shares its parent's socket, and must not speak into it.
        if self._connection is None or self._connection.closed or self._pid != os.getpid():
            self._connection = psycopg2.connect(
                self._url,
                connect_timeout=CONNECT_TIMEOUT,
                application_name=APPLICATION_NAME,
                options=f"-c lock_timeout={LOCK_TIMEOUT}s",
            )
            self._connection.autocommit = True
            self._pid = os.getpid()
        return self._connection
