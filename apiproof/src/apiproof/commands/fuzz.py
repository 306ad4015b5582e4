"""`apiproof fuzz`: start the service, drive the Schemathesis command line at it, stop it."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from apiproof.commands.serve import ServiceOption

if TYPE_CHECKING:
    from apiproof.fuzzing.shard_result import ShardResult

WorkersOption = Annotated[
    str, typer.Option(help="Processes that share the run out, each with all it needs; or auto.")
]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})(fuzz)


def fuzz(  # noqa: PLR0913 - these are the command line's options
    context: typer.Context,
    service: ServiceOption = None,
    port: Annotated[int, typer.Option(help="The API's port; 0 for a free one.")] = 0,
    *,
    workers: Annotated[
        str | None,
        typer.Option(
            help="Processes that share the run out, or auto: with the API in each, no server."
        ),
    ] = None,
    shard: Annotated[
        str | None, typer.Option(help="Only this part of the run: 2/4, or stateful.")
    ] = None,
    result: Annotated[
        Path | None, typer.Option(help="Where to write what shards found.", hidden=True)
    ] = None,
    cluster: Annotated[
        str | None,
        typer.Option(help="A Dask scheduler's address that does it with many seeds, or local:4."),
    ] = None,
    seeds: Annotated[
        int | None, typer.Option(min=1, help="How many seeds the cluster tries.")
    ] = None,
    minutes: Annotated[
        float | None, typer.Option(min=0, help="After which the cluster begins nothing more.")
    ] = None,
    served: Annotated[
        bool, typer.Option("--served", help="A shard over HTTP, not in-process.")
    ] = False,
) -> None:
    """Fuzz the running API; further arguments go to `schemathesis run`."""
    from apiproof.errors import UserError

    if cluster is None and (seeds is not None or minutes is not None):
        raise UserError("--seeds and --minutes are a cluster's: add --cluster local, say.")
    count = worker_count(workers) if workers is not None else 0

    from apiproof.reporting.terminal import console, print_line

    print_line(console, "Starting ...")  # what is imported and started now takes seconds

    from apiproof.fuzzing.campaign import Campaign
    from apiproof.fuzzing.cli_run import REPORTS, run_schemathesis
    from apiproof.fuzzing.shard_result import write_result
    from apiproof.fuzzing.shard_runs import fuzz_in_shards, run_served_shard, run_shard
    from apiproof.fuzzing.shards import Shard
    from apiproof.live import live_environment
    from apiproof.service import configured_service, load_service

    name = service or configured_service()
    if cluster is not None:
        campaign = Campaign(name, tuple(context.args), seeds, minutes)
        raise typer.Exit(_report(name, lambda: campaign.run(cluster, REPORTS / "campaign.jsonl")))
    if shard is not None:
        folder = result.parent if result else REPORTS
        part, chosen = Shard.parse(shard), load_service(name)
        if served:
            found = run_served_shard(chosen, name, part, context.args, folder)
        else:
            found = run_shard(chosen, part, context.args, folder)
        if result:
            write_result(found, result)
        raise typer.Exit(found.exit_code)
    if count:
        raise typer.Exit(_report(name, lambda: fuzz_in_shards(name, context.args, count), result))
    with live_environment(load_service(name), port=port, service_name=name) as (_, ready):
        path = REPORTS / "ready.json"
        ready.write(path)
        try:
            outcome = run_schemathesis(ready.openapi_url, path, context.args)
        finally:
            path.unlink()
    typer.echo(f"Reports: {outcome.junit}, {outcome.har}")
    raise typer.Exit(outcome.exit_code)


def worker_count(text: str) -> int:
    """Read `--workers`: a number, or `auto` for the processors that there are.

    Raises:
        UserError: it is neither.
    """
    from apiproof.errors import UserError
    from apiproof.fork_pool import available_cores

    if text == "auto":
        return available_cores()
    if text.isascii() and text.isdigit() and int(text) > 0:
        return int(text)
    raise UserError(f"--workers {text}: say a number from 1 on, or auto.")


def _report(service: str, fuzz: "Callable[[], ShardResult]", result: Path | None = None) -> int:
    """Fuzz, and print what was found or write it to a file; returns the exit code."""
    from datetime import UTC, datetime

    from apiproof.fuzzing import step as fuzzing_step
    from apiproof.fuzzing.shard_result import write_result
    from apiproof.reporting import build_report
    from apiproof.reporting.store import write_report
    from apiproof.reporting.summary import print_report
    from apiproof.reporting.terminal import console

    started = datetime.now(UTC)
    found = fuzz()
    if result:
        write_result(found, result)
        return found.exit_code
    step = fuzzing_step.as_step(found.events, found.exit_code, found.seconds)
    report = build_report(service, started, [step])
    print_report(report, write_report(report), console)
    return report.exit_code
