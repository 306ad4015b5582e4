from concurrent.futures import ThreadPoolExecutor

import psycopg2
import pytest
from sqlalchemy import create_engine, text

from apiproof.postgres import Database, PostgresServer, Template
from tests.postgres.schema import EMPTY, FULL, ROWS, execute, migrate


def names(server: PostgresServer) -> set[object]:
    url = server.address.libpq_url(server.address.maintenance)
    return {name for (name,) in execute(url, "SELECT datname FROM pg_database")}


def test_clone_has_the_schema_and_rows_of_its_template(database: Database) -> None:
    assert database.tables() == EMPTY
    assert execute(database.url, "SELECT * FROM alembic_version") == [("0001",)]


def test_sqlalchemy_connects_to_the_url_of_a_clone(database: Database) -> None:
    engine = create_engine(database.url)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT current_database()")).scalar() == database.name
    engine.dispose()


def test_clones_do_not_see_each_other(server: PostgresServer, template: Template) -> None:
    with server.clone(template) as one, server.clone(template) as other:
        execute(one.url, ROWS)
        assert one.tables() == FULL
        assert other.tables() == EMPTY


def test_clone_is_dropped_at_the_end_though_somebody_is_connected(
    server: PostgresServer, template: Template
) -> None:
    with server.clone(template) as database:
        guest = psycopg2.connect(database.libpq_url)
        assert database.name in names(server)
    guest.close()
    assert database.name not in names(server)


def test_clone_that_a_superuser_uses_is_dropped_when_that_session_ends(
    server: PostgresServer, template: Template
) -> None:
    database = server.clone(template)
    guest = psycopg2.connect(database.libpq_url.replace("apiproof@", "postgres@", 1))
    waiting = "SELECT query FROM pg_stat_activity WHERE state = 'active' AND query LIKE 'DROP%'"
    dropping_at_leisure = (f'DROP DATABASE IF EXISTS "{database.name}"',)
    with ThreadPoolExecutor(1) as dropper:
        dropping = dropper.submit(database.close)
        while dropping_at_leisure not in execute(server.address.libpq_url("postgres"), waiting):
            assert not dropping.done(), dropping.result()
        guest.close()
        dropping.result()
    assert database.name not in names(server)


def test_template_is_migrated_once(server: PostgresServer) -> None:
    calls: list[str] = []
    first = server.template("once", calls.append)
    assert server.template("once", calls.append) == first
    assert len(calls) == 1
    assert calls[0].startswith("postgresql+psycopg2://")


def test_migration_that_leaves_a_session_open_can_be_cloned(server: PostgresServer) -> None:
    sessions: list[psycopg2.extensions.connection] = []

    def migrate_and_stay(url: str) -> None:
        migrate(url)
        sessions.append(psycopg2.connect(url.replace("+psycopg2", "")))

    with server.clone(server.template("left-open", migrate_and_stay)) as database:
        assert database.tables() == EMPTY
    sessions[0].close()


def test_failed_migration_leaves_no_database_and_may_be_tried_again(server: PostgresServer) -> None:
    before = names(server)

    def fail(_url: str) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        server.template("fails-first", fail)
    assert names(server) == before
    server.template("fails-first", migrate)


def test_nobody_connects_to_a_template(server: PostgresServer, template: Template) -> None:
    with pytest.raises(psycopg2.OperationalError, match="not currently accepting connections"):
        psycopg2.connect(server.address.libpq_url(template.name))


def test_empty_database_holds_nothing(server: PostgresServer) -> None:
    with server.empty() as database:
        assert database.tables() == {}
        database.truncate_all()


def test_application_is_no_superuser(database: Database) -> None:
    assert execute(database.url, "SELECT current_setting('is_superuser')") == [("off",)]


def test_names_of_any_length_and_alphabet_make_templates(server: PostgresServer) -> None:
    one = server.template("Ünusual / name; " + "x" * 100, lambda _url: None)
    other = server.template("Ünusual / name; " + "x" * 101, lambda _url: None)
    assert one != other
    assert max(len(one.name), len(other.name)) <= 63
