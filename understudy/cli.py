"""The command line; each command's work is done elsewhere, here is only its face.

Exit codes: 0 all is well, 1 a finding, 2 the question could not be answered (wrong input, nothing
reached, interrupted). Errors that a user can put right are one line, without a traceback.
"""

import sys
from typing import NoReturn

import typer

from understudy.commands import (
    access,
    cognito,
    contracts,
    evidence,
    fuzz,
    mutation,
    prove,
    sensitivity,
    serve,
)
from understudy.errors import Refusal
from understudy.interruption import interruptible

app = typer.Typer(
    name="understudy",
    help="Stands in for the world around a FastAPI + Cognito service, and puts it to the proof.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
INTERRUPTED = 130  # what typer makes of KeyboardInterrupt

for _module in (serve, cognito, fuzz, access, prove, evidence, contracts, sensitivity, mutation):
    _module.register(app)


def main(arguments: list[str] | None = None) -> None:
    """Run the command line; the console script and `python -m understudy` both end here."""
    try:
        with interruptible():
            # Without its standalone mode, typer returns what `typer.Exit` carried.
            code = app(args=arguments, standalone_mode=False) or 0
    except typer.TyperException as error:
        _refuse(f"{error.format_message()} Try `understudy --help`.")
    except Refusal as error:
        _refuse(str(error))
    if code == INTERRUPTED:
        _refuse("Interrupted: nothing was decided. Run the same command again.")
    sys.exit(code)


def _refuse(text: str) -> NoReturn:
    typer.secho(f"understudy: {text}", fg="red", err=True)
    sys.exit(2)
