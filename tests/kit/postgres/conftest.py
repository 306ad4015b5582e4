"""One embedded server per session, and a clone per test."""

from collections.abc import Iterator

import pytest

from tests.kit.postgres.schema import migrate
from understudy.postgres import Database, PostgresServer, Template


@pytest.fixture(scope="session")
def server() -> Iterator[PostgresServer]:
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("UNDERSTUDY_DATABASE_URL", raising=False)
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
