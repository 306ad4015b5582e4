"""How long an operation lives: deprecation, sunset, and the name that generated clients call."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from apiproof.contract_diff.document.changes import DocumentComparison, Subject
from apiproof.openapi.operations import Operation
from apiproof.openapi.references import join_pointer

SUNSET = "x-sunset"
"""The extension in which oasdiff and others write when something deprecated ends (RFC 3339)."""


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
    if before == after or not is_deprecated:
        return
    first, then = sunset_date(before), sunset_date(after)
    rule, sentence = "", ""
    if after is None:
        rule, sentence = "removed", f"{subject.name} no longer says when it ends (was {before})."
    elif then is None:
        rule, sentence = "invalid", f"The sunset of {subject.name} is no date: {after}."
    elif first is not None and then < first:
        rule = "earlier"
        sentence = f"{subject.name} ends earlier: on {after}, not on {before}."
    if rule:
        comparison.add(
            subject, f"operation-sunset-{rule}", sentence,
            old=join_pointer(old.part.pointer, SUNSET) if before is not None else old.part.pointer,
            new=join_pointer(new.part.pointer, SUNSET) if after is not None else new.part.pointer,
            breaking=True,
        )  # fmt: skip


def sunset_date(value: Any) -> dt.date | None:
    """Return the day that a sunset names (`2026-11-01`, RFC 3339 with a time); None if none."""
    try:
        return dt.date.fromisoformat(str(value)[:10])
    except ValueError:
        return None


def has_ended(node: Mapping[str, Any]) -> bool:
    """Tell whether something deprecated is past its sunset, so that its removal was announced."""
    day = sunset_date(node.get(SUNSET))
    today = dt.datetime.now(dt.UTC).date()
    return node.get("deprecated") is True and day is not None and day < today
