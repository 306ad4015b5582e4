"""Network faults: what a client of a server meets, and that nothing is left behind."""

import http.client
import json
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from apiproof.network_faults import (
    HOSTILE_ANSWERS,
    Answer,
    Drip,
    FaultNotTriggered,
    FaultProxy,
    Hold,
    NetworkFault,
    ProxyOverloaded,
    Refused,
    Reset,
    Silent,
    Unreachable,
    http_answer,
)

BODY = json.dumps({"keys": [{"kid": "one"}]}).encode()
SOON = 0.3  # seconds: a client's time-out that a fault outlasts
PATIENCE = 10.0  # seconds: what an event may take on a busy machine


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.acted: list[str] = []
        self.has_acted = threading.Event()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"] or 0))
        self.server.acted.append(self.path)
        self.server.has_acted.set()
        self.send_response(200)
        self.send_header("Content-Length", str(len(BODY)))
        self.end_headers()
        self.wfile.write(BODY)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's name
        pass


@pytest.fixture
def server() -> Iterator[_Server]:
    with _Server() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def proxy(server: _Server) -> Iterator[FaultProxy]:
    with FaultProxy(f"http://127.0.0.1:{server.server_address[1]}/somewhere") as proxy:
        yield proxy


class _Client(http.client.HTTPConnection):
    """A client that keeps its connection."""

    def __init__(self, proxy: FaultProxy, timeout: float = PATIENCE) -> None:
        super().__init__("127.0.0.1", proxy.port, timeout=timeout)

    def post(self, path: str = "/", body: bytes = b"{}") -> bytes:
        self.request("POST", path, body)
        return self.getresponse().read()


def test_without_a_fault_all_goes_through_and_the_url_is_the_servers_own(
    proxy: FaultProxy, server: _Server
) -> None:
    client = _Client(proxy)
    assert [client.post("/a"), client.post("/b", b"x" * 300_000)] == [BODY, BODY]
    client.close()
    assert server.acted == ["/a", "/b"]
    assert proxy.url == f"http://127.0.0.1:{proxy.port}/somewhere"
    assert proxy.accepted == 1


LOST: dict[str, tuple[NetworkFault, bool]] = {
    "silent": (Silent(), False),
    "silent-after-acting": (Silent(acts=True), True),
    "reset": (Reset(), False),
    "reset-after-acting": (Reset(acts=True), True),
    "cut-off-after-acting": (Reset(acts=True, answered=30), True),
    "drip": (Drip(pause=5), True),
    "held-before": (Hold(), False),
    "held-after": (Hold(acts=True), True),
}


@pytest.mark.parametrize("name", LOST)
@pytest.mark.parametrize("kept", [False, True], ids=["new connection", "open connection"])
def test_an_answer_that_does_not_come_and_whether_the_server_acted(
    proxy: FaultProxy, server: _Server, name: str, *, kept: bool
) -> None:
    fault, acts = LOST[name]
    client = _Client(proxy)
    if kept:
        client.post("/before")
        server.has_acted.clear()
    before = len(server.acted)
    with proxy.fault(fault) as active:
        client.timeout = SOON
        if client.sock:
            client.sock.settimeout(SOON)
        with pytest.raises((TimeoutError, ConnectionError, http.client.HTTPException)):
            client.post("/lost")
        if acts:
            assert server.has_acted.wait(PATIENCE)
        assert server.acted[before:] == (["/lost"] if acts else [])
        assert active.hits == 1
    client.close()
    after = _Client(proxy)
    assert after.post("/after") == BODY
    after.close()


@pytest.mark.parametrize("fault", [Refused(), Unreachable()], ids=["refused", "unreachable"])
def test_a_closed_port_comes_back_as_it_was(
    proxy: FaultProxy, server: _Server, fault: NetworkFault
) -> None:
    kept = _Client(proxy)
    kept.post("/before")
    expected = ConnectionRefusedError if isinstance(fault, Refused) else TimeoutError
    with proxy.fault(fault):
        for _ in range(3):
            with pytest.raises(expected):
                socket.create_connection(("127.0.0.1", proxy.port), SOON)
        assert kept.sock is not None
        kept.sock.settimeout(SOON)
        with pytest.raises((ConnectionError, TimeoutError, http.client.HTTPException)):
            kept.post("/lost")
    kept.close()
    client = _Client(proxy)
    assert client.post("/after") == BODY
    client.close()
    assert server.acted == ["/before", "/after"]


