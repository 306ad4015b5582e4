"""The database, changed under the running service: its schema for a block, a row at a moment."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg2

from apiproof.environment import Environment
from tests.contract.events import PATIENCE


@contextmanager
def altered(env: Environment, change: str, back: str) -> Iterator[None]:
    """Change the database's schema under the running service, for a block."""
    connection = psycopg2.connect(env.database.libpq_url)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(change)
        try:
            yield
        finally:
            cursor.execute(back)
            connection.close()


def change(env: Environment, statement: str, *values: object) -> None:
    """Change rows at once."""
    with changing(env, statement, *values):
        pass


def rows(env: Environment, query: str, *values: object) -> list[tuple[Any, ...]]:
    """Return what a query finds."""
    connection = psycopg2.connect(env.database.libpq_url)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(query, values)
            return cursor.fetchall()
    finally:
        connection.close()


def sessions(env: Environment, condition: str = "true") -> set[int]:
    """The sessions of the service at the database, by the numbers of their processes.

    Args:
        env: The surroundings.
        condition: On columns of pg_stat_activity.
    """
    query = "SELECT pid FROM pg_stat_activity WHERE datname = %s AND application_name = %s"
    found = rows(env, f"{query} AND {condition}", env.database.name, "randomizer-api")
    return {pid for (pid,) in found}


@contextmanager
def changing(env: Environment, statement: str, *values: object) -> Iterator[Callable[[], None]]:
    """Change rows and commit at the end of a block, which can wait until a session wants them."""
    connection = psycopg2.connect(env.database.libpq_url)

    def wait_for_rival() -> None:
        deadline = time.monotonic() + PATIENCE
        waiting = "SELECT count(*) FROM pg_stat_activity WHERE pg_backend_pid() = ANY"
        with connection.cursor() as cursor:
            found = 0
            while not found:
                assert time.monotonic() < deadline, "nobody waits for the changed rows"
                cursor.execute("SELECT pg_stat_clear_snapshot()")
                cursor.execute(f"{waiting}(pg_blocking_pids(pid))")
                (found,) = cursor.fetchone() or (0,)

    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(statement, values)
            yield wait_for_rival
    finally:
        connection.close()
