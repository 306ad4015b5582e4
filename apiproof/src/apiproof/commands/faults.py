"""`apiproof faults run | mutate`: which checks notice which faults."""

import typer

from apiproof.commands.faults_mutate import mutate
from apiproof.commands.faults_run import run


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(help="Inject faults or mutants into the service; see which checks notice.")
    group.command()(run)
    group.command()(mutate)
    app.add_typer(group, name="faults", no_args_is_help=True)
