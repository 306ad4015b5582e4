"""Which operation of the new document answers the requests of the old one's, and what that changed.

A path is its template: renaming a parameter in it changes nothing on the wire.
"""

from __future__ import annotations

from collections.abc import Mapping

from apiproof.contract_diff.document.bodies import compare_request_body, compare_responses
from apiproof.contract_diff.document.changes import DocumentComparison, Place, Side, Subject
from apiproof.contract_diff.document.lifecycle import compare_lifecycle
from apiproof.contract_diff.document.parameters import compare_parameters
from apiproof.contract_diff.document.security import compare_security
from apiproof.contract_diff.document.servers import compare_own_servers, wire_keys
from apiproof.contract_diff.document.sunset import has_ended
from apiproof.openapi.operations import Operation, callbacks, operations
from apiproof.openapi.references import join_pointer
from apiproof.openapi.routing import template_pattern


def compare_operations(comparison: DocumentComparison) -> None:
    """Pair the operations of both documents and compare each pair."""
    for section in ("paths", "webhooks"):
        old = {operation.key: operation for operation in operations(comparison.old, section)}
        new = {operation.key: operation for operation in operations(comparison.new, section)}
        moved = _moved(old, new) if section == "paths" else {}
        for key, operation in old.items():
            partner = new.get(moved.get(key, key))
            if partner is not None:
                _compare(comparison, operation, partner, sent=section == "webhooks")
            else:
                _removed(comparison, operation, new, section)
        known = {*old, *moved.values()}
        for key, operation in new.items():
            if key not in known:
                _added(comparison, operation, old, section)


Key = tuple[str, str]


def _moved(old: Mapping[Key, Operation], new: Mapping[Key, Operation]) -> dict[Key, Key]:
    """Return the keys of operations whose paths gained or lost their servers' base path."""
    there = {wire: key for key in new if key not in old for wire in wire_keys(new[key])}
    return {
        key: there[wire]
        for key in old
        if key not in new
        for wire in wire_keys(old[key])
        if wire in there
    }


def _subject(operation: Operation, side: Side = Side.OPERATION) -> Subject:
    return Subject(operation.label, side, Place("operation"), operation.label)


def _reaches(template: str, path: str) -> bool:
    return template_pattern(template).fullmatch(path) is not None


def _removed(
    comparison: DocumentComparison,
    operation: Operation,
    new: Mapping[tuple[str, str], Operation],
    section: str,
) -> None:
    rule = "operation-removed" if section == "paths" else "webhook-removed"
    sentence = f"{operation.label} was removed"
    ended = section == "paths" and has_ended(operation.definition)
    if ended:
        rule, sentence = f"{rule}-after-sunset", f"{sentence} after its sunset"
    for other in new.values():
        if other.method == operation.method and _reaches(other.path, operation.path):
            sentence += f"; its requests now reach {other.label}"
            break
    near = join_pointer("", section, operation.path)
    gone = operation.path not in (comparison.new.raw.get(section) or {})
    comparison.add(
        _subject(operation), rule, sentence + ".",
        old=operation.part.pointer, new=None if gone else near, breaking=not ended,
    )  # fmt: skip


def _added(
    comparison: DocumentComparison,
    operation: Operation,
    old: Mapping[tuple[str, str], Operation],
    section: str,
) -> None:
    sentence = f"{operation.label} was added"
    for other in old.values():
        if other.method == operation.method and _reaches(other.path, operation.path):
            sentence += f"; it answers what {other.label} answered under that path"
            break
    rule = "operation-added" if section == "paths" else "webhook-added"
    comparison.add(
        _subject(operation), rule, sentence + ".",
        old=None, new=operation.part.pointer, breaking=False,
    )  # fmt: skip


def _compare(
    comparison: DocumentComparison,
    old: Operation,
    new: Operation,
    *,
    sent: bool,
    within: frozenset[tuple[str, str]] = frozenset(),
) -> None:
    """Compare two operations; `sent` ones (webhooks) are requests that the service makes.

    `within` holds the places of the operations whose callbacks these are: a callback may refer to
    itself.
    """
    here = (old.part.pointer, new.part.pointer)
    if here in within:
        return
    compare_lifecycle(comparison, _subject(old), old, new)
    place = Place("operation")
    request = Subject(old.label, Side.REQUEST, place, old.label, inbound=not sent)
    response = Subject(old.label, Side.RESPONSE, place, old.label, inbound=sent)
    compare_parameters(comparison, request, old, new)
    compare_request_body(comparison, request, old, new)
    compare_responses(comparison, response, old, new)
    if not sent:
        compare_security(comparison, _subject(old, Side.SECURITY), old, new)
        compare_own_servers(comparison, _subject(old), old, new)
    _compare_callbacks(comparison, old, new, sent=not sent, within=within | {here})


def _compare_callbacks(
    comparison: DocumentComparison,
    old: Operation,
    new: Operation,
    *,
    sent: bool,
    within: frozenset[tuple[str, str]],
) -> None:
    """Pair callbacks by name, expression and method: another expression is sent elsewhere.

    Whoever was called calls back: the callbacks of a webhook are requests that clients make.
    """
    before, after = ({each.label: each for each in callbacks(owner)} for owner in (old, new))
    for label in {**before, **after}:
        if label in before and label in after:
            _compare(comparison, before[label], after[label], sent=sent, within=within)
        elif label in before:
            comparison.add(
                _subject(before[label]), "callback-removed", f"{label} was removed.",
                old=before[label].part.pointer, new=new.part.pointer, breaking=True,
            )  # fmt: skip
        else:
            comparison.add(
                _subject(after[label]), "callback-added", f"{label} was added.",
                old=old.part.pointer, new=after[label].part.pointer, breaking=False,
            )  # fmt: skip