def test_what_drips_arrives_byte_by_byte_and_at_once_when_the_fault_ends(proxy: FaultProxy) -> None:
    with proxy.fault(Drip(pause=0.01)) as active:
        client = socket.create_connection(("127.0.0.1", proxy.port), PATIENCE)
        client.sendall(b"POST / HTTP/1.1\r\nContent-Length: 0\r\n\r\n")
        chunks = [client.recv(1000) for _ in range(5)]
        active.end()
    whole = b"".join(chunks)
    while not whole.endswith(BODY):
        whole += client.recv(1000)
    client.close()
    assert {len(chunk) for chunk in chunks} <= {1, 2, 3}, "more than drops"


@pytest.mark.parametrize("acts", [False, True])
def test_somebody_else_may_answer(proxy: FaultProxy, server: _Server, *, acts: bool) -> None:
    client = _Client(proxy)
    with proxy.fault(Answer(http_answer(b"<html>"), acts=acts), times=1):
        assert client.post("/a", b"x" * 300_000) == b"<html>"
        assert client.post("/b") == BODY  # times=1, and the client connected anew
    client.close()
    assert server.acted == (["/a", "/b"] if acts else ["/b"])


@pytest.mark.parametrize("name", HOSTILE_ANSWERS)
def test_hostile_answers_arrive_as_they_are(proxy: FaultProxy, name: str) -> None:
    with proxy.fault(Answer(HOSTILE_ANSWERS[name])):
        client = socket.create_connection(("127.0.0.1", proxy.port), PATIENCE)
        client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        received = b""
        while data := client.recv(65_536):
            received += data
        client.close()
    assert received == HOSTILE_ANSWERS[name]


def test_only_those_who_send_the_words_meet_it(proxy: FaultProxy, server: _Server) -> None:
    bystander, target = _Client(proxy), _Client(proxy)
    with proxy.fault(Silent(), when=b"/target") as active:
        assert target.post("/innocent") == BODY
        assert target.sock is not None
        target.sock.settimeout(SOON)
        with pytest.raises(TimeoutError):
            target.post("/target")
        assert bystander.post("/innocent") == BODY
        assert active.hits == 1
    target.close()
    bystander.close()
    assert server.acted == ["/innocent", "/innocent"]


def test_words_may_come_in_two_pieces(proxy: FaultProxy) -> None:
    client = socket.create_connection(("127.0.0.1", proxy.port), PATIENCE)
    other = _Client(proxy)
    with proxy.fault(Reset(), when=b"/target") as active:
        client.sendall(b"POST /tar")
        other.post()  # so that the pieces arrive apart
        client.sendall(b"get HTTP/1.1\r\n\r\n")
        with pytest.raises(ConnectionResetError):
            client.recv(1)
        active.wait()
    client.close()
    other.close()


def test_a_held_request_goes_on_after_what_came_meanwhile(
    proxy: FaultProxy, server: _Server
) -> None:
    first, second = _Client(proxy), _Client(proxy)
    with ThreadPoolExecutor(1) as pool, proxy.fault(Hold(), when=b"/first") as active:
        held = pool.submit(first.post, "/first")
        active.wait()
        assert second.post("/second") == BODY
        active.end()
        assert held.result(PATIENCE) == BODY
    assert server.acted == ["/second", "/first"]
    assert first.post("/again") == BODY  # the same connection
    first.close()
    second.close()


def test_a_fault_that_nobody_met_proves_nothing(proxy: FaultProxy) -> None:
    with pytest.raises(FaultNotTriggered, match="No connection met"), proxy.fault(Silent()):
        pass
    with pytest.raises(FaultNotTriggered, match="0 of 1"), proxy.fault(Silent()) as active:
        active.wait(timeout=0.01)


