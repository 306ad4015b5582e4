"""Requests wait before they begin: who begins when, and what becomes of those who do not."""

import asyncio
import json
import threading
from collections.abc import Awaitable, Callable

import pytest
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st
from starlette.types import Message, Receive, Scope, Send

from api.errors import DatabaseUnavailable
from api.limits import Bulkhead, started
from api.middleware import Admission, Line

PATIENCE = 10.0  # seconds, for what happens at once
ENOUGH = 17  # of one thread: its own work, and sixteen that wait for it
PLACES = 40
A_MOMENT = 0.05  # seconds


class Service:
    """An application whose work takes until it may end, with room for one at work and PLACES.

    Attributes:
        begun: which requests the application has seen, in that order.
        bodies: what came with those.
        works: whether those who begin need the thread.
        may_end: lets work end, one for each that is released.
        at_answer: called once, with the next answer, when the line has moved up.
    """

    def __init__(self) -> None:
        self.begun: list[int] = []
        self.bodies: dict[int, list[Message]] = {}
        self.may_end = threading.Semaphore(0)
        self._queue = Bulkhead(DatabaseUnavailable, threads=1, queue=PLACES)
        self.works = True
        self.at_answer: Callable[[], None] = lambda: None
        self._app = Admission(self._serve, {"/randoms": Line(self._queue)})

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        number = scope["number"]
        self.begun.append(number)
        self.bodies[number] = [await receive()]
        while self.bodies[number][-1].get("more_body"):
            self.bodies[number].append(await receive())
        if self.works:
            await self.work()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body"})

    def when_work_ends(self, act: Callable[[], None]) -> None:
        """Let something happen the next time, before the line moves up."""
        move_up = self._queue.on_end

        def act_first() -> None:
            self._queue.on_end = move_up
            act()
            move_up()

        self._queue.on_end = act_first

    async def work(self) -> None:
        """Use the thread until one more may end."""
        await self._queue.run(lambda: self.may_end.acquire(timeout=PATIENCE))

    async def ask(
        self,
        number: int,
        *sent: Message,
        hangs_up: asyncio.Event | None = None,
        reads: asyncio.Event | None = None,
        seconds: float = PATIENCE,
    ) -> tuple[int, dict[str, str], bytes]:
        """Send a request and return its answer: status, headers, body."""
        answer: list[Message] = []
        messages = iter(sent or [{"type": "http.request", "body": b"", "more_body": False}])

        async def receive() -> Message:
            if (message := next(messages, None)) is None:
                await (hangs_up or asyncio.Event()).wait()
                return {"type": "http.disconnect"}
            return message

        async def send(message: Message) -> None:
            answer.append(message)
            act, self.at_answer = self.at_answer, lambda: None
            act()
            if reads:
                await reads.wait()

        with started(seconds, receive):
            await self._app({"type": "http", "path": "/randoms", "number": number}, receive, send)
        start, body = answer
        headers = {name.decode(): value.decode() for name, value in start["headers"]}
        return start["status"], headers, body.get("body", b"")


async def settled() -> None:
    """Let everybody go on until they wait for somebody else."""
    for _ in range(10):
        await asyncio.sleep(0)


def run(main: Callable[[], Awaitable[None]]) -> None:
    async def in_time() -> None:
        await asyncio.wait_for(main(), PATIENCE)

    asyncio.run(in_time())


def test_who_waits_has_cost_nothing_but_a_place_and_begins_in_turn() -> None:
    async def main() -> None:
        service = Service()
        asked = [asyncio.create_task(service.ask(number)) for number in range(1 + PLACES)]
        await settled()
        assert service.begun == list(range(ENOUGH))
        service.may_end.release(PLACES + 2)
        assert {(await each)[0] for each in asked} == {200}
        assert service.begun == list(range(1 + PLACES))

    run(main)


def test_who_waits_before_the_queue_takes_a_place_in_it() -> None:
    async def main() -> None:
        service = Service()
        asked = [asyncio.create_task(service.ask(number)) for number in range(1 + PLACES)]
        await settled()
        status, headers, body = await service.ask(99)
        assert (status, json.loads(body)) == (503, {"detail": DatabaseUnavailable.detail})
        assert headers["retry-after"] == DatabaseUnavailable.headers["Retry-After"]
        assert headers["content-type"] == "application/json"
        assert int(headers["content-length"]) == len(body)
        service.may_end.release(PLACES + 2)
        await asyncio.gather(*asked)
        assert 99 not in service.begun
        assert (await service.ask(100))[0] == 200

    run(main)


