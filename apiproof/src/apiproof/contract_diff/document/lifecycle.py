"""How long an operation lives: deprecation, sunset, and the name that generated clients call."""

from __future__ import annotations

from apiproof.contract_diff.document.changes import DocumentComparison, Subject
from apiproof.contract_diff.document.sunset import (
    STABILITY,
    SUNSET,
    stability_change,
    sunset_change,
)
from apiproof.openapi.operations import Operation
from apiproof.openapi.references import join_pointer


def compare_lifecycle(
    comparison: DocumentComparison, subject: Subject, old: Operation, new: Operation
) -> None:
    """Report deprecation, sunset and the operationId of one operation."""
    was, is_now = (each.definition.get("deprecated") is True for each in (old, new))
    if was is not is_now:
        word = "deprecated" if is_now else "reactivated"
        sunset = new.definition.get(SUNSET) if is_now else None
        until = f" and ends on {sunset}" if sunset else ""
        holder, other = (new, old) if is_now else (old, new)
        places = {holder: join_pointer(holder.part.pointer, "deprecated")}
        places[other] = other.part.pointer
        comparison.add(
            subject, f"operation-{word}",
            f"{old.label} is now {word if is_now else 'no longer deprecated'}{until}.",
            old=places[old], new=places[new], breaking=False,
        )  # fmt: skip
    _sunset(comparison, subject, old, new, is_deprecated=is_now)
    before, after = old.definition.get("operationId"), new.definition.get("operationId")
    if before and before != after:
        comparison.add(
            subject, "operation-id-changed" if after else "operation-id-removed",
            f"{old.label} changed its operationId from {before} to {after}: regenerated clients "
            "call it by another name.",
            old=join_pointer(old.part.pointer, "operationId"),
            new=join_pointer(new.part.pointer, "operationId") if after else new.part.pointer,
            breaking=False,
        )  # fmt: skip


def _sunset(
    comparison: DocumentComparison,
    subject: Subject,
    old: Operation,
    new: Operation,
    *,
    is_deprecated: bool,
) -> None:
    before, after = old.definition.get(SUNSET), new.definition.get(SUNSET)
    word, fact = sunset_change(before, after) if is_deprecated else ("", "")
    if word:
        comparison.add(
            subject, f"operation-sunset-{word}", f"{subject.name} {fact}.",
            old=_at(old, SUNSET), new=_at(new, SUNSET), breaking=True,
        )  # fmt: skip
    word, fact = stability_change(old.definition.get(STABILITY), new.definition.get(STABILITY))
    if word:
        comparison.add(
            subject, f"operation-stability-{word}", f"{subject.name} {fact}.",
            old=_at(old, STABILITY), new=_at(new, STABILITY), breaking=word != "increased",
        )  # fmt: skip


def _at(operation: Operation, word: str) -> str:
    at = operation.part.pointer
    return join_pointer(at, word) if word in operation.definition else at
