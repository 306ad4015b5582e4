"""`apiproof pact compare`: files in, a report out, an exit code. It needs no app and no network."""

import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

from rich.console import Console

from apiproof.contract_diff.pact.comparison import Comparison
from apiproof.contract_diff.pact.findings import PactFinding, PactSeverity
from apiproof.openapi.document import DocumentError, load_document
from apiproof.pacts.reading import PactError, PactFile, load_pact
from apiproof.reporting import counted
from apiproof.reporting.terminal import print_line, print_table, printable

_STYLES: Final = {
    PactSeverity.ERROR: "red",
    PactSeverity.WARNING: "yellow",
    PactSeverity.NOT_COMPARED: "magenta",
}
Format = Literal["table", "json"]


@dataclass(frozen=True)
class Outcome:
    """What a run compared, found, and could not tell."""

    pacts: Sequence[PactFile] = ()
    findings: Sequence[PactFinding] = ()
    errors: Sequence[str] = field(default_factory=tuple)

    @property
    def interactions(self) -> int:
        """How many interactions there are."""
        return sum(len(pact.interactions) for pact in self.pacts)

    @property
    def in_part(self) -> int:
        """How many interactions were compared in part only."""
        return len(
            {
                (found.file, found.where.split("]", 1)[0])
                for found in self.findings
                if found.severity is PactSeverity.NOT_COMPARED
            }
        )

    @property
    def compared(self) -> int:
        """How many interactions were compared as a whole."""
        return self.interactions - self.in_part

    @property
    def out_of_scope(self) -> list[str]:
        """The interactions that are not HTTP, one line each."""
        return [
            f"{pact.source}: {message.location} ({message.kind}) {message.description!r}"
            " is out of scope: an OpenAPI document describes HTTP only"
            for pact in self.pacts
            for message in pact.messages
        ]

    @property
    def exit_code(self) -> int:
        """0 passed, 1 failed, 2 could not tell: nothing was compared, or a file not read."""
        if any(finding.severity is PactSeverity.ERROR for finding in self.findings):
            return 1
        return 2 if self.errors or not self.compared else 0

    @property
    def summary(self) -> str:
        """One line with the result and its evidence."""
        counts = Counter(finding.severity for finding in self.findings)
        result = ("passed", "failed", "error")[self.exit_code]
        in_part = f" ({self.in_part} more in part only)" if self.in_part else ""
        return (
            f"{result}: {counted(self.compared, 'interaction')} of "
            f"{counted(len(self.pacts), 'pact')} compared{in_part}, "
            f"{counted(counts[PactSeverity.ERROR], 'error')}, "
            f"{counted(counts[PactSeverity.WARNING], 'warning')}"
        )


def render_json(outcome: Outcome) -> str:
    """Return the outcome as JSON, stable for diffing."""
    document = {
        "result": outcome.summary.split(":")[0],
        "interactions": outcome.interactions,
        "compared": outcome.compared,
        "pacts": [
            {"file": pact.source, "consumer": pact.consumer, "provider": pact.provider}
            for pact in outcome.pacts
        ],
        "findings": [finding.as_dict() for finding in outcome.findings],
        "outOfScope": outcome.out_of_scope,
        "errors": list(outcome.errors),
    }
    return json.dumps(document, indent=2, ensure_ascii=False)


def render_table(outcome: Outcome, console: Console) -> None:
    """Print the outcome: a table per consumer, then what was out of scope, then the result."""
    for consumer in dict.fromkeys(finding.consumer for finding in outcome.findings):
        own = [finding for finding in outcome.findings if finding.consumer == consumer]
        print_table(console, consumer, ("interaction", "", "rule", "finding"), map(_row, own))
    for line in (*outcome.out_of_scope, *outcome.errors):
        print_line(console, (line, "yellow"))
    print_line(console, (outcome.summary, "bold"))


def _row(finding: PactFinding) -> tuple[str | tuple[str, str], ...]:
    where = f"{finding.message}\npact: {finding.where}\ndocument: {finding.pointer}"
    severity = (str(finding.severity), _STYLES[finding.severity])
    return finding.interaction, severity, finding.rule, where


def run(
    paths: Sequence[Path],
    openapi_path: Path,
    format: Format = "table",  # noqa: A002 - the option's name
    output: Path | None = None,
    provider: str | None = None,
) -> int:
    """Compare pact files with a document and report.

    Args:
        paths: Pact files, and directories of which every `.json` file is one.
        openapi_path: The OpenAPI document, JSON or YAML.
        format: A table for people, or JSON.
        output: A file for the report instead of standard output.
        provider: Whose pacts count; None for all.

    Returns:
        0 every expectation is kept, 1 some is not, 2 could not tell.
    """
    outcome = examine(paths, openapi_path, provider)
    if output is None:
        _write(outcome, format, Console(highlight=False, emoji=False))
    else:
        output.parent.mkdir(parents=True, exist_ok=True)
        with output.open("w", encoding="utf-8") as stream:
            _write(outcome, format, Console(file=stream, width=120, highlight=False, emoji=False))
    if format == "json":
        for line in outcome.errors:
            print(printable(line), file=sys.stderr)  # noqa: T201 - beside a report for machines
    return outcome.exit_code


def examine(paths: Sequence[Path], openapi_path: Path, provider: str | None = None) -> Outcome:
    """Compare pact files with a document; what cannot be read is told, not raised."""
    try:
        comparison = Comparison(load_document(openapi_path), str(openapi_path))
    except DocumentError as why:
        return Outcome(errors=(str(why),))
    pacts: list[PactFile] = []
    findings: list[PactFinding] = []
    errors: list[str] = []
    others: set[str] = set()
    for path in _files(paths):
        try:
            pact = load_pact(path)
            if provider is not None and pact.provider != provider:
                others.add(pact.provider)
                continue
            findings += comparison.findings(pact)
        except (PactError, DocumentError) as why:
            errors.append(str(why))
        except RecursionError:
            errors.append(f"{path}: nested too deeply to be compared.")
        else:
            pacts.append(pact)
    if not pacts and not errors:
        where = ", ".join(map(str, paths))
        named = f" with the provider {provider}, only {', '.join(sorted(others))}" if others else ""
        errors.append(f"no pact files in {where}{named}; name some.")
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
