"""What a child process runs: one application under uvicorn, or a look at it.

The child has the project's own interpreter (3.10 or newer) and libraries. It reports on its
standard output, in lines of JSON, and ends when its standard input closes.

    launcher.py serve IMPORT_PATH
    launcher.py describe IMPORT_PATH
    launcher.py create-tables IMPORT_PATH DATABASE_URL
    launcher.py alembic -c INI upgrade head
"""

import asyncio
import importlib
import importlib.util
import inspect
import json
import os
import runpy
import socket
import sys
import threading
from pathlib import Path
from typing import Any

import mounted_documents  # type: ignore[import-not-found]  # beside this file, on the child's path
import server_errors  # type: ignore[import-not-found]  # likewise

ASGI_ARGUMENTS = 3
DRIVERS = ("psycopg2", "psycopg", "pg8000", "asyncpg")


def main() -> None:
    """Do what the arguments say; failures are reported as one line of JSON."""
    sys.path[0] = os.getcwd()  # noqa: PTH109  # as `python -m` has it
    task, path, *rest = sys.argv[1:]
    take_the_driver_that_is_there()
    if task == "alembic":
        sys.argv[:] = ["alembic", path, *rest]
        runpy.run_module("alembic", run_name="__main__", alter_sys=True)
        return
    report = _reporter()
    try:
        if task == "create-tables":
            create_tables(imported(path), *rest)
            report({"done": True})
            return
        app = application_of(imported(path))
        described = {"document": mounted_documents.declared_by(app)}
        if task == "describe":
            report(described)
            return
    except BaseException as error:  # noqa: BLE001  # whatever the project's own modules raise
        root = Path.cwd()
        report(
            {
                "failed": f"{type(error).__name__}: {error}",
                "at": server_errors.place_of(error, root)[0],
            }
        )
        sys.exit(1)
    serve(app, described, report)


def take_the_driver_that_is_there() -> None:
    """Let `postgresql://` mean psycopg2 where psycopg 3 is not installed.

    SQLAlchemy 2.1 takes it for psycopg 3, 2.0 for psycopg2: a project that names no driver and no
    version of SQLAlchemy starts with either.
    """
    installed = {name for name in ("sqlalchemy", *DRIVERS) if importlib.util.find_spec(name)}
    if {"sqlalchemy", "psycopg2"} <= installed and "psycopg" not in installed:
        from sqlalchemy.dialects import registry

        registry.register(
            "postgresql", "sqlalchemy.dialects.postgresql.psycopg2", "PGDialect_psycopg2"
        )


def _reporter() -> Any:
    """Return what writes a line; the application's own prints go to the standard error."""
    pipe = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    lock = threading.Lock()

    def report(values: dict[str, Any]) -> None:
        with lock:
            pipe.write(json.dumps(values) + "\n")
            pipe.flush()

    return report


def imported(path: str) -> Any:
    """Import `module:attribute`; the attribute may have dots."""
    module, _, attribute = path.partition(":")
    found: Any = importlib.import_module(module)
    for name in (attribute or "app").split("."):
        found = getattr(found, name)
    return found


def application_of(found: Any) -> Any:
    """Return an ASGI application: what was found, or what it makes when called."""
    parameters = [
        parameter
        for parameter in inspect.signature(found).parameters.values()
        if parameter.default is parameter.empty
        and parameter.kind in {parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD}
    ]
    return found if len(parameters) == ASGI_ARGUMENTS else found()


def create_tables(found: Any, url: str) -> None:
    """Create the tables of a `MetaData`, or of a class or module that has one.

    Args:
        found: As it was imported.
        url: A plain `postgresql://` URL; the driver is the first that is installed here.
    """
    import sqlalchemy

    metadata = found if isinstance(found, sqlalchemy.MetaData) else found.metadata
    driver = next(name for name in DRIVERS if importlib.util.find_spec(name) is not None)
    target = sqlalchemy.engine.make_url(url).set(drivername=f"postgresql+{driver}")
    if driver != "asyncpg":
        metadata.create_all(sqlalchemy.create_engine(target))
        return
    from sqlalchemy.ext.asyncio import create_async_engine

    async def create() -> None:
        engine = create_async_engine(target)
        async with engine.begin() as connection:
            await connection.run_sync(metadata.create_all)
        await engine.dispose()

    asyncio.run(create())


def serve(app: Any, described: dict[str, Any], report: Any) -> None:
    """Serve an application on a free port until the standard input closes."""
    try:
        import uvicorn
    except ImportError:
        report({"failed": "uvicorn is not installed in this interpreter", "at": ""})
        sys.exit(1)

    class Server(uvicorn.Server):
        async def startup(self, sockets: Any = None) -> None:
            await super().startup(sockets)
            if self.started:
                report({**described, "port": listener.getsockname()[1]})

    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    root = Path.cwd()
    recorded = server_errors.recording_errors(app, lambda site: report({"error": site}), root)
    server = Server(
        uvicorn.Config(
            recorded, loop="asyncio", log_config=None, log_level="error", access_log=False
        )
    )

    def wait_for_the_end() -> None:
        sys.stdin.read()
        server.should_exit = server.force_exit = True

    threading.Thread(target=wait_for_the_end, daemon=True).start()
    with server_errors.noticing_server_errors(root):
        server.run(sockets=[listener])
    if not server.started:
        report({"failed": "its startup failed; its log says why", "at": ""})


if __name__ == "__main__":
    main()