def test_who_hangs_up_before_the_turn_comes_makes_room_at_once_and_does_not_begin() -> None:
    async def main() -> None:
        service, hangs_up = Service(), asyncio.Event()
        stay = [asyncio.create_task(service.ask(number)) for number in range(ENOUGH)]
        await settled()
        leave = [
            asyncio.create_task(service.ask(number, hangs_up=hangs_up))
            for number in range(ENOUGH, 1 + PLACES)
        ]
        await settled()
        assert (await service.ask(99))[0] == 503
        hangs_up.set()
        await asyncio.gather(*leave)
        following = [asyncio.create_task(service.ask(100 + number)) for number in range(len(leave))]
        await settled()
        service.may_end.release(PLACES + 2)
        assert {(await each)[0] for each in [*stay, *following]} == {200}
        assert service.begun == [*range(ENOUGH), *range(100, 100 + len(leave))]

    run(main)


def test_who_ends_without_work_lets_the_next_one_begin() -> None:
    """A token that is refused, say: no thread tells that there is room."""

    async def main() -> None:
        service = Service()
        busy = [asyncio.create_task(service.ask(number)) for number in range(ENOUGH)]
        await settled()
        service.works = False
        waiting = [asyncio.create_task(service.ask(number)) for number in range(ENOUGH, PLACES)]
        await settled()
        service.may_end.release()  # of one, and so one is let in
        assert {(await each)[0] for each in waiting} == {200}
        service.may_end.release(ENOUGH)
        await asyncio.gather(*busy)

    run(main)


def test_room_that_others_than_those_in_line_make_is_seen() -> None:
    """Of the operations that share the threads some are no line's."""

    async def main() -> None:
        service = Service()
        elsewhere = [asyncio.create_task(service.work()) for _ in range(ENOUGH)]
        await settled()
        waiting = asyncio.create_task(service.ask(1))
        await settled()
        assert service.begun == []
        service.may_end.release(ENOUGH + 1)
        assert (await waiting)[0] == 200
        await asyncio.gather(*elsewhere)

    run(main)


@pytest.mark.parametrize("parts", [1, 2, 5])
def test_a_body_that_came_while_its_request_waited_is_read_whole(parts: int) -> None:
    sent = [
        {"type": "http.request", "body": b"%d" % number, "more_body": number < parts - 1}
        for number in range(parts)
    ]

    async def main() -> None:
        service = Service()
        busy = [asyncio.create_task(service.ask(number)) for number in range(ENOUGH)]
        await settled()
        waiting = asyncio.create_task(service.ask(99, *sent))
        await settled()
        assert 99 not in service.begun
        service.may_end.release(PLACES + 2)
        await asyncio.gather(*busy, waiting)
        assert service.bodies[99] == sent

    run(main)


@pytest.mark.parametrize("ends", ["at the deadline", "when the server gives it up"])
def test_whose_turn_does_not_come_makes_room_and_does_not_begin(ends: str) -> None:
    async def main() -> None:
        service = Service()
        busy = [asyncio.create_task(service.ask(number)) for number in range(ENOUGH)]
        await settled()
        seconds = A_MOMENT if ends == "at the deadline" else PATIENCE
        waiting = asyncio.create_task(service.ask(ENOUGH, seconds=seconds))
        following = asyncio.create_task(service.ask(100))
        await settled()
        if ends == "at the deadline":
            assert (await waiting)[0] == 503
        else:
            waiting.cancel()
            await asyncio.wait([waiting])
        service.may_end.release(PLACES)
        assert (await following)[0] == 200
        await asyncio.gather(*busy)
        assert service.begun == [*range(ENOUGH), 100]

    run(main)


def test_who_reads_a_refusal_slowly_holds_up_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """The time of the first in line ends in the moment in which the turn comes."""
    timers: list[asyncio.Timeout] = []

    def remembered(seconds: float) -> asyncio.Timeout:
        timers.append(asyncio.timeouts.timeout(seconds))
        return timers[-1]

    async def main() -> None:
        service, reads = Service(), asyncio.Event()
        busy = [asyncio.create_task(service.ask(number)) for number in range(ENOUGH)]
        await settled()
        timers.clear()
        slow = asyncio.create_task(service.ask(ENOUGH, reads=reads))
        following = asyncio.create_task(service.ask(100))
        await settled()
        first_in_line = timers[0]
        service.when_work_ends(lambda: first_in_line.reschedule(0))
        service.may_end.release()
        await asyncio.wait(busy, return_when=asyncio.FIRST_COMPLETED)
        await settled()
        assert not slow.done()
        assert service.begun == [*range(ENOUGH), 100]
        reads.set()
        assert (await slow)[0] == 503
        service.may_end.release(ENOUGH)
        assert (await following)[0] == 200
        await asyncio.gather(*busy)

    monkeypatch.setattr(asyncio, "timeout", remembered)
    run(main)


