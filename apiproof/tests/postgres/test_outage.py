import psycopg2
import pytest

from apiproof.postgres import Database, PostgresServer, Template
from tests.postgres.schema import execute


def test_outage_kills_sessions_and_refuses_new_ones_until_it_ends(database: Database) -> None:
    guest = psycopg2.connect(database.libpq_url)
    with database.outage():
        with pytest.raises(psycopg2.OperationalError), guest.cursor() as cursor:
            cursor.execute("SELECT 1")
        with pytest.raises(psycopg2.OperationalError, match="not currently accepting"):
            psycopg2.connect(database.libpq_url)
    assert execute(database.url, "SELECT 1") == [(1,)]


def test_outage_refuses_a_superuser_too(database: Database) -> None:
    superuser = database.libpq_url.replace("apiproof@", "postgres@", 1)
    assert execute(superuser, "SELECT current_setting('is_superuser')") == [("on",)]
    with (
        database.outage(),
        pytest.raises(psycopg2.OperationalError, match="not currently accepting"),
    ):
        psycopg2.connect(superuser)


def test_outage_ends_when_the_test_fails(database: Database) -> None:
    with pytest.raises(ZeroDivisionError), database.outage():
        raise ZeroDivisionError
    assert execute(database.url, "SELECT 1") == [(1,)]


def test_outage_of_one_database_leaves_another_alone(
    server: PostgresServer, template: Template, database: Database
) -> None:
    with server.clone(template) as other, database.outage():
        assert execute(other.url, "SELECT 1") == [(1,)]


def test_database_is_wiped_and_counted_after_an_outage(database: Database) -> None:
    database.truncate_all()
    with database.outage():
        pass
    execute(database.url, "INSERT INTO users (email) VALUES (NULL)")
    assert database.tables()["users"] == 1
    database.truncate_all()
    assert database.tables()["users"] == 0


def test_killed_connection_breaks_the_statement_after_it(database: Database) -> None:
    database.truncate_all()
    guest = psycopg2.connect(database.libpq_url)
    assert database.kill_connections() == 1
    with pytest.raises(psycopg2.OperationalError), guest.cursor() as cursor:
        cursor.execute("SELECT 1")
    assert execute(database.url, "SELECT 1") == [(1,)]


def test_database_is_wiped_after_somebody_has_killed_its_own_session(database: Database) -> None:
    database.truncate_all()
    kill = "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = "
    assert execute(
        database.url,
        f"{kill} current_database() AND pid <> pg_backend_pid()",
    ) == [(True,)]
    database.truncate_all()


def test_connections_are_killed_by_application_name(database: Database) -> None:
    spared = psycopg2.connect(database.libpq_url, application_name="spared")
    doomed = psycopg2.connect(database.libpq_url, application_name="doomed")
    assert database.kill_connections("doomed") == 1
    assert database.kill_connections("doomed") == 0
    with spared.cursor() as cursor:
        cursor.execute("SELECT 1")
        assert cursor.fetchall() == [(1,)]
    spared.close()
    doomed.close()
