"""PostgreSQL behind a proxy: psycopg2 meets what a network does to it."""

import threading
from collections.abc import Callable
from contextlib import closing

import psycopg2
import pytest

from apiproof.network_faults import Drip, FaultProxy, Reset, Silent
from apiproof.postgres import Database
from tests.postgres.schema import execute

COUNT = "SELECT count(*) FROM notes"


@pytest.fixture
def proxy(database: Database, fault_proxy: Callable[[str], FaultProxy]) -> FaultProxy:
    execute(database.url, "CREATE TABLE notes (text TEXT)")
    return fault_proxy(database.libpq_url)


def commits(proxy: FaultProxy) -> bool:
    """Write a row through the proxy, and say whether the commit was answered."""
    with closing(psycopg2.connect(proxy.url)) as connection:
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO notes VALUES ('kept')")
        try:
            connection.commit()
        except psycopg2.OperationalError:
            return False
        return True


@pytest.mark.parametrize("acts", [False, True])
def test_a_commit_whose_answer_is_lost_has_happened_or_not(
    database: Database, proxy: FaultProxy, *, acts: bool
) -> None:
    with proxy.fault(Reset(acts=acts), when=b"COMMIT"):
        assert not commits(proxy)
    assert execute(database.url, COUNT) == [(int(acts),)]
    assert commits(proxy)


def test_who_waits_for_an_answer_is_reset_when_the_silence_ends(proxy: FaultProxy) -> None:
    with closing(psycopg2.connect(proxy.url)) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        with proxy.fault(Silent(), when=b"'silence'") as active:

            def end() -> None:
                active.wait()
                active.end()

            ending = threading.Thread(target=end)
            ending.start()
            with pytest.raises(psycopg2.OperationalError):
                cursor.execute("SELECT 'silence'")
            ending.join()


def test_an_answer_that_drips_arrives_in_the_end(proxy: FaultProxy) -> None:
    with (
        proxy.fault(Drip(pause=0.001)),
        closing(psycopg2.connect(proxy.url)) as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute("SELECT 'whole'")
        assert cursor.fetchone() == ("whole",)
