"""A bulkhead through any life: whatever has become of work, there is as much room as ever."""

import asyncio
import contextlib
import threading
from collections.abc import Awaitable, Callable
from typing import Any
from unittest import mock

import anyio.to_thread
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from api.errors import DatabaseUnavailable
from api.limits import Bulkhead, started
from tests.property.test_bulkhead import PATIENCE, told

THREADS, AT_A_ROW, QUEUE = 4, 2, 4
A_MOMENT = 0.01  # seconds
ROW = "row"


async def everybody_has_asked() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def is_done(room: Bulkhead) -> None:
    assert await told(room.run(lambda: 7, row=ROW)) == "7"


async def fails(room: Bulkhead) -> None:
    with contextlib.suppress(ZeroDivisionError):
        await room.run(lambda: 1 // 0, row=ROW)


async def gets_no_thread(room: Bulkhead) -> None:
    with mock.patch.object(anyio.to_thread, "run_sync", side_effect=RuntimeError):
        assert await told(room.run(lambda: 7, row=ROW)) == "later"


async def is_given_up_at_work(room: Bulkhead) -> None:
    release = threading.Event()
    with started(A_MOMENT):
        assert await told(room.run(lambda: release.wait(PATIENCE), row=ROW)) == "later"
    release.set()


async def is_broken_off_at_work(room: Bulkhead) -> None:
    release = threading.Event()
    task = asyncio.create_task(told(room.run(lambda: release.wait(PATIENCE), row=ROW)))
    await everybody_has_asked()
    task.cancel()
    await asyncio.wait([task])
    release.set()


def waiting(
    leave: Callable[["asyncio.Task[str]", asyncio.Event], object], seconds: float = PATIENCE
) -> Callable[[Bulkhead], Awaitable[None]]:
    """Work that leaves the queue before its turn: the row is taken by others."""

    async def wait_in_vain(room: Bulkhead) -> None:
        release, hung_up = threading.Event(), asyncio.Event()

        async def receive() -> Any:
            await hung_up.wait()
            return {"type": "http.disconnect"}

        async def ask() -> str:
            with started(seconds, receive):
                return await told(room.run(lambda: 7, row=ROW))

        before = [
            asyncio.create_task(told(room.run(lambda: release.wait(PATIENCE), row=ROW)))
            for _ in range(AT_A_ROW)
        ]
        await everybody_has_asked()
        task = asyncio.create_task(ask())
        await everybody_has_asked()
        leave(task, hung_up)
        await asyncio.wait([task])
        release.set()
        assert await asyncio.gather(*before) == ["True"] * AT_A_ROW

    return wait_in_vain


ENDS: dict[str, Callable[[Bulkhead], Awaitable[None]]] = {
    "is done": is_done,
    "fails": fails,
    "gets no thread": gets_no_thread,
    "is given up at work": is_given_up_at_work,
    "is broken off at work": is_broken_off_at_work,
    "is given up in the queue": waiting(lambda *_: None, A_MOMENT),
    "is broken off in the queue": waiting(lambda task, _: task.cancel()),
    "hangs up in the queue": waiting(lambda _, hung_up: hung_up.set()),
}


async def require_room(room: Bulkhead) -> None:
    """Require that as many may be at work, at one row, and in the queue as in the beginning."""
    together = threading.Barrier(THREADS, timeout=PATIENCE)
    rows = [ROW] * AT_A_ROW + [None] * (THREADS - AT_A_ROW)
    at_work = (room.run(together.wait, row=row) for row in rows)
    assert sorted(await asyncio.gather(*at_work)) == list(range(THREADS))
    release = threading.Event()
    tasks = [
        asyncio.create_task(told(room.run(lambda: release.wait(PATIENCE))))
        for _ in range(THREADS + QUEUE)
    ]
    await everybody_has_asked()
    assert not any(task.done() for task in tasks), "somebody found no room"
    assert await told(room.run(lambda: 7)) == "later"
    release.set()
    assert await asyncio.gather(*tasks) == ["True"] * (THREADS + QUEUE)


# What fails takes all its patience each time, so that it is not tried in smaller pieces.
@settings(phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(ends=st.lists(st.sampled_from(sorted(ENDS)), min_size=1, max_size=6))
def test_there_is_as_much_room_as_ever_whatever_has_become_of_work(ends: list[str]) -> None:
    async def main() -> None:
        room = Bulkhead(DatabaseUnavailable, threads=THREADS, queue=QUEUE, for_a_row=AT_A_ROW)
        with started(2 * PATIENCE):
            for end in ends:
                await asyncio.wait_for(ENDS[end](room), PATIENCE)
            await asyncio.wait_for(require_room(room), PATIENCE)

    asyncio.run(main())
