from collections.abc import Iterator

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, create_engine, inspect
from sqlalchemy.pool import NullPool

from api.migrations import configuration, upgrade
from api.migrations.__main__ import main
from api.settings import psycopg2_url
from api.tables import METADATA
from apiproof.postgres import Database, PostgresServer


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    with PostgresServer.start() as server:
        yield server


@pytest.fixture
def database(server: PostgresServer) -> Iterator[Database]:
    with server.empty() as database:
        yield database


@pytest.fixture
def engine(database: Database) -> Engine:
    return create_engine(psycopg2_url(database.url), poolclass=NullPool)


def test_migrations_build_what_the_models_say(database: Database, engine: Engine) -> None:
    upgrade(database.url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, METADATA) == []


def test_a_database_that_is_up_to_date_stays_as_it_is(database: Database, engine: Engine) -> None:
    upgrade(database.url)
    before = inspect(engine).get_table_names()
    upgrade(database.url)
    assert sorted(inspect(engine).get_table_names()) == sorted(before)
    assert {"users", "kept_sessions", "random_items"} <= set(before)


def test_a_migration_can_be_taken_back(database: Database, engine: Engine) -> None:
    upgrade(database.url)
    with engine.begin() as connection:
        command.downgrade(configuration(connection), "base")
    assert inspect(engine).get_table_names() == ["alembic_version"]


def test_check_tells_an_outdated_database(
    database: Database, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", database.url)
    assert main(["check"]) != 0
    assert capsys.readouterr().err.count("\n") == 1
    assert main(["upgrade"]) == 0
    assert main(["check"]) == 0


def test_an_unreachable_database_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://ada:hidden@127.0.0.1:1/numbers")
    assert main(["upgrade"]) == 2
    said = capsys.readouterr().err
    assert said.startswith("Migration failed:")
    assert said.count("\n") == 1
    assert "hidden" not in said
