import threading
from collections.abc import Iterator
from contextlib import asynccontextmanager

import pytest
from fastapi import FastAPI, Request
from starlette.responses import PlainTextResponse

from apiproof.http.client import AsgiClient


@pytest.fixture
def seen() -> list[str]:
    return []


@pytest.fixture
def client(seen: list[str]) -> Iterator[AsgiClient]:
    @asynccontextmanager
    async def lifespan(_: FastAPI):  # type: ignore[no-untyped-def]  # noqa: ANN202  # FastAPI's own shape
        seen.append("started")
        yield
        seen.append("stopped")

    app = FastAPI(lifespan=lifespan)

    @app.get("/thread")
    def thread() -> str:
        return threading.current_thread().name

    @app.post("/echo/{name}")
    async def echo(name: str, request: Request) -> dict[str, str]:
        body = (await request.body()).decode()
        return {"name": name, "body": body, "host": request.headers["host"]}

    @app.get("/headers")
    async def headers() -> PlainTextResponse:
        return PlainTextResponse("é", headers={"X-Seen": "yes"})

    with AsgiClient(app) as client:
        yield client


def test_lifespan_runs_around_the_requests(client: AsgiClient, seen: list[str]) -> None:
    assert seen == ["started"]
    client.close()
    assert seen == ["started", "stopped"]


def test_synchronous_endpoints_run_in_the_calling_thread(client: AsgiClient) -> None:
    assert client.request("GET", "/thread").json() == threading.current_thread().name


def test_bodies_and_encoded_paths_arrive_as_over_the_wire(client: AsgiClient) -> None:
    answer = client.request("POST", "/echo/a%20b", data="körper".encode()).json()
    assert answer == {"name": "a b", "body": "körper", "host": "testserver"}


def test_streamed_bodies_arrive_whole(client: AsgiClient) -> None:
    answer = client.request("POST", "/echo/x", data=iter([b"one ", b"two"])).json()
    assert answer["body"] == "one two"


def test_headers_and_text_come_back(client: AsgiClient) -> None:
    response = client.request("GET", "/headers")
    assert (response.headers["x-seen"], response.text) == ("yes", "é")


def test_many_threads_share_one_client(client: AsgiClient) -> None:
    answers: list[int] = []
    workers = [
        threading.Thread(
            target=lambda: answers.append(client.request("GET", "/thread").status_code)
        )
        for _ in range(8)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert answers == [200] * 8


def connect() -> None:
    raise ValueError("no database")


def test_a_start_that_fails_is_not_a_hang() -> None:
    @asynccontextmanager
    async def lifespan(_: FastAPI):  # type: ignore[no-untyped-def]  # noqa: ANN202  # FastAPI's own shape
        connect()
        yield

    with pytest.raises((ValueError, RuntimeError), match="no database"):
        AsgiClient(FastAPI(lifespan=lifespan)).__enter__()
