"""Every labelled change is found where it is, or listed as a miss with its reason."""

from __future__ import annotations

import pytest

from apiproof.contract_diff.document import Change, diff
from apiproof.openapi.document import DanglingReference, Document
from tests.contract_diff.document.corpus import Case, cases

CASES = cases()


def _names(case: Case, change: Change) -> bool:
    """Whether a change is the one that the case speaks of."""
    pointers = {change.old_pointer, change.new_pointer}
    return (change.breaking, change.rule) == (case.breaking, case.rule) and case.pointer in pointers


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_change_gets_its_label_rule_and_pointer(case: Case) -> None:
    changes = case.changes
    breaking = [change for change in changes if change.breaking]
    told = "\n".join(f"{c.severity} {c.rule} {c.old_pointer} {c.new_pointer}" for c in changes)
    if case.reason is not None:
        assert bool(breaking) is not case.breaking, f"no longer missed: move {case.id}"
        return
    assert bool(breaking) is case.breaking, f"{case.id} is {case.label}, found:\n{told}"
    if case.rule is not None:
        wanted = f"{case.rule} at {case.pointer}"
        assert any(_names(case, change) for change in changes), f"expected {wanted}:\n{told}"


def test_corpus_is_large_enough_and_its_ids_are_unique() -> None:
    labels = [case.label for case in CASES]
    assert labels.count("breaking") >= 40
    assert labels.count("harmless") >= 30
    assert len({case.id for case in CASES}) == len(CASES)


def test_precision_and_recall(capsys: pytest.CaptureFixture[str]) -> None:
    found = {case.id: any(c.breaking for c in case.changes) for case in CASES}
    hits = sum(case.breaking and found[case.id] for case in CASES)
    precision = hits / sum(found.values())
    recall = hits / sum(case.breaking for case in CASES)
    with capsys.disabled():
        print(f"\ndiff: {len(CASES)} changes, precision {precision:.3f}, recall {recall:.3f}")  # noqa: T201 - the figure is the point
        for case in CASES:
            if found[case.id] is not case.breaking:
                print(f"  missed {case.id} ({case.label}): {case.reason}")  # noqa: T201 - likewise
    assert precision > 0.95
    assert recall > 0.95


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_every_pointer_leads_somewhere(case: Case) -> None:
    old, new = Document(case.old), Document(case.new)
    for change in case.changes:
        for document, pointer in ((old, change.old_pointer), (new, change.new_pointer)):
            if pointer is not None:
                try:
                    document.at(pointer)
                except DanglingReference:
                    pytest.fail(f"{change.rule}: #{pointer} is not in {document.name}")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_document_compared_with_itself_has_no_changes(case: Case) -> None:
    assert diff(case.old, case.old) == []
    assert diff(case.new, case.new) == []
