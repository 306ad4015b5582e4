"""`understudy fuzz`: start the subject, drive the Schemathesis command line at it, stop it."""

from typing import Annotated

import typer

from understudy.commands.serve import SubjectOption


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})(fuzz)


def fuzz(
    context: typer.Context,
    subject: SubjectOption = None,
    port: Annotated[int, typer.Option(help="The API's port; 0 for a free one.")] = 0,
) -> None:
    """Fuzz the running API; further arguments go to `schemathesis run`."""
    from understudy.fuzzing.campaign import REPORTS, run_campaign
    from understudy.serving import served
    from understudy.subject import configured_subject, load_subject

    name = subject or configured_subject()
    with served(load_subject(name), port=port, subject_name=name) as (_, ready):
        path = REPORTS / "ready.json"
        ready.write(path)
        try:
            outcome = run_campaign(ready.openapi_url, path, context.args)
        finally:
            path.unlink()
    typer.echo(f"Reports: {outcome.junit}, {outcome.har}")
    raise typer.Exit(outcome.exit_code)
