"""The database: how engines are built, how a transaction opens and ends, when the database is away.

A transaction opens and ends within one call in one thread: no connection waits for another thread,
and none for Cognito.

Source: SQLAlchemy 2.1 on disconnect handling and pool events; libpq's connection parameters.
"""

import select
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, TypeVar

import structlog
from sqlalchemy import Engine, event
from sqlalchemy.exc import DBAPIError, DisconnectionError, SQLAlchemyError
from sqlmodel import Session, create_engine
from typing_extensions import override

from api.errors import ApiError, DatabaseUnavailable
from api.limits import Bulkhead, current
from api.settings import Settings
from api.sqlstate import READ_ONLY, is_transient, sqlstate
from api.transactions import Transactions

T = TypeVar("T")
_FRESH = 1.0  # seconds for which a connection that worked need not be tried

log = structlog.get_logger(__name__)


def build_engine(settings: Settings) -> Engine:
    """Build the engine of a process; nothing is connected yet and nothing can hang for long.

    Args:
        settings: address, pool sizes and timeouts.
    """
    limits = {
        "statement_timeout": settings.database_statement_timeout,
        "lock_timeout": settings.database_lock_timeout,
        # Nothing is waited for within a transaction: whoever idles there is frozen or gone.
        "idle_in_transaction_session_timeout": settings.database_statement_timeout,
    }
    options = [f"-c {key}={int(seconds * 1000)}" for key, seconds in limits.items()]
    engine = create_engine(
        settings.sqlalchemy_url,
        pool_size=settings.database_pool_size,
        max_overflow=settings.database_max_overflow,
        pool_timeout=settings.database_pool_timeout,
        hide_parameters=True,
        connect_args={
            "application_name": "randomizer-api",
            "connect_timeout": settings.database_connect_timeout,
            # A peer that vanished without a word is given up within the statement timeout.
            "tcp_user_timeout": int(settings.database_statement_timeout * 1000),
            "options": " ".join([*options, "-c timezone=UTC"]),
        },
    )
    event.listen(engine, "connect", _note_new)
    event.listen(engine, "checkout", _watch)
    event.listen(engine, "checkin", _release)
    event.listen(engine, "invalidate", _release)
    event.listen(engine, "close", _release)
    return engine


class Database(Transactions):
    """Transactions on the database of an engine, and the threads that they run in."""

    def __init__(self, engine: Engine, *, threads: int, queue: int) -> None:
        """Take an engine.

        Args:
            engine: where to.
            threads: how many transactions at once; with a connection for each, none waits for one.
            queue: how many requests may wait for a thread.
        """
        self.engine = engine
        self.bulkhead = Bulkhead(DatabaseUnavailable, threads=threads, queue=queue)

    async def run(self, work: Callable[[Session], T], *, row: str | None = None) -> T:
        """Do work in a thread, in a transaction that is committed when this returns.

        Args:
            work: all that the transaction does; it must ask nobody but the database.
            row: names the row that it changes, for which it may have to wait.

        Raises:
            DatabaseUnavailable: the database is away or too busy, also at the commit.
        """

        def within() -> T:
            with self.begin() as db:
                return work(db)

        return await self.bulkhead.run(within, row=row)

    @override
    def begin(self) -> AbstractContextManager[Session]:
        return transaction(self.engine)


class Share(Transactions):
    """Some of an engine's connections: who is stuck with all of them leaves others theirs.

    A row that somebody keeps locked, say, is waited for with a connection.
    """

    def __init__(self, engine: Engine, connections: int, *, timeout: float) -> None:
        """Take a part of the pool.

        Args:
            engine: where to.
            connections: how many transactions at once.
            timeout: seconds to wait for one of them.
        """
        self._engine = engine
        self._timeout = timeout
        self._free = threading.BoundedSemaphore(connections)

    @override
    @contextmanager
    def begin(self) -> Iterator[Session]:
        if not self._free.acquire(timeout=min(self._timeout, current().timeout)):
            raise DatabaseUnavailable
        try:
            with transaction(self._engine) as db:
                yield db
        finally:
            self._free.release()


@contextmanager
def transaction(engine: Engine) -> Iterator[Session]:
    """Open a session, commit at the end, roll back on an error.

    Args:
        engine: where to.

    Raises:
        DatabaseUnavailable: when the database is away or too busy, also at the commit.
    """
    deadline = current()
    deadline.require(DatabaseUnavailable)
    try:
        with Session(engine, expire_on_commit=False) as db:
            try:
                yield db
                # Whoever asked has got another answer by now.
                deadline.require(DatabaseUnavailable)
                db.commit()
            except BaseException as error:
                _roll_back(db, engine, error)
                raise
    except UnicodeDecodeError as error:
        # The server's words in another encoding: as it starts up, psycopg2 knows none yet.
        raise unavailable(error) from error
    except SQLAlchemyError as error:
        if is_transient(error):
            raise unavailable(error) from error
        raise


def unavailable(error: Exception) -> DatabaseUnavailable:
    """Say in the log what the client is not told: the kind of error, and no text of it.

    Args:
        error: why the database is of no use.
    """
    code = sqlstate(error) if isinstance(error, DBAPIError) else None
    log.warning("database_unavailable", error=type(error).__name__, sqlstate=code)
    return DatabaseUnavailable()


def _roll_back(db: Session, engine: Engine, error: BaseException) -> None:
    """Let the connection go back to the pool, or drop it where it is of no more use.

    A session whose rollback fails would keep its connection until garbage is collected.
    """
    code = sqlstate(error) if isinstance(error, DBAPIError) else None
    if code == READ_ONLY:
        # After a fail-over the pool's connections lead to what is now a replica.
        db.invalidate()
        engine.dispose()
        return
    try:
        if code is not None or isinstance(error, ApiError):
            db.rollback()
            return
    except SQLAlchemyError:
        pass
    # Nobody foresaw it: the connection may hold the answer to another question.
    db.invalidate()


def _note_new(_connection: Any, record: Any) -> None:
    record.info["is_new"] = True
    record.info["worked_at"] = time.monotonic()


def _watch(connection: Any, record: Any, _proxy: Any) -> None:
    """Bind a connection to the request's deadline, and see whether it is alive."""
    is_new = record.info.pop("is_new", False)
    descriptor = connection.fileno()
    deadline = current()
    try:
        deadline.watch(descriptor)
    except OSError as error:
        # The process has as many open files as it may have.
        raise unavailable(error) from error
    record.info["watched"] = deadline, descriptor
    is_fresh = time.monotonic() - record.info.get("worked_at", 0.0) < _FRESH
    if is_fresh and not _has_news(descriptor):
        return
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        connection.rollback()
    except connection.Error as error:
        _release(connection, record)
        if is_new:
            raise
        # SQLAlchemy makes a new one, and would say of a second dead one that we made a mistake.
        raise DisconnectionError("The connection is dead") from error


def _has_news(descriptor: int) -> bool:
    """Tell whether an idle server has said something: that it ends the connection, or closed it.

    By poll: select fails for descriptors beyond 1,023, which a thousand clients bring about.
    """
    news = select.poll()
    news.register(descriptor, select.POLLIN)
    return bool(news.poll(0))


def _release(_connection: Any, record: Any, *_: Any) -> None:
    deadline, descriptor = record.info.pop("watched", (None, -1))
    if deadline is not None:
        deadline.release(descriptor)
        record.info["worked_at"] = time.monotonic()
