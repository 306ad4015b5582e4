"""An empty database of an embedded server, for what builds its own schema."""

from collections.abc import Iterator

import pytest

from apiproof.postgres import Database, PostgresServer


@pytest.fixture(scope="session")
def database_server() -> Iterator[PostgresServer]:
    """One server for all tests of a process."""
    with PostgresServer.start() as server:
        yield server


@pytest.fixture
def database(database_server: PostgresServer) -> Iterator[Database]:
    """A database of a test's own."""
    with database_server.empty() as database:
        yield database
