"""One look for all who ask at the same time."""

import asyncio
from collections.abc import Awaitable, Callable

import anyio

from api.errors import Unavailable
from api.limits import current, started


class SharedLook:
    """Lets callers who ask while a look is under way have its result."""

    def __init__(self, error: type[Unavailable]) -> None:
        """Begin with none.

        Args:
            error: the answer to those whose deadline comes before the result.
        """
        self._error = error
        self._task: asyncio.Task[None] | None = None

    async def shared(self, look: Callable[[], Awaitable[None]]) -> None:
        """Look, or wait for the look that is under way.

        Args:
            look: raises what is wrong.

        Raises:
            Unavailable: what the look raises, or no result in time.
        """
        seconds = current().timeout
        task = self._task
        loop = asyncio.get_running_loop()
        if task is None or task.done() or task.get_loop() is not loop:

            async def begun() -> None:
                # Not the request's own deadline: its client may hang up while others wait.
                with started(seconds):
                    await look()

            task = self._task = loop.create_task(begun())
            # Whoever asked may have gone before there is a result, and nobody reads it then.
            task.add_done_callback(lambda done: done.cancelled() or done.exception())
        with anyio.move_on_after(seconds):
            await asyncio.shield(task)
            return
        raise self._error
