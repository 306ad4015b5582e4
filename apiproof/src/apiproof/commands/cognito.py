"""`apiproof cognito`: the Cognito emulator alone, for any AWS SDK."""

from pathlib import Path
from typing import Annotated

import typer

PoolFile = Annotated[
    Path | None,
    typer.Option("--pool", help="Settings of the pool: JSON in the shape of CreateUserPool."),
]
ClientFile = Annotated[
    Path | None,
    typer.Option("--client", help="Settings of the app client, as of CreateUserPoolClient."),
]
UsersFile = Annotated[
    Path | None,
    typer.Option("--users", help="Users to begin with: a JSON list, each as of AdminCreateUser."),
]
StateFile = Annotated[
    Path | None,
    typer.Option("--state", help="Keep everything in this file, from one run to the next."),
]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(cognito)


def cognito(  # noqa: PLR0913 - options
    *,
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Where to listen; 0 for any free port.")
    ] = 0,
    host: Annotated[
        str, typer.Option(help="The address to listen at; 0.0.0.0 for all.")
    ] = "127.0.0.1",
    region: Annotated[str, typer.Option(help="The AWS region.")] = "us-east-1",
    user_pool_id: Annotated[
        str, typer.Option(help="The pool's id, e.g. us-east-1_Local1234; invented if left out.")
    ] = "",
    client_id: Annotated[str, typer.Option(help="The app client's id, likewise.")] = "",
    secret: Annotated[bool, typer.Option(help="Whether the app client has a secret.")] = True,
    auth_flow: Annotated[
        list[str] | None,
        typer.Option(help="An ExplicitAuthFlow, e.g. ALLOW_USER_SRP_AUTH; may be repeated."),
    ] = None,
    issuer: Annotated[
        str | None,
        typer.Option(
            help="What `iss` of tokens begins with; `endpoint`: where this emulator is served."
        ),
    ] = None,
    pool: PoolFile = None,
    client: ClientFile = None,
    users: UsersFile = None,
    state: StateFile = None,
    ready_file: Annotated[
        Path | None, typer.Option(help="Where to write endpoint, pool and client as JSON.")
    ] = None,
    trigger: Annotated[
        list[str] | None,
        typer.Option(help="A Lambda trigger, as NAME=module:function; may be repeated."),
    ] = None,
) -> None:
    """Run a faithful Cognito user pool, without a service, until Ctrl+C."""
    from apiproof.cognito.serving import serve
    from apiproof.cognito.settings import PoolSettings
    from apiproof.cognito.settings_files import check_settings, read_parameters, read_users
    from apiproof.cognito.triggers import load_handlers

    handlers = load_handlers(trigger or ())
    defaults = PoolSettings()
    settings = PoolSettings(
        region=region,
        user_pool_id=user_pool_id,
        client_id=client_id,
        client_secret=secret,
        auth_flows=tuple(auth_flow or defaults.auth_flows),
        issuer=issuer,
        pool=read_parameters(pool, "CreateUserPool") if pool else {},
        client=read_parameters(client, "CreateUserPoolClient") if client else {},
    )
    check_settings(settings)
    serve(
        settings,
        port=port,
        host=host,
        users=read_users(users) if users else (),
        state=state,
        ready_file=ready_file,
        triggers=handlers,
        tell=typer.echo,
    )
