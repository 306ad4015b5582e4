"""Baselines: findings that are known, so that only new ones fail a run.

A baseline is a text file of finding ids, one a line; a line that begins with `#` is a comment.
An id holds operation, check, case and outcome class: a worse outcome is another id, and new.
Lines that begin with `secured` say which operations asked for a credential, and which scopes
(declared_security.py): one that asks for less is a finding. Those that begin with `refused` name
operations that answered 403 to every user (kept_refusals.py): one that lets a user in is a finding.
Those that begin with `members` name a group and an operation that refused users outside it
(memberships.py): one that lets them in is a finding.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from pathlib import Path
from typing import Final

from apiproof.errors import UserError
from apiproof.reporting.finding import WARNING
from apiproof.reporting.model import Case, Report, Status, StepResult, step_result
from apiproof.reporting.store import write_atomically

_HEAD: Final = "# Findings that are known, by id, one a line. Written by `apiproof run`.\n"


class BaselineUnusable(UserError):
    """The baseline cannot be read or written."""


def read_baseline(path: Path | None) -> set[str]:
    """Read the known ids, and the further lines; none without a path.

    Raises:
        BaselineUnusable: the file is missing, or no text.
    """
    if path is None:
        return set()
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not text"
        raise BaselineUnusable(
            f"The baseline {path} cannot be read ({reason}): write one with --write-baseline."
        ) from None
    return {line.strip() for line in lines if line.strip() and not line.startswith("#")}


def written_before(path: Path | None) -> set[str]:
    """Read the lines of a baseline that is to be written; none where it is not there yet.

    Raises:
        BaselineUnusable: the file is no text.
    """
    return read_baseline(path if path is not None and path.is_file() else None)


def write_baseline(
    report: Report, path: Path, further: Iterable[str] = (), accepted: Collection[str] = ()
) -> int:
    """Write the ids of a report's findings as known, and return how many stand in it.

    Warnings need none.

    Args:
        report: of the run.
        path: of the baseline.
        further: lines that are no ids, and ids that the run did not look for.
        accepted: checks against the further lines of before: the new ones are what now holds, so
            that no id of theirs is needed.

    Raises:
        BaselineUnusable: the file cannot be written.
    """
    findings = (
        finding
        for step in report.steps
        for finding in step.findings
        if finding.weight != WARNING and finding.check not in accepted
    )
    lines = {each for finding in findings for each in finding.ids} | set(further)
    ids = sorted(filter(_is_id, lines))
    text = "".join(f"{each}\n" for each in [*ids, *sorted(lines - set(ids))])
    try:
        write_atomically(path, _HEAD + text)
    except OSError as error:
        raise BaselineUnusable(
            f"The baseline {path} cannot be written ({error.strerror})."
        ) from None
    return len(ids)


def _is_id(line: str) -> bool:
    """Whether a line is the id of a finding; its first word says step and check."""
    return "/" in line.split(" ", 1)[0]


def with_known(step: StepResult, known: AbstractSet[str]) -> StepResult:
    """A step whose known findings fail nothing.

    Where no new finding is left, its failed cases are those of known ones.
    """
    if not any(finding.ids <= known for finding in step.findings):
        return step
    findings = [
        # One that stands for others is known only if all of them are.
        replace(finding, is_known=finding.is_known or finding.ids <= known)
        for finding in step.findings
    ]
    cases: Sequence[Case] = step.cases
    if not any(finding.is_failing for finding in findings):
        cases = [
            replace(case, status=Status.SKIPPED, message=f"known: {case.message}")
            if case.status is Status.FAILED
            else case
            for case in step.cases
        ]
    return step_result(
        step.name,
        step.evidence,
        findings,
        cases=cases,
        sections=step.sections,
        seconds=step.seconds,
        error=step.error,
    )


def no_longer_found(
    known: Iterable[str], steps: Iterable[StepResult], is_answered: Callable[[str], bool]
) -> list[str]:
    """Known ids that a run looked for and did not find: they can be taken off the baseline.

    Args:
        known: the lines of the baseline.
        steps: that ran.
        is_answered: whether the run looked for what a line says.
    """
    found = {each for step in steps for finding in step.findings for each in finding.ids}
    return sorted(each for each in filter(_is_id, known) if each not in found and is_answered(each))
