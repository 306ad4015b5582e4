"""Which branches of two unions are the same variant, so that no sibling speaks for it.

A variant is known again by its name (`$ref`, title, discriminator), else by its properties. An
open object admits anything under names that it does not declare; that must not hide what became of
the variant which declares them. Nor does a variant that goes live on in a sibling that restricts
what it left open.
"""

from __future__ import annotations

from collections.abc import Sequence

from apiproof.contract_diff.document.branches import SchemaBranch

ALIKE = 0.5
"""The share of common property names from which objects without a name are taken for kin."""


def kin_of(
    branch: SchemaBranch, rivals: Sequence[SchemaBranch], siblings: Sequence[SchemaBranch]
) -> list[SchemaBranch]:
    """Return the rivals that are the same variant; none where that cannot be told.

    Args:
        branch: A branch of one type.
        rivals: The branches of that type in the other schema.
        siblings: The branches of that type in its own schema, itself among them.
    """
    named = [rival for rival in rivals if branch.label and rival.label == branch.label]
    if named or branch.type != "object" or len(rivals) < 2:
        return named
    taken = {sibling.label for sibling in siblings if sibling.label}
    shares = [(_similarity(branch, rival), rival) for rival in rivals if rival.label not in taken]
    best = max((share for share, _ in shares), default=0.0)
    return [rival for share, rival in shares if share == best >= ALIKE]


def is_masked(branch: SchemaBranch, rival: SchemaBranch, kin: Sequence[SchemaBranch]) -> bool:
    """Return whether a rival admits a branch only by not speaking of what its kin declares."""
    if rival in kin or not kin or branch.type != "object":
        return False
    ours = _names(branch)
    declared = {name for each in kin for name in _names(each)}
    return bool(ours & declared - _names(rival)) and not _speaks_of_rest(rival)


def is_claimed(rival: SchemaBranch, branch: SchemaBranch, siblings: Sequence[SchemaBranch]) -> bool:
    """Return whether a rival is what became of one of a branch's siblings, not of the branch."""
    own = rival.label and rival.label == branch.label
    if own or branch.type != "object":
        return False
    share = _similarity(branch, rival)
    for sibling in siblings:
        if sibling is branch:
            continue
        if sibling.label and sibling.label == rival.label:
            return True
        if max(ALIKE, share) <= _similarity(sibling, rival) != share:
            return True
    return False


def _names(branch: SchemaBranch) -> set[str]:
    return {name for shape in branch.shapes for name in (*shape.properties, *shape.hidden)}


def _speaks_of_rest(branch: SchemaBranch) -> bool:
    return any(shape.rest is not None for shape in branch.shapes)


def _similarity(one: SchemaBranch, other: SchemaBranch) -> float:
    names, others = _names(one), _names(other)
    return len(names & others) / len(names | others) if names | others else 1.0
