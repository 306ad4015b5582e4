"""The proxy: a port before a server, and which fault is on."""

import asyncio
import contextlib
import socket
import threading
from collections.abc import Callable, Coroutine, Iterator
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit, urlunsplit

from apiproof.network_faults.connection import (
    RESET,
    ActiveFault,
    Address,
    Connection,
    FaultNotTriggered,
)
from apiproof.network_faults.faults import NetworkFault, Unreachable

HOST = "127.0.0.1"
MAX_CONNECTIONS = 1024  # open at once
MAX_SECONDS = 120.0  # a connection's life
BACKLOG = 512
_QUEUE_SECONDS = 0.1  # after which a connect to ourselves hangs
_DEFAULT_PORTS = {"http": 80, "https": 443}


class ProxyOverloaded(RuntimeError):
    """More connections were open at once than the proxy allows."""


class FaultProxy:
    """A TCP proxy on 127.0.0.1 that passes everything on until a fault is switched on.

    Use it as a context manager.

    Attributes:
        url: the server's URL with the proxy's address in it.
        port: the proxy's.
        accepted: how many connections it has accepted.
    """

    def __init__(
        self,
        url: str,
        *,
        max_connections: int = MAX_CONNECTIONS,
        max_seconds: float = MAX_SECONDS,
    ) -> None:
        """Stand before a server.

        Args:
            url: the server's, with any scheme; `?host=/directory` is a Unix socket, as for libpq.
            max_connections: open at once; more are reset, and leaving the block raises
                ProxyOverloaded.
            max_seconds: a connection's life.
        """
        self.max_seconds = max_seconds
        self.accepted = 0
        self._server = _address(url)
        self._max_connections = max_connections
        self._overloaded = False
        self._links: set[Connection] = set()
        self._active: list[ActiveFault] = []
        # Bound and never listening: it keeps the port while the listener is closed.
        self._holder = _bound(0)
        self.port: int = self._holder.getsockname()[1]
        self.url = _through(url, self.port)
        self._door = _Listener(self.port, self._accept)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(
            target=self._loop.run_forever, name="apiproof-fault-proxy", daemon=True
        )

    def start(self) -> None:
        """Begin to listen."""
        self._thread.start()
        self._run(self._door.open())

    def stop(self) -> None:
        """End all connections, and the thread."""
        self._run(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        self._holder.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
        if self._overloaded and kind is None:
            raise ProxyOverloaded(
                f"More than {self._max_connections} connections were open: allow more with "
                "max_connections, or send fewer."
            )

    @contextlib.contextmanager
    def fault(
        self, fault: NetworkFault, *, when: bytes = b"", times: int | None = None
    ) -> Iterator[ActiveFault]:
        """Let something go wrong, for a block.

        Args:
            fault: what.
            when: bytes that a client sends; its connection goes wrong from then on, and until the
                fault ends. By default every connection does at once, those that are open as well.
            times: how many connections meet it at most.

        Raises:
            FaultNotTriggered: no connection met it in the block.
            ValueError: a closed port cannot wait for bytes.
        """
        if fault.closes_port and (when or times):
            raise ValueError(f"{type(fault).__name__} concerns all connections: leave out the rest")
        active = ActiveFault(fault, when, times)
        active._end = lambda: self._run(self._finish(active))  # noqa: SLF001 - of this module
        self._run(self._begin(active))
        try:
            yield active
        finally:
            active.end()
        if not active.hits and not fault.closes_port:
            raise FaultNotTriggered(f"No connection met {fault} (when={when!r}).")

    @property
    def open_connections(self) -> int:
        """How many clients are connected now."""
        return len(self._links)

    def _run(self, coroutine: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(self.max_seconds)

    async def _begin(self, active: ActiveFault) -> None:
        self._active.append(active)
        if active.fault.closes_port:
            await self._door.close(hang=isinstance(active.fault, Unreachable))
        if not active.when:
            for link in list(self._links):
                link.expect(active)

    async def _finish(self, active: ActiveFault) -> None:
        if active.ended.is_set():
            return
        self._active.remove(active)
        active.ended.set()
        for link in list(self._links):
            link.forgive(active)
        if active.fault.closes_port:
            await self._door.open()

    async def _stop(self) -> None:
        await self._door.close(hang=False)
        tasks = [link.task for link in self._links]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _accept(self, client: socket.socket) -> None:
        self.accepted += 1
        if len(self._links) >= self._max_connections:
            self._overloaded = True
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            client.close()
            return
        link = Connection(client, self._server, self._fault_for)
        self._links.add(link)
        link.task = self._loop.create_task(link.run(self.max_seconds))
        link.task.add_done_callback(lambda _: self._links.discard(link))

    def _fault_for(self, data: bytes) -> ActiveFault | None:
        return next((each for each in self._active if each.admits(data)), None)


class _Listener:
    """The proxy's port: open, closed, or with a queue so full that a connect hangs."""

    def __init__(self, port: int, accept: Callable[[socket.socket], None]) -> None:
        self._port = port
        self._accept = accept
        self._socket: socket.socket | None = None
        self._queued: list[socket.socket] = []  # our own, that fill the queue

    async def open(self) -> None:
        if self._socket is None:
            self._socket = _bound(self._port)
        self._socket.listen(BACKLOG)
        own = {filler.getsockname() for filler in self._queued}
        asyncio.get_running_loop().add_reader(self._socket, self._accept_all, self._socket, own)

    async def close(self, *, hang: bool) -> None:
        if self._socket is None:
            return
        asyncio.get_running_loop().remove_reader(self._socket)
        if hang:
            self._socket.listen(0)
            await self._fill_queue()
        else:
            self._socket.close()
            self._socket = None
            self._empty_queue()

    async def _fill_queue(self) -> None:
        while len(self._queued) < BACKLOG:
            filler = socket.socket()
            filler.setblocking(False)  # noqa: FBT003 - the socket's own signature
            try:
                async with asyncio.timeout(_QUEUE_SECONDS):
                    await asyncio.get_running_loop().sock_connect(filler, (HOST, self._port))
            except TimeoutError:
                filler.close()
                return
            self._queued.append(filler)

    def _empty_queue(self) -> None:
        while self._queued:
            self._queued.pop().close()

    def _accept_all(self, listener: socket.socket, own: set[tuple[str, int]]) -> None:
        with contextlib.suppress(BlockingIOError, ConnectionError):
            while True:
                client, address = listener.accept()
                client.setblocking(False)  # noqa: FBT003 - the socket's own signature
                if address in own:
                    client.close()
                else:
                    self._accept(client)
        self._empty_queue()


def _bound(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    listener.bind((HOST, port))
    listener.setblocking(False)  # noqa: FBT003 - the socket's own signature
    return listener


def _address(url: str) -> Address:
    """Find where a server listens: host and port, or the path of a Unix socket."""
    parts = urlsplit(url)
    named = parse_qs(parts.query)
    host = named.get("host", [parts.hostname or ""])[0]
    scheme = parts.scheme.partition("+")[0]
    port = int(named.get("port", [0])[0]) or parts.port or _DEFAULT_PORTS.get(scheme)
    if not host or not port:
        raise ValueError("A proxy needs a URL with host and port.")  # it may hold a password
    return f"{host}/.s.PGSQL.{port}" if host.startswith("/") else (host, port)


def _through(url: str, port: int) -> str:
    """Write the URL with the proxy's address in the server's place."""
    parts = urlsplit(url)
    login, at, _ = parts.netloc.rpartition("@")
    query = "&".join(
        pair for pair in parts.query.split("&") if pair.partition("=")[0] not in {"host", "port"}
    )
    return urlunsplit(parts._replace(netloc=f"{login}{at}{HOST}:{port}", query=query))
