"""The database: how engines are built, how a request's transaction opens and ends, when it is away.

One request, one transaction, committed before the answer leaves. Must not know any table.

Source: SQLAlchemy 2.1 on disconnect handling.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session, create_engine

from api.errors import DatabaseUnavailable
from api.settings import Settings
from api.sqlstate import is_transient


def build_engine(settings: Settings) -> Engine:
    """Build the engine of a process; nothing is connected yet and nothing can hang for long.

    Args:
        settings: address, pool sizes and timeouts.
    """
    timeouts = {
        "statement_timeout": settings.database_statement_timeout,
        "lock_timeout": settings.database_lock_timeout,
    }
    return create_engine(
        settings.sqlalchemy_url,
        pool_size=settings.database_pool_size,
        max_overflow=settings.database_max_overflow,
        pool_timeout=settings.database_pool_timeout,
        pool_pre_ping=True,
        hide_parameters=True,
        connect_args={
            "application_name": "randomizer-api",
            "connect_timeout": settings.database_connect_timeout,
            # A peer that vanished without a word is given up within the statement timeout.
            "tcp_user_timeout": int(settings.database_statement_timeout * 1000),
            "options": " ".join(f"-c {key}={int(s * 1000)}" for key, s in timeouts.items()),
        },
    )


@contextmanager
def transaction(engine: Engine) -> Iterator[Session]:
    """Open a session, commit at the end, roll back on an error.

    Args:
        engine: where to.

    Raises:
        DatabaseUnavailable: when the database is away or too busy, also at the commit.
    """
    try:
        with Session(engine, expire_on_commit=False) as db:
            yield db
            db.commit()
    except SQLAlchemyError as error:
        if is_transient(error):
            raise DatabaseUnavailable from error
        raise


def _open_session(request: Request) -> Iterator[Session]:
    with transaction(request.app.state.dependencies.engine) as db:
        yield db


# scope="function": the commit happens before the answer is sent, so a failed commit is no 201.
DbSession = Annotated[Session, Depends(_open_session, scope="function")]
