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
) -> None:
    """Run a faithful Cognito user pool, without a service, until Ctrl+C."""
    from apiproof.cognito.serving import serve

    serve(port=port, ready_file=ready_file, tell=typer.echo)
