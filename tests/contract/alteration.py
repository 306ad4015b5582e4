"""The database's schema, changed under the running service."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg2

from understudy.world import World


@contextmanager
def altered(world: World, change: str, back: str) -> Iterator[None]:
    """Change the database's schema under the running service, for a block."""
    connection = psycopg2.connect(world.database.libpq_url)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(change)
        try:
            yield
        finally:
            cursor.execute(back)
            connection.close()
