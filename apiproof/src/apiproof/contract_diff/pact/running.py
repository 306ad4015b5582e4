"""`apiproof compare`: files in, a report out, an exit code. It needs no app and no network."""

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

from rich.console import Console

from apiproof.contract_diff.pact.comparison import Comparison
from apiproof.contract_diff.pact.document import DocumentUnusable
from apiproof.contract_diff.pact.findings import Finding
from apiproof.contract_diff.pact.rendering import Outcome, render_json, render_table
from apiproof.pacts.reading import PactError, PactFile, load_pact

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
        for line in outcome.untold:
            print(line, file=sys.stderr)  # noqa: T201 - beside a report for machines
    return outcome.exit_code


def examine(paths: Sequence[Path], openapi_path: Path) -> Outcome:
    """Compare pact files with a document; what can't be read is told, not raised."""
    try:
        comparison = Comparison(load_document(openapi_path))
    except DocumentUnusable as why:
        return Outcome(untold=(f"{openapi_path}: {why}",))
    pacts: list[PactFile] = []
    findings: list[Finding] = []
    untold: list[str] = []
    for path in _files(paths):
        try:
            pact = load_pact(path)
            findings += comparison.findings(pact)
        except PactError as why:
            untold.append(str(why))
        except DocumentUnusable as why:
            untold.append(f"{openapi_path}: {why}")
        else:
            pacts.append(pact)
    if not pacts and not untold:
        untold.append(f"no pact files in {', '.join(map(str, paths))}; name some.")
    return Outcome(pacts, findings, untold)


def load_document(path: Path) -> Any:
    """Read an OpenAPI document from a JSON or YAML file.

    Raises:
        DocumentUnusable: it can't be read or parsed.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as why:
        reason = getattr(why, "strerror", None) or "not UTF-8 text"
        raise DocumentUnusable(f"cannot read it ({reason}); name the provider's document.") from why
    try:
        return json.loads(text)
    except json.JSONDecodeError as why:
        if path.suffix.lower() in {".yaml", ".yml"}:
            return _yaml(text)
        raise DocumentUnusable(f"not JSON ({why}); export the document again.") from why


def _yaml(text: str) -> Any:
    try:
        import yaml  # noqa: PLC0415 - optional: only for documents written in YAML
    except ImportError as why:
        raise DocumentUnusable("YAML needs PyYAML; install it or convert to JSON.") from why
    try:
        # Every scalar that isn't plainly JSON stays text: dates, and status codes as keys.
        return json.loads(json.dumps(yaml.safe_load(text), default=str))
    except (yaml.YAMLError, TypeError) as why:
        line = " ".join(str(why).split())
        raise DocumentUnusable(f"not YAML ({line}); export the document again.") from why


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
