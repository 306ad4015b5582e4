"""A project's application: built in this process, or served by a child with its own libraries."""

import contextlib
import inspect
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from apiproof.environment_config import EnvironmentConfig
from apiproof.errors import UserError
from apiproof.http import ASGIApp
from apiproof.http.child.mounted_documents import declared_by
from apiproof.http.child.public_hosts import beginning_here

LAUNCHER = Path(__file__).parent / "http" / "child" / "launcher.py"
ASGI_ARGUMENTS = 3
NO_EXTENSION: Final = re.compile(r'extension "[^"]+" is not available')
ANOTHER_SERVER: Final = (
    "the embedded PostgreSQL has `vector` alone; let APIPROOF_DATABASE_URL name a server with it"
)
Report = Callable[[dict[str, Any]], None]


class ApplicationNotLoaded(UserError):
    """The application cannot be imported, built or started; the text says why."""


class MigrationsFailed(UserError):
    """The database cannot be brought up to date; the text says why."""


def create_app(app: Any, config: EnvironmentConfig) -> ASGIApp:
    """Build an ASGI application in this process.

    Args:
        app: One, or a function that takes nothing or the configuration.
        config: Where everything is.

    Raises:
        ApplicationNotLoaded: It is an import path: those are served by a child process.
    """
    if isinstance(app, str):
        raise ApplicationNotLoaded(
            f"{app} is an import path, which a child process serves: use the environment's "
            "`application()`, or name a function that builds the application instead."
        )
    required = [
        parameter
        for parameter in inspect.signature(app).parameters.values()
        if parameter.default is parameter.empty
        and parameter.kind in {parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD}
    ]
    if len(required) == ASGI_ARGUMENTS:
        built: ASGIApp = app
        return built
    made: ASGIApp = app(config) if required else app()
    return made


_EXCEPTION: Final = re.compile(r"[A-Za-z_][\w.]*(?:Error|Exception|Exit|Failed|Refused): ")


@dataclass(frozen=True)
class ServedApplication:
    """An application that a child process serves.

    Attributes:
        base_url: Where, without a trailing slash.
        document: What it declares; None where it declares nothing (it is no FastAPI application).
    """

    base_url: str
    document: dict[str, Any] | None


@contextlib.contextmanager
def served_application(
    path: str, variables: Mapping[str, str], python: Path | None, report: Report
) -> Iterator[ServedApplication]:
    """Serve an application from a child process until the block ends.

    Args:
        path: Its import path, `module:attribute`.
        variables: Environment variables beside those of this process.
        python: The interpreter; None means this one.
        report: Gets the values of an `ErrorSite` for each 5xx.

    Raises:
        ApplicationNotLoaded: It does not start.
    """
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as log:
        child = _start(["serve", path], variables, python, log)
        reader = threading.Thread(target=_pass_on, args=[child, report], daemon=True)
        try:
            started = _message(child, path, log)
            reader.start()
            yield ServedApplication(f"http://127.0.0.1:{started['port']}", started["document"])
        finally:
            _end(child)
            if reader.ident is None:
                _close(child)
            else:
                reader.join()  # it closes the pipe at its end


def declared_document(
    app: Any, variables: Mapping[str, str], python: Path | None
) -> dict[str, Any]:
    """Return the OpenAPI document that an application declares, from a child process.

    Args:
        app: An import path, or an application that has `openapi()`.
        variables: As for `served_application`.
        python: Likewise.

    Raises:
        ApplicationNotLoaded: It cannot be imported like this, or declares no document.
    """
    if isinstance(app, str):
        document = _run(["describe", app], app, variables, python)["document"]
    else:
        document = declared_by(app)
    if document is None:
        raise ApplicationNotLoaded(
            f"{app} declares no OpenAPI document outside an environment: "
            "name a committed one as `document_path`, or a `make_document`."
        )
    found: dict[str, Any] = document
    return found


