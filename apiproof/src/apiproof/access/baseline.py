"""The baseline: findings that are known and do not block; whatever is new does.

A JSON file of ids with their texts, made by `--write-baseline` and shortened by hand.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from apiproof.access.matrix import Finding
from apiproof.errors import UserError


class BaselineUnreadable(UserError):
    """The baseline is missing or is none."""


@dataclass(frozen=True)
class Judgement:
    """Findings told apart by a baseline; `gone` are ids of known ones that were not found."""

    new: tuple[Finding, ...] = ()
    known: tuple[Finding, ...] = ()
    gone: tuple[str, ...] = ()


def read_baseline(path: Path | None) -> set[str]:
    """Read the ids of the known findings; no path, no findings.

    Raises:
        BaselineUnreadable: The file is missing or is no baseline.
    """
    if path is None:
        return set()
    try:
        known = json.loads(path.read_text(encoding="utf-8"))["known"]
        return {str(entry["id"]) for entry in known}
    except FileNotFoundError:
        raise BaselineUnreadable(
            f"No baseline at {path}. Write one with --write-baseline {path}."
        ) from None
    except (OSError, ValueError, KeyError, TypeError):
        raise BaselineUnreadable(
            f'{path} is not a baseline: it needs {{"known": [{{"id": ...}}]}}.'
        ) from None


def write_baseline(findings: Iterable[Finding], path: Path) -> None:
    """Write findings as known."""
    known = [{"id": finding.id, "text": finding.text} for finding in findings]
    path.write_text(json.dumps({"known": known}, indent=2) + "\n", encoding="utf-8")


def judge(findings: Iterable[Finding], known: set[str]) -> Judgement:
    """Tell known findings from new ones."""
    found = list(findings)
    return Judgement(
        new=tuple(finding for finding in found if finding.id not in known),
        known=tuple(finding for finding in found if finding.id in known),
        gone=tuple(sorted(known - {finding.id for finding in found})),
    )
