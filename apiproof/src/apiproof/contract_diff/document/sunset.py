"""When something deprecated ends, and how stable it is said to be: oasdiff's extensions."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from apiproof.contract_diff.document.messages import shown

SUNSET = "x-sunset"
"""The extension in which oasdiff and others write when something deprecated ends (RFC 3339)."""
STABILITY = "x-stability-level"
LEVELS = ("draft", "alpha", "beta", "stable")


def sunset_change(before: Any, after: Any) -> tuple[str, str]:
    """Return what became of the sunset of something deprecated, and how to say it.

    Returns:
        "removed", "invalid" or "earlier" and the fact; twice nothing where no client need care.
    """
    if before == after:
        return "", ""
    first, then = sunset_date(before), sunset_date(after)
    if after is None:
        return "removed", f"no longer says when it ends (was {shown(before)})"
    if then is None:
        return "invalid", f"ends on no date: {shown(after)}"
    if before is not None and first is None:
        return "invalid", f"ended on no date: {shown(before)}"
    if first is not None and then < first:
        return "earlier", f"ends earlier: on {shown(after)}, not on {shown(before)}"
    return "", ""


def stability_change(before: Any, after: Any) -> tuple[str, str]:
    """Return what became of a stability level (oasdiff's `x-stability-level`), as above."""
    for level in (after, before):
        if before != after and level is not None and level not in LEVELS:
            known = ", ".join(LEVELS)
            return "invalid", f"has a level of stability that is none of {known}: {shown(level)}"
    if before is None or after is None or before == after:
        return "", ""
    word = "decreased" if LEVELS.index(after) < LEVELS.index(before) else "increased"
    return word, f"is now {after}, no longer {before}"


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
