"""What a passport's answers amount to: a cell, and findings where they are not what is due.

It must not know how the passport was shown.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from apiproof.access.conformity import challenge_faults
from apiproof.access.exchange import Answer
from apiproof.access.gates import Gate
from apiproof.access.matrix import Cell, Finding, Outcome
from apiproof.jwt import Expected, Passport

ADMITTED = range(200, 300)
BARE = {"anonymous", "gateway-headers"}
UNCLEAR = {"valid", "empty", "wrong-scheme"}  # whether that is a bearer token may be argued


@dataclass
class Trial:
    """What one passport met at a gate."""

    passport: Passport
    answers: list[Answer] = field(default_factory=list)
    spoiled: bool = False


def judged(
    gate: Gate, trial: Trial, opened: Answer | None, reference: Answer | None = None
) -> tuple[Cell, list[Finding]]:
    """Return the cell of a trial, and its findings.

    Args:
        gate: Where it was tried.
        trial: What was tried and answered.
        opened: What the valid credential gets, if that was tried on the same request.
        reference: What no credential gets, where none is needed.
    """
    passport, name = trial.passport, gate.operation.operation_id
    due = due_statuses(gate, passport)
    wrong = [
        answer
        for answer in trial.answers
        if answer.status not in due and not _as_anonymous(answer, reference, opened)
    ]
    note = ""
    if wrong:
        note = _wrong(passport, wrong[0], due)
    elif trial.spoiled:
        note = f"{passport.title}: refused, but carried out all the same"
    evidence = (wrong or trial.answers)[-1].evidence
    cell = Cell(
        operation_id=name,
        gate=gate.name,
        passport=passport.id,
        expected=passport.expected.value,
        got=tuple(answer.status for answer in trial.answers),
        outcome=Outcome.FINDING if note else Outcome.OK,
        note=note,
        evidence=evidence,
    )
    findings = list(_challenged(gate, trial))
    if note:
        service = f"{passport.id}@{gate.name}"
        findings.append(Finding(passport.check, name, service, note, evidence))
    return cell, findings


def _challenged(gate: Gate, trial: Trial) -> Iterator[Finding]:
    """Yield what is wrong with the challenges in refusals of a bearer token."""
    if not gate.use.scheme.bears_tokens or trial.passport.id in UNCLEAR:
        return
    for answer in trial.answers:
        if answer.status in {401, 403}:
            shown = trial.passport.id not in BARE
            for name, text in challenge_faults(answer, shown=shown, scopes=gate.use.scopes):
                operation_id = gate.operation.operation_id
                yield Finding("errors_conform", operation_id, name, text, answer.evidence)


def due_statuses(gate: Gate, passport: Passport) -> set[int]:
    """Return the statuses with which a passport may be met.

    Where the document declares no 401 (403) for the operation but another refusal that hides what
    is there, it is believed.
    """
    if passport.expected is Expected.ACCEPTED:
        return set(ADMITTED)
    first, others = {
        Expected.UNAUTHENTICATED: (401, [403, 404]),
        Expected.FORBIDDEN: (403, [404]),
    }[passport.expected]
    declared = set(gate.operation.statuses)
    if declared & {str(first), "4XX", "default"}:
        return {first}
    return {first, *(status for status in others if str(status) in declared)}


def _as_anonymous(answer: Answer, reference: Answer | None, opened: Answer | None) -> bool:
    """Whether an optional gate treated a bad credential as none."""
    if reference is None or answer.status != reference.status:
        return False
    return answer.text == reference.text or opened is None or answer.text != opened.text


def _wrong(passport: Passport, answer: Answer, due: set[int]) -> str:
    wanted = " or ".join(str(status) for status in sorted(due)) if len(due) < 5 else "2xx"
    if answer.ok:
        return f"{passport.title}: let in with {answer.status}, {wanted} is due ({passport.source})"
    return f"{passport.title}: answered {answer.status}, {wanted} is due ({passport.source})"


def untried(gate: Gate, passport: Passport, reason: str) -> Cell:
    """Return the cell of a passport that could not be made."""
    return Cell(
        gate.operation.operation_id,
        gate.name,
        passport.id,
        passport.expected.value,
        outcome=Outcome.UNTRIED,
        note=reason,
    )