def migrate(migrations: Any, url: str, variables: Mapping[str, str], python: Path | None) -> None:
    """Bring a database up to date, as `Service.migrations` says.

    Args:
        migrations: See there.
        url: The database's, for SQLAlchemy with psycopg2.
        variables: The application's, for a child process.
        python: As for `served_application`.

    Raises:
        MigrationsFailed: They fail.
    """
    if migrations is None:
        return
    if isinstance(migrations, str | Path) and str(migrations).endswith(".ini"):
        _alembic(Path(migrations), variables, python)
    elif isinstance(migrations, str):
        plain = url.replace("postgresql+psycopg2:", "postgresql:", 1)
        try:
            _run(["create-tables", migrations, plain], migrations, variables, python)
        except ApplicationNotLoaded as error:
            raise MigrationsFailed(str(error)) from None
    elif hasattr(migrations, "create_all"):
        from sqlalchemy import create_engine

        engine = create_engine(url)
        migrations.create_all(engine)
        engine.dispose()
    else:
        migrations(url)


def _alembic(ini: Path, variables: Mapping[str, str], python: Path | None) -> None:
    words = ["alembic", "-c", ini.name, "upgrade", "head"]
    # Absolute, since the file's folder is where it starts; a link stays one, as environments are.
    command = [str(Path(python or sys.executable).absolute()), str(LAUNCHER), *words]
    done = subprocess.run(  # noqa: S603  # the project's own interpreter and file
        command,
        cwd=ini.resolve().parent,
        env=_surroundings(variables),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        reason = reason_of(done.stderr)
        missing = NO_EXTENSION.search(reason)
        advice = ANOTHER_SERVER if missing else "check the variables of the service"
        raise MigrationsFailed(
            f"`alembic -c {ini} upgrade head` ended with exit code {done.returncode} "
            f"({reason}): {advice}."
        )


def _surroundings(variables: Mapping[str, str]) -> dict[str, str]:
    """Return the environment variables of a child process."""
    return {**os.environ, **beginning_here(dict(variables))}


def _run(
    arguments: list[str], path: str, variables: Mapping[str, str], python: Path | None
) -> dict[str, Any]:
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as log:
        child = _start(arguments, variables, python, log)
        try:
            return _message(child, path, log)
        finally:
            _end(child)
            _close(child)


def _start(
    arguments: list[str], variables: Mapping[str, str], python: Path | None, log: Any
) -> "subprocess.Popen[str]":
    interpreter = str(python or sys.executable)
    try:
        return subprocess.Popen(  # noqa: S603  # the project's own interpreter, and our file
            [interpreter, str(LAUNCHER), *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            env=_surroundings(variables),
        )
    except OSError as error:
        raise ApplicationNotLoaded(
            f"The interpreter {interpreter} cannot be started ({error.strerror}): "
            "name another as `python` in the service file."
        ) from None


def _message(child: "subprocess.Popen[str]", path: str, log: Any) -> dict[str, Any]:
    """Wait for the child's first word."""
    assert child.stdout is not None  # noqa: S101  # a pipe
    line = child.stdout.readline()
    message: dict[str, Any] = json.loads(line) if line else {"failed": _last_line(log), "at": ""}
    if "failed" in message:
        where = f" at {message['at']}" if message["at"] else ""
        reason = " ".join(str(message["failed"]).split())
        raise ApplicationNotLoaded(
            f"{path} cannot be loaded{where} ({reason}). "
            "Check the import path, `variables` and `python` of the service file."
        )
    return message


def _last_line(log: Any) -> str:
    log.seek(0)
    return reason_of(log.read())


def reason_of(output: str) -> str:
    """Return the line that says most of why a process ended: the last exception's, or the last."""
    lines = [line.rstrip() for line in output.splitlines() if line.strip()]
    # SQLAlchemy ends its messages with lines of its own.
    raised = [line for line in lines if _EXCEPTION.match(line)]
    return (raised or lines or ["the process ended without a word"])[-1].strip()


def _pass_on(child: "subprocess.Popen[str]", report: Report) -> None:
    assert child.stdout is not None  # noqa: S101  # a pipe
    with child.stdout:
        for line in child.stdout:
            message = json.loads(line)
            if "error" in message:
                report(message["error"])


def _close(child: "subprocess.Popen[str]") -> None:
    if child.stdout is not None:
        child.stdout.close()


def _end(child: "subprocess.Popen[str]") -> None:
    assert child.stdin is not None  # noqa: S101  # a pipe
    with contextlib.suppress(OSError):
        child.stdin.close()
    try:
        child.wait(timeout=5)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
