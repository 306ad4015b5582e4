"""Connections to the database that are dead when they are needed."""

import errno
import os
import socket
from typing import Any

import pytest
from sqlalchemy import event, text

from api.database import build_engine, transaction
from api.errors import DatabaseUnavailable
from api.limits import Deadline
from apiproof.environment import Environment
from tests.service import settings_for


def hang_up(connection: Any, _record: Any) -> None:
    with socket.socket(fileno=os.dup(connection.fileno())) as twin:
        twin.shutdown(socket.SHUT_RDWR)


def test_a_server_that_hangs_up_on_each_new_connection_is_away(env: Environment) -> None:
    engine = build_engine(settings_for(env.config, database_pool_size=1, database_max_overflow=0))
    event.listen(engine, "connect", hang_up)
    for _ in range(3):
        with pytest.raises(DatabaseUnavailable), transaction(engine) as db:
            db.connection()
    event.remove(engine, "connect", hang_up)
    with transaction(engine) as db:
        assert db.connection().execute(text("SELECT 1")).scalar_one() == 1
    engine.dispose()


def test_a_process_that_may_open_no_more_files_says_so(
    env: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_more(*_: Any) -> None:
        raise OSError(errno.EMFILE, "Too many open files")

    engine = build_engine(settings_for(env.config, database_pool_size=1, database_max_overflow=0))
    for _ in range(2):
        with monkeypatch.context() as patch:
            patch.setattr(Deadline, "watch", no_more)
            with pytest.raises(DatabaseUnavailable), transaction(engine) as db:
                db.connection()
        with transaction(engine) as db:
            assert db.connection().execute(text("SELECT 1")).scalar_one() == 1
    engine.dispose()
