"""What libraries log where the service runs comes in its own JSON, and shows no secret."""

import json
import logging
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from apiproof.environment import Environment
from apiproof.http.client import AsgiClient, HttpClient
from tests.contract.events import PATIENCE
from tests.contract.served import served
from tests.service import deployed, environment_variables, log_like_a_deployment

SUB = "6f1f1b8e-43a5-4a9b-9c53-2f7c7d1f3c55"


def malformed(address: str) -> tuple[list[str], Any]:
    """Send what is no HTTP; returns the lines of the answer's head, and its body."""
    host, port = address.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=PATIENCE) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nno header\r\n\r\n")
        with connection.makefile("rb") as answer:
            head, _, body = answer.read().decode().partition("\r\n\r\n")
    first, *headers = head.split("\r\n")
    split = (each.partition(":") for each in headers)
    return [first, *(f"{name.lower()}:{value}" for name, _, value in split)], json.loads(body)


def test_the_servers_own_lines_are_json_like_the_services(env: Environment) -> None:
    """The process is that of a deployment: started, stopped, and all that it wrote is read."""
    with served(env) as service:
        found = HttpClient(service.url).request("GET", f"/users/{SUB}")
        assert (found.status_code, "Server" in found.headers) == (404, False)
        head, body = malformed(service.url)
        service.stop()
    written = service.written
    lines = [json.loads(line) for line in written.splitlines()]
    assert all({"event", "level", "timestamp"} <= line.keys() for line in lines)
    assert {line["logger"] for line in lines if "logger" in line} >= {"uvicorn.error"}
    # What is no HTTP is answered by the server itself, as the service would.
    assert (head[0], body) == ("HTTP/1.1 400 Bad Request", {"detail": "The request is malformed"})
    assert {"cache-control: no-store", "content-type: application/json"} <= set(head)
    assert not any(each.startswith("server:") for each in head)
    ids = {f"x-request-id: {line.get('request_id')}" for line in lines if line.get("status") == 400}
    assert len(ids & set(head)) == 1
    assert env.config.client_secret not in written
    assert SUB not in written, "paths hold subs, and each request has its line already"


@contextmanager
def as_it_was(*names: str) -> Iterator[None]:
    """Leave loggers behind as they are now."""
    loggers = [logging.getLogger(name) for name in names]
    kept = [(each.handlers[:], each.level, each.propagate) for each in loggers]
    try:
        yield
    finally:
        for each, (handlers, level, propagate) in zip(loggers, kept, strict=True):
            each.handlers, each.propagate = handlers, propagate
            each.setLevel(level)


def fail_in_a_library(error: Exception) -> None:
    try:
        raise error
    except ValueError:
        logging.getLogger("sqlalchemy.pool").exception("Closing failed")
        raise


def test_an_error_that_a_library_logs_comes_without_its_text(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Drivers put values of a request into the text; the kind of error is enough."""
    with as_it_was("", "uvicorn", "uvicorn.error", "uvicorn.access"):
        log_like_a_deployment("INFO")
        error = ValueError("a-secret")
        logging.getLogger("asyncio").error(
            "A task failed\nfuture: <Task 'a-secret'>", exc_info=error
        )
        with pytest.raises(ValueError, match="a-secret"):
            fail_in_a_library(error)
    written = capsys.readouterr().out
    lines = [json.loads(line) for line in written.splitlines()]
    assert [(line["event"], line["error"]) for line in lines] == [
        ("A task failed", "ValueError"),
        ("Closing failed", "ValueError"),
    ]
    assert "a-secret" not in written


def test_libraries_are_not_heard_below_warnings_whatever_the_level(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """What they say for themselves holds requests: passwords and tokens among them."""
    with as_it_was("", "uvicorn", "uvicorn.error", "uvicorn.access"):
        log_like_a_deployment("DEBUG")
        for name in ("botocore.endpoint", "sqlalchemy.engine", "urllib3", "another.package"):
            logging.getLogger(name).debug("a-secret")
            logging.getLogger(name).info("a-secret")
            logging.getLogger(name).warning("Trouble of %s", name)
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["level"] for line in lines] == ["warning"] * 4


LEVELS = ["DEBUG", "INFO", "WARNING", "ERROR"]


@pytest.mark.parametrize("level", LEVELS)
def test_a_deployment_logs_from_the_level_of_its_settings_on(
    env: Environment, capsys: pytest.CaptureFixture[str], level: str
) -> None:
    """One line of each level that there is: a request, and a database that is away."""
    variables = {**environment_variables(env.config), "LOG_LEVEL": level}
    with as_it_was("", "uvicorn", "uvicorn.error", "uvicorn.access"):
        with AsgiClient(deployed(variables)) as client, env.database.outage():
            capsys.readouterr()
            assert client.request("GET", "/ready").status_code == 503
        env.application()  # sets the level back for the process
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    told = {line["level"] for line in lines}
    assert told == {"info", "warning"} & {each.lower() for each in LEVELS[LEVELS.index(level) :]}


def test_a_deployment_with_bad_settings_ends_with_one_line_and_the_exit_code_2(
    env: Environment, capsys: pytest.CaptureFixture[str]
) -> None:
    variables = {**environment_variables(env.config), "CLOCK_SKEW": "hidden-word"}
    capsys.readouterr()
    with pytest.raises(SystemExit) as ended:
        deployed(variables)
    said = capsys.readouterr().err
    assert ended.value.code == 2
    assert said.startswith("Bad settings: CLOCK_SKEW: ")
    assert said.count("\n") == 1
    assert "hidden" not in said
