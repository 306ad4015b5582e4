"""Who may call: alternatives, schemes and scopes of one operation in both documents.

Schemes are compared by what they are, not by what the document calls them, unless it has one under
several names: these may be for other users each.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from apiproof.contract_diff.document.changes import DocumentComparison, Place, Subject
from apiproof.contract_diff.document.messages import shown
from apiproof.openapi.operations import Operation
from apiproof.openapi.references import Document, join_pointer

Scheme = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Alternative:
    """One way to be let in: every scheme in it, with its scopes. No scheme at all: public."""

    needs: Mapping[Scheme, frozenset[str]]
    names: Mapping[str, Scheme]
    pointer: str

    def lets_in(self, other: Alternative) -> bool:
        """Return whether whoever satisfies `other` satisfies this one."""
        return all(
            scheme in other.needs and scopes <= other.needs[scheme]
            for scheme, scopes in self.needs.items()
        )


def shared_schemes(*documents: Document) -> frozenset[Scheme]:
    """Return the schemes that a document has under several names, so that only these tell apart."""
    shared: set[Scheme] = set()
    for document in documents:
        node = document.child(document.root, "components", "securitySchemes").node
        names = node if isinstance(node, Mapping) else {}
        counted = Counter(_scheme(document, name) for name in names)
        shared |= {scheme for scheme, count in counted.items() if count > 1}
    return frozenset(shared)


def _known_by(document: Document, name: str, shared: frozenset[Scheme]) -> Scheme:
    scheme = _scheme(document, name)
    return (*scheme, name) if scheme in shared else scheme


def _scheme(document: Document, name: str) -> Scheme:
    node = document.child(document.root, "components", "securitySchemes", name).node
    if not isinstance(node, Mapping):
        return ("undeclared", name)
    words = ("type", "scheme", "in", "name", "openIdConnectUrl")
    facts = [str(node.get(word, "")) for word in words]
    facts[1] = facts[1].lower()
    if node.get("in") == "header":
        facts[3] = facts[3].lower()
    return tuple(facts)


def alternatives_of(
    document: Document, operation: Operation, shared: frozenset[Scheme]
) -> list[Alternative]:
    """Return the ways into an operation; one that needs nothing if it is public."""
    listed, at = operation.security_part
    home = operation.part.pointer if listed is None else at
    found = []
    for index, item in enumerate(listed or ()):
        requirement = item or {}
        names = {name: _known_by(document, name, shared) for name in requirement}
        needs = {names[name]: frozenset(scopes or ()) for name, scopes in requirement.items()}
        found.append(Alternative(needs, names, join_pointer(home, index)))
    return found or [Alternative({}, {}, home)]


def compare_security(
    comparison: DocumentComparison, subject: Subject, old: Operation, new: Operation
) -> None:
    """Report every way in that no longer lets in, and every new one."""
    subject = replace(subject, place=Place("security"))
    shared = shared_schemes(comparison.old, comparison.new)
    before = alternatives_of(comparison.old, old, shared)
    after = alternatives_of(comparison.new, new, shared)
    for way in before:
        if not any(other.lets_in(way) for other in after):
            rule, fact, other = _loss(way, after)
            comparison.add(
                subject, rule, f"{subject.name} {fact}.",
                old=way.pointer, new=other.pointer, breaking=True,
                values=_beyond(other, way) if rule == "security-scope-added" else (),
            )  # fmt: skip
    for way in after:
        if not any(way.needs == other.needs or other.lets_in(way) for other in before):
            rule, fact, other = _gain(way, before)
            comparison.add(
                subject, rule, f"{subject.name} {fact}.",
                old=other.pointer, new=way.pointer, breaking=False,
            )  # fmt: skip
    for way in before:
        if any(way.needs.keys() == other.needs.keys() for other in after):
            _flows(comparison, subject, way, after)


def _names(way: Alternative) -> str:
    return " and ".join(way.names) or "nothing"


def _beyond(way: Alternative, other: Alternative) -> list[str]:
    """Return the scopes that one way demands and the other does not."""
    return sorted({s for scheme, scopes in way.needs.items() for s in scopes - other.needs[scheme]})


def _loss(way: Alternative, after: list[Alternative]) -> tuple[str, str, Alternative]:
    if not way.needs:
        wanted = " or ".join(map(_names, after))
        return "security-added", f"was public and now demands {wanted}", after[0]
    for other in after:
        if other.needs.keys() == way.needs.keys():
            added = {
                s for scheme, scopes in other.needs.items() for s in scopes - way.needs[scheme]
            }
            return "security-scope-added", f"now demands scope {', '.join(sorted(added))}", other
    for other in after:
        if way.needs.keys() < other.needs.keys():
            extra = [name for name, scheme in other.names.items() if scheme not in way.needs]
            return "security-scheme-added", f"now demands {' and '.join(extra)} as well", other
    for other in after:
        if way.names.keys() & other.names.keys():
            return "security-scheme-changed", f"changed what {_names(way)} is", other
    return "security-scheme-removed", f"no longer lets in by {_names(way)}", after[0]


def _gain(way: Alternative, before: list[Alternative]) -> tuple[str, str, Alternative]:
    if not way.needs:
        return "security-removed", "is now public", before[0]
    for other in before:
        if other.needs.keys() == way.needs.keys():
            gone = _beyond(other, way)
            return "security-scope-removed", f"no longer demands {', '.join(gone)}", other
    return "security-alternative-added", f"now also lets in by {_names(way)}", before[0]


def _flows(
    comparison: DocumentComparison, subject: Subject, way: Alternative, after: list[Alternative]
) -> None:
    """Compare the OAuth 2.0 flows of schemes that stayed the same otherwise."""
    for name, scheme in way.names.items():
        twins = [n for other in after for n, s in other.names.items() if s == scheme]
        twin = name if name in twins else twins[0]
        before, at = _flows_of(comparison.old, name)
        now, there = _flows_of(comparison.new, twin)
        for flow, facts in before.items():
            if flow not in now:
                comparison.add(
                    subject, "security-flow-removed", f"{name} no longer offers the {flow} flow.",
                    old=join_pointer(at, flow), new=there, breaking=True,
                )  # fmt: skip
                continue
            for word in ("tokenUrl", "authorizationUrl", "refreshUrl"):
                if facts.get(word) != now[flow].get(word):
                    comparison.add(
                        subject, "security-url-changed",
                        f"{name} has its {word} at {shown(now[flow].get(word))}, "
                        f"not {shown(facts.get(word))}.",
                        old=join_pointer(at, flow, word), new=join_pointer(there, flow),
                        breaking=facts.get(word) is not None,
                    )  # fmt: skip


def _flows_of(document: Document, name: str) -> tuple[Mapping[str, Any], str]:
    node, at = document.child(document.root, "components", "securitySchemes", name, "flows")
    return (node, at) if isinstance(node, Mapping) else ({}, at)
