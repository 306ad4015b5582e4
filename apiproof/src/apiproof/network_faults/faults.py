"""What can go wrong with a connection, one class each; a proxy lets it happen."""

import re
import struct
from dataclasses import dataclass
from typing import Protocol

FOREVER = 3600.0  # seconds; a connection does not live as long


class Link(Protocol):
    """A client's connection, as a fault treats it.

    Attributes:
        request: What the client has sent since the fault began.
        answered: How many bytes the client has got since then.
    """

    request: bytes
    answered: int

    async def to_server(self, data: bytes) -> None:
        """Send bytes to the server."""

    async def to_client(self, data: bytes) -> None:
        """Send bytes to the client."""

    async def fault_ends_within(self, seconds: float) -> bool:
        """Wait for the fault's end, and say whether it came in time."""

    def close(self) -> None:
        """Hang up, after what was written has been sent."""

    def reset(self) -> None:
        """Hang up by RST, whatever is under way."""


class NetworkFault:
    """What goes wrong with a connection; by itself nothing does.

    Attributes:
        closes_port: new connections are not even accepted.
        resets_idle: connections that are open when the fault begins are reset at once.
        recovers: what was under way goes on when the fault ends; else it is reset then.
    """

    closes_port = False
    resets_idle = False
    recovers = False

    async def on_request(self, link: Link, data: bytes) -> None:
        """Treat bytes of the client."""
        await link.to_server(data)

    async def on_answer(self, link: Link, data: bytes) -> None:
        """Treat bytes of the server."""
        await link.to_client(data)


@dataclass(frozen=True)
class Unreachable(NetworkFault):
    """A host that vanished: a connect hangs, and open connections fall silent.

    The kernel leaves the client's SYN unanswered, so that nobody can count who met it. Linux only:
    elsewhere a listening socket whose queue is full may answer.
    """

    closes_port = True

    async def on_request(self, link: Link, data: bytes) -> None:
        """Take the bytes."""

    async def on_answer(self, link: Link, data: bytes) -> None:
        """Keep the bytes."""


@dataclass(frozen=True)
class Refused(NetworkFault):
    """A server that is down: a connect is refused, and open connections are reset.

    The kernel refuses, so that nobody can count who met it.
    """

    closes_port = True
    resets_idle = True


@dataclass(frozen=True)
class Silent(NetworkFault):
    """Bytes are taken, and no answer ever comes.

    Args:
        acts: whether the server gets the request and acts on it; only its answer is lost.
    """

    acts: bool = False

    async def on_request(self, link: Link, data: bytes) -> None:
        """Pass the bytes on, or take them."""
        if self.acts:
            await link.to_server(data)

    async def on_answer(self, link: Link, data: bytes) -> None:
        """Keep the bytes."""


@dataclass(frozen=True)
class Drip(NetworkFault):
    """The answer comes a byte at a time.

    Args:
        pause: seconds between two bytes.
    """

    pause: float = 0.5
    recovers = True

    async def on_answer(self, link: Link, data: bytes) -> None:
        """Pass byte after byte on, and the rest at once when the fault ends."""
        for position in range(len(data)):
            if await link.fault_ends_within(self.pause):
                await link.to_client(data[position:])
                return
            await link.to_client(data[position : position + 1])


@dataclass(frozen=True)
class Reset(NetworkFault):
    """The connection is reset.

    Args:
        acts: whether the server gets the request and acts on it; only its answer is lost.
        answered: how many bytes of the answer arrive before; needs `acts`.
    """

    acts: bool = False
    answered: int = 0

    @property
    def resets_idle(self) -> bool:  # type: ignore[override]  # a constant elsewhere
        """Only if nothing of an answer is to be seen."""
        return not self.acts

    async def on_request(self, link: Link, data: bytes) -> None:
        """Pass the bytes on, or reset."""
        if self.acts:
            await link.to_server(data)
        else:
            link.reset()

    async def on_answer(self, link: Link, data: bytes) -> None:
        """Let the first bytes through, then reset."""
        left = self.answered - link.answered
        await link.to_client(data[:left])
        if len(data) >= left:
            link.reset()


