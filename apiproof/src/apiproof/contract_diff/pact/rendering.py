"""Findings for people (a table) and for machines (JSON)."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from apiproof.contract_diff.pact.findings import Finding, Severity
from apiproof.pacts.reading import PactFile

_COLOURS: Final = {Severity.ERROR: "red", Severity.WARNING: "yellow"}


@dataclass(frozen=True)
class Outcome:
    """What a run compared, found, and could not tell."""

    pacts: Sequence[PactFile] = ()
    findings: Sequence[Finding] = ()
    untold: Sequence[str] = field(default_factory=tuple)

    @property
    def compared(self) -> int:
        """How many interactions were compared."""
        return sum(len(pact.interactions) for pact in self.pacts)

    @property
    def out_of_scope(self) -> list[str]:
        """The interactions that aren't HTTP, one line each."""
        return [
            f"{pact.source}: {message.location} ({message.kind}) {message.description!r}"
            " is out of scope: an OpenAPI document describes HTTP only"
            for pact in self.pacts
            for message in pact.messages
        ]

    @property
    def exit_code(self) -> int:
        """0 honoured, 1 broken, 2 could not tell."""
        if any(finding.severity is Severity.ERROR for finding in self.findings):
            return 1
        return 2 if self.untold or not self.compared else 0

    @property
    def summary(self) -> str:
        """One line with the verdict and its evidence."""
        errors = sum(finding.severity is Severity.ERROR for finding in self.findings)
        verdict = ("honoured", "broken", "could not tell")[self.exit_code]
        return (
            f"{verdict}: {self.compared} interactions of {len(self.pacts)} pacts compared, "
            f"{errors} errors, {len(self.findings) - errors} warnings"
        )


def render_json(outcome: Outcome) -> str:
    """The outcome as JSON, stable for diffing."""
    document = {
        "verdict": outcome.summary.split(":")[0],
        "interactions": outcome.compared,
        "pacts": [
            {"file": pact.source, "consumer": pact.consumer, "provider": pact.provider}
            for pact in outcome.pacts
        ],
        "findings": [finding.as_dict() for finding in outcome.findings],
        "outOfScope": outcome.out_of_scope,
        "couldNotTell": list(outcome.untold),
    }
    return json.dumps(document, indent=2, ensure_ascii=False)


def render_table(outcome: Outcome, console: Console) -> None:
    """Print the outcome: a table per consumer, then what was out of scope, then the verdict."""
    for consumer in dict.fromkeys(finding.consumer for finding in outcome.findings):
        own = [finding for finding in outcome.findings if finding.consumer == consumer]
        console.print(_table(consumer, own))
    for line in (*outcome.out_of_scope, *outcome.untold):
        console.print(line, style="yellow", markup=False, highlight=False)
    console.print(outcome.summary, style="bold", markup=False, highlight=False)


def _table(consumer: str, findings: Iterable[Finding]) -> Table:
    table = Table(title=escape(consumer), show_lines=True, title_justify="left")
    table.add_column("interaction, rule", overflow="fold", max_width=36)
    table.add_column("finding", overflow="fold")
    for finding in findings:
        colour = _COLOURS[finding.severity]
        table.add_row(
            f"{escape(finding.interaction)}\n[{colour}]{finding.severity}[/]\n{finding.rule}",
            escape(f"{finding.message}\npact: {finding.where}\ndocument: {finding.pointer}"),
        )
    return table
