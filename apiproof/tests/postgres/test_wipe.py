import psycopg2
import pytest

from apiproof.postgres import Database, DatabaseBusy
from apiproof.postgres import connection as connections
from tests.postgres.schema import EMPTY, FULL, ROWS, execute


def test_wipe_empties_every_table_whatever_its_foreign_keys(database: Database) -> None:
    for _round in range(2):
        execute(database.url, ROWS)
        assert database.tables() == FULL
        database.truncate_all()
        assert database.tables() == EMPTY


def test_wipe_keeps_the_version_of_the_schema(database: Database) -> None:
    database.truncate_all()
    assert execute(database.url, "SELECT * FROM alembic_version") == [("0001",)]


def test_wipe_starts_sequences_afresh(database: Database) -> None:
    for _round in range(2):
        execute(database.url, ROWS)
        assert execute(database.url, "SELECT min(id) FROM users") == [(1,)]
        assert execute(database.url, 'SELECT min(id) FROM "Odd ""name%s"') == [(100,)]
        database.truncate_all()


def test_wipe_notices_new_and_dropped_tables(database: Database) -> None:
    database.truncate_all()
    execute(database.url, "CREATE TABLE later (id serial)", "INSERT INTO later DEFAULT VALUES")
    database.truncate_all()
    assert database.tables() == EMPTY | {"later": 0}
    execute(database.url, "INSERT INTO later DEFAULT VALUES")
    assert execute(database.url, "SELECT id FROM later") == [(1,)]
    execute(database.url, "DROP TABLE trees", ROWS.split("INSERT INTO trees", maxsplit=1)[0])
    database.truncate_all()
    assert set(database.tables().values()) == {0}


def test_wipe_notices_a_new_sequence(database: Database) -> None:
    database.truncate_all()
    execute(database.url, "CREATE SEQUENCE tickets", "SELECT nextval('tickets')")
    database.truncate_all()
    assert execute(database.url, "SELECT nextval('tickets')") == [(1,)]


def test_wipe_works_beside_connections_that_idle(database: Database) -> None:
    guests = [psycopg2.connect(database.libpq_url) for _ in range(5)]
    for guest in guests:
        with guest, guest.cursor() as cursor:
            cursor.execute("INSERT INTO users (email) VALUES (NULL)")
    database.truncate_all()
    assert database.tables() == EMPTY
    for guest in guests:
        guest.close()


def test_wipe_says_what_to_do_when_a_transaction_stays_open(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "LOCK_TIMEOUT", 0.05)
    guest = psycopg2.connect(database.libpq_url)
    with guest.cursor() as cursor:
        cursor.execute("LOCK TABLE users")
        with pytest.raises(DatabaseBusy, match="commit, roll back or close"):
            database.truncate_all()
    guest.close()
    database.truncate_all()
