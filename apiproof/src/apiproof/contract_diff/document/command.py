"""`apiproof diff OLD NEW [--pacts DIR]`: reads, compares, prints, and says it in an exit code."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console

from apiproof.contract_diff.document import DocumentUnusable, diff, impact, load_document
from apiproof.contract_diff.document.document import Document
from apiproof.contract_diff.document.interactions import calls
from apiproof.contract_diff.document.rendering import as_json, print_table
from apiproof.errors import UserError
from apiproof.pacts.reading import PactError, PactFile, load_pact

FORMATS = ("table", "json")


class PactsMissing(UserError):
    """The directory named holds no pact that says anything about the document."""


def run(
    old_path: str | Path,
    new_path: str | Path,
    pacts_dir: str | Path | None = None,
    format: str = "table",  # noqa: A002 - the option's name
    console: Console | None = None,
) -> int:
    """Compare two documents and print what changed.

    Args:
        old_path: the OpenAPI document that clients know, JSON or YAML.
        new_path: the one that is to replace it.
        pacts_dir: a pact file, or a directory of them, to name the consumers that break.
        format: "table" or "json".
        console: where to print; standard output by default.

    Returns:
        0 without a breaking change, 1 with one, 2 (after one line) when it could not tell.
    """
    console = console or Console(highlight=False)
    try:
        return _run(old_path, new_path, pacts_dir, format, console)
    except (UserError, PactError) as error:
        console.print(f"Could not tell: {error}", markup=False, soft_wrap=True)
        return 2


def _run(
    old_path: str | Path,
    new_path: str | Path,
    pacts_dir: str | Path | None,
    output: str,
    console: Console,
) -> int:
    if output not in FORMATS:
        raise UserError(f"format {output!r} is unknown; use one of {', '.join(FORMATS)}.")
    old, new = load_document(old_path), load_document(new_path)
    try:
        changes = diff(old, new)
    except RecursionError:
        raise DocumentUnusable("the schemas nest too deeply to be compared.") from None
    pacts = None if pacts_dir is None else load_pacts(pacts_dir)
    if pacts is not None and not calls(Document(old), pacts):
        raise PactsMissing(
            f"{pacts_dir}: no interaction calls an operation of {old_path}; "
            "name the pacts of this provider's consumers."
        )
    impacts = None if pacts is None else impact(changes, pacts, old, new)
    if output == "json":
        console.print(as_json(changes, impacts), markup=False, soft_wrap=True)
    else:
        print_table(console, changes, impacts)
    return 1 if any(change.breaking for change in changes) else 0


def load_pacts(source: str | Path) -> list[PactFile]:
    """Read one pact file, or every *.json of a directory; raises PactsMissing on none."""
    path = Path(source)
    files = sorted(path.glob("*.json")) if path.is_dir() else [path]
    if not files:
        raise PactsMissing(f"{source}: no pact files (*.json) there; name where they are.")
    return [load_pact(file) for file in files]
