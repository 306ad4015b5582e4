"""The sessions of one database: killed, and waited for until they are gone.

It works for a role without privileges: PostgreSQL shows it, and lets it end, its own sessions.
"""

import time
from collections.abc import Callable

from apiproof.postgres.connection import APPLICATION_NAME, ReconnectingConnection
from apiproof.postgres.errors import DatabaseBusy

PATIENCE = 10.0  # seconds
POLL = 0.001  # seconds; pg_terminate_backend's own wait looks only ten times per second
SESSIONS = """
SELECT pid FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid()
AND backend_type = 'client backend'
"""
OTHERS = f"{SESSIONS} AND application_name <> '{APPLICATION_NAME}'"
NAMED = f"{SESSIONS} AND application_name = %s"
TERMINATE = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = ANY(%s)"
# A session that is being set up holds this lock, and is in pg_stat_activity before it lets go.
STARTING = """
SELECT l.pid FROM pg_locks l JOIN pg_database d ON d.oid = l.objid AND d.datname = %s
WHERE l.locktype = 'object' AND l.classid = 'pg_database'::regclass AND l.mode = 'RowExclusiveLock'
"""


class Sessions:
    """The sessions of a database, seen from another one."""

    def __init__(self, database: str, maintenance: ReconnectingConnection) -> None:
        self._database = database
        self._maintenance = maintenance

    def kill(self, application_name: str | None) -> int:
        """Kill those that are there now but our own, and return how many they were.

        Not "until none is left": a pool opens new ones as fast as the old ones die.

        Raises:
            DatabaseBusy: one doesn't end.
        """
        if application_name is None:
            pids = self._pids(OTHERS, self._database)
        else:
            pids = self._pids(NAMED, self._database, application_name)
        self._wait_until(lambda: not self._maintenance.run(TERMINATE, (pids,)))
        return len(pids)

    def kill_until_none(self) -> None:
        """Kill all, also those that are just being set up; new ones must be refused already.

        Raises:
            DatabaseBusy: one doesn't end.
        """

        def is_empty() -> bool:
            # In this order: whoever has left the first list is in the second.
            starting = self._pids(STARTING, self._database)
            present = self._pids(SESSIONS, self._database)
            self._maintenance.run(TERMINATE, (present,))
            return not starting and not present

        self._wait_until(is_empty)

    def _pids(self, question: str, *parameters: str) -> list[int]:
        return [pid for (pid,) in self._maintenance.run(question, parameters)]

    def _wait_until(self, is_done: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE
        while not is_done():
            if time.monotonic() > deadline:
                raise DatabaseBusy(
                    f"{self._database} has sessions that don't end within {PATIENCE:.0f} s: "
                    "look for what keeps them in pg_stat_activity"
                )
            time.sleep(POLL)