def test_an_error_in_the_block_is_not_hidden_by_a_fault_that_nobody_met(proxy: FaultProxy) -> None:
    with pytest.raises(KeyError), proxy.fault(Silent()):
        raise KeyError


@pytest.mark.parametrize("options", [{"when": b"x"}, {"times": 1}])
def test_a_closed_port_cannot_choose(proxy: FaultProxy, options: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="concerns all"), proxy.fault(Refused(), **options):  # type: ignore[arg-type]  # either
        pass


@pytest.mark.parametrize("url", ["localhost", "postgresql:///app", "http:///x"])
def test_a_url_without_an_address_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(ValueError, match="needs a URL with host and port") as caught:
        FaultProxy(url)
    assert url not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "through"),
    [
        (
            "postgresql://u:p%40@db.example:5433/app?sslmode=disable",
            "u:p%40@{}/app?sslmode=disable",
        ),
        ("postgresql+psycopg2://u@/app?host=%2Frun%2Fpg&port=5433", "u@{}/app"),
        ("https://example.com/pool/jwks.json", "{}/pool/jwks.json"),
    ],
)
def test_a_url_keeps_all_but_the_address(url: str, through: str) -> None:
    proxy = FaultProxy(url)
    with proxy:
        assert urlsplit(proxy.url).scheme == urlsplit(url).scheme
        assert proxy.url.partition("://")[2] == through.format(f"127.0.0.1:{proxy.port}")


def test_too_many_connections_are_told(server: _Server) -> None:
    url = f"http://127.0.0.1:{server.server_address[1]}"
    with pytest.raises(ProxyOverloaded, match="More than 2"):
        _open_three(url)


def _open_three(url: str) -> None:
    with FaultProxy(url, max_connections=2) as proxy:
        clients = [_Client(proxy) for _ in range(2)]
        assert [client.post() for client in clients] == [BODY] * 2
        assert _is_reset(proxy)
        for client in clients:
            client.close()


def _is_reset(proxy: FaultProxy) -> bool:
    """Connect, and say whether that, or the first read, meets a reset."""
    try:
        with socket.create_connection(("127.0.0.1", proxy.port), PATIENCE) as client:
            client.recv(1)
    except ConnectionResetError:
        return True
    return False


def test_a_connection_lives_no_longer_than_allowed(server: _Server) -> None:
    url = f"http://127.0.0.1:{server.server_address[1]}"
    with FaultProxy(url, max_seconds=SOON) as proxy, proxy.fault(Silent()):
        client = socket.create_connection(("127.0.0.1", proxy.port), PATIENCE)
        client.sendall(b"x")
        with pytest.raises(ConnectionResetError):
            client.recv(1)
        client.close()


def test_a_server_that_is_away_hangs_up(server: _Server) -> None:
    port = server.server_address[1]
    server.socket.close()
    with FaultProxy(f"http://127.0.0.1:{port}") as proxy:
        assert _is_reset(proxy)


def test_nothing_is_left_behind(server: _Server) -> None:
    threads, files = threading.active_count(), _descriptors()
    with FaultProxy(f"http://127.0.0.1:{server.server_address[1]}") as proxy:
        clients = [socket.create_connection(("127.0.0.1", proxy.port)) for _ in range(10)]
        with proxy.fault(Unreachable()):
            pass
        with proxy.fault(Hold()) as active:
            for client in clients:
                client.sendall(b"POST / HTTP/1.1\r\n\r\n")
            active.wait(10)
        assert proxy.open_connections == 10
    for client in clients:
        client.close()
    assert proxy.open_connections == 0
    assert threading.active_count() <= threads + 10  # the server's own, one for each connection
    deadline = time.monotonic() + PATIENCE
    while _descriptors() > files and time.monotonic() < deadline:
        time.sleep(0.01)
    assert _descriptors() <= files


def _descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))
