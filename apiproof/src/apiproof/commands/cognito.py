"""`apiproof cognito`: the Cognito emulator alone, for any AWS SDK."""

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(cognito)


def cognito(
    port: Annotated[int, typer.Option(help="Where to listen; 0 for any free port.")] = 0,
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
    from apiproof.cognito.triggers import load_handlers

    handlers = load_handlers(trigger or ())
    serve(port=port, ready_file=ready_file, triggers=handlers, tell=typer.echo)
