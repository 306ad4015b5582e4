"""The database's history: all or nothing, one upgrade at a time, and back without a loss."""

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from psycopg2.sql import SQL, Composed, Identifier

from apiproof.postgres import Database
from tests.contract.events import PATIENCE
from tests.service import ROOT, alembic, migrate, migrate_from, take_back

TABLES = {"alembic_version", "kept_sessions", "random_items", "users"}
NOW = "2026-01-01 00:00:00+00"


def sql(database: Database, statement: str | Composed, *values: object) -> list[tuple[Any, ...]]:
    """Run a statement in a transaction of its own and return its rows, if it has any."""
    connection = psycopg2.connect(database.libpq_url)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(statement, values)
            return cursor.fetchall() if cursor.description else []
    finally:
        connection.close()


def tables(database: Database) -> set[str]:
    found = sql(database, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    return {name for (name,) in found}


def insert_user(database: Database, name: str, **columns: str) -> None:
    row = {
        "sub": name,
        "username": name,
        "username_key": name,
        "email": f"{name}@x",
        "email_key": f"{name}@x",
        "created_at": NOW,
        **columns,
    }
    names = SQL(", ").join(map(Identifier, row))
    insert = SQL("INSERT INTO users ({}) VALUES %s").format(names)
    sql(database, insert, tuple(row.values()))


def wait_until_blocked(connection: Any, sessions: int) -> None:
    """Wait until so many other sessions of the database wait for a lock."""
    deadline = time.monotonic() + PATIENCE
    asked = (
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
        "AND pid <> pg_backend_pid() AND cardinality(pg_blocking_pids(pid)) > 0"
    )
    found = 0
    while found < sessions:
        assert time.monotonic() < deadline, f"{found} of {sessions} wait for a lock"
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_stat_clear_snapshot()")
            cursor.execute(asked)
            (found,) = cursor.fetchone()


def test_upgrades_at_once_come_one_after_the_other(database: Database) -> None:
    """Both find an empty database; the first is held up in the middle of its work."""
    holder = psycopg2.connect(database.libpq_url)
    other = [sys.executable, "-m", "alembic", "upgrade", "head"]
    environment = {**os.environ, "DATABASE_URL": database.url}
    try:
        with holder.cursor() as cursor, ThreadPoolExecutor(1) as threads:
            # Who creates this table as well waits for the end of this transaction.
            cursor.execute("CREATE TABLE random_items ()")
            upgrade = threads.submit(migrate, database.url)
            # Alembic's commands are not safe between threads of one process.
            with subprocess.Popen(other, cwd=ROOT, env=environment) as process:  # noqa: S603 - ours
                try:
                    wait_until_blocked(holder, 2)
                finally:
                    holder.rollback()
                upgrade.result(PATIENCE)
                assert process.wait(PATIENCE) == 0
    finally:
        holder.close()
    assert tables(database) == TABLES


@pytest.mark.parametrize("way", ["in the process", "by Alembic's command line"])
def test_an_upgrade_that_fails_half_way_leaves_nothing(database: Database, way: str) -> None:
    sql(database, "CREATE TABLE random_items (of_somebody_else integer)")
    if way == "in the process":
        with pytest.raises(Exception, match="random_items"):
            migrate(database.url)
    else:
        with pytest.raises(SystemExit) as ended:
            alembic({"DATABASE_URL": database.url}, "upgrade", "head")
        assert ended.value.code == 2
    assert tables(database) == {"random_items"}
    sql(database, "DROP TABLE random_items")
    migrate(database.url)
    assert tables(database) == TABLES


# What an operator may meet, and what the one line begins with.
NOWHERE = "postgresql://ada:hidden-word@127.0.0.1:1/numbers"
TROUBLES = [
    *(
        (command, {"DATABASE_URL": url}, begins)
        for command in (("upgrade", "head"), ("downgrade", "base"), ("current",))
        for url, begins in (
            (NOWHERE, "Migration failed: "),
            ("", "Bad settings: DATABASE_URL is missing"),
            ("hidden-word", "Bad settings: DATABASE_URL: "),
        )
    ),
    # A table is in the way of the one, and there is none for the other.
    (("upgrade", "head"), {}, "Migration failed: "),
    (("downgrade", "0001"), {}, "Migration failed: "),
]


@pytest.mark.parametrize(("command", "changed", "begins"), TROUBLES)
def test_trouble_with_alembics_command_line_is_one_line_and_the_exit_code_2(
    database: Database,
    capsys: pytest.CaptureFixture[str],
    command: tuple[str, ...],
    changed: dict[str, str],
    begins: str,
) -> None:
    if "downgrade" in command:
        migrate(database.url)
        sql(database, "ALTER TABLE users RENAME TO elsewhere")
    sql(database, "CREATE TABLE IF NOT EXISTS random_items (of_somebody_else integer)")
    capsys.readouterr()
    with pytest.raises(SystemExit) as ended:
        alembic({"DATABASE_URL": database.url, **changed}, *command)
    said = capsys.readouterr().err
    assert ended.value.code == 2
    assert said.startswith(begins)
    assert said.count("\n") == 1
    assert "hidden" not in said


@pytest.mark.parametrize("folder", ["100%", "%(here)s [x]"])
def test_it_is_migrated_wherever_the_service_is_installed(
    database: Database, tmp_path: Path, folder: str
) -> None:
    """What a folder may be called means something else where settings are written."""
    (tmp_path / folder).mkdir()
    migrate_from(tmp_path / folder, database.url)
    assert tables(database) == TABLES


def test_a_second_upgrade_changes_nothing(database: Database) -> None:
    alembic({"DATABASE_URL": database.url}, "upgrade", "head")
    insert_user(database, "ada")
    migrate(database.url)
    alembic({"DATABASE_URL": database.url}, "upgrade", "head")
    assert sql(database, "SELECT username FROM users") == [("ada",)]


def test_taking_a_migration_back_keeps_users_and_gives_sign_ups_under_way_up(
    database: Database,
) -> None:
    migrate(database.url)
    insert_user(database, "ada")
    insert_user(database, "grace", credentials_changed_at=NOW, reset_begun_at="1")
    insert_user(database, "reserved", reserved_until=NOW)
    sql(database, "INSERT INTO kept_sessions SELECT id, 'one' FROM users WHERE sub = 'ada'")
    for _ in range(2):
        take_back(database.url, "0001")
        assert sql(database, "SELECT sub FROM users ORDER BY sub") == [("ada",), ("grace",)]
        migrate(database.url)
    assert sql(database, "SELECT session_id FROM kept_sessions") == [("one",)]
    take_back(database.url, "base")
    assert tables(database) == {"alembic_version"}


@pytest.mark.parametrize(("begun", "still_open"), [(None, 0), ("1", 1)])
def test_a_reset_that_is_under_way_during_the_upgrade_is_under_way_after_it(
    database: Database, begun: str | None, still_open: int
) -> None:
    migrate(database.url)
    take_back(database.url, "0002")
    insert_user(database, "ada", **({"reset_begun_at": begun} if begun else {}))
    migrate(database.url)
    assert sql(database, "SELECT resets_open FROM users") == [(still_open,)]


def test_a_page_of_one_owner_is_found_by_an_index_in_its_order(database: Database) -> None:
    """Without one, each page reads and sorts everybody's numbers."""
    migrate(database.url)
    page = "SELECT * FROM random_items WHERE owner_id = 1 ORDER BY id LIMIT 20 OFFSET 20"
    # The planner takes a small table as it is.
    off = "SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off"
    way = sql(database, f"{off}; EXPLAIN {page}")
    plan = "\n".join(line for (line,) in way)
    assert "Index" in plan
    assert "Index Cond: (owner_id = 1)" in plan
    assert "Sort" not in plan


def test_what_is_a_users_goes_with_the_user(database: Database) -> None:
    migrate(database.url)
    for name in ("ada", "grace"):
        insert_user(database, name)
    sql(database, "INSERT INTO kept_sessions SELECT id, 'one' FROM users")
    sql(
        database,
        "INSERT INTO random_items (owner_id, min_value, max_value, num, created_at, updated_at) "
        "SELECT id, 1, 6, 4, now(), now() FROM users",
    )
    sql(database, "DELETE FROM users WHERE sub = 'ada'")
    for table in ("kept_sessions", "random_items"):
        left = SQL("SELECT count(*) FROM {}").format(Identifier(table))
        assert sql(database, left) == [(1,)], table


UNIQUE = ["sub", "username_key", "email_key"]
LENGTHS = {"sub": 255, "username": 128, "username_key": 256, "email": 254, "email_key": 508}


@pytest.mark.parametrize("column", UNIQUE)
def test_the_database_itself_keeps_names_addresses_and_accounts_apart(
    database: Database, column: str
) -> None:
    migrate(database.url)
    insert_user(database, "ada")
    same = "ada@x" if column == "email_key" else "ada"
    with pytest.raises(psycopg2.errors.UniqueViolation):
        insert_user(database, "grace", **{column: same})


@pytest.mark.parametrize(("column", "length"), LENGTHS.items())
def test_columns_hold_the_longest_values_that_there_are(
    database: Database, column: str, length: int
) -> None:
    migrate(database.url)
    insert_user(database, "ada", **{column: "x" * length})
    sql(database, "INSERT INTO kept_sessions SELECT id, repeat('s', 256) FROM users")
    held = SQL("SELECT length({}) FROM users").format(Identifier(column))
    assert sql(database, held) == [(length,)]


@pytest.mark.parametrize("bounds", [(1, 0, 6), (1, 7, 6), (6, 4, 1)])
def test_the_database_itself_keeps_numbers_within_their_bounds(
    database: Database, bounds: tuple[int, int, int]
) -> None:
    migrate(database.url)
    insert_user(database, "ada")
    insert = (
        "INSERT INTO random_items (owner_id, min_value, num, max_value, created_at, updated_at) "
        "SELECT id, %s, %s, %s, now(), now() FROM users"
    )
    with pytest.raises(psycopg2.errors.CheckViolation):
        sql(database, insert, *bounds)
