"""`understudy verify | states | compare | diff | usage`: what consumers expect of the subject."""

import typer


def register(app: typer.Typer) -> None:  # noqa: ARG001  # the commands follow
    """Add the commands."""
