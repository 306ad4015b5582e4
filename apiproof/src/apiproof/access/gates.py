"""Gates: where an operation asks for a credential, read from the document's `security` alone.

An operation with two alternatives has two gates; one that asks for two credentials at once has a
gate for each. It must not know identities.

Source: OpenAPI 3.1, Security Requirement Object.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from apiproof.jwt import Scheme, schemes
from apiproof.openapi.document import Operation, operations


@dataclass(frozen=True)
class Use:
    """A scheme and the scopes that are asked for under it."""

    scheme: Scheme
    scopes: tuple[str, ...]


Alternative = tuple[Use, ...]


@dataclass(frozen=True)
class Gate:
    """One credential of one alternative of one operation.

    Attributes:
        operation: The operation.
        alternative: All credentials that this alternative asks for.
        index: Which of them is in question; the others stay valid.
        optional: Whether the operation can be called without any credential too.
    """

    operation: Operation
    alternative: Alternative
    index: int
    optional: bool = False

    @property
    def use(self) -> Use:
        """The credential in question."""
        return self.alternative[self.index]

    @property
    def name(self) -> str:
        """The gate's name: its scheme and, where it needs them, its companions."""
        names = [use.scheme.name for use in self.alternative]
        return names[self.index] + "".join(
            f" (with {name})" for place, name in enumerate(names) if place != self.index
        )


class Gatehouse:
    """Finds the gates of a document's operations."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.schemes = schemes(document)
        self.operations = list(operations(dict(document)))

    def alternatives(self, operation: Operation) -> list[Alternative]:
        """Return the alternatives that ask for something and whose schemes are declared."""
        return [
            tuple(Use(self.schemes[name], scopes) for name, scopes in alternative)
            for alternative in operation.security
            if alternative and all(name in self.schemes for name, _ in alternative)
        ]

    def undeclared(self, operation: Operation) -> list[str]:
        """Return the names of schemes that the operation uses and nobody declares."""
        used = {name for alternative in operation.security for name, _ in alternative}
        return sorted(used - set(self.schemes))

    def gates(self, operation: Operation) -> list[Gate]:
        """Return an operation's gates; none for a public one."""
        optional = any(not alternative for alternative in operation.security)
        return [
            Gate(operation, alternative, index, optional)
            for alternative in self.alternatives(operation)
            for index in range(len(alternative))
        ]

    def scopes(self, scheme: Scheme) -> tuple[str, ...]:
        """Return every scope that the document asks for under a scheme."""
        found = {
            scope
            for operation in self.operations
            for alternative in self.alternatives(operation)
            for use in alternative
            if use.scheme == scheme
            for scope in use.scopes
        }
        return tuple(sorted(found))

    def also_open(self, gate: Gate) -> tuple[frozenset[str], ...]:
        """Return the sets of scopes by which other alternatives let the same token in."""
        return tuple(
            frozenset(alternative[0].scopes)
            for alternative in self.alternatives(gate.operation)
            if len(alternative) == 1
            and alternative[0].scheme == gate.use.scheme
            and alternative != gate.alternative
        )
