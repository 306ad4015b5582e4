"""Rule ids and sentences for counterexamples between schemas: what narrowed and what widened.

One from the old schema is a narrowing, one from the new schema a widening; which of them breaks
whom is decided elsewhere.
"""

from __future__ import annotations

import json
from typing import Any

from apiproof.contract_diff.document.counterexamples import Counterexample

# kind: (rule when narrowed, rule when widened, sentence when narrowed, sentence when widened);
# {sub} is what escapes, {sup} what it escapes from.
WORDS: dict[str, tuple[str, str, str, str]] = {
    "type": (
        "type-narrowed", "type-widened",
        "no longer admits {sub}, only {sup}", "now also admits {sub}, not only {sup}",
    ),
    "null": (
        "became-not-nullable", "became-nullable",
        "no longer admits null", "now also admits null",
    ),
    "enum": (
        "enum-narrowed", "enum-widened",
        "no longer admits {sub}", "now also admits {sub}",
    ),
    "enum-open": (
        "enum-narrowed", "enum-widened",
        "is now limited to {sup}", "is no longer limited to {sup}",
    ),
    "pattern": (
        "pattern-narrowed", "pattern-widened",
        "must now match {sup} (was {sub})", "need no longer match {sup} (now {sub})",
    ),
    "format": (
        "format-narrowed", "format-widened",
        "must now be of format {sup} (was {sub})", "need no longer be of format {sup} (now {sub})",
    ),
    "required": (
        "property-became-required", "property-became-optional",
        "is now required", "is no longer required",
    ),
    "required-new": (
        "required-property-added", "property-became-optional",
        "is a new required property", "is no longer required",
    ),
    "property-removed": (
        "property-removed", "property-removed", "was removed", "was removed",
    ),
    "property-hidden": (
        "property-became-read-only", "property-became-write-only",
        "became read-only: it can no longer be sent",
        "became write-only: it is no longer sent back",
    ),
    "property-added": ("property-added", "property-added", "was added", "was added"),
    "property-unknown": (
        "property-refused", "property-added-to-closed-object",
        "is now refused", "was added to an object that promised no further properties",
    ),
    "property-ruled-out": (
        "property-refused", "property-no-longer-refused",
        "is now refused", "is no longer ruled out",
    ),
    "additional-properties": (
        "additional-properties-narrowed", "additional-properties-widened",
        "no longer admits all the undeclared properties it did",
        "now admits undeclared properties that it refused",
    ),
    "unique-items": (
        "unique-items-added", "unique-items-removed",
        "must no longer repeat items", "may now repeat items",
    ),
    "one-of": (
        "one-of-overlap-added", "one-of-overlap-removed",
        "now refuses what fits more than one variant of its oneOf",
        "no longer refuses what fits more than one variant of its oneOf",
    ),
    "one-of-undeclared": (
        "one-of-overlap-possible", "one-of-overlap-gone",
        "may now refuse what fits more than one variant of its oneOf by undeclared properties",
        "need no longer refuse what fits more than one variant of its oneOf",
    ),
    "variant": (
        "variant-removed", "variant-added",
        "no longer admits the variant {sub}", "now also admits the variant {sub}",
    ),
}  # fmt: skip
BOUNDS = {
    "minimum": "value", "maximum": "value", "multiple-of": "multiple of",
    "min-length": "length at least", "max-length": "length at most",
    "min-items": "number of items at least", "max-items": "number of items at most",
    "min-properties": "number of properties at least",
    "max-properties": "number of properties at most",
}  # fmt: skip
LONGEST = 120
"""How many characters of a value a sentence shows."""
_OPPOSITES = ("-narrowed", "-widened", "-tightened", "-loosened")


OTHER_KINDS = (
    "condition", "not", "contains", "max-contains", "pattern-properties", "property-names",
    "dependent-required", "property", "items",
)  # fmt: skip
"""Kinds whose rule is only that they narrowed or widened."""


def rule_of(found: Counterexample, *, narrowed: bool, both: bool = False) -> str:
    """Return the rule id, without its side; `both` when it narrowed and widened at once."""
    if found.kind in WORDS:
        rule = WORDS[found.kind][0 if narrowed else 1]
    elif found.kind in BOUNDS:
        rule = f"{found.kind}-{'tightened' if narrowed else 'loosened'}"
    else:
        rule = f"{found.kind}-{'narrowed' if narrowed else 'widened'}"
    if both and rule.endswith(_OPPOSITES):
        return rule.rpartition("-")[0] + "-changed"
    return rule


def sentence_of(service: str, found: Counterexample, *, narrowed: bool) -> str:
    """Return one plain sentence on the change."""
    sub, sup = shown(found.sub_value), shown(found.sup_value)
    kind = "enum-open" if found.kind == "enum" and found.sub_value is None else found.kind
    if kind in WORDS:
        text = WORDS[kind][2 if narrowed else 3].format(sub=sub, sup=sup)
        if kind == "variant" and not found.sub_value:
            text = text.replace(f"the variant {sub}", "one of the variants")
    elif kind in BOUNDS:
        old, new = (sub, sup) if narrowed else (sup, sub)
        text = f"has its {BOUNDS[kind]} limit {'tightened' if narrowed else 'loosened'}"
        text += f" from {old} to {new}"
    else:
        what = kind.replace("-", " ")
        text = f"{'narrowed' if narrowed else 'widened'} its {what} rules"
    return f"{service} {text}."


def shown(value: Any) -> str:
    """Return a value as a sentence shows it."""
    if value is None:
        return "none"
    if value in ("", []):
        return '""' if value == "" else "nothing"
    if isinstance(value, list):
        some = ", ".join(shown(item) if item is not None else "null" for item in value[:6])
        return some + (f" and {len(value) - 6} more" if len(value) > 6 else "")
    text = value if isinstance(value, str) else json.dumps(value, default=str)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}..."


def path_text(path: tuple[str, ...]) -> str:
    """Return a path into a body for people: ("items", "*", "name") is items[].name."""
    text = ""
    for part in (part or '""' for part in path):
        text += "[]" if part == "*" else f"[{part}]" if part.isdigit() else f".{part}"
    return text.removeprefix(".")
