"""`apiproof run`: the main job, every gate in one run."""

from typing import Annotated

import typer

from apiproof.commands.serve import ServiceOption


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})(run)


def run(
    context: typer.Context,
    service: ServiceOption = None,
    port: Annotated[int, typer.Option(help="The API's port; 0 for a free one.")] = 0,
) -> None:
    """Fuzz the running API, probe access, verify every pact, check the document.

    Further arguments go to `schemathesis run`. Exits with 1 on any finding.
    """
    from apiproof import pipeline
    from apiproof.live import live_environment
    from apiproof.reporting.terminal import console
    from apiproof.service import configured_service, load_service

    name = service or configured_service()
    chosen = load_service(name)
    with live_environment(chosen, port=port, service_name=name) as (env, ready):
        ready_file = pipeline.REPORTS / "ready.json"
        ready.write(ready_file)
        stage = pipeline.PipelineContext(chosen, env, ready, ready_file, tuple(context.args))
        try:
            results = list(pipeline.run_all(stage))
        finally:
            ready_file.unlink()
    console.print(pipeline.table(results))
    findings = [(result.name, line) for result in results for line in result.verdict.findings]
    for step, line in findings:
        console.print(f"[red]{step}[/]: {line}")
    raise typer.Exit(1 if findings else 0)
