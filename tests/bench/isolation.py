"""Milliseconds of isolation per test: what each way of giving a test an empty database costs.

Run it alone with `python -m tests.bench.isolation`. It knows no project's tables: five small ones
of its own stand for them.
"""

import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

import psycopg2
import psycopg2.extensions

from apiproof.postgres import Database, PostgresServer, Template
from tests.bench.results import keep

TABLES = ("users", "randoms", "sessions", "codes", "notes")
SCHEMA = "CREATE TABLE users (id serial PRIMARY KEY, name text UNIQUE);" + "".join(
    f"CREATE TABLE {table} (id serial PRIMARY KEY, user_id int REFERENCES users);"
    for table in TABLES[1:]
)
FEW = "INSERT INTO users (name) SELECT generate_series(1, 3);"
# What a test leaves behind: a few rows in each table.
ROWS = (
    FEW
    + "".join(
        f"INSERT INTO {table} (user_id) SELECT id FROM users;"  # noqa: S608 - the names are constants
        for table in TABLES[1:]
    )
)
TRUNCATE = f"TRUNCATE {', '.join(TABLES)} RESTART IDENTITY"
BLOCKS = 4
ROUNDS = 15  # per block


@dataclass(frozen=True)
class Cost:
    """What one way of isolation costs: the median over the rounds, in milliseconds per test."""

    way: str
    milliseconds: float
    note: str


def migrate(url: str) -> None:
    """Create the tables."""
    connection = psycopg2.connect(url.replace("+psycopg2", ""))
    with connection, connection.cursor() as cursor:
        cursor.execute(SCHEMA)
    connection.close()


class Ways:
    """The ways of isolation; each returns the seconds that it took beyond the test's own work."""

    def __init__(self, server: PostgresServer, template: Template, database: Database) -> None:
        self._server = server
        self._template = template
        self._database = database
        self._connection = psycopg2.connect(database.libpq_url)
        self._connection.autocommit = True

    def wipe(self) -> float:
        """Delete the rows that the test has left."""
        _execute(self._connection, ROWS)
        return _seconds(self._database.truncate_all)

    def rollback(self) -> float:
        """Run the test in a savepoint of a transaction that is rolled back."""
        begin = _seconds(lambda: _execute(self._connection, "BEGIN", "SAVEPOINT test"))
        _execute(self._connection, ROWS)
        return begin + _seconds(
            lambda: _execute(self._connection, "ROLLBACK TO SAVEPOINT test", "ROLLBACK")
        )

    def truncate(self) -> float:
        """Truncate the tables."""
        _execute(self._connection, ROWS)
        return _seconds(lambda: _execute(self._connection, TRUNCATE))

    def clone(self) -> float:
        """Take a fresh copy of the template and drop it afterwards."""

        def take_and_drop() -> None:
            with self._server.clone(self._template):
                pass

        return _seconds(take_and_drop)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


def measure(blocks: int = BLOCKS, rounds: int = ROUNDS) -> list[Cost]:
    """Measure every way, in blocks that take turns: a noisy moment hits all alike.

    Not one by one: a TRUNCATE or a new database empties caches that the next way would pay for.
    """
    with PostgresServer.start() as server:
        template = server.template("bench", migrate)
        with server.clone(template) as database:
            ways = Ways(server, template, database)
            notes: dict[Callable[[], float], str] = {
                ways.wipe: "any number of connections",
                ways.rollback: "one shared connection: sequential tests only",
                ways.truncate: "any number of connections",
                ways.clone: "a database per test, dropped afterwards",
            }
            seconds: dict[Callable[[], float], list[float]] = {way: [] for way in notes}
            for _block in range(blocks):
                for way, taken in seconds.items():
                    taken.extend(way() for _round in range(rounds))
            ways.close()
    return [
        Cost(getattr(way, "__name__", ""), 1000 * statistics.median(seconds[way]), note)
        for way, note in notes.items()
    ]


def main() -> None:
    """Print the table, and keep it."""
    costs = measure()
    keep("isolation", {"milliseconds": {cost.way: round(cost.milliseconds, 2) for cost in costs}})
    for cost in costs:
        sys.stdout.write(f"{cost.way:<10} {cost.milliseconds:7.2f} ms  {cost.note}\n")


def _execute(connection: psycopg2.extensions.connection, *statements: str) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def _seconds(action: Callable[[], object]) -> float:
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
