"""Bulkheads: who waits for how long, and what becomes of threads that hang."""

import asyncio
import socket
import threading
import time
from functools import partial
from itertools import cycle
from typing import Any

import anyio.to_thread
import pytest

from api.errors import DatabaseUnavailable
from api.limits import Bulkhead, current, started

PATIENCE = 10.0  # seconds, for what happens at once


def bulkhead(threads: int = 1, queue: int = 100) -> Bulkhead:
    return Bulkhead(DatabaseUnavailable, threads=threads, queue=queue)


async def told(waiting: Any) -> str:
    """What someone who waits is told."""
    try:
        return str(await waiting)
    except DatabaseUnavailable:
        return "later"


@pytest.mark.parametrize("rows", [[None], ["kept"], [None, "kept"], ["kept", None, None, "other"]])
def test_those_who_come_first_are_served_first(rows: list[str | None]) -> None:
    served: list[int] = []

    async def main() -> None:
        one = bulkhead()
        each = zip(range(20), cycle(rows), strict=False)
        await asyncio.gather(*(one.run(partial(served.append, n), row=row) for n, row in each))

    asyncio.run(main())
    assert served == list(range(20))


def test_no_more_work_than_threads_is_done_at_once() -> None:
    at_work, most = 0, 0
    lock, full = threading.Lock(), threading.Barrier(3, timeout=PATIENCE)

    def work() -> None:
        nonlocal at_work, most
        with lock:
            at_work += 1
            most = max(most, at_work)
        full.wait()
        with lock:
            at_work -= 1

    async def main() -> None:
        three = bulkhead(threads=3)
        await asyncio.gather(*(three.run(work) for _ in range(12)))

    asyncio.run(main())
    assert most == 3


def test_who_finds_the_queue_full_is_told_at_once() -> None:
    release = threading.Event()

    async def main() -> list[str]:
        one = bulkhead(queue=2)
        asked = [asyncio.create_task(told(one.run(release.wait))) for _ in range(5)]
        for _ in range(3):  # each has asked by then
            await asyncio.sleep(0)
        early = [await task for task in asked if task.done()]
        release.set()
        return early + [await task for task in asked]

    answers = asyncio.run(main())
    assert answers[:2] == ["later"] * 2
    assert sorted(answers[2:]) == ["True"] * 3 + ["later"] * 2


def test_those_who_are_to_be_let_in_are_counted_although_a_thread_is_free() -> None:
    """Else the line grows without an end whenever the event loop lets them in too late."""
    one = bulkhead(queue=2)
    assert [one.is_full(others) for others in range(4)] == [False, False, True, True]


def test_work_at_one_row_takes_a_third_of_the_threads_and_three_quarters_of_the_queue() -> None:
    """Somebody keeps the row: work that does not need it goes on, and finds room to wait."""
    unlocked = threading.Event()

    async def main() -> tuple[list[str], list[str]]:
        six = bulkhead(threads=6, queue=8)

        def asking(row: str | None) -> "asyncio.Task[str]":
            work = (lambda: unlocked.wait(PATIENCE)) if row == "kept" else (lambda: True)
            return asyncio.create_task(told(six.run(work, row=row)))

        kept = [asking("kept") for _ in range(12)]
        for _ in range(3):  # each has asked by then
            await asyncio.sleep(0)
        others = [await asking(row) for row in [None, "free"] * 10]
        others += await asyncio.gather(*(asking("free") for _ in range(4)))
        unlocked.set()
        return others, [await task for task in kept]

    # Of 12, two are at work and six wait.
    assert asyncio.run(main()) == (["True"] * 24, ["True"] * 8 + ["later"] * 4)


