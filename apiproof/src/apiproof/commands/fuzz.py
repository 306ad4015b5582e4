"""`apiproof fuzz`: start the service, drive the Schemathesis command line at it, stop it."""

from typing import Annotated

import typer

from apiproof.commands.serve import ServiceOption


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})(fuzz)


def fuzz(
    context: typer.Context,
    service: ServiceOption = None,
    port: Annotated[int, typer.Option(help="The API's port; 0 for a free one.")] = 0,
) -> None:
    """Fuzz the running API; further arguments go to `schemathesis run`."""
    from apiproof.fuzzing.cli_run import REPORTS, run_schemathesis
    from apiproof.live import live_environment
    from apiproof.service import configured_service, load_service

    name = service or configured_service()
    with live_environment(load_service(name), port=port, service_name=name) as (_, ready):
        path = REPORTS / "ready.json"
        ready.write(path)
        try:
            outcome = run_schemathesis(ready.openapi_url, path, context.args)
        finally:
            path.unlink()
    typer.echo(f"Reports: {outcome.junit}, {outcome.har}")
    raise typer.Exit(outcome.exit_code)
