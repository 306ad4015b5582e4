"""`apiproof serve` and `apiproof token`: a running environment, and one token from it."""

import contextlib
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from apiproof.environment_file import EnvironmentFile

ServiceOption = Annotated[
    str | None, typer.Option("--service", help="The project's Service, as package.module:NAME.")
]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(serve)
    app.command()(token)


def serve(
    port: Annotated[int, typer.Option(help="The API's port; 0 for a free one.", max=65535)] = 8000,
    ready_file: Annotated[
        Path | None,
        typer.Option(help="Where to write the environment's addresses and users as JSON."),
    ] = None,
    service: ServiceOption = None,
) -> None:
    """Run the API with PostgreSQL and Cognito embedded, until Ctrl+C."""
    from apiproof.cognito.serving import word
    from apiproof.environment_file import DEFAULT_PATH
    from apiproof.live import live_environment
    from apiproof.service import configured_service, load_service

    name = service or configured_service()
    path = ready_file or DEFAULT_PATH
    _require_free(path)
    with live_environment(load_service(name), port=port, service_name=name) as (env, ready):
        with contextlib.suppress(KeyboardInterrupt):  # whoever sees the file may send it at once
            ready.write(path)
            env.cognito.outbox.listen(lambda message: typer.echo(word(message)))
            describe(ready, path)
            threading.Event().wait()
        ready.remove(path)
    typer.echo("Stopped; the database and the user pool are gone.")


def _require_free(path: Path) -> None:
    """Refuse to take the ready file of an environment that runs; a stale one is replaced."""
    from apiproof.control_client import ControlClient, ControlRefused
    from apiproof.environment_file import EnvironmentFile, ReadyFileInUse, ReadyFileMissing

    try:
        is_alive = ControlClient(EnvironmentFile.read(path)).is_alive()
    except (ReadyFileMissing, ControlRefused):
        return
    if is_alive:
        raise ReadyFileInUse(
            f"Another environment runs by {path}: stop it, or name another file with --ready-file."
        )


def describe(ready: "EnvironmentFile", path: Path) -> None:
    """Say where everything is, and how to begin."""
    first = ready.users[0]
    typer.echo(f"API       {ready.base_url}  (documentation: {ready.base_url}/docs)")
    typer.echo(f"Cognito   {ready.cognito_endpoint}  (pool {ready.user_pool_id})")
    if ready.database_url:
        typer.echo(f"Database  {ready.database_url}")
    typer.echo(f"Ready     {path}")
    for user in ready.users:
        typer.echo(f"User      {user.username}  {user.password}  {' '.join(user.scopes)}")
    typer.echo(f"\nA bearer token for {first.username}:\n{first.access_token}\n")
    typer.echo("Mails appear here as Cognito would have sent them. Stop with Ctrl+C.")


def token(
    user: Annotated[str, typer.Option(help="The username of a seeded user.")],
    scope: Annotated[
        list[str] | None, typer.Option(help="A scope, repeatable; default: what the user has.")
    ] = None,
    ready_file: Annotated[
        Path | None, typer.Option(help="The running environment's ready file.")
    ] = None,
) -> None:
    """Print one access token, from the environment that `apiproof serve` runs."""
    from apiproof.control_client import ControlClient
    from apiproof.environment_file import EnvironmentFile

    typer.echo(ControlClient(EnvironmentFile.read(ready_file)).token(user, scope))
