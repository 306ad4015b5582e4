"""A client's connection through the proxy, and the fault that it meets."""

import asyncio
import contextlib
import socket
import struct
import threading
from collections.abc import Callable, Coroutine
from typing import Any

from apiproof.network_faults.faults import NetworkFault

_CHUNK = 65_536
_TAIL = 256  # bytes of a request in which `when` may begin before the next chunk
RESET = struct.pack("ii", 1, 0)  # SO_LINGER: close by RST
Address = str | tuple[str, int]  # of a Unix socket, or host and port


class FaultNotTriggered(AssertionError):
    """No connection met the fault, so that the test has proved nothing."""


class ActiveFault:
    """A fault that is on, from `FaultProxy.fault`.

    Attributes:
        hits: how many connections met it.
    """

    def __init__(self, fault: NetworkFault, when: bytes, times: int | None) -> None:
        self.fault = fault
        self.when = when
        self.times = times
        self.hits = 0
        self.ended = asyncio.Event()  # awaited by the proxy's loop alone
        self._end: Callable[[], None] = lambda: None
        self._changed = threading.Condition()

    def wait(self, hits: int = 1, timeout: float = 10.0) -> None:
        """Wait until connections have met it.

        Args:
            hits: how many.
            timeout: seconds.

        Raises:
            FaultNotTriggered: fewer have, in that time.
        """
        with self._changed:
            if not self._changed.wait_for(lambda: self.hits >= hits, timeout):
                raise FaultNotTriggered(f"{self.hits} of {hits} connections met {self.fault}.")

    def end(self) -> None:
        """Let all go on as usual; connections that are past mending are reset."""
        self._end()

    def admits(self, data: bytes) -> bool:
        """Whether a connection whose client has sent this meets the fault now."""
        has_room = self.times is None or self.hits < self.times
        return has_room and not self.ended.is_set() and self.when in data

    def count(self) -> None:
        """Note that a connection has met it."""
        with self._changed:
            self.hits += 1
            self._changed.notify_all()


class Connection:
    """One client's connection and its counterpart to the server."""

    def __init__(
        self,
        client: socket.socket,
        server: Address,
        fault_for: Callable[[bytes], ActiveFault | None],
    ) -> None:
        self.task: asyncio.Task[None]
        self.request = b""  # since the fault began
        self.answered = 0  # bytes, since the fault began
        self._socket = client
        self._address = server
        self._fault_for = fault_for
        self._active: ActiveFault | None = None
        self._is_hit = False
        self._has_bytes_treated = False
        self._tail = b""
        self._client: asyncio.StreamWriter | None = None
        self._server: asyncio.StreamWriter | None = None

    # What faults do with it

    async def to_server(self, data: bytes) -> None:
        """Send bytes to the server."""
        await _write(self._server, data)

    async def to_client(self, data: bytes) -> None:
        """Send bytes to the client."""
        self.answered += len(data)
        await _write(self._client, data)

    async def fault_ends_within(self, seconds: float) -> bool:
        """Wait for the fault's end, and say whether it came in time."""
        if self._active is not None:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._active.ended.wait()
        return self._active is None or self._active.ended.is_set()

    def close(self) -> None:
        """Hang up, after what was written has been sent."""
        for writer in (self._client, self._server):
            if writer is not None:
                writer.close()

    def reset(self) -> None:
        """Hang up by RST, whatever is under way."""
        with contextlib.suppress(OSError):
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        for writer in (self._client, self._server):
            if writer is not None:
                writer.transport.abort()

    # What the proxy does with it

    def expect(self, active: ActiveFault) -> None:
        """Meet a fault from now on."""
        if self._active is None:
            self._active = active
            self._is_hit = self._has_bytes_treated = False
            self.request, self.answered = b"", 0
            if active.fault.resets_idle:
                self._hit()
                self.reset()

    def forgive(self, active: ActiveFault) -> None:
        """Go on without a fault; a connection that lacks bytes cannot."""
        if self._active is active:
            if self._has_bytes_treated and not active.fault.recovers:
                self.reset()
            self._active = None

    async def run(self, max_seconds: float) -> None:
        """Pass bytes both ways until both sides have hung up."""
        try:
            async with asyncio.timeout(max_seconds):
                await self._pass_on()
                self.close()
                if self._client is not None:
                    await self._client.wait_closed()
        except (OSError, TimeoutError):
            pass  # somebody hung up, or time is up
        finally:
            self.reset()
            self._socket.close()

    async def _pass_on(self) -> None:
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        requests, self._client = await asyncio.open_connection(sock=self._socket)
        if active := self._fault_for(b""):
            self.expect(active)
            self._hit()
        answers, self._server = await _connected(self._address)
        pumps = [
            asyncio.create_task(self._pump(requests, self._server, self._on_request)),
            asyncio.create_task(self._pump(answers, self._client, self._on_answer)),
        ]
        try:
            await asyncio.gather(*pumps)
        finally:
            for pump in pumps:
                pump.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)

    async def _pump(
        self,
        source: asyncio.StreamReader,
        target: asyncio.StreamWriter,
        treat: Callable[[bytes], Coroutine[Any, Any, None]],
    ) -> None:
        while data := await source.read(_CHUNK):
            await treat(data)
        if not target.is_closing():
            target.write_eof()

    async def _on_request(self, data: bytes) -> None:
        if self._active is None:
            seen = self._tail + data
            self._tail = seen[-_TAIL:]
            if active := self._fault_for(seen):
                self.expect(active)
        if self._active is None:
            await self.to_server(data)
            return
        self._hit()
        self._has_bytes_treated = True
        self.request += data
        await self._active.fault.on_request(self, data)

    async def _on_answer(self, data: bytes) -> None:
        self._tail = b""  # the next bytes of the client are another request
        if self._active is None:
            await self.to_client(data)
        else:
            self._has_bytes_treated = True
            await self._active.fault.on_answer(self, data)

    def _hit(self) -> None:
        if self._active is not None and not self._is_hit:
            self._is_hit = True
            self._active.count()


async def _write(writer: asyncio.StreamWriter | None, data: bytes) -> None:
    if writer is not None and not writer.is_closing():
        writer.write(data)
        await writer.drain()


async def _connected(address: Address) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    if isinstance(address, str):
        return await asyncio.open_unix_connection(address)
    return await asyncio.open_connection(*address)
