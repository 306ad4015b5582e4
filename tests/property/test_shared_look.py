"""One look for all who ask at the same time: who comes and goes takes it from nobody."""

import asyncio
import gc
import threading
from typing import Any

import pytest

from api.errors import DatabaseUnavailable
from api.limits import started
from api.shared_look import SharedLook
from tests.property.test_bulkhead import PATIENCE, bulkhead, told


def test_who_hangs_up_takes_a_shared_look_from_nobody() -> None:
    release = threading.Event()

    async def main() -> str:
        one, look = bulkhead(), SharedLook(DatabaseUnavailable)
        hung_up = asyncio.Event()

        async def receive() -> Any:
            await hung_up.wait()
            return {"type": "http.disconnect"}

        async def ask() -> str:
            await look.shared(lambda: one.run(lambda: None))
            return "looked"

        busy = asyncio.create_task(one.run(lambda: release.wait(PATIENCE)))
        await asyncio.sleep(0)
        with started(PATIENCE, receive):
            first = asyncio.create_task(ask())
        with started(PATIENCE):
            second = asyncio.create_task(told(ask()))
        for _ in range(5):  # both wait in the queue
            await asyncio.sleep(0)
        hung_up.set()
        for _ in range(5):  # the first has gone
            await asyncio.sleep(0)
        release.set()
        await asyncio.gather(busy, first, return_exceptions=True)
        return await second

    assert asyncio.run(main()) == "looked"


@pytest.mark.parametrize("end", ["fails", "is cancelled"])
def test_a_shared_look_that_nobody_waits_for_any_more_ends_without_a_word(end: str) -> None:
    """Whoever began it has hung up; the event loop would log it as an error that nobody saw."""
    reported: list[str] = []

    async def main() -> None:
        asyncio.get_running_loop().set_exception_handler(
            lambda _, about: reported.append(str(about))
        )
        look, release = SharedLook(DatabaseUnavailable), asyncio.Event()

        async def away() -> None:
            await release.wait()
            raise DatabaseUnavailable

        before = asyncio.all_tasks()
        asker = asyncio.create_task(look.shared(away))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        (looking,) = asyncio.all_tasks() - before - {asker}
        asker.cancel()
        await asyncio.wait([asker])
        release.set() if end == "fails" else looking.cancel()
        await asyncio.wait([looking])
        await asyncio.sleep(0)

    asyncio.run(main())
    gc.collect()
    assert reported == []
