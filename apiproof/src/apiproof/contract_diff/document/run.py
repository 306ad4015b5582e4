"""`apiproof openapi diff OLD NEW`: reads, compares, prints, and says it in an exit code."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, get_args

from rich.console import Console

from apiproof.contract_diff.document import compare, impact
from apiproof.contract_diff.document.report import DiffReport, as_json, print_report, to_step
from apiproof.contract_diff.document.report_pages import as_html, as_markdown, as_text_changelog
from apiproof.contract_diff.document.rules import ChangeSeverity, load_policy
from apiproof.errors import UserError
from apiproof.openapi.document import Document, DocumentMissing, load_document
from apiproof.pacts.reading import PactError, PactFile, load_pact
from apiproof.pacts.reading.calls import calls
from apiproof.reporting.terminal import print_line

Format = Literal["text", "json", "markdown", "sarif", "junit", "html"]
PAGES = ("text", "markdown", "html")
"""The formats that people read."""


class PactsMissing(UserError):
    """The folder or file named holds no pact that says anything about the document."""


@dataclass(frozen=True)
class DiffOptions:
    """How two documents are compared and what is told.

    Attributes:
        pacts: A pact file, or a folder of them, to name the consumers that break.
        provider: Whose pacts count; None for all.
        format: How to print the result.
        policy: A TOML file with a table of severities; None for pyproject.toml's, if it has one.
        changelog: Whether pages tell what changed by operation, for people.
        every_operation: Whether each entry names all the operations that it reaches.
        fail_on: The least severity that ends with 1.
        allowed_urls: Beginnings of the URLs that references may lead to.
    """

    pacts: Path | None = None
    provider: str | None = None
    format: Format = "text"
    policy: Path | None = None
    changelog: bool = False
    every_operation: bool = False
    fail_on: ChangeSeverity = ChangeSeverity.ERROR
    allowed_urls: Sequence[str] = ()


def _keep(report: DiffReport) -> None:
    """Keep the result for the next report of `apiproof run`, where there are reports."""
    if Path("reports").is_dir():
        from apiproof.reporting.store import save_step  # noqa: PLC0415 - pydantic is heavy

        save_step(to_step(report, with_warnings=True))


def run(
    old: str | Path,
    new: str | Path,
    options: DiffOptions | None = None,
    console: Console | None = None,
    *,
    keeps: bool = False,
) -> int:
    """Compare two documents and print what changed.

    Args:
        old: The OpenAPI document that clients know, a path or a URL.
        new: The one that is to replace it.
        options: How.
        console: Where to print; standard output by default.
        keeps: Whether the next report of `apiproof run` is to show the result.

    Returns:
        0 without a change that counts, 1 with one, 2 (after one line) when it could not tell.
    """
    console = console or Console(highlight=False, emoji=False)
    chosen = options or DiffOptions()
    try:
        with _without_collection():
            report = compare_files(old, new, chosen)
    except (UserError, PactError) as error:
        print_line(console, f"Could not tell: {error}", wrap=False)
        return 2
    tell(console, report, chosen)
    if keeps:
        _keep(report)
    return int(any(c.severity.rank <= chosen.fail_on.rank for c in report.changes))


@contextmanager
def _without_collection() -> Iterator[None]:
    """Keep the garbage collector from looking for cycles.

    A comparison makes millions of tuples and no cycle; looking through them took half its time.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def compare_files(old: str | Path, new: str | Path, options: DiffOptions) -> DiffReport:
    """Read and compare two documents, and ask the pacts.

    Raises:
        UserError: Something cannot be read, or the pacts say nothing of the document.
        PactError: A pact cannot be read.
    """
    if options.format not in get_args(Format):
        known = ", ".join(get_args(Format))
        raise UserError(f"format {options.format!r} is unknown; use one of {known}.")
    if options.provider is not None and options.pacts is None:
        raise UserError("--provider chooses among pacts; name them with --pacts.")
    if options.changelog and options.format not in PAGES:
        raise UserError(f"A changelog is {', '.join(PAGES)}, not {options.format}.")
    before, after = (_document(source, options) for source in (old, new))
    changes, ignored = compare(before, after, load_policy(options.policy))
    pacts = None if options.pacts is None else load_pacts(options.pacts, options.provider)
    if pacts is not None and not calls(Document(before), pacts):
        raise PactsMissing(
            f"{options.pacts}: no interaction calls an operation of {old}; "
            "name the pacts of this provider's consumers."
        )
    impacts = None if pacts is None else impact(changes, pacts, before, after)
    return DiffReport(
        str(old), str(new), changes, impacts, options.every_operation, ignored=ignored
    )


def _document(source: str | Path, options: DiffOptions) -> dict[str, Any]:
    try:
        return load_document(source, options.allowed_urls)
    except DocumentMissing:
        raise UserError(f"No OpenAPI document at {source}; name a file or a URL.") from None


def tell(console: Console, report: DiffReport, options: DiffOptions) -> None:
    """Print a report in the format that is asked for."""
    if options.format == "text" and not options.changelog:
        print_report(console, report)
        return
    console.file.write(_written(report, options))


def _written(report: DiffReport, options: DiffOptions) -> str:
    if options.format == "json":
        return as_json(report) + "\n"
    if options.format == "html":
        return as_html(report, changelog=options.changelog)
    if options.format == "text":
        return as_text_changelog(report)
    if options.format == "markdown":
        return as_markdown(report, changelog=options.changelog)
    from apiproof.reporting import build_report, formats  # noqa: PLC0415 - pydantic is heavy

    steps = [to_step(report, with_warnings=options.format == "sarif")]
    whole = build_report("openapi diff", datetime.now(UTC), steps)
    if options.format == "junit":
        return formats.as_junit(whole)
    return formats.as_sarif(whole, report.new)


def load_pacts(source: Path, provider: str | None = None) -> list[PactFile]:
    """Read one pact file, or every *.json of a folder and of those in it.

    Args:
        source: The file or folder.
        provider: Whose pacts count; None for all.

    Raises:
        PactError: One cannot be read.
        PactsMissing: There are none, or none of that provider.
    """
    files = sorted(source.rglob("*.json")) if source.is_dir() else [source]
    if not files:
        raise PactsMissing(f"{source}: no pact files (*.json) there; name where they are.")
    pacts = [load_pact(file) for file in files]
    kept = [pact for pact in pacts if provider is None or pact.provider == provider]
    if not kept:
        names = ", ".join(sorted({pact.provider for pact in pacts}))
        raise PactsMissing(f"{source}: no pact with the provider {provider} there, only {names}.")
    return kept