def test_who_has_an_answer_does_not_meet_their_own_work_when_they_ask_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The thread is counted as free before it tells the outcome, however slowly it goes on."""
    found_full: list[bool] = []

    async def main() -> list[str]:
        one = bulkhead(queue=0)
        loop = asyncio.get_running_loop()
        told_by_a_thread = loop.call_soon_threadsafe

        def noted(*args: Any) -> asyncio.Handle:
            if 7 in args:  # anyio tells about its threads here, too
                found_full.append(one.is_full())
            return told_by_a_thread(*args)

        monkeypatch.setattr(loop, "call_soon_threadsafe", noted)
        return [await told(one.run(lambda: 7)) for _ in range(3)]

    assert asyncio.run(main()) == ["7"] * 3
    assert found_full == [False] * 3


def test_who_waits_in_vain_is_told_at_the_deadline_and_is_not_served_afterwards() -> None:
    release, served = threading.Event(), []

    async def main() -> str:
        one = bulkhead()
        busy = asyncio.create_task(one.run(release.wait))
        await asyncio.sleep(0)
        with started(0.05):
            answer = await told(one.run(lambda: served.append("too late")))
        release.set()
        await busy
        assert await one.run(lambda: 7) == 7
        return answer

    assert asyncio.run(main()) == "later"
    assert served == []


@pytest.mark.parametrize("refusal", [None, ZeroDivisionError])
def test_what_was_done_in_time_is_the_answer_although_the_loop_comes_late(
    refusal: type[Exception] | None,
) -> None:
    """A burst keeps it busy; what is committed, or refused, must not be answered with 503."""
    begun, may_end = threading.Event(), threading.Event()

    def work() -> int:
        begun.set()
        may_end.wait(PATIENCE)
        if refusal is not None:
            raise refusal
        return 7

    async def main() -> str:
        one = bulkhead()
        with started(0.5) as deadline:
            asked = asyncio.create_task(told(one.run(work)))
        while not begun.is_set():  # noqa: ASYNC110 - a thread sets it
            await asyncio.sleep(0)
        may_end.set()
        # The loop stands still until the time is over.
        threading.Event().wait(deadline.remaining)
        return await asked

    if refusal is None:
        assert asyncio.run(main()) == "7"
    else:
        with pytest.raises(refusal):
            asyncio.run(main())


def test_a_thread_that_hangs_on_a_socket_is_freed_by_the_deadline() -> None:
    near, far = socket.socketpair()

    def hang() -> bytes:
        current().watch(near.fileno())
        try:
            return near.recv(1)
        finally:
            current().release(near.fileno())

    async def main() -> tuple[str, int]:
        one = bulkhead()
        with started(0.05):
            answer = await told(one.run(hang))
        # The only thread is free again: it has not been left behind.
        return answer, await asyncio.wait_for(one.run(lambda: 7), PATIENCE)

    with near, far:
        assert asyncio.run(main()) == ("later", 7)


def test_errors_and_the_requests_context_come_through() -> None:
    async def main() -> None:
        with started(5.0) as deadline:
            assert await bulkhead().run(current) is deadline
            with pytest.raises(ZeroDivisionError):
                await bulkhead().run(lambda: 1 // 0)

    asyncio.run(main())


def test_a_request_that_was_given_up_leaves_its_place() -> None:
    release = threading.Event()

    async def main() -> int:
        one = bulkhead(queue=1)
        busy = asyncio.create_task(one.run(release.wait))
        await asyncio.sleep(0)
        waiting = asyncio.create_task(one.run(lambda: 1))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.wait([waiting])
        release.set()
        await busy
        return await asyncio.wait_for(one.run(lambda: 7), PATIENCE)

    assert asyncio.run(main()) == 7


@pytest.mark.parametrize("gives_up", ["at the deadline", "by hanging up"])
def test_the_place_in_the_queue_of_one_who_gave_up_is_the_next_ones(gives_up: str) -> None:
    release = threading.Event()

    async def main() -> str:
        one = bulkhead(queue=1)
        busy = asyncio.create_task(one.run(release.wait))
        await asyncio.sleep(0)
        with started(0.05 if gives_up == "at the deadline" else PATIENCE):
            waiting = asyncio.create_task(told(one.run(lambda: 1)))
        await asyncio.sleep(0)
        if gives_up == "by hanging up":
            waiting.cancel()
        await asyncio.wait([waiting])
        following = asyncio.create_task(told(one.run(lambda: 7)))
        await asyncio.sleep(0)
        release.set()
        await busy
        return await asyncio.wait_for(following, PATIENCE)

    assert asyncio.run(main()) == "7"


def test_who_hangs_up_before_the_turn_comes_makes_room_and_is_not_served() -> None:
    may_end = threading.Event()
    served: list[str] = []

    async def main() -> list[str]:
        one = bulkhead(queue=1)
        hangs_up = asyncio.Event()

        async def receive() -> dict[str, Any]:
            await hangs_up.wait()
            return {"type": "http.disconnect"}

        async def leaves() -> str:
            with started(10 * PATIENCE, receive):  # nobody waits for its end
                return await told(one.run(lambda: served.append("who left")))

        first = asyncio.create_task(told(one.run(lambda: may_end.wait(PATIENCE))))
        await asyncio.sleep(0)  # it has the thread
        second = asyncio.create_task(leaves())
        await asyncio.sleep(0)  # it waits
        full = [one.is_full()]
        hangs_up.set()
        said = [await asyncio.wait_for(second, PATIENCE)]
        full.append(one.is_full())
        assert full == [True, False]
        third = asyncio.create_task(told(one.run(lambda: served.append("who stayed"))))
        await asyncio.sleep(0)
        may_end.set()
        return [*said, await first, await third]

    said = asyncio.run(main())
    assert said[0] == "later"
    assert "later" not in said[1:]
    assert served == ["who stayed"]


def test_who_stays_is_served_whatever_else_the_client_sends() -> None:
    """A request without a body has its empty one still to be read."""
    may_end = threading.Event()

    async def main() -> str:
        one = bulkhead(queue=1)
        messages = iter([{"type": "http.request", "body": b"", "more_body": False}])

        async def receive() -> dict[str, Any]:
            message = next(messages, None)
            if message is None:
                await asyncio.sleep(PATIENCE)
            return message or {"type": "http.disconnect"}

        async def stays() -> str:
            with started(PATIENCE, receive):
                return await told(one.run(lambda: "served"))

        first = asyncio.create_task(told(one.run(lambda: may_end.wait(PATIENCE))))
        await asyncio.sleep(0)
        second = asyncio.create_task(stays())
        for _ in range(5):
            await asyncio.sleep(0)
        may_end.set()
        await first
        return await second

    assert asyncio.run(main()) == "served"


def test_a_thread_that_the_system_does_not_give_is_not_missed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def none_left(*_: Any, **__: Any) -> None:
        raise RuntimeError("can't start new thread")

    async def main() -> list[str]:
        one = bulkhead()
        with monkeypatch.context() as patch, started(PATIENCE):
            patch.setattr(anyio.to_thread, "run_sync", none_left)
            refused = [await told(one.run(lambda: "done")) for _ in range(3)]
        with started(PATIENCE):
            return [*refused, await told(one.run(lambda: "done"))]

    begun = time.monotonic()
    assert asyncio.run(main()) == ["later", "later", "later", "done"]
    assert time.monotonic() - begun < PATIENCE


def test_work_for_which_nobody_waits_when_its_thread_begins_is_not_done(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    done: list[str] = []

    async def main() -> None:
        asked, may_begin = asyncio.Event(), asyncio.Event()

        async def late(work: Any, *arguments: Any, **_: Any) -> Any:
            asked.set()
            await may_begin.wait()
            return work(*arguments)

        monkeypatch.setattr(anyio.to_thread, "run_sync", late)
        asker = asyncio.create_task(bulkhead().run(lambda: done.append("work")))
        await asked.wait()
        asker.cancel()
        await asyncio.wait([asker])
        may_begin.set()
        for _ in range(5):
            await asyncio.sleep(0)

    asyncio.run(main())
    assert done == []


def test_a_row_has_no_more_than_its_share_however_many_come_and_go() -> None:
    """Two of three threads are for a row: the third serves whoever needs no row."""
    ends = [threading.Event() for _ in range(4)]

    async def main() -> str:
        one = Bulkhead(DatabaseUnavailable, threads=3, queue=100, for_a_row=2)
        work = [partial(end.wait, PATIENCE) for end in ends]
        first, *others = [asyncio.create_task(one.run(each, row="kept")) for each in work[:3]]
        await asyncio.sleep(0)
        ends[0].set()
        await first  # and the third has its place
        others.append(asyncio.create_task(one.run(work[3], row="kept")))
        await asyncio.sleep(0)
        with started(PATIENCE / 2):
            answer = await told(one.run(lambda: "served"))
        for end in ends:
            end.set()
        await asyncio.gather(*others)
        return answer

    assert asyncio.run(main()) == "served"
