"""`apiproof pact compare`: files in, a report out, an exit code. It needs no app and no network."""

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from apiproof.contract_diff.pact.comparison import Comparison
from apiproof.contract_diff.pact.findings import Finding, Severity
from apiproof.openapi.document import DocumentError, load_document
from apiproof.pacts.reading import PactError, PactFile, load_pact

_COLOURS: Final = {Severity.ERROR: "red", Severity.WARNING: "yellow"}


@dataclass(frozen=True)
class Outcome:
    """What a run compared, found, and could not tell."""

    pacts: Sequence[PactFile] = ()
    findings: Sequence[Finding] = ()
    errors: Sequence[str] = field(default_factory=tuple)

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
        return 2 if self.errors or not self.compared else 0

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
        "couldNotTell": list(outcome.errors),
    }
    return json.dumps(document, indent=2, ensure_ascii=False)


def render_table(outcome: Outcome, console: Console) -> None:
    """Print the outcome: a table per consumer, then what was out of scope, then the verdict."""
    for consumer in dict.fromkeys(finding.consumer for finding in outcome.findings):
        own = [finding for finding in outcome.findings if finding.consumer == consumer]
        console.print(_table(consumer, own))
    for line in (*outcome.out_of_scope, *outcome.errors):
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


Format = Literal["table", "json"]


def run(
    paths: Sequence[Path],
    openapi_path: Path,
    format: Format = "table",  # noqa: A002 - the option's name
    output: Path | None = None,
) -> int:
    """Compare pact files with a document and report.

    Args:
        paths: pact files, and directories of which every `.json` file is one.
        openapi_path: the OpenAPI document, JSON or, where PyYAML is installed, YAML.
        format: a table for people, or JSON.
        output: a file for the report instead of standard output.

    Returns:
        0 every expectation is honoured, 1 some is broken, 2 could not tell.
    """
    outcome = examine(paths, openapi_path)
    if output is None:
        _write(outcome, format, Console(highlight=False))
    else:
        with output.open("w", encoding="utf-8") as stream:
            _write(outcome, format, Console(file=stream, width=120, highlight=False))
    if format == "json":
        for line in outcome.errors:
            print(line, file=sys.stderr)  # noqa: T201 - beside a report for machines
    return outcome.exit_code


def examine(paths: Sequence[Path], openapi_path: Path) -> Outcome:
    """Compare pact files with a document; what can't be read is told, not raised."""
    try:
        comparison = Comparison(load_document(openapi_path), str(openapi_path))
    except DocumentError as why:
        return Outcome(errors=(str(why),))
    pacts: list[PactFile] = []
    findings: list[Finding] = []
    errors: list[str] = []
    for path in _files(paths):
        try:
            pact = load_pact(path)
            findings += comparison.findings(pact)
        except (PactError, DocumentError) as why:
            errors.append(str(why))
        else:
            pacts.append(pact)
    if not pacts and not errors:
        errors.append(f"no pact files in {', '.join(map(str, paths))}; name some.")
    return Outcome(pacts, findings, errors)


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from sorted(path.rglob("*.json"))
        else:
            yield path


def _write(outcome: Outcome, format: Format, console: Console) -> None:  # noqa: A002 - likewise
    if format == "json":
        console.file.write(render_json(outcome) + "\n")
    else:
        render_table(outcome, console)
