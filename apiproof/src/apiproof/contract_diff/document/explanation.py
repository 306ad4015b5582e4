"""How a misfit between two branches is told: what refuses, and how bad it is."""

from __future__ import annotations

from typing import Any

from apiproof.contract_diff.document.branch import Branch, Mark
from apiproof.contract_diff.document.escape import Escape, hard


def weight(escapes: list[Escape]) -> tuple[int, int]:
    """Return how far a branch is from fitting: the least was most likely meant."""
    told = hard(escapes)
    return len(told), min((len(escape.path) for escape in told), default=0)


def type_name(branch: Branch) -> str:
    """Return a branch's type as schemas write it, integers by name."""
    whole = branch.type == "number" and any(m.value == 1 for m in branch.get("multiple"))
    return "integer" if whole else branch.type


_MARKS = {
    "type": "multiple",
    "multiple-of": "multiple",
    "minimum": "lower",
    "maximum": "upper",
    "property-names": "names",
}


def _limits(branch: Branch, kind: str) -> tuple[Mark, ...]:
    sizes = {"min": "least", "max": "most"}
    return branch.get(_MARKS.get(kind) or sizes.get(kind[:3], kind))


def culprit(branch: Branch, kind: str) -> str:
    """Return the pointer of the keyword that refuses."""
    if kind == "enum":
        return branch.values_pointer
    marks = _limits(branch, kind)
    return marks[0].pointer if marks else branch.pointer


def told(branch: Branch, kind: str) -> Any:
    """Return what the keyword that refuses demands, for a sentence."""
    if kind == "enum":
        return list(branch.values or ())
    marks = _limits(branch, kind)
    return str(marks[0].value) if marks else None
