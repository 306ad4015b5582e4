"""The command line; each command's work is done elsewhere, here is only its face.

Exit codes: 0 all is well, 1 a finding, 2 the question could not be answered (wrong input, nothing
reached, interrupted). Errors that a user can put right are one line, without a traceback.
"""

import errno
import os
import sys
import traceback
from importlib import metadata
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from apiproof.commands import (
    access,
    cognito,
    coverage,
    faults,
    fuzz,
    init,
    openapi,
    pact,
    replay,
    run,
    serve,
)
from apiproof.early_interrupt import INTERRUPTED, UNDECIDED
from apiproof.errors import UserError
from apiproof.process_variables import changed, unproxied_loopback
from apiproof.redaction import redact
from apiproof.reporting.exchange import printable
from apiproof.signals import interruptible

app = typer.Typer(
    name="apiproof",
    help="Contract and property tests of a FastAPI + Cognito service, offline.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
UNWRITABLE = (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC, errno.EDQUOT)
_INTERRUPTED = 130  # what typer makes of KeyboardInterrupt
# The root of typer's errors: typer's own since it brings click along, click's before.
USAGE_ERROR: Any = typer.BadParameter.__mro__[-4]

for _module in (run, init, replay, serve, fuzz, access, coverage, cognito, pact, openapi, faults):
    _module.register(app)


def _version(*, wanted: bool) -> None:
    if wanted:
        typer.echo(f"apiproof {metadata.version('apiproof')}")
        raise typer.Exit


@app.callback()
def _options(
    *,
    version: Annotated[  # its callback answers
        bool,
        typer.Option(
            "--version",
            callback=lambda wanted: _version(wanted=wanted),
            is_eager=True,
            help="Print the version.",
        ),
    ] = False,
) -> None:
    pass


def main(arguments: list[str] | None = None) -> None:
    """Run the command line; the console script and `python -m apiproof` both end here."""
    try:
        with interruptible(), changed(unproxied_loopback()):
            # Without its standalone mode, typer returns what `typer.Exit` carried.
            code = app(args=arguments, standalone_mode=False) or 0
    except USAGE_ERROR as error:
        _refuse(f"{error.format_message()} Try `apiproof --help`.")
    except UserError as error:
        _refuse(str(error))
    # What older typer makes of KeyboardInterrupt, and one that comes before or after its part.
    except (typer.Abort, KeyboardInterrupt):
        code = _INTERRUPTED
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] in {"apiproof", ""}:
            raise
        _refuse(f'{error.name} is not installed: pip install "apiproof[all]" has what this needs.')
    except Exception as error:
        # A crash is never a finding: its exit code is not 1.
        if os.environ.get("APIPROOF_TRACEBACK") and not _is_unwritable(error):
            raise
        _refuse(_reason(error))
    if code == _INTERRUPTED:
        _refuse(INTERRUPTED)
    sys.exit(code)


def _is_unwritable(error: Exception) -> bool:
    return isinstance(error, OSError) and error.errno in UNWRITABLE


def _reason(error: Exception) -> str:
    """Return the line that is told of an exception that nobody expected."""
    if isinstance(error, OSError) and _is_unwritable(error):
        return (
            f"{error.filename or 'A file'} cannot be written ({error.strerror}): "
            "free some space there, or run in a folder that can be written."
        )
    if isinstance(error, FileExistsError):
        return f"{error.filename2 or error.filename}: is a file; name a folder."
    if isinstance(error, IsADirectoryError | NotADirectoryError):
        return f"{error.filename2 or error.filename}: {error.strerror}; name a file."
    what = f"{type(error).__name__}: {redact(' '.join(str(error).split()))[:500]}"
    if place := _place_in_project(error):
        return f"{place} raised {what}. APIPROOF_TRACEBACK=1 shows the whole traceback."
    return f"unexpected {what}. Please report it; APIPROOF_TRACEBACK=1 shows where."


def _place_in_project(error: BaseException) -> str:
    """Return the last line of the project's own code that an exception came through, if any did.

    A callback of the service file that raises is no fault of ours.
    """
    ours = Path(__file__).parent
    frames = [
        (Path(frame.f_code.co_filename), line, frame.f_code.co_name)
        for frame, line in traceback.walk_tb(error.__traceback__)
    ]
    own = [
        f"{file.relative_to(Path.cwd())}:{line} {name}"
        for file, line, name in frames
        if Path.cwd() in file.parents
        and ours not in file.parents
        and not {"site-packages", "dist-packages"} & set(file.parts)
    ]
    return own[-1] if own else ""


def _refuse(text: str) -> NoReturn:
    typer.secho(f"apiproof: {printable(text)}", fg="red", err=True)
    sys.exit(UNDECIDED)
