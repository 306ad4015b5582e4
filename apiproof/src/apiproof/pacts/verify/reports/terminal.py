"""The result on a terminal: a table for each consumer, then what was not honoured, then a line."""

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from apiproof.contract_diff.pact import Severity
from apiproof.pacts.verify.reports.wording import detail_lines
from apiproof.pacts.verify.results import (
    InteractionResult,
    Outcome,
    PactResult,
    Verification,
)

COLOURS = {
    Outcome.HONOURED: "green",
    Outcome.BROKEN: "red",
    Outcome.PENDING: "yellow",
    Outcome.UNTOLD: "magenta",
}
REPLAY = (
    "To send a curl line yourself: run `apiproof serve`, post the given states to /states at "
    "its control URL,\nand set TOKEN to the access_token of the answer."
)
_VERDICTS = ("green", "red", "magenta")


def print_verification(verification: Verification, console: Console) -> None:
    """Print everything a person needs to know."""
    for pact in verification.pacts:
        console.print(_table(pact))
    for finding in verification.findings:
        colour = "red" if finding.severity is Severity.ERROR else "yellow"
        line = f"{finding.consumer} {finding.where} {finding.rule}: {finding.message}"
        line += f" ({finding.pointer})"
        _print(console, Text(f"{finding.severity} ", style=colour) + Text(line))
    for pact in verification.pacts:
        for result in pact.interactions:
            if result.outcome is not Outcome.HONOURED:
                _print_details(pact, result, console)
        for line in pact.untold:
            _print(console, Text(line, style="magenta"))
    if verification.outcomes[Outcome.BROKEN]:
        _print(console, Text(f"\n{REPLAY}"))
    _print(console, Text(verification.summary, style=_VERDICTS[verification.exit_code]))


def _table(pact: PactResult) -> Table:
    title = f"{pact.consumer} expects of {pact.provider} ({pact.source}, V{pact.version})"
    table = Table(title=escape(title), title_justify="left")
    table.add_column("interaction", overflow="fold")
    table.add_column("request", overflow="fold")
    table.add_column("result", no_wrap=True)
    table.add_column("ms", justify="right", no_wrap=True)
    for result in pact.interactions:
        request = result.interaction.request
        table.add_row(
            escape(result.interaction.description),
            escape(f"{request.method} {request.path}"),
            f"[{COLOURS[result.outcome]}]{result.outcome}[/]",
            f"{result.seconds * 1000:.0f}",
        )
    return table


def _print_details(pact: PactResult, result: InteractionResult, console: Console) -> None:
    title = f"{pact.consumer}: {result.interaction.description}"
    place = f"{pact.source} {result.interaction.location}"
    colour = COLOURS[result.outcome]
    _print(console, Text(f"\n{result.outcome} ", style=colour) + Text(f"{title}  ({place})"))
    for line in detail_lines(result):
        _print(console, Text(f"  {line}", style=_style(line)))


def _style(line: str) -> str:
    return {"-": "green", "+": "red", "@": "bold"}.get(line[:1], "")


def _print(console: Console, text: Text) -> None:
    # Never wrapped by us: a curl line has to survive being copied.
    console.print(text, soft_wrap=True)
