"""Jobs that are under way: what they make has an id once they are done."""

import contextlib
import time

from apiproof.access.http import NotPrepared
from apiproof.access.prepared import PreparedRequest
from apiproof.access.resource_maker import Preparer

PATIENCE, PAUSE = 3.0, 0.25  # seconds for all jobs of a run to end, and between looks
MOST = 3  # that are looked at each time


class Jobs:
    """Waits for jobs, for all of a run no longer than its patience."""

    def __init__(self, preparer: Preparer) -> None:
        self._preparer = preparer
        self._awaited: set[tuple[str, str]] = set()  # jobs that went on for too long
        self._patience = PATIENCE

    def pause(self) -> bool:
        """Wait a moment for what a job makes; tell whether there was any patience left."""
        if self._patience <= 0:
            return False
        time.sleep(PAUSE)
        self._patience -= PAUSE
        return True

    def wait(self) -> bool:
        """Read jobs that are under way until they are done.

        Nothing is waited for twice, and no run waits longer than its patience: orders and loans
        may be pending, too, and for ever.

        Returns:
            Whether one has been done meanwhile.
        """
        jobs = self._preparer.seen.under_way
        is_done = False
        while new := [key for key in jobs if key not in self._awaited]:
            if not self.pause():
                self._awaited.update(new)
                break
            for key in new[:MOST]:
                user, request = jobs[key]
                with contextlib.suppress(NotPrepared):  # whose account has ended meanwhile
                    auth = self._preparer.credential(request.operation, user)
                    self._preparer.send_valid(PreparedRequest(user, request, auth))
                is_done = is_done or key not in jobs
        return is_done
