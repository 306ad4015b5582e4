"""What operations asked for once, and no longer do.

Security that went from code and document together breaks no other promise: nothing that is left
tells that it was there. So it is kept where a project keeps what it knows: in the committed
document, and in the baseline.
"""

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from typing import Any

from apiproof.openapi.document import operations
from apiproof.reporting.model import Finding, Severity

Declared = Mapping[str, AbstractSet[str]]
"""Scopes by label (`GET /users/me`) of the operations that ask for a credential."""

_WORD = "secured "


def declared_security(document: dict[str, Any]) -> dict[str, AbstractSet[str]]:
    """Return the operations of a document that ask for a credential, with their scopes."""
    return {each.label: frozenset(each.scopes) for each in operations(document) if each.secured}


def as_lines(declared: Declared) -> list[str]:
    """Write it down for a text file, one operation a line: `secured GET /users/me me`."""
    return [_WORD + " ".join([label, *sorted(scopes)]) for label, scopes in declared.items()]


def from_lines(lines: Iterable[str]) -> dict[str, AbstractSet[str]]:
    """Read what `as_lines` wrote, and leave other lines alone."""
    words = [line.split() for line in lines if line.startswith(_WORD)]
    return {" ".join(each[1:3]): frozenset(each[3:]) for each in words}


def lost_security(before: Declared, document: dict[str, Any]) -> list[Finding]:
    """Return the operations that ask for less than before; those that are gone ask for nothing.

    Args:
        before: what they asked for.
        document: what the application declares now.
    """
    findings = []
    for new in operations(document):
        if new.label not in before:
            continue
        lost = sorted(before[new.label] - set(new.scopes))
        if new.secured and not lost:
            continue
        kind = "scopes" if new.secured else "open"
        what = f"the scope {', '.join(lost)}" if new.secured else "a credential"
        findings.append(
            Finding(
                id=f"document/security_kept/{new.operation_id}/{kind}",
                check="security_kept",
                severity=Severity.CRITICAL,
                operation=new.label,
                message=f"{new.operation_id} no longer asks for {what}",
                expected="the security of the committed document and of the baseline",
            )
        )
    return findings
