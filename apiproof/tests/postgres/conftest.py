"""One embedded server per session, and a clone per test."""

from collections.abc import Iterator

import pytest

from apiproof.postgres import Database, PostgresServer, Template
from tests.postgres.schema import migrate


@pytest.fixture(scope="session")
def server() -> Iterator[PostgresServer]:
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("APIPROOF_DATABASE_URL", raising=False)
        server = PostgresServer.start()
    with server:
        yield server


@pytest.fixture(scope="session")
def template(server: PostgresServer) -> Template:
    return server.template("kit", migrate)


@pytest.fixture
def database(server: PostgresServer, template: Template) -> Iterator[Database]:
    with server.clone(template) as database:
        yield database
