"""The command line: `understudy serve | token | verify | states | compare | diff ...`."""

import typer

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False)


def main() -> None:
    """Run the command line."""
    app()
