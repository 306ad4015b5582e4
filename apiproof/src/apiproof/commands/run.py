"""`apiproof run`: the main job, every gate in one run and one report."""

from datetime import UTC, datetime
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

    Further arguments go to `schemathesis run`. Writes reports/index.html and the same as JSON,
    JUnit XML and SARIF. Exit codes: 0 passed, 1 failed, 2 error.
    """
    from apiproof.reporting.terminal import console, print_line

    print_line(console, "Starting the environment ...")

    from apiproof import pipeline
    from apiproof.live import live_environment
    from apiproof.reporting import build_report
    from apiproof.reporting.store import REPORTS, saved_steps, write_report
    from apiproof.reporting.summary import print_report
    from apiproof.service import configured_service, load_service

    started = datetime.now(UTC)
    name = service or configured_service()
    chosen = load_service(name)
    with live_environment(chosen, port=port, service_name=name) as (env, ready):
        ready_file = REPORTS / "ready.json"
        ready.write(ready_file)
        gates = pipeline.PipelineContext(chosen, env, ready, ready_file, tuple(context.args))
        try:
            results = list(pipeline.run_all(gates))
            # Once for what the steps wrote, and once more for the report of all that.
            earlier = saved_steps(besides=[result.name for result in results])
            write_report(build_report(chosen.name, started, results, earlier))
            results.append(pipeline.run_step("reports", pipeline.scan_reports, gates))
        finally:
            ready_file.unlink(missing_ok=True)
    report = build_report(chosen.name, started, results, earlier)
    page = write_report(report)
    print_report(report, page, console)
    raise typer.Exit(report.exit_code)
