from typing import Any

import pytest
import requests

from apiproof.http.forwarding import forward_to
from apiproof.http.server import PortTaken, ServerDied, bind_socket, run_server


async def app(scope: Any, _receive: Any, send: Any) -> None:
    if scope["type"] != "http":
        return
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body"})


def test_a_server_listens_when_its_url_is_known_and_not_afterwards() -> None:
    with run_server(app) as base_url:
        assert requests.get(base_url, timeout=5).status_code == 204
    with pytest.raises(requests.ConnectionError):
        requests.get(base_url, timeout=5)


def test_what_is_forwarded_says_once_when_and_by_whom_it_was_served() -> None:
    with run_server(app) as inner, run_server(forward_to(inner)) as outer:
        headers = requests.get(outer, timeout=5).raw.headers
    assert len(headers.getlist("date")) == len(headers.getlist("server")) == 1


def test_two_servers_live_side_by_side() -> None:
    with run_server(app) as first, run_server(app) as second:
        assert first != second
        assert requests.get(second, timeout=5).status_code == 204


def test_a_taken_port_is_one_line_that_says_what_to_do() -> None:
    with bind_socket() as holder:
        holder.listen()
        port = holder.getsockname()[1]
        with (
            pytest.raises(PortTaken, match=f"{port} is taken.*--port") as caught,
            run_server(app, port),
        ):
            pass
    assert "\n" not in str(caught.value)


def test_an_application_that_does_not_start_is_no_hang() -> None:
    async def broken(scope: Any, receive: Any, send: Any) -> None:
        assert scope["type"] == "lifespan"
        await receive()
        await send({"type": "lifespan.startup.failed", "message": "no database"})

    with pytest.raises(ServerDied), run_server(broken):
        pass
