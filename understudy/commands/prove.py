"""`understudy prove`: the main job."""

from typing import Annotated

import typer

from understudy.commands.serve import SubjectOption


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})(prove)


def prove(
    context: typer.Context,
    subject: SubjectOption = None,
    port: Annotated[int, typer.Option(help="The API's port; 0 for a free one.")] = 0,
) -> None:
    """Fuzz the running API, probe access, verify every pact, check the document.

    Further arguments go to `schemathesis run`. Exits with 1 on any finding.
    """
    from understudy import proof
    from understudy.serving import served
    from understudy.subject import configured_subject, load_subject
    from understudy.terminal import console

    name = subject or configured_subject()
    chosen = load_subject(name)
    with served(chosen, port=port, subject_name=name) as (world, ready):
        ready_file = proof.REPORTS / "ready.json"
        ready.write(ready_file)
        stage = proof.Stage(chosen, world, ready, ready_file, tuple(context.args))
        try:
            results = list(proof.prove(stage))
        finally:
            ready_file.unlink()
    console.print(proof.table(results))
    findings = [(result.name, line) for result in results for line in result.verdict.findings]
    for step, line in findings:
        console.print(f"[red]{step}[/]: {line}")
    raise typer.Exit(1 if findings else 0)
