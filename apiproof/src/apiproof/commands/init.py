"""`apiproof init` and `apiproof doctor`: the first files of a project, and what is missing."""

from pathlib import Path
from typing import Annotated, Any

import typer

from apiproof.commands.serve import ServiceOption


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(init)
    app.command()(doctor)


def init(
    application: Annotated[
        str, typer.Argument(help="The application, as package.module:name; default: found.")
    ] = "",
    openapi: Annotated[
        Path | None, typer.Option(help="Its OpenAPI document; default: what it declares.")
    ] = None,
    python: Annotated[
        Path | None, typer.Option(help="The interpreter of its environment; default: .venv's.")
    ] = None,
) -> None:
    """Write the service file, schemathesis.toml, a test, nox and CI files of this folder.

    What is there stays as it is: a difference is shown instead.
    """
    from apiproof import init as adoption
    from apiproof.errors import UserError

    plan = adoption.plan_of(Path.cwd(), application, python)
    typer.echo(f"Application {plan.app}" + (f", served by {plan.python}" if plan.python else ""))
    document, reason = _document(plan, openapi)
    if document is not None:
        adoption.describe(plan, document)
        purposes = ", ".join(plan.found) or "nothing by name"
        typer.echo(f"Recognised in its document: {purposes}")
    else:
        if not plan.is_here:
            raise UserError(reason)
        typer.echo(f"Without its document: {reason}")
    for written in adoption.write(Path.cwd(), plan):
        typer.echo(f"{written.outcome:9}  {written.path}")
        if written.diff:
            typer.echo(written.diff)
    if document is None:
        typer.echo(
            f"Next: mend that, remove {adoption.SERVICE_FILE}, and run `apiproof init` again: "
            "with the document it writes more into it."
        )
        return
    typer.echo("Next: `apiproof doctor`, then `apiproof run`.")


def _document(plan: Any, openapi: Path | None) -> tuple[dict[str, Any] | None, str]:
    """Return the service's document, or why there is none: the file, or what it declares.

    A plan learns from a running application which tokens it asks for, declared or not.
    """
    from apiproof import init as adoption
    from apiproof.environment import Environment
    from apiproof.errors import UserError
    from apiproof.openapi.document import load_document
    from apiproof.service import Service

    if openapi is not None:
        return load_document(openapi), ""
    facts = plan.facts
    variables = {name: facts.template(name) for name in facts.variables}
    variables |= facts.invented() | facts.examples | facts.buckets
    variables["PYTHONPATH"] = plan.import_root
    service = Service(
        plan.app,
        python=plan.python,
        variables={name: template for name, template in variables.items() if template},
        database=facts.has_database,
        migrations=plan.migrations or None,
        region=plan.region,
        user_pool_id=next(iter(facts.pool_ids), ""),
        client_id=next(iter(facts.client_ids), ""),
        prepare_aws=lambda _: adoption.make_buckets(facts.buckets.values()),
    )
    try:
        with Environment.open(service) as env:
            found = adoption.undeclared_security(env, facts.credentials, facts.scopes)
            plan.undeclared = found
            plan.group = adoption.needed_group(env, found, facts.groups)
            env.reset()
            plan.needed_scopes = adoption.needed_scopes(env, found, facts.scopes, plan.group)
            env.reset()
            plan.token_kinds = adoption.token_kinds(env, plan.undeclared, plan.group)
            env.reset()
            plan.first_request = adoption.first_request(env, found, plan.group, plan.token)
            return env.document, ""
    except UserError as error:
        return None, str(error)


def doctor(service: ServiceOption = None) -> None:
    """Say what is missing: exits with 1 where something is."""
    from apiproof.init.doctor import examine
    from apiproof.reporting.terminal import console, print_line

    failed = False
    for check in examine(service):
        failed = failed or check.is_failed
        mark, colour = ("missing", "red") if check.is_failed else ("ok", "green")
        print_line(console, (f"{mark:8}", colour), check.text)
    raise typer.Exit(1 if failed else 0)