class Clock(asyncio.SelectorEventLoop):
    """An event loop whose clock can be put forward."""

    ahead = 0.0  # seconds

    def time(self) -> float:
        return super().time() + self.ahead


HOUR = 3600.0  # seconds
LEAVES = ["hangs up", "is given up", "runs out of time"]
IN_LINE = st.lists(st.sampled_from(["stays", *LEAVES]), min_size=1, max_size=PLACES - ENOUGH)
EVENTS = st.tuples(st.sampled_from([*LEAVES, "comes", "ends"]), st.booleans())


class Crowd:
    """Those who have a place from the beginning, and a line of others who may leave it.

    Args:
        service: what they ask.
        line: what each of the line does one day.
    """

    def __init__(self, service: Service, line: list[str]) -> None:
        self._service = service
        self._hang_up = asyncio.Event()
        self.asked: list[tuple[str, asyncio.Task[tuple[int, dict[str, str], bytes]]]] = []
        for what in ["stays"] * ENOUGH + line:
            self._come(what)

    def _come(self, what: str) -> None:
        hangs_up = self._hang_up if what == "hangs up" else None
        seconds = HOUR if what == "runs out of time" else 1000 * HOUR
        asking = self._service.ask(len(self.asked), hangs_up=hangs_up, seconds=seconds)
        self.asked.append((what, asyncio.create_task(asking)))

    def happen(self, event: str) -> None:
        """Let somebody come or end, or all leave who leave so."""
        if event == "ends":
            self._service.may_end.release()
        elif event == "comes" and len(self.asked) < PLACES:
            self._come("stays")
        elif event == "hangs up":
            self._hang_up.set()
        elif event == "is given up":
            for what, task in self.asked:
                if what == event:
                    task.cancel()
        elif event == "runs out of time":
            loop = asyncio.get_running_loop()
            assert isinstance(loop, Clock)
            loop.ahead += 2 * HOUR

    async def happen_as_a_turn_comes(self, event: str) -> None:
        """Let it happen when the next in line is let in and does not know it yet."""
        self._service.at_answer = lambda: self.happen(event)
        waiting = [task for _, task in self.asked if not task.done()]
        self._service.may_end.release()
        await asyncio.wait(waiting, timeout=PATIENCE, return_when=asyncio.FIRST_COMPLETED)


async def require_rest(service: Service) -> None:
    """Require that as many begin, wait and move up as in the beginning."""
    while service.may_end.acquire(blocking=False):
        pass
    service.begun.clear()
    asked = [asyncio.create_task(service.ask(number)) for number in range(1 + PLACES)]
    await settled()
    assert len(service.begun) == ENOUGH
    assert (await service.ask(99))[0] == 503
    service.may_end.release()
    await asyncio.wait(asked, return_when=asyncio.FIRST_COMPLETED)
    await settled()
    assert len(service.begun) == ENOUGH + 1
    service.may_end.release(PLACES)
    assert {(await each)[0] for each in asked} == {200}


# What fails takes all its patience each time, so that it is not tried in smaller pieces.
@settings(phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(line=IN_LINE, events=st.lists(EVENTS, min_size=1, max_size=6))
@example(line=["is given up", "stays"], events=[("is given up", True)])
@example(line=["hangs up", "stays"], events=[("hangs up", True)])
@example(line=["runs out of time", "stays"], events=[("runs out of time", True)])
def test_whoever_stays_is_served_whatever_others_do_and_then_all_is_as_before(
    line: list[str], events: list[tuple[str, bool]]
) -> None:
    async def main() -> None:
        service = Service()
        crowd = Crowd(service, line)
        await settled()
        for event, as_a_turn_comes in events:
            if as_a_turn_comes:
                await crowd.happen_as_a_turn_comes(event)
            else:
                crowd.happen(event)
            await settled()
        service.may_end.release(PLACES)
        await asyncio.wait([task for _, task in crowd.asked], timeout=PATIENCE)
        stayed = [task for what, task in crowd.asked if what == "stays"]
        assert all(task.done() for task in stayed), "nobody lets them in"
        assert {task.result()[0] for task in stayed} == {200}
        # Of those who left some are told what it is by an error, which nobody else looks at.
        await asyncio.gather(*(task for _, task in crowd.asked), return_exceptions=True)
        await asyncio.wait_for(require_rest(service), PATIENCE)

    with asyncio.Runner(loop_factory=Clock) as runner:
        runner.run(main())