@dataclass(frozen=True)
class Answer(NetworkFault):
    """Somebody else answers in the server's place; see `http_answer` and `postgres_error`.

    Args:
        content: what is sent.
        acts: whether the server gets the request and acts on it.
        hangs_up: whether the connection ends with the answer; else each request gets this one.
    """

    content: bytes
    acts: bool = False
    hangs_up: bool = True

    async def on_request(self, link: Link, data: bytes) -> None:
        """Answer when the request is whole, or leave that to the server's answer."""
        if self.acts:
            await link.to_server(data)
        elif _is_whole(link.request):
            await self.on_answer(link, b"")

    async def on_answer(self, link: Link, data: bytes) -> None:  # noqa: ARG002 - replaced
        """Send the content instead."""
        await link.to_client(self.content)
        if self.hangs_up:
            link.close()


@dataclass(frozen=True)
class Hold(NetworkFault):
    """Everything waits until the fault ends, and then goes on: to force an order of events.

    Args:
        acts: whether the server gets the request and acts on it meanwhile; its answer waits.
    """

    acts: bool = False
    recovers = True

    async def on_request(self, link: Link, data: bytes) -> None:
        """Pass the bytes on, at once or at the end."""
        if not self.acts:
            await link.fault_ends_within(FOREVER)
        await link.to_server(data)

    async def on_answer(self, link: Link, data: bytes) -> None:
        """Pass the bytes on at the end."""
        await link.fault_ends_within(FOREVER)
        await link.to_client(data)


def http_answer(
    body: bytes,
    *,
    status: str = "200 OK",
    content_type: str = "text/html",
    length: int | None = None,
) -> bytes:
    """Write an HTTP/1.1 answer, for `Answer`.

    Args:
        body: sent as it is.
        status: code and reason.
        content_type: of the body.
        length: of Content-Length; the body's own if not given.
    """
    size = len(body) if length is None else length
    head = f"HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\nContent-Length: {size}\r\n"
    return head.encode() + b"Connection: close\r\n\r\n" + body


def postgres_error(sqlstate: str) -> bytes:
    """Write what a PostgreSQL server says to a statement that fails, for `Answer`.

    Args:
        sqlstate: five characters (PostgreSQL manual, Appendix A).

    Source: PostgreSQL manual, "Message Formats": ErrorResponse, ReadyForQuery.
    """
    fields = {b"S": b"ERROR", b"V": b"ERROR", b"C": sqlstate.encode(), b"M": b"injected"}
    message = b"".join(kind + value + b"\0" for kind, value in fields.items()) + b"\0"
    return b"E" + struct.pack("!i", len(message) + 4) + message + b"Z" + struct.pack("!i", 5) + b"E"


_JSON = "application/json"
# What a server never says: a captive portal, a broken proxy, another service on the same port.
HOSTILE_ANSWERS: dict[str, bytes] = {
    "html": http_answer(b"<html><body>Please log in to the network.</body></html>"),
    "half-json": http_answer(b'{"AuthenticationResult": {"Acc', content_type=_JSON),
    "cut-off": http_answer(b'{"keys": [', content_type=_JSON, length=4000),
    "empty": http_answer(b"", content_type=_JSON),
    "null": http_answer(b"null", content_type=_JSON),
    "list": http_answer(b"[1, 2]", content_type=_JSON),
    "another-shape": http_answer(b'{"result": "ok"}', content_type=_JSON),
    "nested": http_answer(b"[" * 100_000 + b"]" * 100_000, content_type=_JSON),
    "megabyte": http_answer(b'{"x": "' + b"x" * 1_000_000 + b'"}', content_type=_JSON),
    "bad-gateway": http_answer(b"<html>502</html>", status="502 Bad Gateway"),
    "not-http": b"\x15\x03\x01\x00\x02\x02F",
}


def _is_whole(request: bytes) -> bool:
    """Whether an HTTP request has come to its end; of other protocols any bytes will do."""
    head, end, body = request.partition(b"\r\n\r\n")
    if b" HTTP/1." not in head.partition(b"\r\n")[0]:
        return True
    announced = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
    return bool(end) and len(body) >= int(announced[1] if announced else 0)
