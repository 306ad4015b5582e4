"""What operations asked for once, and no longer do.

Security that went from code and document together breaks no other promise: nothing that is left
tells that it was there. So it is kept where a project keeps what it knows: in the committed
document, and in the baseline.
"""

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any, Final

from apiproof.openapi.document import Operation, operations
from apiproof.reporting.finding import Finding, Severity

Declared = Mapping[str, AbstractSet[str]]
"""Scopes by label (`GET /users/me`) of the operations that ask for a credential."""

SECURITY_KEPT: Final = "security_kept"
SECURED_LINE: Final = "secured "  # begins a line


def declared_security(document: Mapping[str, Any]) -> dict[str, AbstractSet[str]]:
    """Return the operations of a document that ask for a credential, with their scopes."""
    return {each.label: frozenset(each.scopes) for each in operations(document) if each.secured}


def as_lines(declared: Declared) -> list[str]:
    """Write it down for a text file, one operation a line: `secured GET /users/me me`."""
    return [SECURED_LINE + " ".join([label, *sorted(scopes)]) for label, scopes in declared.items()]


def from_lines(lines: Iterable[str]) -> dict[str, AbstractSet[str]]:
    """Read what `as_lines` wrote, and leave other lines alone."""
    words = [line.split() for line in lines if line.startswith(SECURED_LINE)]
    return {" ".join(each[1:3]): frozenset(each[3:]) for each in words}


@dataclass(frozen=True)
class LostSecurity:
    """What an operation asks for no longer.

    Attributes:
        operation: that asks for less.
        scopes: that are gone; empty where it asks for nothing at all.
    """

    operation: Operation
    scopes: tuple[str, ...]

    @property
    def kind(self) -> str:
        """The outcome class, for baselines."""
        return "scopes" if self.scopes else "open"

    @property
    def text(self) -> str:
        """In words: `no longer asks for a credential`."""
        what = f"the scope {', '.join(self.scopes)}" if self.scopes else "a credential"
        return f"no longer asks for {what}"

    @property
    def finding(self) -> Finding:
        """As a finding about the document."""
        name = self.operation.operation_id
        return Finding(
            id=f"document/{SECURITY_KEPT}/{name}/{self.kind}",
            check=SECURITY_KEPT,
            severity=Severity.CRITICAL,
            operation=self.operation.label,
            message=f"{name} {self.text}",
            expected="the security of the committed document and of the baseline",
        )


def lost_security(before: Declared, document: Mapping[str, Any]) -> list[LostSecurity]:
    """Return the operations that ask for less than before; those that are gone ask for nothing.

    Args:
        before: what they asked for.
        document: what the application declares now.
    """
    losses = []
    for new in operations(document):
        gone = tuple(sorted(before.get(new.label, frozenset()) - set(new.scopes)))
        if new.label in before and not new.secured:
            losses.append(LostSecurity(new, ()))
        elif gone:
            losses.append(LostSecurity(new, gone))
    return losses
