"""The PostgreSQL server of a run, embedded or external: templates migrated once, clones for tests.

It creates databases under names of its own, and never touches another.
"""

import os
import re
import secrets
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from threading import RLock
from types import TracebackType
from typing import Self

import psycopg2.errors
from psycopg2.sql import SQL, Composable, Identifier

from apiproof import process_variables
from apiproof.postgres.address import ServerAddress
from apiproof.postgres.connection import ReconnectingConnection
from apiproof.postgres.database import Database
from apiproof.postgres.embedded import EmbeddedServer
from apiproof.postgres.errors import DatabaseBusy, DatabasesLeftBehind, DatabaseUrlInvalid
from apiproof.postgres.external import check_server
from apiproof.signals import Termination

ENVIRONMENT = "APIPROOF_DATABASE_URL"


@dataclass(frozen=True)
class Template:
    """A migrated database that nobody connects to and clones are copied from."""

    name: str


class PostgresServer:
    """A server to take databases from.

    As a context manager, an embedded one is stopped at the end, and an external one tidied up.
    """

    def __init__(
        self,
        address: ServerAddress,
        embedded: EmbeddedServer | None = None,
        variables: process_variables.Changes | None = None,
    ) -> None:
        self.address = address
        self._embedded = embedded
        self._variables = variables
        self._termination = None if embedded else Termination()
        self._maintenance = ReconnectingConnection(address.libpq_url(address.maintenance))
        self._lock = RLock()
        self._run = secrets.token_hex(4)
        self._templates: dict[str, Template] = {}
        self._names: list[str] = []
        self._pid = os.getpid()

    @classmethod
    def start(cls, url: str | None = None, *, tcp: bool = False) -> "PostgresServer":
        """Boot an embedded server, or use the external one of `url` or APIPROOF_DATABASE_URL.

        Args:
            url: a server where we may create databases; None and "" mean what the environment says.
            tcp: let the embedded server listen on a free port of 127.0.0.1, with a password.

        Raises:
            PostgresError: one of its kinds, with a line that says what to do.
        """
        if url:
            return cls(check_server(ServerAddress.parse(url)))
        if url := os.environ.get(ENVIRONMENT):
            try:
                return cls(check_server(ServerAddress.parse(url)))
            except DatabaseUrlInvalid as error:
                raise DatabaseUrlInvalid(f"{ENVIRONMENT}: {error}") from None
        # A user's PGHOST, PGSERVICE or PGOPTIONS are meant for another server than this one.
        variables = process_variables.libpq_isolation()
        process_variables.borrow(variables)
        try:
            embedded = EmbeddedServer.boot(tcp=tcp)
        except BaseException:
            process_variables.give_back(variables)
            raise
        return cls(embedded.address, embedded, variables)

    @property
    def is_embedded(self) -> bool:
        """Whether the server is of our own making."""
        return self._embedded is not None

    def template(self, name: str, migrate: Callable[[str], None]) -> Template:
        """Return the template of a name, which `migrate` fills when first asked for.

        Args:
            name: what tells one schema from another, such as a hash of the migrations.
            migrate: gets a SQLAlchemy URL and brings that database to the newest schema.
        """
        with self._lock:
            if name not in self._templates:
                self._templates[name] = self._migrated(name, migrate)
            return self._templates[name]

    def clone(self, template: Template) -> Database:
        """Return a copy of a template, for the caller alone."""
        # A copy of files, the fastest way for a small template (PostgreSQL 15+).
        return self._created(
            "test", SQL("TEMPLATE {} STRATEGY file_copy").format(Identifier(template.name))
        )

    def empty(self) -> Database:
        """Return a database with nothing in it, for the caller alone."""
        return self._created("empty", SQL("STRATEGY file_copy"))

    def close(self) -> None:
        """Stop the server, or drop what we have created on an external one.

        Raises:
            DatabasesLeftBehind: they can't be dropped from an external server; it names them.
        """
        if os.getpid() != self._pid:
            return  # a forked child leaves its parent's databases alone
        try:
            if self._embedded is None:
                self._drop_all()
        finally:
            self._maintenance.close()
            if self._embedded is not None:
                self._embedded.stop()
            if self._variables is not None:
                process_variables.give_back(self._variables)
                self._variables = None
            if self._termination is not None:
                self._termination.restore()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _migrated(self, name: str, migrate: Callable[[str], None]) -> Template:
        database = self._created(f"template_{name}", SQL("STRATEGY file_copy"))
        try:
            migrate(database.url)
            database.disallow_connections()
        except BaseException:
            database.close()
            raise
        return Template(database.name)

    def _created(self, purpose: str, how: Composable) -> Database:
        name = self._name(purpose)
        self._names.append(name)  # before it exists: an interrupt right after must not forget it
        self._maintenance.run(SQL("CREATE DATABASE {} {}").format(Identifier(name), how))
        return Database(self.address, name, self._maintenance, self._drop)

    def _name(self, purpose: str) -> str:
        words = re.sub(r"[^a-z0-9]+", "_", purpose.lower())[:30]
        return f"apiproof_{self._run}_{words}_{secrets.token_hex(4)}"

    def _drop(self, name: str) -> None:
        if name in self._names:
            drop = SQL("DROP DATABASE IF EXISTS {}").format(Identifier(name))
            try:
                self._maintenance.run(SQL("{} WITH (FORCE)").format(drop))
            except psycopg2.errors.InsufficientPrivilege:
                self._wait_and_drop(name, drop)
            self._names.remove(name)

    def _wait_and_drop(self, name: str, drop: Composable) -> None:
        # We may not end a superuser's session; without FORCE the server waits 5 s for its end.
        try:
            self._maintenance.run(drop)
        except psycopg2.errors.ObjectInUse:
            raise DatabaseBusy(
                f"{name} can't be dropped: close the superuser's session that uses it"
            ) from None

    def _drop_all(self) -> None:
        for name in list(self._names):
            with suppress(psycopg2.Error, DatabaseBusy):
                self._drop(name)
        if self._names:
            raise DatabasesLeftBehind(
                f"these databases remain at {self.address}: drop {', '.join(self._names)} by hand"
            )
