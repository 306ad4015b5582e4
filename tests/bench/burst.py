"""A burst: many keep-alive clients that ask again at once, and what each status took.

wrk tells one median of all answers, those that were refused at once and those that waited and were
served; here they are apart. Plain sockets, so that the clients take little of the processor.
"""

import selectors
import socket
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from tests.bench.load_clients import Request

PATIENCE = 0.1  # seconds until the clock is looked at again
_LARGEST = 65_536  # bytes of an answer that are read at once


@dataclass(frozen=True)
class Burst:
    """What came of it; times are seconds.

    Attributes:
        times: how long the answers of each status took, in rising order.
        broken: connections that the server closed.
    """

    seconds: float
    times: Mapping[int, Sequence[float]]
    broken: int

    def __str__(self) -> str:
        parts = [self._told(status) for status in sorted(self.times)]
        return f"{', '.join(parts) or 'no answer'}; {self.broken} connections broke"

    def _told(self, status: int) -> str:
        times = self.times[status]
        median, most, longest = (
            f"{times[place] * 1000:.0f} ms"
            for place in (len(times) // 2, len(times) * 99 // 100, -1)
        )
        return (
            f"{len(times)} x {status} ({len(times) / self.seconds:.0f}/s, median {median}, "
            f"99 % {most}, longest {longest})"
        )


def burst(base_url: str, request: Request, *, clients: int, seconds: float) -> Burst:
    """Let clients connect, send a request all together, and another one after each answer.

    Args:
        base_url: of the server.
        request: what is sent.
        clients: connections, each with one request under way at any time.
        seconds: how long.
    """
    where = urlsplit(base_url)
    data = request.on_the_wire(where.netloc)
    times: defaultdict[int, list[float]] = defaultdict(list)
    broken = 0
    with selectors.DefaultSelector() as ready:
        address = where.hostname or "", where.port or 0
        connections = [socket.create_connection(address) for _ in range(clients)]
        asked: dict[socket.socket, float] = {}
        started = time.perf_counter()
        for connection in connections:
            connection.settimeout(0)
            ready.register(connection, selectors.EVENT_READ, connection)
            asked[connection] = time.perf_counter()
            connection.send(data)
        while time.perf_counter() - started < seconds:
            for key, _ in ready.select(PATIENCE):
                connection = key.data
                answer = _received(connection)
                now = time.perf_counter()
                if not answer:
                    broken += 1
                    ready.unregister(connection)
                elif answer.startswith(b"HTTP/1.1 "):  # else it is the rest of one
                    times[int(answer[9:12])].append(now - asked[connection])
                    asked[connection] = now
                    connection.send(data)
        taken = time.perf_counter() - started
        for connection in connections:
            connection.close()
    return Burst(taken, {status: sorted(each) for status, each in times.items()}, broken)


def _received(connection: socket.socket) -> bytes:
    try:
        return connection.recv(_LARGEST)
    except OSError:
        return b""
