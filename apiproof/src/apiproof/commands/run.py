"""`apiproof run`: the main job, every gate in one run and one report."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from apiproof.commands.fuzz import WorkersOption, worker_count
from apiproof.commands.serve import ServiceOption

if TYPE_CHECKING:
    from apiproof.reporting import StepResult


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})(run)


def run(  # noqa: PLR0913 - these are the command line's options
    context: typer.Context,
    service: ServiceOption = None,
    port: Annotated[int, typer.Option(help="The API's port; 0 for a free one.")] = 0,
    *,
    workers: WorkersOption = "auto",
    only: Annotated[
        list[str] | None, typer.Option(help="Run this step alone, repeatable: fuzzing, access, ...")
    ] = None,
    skip: Annotated[list[str] | None, typer.Option(help="Leave this step out, repeatable.")] = None,
    baseline: Annotated[
        Path | None, typer.Option(help="Ids of known findings, which fail nothing.")
    ] = None,
    write_baseline: Annotated[
        Path | None,
        typer.Option(
            help="Write what was found as known; 0, or 2 on an error. Lines of what was not "
            "looked at stay."
        ),
    ] = None,
) -> None:
    """Fuzz the running API, probe access, verify every pact, check the document.

    Further arguments go to `schemathesis run`. Writes reports/index.html and the same as JSON,
    JUnit XML and SARIF. Exit codes: 0 passed, 1 failed, 2 error.
    """
    started, results = datetime.now(UTC), list["StepResult"]()
    how = {"only": only or (), "skip": skip or (), "workers": workers, "port": port}
    try:
        _run(context.args, started, results, baseline, write_baseline, service=service, **how)
    except KeyboardInterrupt:
        _report_interrupted(started, results)


def _run(  # noqa: PLR0913 - what the command line says
    arguments: list[str],
    started: datetime,
    results: list["StepResult"],
    baseline: Path | None,
    write_baseline: Path | None,
    *,
    service: str | None,
    **how: Any,
) -> NoReturn:
    """Run everything; results are added to those given as soon as they are there.

    Raises:
        typer.Exit: It has ended.
    """
    from apiproof.reporting.terminal import console, print_line

    count = worker_count(how["workers"])
    print_line(console, "Starting the environment ...")

    from apiproof import pipeline
    from apiproof.access import MEMBERS_ONLY, members_before
    from apiproof.declared_security import SECURITY_KEPT, as_lines, declared_security, from_lines
    from apiproof.kept_refusals import REFUSAL_KEPT, refused_before, refused_lines
    from apiproof.live import live_environment
    from apiproof.reporting import baseline as baselines
    from apiproof.reporting import build_report
    from apiproof.reporting.store import REPORTS, saved_steps, write_report
    from apiproof.reporting.summary import print_report
    from apiproof.service import configured_service, load_service
    from apiproof.whole_steps import is_answered, lines_to_keep, whole_steps

    names = pipeline.chosen_steps(how["only"], how["skip"])
    known = baselines.read_baseline(baseline)
    before = known | baselines.written_before(write_baseline)
    name = service or configured_service()
    chosen = load_service(name)
    with live_environment(chosen, port=how["port"], service_name=name) as (env, ready):
        ready_file = REPORTS / "ready.json"
        ready.write(ready_file)
        if missing := env.missing_scopes():
            print_line(
                console,
                f"No user's token has {', '.join(missing)}, which the document asks for: name the "
                "Pre Token Generation handler as `trigger` in the service file.",
            )
        asked = declared_security(env.declared)
        gates = pipeline.PipelineContext(
            chosen,
            env,
            ready,
            ready_file,
            tuple(arguments),
            workers=count,
            secured=from_lines(known),
            refused=refused_before(known),
            members=members_before(known),
        )
        try:
            results.extend(pipeline.run_all(gates, names, known))  # each as soon as it is there
            # Once for what the steps wrote, and once more for the report of all that.
            earlier = saved_steps(besides=[result.name for result in results])
            ran = {result.name for result in results}
            left_out = [step for step in pipeline.STEPS if step not in ran]
            write_report(build_report(chosen.name, started, results, earlier))
            results.append(pipeline.run_step("reports", pipeline.scan_reports, gates, known))
            whole = whole_steps(results, arguments)
            kept = lines_to_keep(before, whole, env.document, env.coverage_log)
            further = [*gates.remembered, *refused_lines(env.document, env.coverage_log), *kept]
        finally:
            ready_file.unlink(missing_ok=True)
    report = build_report(chosen.name, started, results, earlier, left_out)
    page = write_report(report)
    print_report(report, page, console)
    for gone in baselines.no_longer_found(known, results, lambda line: is_answered(line, whole)):
        print_line(console, f"no longer found, take it off the baseline: {gone}")
    if write_baseline is not None:
        # What an operation asked for before stands, where nobody looked whether it still does.
        count = baselines.write_baseline(
            report,
            write_baseline,
            {*further, *as_lines({**asked, **from_lines(further)})},
            accepted=(SECURITY_KEPT, REFUSAL_KEPT, MEMBERS_ONLY),
        )
        print_line(console, f"Wrote {write_baseline}: {count} known findings.")
    code = pipeline.exit_code(report)
    raise typer.Exit(code if write_baseline is None or code == 2 else 0)


def _report_interrupted(started: datetime, results: list["StepResult"]) -> NoReturn:
    """Write and print a report of what was found until then.

    Raises:
        typer.Exit: Always, with 2.
    """
    from apiproof.access.report import INTERRUPTED
    from apiproof.reporting import build_report, step_result
    from apiproof.reporting.store import write_report
    from apiproof.reporting.summary import print_report
    from apiproof.reporting.terminal import console

    interrupted = step_result("environment", {}, error=INTERRUPTED)
    report = build_report(Path.cwd().name, started, [*results, interrupted])
    print_report(report, write_report(report), console)
    raise typer.Exit(2)
