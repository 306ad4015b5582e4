"""Links: what a client may do next with an answer, which are gone or lead elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from apiproof.contract_diff.document.changes import DocumentComparison, Subject
from apiproof.contract_diff.document.keywords import canonical
from apiproof.openapi.references import Document, Located


def compare_links(
    comparison: DocumentComparison, subject: Subject, old: Located, new: Located
) -> None:
    """Compare the links of one response by name; only who follows them meets a change."""
    before, after = _links(comparison.old, old), _links(comparison.new, new)
    here = replace(subject, place=subject.place._replace(part="link"))
    for name, link in before.items():
        if name not in after:
            comparison.add(
                here, "response-link-removed",
                f"The link `{name}` of the {here.place.status} response was removed.",
                old=link.pointer, new=new.pointer, breaking=True,
            )  # fmt: skip
        elif canonical(link.node) != canonical(after[name].node):
            comparison.add(
                here, "response-link-changed",
                f"The link `{name}` of the {here.place.status} response leads elsewhere.",
                old=link.pointer, new=after[name].pointer, breaking=True,
            )  # fmt: skip
    for name in after.keys() - before.keys():
        comparison.add(
            here, "response-link-added",
            f"The link `{name}` was added to the {here.place.status} response.",
            old=old.pointer, new=after[name].pointer, breaking=False,
        )  # fmt: skip


def _links(document: Document, response: Located) -> dict[str, Located]:
    return {
        name: part
        for name, part in document.children(response, "links")
        if isinstance(part.node, Mapping)
    }
