"""How fast the API answers, and how much of an in-process fuzz case is the harness."""

import asyncio
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

from rich.table import Table

from apiproof.environment import Environment
from apiproof.environment_file import EnvironmentFile
from apiproof.fuzzing import load_schema, registered
from apiproof.http.client import in_place
from apiproof.reporting import Chart, Series, StepResult, step_result
from apiproof.reporting.store import save_step
from apiproof.reporting.terminal import console
from tests.bench.results import keep
from tests.service import SERVICE

REQUESTS = 1500
THREADS = 4
BLOCKS = 7
CASES = 40
START_SECONDS = 60
SERVE = (sys.executable, "-m", "apiproof", "serve")


@contextmanager
def serving(
    command: Sequence[str] = SERVE,
    environment: Mapping[str, str] | None = None,
    project: Path | None = None,
) -> Iterator[EnvironmentFile]:
    """A server in a process of its own, so that the load does not share its interpreter."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "ready.json"
        options = ("--port", "0", "--ready-file", str(path))
        server = subprocess.Popen(  # noqa: S603  # our own command
            [*command, *options], stdout=subprocess.PIPE, text=True, env=environment, cwd=project
        )
        try:
            assert server.stdout is not None
            while "Stop with Ctrl+C" not in (line := server.stdout.readline()):
                assert line, "the server ended before it was ready"
            yield EnvironmentFile.read(path)
        finally:
            server.terminate()
            server.communicate(timeout=START_SECONDS)


def requests_per_second(ready: EnvironmentFile) -> float:
    """Authenticated GET /randoms over keep-alive connections."""
    where = urlsplit(ready.base_url)
    headers = {"Authorization": f"Bearer {ready.users[0].access_token}"}

    def load(count: int) -> None:
        connection = HTTPConnection(where.hostname or "", where.port)
        for _ in range(count):
            connection.request("GET", "/randoms", headers=headers)
            response = connection.getresponse()
            response.read()
            assert response.status == 200
        connection.close()

    load(50)
    started = time.perf_counter()
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(load, [REQUESTS // THREADS] * THREADS))
    return REQUESTS / (time.perf_counter() - started)


def rates(calls: dict[str, Callable[[], object]]) -> dict[str, float]:
    """Calls per second, the median of blocks that take turns: a noisy moment hits all alike."""
    seconds: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(BLOCKS):
        for name, call in calls.items():
            started = time.perf_counter()
            for _ in range(CASES):
                call()
            seconds[name].append(time.perf_counter() - started)
    return {name: CASES / statistics.median(taken) for name, taken in seconds.items()}


def cases_per_second() -> dict[str, float]:
    """One authenticated GET /randoms: a raw ASGI call, our session, Schemathesis' own transport."""
    operation = load_schema(SERVICE)["/randoms"]["GET"]
    with Environment.open(SERVICE) as env, registered(SERVICE, env):
        token = env.new_account().access_token
        case = operation.Case(headers={"Authorization": f"Bearer {token}"})
        app = env.application()
        return rates(
            {
                "raw ASGI call": _raw(app, token),
                "our session": lambda: case.call(session=env.client),
                "our session, checked": lambda: case.call_and_validate(session=env.client),
                "stock transport": lambda: case.call(app=app),
                "stock transport, checked": lambda: case.call_and_validate(app=app),
            }
        )


def _raw(app: object, token: str) -> Callable[[], object]:
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": "/randoms",
        "raw_path": b"/randoms",
        "root_path": "",
        "query_string": b"",
        "headers": [(b"host", b"x"), (b"authorization", f"Bearer {token}".encode())],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
        "state": {},
    }
    loop = asyncio.new_event_loop()

    async def call() -> None:
        async def receive() -> dict[str, object]:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(_message: object) -> None:
            return

        await app(dict(scope), receive, send)  # type: ignore[operator]  # an ASGI application

    def run() -> None:
        with in_place():
            loop.run_until_complete(call())

    return run


def seconds_to_first_case() -> float:
    """From the start of pytest to the end of a first test; its imports, stand-ins and teardown."""
    started = time.perf_counter()
    test = "tests/contract/test_randoms.py::test_a_new_user_has_an_empty_list"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:randomly", test]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)  # noqa: S603  # our own
    return time.perf_counter() - started


def main() -> None:
    drawn = Table("what", "per second", "of raw", title="Authenticated GET /randoms")
    with serving() as ready:
        served = requests_per_second(ready)
        drawn.add_row("over HTTP, 4 connections", f"{served:.0f}", "")
    cases = cases_per_second()
    for name, rate in cases.items():
        drawn.add_row(name, f"{rate:.0f}", f"{rate / cases['raw ASGI call']:.0%}")
    console.print(drawn)
    first = seconds_to_first_case()
    console.print(f"From start to the end of a first test: {first:.1f} s")
    per_second = {name: round(rate, 1) for name, rate in {"served": served, **cases}.items()}
    keep("throughput", {"per_second": per_second, "seconds_to_first_test": round(first, 2)})
    save_step(as_step(cases))  # for the next report of `apiproof run`


def as_step(cases: Mapping[str, float]) -> StepResult:
    """The rates as a step of the report."""
    rates = Chart(
        title="Authenticated GET /randoms, in one process",
        x_axis="",
        y_axis="per second",
        series=(Series("rate", tuple((name, round(rate, 1)) for name, rate in cases.items())),),
        shape="bar",
    )
    return step_result("bench", {"ways": len(cases)}, sections=[rates])


if __name__ == "__main__":
    main()
